// The words of the boot command line as argc and argv.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

namespace tb {

class Arguments {
 public:
  static constexpr std::size_t kMaxCount = 1023;
  static constexpr std::size_t kMaxText = 8192;

  constexpr Arguments() = default;

  // Words stand between blanks (no other white space); "..." keeps blanks, '...' keeps everything.
  // Outside of '...', a backslash before ", ' or \ makes that one an ordinary character; before
  // anything else it is one itself. That reads what QEMU passes on and what GRUB has quoted anew.
  // False if a quotation mark is not closed or there are too many words.
  [[nodiscard]] bool split(const char* program, std::string_view command_line);

  int count() const { return static_cast<int>(count_); }

  // Ends with a null pointer, and may be written to, as main() may expect.
  char** values() { return values_.data(); }

 private:
  bool begin_word();
  bool put(char character);
  bool take_word(std::string_view& rest);
  bool take_escaped(std::string_view& rest);
  bool take_quoted(std::string_view& rest, char quote);

  std::array<char*, kMaxCount + 1> values_{};
  std::size_t count_ = 0;
  std::array<char, kMaxText + kMaxCount> text_{};
  std::size_t used_ = 0;
};

}  // namespace tb
