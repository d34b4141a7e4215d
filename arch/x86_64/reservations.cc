// Changing ranges of reserved entries, each by one exchange. Tables are only ever added, so an
// entry's place stays one for ever, and whoever loses a race looks at it again.
#include "arch/x86_64/reservations.h"

#include <algorithm>
#include <atomic>
#include <cstring>

#include "base/assert.h"

namespace tb::arch::x86 {
namespace {

using detail::is_table;
using detail::kEntries;
using detail::kLevels;
using detail::shift_of;
using detail::slot;

constexpr std::uint64_t kAccessBits = kReserved | kReadable | kWritable | kNoExecute;
constexpr unsigned kLargestReservation = 3;  // the level of 1 GiB

bool is_present(Entry entry) { return (entry & kPresent) != 0; }
bool is_reserved_entry(Entry entry) { return (entry & kReserved) != 0; }
std::uintptr_t frame_of(Entry entry) { return entry & kFrameMask; }

// The part of a range that one entry stands for.
struct Part {
  Entry* place;
  Entry seen;
  unsigned level;
  std::uintptr_t begin;
  std::uintptr_t end;

  bool is_whole() const { return end - begin == std::uintptr_t{1} << shift_of(level); }
  bool exchange(Entry wanted) const {
    Entry expected = seen;
    return std::atomic_ref(*place).compare_exchange_strong(expected, wanted);
  }
};

// kNextUnlike: nothing was to be done with a whole entry, nor is with others of the same value.
enum class Step { kNext, kNextUnlike, kLookAgain, kStop };

// Behind the entries that follow one of the same table and are like it.
std::uintptr_t skip_alike(Entry* place, Entry seen, std::uintptr_t address, std::uintptr_t end,
                          std::uintptr_t size) {
  const std::uintptr_t table_end = align_down(address, size * kEntries) + size * kEntries;
  const std::uintptr_t last = std::min(end, table_end);
  do {
    ++place;
    address += size;
  } while (address + size <= last && std::atomic_ref(*place).load() == seen);
  return address;
}

// Calls visit(Part) for all that is no table; a Step says how to go on. False if it was kStop.
template <class Visitor>
bool for_each_part(std::uintptr_t table, unsigned level, std::uintptr_t begin, std::uintptr_t end,
                   Visitor& visit) {
  const std::uintptr_t size = std::uintptr_t{1} << shift_of(level);
  for (std::uintptr_t address = begin; address < end;) {
    const std::uintptr_t part_end = std::min(end, align_down(address, size) + size);
    Entry* const place = slot(table, address, level);
    Entry seen = 0;
    Step step = Step::kLookAgain;
    while (step == Step::kLookAgain) {
      seen = std::atomic_ref(*place).load();
      if (is_table(seen, level)) {
        const bool done = for_each_part(frame_of(seen), level - 1, address, part_end, visit);
        step = done ? Step::kNext : Step::kStop;
      } else {
        step = visit(Part{place, seen, level, address, part_end});
      }
    }
    if (step == Step::kStop) {
      return false;
    }
    address = step == Step::kNextUnlike ? skip_alike(place, seen, address, end, size) : part_end;
  }
  return true;
}

template <class Visitor>
bool for_each_part(const PageTables& tables, std::uintptr_t begin, std::uintptr_t end,
                   Visitor visit) {
  expects(is_aligned(begin, kPageSize) && is_aligned(end, kPageSize) && begin <= end,
          "a range is whole pages");
  return for_each_part(tables.root(), kLevels, begin, end, visit);
}

// Puts a table in the place of an entry that is not present, each of its entries alike. False if
// there is no frame; the entry may be another by now.
bool split(Entry* place, Entry seen, FrameStock frames) {
  const std::uintptr_t frame = frames.take();
  if (frame == 0) {
    return false;
  }
  std::fill_n(reinterpret_cast<Entry*>(frame), kEntries, seen);
  if (!std::atomic_ref(*place).compare_exchange_strong(seen,
                                                       frame | kPresent | kWritable | kAccessed)) {
    frames.give_back(frame);
  }
  return true;
}

// The entry for the same frame, if there is one, with another access.
Entry with_access(Entry entry, Entry access) {
  const Entry frame = frame_of(entry);
  if (frame == 0 || (access & kReadable) == 0) {
    return access | frame;
  }
  return access | frame | kPresent | kUsed;
}

bool is_lowered(Entry before, Entry after) {
  return is_present(before) && (!is_present(after) || (before & ~after & kWritable) != 0 ||
                                (after & ~before & kNoExecute) != 0);
}

bool allows(Entry entry, FaultAccess access) {
  switch (access) {
    case FaultAccess::kRead:
      return (entry & kReadable) != 0;
    case FaultAccess::kWrite:
      return (entry & kWritable) != 0;
    case FaultAccess::kExecute:
      return (entry & kReadable) != 0 && (entry & kNoExecute) == 0;
  }
  return false;
}

// Gives every entry of a range the value that rule(seen) wants, or ends with the rule's error.
template <class Rule>
class Rewriter {
 public:
  Rewriter(Rule rule, FrameSink left, FrameStock frames)
      : rule_(rule), left_(left), frames_(frames) {}

  Step operator()(const Part& part) {
    const std::expected<Entry, MapError> wanted = rule_(part.seen);
    if (!wanted) {
      change_.error = wanted.error();
      return Step::kStop;
    }
    if (*wanted == part.seen) {
      return part.is_whole() ? Step::kNextUnlike : Step::kNext;
    }
    if (!part.is_whole() || part.level > kLargestReservation) {
      if (!split(part.place, part.seen, frames_)) {
        change_.error = MapError::kNoFrame;
        return Step::kStop;
      }
      return Step::kLookAgain;
    }
    if (!part.exchange(*wanted)) {
      return Step::kLookAgain;
    }
    account(part, *wanted);
    return Step::kNext;
  }

  const RangeChange& change() const { return change_; }

 private:
  void account(const Part& part, Entry now) {
    if (is_reserved_entry(part.seen) != is_reserved_entry(now)) {
      change_.pages += (part.end - part.begin) / kPageSize;
    }
    const bool frame_leaves = frame_of(part.seen) != 0 && frame_of(now) == 0;
    if (frame_leaves) {
      left_(frame_of(part.seen));
      ++change_.frames;
    }
    // Even if it was not present: whoever made it so may not have flushed yet.
    change_.must_flush = change_.must_flush || frame_leaves || is_lowered(part.seen, now);
  }

  Rule rule_;
  FrameSink left_;
  FrameStock frames_;
  RangeChange change_;
};

template <class Rule>
RangeChange rewrite(const PageTables& tables, std::uintptr_t begin, std::uintptr_t end,
                    FrameSink left, FrameStock frames, Rule rule) {
  Rewriter<Rule> rewriter(rule, left, frames);
  for_each_part(tables, begin, end, [&rewriter](const Part& part) { return rewriter(part); });
  return rewriter.change();
}

// For changes that take no frames out.
constexpr FrameSink kNoSink{nullptr, nullptr};
// For changes that never split an entry.
constexpr FrameStock kNoStock{nullptr, nullptr};

using Wanted = std::expected<Entry, MapError>;

Wanted nothing_reserved(Entry seen) { return is_reserved_entry(seen) ? Entry{0} : seen; }

}  // namespace

std::expected<void, MapError> Reservations::reserve_alike(std::uintptr_t begin, std::uintptr_t end,
                                                          Entry entry, FrameStock frames) {
  const RangeChange change =
      rewrite(tables_, begin, end, kNoSink, frames, [entry](Entry seen) -> Wanted {
        return seen == 0 ? Wanted(entry) : std::unexpected(MapError::kAlreadyMapped);
      });
  if (!change.error) {
    return {};
  }
  // These entries were written whole, and nobody has been told of the pages.
  rewrite(tables_, begin, begin + change.pages * kPageSize, kNoSink, kNoStock, nothing_reserved);
  return std::unexpected(*change.error);
}

std::expected<void, MapError> Reservations::reserve(std::uintptr_t begin, std::uintptr_t end,
                                                    Access access, FrameStock frames) {
  return reserve_alike(begin, end, reserved_entry(access), frames);
}

RangeChange Reservations::replace(std::uintptr_t begin, std::uintptr_t end, Access access,
                                  FrameSink left, FrameStock frames) {
  const Entry wanted = reserved_entry(access);
  return rewrite(tables_, begin, end, left, frames, [wanted](Entry seen) -> Wanted {
    return seen == 0 || is_reserved_entry(seen) ? Wanted(wanted)
                                                : std::unexpected(MapError::kAlreadyMapped);
  });
}

FillResult Reservations::fill(std::uintptr_t address, FaultAccess access, FrameStock frames) {
  for (;;) {
    const Place place = tables_.place_of(address);
    if (!is_reserved_entry(place.seen)) {
      return FillResult::kNotReserved;
    }
    if (!allows(place.seen, access)) {
      return FillResult::kForbidden;
    }
    if (is_present(place.seen)) {
      return FillResult::kAlreadyThere;
    }
    if (place.level > 1) {
      if (!split(place.at, place.seen, frames)) {
        return FillResult::kNoFrame;
      }
      continue;
    }
    const std::uintptr_t frame = frames.take();
    if (frame == 0) {
      return FillResult::kNoFrame;
    }
    std::memset(reinterpret_cast<void*>(frame), 0, kPageSize);
    Entry expected = place.seen;
    if (std::atomic_ref(*place.at).compare_exchange_strong(
            expected, with_access(frame, place.seen & kAccessBits))) {
      return FillResult::kFilled;
    }
    frames.give_back(frame);
  }
}

RangeChange Reservations::protect(std::uintptr_t begin, std::uintptr_t end, Access access,
                                  FrameStock frames) {
  const Entry wanted = reserved_entry(access);
  return rewrite(tables_, begin, end, kNoSink, frames, [wanted](Entry seen) -> Wanted {
    return is_reserved_entry(seen) ? Wanted(with_access(seen, wanted))
                                   : std::unexpected(MapError::kNotReserved);
  });
}

RangeChange Reservations::discard(std::uintptr_t begin, std::uintptr_t end, FrameSink left) {
  return rewrite(tables_, begin, end, left, kNoStock, [](Entry seen) -> Wanted {
    return is_reserved_entry(seen) ? seen & kAccessBits : seen;
  });
}

RangeChange Reservations::release(std::uintptr_t begin, std::uintptr_t end, FrameSink left,
                                  FrameStock frames) {
  return rewrite(tables_, begin, end, left, frames, nothing_reserved);
}

// Reserves the same at the new addresses, page by page where there is a table at the old ones; and
// leaves no entry there that is larger than the range.
std::optional<MapError> Reservations::prepare_move(std::uintptr_t from, std::uintptr_t to,
                                                   std::size_t bytes, FrameStock frames) {
  std::optional<MapError> error;
  for_each_part(tables_, from, from + bytes, [&](const Part& part) {
    if (!is_reserved_entry(part.seen)) {
      return Step::kNext;
    }
    if (!part.is_whole()) {
      if (split(part.place, part.seen, frames)) {
        return Step::kLookAgain;
      }
      error = MapError::kNoFrame;
      return Step::kStop;
    }
    const auto reserved = reserve_alike(part.begin - from + to, part.end - from + to,
                                        part.seen & kAccessBits, frames);
    if (!reserved) {
      error = reserved.error();
      return Step::kStop;
    }
    return Step::kNext;
  });
  return error;
}

RangeChange Reservations::move(std::uintptr_t from, std::uintptr_t to, std::size_t bytes,
                               FrameStock frames) {
  expects(from + bytes <= to || to + bytes <= from, "memory does not move onto itself");
  RangeChange change;
  change.error = prepare_move(from, to, bytes, frames);
  if (change.error) {
    rewrite(tables_, to, to + bytes, kNoSink, kNoStock, nothing_reserved);
    return change;
  }
  for_each_part(tables_, from, from + bytes, [&](const Part& part) {
    if (!is_reserved_entry(part.seen)) {
      return Step::kNext;
    }
    if (!part.exchange(0)) {
      return Step::kLookAgain;
    }
    change.pages += (part.end - part.begin) / kPageSize;
    if (frame_of(part.seen) != 0) {
      const Place place = tables_.place_of(part.begin - from + to);
      expects(place.level == 1 && frame_of(place.seen) == 0, "nobody touches memory that moves");
      std::atomic_ref(*place.at).store(part.seen);
      change.must_flush = true;
    }
    return Step::kNext;
  });
  return change;
}

bool Reservations::is_reserved(std::uintptr_t begin, std::uintptr_t end) const {
  return for_each_part(tables_, begin, end, [](const Part& part) {
    return is_reserved_entry(part.seen) ? Step::kNext : Step::kStop;
  });
}

std::optional<Access> Reservations::access_of(std::uintptr_t address) const {
  const Entry seen = tables_.place_of(address).seen;
  for (const Access access :
       {Access::kRead, Access::kReadWrite, Access::kReadExecute, Access::kNone}) {
    if ((seen & kAccessBits) == reserved_entry(access)) {
      return access;
    }
  }
  return std::nullopt;
}

}  // namespace tb::arch::x86
