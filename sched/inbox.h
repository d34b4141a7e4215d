// The one way to reach a CPU from outside: anybody pushes, only the owner takes. A list of one word
// (R. K. Treiber, 1986); taking all at once leaves no room for ABA.
//
// The owner says whether it watches, that is, looks at its inbox before long by itself: because it
// polls, or because its timer is armed for the next charge. Then nobody interrupts it. A pusher
// pushes, then reads whether the owner watches; the owner says that it does no more, then looks at
// the inbox. All four are sequentially consistent, so one of the two sees the other.
#pragma once

#include <atomic>

#include "base/atomic.h"

namespace tb::sched {

enum class Tell { kNobody, kOwner };

template <class Node, Node* Node::* Link, template <class> class AtomicType = Atomic>
class Inbox {
 public:
  // Anybody, from interrupts too. The node belongs to the inbox until the owner takes it. Only who
  // finds the inbox empty has to tell the owner; later ones know that somebody has.
  Tell push(Node& node) {
    // A first guess, and mostly right: to look would take the line twice, to read and to write.
    Node* head = nullptr;
    do {
      node.*Link = head;
      // seq_cst: the node's contents; pairs with the acquire in take_all(); and before the read of
      // watching_, see above. Relaxed on failure: it is tried again.
    } while (!head_.compare_exchange_weak(head, &node, std::memory_order_seq_cst,
                                          std::memory_order_relaxed));
    return head == nullptr && !watching_.load() ? Tell::kOwner : Tell::kNobody;
  }

  // Anybody, to look; what is inside is read after take_all().
  bool empty() const { return head_.load() == nullptr; }

  // Owner CPU only: all nodes, linked by Link, the first pushed first.
  Node* take_all() {
    // acquire: pairs with the exchange in push().
    Node* newest = head_.exchange(nullptr, std::memory_order_acquire);
    // It is read here and written right after, see CpuScheduler::look_at_posts(): taken once.
    __builtin_prefetch(newest, 1);
    Node* oldest = nullptr;
    while (newest != nullptr) {
      Node* const next = newest->*Link;
      newest->*Link = oldest;
      oldest = newest;
      newest = next;
    }
    return oldest;
  }

  // Owner CPU only: from now on it looks before long, without being told.
  void watch() {
    // Relaxed: pairs with the load in push(), but who reads it too late only tells for nothing.
    if (!watching_.load(std::memory_order_relaxed)) {
      watching_.store(true, std::memory_order_relaxed);
    }
  }

  // Exact for the owner CPU; for others a guess.
  bool is_watching() const {
    // Relaxed: pairs with nothing.
    return watching_.load(std::memory_order_relaxed);
  }

  // Owner CPU only, from its interrupts too: from now on it has to be told; it looks once more.
  void stop_watching() { watching_.store(false); }

  // The word that is zero while the inbox is empty, for a CPU that can sleep on a word.
  const void* word() const { return &head_; }

 private:
  AtomicType<Node*> head_{nullptr};   // shared
  AtomicType<bool> watching_{false};  // written by the owner CPU only
};

}  // namespace tb::sched
