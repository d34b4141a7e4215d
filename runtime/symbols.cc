// Looking up the table of tools/symbol_table.py.
#include "runtime/symbols.h"

#include <algorithm>
#include <span>

// Addresses in rising order; after them, as many offsets of names from the table's beginning.
struct SymbolTable {
  std::uint32_t count;
  std::uint32_t words[];
};

// Absent in the first of the image's two links, from which the table is made.
extern "C" [[gnu::weak]] const SymbolTable tb_symbol_table;

// From link.ld.
extern "C" [[gnu::weak]] const char tb_application_begin[];
extern "C" [[gnu::weak]] const char tb_application_end[];

namespace tb {

Symbol symbol_at(std::uintptr_t address) {
  if (&tb_symbol_table == nullptr) {
    return {{}, 0};
  }
  const std::span<const std::uint32_t> addresses(tb_symbol_table.words, tb_symbol_table.count);
  const auto after = std::upper_bound(addresses.begin(), addresses.end(), address);
  if (after == addresses.begin() || after == addresses.end()) {
    return {{}, 0};  // the last entry marks the end of the code
  }
  const auto index = static_cast<std::size_t>(after - addresses.begin()) - 1;
  const std::uint32_t offset = tb_symbol_table.words[tb_symbol_table.count + index];
  return {reinterpret_cast<const char*>(&tb_symbol_table) + offset, address - addresses[index]};
}

bool is_in_application(std::uintptr_t address) {
  return address >= reinterpret_cast<std::uintptr_t>(tb_application_begin) &&
         address < reinterpret_cast<std::uintptr_t>(tb_application_end);
}

bool is_in_other_code(std::uintptr_t address) {
  return !is_in_application(address) && !symbol_at(address).name.empty();
}

}  // namespace tb
