// What the application wants, and what the command line says.
#include "runtime/options.h"

#include <array>
#include <optional>

#include "base/format.h"
#include "runtime/panic.h"
#include "runtime/thread_table.h"

namespace tb {
namespace {

static_assert(kMostThreads == ThreadTable::kMaxThreads);

// Constant after start.
constinit std::optional<Options> read;  // all zeros in the image, which so needs no room for it
constinit std::string_view rest;

[[noreturn]] void refuse(std::string_view what) {
  std::array<char, 500> text;
  BufferText sentence(text);
  format_to(sentence.sink(), "{} says nothing possible; there are: ", what);
  append_possible_words(sentence.sink());
  panic(sentence.text());
}

bool is_possible(const Options& wanted) {
  return wanted.cpus > 0 && wanted.thread_limit > 0 && wanted.thread_limit <= kMostThreads &&
         check(wanted.scheduler);
}

}  // namespace

void read_options(std::string_view command_line) {
  read = wanted_options != nullptr ? wanted_options() : Options();
  if (!is_possible(*read)) {
    refuse("the application's wanted_options()");
  }
  rest = command_line;
  if (const auto taken = take_option_words(rest, *read); !taken) {
    std::array<char, 100> text;
    refuse(format_into(text, "boot option \"{}\"", taken.error().word));
  }
}

const Options& options() { return *read; }

std::string_view application_arguments() { return rest; }

}  // namespace tb
