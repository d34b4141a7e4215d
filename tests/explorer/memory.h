// A model of C++ atomics in which a load may read an old write.
//
// Each location keeps its writes, in their modification order. Each thread has a view. The rules:
// - A load reads any write that is not older than the thread's view of the location, and moves the
//   view there.
// - A store may come to stand behind any such write, not only behind the newest.
// - A read-modify-write reads such a write and stands directly behind it, so that nothing else can
//   come between the two any more, and no other read-modify-write can read the same.
// - A release write carries the writer's view along; an acquire load that reads it joins that view.
//   A read-modify-write carries along what it read, whatever its order: a release sequence.
// - A seq_cst operation neither reads what is older than, nor stands before, what an earlier
// seq_cst
//   operation on the location read or wrote. One total order of them all is the order they run in.
//
// Which of the possible writes it is, the explorer chooses. Plain data has no history: an access
// that is not ordered behind the earlier ones is a race, and any race is an error.
//
// Left out: reading what will be written later (load buffering) and values out of thin air; fences;
// consume, which counts as acquire; sizes above 8 bytes; relaxed reads that only a total order
// other than the one they ran in would allow. So what is found is allowed by C++, but not all that
// C++ allows is found.
//
// The model is that of Kang, Hur, Lahav, Vafeiadis, Dreyer, "A promising semantics for
// relaxed-memory concurrency" (POPL 2017), without promises and with the seq_cst accesses of Lahav,
// Vafeiadis, Kang, Hur, Dreyer, "Repairing sequential consistency in C/C++11" (PLDI 2017).
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "tests/explorer/view.h"

namespace tb::explorer {

using DataId = std::uint32_t;

// The values of all types are kept in 64 bits.
using Value = std::uint64_t;

// Whether what was read or written is the newest write of its location.
enum class Age { kNewest, kOld };

struct Reading {
  Value value;
  Age age;
};

enum class ExchangeOutcome { kDone, kNotDone };

struct ExchangeOrders {
  std::memory_order success;
  std::memory_order failure;
};

struct ExchangeReading {
  Value value;
  Age age;
  ExchangeOutcome outcome;
};

class Memory {
 public:
  // Is asked for one of `possible` writes, counted from the newest; only if there are two or more.
  using Choose = std::function<std::size_t(std::size_t possible)>;

  explicit Memory(Choose choose) : choose_(std::move(choose)) {}

  // Forgets everything, for the next run.
  void reset();

  LocationId add_location(ThreadIndex thread, Value value);
  DataId add_data(ThreadIndex thread);

  // The scenario's threads begin with the view of kOutside; when they have ended, it has seen all
  // that they did.
  void begin_threads();
  void end_threads();

  // False if the atomic's construction does not happen before this use.
  bool is_made_for(ThreadIndex thread, LocationId location) const;

  Reading load(ThreadIndex thread, LocationId location, std::memory_order order);
  Age store(ThreadIndex thread, LocationId location, Value value, std::memory_order order);

  // A read-modify-write: what it read, and what `change` makes of that is written.
  Reading update(ThreadIndex thread, LocationId location, std::memory_order order,
                 const std::function<Value(Value)>& change);

  // May fail because it reads an old write, but not without a reason.
  ExchangeReading compare_exchange(ThreadIndex thread, LocationId location, Value expected,
                                   Value desired, ExchangeOrders orders);

  // Accesses to plain data. Each gives the thread whose access it races with, if any.
  std::optional<ThreadIndex> read_data(ThreadIndex thread, DataId data);
  std::optional<ThreadIndex> write_data(ThreadIndex thread, DataId data);

  // Time passes: the thread sees the newest write of each location, as if by relaxed loads.
  void catch_up(ThreadIndex thread);

  // Whether some location's newest value is another than the thread knows.
  bool has_changed_for(ThreadIndex thread) const;

 private:
  static constexpr std::uint32_t kNoMessage = 0xffffffff;

  struct Write {
    Timestamp time;
    Value value;
    std::uint32_t message;  // in messages_: the view that an acquire load joins
    bool updated;           // by a read-modify-write that stands directly behind it
  };

  struct Location {
    std::vector<Write> writes;  // oldest first
    Timestamp strict = 0;       // the newest that a seq_cst operation has read or written
    Moment made;
  };

  struct Data {
    Moment written;
    std::array<std::uint32_t, kMaxThreads> read{};  // each thread's last read since
  };

  // Begins a step of the thread, which later moments are compared with.
  View& step(ThreadIndex thread);

  Timestamp oldest_readable(const View& view, LocationId location, std::memory_order order) const;

  // Fills candidates_ with the writes that may be read, or that may be followed directly.
  void find_readable(const View& view, LocationId location, std::memory_order order);
  void find_followable(const View& view, LocationId location, std::memory_order order);
  std::size_t choose_candidate();

  Reading read(View& view, LocationId location, std::size_t index, std::memory_order order);
  Age insert_behind(View& view, LocationId location, std::size_t index, Value value,
                    std::memory_order order, std::uint32_t continued);

  Choose choose_;
  std::vector<Location> locations_;
  std::size_t location_count_ = 0;  // the rest of locations_ is kept for its memory
  std::vector<Data> data_;
  std::vector<View> messages_;
  std::array<View, kMaxThreads> views_;
  std::vector<std::size_t> candidates_;  // indices into a location's writes, newest first
};

}  // namespace tb::explorer
