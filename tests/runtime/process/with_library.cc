// Processes of applications with the C++ library: its threads are members like others, and what
// new, malloc and realloc give is charged.
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <memory>
#include <new>
#include <stdexcept>
#include <system_error>
#include <thread>
#include <variant>
#include <vector>

#include <sched.h>
#include <sys/resource.h>

#include "runtime/control/terminate.h"
#include "runtime/process/process.h"
#include "runtime/process/process_control.h"
#include "runtime/process/process_info.h"
#include "tests/image/suite.h"

namespace {

using namespace std::chrono_literals;
using tb::test::Suite;

tb::ProcessInfo own_info() { return *tb::info(tb::this_process::id()); }

void count_library_threads(Suite& suite) {
  auto process = tb::spawn_process(
      [&suite] {
        std::atomic<bool> ends = false;
        std::vector<std::jthread> threads;
        bool is_refused = false;
        while (!is_refused) {
          try {
            threads.emplace_back([&ends] {
              while (!ends) {
                std::this_thread::sleep_for(100us);
              }
            });
          } catch (const std::system_error& error) {
            is_refused = error.code() == std::errc::resource_unavailable_try_again;
          }
        }
        suite.equal(threads.size(), std::size_t{4}, "threads besides the main thread");
        suite.equal(own_info().threads, 5U, "threads in the account");
        ends = true;
      },
      tb::ProcessOptions{.limits = {.threads = 5}});
  suite.check(process && process->wait().has_value(), "it ends");
}

// The compiler may leave out what nobody looks at.
void look_at(const void* block) { asm volatile("" : : "r"(block) : "memory"); }

void charge_heap(Suite& suite) {
  constexpr std::size_t kSize = 300'000;
  auto process = tb::spawn_process([&suite] {
    const std::size_t before = own_info().memory.heap;
    void* block = std::malloc(kSize);
    look_at(block);
    suite.check(own_info().memory.heap >= before + kSize, "malloc is charged");
    block = std::realloc(block, 3 * kSize);
    look_at(block);
    suite.check(own_info().memory.heap >= before + 3 * kSize, "realloc is charged");
    suite.check(own_info().memory.heap < before + 4 * kSize, "but once");
    block = std::realloc(block, 100);
    look_at(block);
    suite.check(own_info().memory.heap < before + kSize, "what it gives back is not");
    std::free(block);
    const auto array = std::make_unique<char[]>(kSize);
    look_at(array.get());
    suite.check(own_info().memory.heap >= before + kSize, "new is charged");
  });
  suite.check(process && process->wait().has_value(), "it ends");
}

void refuse_memory(Suite& suite) {
  auto process = tb::spawn_process(
      [] {
        std::vector<std::unique_ptr<char[]>> blocks;
        try {
          for (int i = 0; i < 100; ++i) {
            blocks.push_back(std::make_unique<char[]>(100'000));
          }
        } catch (const std::bad_alloc&) {
          return static_cast<int>(blocks.size());
        }
        return -1;
      },
      tb::ProcessOptions{.limits = {.memory = 2'000'000}});
  const auto ended = process->wait();
  suite.check(ended && ended->value >= 15 && ended->value < 20, "new throws at the limit");
}

class Noted {
 public:
  explicit Noted(std::atomic<int>& count) : count_(count) {}
  Noted(const Noted&) = delete;
  Noted& operator=(const Noted&) = delete;
  ~Noted() { ++count_; }

 private:
  std::atomic<int>& count_;
};

void end_by_force(Suite& suite) {
  std::atomic<int> destroyed = 0;
  auto process = tb::spawn_process([&destroyed] {
    thread_local Noted of_main(destroyed);
    auto other = tb::spawn([&destroyed] {
      thread_local Noted of_other(destroyed);
      for (;;) {
        std::this_thread::sleep_for(1h);
      }
    });
    std::this_thread::sleep_for(1ms);
    tb::this_process::exit(9);
  });
  const auto ended = process->wait();
  suite.check(ended && ended->value == 9, "its value");
  suite.equal(destroyed.load(), 2, "thread_local variables destroyed");
}

// A thread that the library has made returns to it: it is told nothing, and goes on.
void not_end_library_threads(Suite& suite) {
  std::atomic<bool> ends = false;
  std::atomic<unsigned> turns = 0;
  std::atomic<bool> is_there = false;
  tb::ThreadId id;
  std::jthread worker([&] {
    id = tb::this_thread::id();
    is_there = true;
    while (!ends) {
      ++turns;
      tb::this_thread::sleep_for(50us);
    }
  });
  while (!is_there) {
    std::this_thread::sleep_for(50us);
  }
  for (int round = 0; round < 3; ++round) {
    const auto told = tb::terminate(id);
    suite.check(!told && told.error() == tb::Error(tb::NotTerminable{id}), "it cannot be ended");
    const unsigned then = turns;
    while (turns < then + 3) {
      std::this_thread::sleep_for(100us);
    }
  }
  ends = true;
  worker.join();
  const auto gone = tb::terminate(id);
  suite.check(!gone && gone.error() == tb::Error(tb::ThreadNotFound{id}), "it has ended");
}

// The process's share is not the thread's own, and is kept.
void keep_shares(Suite& suite) {
  auto process = tb::spawn_process(
      [&suite] {
        const tb::ThreadId self = tb::this_thread::id();
        const int lower = tb::scheduling(self)->nice;
        suite.check(lower > 0, "a low process is behind others");
        suite.equal(getpriority(PRIO_PROCESS, 0), 0, "its thread's own nice value");
        suite.equal(setpriority(PRIO_PROCESS, 0, 3), 0, "setpriority()");
        suite.equal(getpriority(PRIO_PROCESS, 0), 3, "its new one");
        suite.equal(int{tb::scheduling(self)->nice}, lower + 3, "both together");
        const sched_param none{.sched_priority = 0};
        suite.equal(sched_setscheduler(0, SCHED_BATCH, &none), 0, "sched_setscheduler()");
        suite.equal(getpriority(PRIO_PROCESS, 0), 3, "what another policy keeps");
        suite.equal(int{tb::scheduling(self)->nice}, lower + 3, "both together still");
      },
      tb::ProcessOptions{.priority = tb::PriorityLevel::kLow});
  suite.check(process && process->wait().has_value(), "it ends");
}

void refuse_priorities(Suite& suite) {
  auto process = tb::spawn_process(
      [&suite] {
        suite.equal(setpriority(PRIO_PROCESS, 0, -1), -1, "a stronger nice value");
        suite.equal(errno, EPERM, "why not");
        const sched_param some{.sched_priority = 1};
        suite.equal(sched_setscheduler(0, SCHED_FIFO, &some), -1, "a real-time policy");
        suite.equal(errno, EPERM, "why not");
        suite.equal(getpriority(PRIO_PROCESS, 0), 0, "what it has still");
      },
      tb::ProcessOptions{.permissions = {.raise_priority = false, .real_time = false}});
  suite.check(process && process->wait().has_value(), "it ends");
}

void stop_library_threads(Suite& suite) {
  std::atomic<bool> ends = false;
  std::atomic<unsigned> turns = 0;
  auto process = tb::spawn_process([&] {
    std::jthread worker([&] {
      while (!ends) {
        ++turns;
        std::this_thread::yield();
      }
    });
  });
  for (int round = 0; round < 5; ++round) {
    const unsigned before = turns;
    while (turns == before) {
      std::this_thread::sleep_for(100us);
    }
    suite.check(tb::stop(process->id()).has_value(), "it stops");
    const unsigned then = turns;
    std::this_thread::sleep_for(2ms);
    suite.equal(turns.load(), then, "turns");
    suite.check(tb::resume(process->id()).has_value(), "it goes on");
  }
  ends = true;
  suite.check(process->wait().has_value(), "it ends");
}

}  // namespace

int main() {
  Suite suite;
  suite.test("the C++ library's threads count", count_library_threads);
  suite.test("the heap is charged to who uses it", charge_heap);
  suite.test("std::bad_alloc at the limit", refuse_memory);
  suite.test("who exits has its variables destroyed", end_by_force);
  suite.test("nobody ends a thread of the C++ library by force", not_end_library_threads);
  suite.test("the C++ library's threads stop, too", stop_library_threads);
  suite.test("a process's share is not its threads' own", keep_shares);
  suite.test("what its permissions do not allow is EPERM", refuse_priorities);
  return suite.status();
}
