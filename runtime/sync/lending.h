// Urgency that is lent: who has a mutex goes on as urgently as those who wait for it, or threads of
// an urgency between the two would keep both waiting (L. Sha, R. Rajkumar, J. P. Lehoczky, Priority
// Inheritance Protocols, IEEE Transactions on Computers 39, 1990).
//
// Of those who wait for a mutex the first lends, for the ring stands in the order of urgency; who
// has several mutexes goes by the most urgent one that lends to it. Whoever changes who has a mutex
// or who is the first hangs the loan on the borrower or takes it back, with the mutex's word
// locked, and tells the borrower's home afterwards: that schedules it by what is lent by then. A
// borrower that waits for another mutex itself is woken by its home, takes its new place in that
// ring, and so lends in its turn: those who stand in a chain pass it on.
//
// Locks are taken in this order: the word of a mutex, then the lending lock of a thread.
//
// For mutexes; applications use what those offer.
#pragma once

#include <array>
#include <cstddef>

#include "base/time.h"
#include "runtime/sync/taking.h"
#include "runtime/thread_record.h"

namespace tb::detail {

// Who waits for a mutex; lies on its stack.
struct Lender : Waiter {
  explicit Lender(WaitWord& word) : word(word) {}

  WaitWord& word;         // of the mutex; its value is the thread that has it, or zero
  Time began{};           // when it began to wait
  bool gives_up = false;  // some day, by itself

  ThreadRecord* borrower = nullptr;  // guarded by the word's lock; null if it lends to nobody
  Lender* next_lender = nullptr;     // to the same borrower; guarded by that one's lending lock
};

inline ThreadRecord* owner_of(std::uintptr_t value) {
  return reinterpret_cast<ThreadRecord*>(value);
}

// A look at a mutex, at the end of which the first one who waits lends to whoever has it by then,
// and those before do not any more. Preemption is off.
class MutexLook {
 public:
  explicit MutexLook(WaitWord& word) : locked_(word), before_(first()) {}
  ~MutexLook();
  MutexLook(const MutexLook&) = delete;
  MutexLook& operator=(const MutexLook&) = delete;

  WaitWord::Locked& word() { return locked_; }
  Lender* first() const { return static_cast<Lender*>(locked_.first()); }

  // Of one that has left the ring, or is about to.
  void take_back(Lender& lender);

 private:
  // Those whose most urgent loan is another one now, who are told once the word is not locked.
  class Borrowers {
   public:
    ~Borrowers();
    void add(ThreadRecord& thread);

   private:
    std::array<ThreadRecord*, 3> threads_;
    std::size_t count_ = 0;
  };

  void lend(Lender& lender, ThreadRecord& borrower);

  Borrowers changed_;
  WaitWord::Locked locked_;
  Lender* const before_;  // the first one at the beginning
};

}  // namespace tb::detail
