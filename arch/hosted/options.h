// The words behind the program's name: options of the hosted machine, and the application's
// arguments behind "--".
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace tb::arch::hosted {

inline constexpr std::uint32_t kMostCpus = 1024;
inline constexpr std::size_t kMostModules = 64;
inline constexpr std::size_t kLeastMemory = std::size_t{32} << 20;

struct Options {
  std::uint32_t cpus = 0;                           // 0: one for each processor
  std::size_t memory = 0;                           // bytes; 0: what the host can spare
  std::array<const char*, kMostModules> modules{};  // paths
  std::size_t module_count = 0;
  std::span<const char* const> arguments;
};

// What is wrong with the words, and the one it is about; or nothing.
struct OptionError {
  std::string_view what;
  std::string_view word;
};

// `words` are those behind the program's name. Returns an error without text if all is well.
OptionError read_options(std::span<const char* const> words, Options& options);

// Writes the words as a boot loader would hand them over, quoted where runtime/arguments.h needs
// it. Returns the text, which is in `room`; nothing with a null pointer if it does not fit.
std::string_view quote_words(std::span<const char* const> words, std::span<char> room);

}  // namespace tb::arch::hosted
