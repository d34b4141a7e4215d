// What is left of the contract: words in and out, the machine's end, chance.
#include <cstring>

#include "arch/context.h"
#include "arch/contract_check.h"
#include "arch/fault.h"
#include "arch/machine.h"
#include "arch/random.h"
#include "arch/sim/machine.h"
#include "arch/system_call.h"
#include "arch_impl/new_context.h"
#include "base/format.h"

namespace tb::arch {

std::string_view command_line() { return sim::machine().config().command_line; }

std::span<const Module> modules() { return {}; }

void describe_machine(TextSink sink) {
  format_to(sink, "simulated, seed {}", sim::machine().config().seed);
}

void write_console(std::string_view text) { sim::machine().print(text); }

void write_trace(std::string_view) {}

void shutdown(int status) { sim::machine().end(status); }

void fill_random(std::span<std::byte> bytes) {
  sim::point();
  while (!bytes.empty()) {
    const std::uint64_t word = sim::machine().random_bytes().next();
    const std::size_t part = std::min(bytes.size(), sizeof(word));
    std::memcpy(bytes.data(), &word, part);
    bytes = bytes.subspan(part);
  }
}

void make_context(Context& context, std::span<std::byte> stack, ThreadEntry entry, void* argument,
                  std::uintptr_t thread_pointer) {
  x86::prepare_context(context, stack, entry, argument, thread_pointer);
}

void inherit_floating_point_control(Context& context) { x86::copy_floating_point_control(context); }

void set_thread_pointer(Context&, std::uintptr_t) {
  sim::fail("the simulator's threads have no thread pointer");
}

// Nothing of an interrupted thread is kept but what a function call keeps.
std::size_t minimum_stack_size() {
  constexpr std::size_t kSmallest = std::size_t{12} << 10;
  return kSmallest;
}

void keep_vector_state(void (*action)(void* argument), void* argument) { action(argument); }

void resume_system_call(const SystemCall&, std::uint64_t, std::byte*) {
  sim::fail("nobody makes system calls in the simulator");
}

Frame frame_at(std::uintptr_t frame_pointer) {
  if (frame_pointer == 0 || frame_pointer % sizeof(std::uintptr_t) != 0) {
    return {};
  }
  const auto* const words = reinterpret_cast<const std::uintptr_t*>(frame_pointer);
  return {.frame_pointer = words[0], .return_address = words[1]};
}

}  // namespace tb::arch
