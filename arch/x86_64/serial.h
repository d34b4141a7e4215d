// The first serial port of a PC, polled.
#pragma once

#include <string_view>

namespace tb::arch::x86 {

// 115,200 baud, eight bits, no parity.
void start_serial();

// Line feeds get their carriage return. Waits while the port's queue is full; a machine without the
// port loses the text and no time.
void write_serial(std::string_view text);

// Waits until the last byte has left; before the machine is switched off.
void finish_serial();

}  // namespace tb::arch::x86
