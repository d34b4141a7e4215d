// The name of one thread for ever: its record's number, and how often that has been used before.
#pragma once

#include <cstdint>

#include "base/format.h"

namespace tb {

struct ThreadId {
  std::uint32_t index = 0xffffffff;  // of its record
  std::uint32_t generation = 0;

  bool operator==(const ThreadId&) const = default;
};

inline void append_text(TextSink sink, const ThreadId& id) {
  format_to(sink, "{}.{}", id.index, id.generation);
}

}  // namespace tb
