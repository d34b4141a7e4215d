// Turns: the host's own stack picks the CPU whose clock is smallest and lets it run to its horizon.
#include "arch/sim/machine.h"

#include <algorithm>
#include <cinttypes>
#include <cstdlib>

#include "arch/smp.h"
#include "arch/upcalls.h"

namespace tb::arch::sim {
namespace {

constexpr std::size_t kIdleStackSize = std::size_t{256} << 10;
// So that the host looks around, however long a CPU runs undisturbed.
constexpr std::int64_t kLongestTurn = 100'000;

Machine the_machine;

void run_boot_cpu(void*) { on_boot(); }
void run_other_cpu(void*) { on_cpu_started(); }

// Nothing is kept in vector registers here, which the switch would lose.
[[gnu::noinline]] void exchange(Context& from, Context& to) {
  x86::exchange_control(from.control, to.control);
  switch_stacks(from, to);
}

}  // namespace

Progress progress;
std::uint32_t watchers = 0;
CpuBlock* this_block = nullptr;

Machine& machine() { return the_machine; }

std::int64_t VirtualCpu::wakes_at() const {
  return std::max(clock, std::min(block.next_due, watched_due));
}

void VirtualCpu::update_due() {
  block.next_due = std::min(timer_due, ipis.empty() ? kNone : ipis.back());
}

void Machine::make_cpu(std::uint32_t number) {
  auto made = std::make_unique<VirtualCpu>();
  made->block.id = CpuId{number};
  made->block.preemption = kNoRescheduleRequest | 1;
  made->stack = std::make_unique_for_overwrite<std::byte[]>(kIdleStackSize);
  make_context(made->context, {made->stack.get(), kIdleStackSize},
               number == 0 ? run_boot_cpu : run_other_cpu, nullptr, 0);
  if (chance_.one_of_thousand(config_.faults.skew)) {
    made->skew = chance_.between(1, 20'000);
  }
  cpus_.push_back(std::move(made));
}

Outcome Machine::run(const Config& config, const Observer& observer) {
  config_ = config;
  observer_ = observer;
  chance_ = Chance(config.seed);
  random_bytes_ = Chance(chance_.next());
  texture_ = kTextures[chance_.below(kTextures.size())];
  progress = {.clock = 0,
              .horizon = INT64_MAX,
              .random = chance_.next(),
              .points = 0,
              .long_step_mask = texture_.long_step_mask};
  next_look_ = config.look_every;
  for (std::uint32_t number = 0; number < config.cpus; ++number) {
    make_cpu(number);
  }
  count_ = 1;
  order_ = TurnOrder(config.cpus);
  cpu(0).status = CpuStatus::kReady;
  order_.set(0, 0);
  loop();
  if (config_.trace != nullptr) {
    events_.write_new(config_.trace);
  }
  progress.horizon = INT64_MAX;
  counts_.points = progress.points;
  print_rest();
  return {.status = status_,
          .digest = events_.digest(),
          .end = Time(Duration(progress.clock)),
          .counts = counts_};
}

void Machine::loop() {
  while (!ended_) {
    if (order_.first_time() == TurnOrder::kNotNow) {
      fail("deadlock: all CPUs sleep, no interrupt is under way, and main() has not ended");
    }
    const Time began{Duration(order_.first_time())};
    go_on_with(order_.first());
    is_running_ = true;
    exchange(host_, running().context);
    is_running_ = false;
    set_aside();
    if (observer_.turn_ends != nullptr) {
      observer_.turn_ends(CpuId{running_}, began);
    }
    look_around();
  }
}

void Machine::go_on_with(std::uint32_t number) {
  VirtualCpu& next = cpu(number);
  if (number != running_) {
    ++counts_.cpu_switches;
  }
  const std::int64_t time = order_.first_time();
  running_ = number;
  this_block = &next.block;
  progress.clock = time;
  events_.add_turn(time, number);
  order_.set(number, TurnOrder::kNotNow);
  if (next.status == CpuStatus::kAsleep) {
    next.status = CpuStatus::kReady;
    forget_watch(next);
    record(EventKind::kAwake);
  }
  update_horizon();
}

void Machine::forget_watch(VirtualCpu& cpu) {
  if (cpu.watched != nullptr) {
    cpu.watched = nullptr;
    cpu.watched_due = VirtualCpu::kNone;
    --watchers;
  }
}

void Machine::set_aside() {
  VirtualCpu& last = running();
  last.clock = progress.clock;
  switch (last.status) {
    case CpuStatus::kReady:
      order_.set(running_, last.clock);
      break;
    case CpuStatus::kAsleep:
      order_.set(running_, last.wakes_at());
      break;
    case CpuStatus::kOff:
    case CpuStatus::kHeld:
    case CpuStatus::kStopped:
      order_.set(running_, TurnOrder::kNotNow);
      break;
  }
}

// The first moment at which it is not this CPU's turn any more.
void Machine::update_horizon() {
  std::int64_t horizon = progress.clock + kLongestTurn;
  const std::int64_t next = order_.first_time();
  if (next != TurnOrder::kNotNow) {
    horizon = std::min(horizon, order_.first() < running_ ? next : next + 1);
  }
  if (this_block->interrupts) {
    horizon = std::min(horizon, this_block->next_due);
  }
  progress.horizon = horizon;
}

// What the machine has printed since the last time.
void Machine::print_rest() {
  if (config_.console != nullptr && shown_ < printed_.size()) {
    std::fwrite(printed_.data() + shown_, 1, printed_.size() - shown_, config_.console);
    shown_ = printed_.size();
  }
}

void Machine::look_around() {
  if (config_.trace != nullptr && events_.should_write()) {
    events_.write_new(config_.trace);
  }
  print_rest();
  if (config_.most_points != 0 && progress.points > config_.most_points) {
    fail("main() has not ended after the largest number of points");
  }
  constexpr std::int64_t kLookEvery = 200'000;
  if (progress.points >= next_look_ || progress.clock >= next_look_at_) {
    next_look_ = progress.points + config_.look_every;
    next_look_at_ = progress.clock + kLookEvery;
    if (observer_.look != nullptr) {
      observer_.look();
    }
  }
}

void Machine::give_way() { exchange(running().context, host_); }

void Machine::end(int status) {
  status_ = status;
  ended_ = true;
  give_way();
  std::abort();  // nobody goes on with an ended machine
}

std::int64_t Machine::clock_of(std::uint32_t number) const {
  return is_running_ && number == running_ ? progress.clock : cpus_[number]->clock;
}

void Machine::record(EventKind kind, std::uint64_t argument) {
  events_.add({.time = progress.clock, .argument = argument, .cpu = this_block->id, .kind = kind});
}

void Machine::note_current(void* thread) {
  if (observer_.thread_changes != nullptr) {
    observer_.thread_changes(this_block->id, this_block->current, thread);
  }
  this_block->leaving = this_block->current;
  this_block->current = thread;
  ++counts_.thread_switches;
  record(EventKind::kThread, observer_.number_of != nullptr ? observer_.number_of(thread) : 0);
}

void Machine::print(std::string_view text) { printed_ += text; }

void Machine::fail(std::string_view reason) {
  constexpr std::uint64_t kEventsShown = 40;
  if (config_.trace != nullptr) {
    events_.write_new(config_.trace);
    std::fflush(config_.trace);
  }
  std::fprintf(stderr, "the last events, in nanoseconds:\n");
  events_.write_last(stderr, kEventsShown);
  std::fwrite(printed_.data(), 1, printed_.size(), stderr);
  std::fprintf(stderr, "failed at point %" PRIu64 ", %" PRId64 " ns: %.*s\n", progress.points,
               progress.clock, static_cast<int>(reason.size()), reason.data());
  std::fflush(nullptr);
  std::_Exit(kFailedStatus);
}

Outcome run(const Config& config, const Observer& observer) {
  return the_machine.run(config, observer);
}

void fail(std::string_view reason) { the_machine.fail(reason); }

}  // namespace tb::arch::sim
