// Who is let in when.
#include "runtime/sync/shared_mutex.h"

#include "runtime/dispatch.h"
#include "runtime/sync/taking.h"

namespace tb {

// Whoever gives it back lets the next ones in: so it is free only while nobody waits.
bool SharedMutex::take(Word::Locked& word, Wish wish) {
  expects(word.value() != self(), "a thread locks no mutex that it has already");
  if (wish == kWrites) {
    const bool is_free = word.value() == kFree && word.first() == nullptr;
    word.set_value(is_free ? self() : word.value());
    return is_free;
  }
  const bool is_next = word.first() == nullptr || current_thread().urgency < word.first()->urgency;
  const bool may_read = is_next && !is_written(word.value());
  word.set_value(may_read ? word.value() + kReader : word.value());
  return may_read;
}

// Of one who has begun to stay already; who waits for it may be ended by force.
void SharedMutex::lock_contended(Wish wish) {
  detail::end_to_stay();
  detail::Waiter waiter;
  waiter.wish = wish;
  const detail::Turn turn =
      detail::begin_taking(word_, waiter, detail::Order::kByUrgency,
                           [wish](Word::Locked& word) { return take(word, wish); });
  detail::finish_wait(turn, waiter, [this, &waiter] {
    let_go_of_the_cpu();
    static_cast<void>(detail::wait(word_, waiter, {}, detail::never, [this] { let_readers_go(); }));
  });
  detail::begin_to_stay();
}

bool SharedMutex::try_lock() {
  const PreemptionGuard guard;
  Word::Locked word(word_);
  return detail::stay_if(take(word, kWrites));
}

bool SharedMutex::try_lock_shared() {
  const PreemptionGuard guard;
  Word::Locked word(word_);
  return detail::stay_if(take(word, kReads));
}

bool SharedMutex::lock_patiently(Wish wish, const detail::Patience& patience) {
  detail::Waiter waiter;
  waiter.wish = wish;
  const auto end = detail::take_patiently(
      word_, waiter, detail::Order::kByUrgency, patience,
      [wish](Word::Locked& word) { return take(word, wish); }, [this] { let_readers_go(); });
  return detail::stay_if(end == detail::WaitEnd::kOver);
}

// They may have waited behind a writer that has gone.
void SharedMutex::let_readers_go() {
  change_and_grant([](Word::Locked&) {});
}

// The first in the ring, with all readers behind if it is a reader.
template <class Change>
void SharedMutex::change_and_grant(Change change) {
  bool is_changed = false;
  detail::finish_by_and_by([this, &change, &is_changed](detail::Leaving& leaving) {
    Word::Locked word(word_);
    if (!is_changed) {
      change(word);
      is_changed = true;
    }
    return leaving.take(word, [&word](const detail::Waiter& waiter) {
      const bool reads = waiter.wish == kReads;
      const bool may_go = reads ? !is_written(word.value()) : word.value() == kFree;
      if (may_go) {
        word.set_value(reads ? word.value() + kReader : writer(waiter.thread));
      }
      return may_go;
    });
  });
}

void SharedMutex::unlock() {
  if (!word_.try_replace(self(), kFree)) {
    change_and_grant([](Word::Locked& word) {
      expects(word.value() == self(), "a mutex is unlocked by the thread that has it");
      word.set_value(kFree);
    });
  }
  detail::end_to_stay();
}

void SharedMutex::unlock_shared() {
  const std::uintptr_t before = word_.load();
  const bool is_plain = before % Word::kUnit == 0 && before != kFree && !is_written(before);
  if (!is_plain || !word_.try_replace(before, before - kReader)) {
    change_and_grant([](Word::Locked& word) {
      expects(word.value() != kFree && !is_written(word.value()),
              "a mutex is unlocked by as many readers as have locked it");
      word.set_value(word.value() - kReader);
    });
  }
  detail::end_to_stay();
}

}  // namespace tb
