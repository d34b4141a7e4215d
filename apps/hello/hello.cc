// Threads on all CPUs, printing as they go; one of them never yields and is preempted all the same.
#include <array>
#include <atomic>
#include <chrono>
#include <memory>
#include <string_view>

#include "base/format.h"
#include "runtime/console.h"
#include "runtime/thread.h"

namespace {

using namespace std::chrono_literals;

constexpr int kWorkersPerCpu = 2;
constexpr int kLines = 3;

// What a thread has to tell at its end; read by main() after joining it.
struct Story {
  std::uint32_t cpu = 0;
  tb::ThreadStatistics statistics{};
};

void say(std::string_view text) {
  tb::println("CPU {:<3} {:<10} {}", index_of(tb::this_thread::cpu()), tb::this_thread::name(),
              text);
}

void work(Story* story, std::atomic<int>* unfinished) {
  constexpr std::array<std::string_view, kLines> kTexts = {"hello", "still here", "done"};
  for (const std::string_view text : kTexts) {
    say(text);
    tb::this_thread::sleep_for(5ms);
  }
  *story = {index_of(tb::this_thread::cpu()), tb::this_thread::statistics()};
  --*unfinished;
}

// Only the timer takes the CPU from this one.
void hog(Story* story, const std::atomic<int>* unfinished) {
  say("never yields");
  while (*unfinished > 0) {
  }
  say("saw all others finish");
  *story = {index_of(tb::this_thread::cpu()), tb::this_thread::statistics()};
}

void tell(std::string_view name, const Story& story) {
  tb::println("{:<10} {:>4} {:>10} {:>14} {:>10}", name, story.cpu,
              story.statistics.cpu_time.count() / 1000, story.statistics.switches_in,
              story.statistics.preemptions);
}

std::string_view name_of(std::array<char, 16>& buffer, std::uint32_t number) {
  return tb::format_into(buffer, "worker {}", number);
}

}  // namespace

int main() {
  const std::uint32_t cpus = tb::cpu_count();
  const std::uint32_t workers = cpus * kWorkersPerCpu;
  const auto stories = std::make_unique<Story[]>(workers);
  const auto threads = std::make_unique<tb::Thread[]>(workers);
  std::array<char, 16> name;
  std::atomic<int> unfinished = static_cast<int>(workers);
  Story hog_story;

  auto hog_thread =
      tb::spawn(hog, &hog_story, &unfinished,
                tb::SpawnOptions{.name = "hog", .affinity = tb::CpuSet::only(tb::CpuId{cpus - 1})});
  for (std::uint32_t i = 0; i < workers; ++i) {
    auto worker = tb::spawn(work, &stories[i], &unfinished,
                            tb::SpawnOptions{.name = name_of(name, i),
                                             .affinity = tb::CpuSet::only(tb::CpuId{i % cpus})});
    if (!worker || !hog_thread) {
      tb::println("hello: {}", worker ? hog_thread.error() : worker.error());
      return 1;
    }
    threads[i] = std::move(*worker);
  }
  for (std::uint32_t i = 0; i < workers; ++i) {
    static_cast<void>(threads[i].join());
  }
  static_cast<void>(hog_thread->join());

  tb::println("\n{:<10} {:>4} {:>10} {:>14} {:>10}", "thread", "CPU", "time (us)", "given the CPU",
              "preempted");
  for (std::uint32_t i = 0; i < workers; ++i) {
    tell(name_of(name, i), stories[i]);
  }
  tell("hog", hog_story);
  tb::println("\n{} threads ran on {} {}.", workers + 2, cpus, cpus == 1 ? "CPU" : "CPUs");
  return 0;
}
