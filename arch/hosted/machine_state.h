// What start.cc leaves behind for the contract's machine.h.
#pragma once

#include <cstddef>
#include <string_view>

namespace tb::arch::hosted {

void set_command_line(std::string_view command_line);

// Maps a file of the host for the application to read. False if it cannot be read.
bool add_module(const char* path);

// What the host is, such as "Linux 6.1".
void find_host_name();

// How much memory the machine has; once. False if the host does not give so many addresses.
bool make_memory(std::size_t size);

// A part of what the host has, in bytes.
std::size_t memory_to_spare();

}  // namespace tb::arch::hosted
