// Stopping and going on of threads, and what is noted about each operation.
#include "tests/explorer/machine.h"

#include <utility>

#include "base/assert.h"

namespace tb::explorer {
namespace {

Machine* the_machine = nullptr;

std::memory_order implied_failure_order(std::memory_order success) {
  switch (success) {
    case std::memory_order_acq_rel:
      return std::memory_order_acquire;
    case std::memory_order_release:
      return std::memory_order_relaxed;
    default:
      return success;
  }
}

}  // namespace

Machine::Machine(const Options& options)
    : options_(options), memory_([this](std::size_t possible) { return choose(possible); }) {
  expects(the_machine == nullptr, "one exploration at a time");
  the_machine = this;
}

Machine::~Machine() { the_machine = nullptr; }

Machine& Machine::current() {
  expects(the_machine != nullptr, "atomics and data of this kind live in explored scenarios only");
  return *the_machine;
}

void Machine::begin_run(Strategy& strategy, Tracing tracing) {
  strategy_ = &strategy;
  tracing_ = tracing;
  memory_.reset();
  trace_.clear();
  failure_.reset();
  abandoned_ = false;
  path_.clear();
  steps_ = 0;
  spurious_failures_ = 0;
}

void Machine::fail(std::string what) {
  if (!failure_) {
    failure_ = std::move(what);
  }
}

void Machine::name(const void* object, std::size_t bytes, std::string name) {
  if (tracing_ == Tracing::kOn) {
    trace_.name(object, bytes, std::move(name));
  }
}

std::size_t Machine::choose(std::size_t possible) {
  path_.push_back(strategy_->choose_write(possible));
  return path_.back();
}

RunEnd Machine::run_threads(std::vector<std::function<void()>> bodies) {
  expects(bodies.size() < kMaxThreads, "a scenario has few threads");
  bodies_ = std::move(bodies);
  threads_.assign(bodies_.size(), {});
  for (auto thread = static_cast<ThreadIndex>(fibers_.size()); thread < bodies_.size(); ++thread) {
    fibers_.push_back(std::make_unique<Fiber>([this, thread] { live(thread); }));
  }
  memory_.begin_threads();
  // What comes before a thread's first operation commutes with all else.
  beginning_ = true;
  for (ThreadIndex thread = 0; thread < bodies_.size(); ++thread) {
    switch_to(thread);
  }
  beginning_ = false;
  switch_to(pick_next());
  memory_.end_threads();
  if (abandoned_) {
    // Their stacks hold the middle of something.
    fibers_.clear();
    return RunEnd::kAbandoned;
  }
  return strategy_->is_redundant() ? RunEnd::kRedundant : RunEnd::kCompleted;
}

void Machine::live(ThreadIndex self) {
  for (;;) {
    bodies_[self]();
    threads_[self].ended = true;
    switch_to(beginning_ ? kOutside : pick_next());
  }
}

void Machine::stop_before(Step step) {
  if (running_ == kOutside) {
    return;
  }
  threads_[running_].step = step;
  switch_to(beginning_ ? kOutside : pick_next());
}

void Machine::stop_before(const Operation& operation, Step::Kind kind) {
  stop_before({kind, operation.location});
  if (!memory_.is_made_for(running_, operation.location)) {
    fail("data race: " + thread_text(running_) + " uses an atomic at " +
         place_text(operation.where) + " whose construction does not happen before");
  }
}

Fiber& Machine::fiber_of(ThreadIndex thread) {
  return thread == kOutside ? outside_ : *fibers_[thread];
}

void Machine::switch_to(ThreadIndex thread) {
  if (thread != running_) {
    Fiber& from = fiber_of(std::exchange(running_, thread));
    from.switch_to(fiber_of(thread));
  }
}

ThreadIndex Machine::pick_next() {
  candidates_.clear();
  bool all_ended = true;
  const auto consider = [&](ThreadIndex thread) {
    const Thread& each = threads_[thread];
    all_ended = all_ended && each.ended;
    if (!each.ended && (each.step.kind != Step::Kind::kWait || memory_.has_changed_for(thread))) {
      candidates_.push_back({thread, each.step});
    }
  };
  if (running_ != kOutside) {
    consider(running_);
  }
  for (ThreadIndex thread = 0; thread < threads_.size(); ++thread) {
    if (thread != running_) {
      consider(thread);
    }
  }
  if (all_ended) {
    return kOutside;
  }
  if (candidates_.empty()) {
    give_up("every thread waits for a change, and nobody makes one");
    return kOutside;
  }
  if (++steps_ > options_.steps) {
    give_up("more than " + std::to_string(options_.steps) +
            " steps: does a thread spin without wait_for_change()?");
    return kOutside;
  }
  const std::size_t index = strategy_->choose_thread(candidates_);
  if (candidates_.size() > 1) {
    path_.push_back(index);
  }
  return candidates_[index].thread;
}

void Machine::give_up(std::string what) {
  fail(std::move(what));
  abandoned_ = true;
}

void Machine::wait_for_change() {
  stop_before({Step::Kind::kWait, 0});
  memory_.catch_up(running_);
  if (tracing_ == Tracing::kOn) {
    trace_.add({.thread = running_, .operation = "waited for change"});
  }
}

std::memory_order Machine::rule(const Operation& operation, Site::Access access,
                                std::memory_order order) const {
  return options_.order_rule ? options_.order_rule({operation.where, access}, order) : order;
}

LocationId Machine::add_location(const void* object, Value value) {
  const LocationId location = memory_.add_location(running_, value);
  name(object, 1, "atomic " + std::to_string(location));
  return location;
}

Value Machine::load(const Operation& operation, std::memory_order order) {
  order = rule(operation, Site::Access::kLoad, order);
  const bool strict = order == std::memory_order_seq_cst;
  stop_before(operation, strict ? Step::Kind::kStrictLoad : Step::Kind::kLoad);
  const Reading reading = memory_.load(running_, operation.location, order);
  if (tracing_ == Tracing::kOn) {
    note(operation, order, "= " + trace_.value_text(reading.value, operation.kind), reading.age);
  }
  return reading.value;
}

void Machine::store(const Operation& operation, Value value, std::memory_order order) {
  order = rule(operation, Site::Access::kStore, order);
  stop_before(operation, Step::Kind::kWrite);
  const Age age = memory_.store(running_, operation.location, value, order);
  if (tracing_ == Tracing::kOn) {
    note(operation, order, ":= " + trace_.value_text(value, operation.kind), age);
  }
}

Value Machine::update(const Operation& operation, std::memory_order order,
                      const std::function<Value(Value)>& change) {
  order = rule(operation, Site::Access::kUpdate, order);
  stop_before(operation, Step::Kind::kWrite);
  const Reading reading = memory_.update(running_, operation.location, order, change);
  if (tracing_ == Tracing::kOn) {
    note(operation, order,
         trace_.value_text(reading.value, operation.kind) + " -> " +
             trace_.value_text(change(reading.value), operation.kind),
         reading.age);
  }
  return reading.value;
}

ExchangeReading Machine::compare_exchange(const Operation& operation,
                                          const CompareExchange& wanted) {
  const std::memory_order success = rule(operation, Site::Access::kUpdate, wanted.success);
  const std::memory_order failure = wanted.failure
                                        ? rule(operation, Site::Access::kFailure, *wanted.failure)
                                        : implied_failure_order(success);
  stop_before(operation, Step::Kind::kWrite);
  ExchangeReading reading{};
  if (wanted.spurious == SpuriousFailures::kPossible && running_ != kOutside &&
      spurious_failures_ < options_.spurious_failures && choose(2) == 1) {
    ++spurious_failures_;
    const Reading loaded = memory_.load(running_, operation.location, failure);
    reading = {loaded.value, loaded.age, ExchangeOutcome::kNotDone};
  } else {
    reading = memory_.compare_exchange(running_, operation.location, wanted.expected,
                                       wanted.desired, {success, failure});
  }
  if (tracing_ == Tracing::kOn) {
    const std::string seen = trace_.value_text(reading.value, operation.kind);
    const bool done = reading.outcome == ExchangeOutcome::kDone;
    note(operation, done ? success : failure,
         done ? seen + " -> " + trace_.value_text(wanted.desired, operation.kind)
              : "= " + seen + ", no exchange",
         reading.age);
  }
  return reading;
}

DataId Machine::add_data(const void* object) {
  const DataId data = memory_.add_data(running_);
  name(object, 1, "data " + std::to_string(data));
  return data;
}

void Machine::read_data(DataId data, const void* object, const std::source_location& where) {
  note_data("read", object, where, memory_.read_data(running_, data));
}

void Machine::write_data(DataId data, const void* object, const std::source_location& where) {
  note_data("write", object, where, memory_.write_data(running_, data));
}

void Machine::note_data(const char* operation, const void* object,
                        const std::source_location& where, std::optional<ThreadIndex> other) {
  std::string remark;
  if (other) {
    remark = "races with " + thread_text(*other);
    fail("data race: " + thread_text(running_) + " and " + thread_text(*other) + " at " +
         place_text(where));
  }
  if (tracing_ == Tracing::kOn) {
    trace_.add({.thread = running_,
                .operation = operation,
                .object = object,
                .remark = std::move(remark),
                .where = where});
  }
}

void Machine::note(const Operation& operation, std::optional<std::memory_order> order,
                   const std::string& values, Age age) {
  trace_.add({.thread = running_,
              .operation = operation.name,
              .order = order,
              .object = operation.object,
              .values = values,
              .remark = age == Age::kOld ? "there is a newer one" : "",
              .where = operation.where});
}

}  // namespace tb::explorer
