// Starting the machine, once the process stands.
#pragma once

#include <cstdint>
#include <span>

namespace tb::arch::hosted {

// Reads the words behind the program's own name, and finds processors and memory. `capabilities` is
// AT_HWCAP2 of the process. Ends the process if the words ask for what cannot be.
void prepare_machine(std::span<const char* const> words, std::uint64_t capabilities);

// Makes the calling thread of the host the first CPU, whose stack it keeps.
[[noreturn]] void run_first_cpu();

}  // namespace tb::arch::hosted
