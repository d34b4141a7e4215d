// Plain data that explored threads hand to each other: an access that the earlier ones do not
// happen before is a data race, and fails the run.
#pragma once

#include <source_location>
#include <utility>

#include "tests/explorer/machine.h"

namespace tb::explorer {

template <class T>
class ExploredData {
  using Place = std::source_location;

 public:
  ExploredData(T value = {})  // NOLINT: stands for a T.
      : value_(std::move(value)), id_(Machine::current().add_data(this)) {}

  ExploredData(const ExploredData&) = delete;
  ExploredData& operator=(const ExploredData&) = delete;

  const T& read(Place place = Place::current()) const {
    Machine::current().read_data(id_, this, place);
    return value_;
  }

  void write(T value, Place place = Place::current()) {
    Machine::current().write_data(id_, this, place);
    value_ = std::move(value);
  }

 private:
  T value_;
  DataId id_;
};

}  // namespace tb::explorer
