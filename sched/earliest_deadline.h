// Deadline threads: whose deadline is earliest runs (C. L. Liu, J. W. Layland, 1973); of equal
// ones, who came first. O(log n). Their budgets and deadlines are the scheduler's part, see
// deadline_server.h. Owner CPU only.
#pragma once

#include "base/intrusive_heap.h"
#include "base/time.h"
#include "sched/deadline_server.h"
#include "sched/entity.h"
#include "sched/policy.h"

namespace tb::sched {

// They stay on their CPU, so nobody asks for them in their order.
class EarliestDeadline {
 public:
  void enqueue(Entity& entity, EnqueueReason) { put_back(entity); }
  Entity* pick() {
    DeadlineServer* const first = heap_.pop();
    return first != nullptr ? first->entity : nullptr;
  }
  void put_back(Entity& entity) { heap_.push(server_of(entity)); }
  void remove(Entity& entity) { heap_.remove(server_of(entity)); }

  static void charge(Entity& entity, Duration ran) { entity.slice_left -= ran; }

  bool empty() const { return heap_.empty(); }
  Entity* front() const { return heap_.empty() ? nullptr : heap_.top()->entity; }

  static bool precedes(const Entity& a, const Entity& b) {
    return Earlier()(server_of(a), server_of(b));
  }
  static bool preempts(const Entity& woken, const Entity& current) {
    return server_of(woken).deadline < server_of(current).deadline;
  }

 private:
  struct Earlier {
    bool operator()(const DeadlineServer& a, const DeadlineServer& b) const {
      return a.deadline != b.deadline ? a.deadline < b.deadline
                                      : a.entity->ticket < b.entity->ticket;
    }
  };

  IntrusiveHeap<DeadlineServer, &DeadlineServer::ready_hook, Earlier> heap_;
};

}  // namespace tb::sched
