// A piece of text of its own: names, and the targets of symbolic links.
#pragma once

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

#include "runtime/files/storage.h"

namespace tb::files {

class Text {
 public:
  // Empty when memory is short.
  static std::optional<Text> copy_of(std::string_view text, Storage& storage) {
    auto* const characters = static_cast<char*>(storage.allocate(text.size()));
    if (characters == nullptr) {
      return std::nullopt;
    }
    std::ranges::copy(text, characters);
    return Text(storage, {characters, text.size()});
  }

  Text(Text&& other) noexcept
      : storage_(other.storage_), text_(std::exchange(other.text_, std::string_view())) {}
  Text& operator=(Text&&) = delete;
  ~Text() {
    if (text_.data() != nullptr) {
      storage_.release(const_cast<char*>(text_.data()), text_.size());
    }
  }

  std::string_view view() const { return text_; }

 private:
  Text(Storage& storage, std::string_view text) : storage_(storage), text_(text) {}

  Storage& storage_;
  std::string_view text_;
};

}  // namespace tb::files
