// Wrong uses of synchronisation objects, one for each argument; the machine has to say what was
// wrong, and by which thread.
#include <chrono>
#include <memory>
#include <mutex>
#include <string_view>

#include "runtime/console.h"
#include "runtime/sync/event.h"
#include "runtime/sync/latch.h"
#include "runtime/sync/mutex.h"
#include "runtime/sync/recursive_mutex.h"
#include "runtime/sync/semaphore.h"
#include "runtime/sync/shared_mutex.h"
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

void destroy_what_is_waited_for() {
  auto semaphore = std::make_unique<tb::Semaphore>(0);
  auto waiter = tb::spawn([&] { semaphore->acquire(); });
  tb::expects(waiter.has_value(), "a thread begins");
  tb::this_thread::sleep_for(10ms);
  semaphore.reset();
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

void misuse(std::string_view kind) {
  tb::Mutex mutex;
  tb::RecursiveMutex recursive;
  tb::SharedMutex shared;
  tb::Semaphore semaphore(0);
  tb::Latch latch(1);
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
  } else if (kind == "circle") {
    close_a_circle();
  } else if (kind == "permits") {
    in_thread("giver", [&] { semaphore.release(0); });
  } else if (kind == "latch") {
    in_thread("counter", [&] { latch.count_down(2); });
  } else if (kind == "destroyed") {
    destroy_what_is_waited_for();
  } else if (kind == "ended") {
    end_with_a_mutex();
  }
}

}  // namespace

int main(int, char** argv) {
  misuse(argv[1]);
  tb::println("survived");
}
