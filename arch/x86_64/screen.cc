// Characters and colours in the memory of the VGA's text mode.
#include "arch/x86_64/screen.h"

#include <cstddef>
#include <cstdint>

#include "arch/x86_64/boot_options.h"
#include "arch/x86_64/cpu_features.h"
#include "arch/x86_64/registers.h"

namespace tb::arch::x86 {
namespace {

constexpr std::size_t kColumns = 80;
constexpr std::size_t kRows = 25;
constexpr std::uint16_t kGreyOnBlack = 0x0700;
constexpr std::uint16_t kCursorIndex = 0x3d4;
constexpr std::uint16_t kCursorData = 0x3d5;

bool on = false;         // constant after start
std::size_t row = 0;     // whoever writes to the console; writers are serialised above
std::size_t column = 0;  // likewise

volatile std::uint16_t* cell(std::size_t at_row, std::size_t at_column) {
  constexpr std::uintptr_t kMemory = 0xb8000;
  return reinterpret_cast<volatile std::uint16_t*>(kMemory) + at_row * kColumns + at_column;
}

void clear_row(std::size_t cleared) {
  for (std::size_t i = 0; i < kColumns; ++i) {
    *cell(cleared, i) = kGreyOnBlack | ' ';
  }
}

void next_row() {
  column = 0;
  if (row + 1 < kRows) {
    ++row;
    return;
  }
  for (std::size_t to = 0; to + 1 < kRows; ++to) {
    for (std::size_t i = 0; i < kColumns; ++i) {
      *cell(to, i) = *cell(to + 1, i);
    }
  }
  clear_row(kRows - 1);
}

void write_byte(char byte) {
  if (byte == '\n') {
    next_row();
    return;
  }
  if (column == kColumns) {
    next_row();
  }
  *cell(row, column) = static_cast<std::uint16_t>(kGreyOnBlack | static_cast<std::uint8_t>(byte));
  ++column;
}

void move_cursor() {
  const std::size_t place = row * kColumns + column;
  out8(kCursorIndex, 0x0f);
  out8(kCursorData, static_cast<std::uint8_t>(place));
  out8(kCursorIndex, 0x0e);
  out8(kCursorData, static_cast<std::uint8_t>(place >> 8));
}

}  // namespace

void start_screen() {
  const ScreenChoice choice = boot_options().screen;
  on = choice == ScreenChoice::kOn ||
       (choice == ScreenChoice::kAutomatic && !cpu_features().hypervisor);
  if (on) {
    for (std::size_t i = 0; i < kRows; ++i) {
      clear_row(i);
    }
  }
}

void write_screen(std::string_view text) {
  if (!on) {
    return;
  }
  for (const char byte : text) {
    write_byte(byte);
  }
  move_cursor();
}

}  // namespace tb::arch::x86
