// The rules of the memory model, one function for each kind of operation.
#include "tests/explorer/memory.h"

#include <algorithm>

#include "base/assert.h"

namespace tb::explorer {
namespace {

constexpr Timestamp kGap = Timestamp{1} << 32;

bool acquires(std::memory_order order) {
  return order != std::memory_order_relaxed && order != std::memory_order_release;
}

bool releases(std::memory_order order) {
  return order == std::memory_order_release || order == std::memory_order_acq_rel ||
         order == std::memory_order_seq_cst;
}

}  // namespace

void Memory::reset() {
  location_count_ = 0;
  data_.clear();
  messages_.clear();
  views_.fill({});
}

View& Memory::step(ThreadIndex thread) {
  View& view = views_[thread];
  ++view.steps[thread];
  return view;
}

LocationId Memory::add_location(ThreadIndex thread, Value value) {
  expects(location_count_ < kMaxLocations, "a scenario has few atomics");
  if (location_count_ == locations_.size()) {
    locations_.emplace_back();
  }
  Location& location = locations_[location_count_];
  location.writes.assign(1, {.time = 0, .value = value, .message = kNoMessage, .updated = false});
  location.strict = 0;
  location.made = {thread, step(thread).steps[thread]};
  return static_cast<LocationId>(location_count_++);
}

DataId Memory::add_data(ThreadIndex thread) {
  data_.push_back({.written = {thread, step(thread).steps[thread]}});
  return static_cast<DataId>(data_.size() - 1);
}

void Memory::begin_threads() {
  for (ThreadIndex thread = 0; thread < kOutside; ++thread) {
    views_[thread] = views_[kOutside];
  }
}

void Memory::end_threads() {
  for (ThreadIndex thread = 0; thread < kOutside; ++thread) {
    views_[kOutside].join(views_[thread]);
  }
}

bool Memory::is_made_for(ThreadIndex thread, LocationId location) const {
  return views_[thread].includes(locations_[location].made);
}

Timestamp Memory::oldest_readable(const View& view, LocationId location,
                                  std::memory_order order) const {
  const Timestamp oldest = view.oldest[location];
  return order == std::memory_order_seq_cst ? std::max(oldest, locations_[location].strict)
                                            : oldest;
}

void Memory::find_readable(const View& view, LocationId location, std::memory_order order) {
  const std::vector<Write>& writes = locations_[location].writes;
  const Timestamp oldest = oldest_readable(view, location, order);
  candidates_.clear();
  for (std::size_t i = writes.size(); i > 0 && writes[i - 1].time >= oldest; --i) {
    candidates_.push_back(i - 1);
  }
}

void Memory::find_followable(const View& view, LocationId location, std::memory_order order) {
  find_readable(view, location, order);
  std::erase_if(candidates_,
                [&](std::size_t index) { return locations_[location].writes[index].updated; });
}

std::size_t Memory::choose_candidate() {
  return candidates_[candidates_.size() > 1 ? choose_(candidates_.size()) : 0];
}

Reading Memory::read(View& view, LocationId location, std::size_t index, std::memory_order order) {
  Location& place = locations_[location];
  const Write& write = place.writes[index];
  view.oldest[location] = std::max(view.oldest[location], write.time);
  if (acquires(order) && write.message != kNoMessage) {
    view.join(messages_[write.message]);
  }
  if (order == std::memory_order_seq_cst) {
    place.strict = std::max(place.strict, write.time);
  }
  return {write.value, index + 1 == place.writes.size() ? Age::kNewest : Age::kOld};
}

// `continued` is the message of the write that a read-modify-write has read.
Age Memory::insert_behind(View& view, LocationId location, std::size_t index, Value value,
                          std::memory_order order, std::uint32_t continued) {
  Location& place = locations_[location];
  const Timestamp before = place.writes[index].time;
  const Age age = index + 1 == place.writes.size() ? Age::kNewest : Age::kOld;
  const Timestamp time =
      age == Age::kNewest ? before + kGap : before + (place.writes[index + 1].time - before) / 2;
  expects(time != before, "there is room between two writes");
  view.oldest[location] = std::max(view.oldest[location], time);
  std::uint32_t message = continued;
  if (releases(order)) {
    messages_.push_back(view);
    if (continued != kNoMessage) {
      messages_.back().join(messages_[continued]);
    }
    message = static_cast<std::uint32_t>(messages_.size() - 1);
  }
  if (order == std::memory_order_seq_cst) {
    place.strict = std::max(place.strict, time);
  }
  place.writes.insert(place.writes.begin() + static_cast<std::ptrdiff_t>(index) + 1,
                      {.time = time, .value = value, .message = message, .updated = false});
  return age;
}

Reading Memory::load(ThreadIndex thread, LocationId location, std::memory_order order) {
  View& view = step(thread);
  find_readable(view, location, order);
  return read(view, location, choose_candidate(), order);
}

Age Memory::store(ThreadIndex thread, LocationId location, Value value, std::memory_order order) {
  View& view = step(thread);
  find_followable(view, location, order);
  return insert_behind(view, location, choose_candidate(), value, order, kNoMessage);
}

Reading Memory::update(ThreadIndex thread, LocationId location, std::memory_order order,
                       const std::function<Value(Value)>& change) {
  View& view = step(thread);
  find_followable(view, location, order);
  const std::size_t index = choose_candidate();
  const Reading reading = read(view, location, index, order);
  Write& write = locations_[location].writes[index];
  write.updated = true;
  insert_behind(view, location, index, change(reading.value), order, write.message);
  return reading;
}

ExchangeReading Memory::compare_exchange(ThreadIndex thread, LocationId location, Value expected,
                                         Value desired, ExchangeOrders orders) {
  View& view = step(thread);
  const std::vector<Write>& writes = locations_[location].writes;
  const Timestamp oldest_on_success = oldest_readable(view, location, orders.success);
  const Timestamp oldest_on_failure = oldest_readable(view, location, orders.failure);
  find_readable(view, location, std::memory_order_relaxed);
  std::erase_if(candidates_, [&](std::size_t index) {
    const Write& write = writes[index];
    return write.value == expected ? write.updated || write.time < oldest_on_success
                                   : write.time < oldest_on_failure;
  });
  const std::size_t index = choose_candidate();
  if (writes[index].value != expected) {
    const Reading reading = read(view, location, index, orders.failure);
    return {reading.value, reading.age, ExchangeOutcome::kNotDone};
  }
  const Reading reading = read(view, location, index, orders.success);
  locations_[location].writes[index].updated = true;
  insert_behind(view, location, index, desired, orders.success, writes[index].message);
  return {reading.value, reading.age, ExchangeOutcome::kDone};
}

std::optional<ThreadIndex> Memory::read_data(ThreadIndex thread, DataId data) {
  View& view = step(thread);
  Data& place = data_[data];
  place.read[thread] = view.steps[thread];
  return view.includes(place.written) ? std::nullopt : std::optional(place.written.thread);
}

std::optional<ThreadIndex> Memory::write_data(ThreadIndex thread, DataId data) {
  View& view = step(thread);
  Data& place = data_[data];
  std::optional<ThreadIndex> other;
  if (!view.includes(place.written)) {
    other = place.written.thread;
  }
  for (ThreadIndex reader = 0; reader < kMaxThreads && !other; ++reader) {
    if (!view.includes({reader, place.read[reader]})) {
      other = reader;
    }
  }
  place = {.written = {thread, view.steps[thread]}};
  return other;
}

void Memory::catch_up(ThreadIndex thread) {
  View& view = step(thread);
  for (LocationId location = 0; location < location_count_; ++location) {
    view.oldest[location] = locations_[location].writes.back().time;
  }
}

bool Memory::has_changed_for(ThreadIndex thread) const {
  for (LocationId location = 0; location < location_count_; ++location) {
    const std::vector<Write>& writes = locations_[location].writes;
    const Timestamp known = views_[thread].oldest[location];
    const auto seen = std::ranges::find(writes, known, &Write::time);
    if (seen->value != writes.back().value) {
      return true;
    }
  }
  return false;
}

}  // namespace tb::explorer
