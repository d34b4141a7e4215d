// How a POSIX thread ends before its function does: cancellation, pthread_exit(), cleanup handlers
// and the destructors of keys, objects and thread-local objects.
#include <pthread.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <string>

#include "tests/standard_library/check.h"

namespace {

using tb::test::check;

// What happened in the thread, in order. It is the thread's alone until it has been joined.
std::string story;

struct Noted {
  const char* name;
  ~Noted() { story += std::string("~") + name + " "; }
};

void note(void* name) { story += std::string(static_cast<const char*>(name)) + " "; }

void* as_argument(const char* name) { return const_cast<char*>(name); }

void tell(const char* title) {
  std::printf("%s: %s\n", title, story.c_str());
  story.clear();
}

pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
pthread_cond_t never = PTHREAD_COND_INITIALIZER;
bool waiting = false;  // under the mutex

void unlock(void* locked) {
  story += "unlocks ";
  pthread_mutex_unlock(static_cast<pthread_mutex_t*>(locked));
}

void* wait_without_end(void*) {
  const Noted object{"object"};
  pthread_mutex_lock(&mutex);
  pthread_cleanup_push(unlock, &mutex);
  waiting = true;
  for (;;) {
    pthread_cond_wait(&never, &mutex);
  }
  pthread_cleanup_pop(1);
  return nullptr;
}

void cancel_a_waiting_thread() {
  pthread_t thread{};
  check(pthread_create(&thread, nullptr, wait_without_end, nullptr) == 0, "a thread");
  for (bool seen = false; !seen;) {
    pthread_mutex_lock(&mutex);
    seen = waiting;
    pthread_mutex_unlock(&mutex);
  }
  check(pthread_cancel(thread) == 0, "it is told to end");
  void* result = nullptr;
  check(pthread_join(thread, &result) == 0 && result == PTHREAD_CANCELED, "and has");
  check(pthread_mutex_trylock(&mutex) == 0, "its handler has unlocked the mutex");
  pthread_mutex_unlock(&mutex);
  tell("cancelled while waiting");
}

void* put_it_off(void*) {
  int old = -1;
  check(pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &old) == 0, "not now");
  check(old == PTHREAD_CANCEL_ENABLE, "it could have been before");
  pthread_cancel(pthread_self());
  pthread_testcancel();
  usleep(1000);
  story += "goes on ";
  pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, nullptr);
  pthread_setcanceltype(PTHREAD_CANCEL_DEFERRED, &old);
  check(old == PTHREAD_CANCEL_DEFERRED, "only at certain places");
  story += "still ";
  pthread_testcancel();
  story += "never ";
  return nullptr;
}

void cancel_later() {
  pthread_t thread{};
  void* result = nullptr;
  pthread_create(&thread, nullptr, put_it_off, nullptr);
  check(pthread_join(thread, &result) == 0 && result == PTHREAD_CANCELED, "in the end");
  tell("cancelled later");
  const auto sleeper = [](void*) -> void* {
    const Noted object{"sleeper"};
    sleep(1'000'000);
    return nullptr;
  };
  pthread_create(&thread, nullptr, sleeper, nullptr);
  usleep(10'000);
  pthread_cancel(thread);
  check(pthread_join(thread, &result) == 0 && result == PTHREAD_CANCELED, "while asleep");
  tell("cancelled while asleep");
}

thread_local Noted of_the_thread{"thread_local"};
pthread_key_t key;
pthread_key_t stubborn_key;
int stubborn_calls = 0;

[[noreturn, gnu::noinline]] void leave() {
  const Noted inner{"inner"};
  pthread_exit(as_argument("result"));
}

void* end_early(void*) {
  check(of_the_thread.name != nullptr, "an object of the thread");
  pthread_setspecific(key, "value of the key");
  pthread_setspecific(stubborn_key, "stubborn");
  check(pthread_getspecific(key) != nullptr, "a value of the thread");
  const Noted outer{"outer"};
  pthread_cleanup_push(note, as_argument("handler1"));
  pthread_cleanup_push(note, as_argument("handler2"));
  leave();
  pthread_cleanup_pop(0);
  pthread_cleanup_pop(0);
}

void exit_from_within() {
  check(pthread_key_create(&key, note) == 0, "a key");
  const auto come_again = [](void* value) {
    if (++stubborn_calls < 3) {
      pthread_setspecific(stubborn_key, value);
    }
  };
  check(pthread_key_create(&stubborn_key, come_again) == 0, "another");
  pthread_t thread{};
  pthread_create(&thread, nullptr, end_early, nullptr);
  void* result = nullptr;
  check(pthread_join(thread, &result) == 0, "it has ended");
  check(std::string(static_cast<char*>(result)) == "result", "with a result");
  check(pthread_getspecific(key) == nullptr, "the value was the thread's alone");
  tell("ended early");
  std::printf("a destructor that sets its key again is called %d times\n", stubborn_calls);
  check(pthread_key_delete(key) == 0 && pthread_key_delete(key) == EINVAL, "no such key any more");
  pthread_key_delete(stubborn_key);
}

void use_all_keys() {
  static pthread_key_t keys[500];
  static int destroyed = 0;
  for (pthread_key_t& each : keys) {
    check(pthread_key_create(&each, [](void*) { ++destroyed; }) == 0, "many keys");
  }
  pthread_t thread{};
  const auto body = [](void* value) -> void* {
    for (const pthread_key_t each : keys) {
      check(pthread_setspecific(each, value) == 0, "a value for each");
    }
    return nullptr;
  };
  pthread_create(&thread, nullptr, body, keys);
  pthread_join(thread, nullptr);
  std::printf("values destroyed: %d\n", destroyed);
  for (const pthread_key_t each : keys) {
    check(pthread_key_delete(each) == 0, "and away");
  }
}

pthread_once_t once = PTHREAD_ONCE_INIT;
int once_calls = 0;

void do_once() {
  const auto body = [](void*) -> void* {
    pthread_once(&once, [] {
      usleep(5000);
      ++once_calls;
    });
    check(once_calls == 1, "whoever comes later waits");
    return nullptr;
  };
  pthread_t threads[8];
  for (pthread_t& thread : threads) {
    pthread_create(&thread, nullptr, body, nullptr);
  }
  for (const pthread_t thread : threads) {
    pthread_join(thread, nullptr);
  }
}

}  // namespace

int main() {
  cancel_a_waiting_thread();
  cancel_later();
  exit_from_within();
  use_all_keys();
  do_once();
  return tb::test::finish();
}
