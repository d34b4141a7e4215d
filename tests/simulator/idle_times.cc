// The clocks of CPUs differ by up to a turn; what seems to end before it began is nothing.
#include "tests/simulator/idle_times.h"

#include <algorithm>
#include <bit>

namespace tb::simulator {
namespace {

constexpr std::uint32_t kSteps = 8;  // classes between a length and its double
constexpr std::uint32_t kStepBits = 3;

}  // namespace

std::uint32_t Lengths::class_of(Duration length) {
  const auto value = static_cast<std::uint64_t>(std::max<std::int64_t>(length.count(), 0));
  if (value < kSteps) {
    return static_cast<std::uint32_t>(value);
  }
  const auto doublings = static_cast<std::uint32_t>(std::bit_width(value)) - kStepBits - 1;
  const auto step = static_cast<std::uint32_t>(value >> doublings) - kSteps;
  return std::min((doublings + 1) * kSteps + step, kClasses - 1);
}

Duration Lengths::end_of(std::uint32_t at) {
  if (at < kSteps) {
    return Duration(at + 1);
  }
  const std::uint32_t doublings = at / kSteps - 1;
  return Duration(std::int64_t{kSteps + at % kSteps + 1} << doublings);
}

void Lengths::add(Duration length) {
  ++counts_[class_of(length)];
  ++count_;
  longest_ = std::max(longest_, length.count());
  sum_ += length.count();
}

void Lengths::add(const Lengths& others) {
  for (std::uint32_t at = 0; at < kClasses; ++at) {
    counts_[at] += others.counts_[at];
  }
  count_ += others.count_;
  longest_ = std::max(longest_, others.longest_);
  sum_ += others.sum_;
}

Duration Lengths::quantile(std::uint32_t hundredths) const {
  std::uint64_t seen = 0;
  for (std::uint32_t at = 0; at < kClasses && count_ > 0; ++at) {
    seen += counts_[at];
    if (seen * 100 >= count_ * hundredths) {
      return std::min(end_of(at), longest());
    }
  }
  return {};
}

IdleTimes::IdleTimes(std::uint32_t cpus, Keep keep) : keep_(keep), cpus_(cpus) {}

void IdleTimes::close_last(Cpu& cpu) {
  if (cpu.last_begin != kNever && cpu.last_end > cpu.last_begin) {
    lengths_.add(cpu.last_end - cpu.last_begin);
  }
  cpu.last_begin = kNever;
}

void IdleTimes::look_at(Cpu& cpu, Time began, Time now) {
  const bool is_beside_work = cpu.runs == Runs::kIdleThread && keepers_ > (keeps(cpu) ? 1 : 0);
  if (is_beside_work == (cpu.beside_work_since != kNever)) {
    return;
  }
  if (!is_beside_work) {
    cpu.last_begin = cpu.beside_work_since;
    cpu.last_end = now;
    cpu.beside_work_since = kNever;
    return;
  }
  const Time begin = std::max(began, cpu.idle_since);
  if (cpu.last_begin != kNever && begin <= cpu.last_end) {
    cpu.beside_work_since = cpu.last_begin;
    return;
  }
  close_last(cpu);
  cpu.beside_work_since = begin;
}

void IdleTimes::note_runs(CpuId id, Runs runs, Time now) {
  Cpu& cpu = cpus_[index_of(id)];
  busy_ -= cpu.runs == Runs::kThread ? 1 : 0;
  busy_ += runs == Runs::kThread ? 1 : 0;
  if (runs == Runs::kIdleThread && cpu.runs != runs) {
    cpu.idle_since = now;
  }
  cpu.runs = runs;
  look_at(cpu, now, now);
  if (runs == Runs::kThread) {
    close_last(cpu);
  }
}

void IdleTimes::note_turn(CpuId id, std::uint32_t waiting, Time began, Time now) {
  Cpu& cpu = cpus_[index_of(id)];
  if (keep_ == Keep::kMomentsToo) {
    if (moments_.empty()) {
      moments_.push_back({.time = Time(), .busy = busy_, .waiting = waiting_});
    }
    while (moments_.back().time + kBetweenMoments <= began) {
      moments_.push_back(
          {.time = moments_.back().time + kBetweenMoments, .busy = busy_, .waiting = waiting_});
    }
  }
  if (waiting == cpu.waiting) {
    return;
  }
  const bool kept = keeps(cpu);
  waiting_ += waiting - cpu.waiting;
  cpu.waiting = waiting;
  if (keeps(cpu) == kept) {
    return;
  }
  keepers_ += kept ? -1 : 1;
  for (Cpu& each : cpus_) {
    look_at(each, began, now);
  }
}

void IdleTimes::finish(Time now) {
  for (Cpu& cpu : cpus_) {
    cpu.runs = Runs::kNothing;
    look_at(cpu, now, now);
    close_last(cpu);
  }
}

}  // namespace tb::simulator
