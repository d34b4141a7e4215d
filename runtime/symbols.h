// Names for addresses, from the table that the build puts into the image.
#pragma once

#include <cstdint>
#include <string_view>

namespace tb {

struct Symbol {
  std::string_view name;  // demangled; empty if the address is in no function
  std::uintptr_t offset;  // of the address in it
};

Symbol symbol_at(std::uintptr_t address);

// Whether it is in the code of the application's own sources, and neither the runtime's nor a
// library's. False everywhere in a sanitized program and in the simulator.
bool is_in_application(std::uintptr_t address);

// Whether it is in any other code.
bool is_in_other_code(std::uintptr_t address);

}  // namespace tb
