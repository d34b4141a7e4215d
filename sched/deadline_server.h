// What a Deadline thread is served by: so much time in each period, and when that has to be over. A
// hard constant-bandwidth server (L. Abeni, G. Buttazzo, 1998, "Integrating multimedia applications
// in hard real-time systems"): whoever has used up its time waits for the next period. So whatever
// a thread does, it demands no more than the task it was admitted as, see demand.h, and an overrun
// hurts only itself.
//
// A job begins when the thread becomes ready, or when the period of the one before is over; it ends
// when the thread yields, which gives back what is left, or blocks. Whoever blocks for a short time
// goes on with the same deadline and budget.
#pragma once

#include <algorithm>
#include <cstdint>

#include "base/assert.h"
#include "base/intrusive_heap.h"
#include "base/time.h"
#include "sched/scheduling.h"
#include "sched/wide.h"

namespace tb::sched {

struct Entity;

// Owner only. All zeros are one that has had no job yet. Its budget is the thread's slice.
struct DeadlineServer {
  PeriodicTask task{};
  DeadlineMissHandler on_miss = nullptr;
  bool has_begun = false;
  bool job_is_over = false;
  bool is_to_be_told = false;  // see missed_deadline
  Time released{};             // when the present job began
  Time deadline{};             // of that job
  Time left_at{};              // when the thread has blocked, or left for another CPU

  Entity* entity = nullptr;             // whose it is
  HeapHook<DeadlineServer> ready_hook;  // while that is ready

  // Jobs that were not over by their deadlines; of the last one what its handler is told.
  std::uint64_t misses = 0;
  Time missed_deadline{};
  Time missed_at{};
  Entity* next_missed = nullptr;  // among those that are to be told
};

// Whether a thread may run now, or has to wait until next_release().
enum class Begin : std::uint8_t { kNow, kLater };

constexpr Time next_release(const DeadlineServer& server) {
  return after(server.released, server.task.period);
}

// A new job at that time. What was taken too much before is taken off.
constexpr Begin begin_job(DeadlineServer& server, Duration& budget, Time released) {
  server.has_begun = true;
  server.job_is_over = false;
  server.released = released;
  server.deadline = after(released, server.task.deadline);
  budget = server.task.runtime + std::min(budget, Duration::zero());
  return budget > Duration::zero() ? Begin::kNow : Begin::kLater;
}

// Whether the budget can be used up before the deadline at no more than the task's rate.
constexpr bool keeps_its_rate(const DeadlineServer& server, Duration budget, Time now) {
  const auto count = [](Duration duration) {
    return Wide{static_cast<std::uint64_t>(duration.count())};
  };
  return count(budget) * count(server.task.period) <=
         count(server.deadline - now) * count(server.task.runtime);
}

// The thread has become ready at `now`, having blocked or not run before.
//
// Within a period it goes on with what it has, if that demands no more than was admitted. Where the
// deadline is the end of the period, the utilisation was all that counted: so the rate decides, and
// if the rest is too much for the time that is left, a new job begins (as the paper has it). Where
// the deadline is earlier that is not enough, and blocking counts as running does: then the others
// are as well off as if it had run.
constexpr Begin become_ready(DeadlineServer& server, Duration& budget, Time now) {
  if (!server.has_begun || now >= next_release(server)) {
    return begin_job(server, budget, now);
  }
  if (now >= server.deadline || budget <= Duration::zero()) {
    return Begin::kLater;
  }
  server.job_is_over = false;
  if (server.task.deadline == server.task.period) {
    return keeps_its_rate(server, budget, now) ? Begin::kNow : begin_job(server, budget, now);
  }
  const Duration blocked = std::max(now - server.left_at, Duration::zero());
  budget = std::max(budget - blocked, Duration::zero());
  return budget > Duration::zero() ? Begin::kNow : Begin::kLater;
}

// The next period has come for a thread that waited for it. If the CPU has come late by more than
// the deadline, the period begins now.
constexpr Begin replenish(DeadlineServer& server, Duration& budget, Time now) {
  expects(now >= next_release(server), "its time has come");
  const Time released = next_release(server);
  return begin_job(server, budget, after(released, server.task.deadline) > now ? released : now);
}

}  // namespace tb::sched
