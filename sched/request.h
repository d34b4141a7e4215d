// Changing a thread from outside. Only who owns a thread may touch it: the CPU that is its home, or
// whoever has won it from its park. Anybody else writes down what he wants, hangs it on the thread
// and tells its home; the owner answers.
//
// A request lies on the stack of the thread that makes it, which parks until it is answered. It
// names the thread by its generation, so a stale id changes nothing.
//
// Who asks hangs the request on the thread, then reads its home. Who takes the thread to another
// home writes that, then looks for requests as it takes the thread in. Both steps of both are
// sequentially consistent, so one of the two sees the other.
#pragma once

#include <atomic>
#include <cstdint>

#include "base/atomic.h"
#include "base/cpu_set.h"

namespace tb::sched {

struct Entity;

enum class RequestKind : std::uint8_t { kSetAffinity, kGetAffinity };

enum class RequestResult : std::uint8_t { kDone, kThreadNotFound };

struct Request {
  Request* next = nullptr;  // the list's that holds it

  // Constant once it is made.
  RequestKind kind;
  std::uint32_t generation;  // of the thread that is meant
  Entity* requester;         // is woken when there is an answer

  // The requester before, whoever answers after.
  CpuSet affinity{};
  RequestResult result = RequestResult::kDone;

  // Shared. Once it is true the request is gone. release: pairs with the requester's acquire.
  std::atomic<bool> answered{false};
};

// The requests that hang on one thread.
template <class Node, template <class> class AtomicType = Atomic>
class RequestList {
 public:
  // Anybody; false if no thread has the record.
  bool push(Node& request) {
    Node* head = head_.load();
    do {
      if (head == nobody()) {
        return false;
      }
      request.next = head;
      // seq_cst: the request; pairs with the exchange in take_all(); and before the read of the
      // thread's home, see above.
    } while (!head_.compare_exchange_weak(head, &request));
    return true;
  }

  // Owner of the thread only.
  bool empty() const {
    Node* const head = head_.load();
    return head == nullptr || head == nobody();
  }

  // Owner of the thread only: all, linked by next.
  Node* take_all() { return empty() ? nullptr : head_.exchange(nullptr); }

  // Owner of the thread only, as it begins: its home is known.
  void open() { head_.store(nullptr); }

  // Owner of the thread only, as it ends: the last ones.
  Node* close() {
    Node* const last = head_.exchange(nobody());
    return last == nobody() ? nullptr : last;
  }

 private:
  // An address that no request has.
  Node* nobody() const { return reinterpret_cast<Node*>(const_cast<RequestList*>(this)); }

  AtomicType<Node*> head_{nobody()};  // shared
};

}  // namespace tb::sched
