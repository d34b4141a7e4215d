// Signals between the threads of a program: which ones interrupt a call that blocks, and which
// handlers may be interrupted by their own signal.
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <iostream>
#include <thread>

#include "tests/standard_library/check.h"

namespace {

using namespace std::chrono_literals;

volatile sig_atomic_t handled = 0;
volatile sig_atomic_t depth = 0;
volatile sig_atomic_t deepest = 0;

void count(int) { handled = handled + 1; }

void nest(int signal) {
  depth = depth + 1;
  deepest = depth > deepest ? depth : deepest;
  if (depth < 3) {
    raise(signal);
  }
  depth = depth - 1;
}

void install(int signal, void (*handler)(int), int flags) {
  struct sigaction action{};
  action.sa_handler = handler;
  action.sa_flags = flags;
  sigaction(signal, &action, nullptr);
}

enum class Until { kEnded, kSeveral };

// Sends the signal again and again: nobody can see when the other thread has begun to wait.
void send(std::jthread& thread, int signal, const std::atomic<bool>& ended, Until until) {
  for (int i = 0; !ended && (until == Until::kEnded || i < 10); ++i) {
    pthread_kill(thread.native_handle(), signal);
    std::this_thread::sleep_for(5ms);
  }
}

// What a semaphore says to a waiter that gets signals, and is posted once they have been sent.
void wait_for_semaphore(const char* how, Until until) {
  sem_t semaphore;
  sem_init(&semaphore, 0, 0);
  int result = 0;
  std::atomic<bool> ended = false;
  std::jthread waiter([&] {
    result = sem_wait(&semaphore) == 0 ? 0 : errno;
    ended = true;
  });
  send(waiter, SIGUSR1, ended, until);
  sem_post(&semaphore);
  waiter.join();
  std::cout << "a semaphore, " << how << ": " << (result == 0 ? "posted" : "interrupted")
            << (handled > 0 ? ", handled" : ", not handled") << std::endl;
  handled = 0;
}

void sleep_through(const char* how, int signal, std::chrono::milliseconds duration) {
  int result = 0;
  std::atomic<bool> ended = false;
  std::jthread sleeper([&] {
    const timespec time{.tv_sec = duration / 1s, .tv_nsec = duration % 1s / 1ns};
    result = nanosleep(&time, nullptr) == 0 ? 0 : errno;
    ended = true;
  });
  send(sleeper, signal, ended, Until::kEnded);
  sleeper.join();
  std::cout << "a sleep, " << how << ": " << (result == 0 ? "to its end" : "interrupted")
            << std::endl;
  handled = 0;
}

void raise_nested() {
  install(SIGUSR2, nest, SA_NODEFER);
  raise(SIGUSR2);
  std::cout << "raised in its own handler: depth " << deepest << std::endl;
}

void hold_back() {
  install(SIGUSR1, count, 0);
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR1);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  raise(SIGUSR1);
  std::cout << "blocked: handled " << handled;
  pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
  std::cout << ", then " << handled << std::endl;
  handled = 0;
}

}  // namespace

int main() {
  install(SIGUSR1, count, SA_RESTART);
  wait_for_semaphore("restarted", Until::kSeveral);
  install(SIGUSR1, count, 0);
  wait_for_semaphore("not restarted", Until::kEnded);
  sleep_through("handled", SIGUSR1, 100s);
  install(SIGUSR1, SIG_IGN, 0);
  wait_for_semaphore("ignored", Until::kSeveral);
  sleep_through("ignored", SIGUSR1, 50ms);
  sleep_through("harmless by itself", SIGCHLD, 50ms);
  hold_back();
  raise_nested();
  tb::test::check(deepest == 3, "three handlers one in the other");
  return tb::test::finish();
}
