// Contract: how the machine was started, where its words go, and how it ends.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "base/text_sink.h"

namespace tb::arch {

// The arguments as the boot loader gave them, the image's own name left out; constant after start.
std::string_view command_line();

struct Module {
  std::string_view name;
  std::span<const std::byte> bytes;
};
std::span<const Module> modules();

// A few words about the machine for the banner: processor, clock and what was chosen by CPUID.
void describe_machine(TextSink sink);

// To the person in front: the serial line, and the screen where there is one. Not serialised.
void write_console(std::string_view text);

// To the tool that watches the machine: port 0xE9, which QEMU writes to a file.
void write_trace(std::string_view text);

// Ends the machine with the status, 0 to 255. Where nobody can be told, it halts.
[[noreturn]] void shutdown(int status);

}  // namespace tb::arch
