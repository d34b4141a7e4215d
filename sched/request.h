// Changing a thread from outside. Only its owner may touch it: the CPU that is its home. Anybody
// else writes down what he wants, hangs it on the thread and tells its home; the owner answers.
//
// A request lies on the stack of the thread that makes it, which parks until it is answered. It
// names the thread by its generation, so a stale id changes nothing.
//
// Who asks hangs the request on the thread, then posts to its home, see posts.h: so somebody looks
// after it hangs there, wherever the thread has gone; if it is dead by then, that is the answer.
#pragma once

#include <atomic>
#include <cstdint>

#include "base/atomic.h"
#include "base/cpu_id.h"
#include "base/cpu_set.h"
#include "base/time.h"
#include "sched/scheduling.h"

namespace tb::sched {

struct Entity;

// What a thread has had so far.
struct ThreadStatistics {
  Duration cpu_time{};                // charged so far; up to a ms of yields may be another's
  std::uint64_t switches_in = 0;      // times it was given the CPU
  std::uint64_t preemptions = 0;      // times it lost the CPU without asking
  std::uint64_t migrations = 0;       // times another CPU became its home
  std::uint64_t deadline_misses = 0;  // since it is a Deadline thread
};

enum class RequestKind : std::uint8_t {
  kSetAffinity,
  kGetAffinity,
  kSetParameters,  // of another policy than Deadline, for another one
  kGetParameters,
  kGetStatistics,
  kAdmit,    // makes it a Deadline thread of a CPU that has admitted it
  kDismiss,  // makes it one of another policy, whatever it is
  kSuspend,  // answered when it stands still, off its stack
  kResume,
  kVisit,  // calls a function with the thread
};

enum class RequestResult : std::uint8_t {
  kDone,
  kThreadNotFound,
  kIsAdmitted,  // a Deadline thread is changed by the last two only
};

struct Request {
  Request* next = nullptr;  // the list's that holds it

  // Constant once it is made.
  RequestKind kind{};
  std::uint32_t generation = 0;  // of the thread that is meant
  Entity* requester = nullptr;   // is woken when there is an answer

  // The requester before, whoever answers after. What was there before takes the place of what is
  // set; the CPU is a Deadline thread's.
  CpuSet affinity{};
  SchedulingParameters parameters{};
  CpuId cpu = kNoCpu;
  ThreadStatistics statistics{};
  RequestResult result = RequestResult::kDone;

  // Constant once it is made: what a visit is. Called by the owner with preemption off, and only
  // looks at the thread or changes what the scheduler does not look at.
  void (*visit)(Request& request, Entity& entity) = nullptr;

  // Shared. Once it is true the request is gone. release: pairs with the requester's acquire.
  std::atomic<bool> answered{false};
};

// The requests that hang on one thread, or that come too late for it.
template <class Node, template <class> class AtomicType = Atomic>
class RequestList {
 public:
  // Anybody, who then tells the thread's home.
  void push(Node& request) {
    // Relaxed: only a first guess; the exchange below pairs with take_all().
    Node* head = head_.load(std::memory_order_relaxed);
    do {
      request.next = head;
      // release: the request; pairs with the exchange in take_all(). Relaxed on failure: it is
      // tried again.
    } while (!head_.compare_exchange_weak(head, &request, std::memory_order_release,
                                          std::memory_order_relaxed));
  }

  bool empty() const { return head_.load() == nullptr; }

  // Whoever owns the thread, or the last home of one that is dead: all, linked by next.
  Node* take_all() { return empty() ? nullptr : head_.exchange(nullptr); }

 private:
  AtomicType<Node*> head_{nullptr};  // shared
};

}  // namespace tb::sched
