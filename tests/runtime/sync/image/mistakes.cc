// Wrong uses of synchronisation objects, one for each argument; the machine has to say what was
// wrong, and by which thread.
#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <string_view>
#include <utility>

#include "runtime/console.h"
#include "runtime/control/thread_info.h"
#include "runtime/sync/barrier.h"
#include "runtime/sync/event.h"
#include "runtime/sync/latch.h"
#include "runtime/sync/mutex.h"
#include "runtime/sync/recursive_mutex.h"
#include "runtime/sync/select.h"
#include "runtime/sync/semaphore.h"
#include "runtime/sync/shared_mutex.h"
#include "runtime/sync/timer.h"
#include "runtime/thread.h"

namespace {

using namespace std::chrono_literals;

template <class Function>
void in_thread(std::string_view name, Function function) {
  auto thread = tb::spawn(function, tb::SpawnOptions{.name = name});
  tb::expects(thread && thread->join(), "the thread begins and ends");
}

void close_a_circle() {
  tb::Mutex first;
  tb::Mutex second;
  tb::Event both;
  const std::lock_guard guard(first);
  auto other = tb::spawn([&] {
    const std::lock_guard other_guard(second);
    both.set();
    const std::lock_guard circle(first);
  });
  tb::expects(other.has_value(), "a thread begins");
  both.wait();
  const std::lock_guard circle(second);
}

// Calls `wait` on a thread of its own, and returns when that waits.
template <class Wait>
tb::Thread let_wait(Wait wait) {
  auto waiter = tb::spawn(wait);
  tb::expects(waiter.has_value(), "a thread begins");
  while (tb::info(waiter->id())->state != tb::ThreadState::kParked) {
    tb::this_thread::sleep_for(100us);
  }
  return std::move(*waiter);
}

void destroy_what_is_waited_for() {
  auto semaphore = std::make_unique<tb::Semaphore>(0);
  const tb::Thread waiter = let_wait([&] { semaphore->acquire(); });
  semaphore.reset();
}

void destroy_a_channel_in_use() {
  auto channel = std::make_unique<tb::Channel<int>>(1);
  const tb::Thread waiter = let_wait([&] { static_cast<void>(channel->receive()); });
  channel.reset();
}

void destroy_a_timer_in_its_call() {
  std::optional<tb::Timer> timer;
  tb::Event is_there;
  auto made = tb::Timer::after(
      0ms,
      [&] {
        is_there.wait();
        timer.reset();
      },
      tb::SpawnOptions{.name = "alarm"});
  tb::expects(made.has_value(), "a timer");
  timer.emplace(std::move(*made));
  is_there.set();
  tb::this_thread::sleep_for(1h);
}

void send_to_itself() {
  tb::Channel<int> channel;
  static_cast<void>(tb::select(tb::receive_from(channel, [](int) {}), tb::send_to(channel, 1)));
}

void try_to_send_to_itself() {
  tb::Channel<int> channel(1);
  static_cast<void>(tb::try_select(tb::receive_from(channel, [](int) {}), tb::send_to(channel, 1)));
}

void arrive_too_often() {
  tb::Barrier barrier(3);
  static_cast<void>(barrier.arrive());
  static_cast<void>(barrier.arrive(3));
}

void arrive_after_all_have_gone() {
  tb::Barrier barrier(1);
  barrier.arrive_and_drop();
  static_cast<void>(barrier.arrive());
}

void end_with_a_mutex() {
  tb::Mutex mutex;
  tb::Event is_held;
  auto waiter = tb::spawn(
      [&] {
        is_held.wait();
        mutex.lock();
      },
      tb::SpawnOptions{
          .scheduling = {.policy = tb::SchedulingPolicy::kFifo, .priority = tb::Priority{1}}});
  tb::expects(waiter.has_value(), "a thread begins");
  in_thread("owner", [&] {
    mutex.lock();
    is_held.set();
    tb::this_thread::sleep_for(20ms);
  });
}

// Each is made by the thread of that name, but for those that need more than one.
void misuse_by_one(std::string_view kind) {
  tb::Semaphore full(tb::Semaphore::max());
  tb::Semaphore semaphore(0);
  tb::Latch latch(1);
  if (kind == "permits") {
    in_thread("giver", [&] { semaphore.release(0); });
  } else if (kind == "permit") {
    in_thread("giver", [&] { full.release(); });
  } else if (kind == "more_permits") {
    in_thread("giver", [&] { full.release(2); });
  } else if (kind == "begin_permits") {
    in_thread("maker", [] { const tb::Semaphore more(tb::Semaphore::max() + 1); });
  } else if (kind == "barrier") {
    in_thread("arriver", arrive_too_often);
  } else if (kind == "dropped") {
    in_thread("arriver", arrive_after_all_have_gone);
  } else if (kind == "nobody") {
    in_thread("maker", [] { const tb::Barrier<> barrier(0); });
  } else if (kind == "select") {
    in_thread("chooser", send_to_itself);
  } else if (kind == "try_select") {
    in_thread("chooser", try_to_send_to_itself);
  } else if (kind == "period") {
    in_thread("setter", [] { static_cast<void>(tb::Timer::every(0ms, [] {})); });
  } else if (kind == "negative_period") {
    in_thread("setter", [] { const tb::PeriodicTimer timer(-1ms); });
  } else if (kind == "own_timer") {
    destroy_a_timer_in_its_call();
  } else if (kind == "latch") {
    in_thread("counter", [&] { latch.count_down(2); });
  }
}

void misuse(std::string_view kind) {
  tb::Mutex mutex;
  tb::RecursiveMutex recursive;
  tb::SharedMutex shared;
  if (kind == "lock_own") {
    in_thread("twice", [&] {
      mutex.lock();
      mutex.lock();
    });
  } else if (kind == "unlock_others") {
    mutex.lock();
    in_thread("thief", [&] { mutex.unlock(); });
  } else if (kind == "unlock_free") {
    in_thread("giver", [&] { mutex.unlock(); });
  } else if (kind == "recursive") {
    recursive.lock();
    in_thread("thief", [&] { recursive.unlock(); });
  } else if (kind == "write_twice") {
    in_thread("twice", [&] {
      shared.lock();
      shared.lock();
    });
  } else if (kind == "read_what_one_writes") {
    in_thread("twice", [&] {
      shared.lock();
      shared.lock_shared();
    });
  } else if (kind == "unlock_anothers") {
    shared.lock();
    in_thread("thief", [&] { shared.unlock(); });
  } else if (kind == "shared") {
    in_thread("reader", [&] { shared.unlock_shared(); });
  } else if (kind == "writer") {
    in_thread("writer", [&] { shared.unlock(); });
  } else if (kind == "circle") {
    close_a_circle();
  } else if (kind == "destroyed") {
    destroy_what_is_waited_for();
  } else if (kind == "destroyed_channel") {
    destroy_a_channel_in_use();
  } else if (kind == "ended") {
    end_with_a_mutex();
  } else {
    misuse_by_one(kind);
  }
}

}  // namespace

int main(int, char** argv) {
  misuse(argv[1]);
  tb::println("survived");
}
