// Splitting the command line.
#include "runtime/arguments.h"

namespace tb {

bool Arguments::begin_word() {
  if (count_ == kMaxCount) {
    return false;
  }
  values_[count_++] = text_.data() + used_;
  return true;
}

bool Arguments::put(char character) {
  if (used_ == text_.size()) {
    return false;
  }
  text_[used_++] = character;
  return true;
}

// One character that may have a backslash before it.
bool Arguments::take_escaped(std::string_view& rest) {
  constexpr std::string_view kNeedsEscape = "\"'\\";
  if (rest.front() == '\\' && rest.size() > 1 && kNeedsEscape.contains(rest[1])) {
    rest.remove_prefix(1);
  }
  const char character = rest.front();
  rest.remove_prefix(1);
  return put(character);
}

// Up to and with the closing quotation mark.
bool Arguments::take_quoted(std::string_view& rest, char quote) {
  rest.remove_prefix(1);
  while (!rest.empty() && rest.front() != quote) {
    if (quote == '\'') {
      if (!put(rest.front())) {
        return false;
      }
      rest.remove_prefix(1);
    } else if (!take_escaped(rest)) {
      return false;
    }
  }
  if (rest.empty()) {
    return false;
  }
  rest.remove_prefix(1);
  return true;
}

bool Arguments::take_word(std::string_view& rest) {
  while (!rest.empty() && rest.front() != ' ') {
    const char character = rest.front();
    const bool quoted = character == '"' || character == '\'';
    if (!(quoted ? take_quoted(rest, character) : take_escaped(rest))) {
      return false;
    }
  }
  return put('\0');
}

bool Arguments::split(const char* program, std::string_view command_line) {
  // The program's name is not copied; main() may write to the words, not beyond them.
  values_[count_++] = const_cast<char*>(program);
  for (;;) {
    while (command_line.starts_with(' ')) {
      command_line.remove_prefix(1);
    }
    if (command_line.empty()) {
      values_[count_] = nullptr;
      return true;
    }
    if (!begin_word() || !take_word(command_line)) {
      return false;
    }
  }
}

}  // namespace tb
