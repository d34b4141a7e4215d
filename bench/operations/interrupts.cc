// What comes by interrupt: timers, the way from one to a thread, and the loss of the CPU.
#include <algorithm>
#include <chrono>

#include "arch/clock.h"
#include "bench/operations/operations.h"
#include "bench/operations/threads.h"

namespace bench {
namespace {

constexpr tb::Duration kNap = std::chrono::microseconds(50);

// How late sleeps end, one by one, in hundredths of a tick.
std::vector<std::uint64_t> sleep_often(const Session& session, std::uint64_t times) {
  const std::uint64_t wanted = session.ticks_in(kNap);
  std::vector<std::uint64_t> samples;
  for (std::uint64_t i = 0; i < times; ++i) {
    const std::uint64_t begin = tb::ticks();
    tb::this_thread::sleep_for(kNap);
    const std::uint64_t slept = tb::ticks() - begin;
    // The speed of the counter is known to about six digits, so it may seem to be early.
    samples.push_back(slept > wanted ? (slept - wanted) * 100 : 0);
  }
  return samples;
}

}  // namespace

// The CPU has nothing else to do, and sleeps.
void measure_sleeps(Session& session) {
  session.report({.operation = "sleep_50us_late"}, "ticks",
                 sleep_often(session, session.sized(1'000, 100, 10)));
}

// From the time for which the timer was set to the sleeper's next instruction, while another thread
// computes on the CPU: the interrupt, and whatever the policy makes of the wake.
void measure_timer_to_thread(Session& session) {
  const Hog hog(0);
  session.report({.operation = "timer_to_thread", .threads = 2}, "ticks",
                 sleep_often(session, session.sized(200, 20, 5)));
}

// The timer interrupts a thread that is alone on its CPU and goes on: seen as a gap by the thread.
void measure_timer_interrupt(Session& session) {
  session.measure({.operation = "timer_interrupt"}, 1, [&session] {
    const std::uint64_t end = tb::ticks() + session.ticks_in(2 * kNap);
    // The runtime bears an interrupt too many.
    tb::arch::set_timer(tb::after(tb::now(), kNap));
    std::uint64_t longest = 0;
    std::uint64_t last = tb::ticks();
    while (last < end) {
      const std::uint64_t now = tb::ticks();
      longest = std::max(longest, now - last);
      last = now;
    }
    return longest;
  });
}

namespace {

// Two threads of one CPU that look at the counter all the time, and never ask for anything. The gap
// between the last look of one and the first look of the other is a preemption: the interrupt, the
// vector state of one kept and that of the other restored, the choice, the switch, the way out.
struct Lookers {
  std::vector<std::uint64_t> gaps;
  std::size_t wanted = 0;
  bool over = false;
  std::uint64_t last_look = 0;
  std::uint64_t looker = 0;  // whose look it was; 0 is nobody's

  void look(std::uint64_t self) {
    while (!over) {
      const std::uint64_t now = tb::ticks();
      // A look before the preemption that is judged after it is older than the other's last one.
      if (looker != self && looker != 0 && now > last_look) {
        note(now - last_look);
      }
      // A thread with vector registers in use, as one that computes has.
      asm volatile("movq %0, %%xmm7" : : "r"(now) : "xmm7");
      // In this order: who is preempted in between comes back with the other's time as his own, and
      // judges nothing by it. The other one changes all this meanwhile.
      last_look = now;
      asm volatile("" : : : "memory");
      looker = self;
      asm volatile("" : : : "memory");
    }
  }

  [[gnu::noinline]] void note(std::uint64_t gap) {
    if (gaps.size() < wanted) {
      gaps.push_back(gap * 100);
    }
    over = gaps.size() == wanted;
    // The next interrupt comes at another place of the loop, or the figure would be of one place.
    for (std::size_t i = 0; i < gaps.size() * 7 % 32; ++i) {
      asm volatile("nop");
    }
  }
};

}  // namespace

void measure_preemption(Session& session) {
  Lookers lookers;
  lookers.wanted = session.sized(200, 40, 3);
  lookers.gaps.reserve(lookers.wanted);
  tb::Thread first = spawn_on(0, [&lookers] { lookers.look(1); });
  tb::Thread second = spawn_on(0, [&lookers] { lookers.look(2); });
  join(first);
  join(second);
  session.report({.operation = "preempt", .threads = 2}, "ticks", std::move(lookers.gaps));
}

}  // namespace bench
