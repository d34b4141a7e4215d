// Reading the words.
#include "arch/hosted/options.h"

#include <optional>

#include "base/parse_number.h"
#include "base/units.h"

namespace tb::arch::hosted {
namespace {

constexpr std::string_view kCpus = "--cpus takes a number from 1 to 1024";
constexpr std::string_view kMemory = "--memory takes a size such as 512M or 2G, at least 32M";

// Mebibytes without a letter.
std::optional<std::size_t> size_in(std::string_view text) {
  constexpr std::uint64_t kMostGib = 16 * 1024;
  std::size_t unit = kMiB;
  if (text.ends_with('G') || text.ends_with('g')) {
    unit = kGiB;
    text.remove_suffix(1);
  } else if (text.ends_with('M') || text.ends_with('m')) {
    text.remove_suffix(1);
  }
  const auto number = parse_number<std::uint64_t>(text);
  if (!number || *number > kMostGib * kGiB / unit || *number * unit < kLeastMemory) {
    return std::nullopt;
  }
  return *number * unit;
}

OptionError read_cpus(std::string_view text, Options& options) {
  const auto number = parse_number<std::uint64_t>(text);
  if (!number || *number < 1 || *number > kMostCpus) {
    return {kCpus, text};
  }
  options.cpus = static_cast<std::uint32_t>(*number);
  return {};
}

OptionError read_memory(std::string_view text, Options& options) {
  const auto size = size_in(text);
  if (!size) {
    return {kMemory, text};
  }
  options.memory = *size;
  return {};
}

OptionError add_module(const char* path, Options& options) {
  if (options.module_count == kMostModules) {
    return {"there can be 64 modules at most", path};
  }
  options.modules[options.module_count++] = path;
  return {};
}

OptionError apply(std::string_view name, const char* value, Options& options) {
  if (name == "--cpus") {
    return read_cpus(value, options);
  }
  return name == "--memory" ? read_memory(value, options) : add_module(value, options);
}

class Writer {
 public:
  explicit Writer(std::span<char> room) : room_(room) {}

  void put(char character) {
    if (used_ < room_.size()) {
      room_[used_] = character;
    }
    ++used_;
  }

  void put_word(std::string_view word) {
    constexpr std::string_view kSpecial = "\"'\\";
    const bool plain = !word.empty() && word.find_first_of(" \"'\\") == std::string_view::npos;
    if (!plain) {
      put('"');
    }
    for (const char character : word) {
      if (!plain && kSpecial.contains(character)) {
        put('\\');
      }
      put(character);
    }
    if (!plain) {
      put('"');
    }
  }

  std::string_view text() const {
    return used_ <= room_.size() ? std::string_view(room_.data(), used_) : std::string_view();
  }

 private:
  std::span<char> room_;
  std::size_t used_ = 0;  // more than there is room for, if it does not fit
};

}  // namespace

OptionError read_options(std::span<const char* const> words, Options& options) {
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string_view word = words[i];
    if (word == "--") {
      options.arguments = {words.data() + i + 1, words.size() - i - 1};
      return {};
    }
    const std::size_t equals = word.find('=');
    const bool joined = equals != std::string_view::npos;
    const std::string_view name = joined ? std::string_view(word.data(), equals) : word;
    if (name != "--cpus" && name != "--memory" && name != "--module") {
      return {"there are: --cpus, --memory, --module, and -- ARGUMENTS; not", word};
    }
    if (!joined && i + 1 == words.size()) {
      return {"a value is missing after", word};
    }
    const char* const value = joined ? words[i] + equals + 1 : words[++i];
    if (const OptionError error = apply(name, value, options); !error.what.empty()) {
      return error;
    }
  }
  return {};
}

std::string_view quote_words(std::span<const char* const> words, std::span<char> room) {
  Writer writer(room);
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i > 0) {
      writer.put(' ');
    }
    writer.put_word(words[i]);
  }
  return writer.text();
}

}  // namespace tb::arch::hosted
