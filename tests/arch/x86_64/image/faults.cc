// Does what its argument says, none of which a machine survives. What the report has to show stands
// in BUILD.bazel.
#include <chrono>
#include <cstdint>
#include <string_view>

#include "base/assert.h"
#include "runtime/console.h"
#include "runtime/panic.h"
#include "runtime/preemption.h"
#include "runtime/thread.h"

namespace {

struct Loud {};

// Prints while it is printed, which nobody may.
void append_text(tb::TextSink, const Loud&) { tb::println("inside"); }

volatile int zero = 0;

[[gnu::noinline]] int dig_deeper(int depth) {
  volatile char room[512];
  room[0] = static_cast<char>(depth);
  return zero == 0 ? dig_deeper(depth + 1) + room[0] : 0;
}

[[gnu::noinline]] void write_through(std::uintptr_t address) {
  *reinterpret_cast<volatile int*>(address) = 1;
}

void fault(std::string_view kind) {
  if (kind == "overflow") {
    tb::println("{}", dig_deeper(0));
  } else if (kind == "null") {
    write_through(8);
  } else if (kind == "text") {
    write_through(0x100000);
  } else if (kind == "divide") {
    asm volatile("xorl %%ecx, %%ecx; idivl %%ecx" : : : "eax", "ecx", "edx");
  } else if (kind == "instruction") {
    asm volatile("ud2");
  } else if (kind == "execute") {
    static char data[16] = {'\xc3'};
    reinterpret_cast<void (*)()>(data)();
  } else if (kind == "stack") {
    volatile unsigned char code[16] = {0xc3};
    reinterpret_cast<void (*)()>(reinterpret_cast<std::uintptr_t>(&code[0]))();
    code[0] = 0;
  } else if (kind == "yield") {
    const tb::PreemptionGuard guard;
    tb::this_thread::yield();
  } else if (kind == "print") {
    tb::println("{}", Loud());
  } else if (kind == "assertion") {
    tb::expects(zero != 0, "zero is not zero");
  } else if (kind == "panic") {
    tb::this_thread::sleep_for(std::chrono::milliseconds(20));
    tb::panic("as the test wants it");
  } else if (kind == "block") {
    const tb::PreemptionGuard guard;
    tb::this_thread::park();
  } else if (kind == "memory") {
    for (std::size_t size = 1 << 20;; size *= 2) {
      *static_cast<volatile char*>(new char[size]) = 1;
    }
  } else if (kind == "hang") {
    for (;;) {
      tb::this_thread::yield();
    }
  }
}

// Prints on all other CPUs, to show that a panic stops them.
void print_without_end() {
  for (;;) {
    tb::println("tick on CPU {}", index_of(tb::this_thread::cpu()));
  }
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view kind = argc == 2 ? argv[1] : "";
  for (std::uint32_t i = 2; kind == "panic" && i < tb::cpu_count(); ++i) {
    auto printer =
        tb::spawn(print_without_end, tb::SpawnOptions{.affinity = tb::CpuSet::only(tb::CpuId{i})});
    static_cast<void>(printer->detach());
  }
  auto thread = tb::spawn(
      fault, kind, tb::SpawnOptions{.name = "culprit", .affinity = tb::CpuSet::only(tb::CpuId{1})});
  static_cast<void>(thread->join());
  tb::println("the machine survived \"{}\"", kind);
  return 0;
}
