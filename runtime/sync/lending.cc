// Loans on their borrowers.
#include "runtime/sync/lending.h"

#include <algorithm>
#include <mutex>
#include <span>

#include "runtime/dispatch.h"

namespace tb::detail {
namespace {

// Under the thread's lending lock; true if it goes by another loan from here on.
bool note_first_lender(ThreadRecord& thread) {
  const Lender* const first = thread.first_lender;
  const sched::Urgency now = first != nullptr ? first->urgency : sched::Urgency::kNobody;
  const bool is_new = thread.lent.load() != now;
  if (is_new) {
    thread.lent.store(now);
  }
  return is_new;
}

// Ordinary threads are of one urgency, and need not be lent any but by real-time ones, or to one
// that only runs when nobody else does.
bool must_lend(const Lender& lender, const ThreadRecord& owner) {
  return sched::is_urgent(lender.urgency) ||
         sched::goes_before(lender.urgency, owner.shown_urgency.load());
}

}  // namespace

MutexLook::~MutexLook() {
  Lender* const first = this->first();
  ThreadRecord* const owner = owner_of(locked_.value());
  if (before_ != nullptr && (before_ != first || before_->borrower != owner)) {
    take_back(*before_);
  }
  if (first != nullptr && first->borrower == nullptr && owner != nullptr &&
      must_lend(*first, *owner)) {
    lend(*first, *owner);
  }
}

void MutexLook::lend(Lender& lender, ThreadRecord& borrower) {
  const std::lock_guard guard(borrower.lending_lock);
  Lender** place = &borrower.first_lender;
  while (*place != nullptr && (*place)->urgency <= lender.urgency) {
    place = &(*place)->next_lender;
  }
  lender.next_lender = *place;
  *place = &lender;
  lender.borrower = &borrower;
  if (note_first_lender(borrower)) {
    changed_.add(borrower);
  }
}

void MutexLook::take_back(Lender& lender) {
  if (lender.borrower == nullptr) {
    return;
  }
  ThreadRecord& borrower = *std::exchange(lender.borrower, nullptr);
  const std::lock_guard guard(borrower.lending_lock);
  Lender** place = &borrower.first_lender;
  while (*place != &lender) {
    place = &(*place)->next_lender;
  }
  *place = lender.next_lender;
  if (note_first_lender(borrower)) {
    changed_.add(borrower);
  }
}

void MutexLook::Borrowers::add(ThreadRecord& thread) {
  const std::span noted(threads_.data(), count_);
  if (std::ranges::find(noted, &thread) == noted.end()) {
    threads_[count_++] = &thread;
  }
}

MutexLook::Borrowers::~Borrowers() {
  for (std::size_t i = 0; i < count_; ++i) {
    Cpu& cpu = this_cpu();
    if (threads_[i] == &current_thread()) {
      // What it has done so far counts by what was lent until now.
      advance_time(cpu);
      cpu.scheduler.charge(cpu.now);
    }
    act_on(cpu, cpu.scheduler.tell_of_loans(*threads_[i]));
  }
}

}  // namespace tb::detail
