// The benchmark: all operations, or those that are named. --help says how.
#include <algorithm>
#include <optional>
#include <span>
#include <string_view>

#include "bench/operations/operations.h"
#include "bench/operations/threads.h"
#include "runtime/console.h"

// Defined next to this file, in one source for each kind of image.
extern const char* const image_name;

namespace {

using bench::Extent;
using bench::Session;
using bench::Size;

enum class Rows { kOnOneCpu, kOnSeveralCpusToo };

// Some measure what belongs together; their names have commas between them.
struct Operation {
  Rows rows;
  std::string_view names;
  void (*measure)(Session& session);
};

constexpr Operation kOperations[] = {
    {Rows::kOnOneCpu, "memory_parked", bench::measure_memory},  // first, see there
    {Rows::kOnOneCpu, "switch", bench::measure_switch},
    {Rows::kOnOneCpu, "pick,pick_fifo,pick_deadline", bench::measure_pick},
    {Rows::kOnOneCpu, "yield", bench::measure_yield},
    {Rows::kOnSeveralCpusToo, "word", bench::measure_word},
    {Rows::kOnSeveralCpusToo, "block_wake", bench::measure_block_wake},
    {Rows::kOnOneCpu, "wake,park", bench::measure_wake_and_park},
    {Rows::kOnSeveralCpusToo, "wake_asleep", bench::measure_wake_asleep},
    {Rows::kOnSeveralCpusToo, "wake_busy", bench::measure_wake_busy},
    {Rows::kOnSeveralCpusToo, "wake_urgent", bench::measure_wake_urgent},
    {Rows::kOnOneCpu, "spawn_join", bench::measure_spawn_join},
    {Rows::kOnOneCpu, "spawn_many", bench::measure_spawn_many},
    {Rows::kOnOneCpu, "spawn,begin_end,join", bench::measure_steps_of_a_life},
    {Rows::kOnSeveralCpusToo, "skynet", bench::measure_skynet},
    {Rows::kOnSeveralCpusToo, "fibonacci", bench::measure_fibonacci},
    {Rows::kOnOneCpu, "mutex_free", bench::measure_mutex},
    {Rows::kOnSeveralCpusToo, "mutex_contended,mutex_share", bench::measure_contended_mutex},
    {Rows::kOnSeveralCpusToo, "semaphore", bench::measure_semaphore},
    {Rows::kOnSeveralCpusToo, "condition_variable", bench::measure_condition_variable},
    {Rows::kOnSeveralCpusToo, "barrier", bench::measure_barrier},
    {Rows::kOnSeveralCpusToo, "channel_64,channel_handover,channel_64_free,channel_handover_free",
     bench::measure_channels},
    {Rows::kOnOneCpu, "sleep_50us_late", bench::measure_sleeps},
    {Rows::kOnOneCpu, "timer_to_thread", bench::measure_timer_to_thread},
    {Rows::kOnOneCpu, "timer_interrupt", bench::measure_timer_interrupt},
    {Rows::kOnOneCpu, "preempt", bench::measure_preemption},
};

struct Choice {
  Size size = Size::kFull;
  Extent extent = Extent::kEverything;
  std::string_view only;  // names with commas between them; empty is all
};

// Takes the first name off the list.
std::string_view take_name(std::string_view& names) {
  const std::size_t comma = names.find(',');
  const std::string_view name(names.data(), std::min(comma, names.size()));
  names.remove_prefix(std::min(name.size() + 1, names.size()));
  return name;
}

bool holds(std::string_view list, std::string_view wanted) {
  while (!list.empty()) {
    if (take_name(list) == wanted) {
      return true;
    }
  }
  return false;
}

bool measures(const Operation& operation, std::string_view list) {
  while (!list.empty()) {
    if (holds(operation.names, take_name(list))) {
      return true;
    }
  }
  return false;
}

bool are_known(std::string_view list) {
  while (!list.empty()) {
    const std::string_view name = take_name(list);
    if (std::ranges::none_of(kOperations, [name](const Operation& operation) {
          return holds(operation.names, name);
        })) {
      tb::println("bench: no operation \"{}\"", name);
      return false;
    }
  }
  return true;
}

std::optional<Choice> read(std::span<char*> words) {
  Choice choice;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string_view word = words[i];
    if (word == "--short") {
      choice.size = Size::kShort;
    } else if (word == "--moderate") {
      choice.size = Size::kModerate;
    } else if (word == "--parallel") {
      choice.extent = Extent::kParallel;
    } else if (word == "--only" && i + 1 < words.size()) {
      choice.only = words[++i];
    } else {
      tb::println("bench: no option \"{}\"", word);
      return std::nullopt;
    }
  }
  return are_known(choice.only) ? std::optional(choice) : std::nullopt;
}

}  // namespace

int main(int argc, char** argv) {
  const auto choice = read(std::span(argv, static_cast<std::size_t>(argc)).subspan(1));
  if (!choice) {
    tb::print(
        "options: --moderate (for emulation), --short, --parallel (several CPUs), --only NAME,NAME "
        "of:");
    for (const Operation& operation : kOperations) {
      tb::print(" {}", operation.names);
    }
    tb::println("");
    return 2;
  }
  tb::expects(tb::set_affinity(tb::this_thread::id(), tb::CpuSet::only(tb::CpuId{0})).has_value(),
              "CPU 0 exists");
  Session session(choice->size, choice->extent, image_name);
  for (const Operation& operation : kOperations) {
    if ((choice->only.empty() || measures(operation, choice->only)) &&
        (choice->extent == Extent::kEverything || operation.rows == Rows::kOnSeveralCpusToo)) {
      operation.measure(session);
    }
  }
  tb::println("bench: done");
  return 0;
}
