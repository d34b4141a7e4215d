// The sleepers of one CPU, earliest first. Owner CPU only.
#pragma once

#include "base/intrusive_heap.h"
#include "base/time.h"

namespace tb::sched {

// T has `Time wake_at` and `HeapHook<T> timer_hook`.
template <class T>
class TimerQueue {
 public:
  // `entry.wake_at` says when. O(1).
  void add(T& entry) { heap_.push(entry); }

  // Takes it out. O(log n).
  void cancel(T& entry) { heap_.remove(entry); }

  // Takes out the earliest if its time has come, else null. O(log n).
  T* take_due(Time now) { return next() <= now ? heap_.pop() : nullptr; }

  // When the earliest is due; kNever if there is none.
  Time next() const { return heap_.empty() ? kNever : heap_.top()->wake_at; }

 private:
  struct Earlier {
    bool operator()(const T& a, const T& b) const { return a.wake_at < b.wake_at; }
  };

  IntrusiveHeap<T, &T::timer_hook, Earlier> heap_;
};

}  // namespace tb::sched
