// The files that were loaded along with the image.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace tb {

struct Module {
  std::string_view name;             // the file's own, without its folders
  std::span<const std::byte> bytes;  // never change

  std::string_view text() const {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }
};

std::size_t module_count();

// `index` is below module_count().
Module module_at(std::size_t index);

}  // namespace tb
