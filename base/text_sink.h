// Where formatted text goes: a console, a trace, a buffer. Two words instead of a virtual class, so
// that it is passed in registers and a sink needs no object of its own.
#pragma once

#include <string_view>

namespace tb {

struct TextSink {
  void (*write)(void* context, std::string_view text);
  void* context;

  // Hands over the next piece of the text; a piece is never kept after the call.
  void operator()(std::string_view text) const { write(context, text); }
};

}  // namespace tb
