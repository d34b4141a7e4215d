// What a CPU's scheduler is asked, what it answers, and what it counts.
#pragma once

#include "base/cpu_set.h"
#include "base/time.h"
#include "sched/entity.h"
#include "sched/request.h"
#include "sched_impl/counter.h"

namespace tb::sched {

// Why the current thread leaves the CPU, or asks whether it should.
enum class Leave {
  kPreempted,  // an interrupt asks: the slice may be over, or something stands in the inbox
  kYielded,
  kParked,
  kExited,
  // The scheduler's words, not a caller's.
  kMoved,      // to another CPU
  kThrottled,  // until the next period of a Deadline thread
  kSuspended,  // until somebody lets it go on
};

struct Decision {
  Entity* next;   // may be the thread that runs already
  Time timer_at;  // when the timer has to ask again; kNever if nobody needs it
};

// What else came up, for the runtime to see to once it stands on the stack of whoever runs now.
struct Errands {
  Entity* moved = nullptr;      // has left its stack, and goes to another CPU now
  Request* answered = nullptr;  // whose requesters are to be woken
  CpuSet tell;                  // CPUs to interrupt
};

struct SchedulerCounters {
  Counter switches{};          // to another thread, the idle thread included
  Counter preemptions{};       // switches that the leaving thread did not ask for
  Counter arrivals{};          // threads that came by the inbox
  Counter given_away{};        // ready threads that went to a CPU without work
  Counter evened_out{};        // ready threads that went to a CPU with fewer of them
  Counter brought_together{};  // threads that went to the CPU of who woke them
  Counter asked{};             // times it asked another CPU for work
};

}  // namespace tb::sched
