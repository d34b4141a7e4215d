// Counts the words of the files given as modules, all CPUs at once, and prints what `wc -w` prints.
#include <algorithm>
#include <cstdint>
#include <expected>
#include <memory>
#include <string_view>

#include "runtime/console.h"
#include "runtime/modules.h"
#include "runtime/thread.h"

namespace {

bool is_space(char character) {
  return character == ' ' || (character >= '\t' && character <= '\r');
}

// As for wc, control characters alone make no word.
bool is_printable(char character) {
  const auto code = static_cast<unsigned char>(character);
  return code > ' ' && code != 0x7f;
}

// Words that end in the text or at its end.
std::size_t count_words(std::string_view text) {
  std::size_t words = 0;
  bool in_word = false;
  for (const char character : text) {
    if (is_space(character)) {
      words += in_word ? 1 : 0;
      in_word = false;
    } else if (is_printable(character)) {
      in_word = true;
    }
  }
  return words + (in_word ? 1 : 0);
}

// The next part of about the wanted size; it ends where no word goes on.
std::string_view take_part(std::string_view& rest, std::size_t wanted) {
  std::size_t end = std::min(wanted, rest.size());
  while (end < rest.size() && !is_space(rest[end])) {
    ++end;
  }
  const std::string_view part = rest.substr(0, end);
  rest.remove_prefix(end);
  return part;
}

std::expected<std::size_t, tb::Error> count_on_all_cpus(std::string_view text) {
  const std::uint32_t cpus = tb::cpu_count();
  const auto counts = std::make_unique<std::size_t[]>(cpus);
  const auto threads = std::make_unique<tb::Thread[]>(cpus);
  const std::size_t share = text.size() / cpus + 1;
  std::string_view rest = text;
  for (std::uint32_t i = 0; i < cpus; ++i) {
    auto thread =
        tb::spawn([](std::string_view part, std::size_t* count) { *count = count_words(part); },
                  take_part(rest, share), &counts[i],
                  tb::SpawnOptions{.name = "counter", .cpu = tb::CpuId{i}});
    if (!thread) {
      return std::unexpected(thread.error());
    }
    threads[i] = std::move(*thread);
  }
  std::size_t total = 0;
  for (std::uint32_t i = 0; i < cpus; ++i) {
    static_cast<void>(threads[i].join());
    total += counts[i];
  }
  return total;
}

}  // namespace

int main() {
  if (tb::module_count() == 0) {
    tb::println("wordcount: there is no text to count; pass one or more with --module FILE");
    return 2;
  }
  for (std::size_t i = 0; i < tb::module_count(); ++i) {
    const tb::Module module = tb::module_at(i);
    const auto words = count_on_all_cpus(module.text());
    if (!words) {
      tb::println("wordcount: {}", words.error());
      return 1;
    }
    tb::println("{} {}", *words, module.name);
  }
  return 0;
}
