// Contract: what the machine tells about an instruction that could not be executed.
#pragma once

#include <cstdint>
#include <span>

namespace tb::arch {

struct Register {
  const char* name;
  std::uint64_t value;
};

enum class FaultKind : std::uint8_t { kPage, kOther };
enum class FaultAccess : std::uint8_t { kRead, kWrite, kExecute };

struct Fault {
  FaultKind kind;
  const char* what;        // in words, such as "divide error"
  FaultAccess access;      // of a page fault
  std::uintptr_t address;  // of a page fault: what was touched
  std::uintptr_t instruction;
  std::uintptr_t frame_pointer;
  std::span<const Register> registers;
};

// One step up the chain of frame pointers: the caller's frame pointer and the address in it.
struct Frame {
  std::uintptr_t frame_pointer;
  std::uintptr_t return_address;
};

// The frame that `frame_pointer` belongs to; all zero if there is none there that can be read.
Frame frame_at(std::uintptr_t frame_pointer);

// The frame pointer of the caller.
inline std::uintptr_t frame_pointer() {
  return reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0));
}

}  // namespace tb::arch
