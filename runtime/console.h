// Words to the person in front: the serial line, and the screen where there is one.
#pragma once

#include <utility>

#include "base/format.h"

namespace tb {

namespace detail {

// Keeps other CPUs' words out of this one's line.
class ConsoleLine {
 public:
  ConsoleLine();
  ~ConsoleLine();
  ConsoleLine(const ConsoleLine&) = delete;
  ConsoleLine& operator=(const ConsoleLine&) = delete;

  TextSink sink() const;
};

}  // namespace detail

// Prints the formatted text in one piece: lines of several threads do not mix. Blocks while another
// thread prints; under a PreemptionGuard it waits without sleeping. From threads.
template <class... Arguments>
void print(FormatString<std::type_identity_t<Arguments>...> format, const Arguments&... arguments) {
  const detail::ConsoleLine line;
  format_to(line.sink(), format, arguments...);
}

// The same, and ends the line.
template <class... Arguments>
void println(FormatString<std::type_identity_t<Arguments>...> format,
             const Arguments&... arguments) {
  const detail::ConsoleLine line;
  format_to(line.sink(), format, arguments...);
  line.sink()("\n");
}

}  // namespace tb
