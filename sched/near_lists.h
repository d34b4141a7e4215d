// A few lists of threads by level, whose first and last are at hand: whoever takes the first
// thread, or puts one to the back of all, need not look for it. The addresses of both lists are
// known before the thread is, so that turns do not wait for its level. Owner CPU only.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "base/intrusive_list.h"

namespace tb::sched {

// Entity has `ListHook<Entity> run_queue_hook`, `level` from kFirst on, and `ticket`.
template <class Entity, std::uint8_t kFirst, std::uint8_t kLevels>
class NearLists {
 public:
  using List = IntrusiveList<Entity, &Entity::run_queue_hook>;

  // To the back of its level's list.
  void push_back(Entity& entity) { list_for(entity.level).push_back(entity); }
  void push_front(Entity& entity) { list_for(entity.level).push_front(entity); }
  void insert_in_order(Entity& entity) { list_for(entity.level).insert_in_order(entity, precedes); }
  [[gnu::always_inline]] void remove(Entity& entity) {
    [[clang::always_inline]] list_of(entity.level).remove(entity);
  }

  // The same for the first level of all.
  [[gnu::always_inline]] void push_back_first(Entity& entity) {
    first_ = &lists_.front();
    [[clang::always_inline]] first_->push_back(entity);
  }

  // One goes to the back and the first of all is taken, if these are of one level, as the others
  // are; else, or if there are no others, null, and nothing is done.
  [[gnu::always_inline]] Entity* exchange_near(Entity& entity) {
    if (entity.level != last_level_ || first_ != last_) [[unlikely]] {
      return nullptr;
    }
    [[clang::always_inline]] return last_->exchange_front(entity);
  }

  // The first of all, if it stands where the one before it did; else null.
  [[gnu::always_inline]] Entity* pop_near() { return first_->pop_front(); }

  Entity* pop_front() {
    first_ = std::min(&list_of(first_level(kFirst)), last_);
    return first_->pop_front();
  }

  Entity* front() const { return list_of(first_level(kFirst)).front(); }
  Entity* front_of(std::uint8_t level) const { return list_of(level).front(); }
  Entity* back_of(std::uint8_t level) const { return list_of(level).back(); }

  // The one that leaves after it; for walks from front().
  Entity* after(const Entity& entity) const {
    Entity* const next = list_of(entity.level).after(entity);
    return next != nullptr || entity.level == kLast
               ? next
               : list_of(first_level(static_cast<std::uint8_t>(entity.level + 1))).front();
  }

  // The last level where somebody stands; the first if nobody does.
  std::uint8_t last_level() {
    std::uint8_t level = kLast;
    while (level > kFirst && list_of(level).empty()) {
      --level;
    }
    set_last_level(level);
    return level;
  }

  static bool precedes(const Entity& a, const Entity& b) {
    return a.level != b.level ? a.level < b.level : a.ticket < b.ticket;
  }

 private:
  static constexpr std::uint8_t kLast = kFirst + kLevels - 1;

  List& list_of(std::uint8_t level) { return lists_[level - kFirst]; }
  const List& list_of(std::uint8_t level) const { return lists_[level - kFirst]; }

  // Where somebody is about to stand.
  List& list_for(std::uint8_t level) {
    List& list = list_of(level);
    first_ = std::min(first_, &list);
    if (level > last_level_) {
      set_last_level(level);
    }
    return list;
  }

  void set_last_level(std::uint8_t level) {
    last_level_ = level;
    last_ = &list_of(level);
    first_ = std::min(first_, last_);
  }

  // The first one from there on where somebody stands; the last if nobody does.
  std::uint8_t first_level(std::uint8_t from) const {
    while (from < kLast && list_of(from).empty()) {
      ++from;
    }
    return from;
  }

  std::array<List, kLevels> lists_;
  // Nobody stands before the first of these, nor behind the last, which is not before it.
  List* first_ = &lists_.front();
  List* last_ = &lists_.front();
  std::uint8_t last_level_ = kFirst;
};

}  // namespace tb::sched
