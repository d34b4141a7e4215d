// Threads of tb::spawn() are threads for the C++ library as well: variables of their own, the heap,
// streams, exceptions, locks shared with the library's own threads.
#include <malloc.h>
#include <pthread.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <mutex>
#include <set>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "runtime/thread.h"
#include "tests/image/suite.h"

namespace {

using tb::test::Suite;

constexpr int kThreads = 32;

std::atomic<int> objects_alive = 0;

struct Counted {
  Counted() { ++objects_alive; }
  ~Counted() { --objects_alive; }
  Counted(const Counted&) = delete;
  Counted& operator=(const Counted&) = delete;
  int value = 7;
};

thread_local int plain = 5;
thread_local Counted object;
alignas(256) thread_local std::array<char, 300> aligned{};

std::vector<tb::Thread> spawn_all(auto function) {
  std::vector<tb::Thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.push_back(std::move(*tb::spawn(function, i)));
  }
  return threads;
}

void have_variables(Suite& suite) {
  std::atomic<int> wrong = 0;
  spawn_all([&wrong](int number) {
    wrong += plain == 5 && object.value == 7 && aligned[299] == 0 ? 0 : 1;
    wrong += reinterpret_cast<std::uintptr_t>(aligned.data()) % 256 == 0 ? 0 : 1;
    plain = number;
    object.value = number;
    aligned.fill(static_cast<char>(number));
    for (int i = 0; i < 100; ++i) {
      tb::this_thread::yield();
      wrong += plain == number && object.value == number && aligned[299] == number ? 0 : 1;
    }
  });
  suite.equal(wrong.load(), 0, "threads whose variables are not their own");
  suite.equal(objects_alive.load(), 0, "objects that were not destroyed at their thread's end");
}

void throw_and_catch(Suite& suite) {
  std::atomic<int> caught = 0;
  spawn_all([&caught](int number) {
    for (int i = 0; i < 50; ++i) {
      try {
        std::vector<int>(3).at(static_cast<std::size_t>(number) + 3) = 1;
      } catch (const std::out_of_range&) {
        ++caught;
      }
    }
  });
  suite.equal(caught.load(), kThreads * 50, "exceptions caught");
}

void use_heap_and_streams(Suite& suite) {
  std::mutex mutex;
  std::set<std::string> lines;
  spawn_all([&](int number) {
    std::ostringstream out;
    out << "number " << number << ' ' << 1.5 * number;
    std::array<char, 64> text;
    std::snprintf(text.data(), text.size(), "number %d %g", number, 1.5 * number);
    if (out.str() == text.data()) {
      const std::lock_guard guard(mutex);
      lines.insert(out.str());
    }
  });
  suite.equal(lines.size(), std::size_t{kThreads}, "different lines");
}

// A native thread and one of the library's hand a number to and fro.
void meet_others(Suite& suite) {
  std::mutex mutex;
  std::condition_variable changed;
  int turn = 0;
  const auto play = [&](int parity) {
    for (int i = 0; i < 500; ++i) {
      std::unique_lock guard(mutex);
      changed.wait(guard, [&] { return turn % 2 == parity; });
      ++turn;
      changed.notify_one();
    }
  };
  {
    auto native = tb::spawn(play, 0);
    std::jthread other(play, 1);
  }
  suite.equal(turn, 1000, "turns");
}

void are_known(Suite& suite) {
  std::mutex mutex;
  std::set<std::thread::id> ids;
  std::atomic<int> wrong = 0;
  spawn_all([&](int) {
    void* stack = nullptr;
    std::size_t size = 0;
    pthread_attr_t attributes;
    pthread_getattr_np(pthread_self(), &attributes);
    pthread_attr_getstack(&attributes, &stack, &size);
    pthread_attr_destroy(&attributes);
    const auto here = reinterpret_cast<std::uintptr_t>(&size);
    wrong += here - reinterpret_cast<std::uintptr_t>(stack) < size ? 0 : 1;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    const std::lock_guard guard(mutex);
    ids.insert(std::this_thread::get_id());
  });
  suite.equal(wrong.load(), 0, "threads that do not lie on the stack they believe to have");
  suite.equal(ids.size(), std::size_t{kThreads}, "different ids");
}

void give_names(Suite& suite) {
  std::array<char, 16> name{};
  auto thread = tb::spawn([&name] { pthread_getname_np(pthread_self(), name.data(), name.size()); },
                          tb::SpawnOptions{.name = "worker 7"});
  suite.check(thread->join().has_value(), "it is joined");
  suite.check(std::string_view(name.data()) == "worker 7", "the library knows its name");
  std::string_view own;
  std::thread([&own] {
    pthread_setname_np(pthread_self(), "renamed");
    own = tb::this_thread::name() == "renamed" ? "renamed" : "";
  }).join();
  suite.check(own == "renamed", "the runtime knows a name that the library gave");
}

void start_from_library_threads(Suite& suite) {
  std::atomic<int> sum = 0;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 8; ++i) {
      threads.emplace_back([&sum] {
        auto child = tb::spawn([&sum] { sum += plain; });
        static_cast<void>(child->join());
      });
    }
  }
  suite.equal(sum.load(), 8 * 5, "the sum");
}

// The compiler must not find out that it never ends.
[[gnu::noinline]] std::size_t overflow(std::size_t depth) {
  volatile std::size_t room[100] = {};
  room[depth % 100] = depth;
  return depth == 0 ? 0 : overflow(depth + 1) + room[1];
}

void die_with_a_lock(Suite& suite) {
  pthread_mutexattr_t attributes;
  pthread_mutexattr_init(&attributes);
  pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
  pthread_mutex_t mutex;
  pthread_mutex_init(&mutex, &attributes);
  auto thread = tb::spawn([&mutex] { pthread_mutex_lock(&mutex); });
  suite.check(thread->join().has_value(), "it is joined");
  suite.equal(pthread_mutex_lock(&mutex), EOWNERDEAD, "what the next owner is told");
  suite.equal(pthread_mutex_consistent(&mutex), 0, "what mending the lock says");
  pthread_mutex_unlock(&mutex);
}

// The library's own heap must not come in beside the runtime's.
void know_all_of_malloc(Suite& suite) {
  suite.equal(mallopt(M_ARENA_MAX, 1), 1, "what mallopt says");
  static_cast<void>(mallinfo2());
  void* const block = pvalloc(1);
  suite.check(reinterpret_cast<std::uintptr_t>(block) % 4096 == 0, "a block of whole pages");
  std::free(block);
}

int spawned_early = 0;

__attribute__((constructor(101))) void spawn_early() {
  auto thread = tb::spawn([] { spawned_early = plain; });
  static_cast<void>(thread->join());
}

void spawn_in_constructors(Suite& suite) {
  suite.equal(spawned_early, 5, "what a thread of the first constructor saw");
}

// Threads until there is no memory for another; when they have ended there is some again.
int exhaust_memory() {
  std::atomic<bool> stop = false;
  std::vector<std::thread> threads;
  for (int round = 0; round < 3; ++round) {
    bool failed = false;
    while (!failed) {
      try {
        threads.emplace_back([&stop] {
          volatile char room[20'000];
          room[0] = 1;
          stop.wait(false);
        });
      } catch (const std::system_error&) {
        failed = true;
      }
    }
    stop = true;
    stop.notify_all();
    for (std::thread& thread : threads) {
      thread.join();
    }
    threads.clear();
    stop = false;
  }
  std::cout << "no more threads, and then some again" << std::endl;
  return 0;
}

int run_all() {
  Suite suite;
  suite.test("each native thread has variables of its own, made and destroyed", have_variables);
  suite.test("exceptions are thrown and caught in native threads", throw_and_catch);
  suite.test("native threads use the heap, streams and printf at once", use_heap_and_streams);
  suite.test("native and library threads share locks and conditions", meet_others);
  suite.test("native threads have ids and stacks for the library", are_known);
  suite.test("both kinds of threads have one name each", give_names);
  suite.test("threads of the library start native ones", start_from_library_threads);
  suite.test("a native thread that ends with a robust lock tells the next owner", die_with_a_lock);
  suite.test("the other functions of malloc are there", know_all_of_malloc);
  suite.test("the first constructor spawns a thread", spawn_in_constructors);
  return suite.status();
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view what = argc > 1 ? argv[1] : "";
  if (what == "throw") {
    auto thread = tb::spawn([] { throw std::logic_error("nobody catches this"); },
                            tb::SpawnOptions{.name = "thrower"});
    static_cast<void>(thread->join());
    return 0;
  }
  if (what == "throw_from_main") {
    throw std::logic_error("nobody catches this");
  }
  if (what == "exhaust") {
    return exhaust_memory();
  }
  if (what == "overflow") {
    std::thread([] { overflow(1); }).join();
    return 0;
  }
  if (what == "exit") {
    std::atexit([] { std::cout << "registered with atexit" << std::endl; });
    std::jthread([] { std::exit(42); });
    return 0;
  }
  return run_all();
}
