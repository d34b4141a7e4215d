// Lists of threads, one for each level, level 0 first: to find the first thread takes as long with
// a hundred levels full of threads as with one. Owner CPU only.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "base/assert.h"
#include "base/intrusive_list.h"

namespace tb::sched {

template <class Entity, std::size_t kLevels>
class LevelQueue {
 public:
  bool empty() const { return first_level() == kLevels; }

  // The first level that has threads; kLevels if none has.
  std::size_t first_level() const {
    for (std::size_t word = 0; word < kWords; ++word) {
      if (filled_[word] != 0) {
        return word * kWordBits + static_cast<std::size_t>(std::countr_zero(filled_[word]));
      }
    }
    return kLevels;
  }

  // The last one that has; zero if none has.
  std::size_t last_level() const {
    for (std::size_t word = kWords; word > 0; --word) {
      if (filled_[word - 1] != 0) {
        return word * kWordBits - 1 - static_cast<std::size_t>(std::countl_zero(filled_[word - 1]));
      }
    }
    return 0;
  }

  Entity* front() const {
    const std::size_t level = first_level();
    return level < kLevels ? lists_[level].front() : nullptr;
  }
  Entity* front_of(std::size_t level) const { return lists_[level].front(); }

  // The one that leaves after it, which stands in that level; for walks from front().
  Entity* after(const Entity& entity, std::size_t level) const {
    if (Entity* const next = lists_[level].after(entity)) {
      return next;
    }
    for (std::size_t i = level + 1; i < kLevels; ++i) {
      if (Entity* const first = lists_[i].front()) {
        return first;
      }
    }
    return nullptr;
  }

  void push_back(Entity& entity, std::size_t level) {
    lists_[level].push_back(entity);
    note_filled(level);
  }
  void push_front(Entity& entity, std::size_t level) {
    lists_[level].push_front(entity);
    note_filled(level);
  }

  // Into that level, which is in the order of `precedes`. O(n).
  template <class Precedes>
  void insert_in_order(Entity& entity, std::size_t level, Precedes precedes) {
    lists_[level].insert_in_order(entity, precedes);
    note_filled(level);
  }

  // It stands in that level.
  void remove(Entity& entity, std::size_t level) {
    lists_[level].remove(entity);
    note_removed(level);
  }

  Entity* pop_front() {
    const std::size_t level = first_level();
    if (level == kLevels) {
      return nullptr;
    }
    Entity* const entity = lists_[level].pop_front();
    note_removed(level);
    return entity;
  }

 private:
  static constexpr std::size_t kWordBits = 64;
  static constexpr std::size_t kWords = (kLevels + kWordBits - 1) / kWordBits;

  void note_filled(std::size_t level) {
    filled_[level / kWordBits] |= std::uint64_t{1} << level % kWordBits;
  }
  void note_removed(std::size_t level) {
    if (lists_[level].empty()) {
      filled_[level / kWordBits] &= ~(std::uint64_t{1} << level % kWordBits);
    }
  }

  std::array<std::uint64_t, kWords> filled_{};  // a bit for each level that is not empty
  std::array<IntrusiveList<Entity, &Entity::run_queue_hook>, kLevels> lists_;
};

}  // namespace tb::sched
