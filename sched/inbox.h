// The one way to reach a CPU from outside: anybody pushes, only the owner takes. A list of one word
// (R. K. Treiber, 1986); taking all at once leaves no room for ABA.
//
// The owner says whether it watches, that is, looks at its inbox before long by itself: because it
// polls, or because its timer is armed for the next charge. Then nobody interrupts it. A pusher
// pushes, then reads whether the owner watches; the owner says that it does no more, then looks at
// the inbox. All four are sequentially consistent, so one of the two sees the other.
//
// Where the inbox is empty, a note says all by one word, which travels alone between the two CPUs:
// whose it is, and which of three it is. It has no link, so whatever is pushed later stands on it.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>

#include "base/assert.h"
#include "base/atomic.h"

namespace tb::sched {

enum class Tell { kNobody, kOwner };

// Link is a word of the node's, which only the inbox and its owner touch.
template <class Node, std::uintptr_t Node::* Link, template <class> class AtomicType = Atomic>
class Inbox {
 public:
  // What the owner finds: maybe a note, which came first, and nodes linked by Link, the first
  // pushed first.
  struct Contents {
    Node* noted = nullptr;
    std::uint32_t note = 0;
    Node* first = nullptr;
  };

  // Anybody, from interrupts too. The node belongs to the inbox until the owner takes it. Only who
  // finds the inbox empty has to tell the owner; later ones know that somebody has.
  Tell push(Node& node) {
    // Relaxed: only a first guess; the exchange below pairs with take_all().
    std::uintptr_t head = head_.load(std::memory_order_relaxed);
    do {
      node.*Link = head;
      // seq_cst: the node's contents; pairs with the acquire in take_all(); and before the read of
      // watching_, see above. Relaxed on failure: it is tried again.
    } while (!head_.compare_exchange_weak(head, word_of(node), std::memory_order_seq_cst,
                                          std::memory_order_relaxed));
    return tell_after(head);
  }

  // Anybody, from interrupts too: a note, 1 to 3, about the node, which may stand in here or
  // elsewhere and is not touched. Nothing is done if the inbox is not empty.
  std::optional<Tell> push_note(Node& node, std::uint32_t note) {
    expects(note >= 1 && note <= kNotes, "one of the notes that there are");
    std::uintptr_t head = 0;
    // seq_cst: the writer's writes; pairs with the acquires in take_all() and take_note_about();
    // and for the rest as in push(). Relaxed on failure: nothing was done.
    if (!head_.compare_exchange_strong(head, word_of(node) | note, std::memory_order_seq_cst,
                                       std::memory_order_relaxed)) {
      return std::nullopt;
    }
    return tell_after(0);
  }

  // Anybody, to look; what is inside is read after take_all().
  bool empty() const { return head_.load() == 0; }

  // Owner CPU only: all that is inside.
  Contents take_all() {
    // acquire: pairs with the exchanges in push() and push_note().
    std::uintptr_t newest = head_.exchange(0, std::memory_order_acquire);
    Contents all;
    while (newest != 0 && (newest & kNotes) == 0) {
      Node& node = *reinterpret_cast<Node*>(newest);
      newest = node.*Link;
      node.*Link = all.first != nullptr ? word_of(*all.first) : 0;
      all.first = &node;
    }
    if (newest != 0) {
      all.note = static_cast<std::uint32_t>(newest & kNotes);
      all.noted = reinterpret_cast<Node*>(newest - all.note);
    }
    return all;
  }

  // Owner CPU only: takes the note about that node, if there is one and nothing else; 0 if not.
  std::uint32_t take_note_about(Node& node) {
    // Relaxed: only a first look; pairs with nothing.
    std::uintptr_t head = head_.load(std::memory_order_relaxed);
    const std::uintptr_t note = head - word_of(node);
    // acquire: pairs with the exchange in push_note(). Relaxed on failure: nothing was taken.
    const bool is_taken = note >= 1 && note <= kNotes &&
                          head_.compare_exchange_strong(head, 0, std::memory_order_acquire,
                                                        std::memory_order_relaxed);
    return is_taken ? static_cast<std::uint32_t>(note) : 0;
  }

  // Owner CPU only, of those that it has taken: the next one, or null.
  static Node* after(const Node& node) { return reinterpret_cast<Node*>(node.*Link); }

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
  static constexpr std::uint32_t kNotes = 3;  // the lowest bits of a node's address
  static_assert(alignof(Node) > kNotes);

  static std::uintptr_t word_of(Node& node) { return reinterpret_cast<std::uintptr_t>(&node); }

  Tell tell_after(std::uintptr_t before) const {
    return before == 0 && !watching_.load() ? Tell::kOwner : Tell::kNobody;
  }

  AtomicType<std::uintptr_t> head_{0};  // shared
  AtomicType<bool> watching_{false};    // written by the owner CPU only
};

}  // namespace tb::sched
