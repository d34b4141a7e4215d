// The way a thread reaches the run queue of a CPU that is not the caller's: anybody pushes, only
// the owner takes. A list of one word (R. K. Treiber, 1986); taking all at once leaves no room for
// ABA.
#pragma once

#include <atomic>

namespace tb::sched {

enum class InboxWas { kEmpty, kFilled };

template <class Node, Node* Node::* Link, template <class> class Atomic = std::atomic>
class Inbox {
 public:
  // Anybody, from interrupts too. The node belongs to the inbox until the owner takes it. Who finds
  // the inbox empty tells the owner; later ones know that somebody has.
  InboxWas push(Node& node) {
    // Relaxed: only a first guess; the exchange below pairs with take_all().
    Node* head = head_.load(std::memory_order_relaxed);
    do {
      node.*Link = head;
      // release: the node's contents; pairs with the acquire in take_all(). Relaxed on failure.
    } while (!head_.compare_exchange_weak(head, &node, std::memory_order_release,
                                          std::memory_order_relaxed));
    return head == nullptr ? InboxWas::kEmpty : InboxWas::kFilled;
  }

  // Owner CPU only.
  bool empty() const {
    // Relaxed: a hint; what is inside is read after the acquire in take_all(), which it pairs with.
    return head_.load(std::memory_order_relaxed) == nullptr;
  }

  // Owner CPU only: all nodes, linked by Link, the first pushed first.
  Node* take_all() {
    // acquire: pairs with the release in push().
    Node* newest = head_.exchange(nullptr, std::memory_order_acquire);
    Node* oldest = nullptr;
    while (newest != nullptr) {
      Node* const next = newest->*Link;
      newest->*Link = oldest;
      oldest = newest;
      newest = next;
    }
    return oldest;
  }

 private:
  Atomic<Node*> head_{nullptr};  // shared
};

}  // namespace tb::sched
