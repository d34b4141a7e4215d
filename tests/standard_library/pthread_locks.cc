// The locks of POSIX threads: kinds of mutexes, robust ones, time-outs on both clocks,
// reader-writer locks, spin locks and barriers.
#include <pthread.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <ctime>
#include <functional>

#include "tests/standard_library/check.h"

namespace {

using tb::test::check;

constexpr int kThreads = 4;

timespec from_now(clockid_t clock, long milliseconds) {
  timespec time{};
  clock_gettime(clock, &time);
  const long nanoseconds = time.tv_nsec + milliseconds * 1'000'000;
  return {time.tv_sec + nanoseconds / 1'000'000'000, nanoseconds % 1'000'000'000};
}

// Whether `time` of the clock has come.
bool has_passed(clockid_t clock, const timespec& time) {
  timespec now{};
  clock_gettime(clock, &now);
  return now.tv_sec > time.tv_sec || (now.tv_sec == time.tv_sec && now.tv_nsec >= time.tv_nsec);
}

// Runs the body in so many threads until all have ended.
void in_threads(int count, const std::function<void()>& body) {
  pthread_t threads[kThreads];
  const auto run = [](void* function) -> void* {
    (*static_cast<const std::function<void()>*>(function))();
    return nullptr;
  };
  for (int i = 0; i < count; ++i) {
    auto* const argument = const_cast<std::function<void()>*>(&body);
    check(pthread_create(&threads[i], nullptr, run, argument) == 0, "a thread");
  }
  for (int i = 0; i < count; ++i) {
    check(pthread_join(threads[i], nullptr) == 0, "it ended");
  }
}

pthread_mutex_t mutex_of_type(int type) {
  pthread_mutexattr_t attributes;
  pthread_mutexattr_init(&attributes);
  check(pthread_mutexattr_settype(&attributes, type) == 0, "a kind of mutex");
  pthread_mutex_t mutex;
  check(pthread_mutex_init(&mutex, &attributes) == 0, "a mutex of it");
  return mutex;
}

void lock_kinds_of_mutexes() {
  pthread_mutex_t checking = mutex_of_type(PTHREAD_MUTEX_ERRORCHECK);
  check(pthread_mutex_unlock(&checking) == EPERM, "not held");
  check(pthread_mutex_lock(&checking) == 0, "held");
  check(pthread_mutex_lock(&checking) == EDEADLK, "held already");
  in_threads(1, [&] {
    check(pthread_mutex_unlock(&checking) == EPERM, "held by another");
    check(pthread_mutex_trylock(&checking) == EBUSY, "busy");
  });
  check(pthread_mutex_destroy(&checking) == EBUSY, "in use");
  check(pthread_mutex_unlock(&checking) == 0 && pthread_mutex_destroy(&checking) == 0, "and away");
  pthread_mutex_t recursive = mutex_of_type(PTHREAD_MUTEX_RECURSIVE);
  check(pthread_mutex_lock(&recursive) == 0 && pthread_mutex_lock(&recursive) == 0, "twice");
  check(pthread_mutex_unlock(&recursive) == 0, "once less");
  in_threads(1, [&] { check(pthread_mutex_trylock(&recursive) == EBUSY, "still held"); });
  check(pthread_mutex_unlock(&recursive) == 0, "and free");
  pthread_mutex_t adaptive = mutex_of_type(PTHREAD_MUTEX_ADAPTIVE_NP);
  int count = 0;
  in_threads(kThreads, [&] {
    for (int i = 0; i < 10'000; ++i) {
      pthread_mutex_lock(&adaptive);
      ++count;
      pthread_mutex_unlock(&adaptive);
    }
  });
  std::printf("under an adaptive mutex: %d\n", count);
}

void time_out() {
  pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
  pthread_mutex_lock(&mutex);
  in_threads(1, [&] {
    timespec time = from_now(CLOCK_MONOTONIC, 20);
    check(pthread_mutex_clocklock(&mutex, CLOCK_MONOTONIC, &time) == ETIMEDOUT, "no mutex");
    check(has_passed(CLOCK_MONOTONIC, time), "until then");
    time = from_now(CLOCK_REALTIME, 20);
    check(pthread_mutex_timedlock(&mutex, &time) == ETIMEDOUT, "nor by the wall clock");
    check(has_passed(CLOCK_REALTIME, time), "until then");
    time.tv_nsec = -1;
    check(pthread_mutex_timedlock(&mutex, &time) == EINVAL, "no possible time");
  });
  pthread_condattr_t attributes;
  pthread_condattr_init(&attributes);
  check(pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC) == 0, "a clock");
  pthread_cond_t monotonic;
  pthread_cond_init(&monotonic, &attributes);
  timespec time = from_now(CLOCK_MONOTONIC, 20);
  int result = 0;
  while (result == 0) {
    result = pthread_cond_timedwait(&monotonic, &mutex, &time);
  }
  check(result == ETIMEDOUT && has_passed(CLOCK_MONOTONIC, time), "nobody signals");
  pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
  for (const clockid_t clock : {CLOCK_REALTIME, CLOCK_MONOTONIC}) {
    time = from_now(clock, 20);
    for (result = 0; result == 0;) {
      result = pthread_cond_clockwait(&condition, &mutex, clock, &time);
    }
    check(result == ETIMEDOUT && has_passed(clock, time), "by any clock");
  }
  check(pthread_mutex_unlock(&mutex) == 0, "the mutex is held again after each");
  pthread_cond_destroy(&monotonic);
}

pthread_mutex_t robust_mutex() {
  pthread_mutexattr_t attributes;
  pthread_mutexattr_init(&attributes);
  check(pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST) == 0, "robust");
  pthread_mutex_t mutex;
  check(pthread_mutex_init(&mutex, &attributes) == 0, "a robust mutex");
  return mutex;
}

void outlive_owners() {
  static pthread_mutex_t mutex = robust_mutex();
  in_threads(1, [] { check(pthread_mutex_lock(&mutex) == 0, "an owner that dies"); });
  check(pthread_mutex_lock(&mutex) == EOWNERDEAD, "the next one is told");
  check(pthread_mutex_consistent(&mutex) == 0, "and mends it");
  check(pthread_mutex_unlock(&mutex) == 0, "it can be used");
  in_threads(1, [] { check(pthread_mutex_lock(&mutex) == 0, "another owner"); });
  check(pthread_mutex_lock(&mutex) == EOWNERDEAD, "that has died");
  check(pthread_mutex_unlock(&mutex) == 0, "this time nobody mends it");
  check(pthread_mutex_lock(&mutex) == ENOTRECOVERABLE, "so it is lost");
  static pthread_mutex_t awaited = robust_mutex();
  pthread_mutex_lock(&awaited);
  pthread_t owner{};
  const auto die_owning = [](void* own) -> void* {
    check(pthread_mutex_lock(static_cast<pthread_mutex_t*>(own)) == 0, "its turn");
    usleep(20'000);  // in which the other begins to wait
    return nullptr;
  };
  pthread_create(&owner, nullptr, die_owning, &awaited);
  pthread_mutex_unlock(&awaited);
  int result = 0;
  while ((result = pthread_mutex_lock(&awaited)) == 0) {
    pthread_mutex_unlock(&awaited);
    usleep(100);
  }
  check(result == EOWNERDEAD, "who waits for the dead one is told as well");
  pthread_mutex_unlock(&awaited);
  pthread_join(owner, nullptr);
}

void read_and_write() {
  pthread_rwlock_t lock = PTHREAD_RWLOCK_INITIALIZER;
  int value = 0;
  in_threads(kThreads, [&] {
    for (int i = 0; i < 2000; ++i) {
      pthread_rwlock_wrlock(&lock);
      ++value;
      pthread_rwlock_unlock(&lock);
      pthread_rwlock_rdlock(&lock);
      check(value > i, "what was written is read");
      pthread_rwlock_unlock(&lock);
    }
  });
  std::printf("written: %d\n", value);
  check(pthread_rwlock_rdlock(&lock) == 0 && pthread_rwlock_tryrdlock(&lock) == 0, "two readers");
  check(pthread_rwlock_trywrlock(&lock) == EBUSY, "and no writer");
  timespec time = from_now(CLOCK_REALTIME, 20);
  check(pthread_rwlock_timedwrlock(&lock, &time) == ETIMEDOUT, "not for long");
  pthread_rwlock_unlock(&lock);
  pthread_rwlock_unlock(&lock);
  check(pthread_rwlock_wrlock(&lock) == 0, "a writer");
  check(pthread_rwlock_wrlock(&lock) == EDEADLK, "waits not for itself");
  in_threads(1, [&] {
    check(pthread_rwlock_tryrdlock(&lock) == EBUSY, "no reader");
    const timespec soon = from_now(CLOCK_MONOTONIC, 20);
    check(pthread_rwlock_clockrdlock(&lock, CLOCK_MONOTONIC, &soon) == ETIMEDOUT, "not soon");
  });
  pthread_rwlock_unlock(&lock);
  check(pthread_rwlock_destroy(&lock) == 0, "and away");
}

void spin_and_meet() {
  pthread_spinlock_t spin{};
  check(pthread_spin_init(&spin, PTHREAD_PROCESS_PRIVATE) == 0, "a spin lock");
  int count = 0;
  in_threads(kThreads, [&] {
    for (int i = 0; i < 10'000; ++i) {
      pthread_spin_lock(&spin);
      ++count;
      pthread_spin_unlock(&spin);
    }
  });
  check(pthread_spin_trylock(&spin) == 0 && pthread_spin_trylock(&spin) == EBUSY, "it is held");
  pthread_spin_unlock(&spin);
  std::printf("under a spin lock: %d\n", count);
  pthread_barrier_t barrier;
  check(pthread_barrier_init(&barrier, nullptr, kThreads) == 0, "a barrier");
  int serial = 0;
  int steps[100] = {};
  in_threads(kThreads, [&] {
    for (int& step : steps) {
      __atomic_fetch_add(&step, 1, __ATOMIC_SEQ_CST);
      const int result = pthread_barrier_wait(&barrier);
      check(result == 0 || result == PTHREAD_BARRIER_SERIAL_THREAD, "all go on");
      check(__atomic_load_n(&step, __ATOMIC_SEQ_CST) == kThreads, "after all have come");
      __atomic_fetch_add(&serial, result == PTHREAD_BARRIER_SERIAL_THREAD, __ATOMIC_SEQ_CST);
    }
  });
  std::printf("rounds with one thread that is told so: %d\n", serial);
  check(pthread_barrier_destroy(&barrier) == 0, "and away");
  check(pthread_barrier_init(&barrier, nullptr, 0) == EINVAL, "nobody to wait for");
}

}  // namespace

int main() {
  lock_kinds_of_mutexes();
  time_out();
  outlive_owners();
  read_and_write();
  spin_and_meet();
  return tb::test::finish();
}
