// A thread that is posted to, and the CPUs that have it one after the other: what sched/arrivals.cc
// and sched/placement.cc do about posts, on atomics that the explorer explores.
#pragma once

#include <array>
#include <cstddef>

#include "sched/inbox.h"
#include "sched/posts.h"
#include "tests/explorer/explore.h"

namespace tb::sched {

// relaxed: pairs with nothing; the posts have to bring along what was written before them.
inline constexpr auto kRelaxed = std::memory_order_relaxed;

template <template <template <class> class> class PostsType = Posts>
class PostedMachine {
 public:
  static constexpr std::size_t kCpus = 2;
  static constexpr int kUnderWay = -1;  // instead of an owner

  PostedMachine() {
    explorer::name(posts, "posts");
    explorer::name(home, "home");
    explorer::name(owner, "owner");
    explorer::name(inboxes, "inboxes");
  }
  virtual ~PostedMachine() = default;

 protected:
  struct Pushed {
    std::uintptr_t next = 0;
    explorer::ExploredData<bool> is_pushed{false};
  };

  // As CpuScheduler::post_wake().
  void wake(Wakes posted) {
    if (!leaves_notes || !inbox_of(home.load()).push_note(link, posted.note())) {
      post(posted);
    }
  }

  // As CpuScheduler::post().
  void post(Wakes posted) {
    if (posts.post(posted) == Link::kMustBePushed) {
      push(link, home.load());
    }
  }

  // The owner's: as CpuScheduler::push_arrival().
  void give_to(int cpu) {
    owner.store(kUnderWay, std::memory_order_release);  // pairs with is_owned_by()
    home.store(cpu);
    push(arrival, cpu);
  }

  // As CpuScheduler::drain_inbox().
  void drain(int cpu) {
    if (inbox_of(cpu).empty()) {
      return;
    }
    const auto contents = inbox_of(cpu).take_all();
    if (contents.noted != nullptr) {
      explorer::ensure(contents.noted == &link, "a note is about the thread");
      look_at_wakes(cpu, Wakes::from_note(contents.note));
    }
    Pushed* node = contents.first;
    while (node != nullptr) {
      Pushed& taken = *node;
      node = CpuInbox::after(taken);
      explorer::ensure(taken.is_pushed.read(), "what comes was pushed");
      taken.is_pushed.write(false);
      if (&taken == &arrival) {
        take_in(cpu);
      } else {
        look_at_posts(cpu);
      }
    }
  }

  void drain_all() {
    while (!inboxes[0].empty() || !inboxes[1].empty()) {
      drain(0);
      drain(1);
    }
  }

  // The owner's: a thread that parks looks at its wakes.
  bool take_wakes() {
    Wakes all = wakes.read();
    all.add(posts.take_wakes());
    if (leaves_notes) {
      all.add(Wakes::from_note(inbox_of(is_owned_by(1) ? 1 : 0).take_note_about(link)));
    }
    const bool woken = all.take();
    wakes.write(all);
    return woken;
  }

  // The thread is this CPU's, and may have been woken or asked.
  virtual void look_at_requests() {}
  virtual void run() {}

  // As StateCell::is_owned_by(). acquire: pairs with the release in give_to() and take_in().
  bool is_owned_by(int cpu) const { return owner.load(std::memory_order_acquire) == cpu; }

  PostsType<explorer::ExploredAtomic> posts;
  explorer::ExploredAtomic<int> home{0};
  explorer::ExploredAtomic<int> owner{0};
  explorer::ExploredData<Wakes> wakes;  // the owner's

  // Whether wakes come by notes where they can.
  bool leaves_notes = false;

  // What a scenario may leave out.
  bool adds_wakes_first = true;
  bool forwards = true;
  bool leaves_for_arrival = true;

 private:
  using CpuInbox = Inbox<Pushed, &Pushed::next, explorer::ExploredAtomic>;

  CpuInbox& inbox_of(int cpu) { return inboxes[static_cast<std::size_t>(cpu)]; }

  void push(Pushed& node, int cpu) {
    explorer::ensure(!node.is_pushed.read(), "a link is pushed once until it is taken off");
    node.is_pushed.write(true);
    static_cast<void>(inbox_of(cpu).push(node));
  }

  void take_in(int cpu) {
    explorer::ensure(is_owned_by(kUnderWay), "a thread arrives once");
    owner.store(cpu, std::memory_order_release);  // pairs with is_owned_by()
    add(posts.take_wakes());
    look_at_requests();
    run();
  }

  void look_at_posts(int cpu) {
    const Wakes taken = posts.take();
    if (!is_owned_by(cpu)) {
      send_after(cpu, taken);
      return;
    }
    // From the requests on the thread may be another's.
    if (adds_wakes_first) {
      add(taken);
    }
    look_at_requests();
    if (!adds_wakes_first) {
      add(taken);
    }
    if (is_owned_by(cpu)) {
      run();
    }
  }

  void look_at_wakes(int cpu, Wakes taken) {
    if (is_owned_by(cpu)) {
      add(taken);
      run();
    } else {
      send_after(cpu, taken);
    }
  }

  void send_after(int cpu, Wakes taken) {
    if (home.load() != cpu) {
      if (forwards) {
        post(taken);
      }
    } else if (leaves_for_arrival) {
      posts.leave_for_arrival(taken);
    }
  }

  void add(Wakes others) {
    Wakes all = wakes.read();
    all.add(others);
    wakes.write(all);
  }

  Pushed link;
  Pushed arrival;
  std::array<CpuInbox, kCpus> inboxes;
};

// The same scenario, where wakes come by notes.
template <class Scenario>
struct Noted : Scenario {
  Noted() { this->leaves_notes = true; }
};

}  // namespace tb::sched
