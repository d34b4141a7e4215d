// The lines of a backtrace are those of runtime/panic.cc: "  #1  0000000000236873".
#include "tests/simulator/backtrace.h"

#include <signal.h>
#include <sys/ucontext.h>
#include <unistd.h>

#include <array>
#include <cinttypes>
#include <cstdio>
#include <cstring>
#include <sstream>
#include <string_view>
#include <vector>

#include "arch/fault.h"
#include "arch/sim/simulator.h"

namespace tb::simulator {
namespace {

// Empty if the line is none of a backtrace.
std::string address_in(const std::string& line) {
  constexpr std::size_t kDigits = 16;
  constexpr std::size_t kAddressAt = 6;
  if (!line.starts_with("  #") || line.size() != kAddressAt + kDigits) {
    return {};
  }
  return line.substr(kAddressAt);
}

// One line for each address; fewer if there is no such tool.
std::vector<std::string> names_of(const std::string& addresses) {
  const std::string command = "/usr/lib/llvm-19/bin/llvm-symbolizer --output-style=GNU -s -f -p" +
                              (" --no-inlines --obj=/proc/" + std::to_string(getpid())) + "/exe" +
                              addresses + " 2>/dev/null";
  std::vector<std::string> names;
  std::FILE* const pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) {
    return names;
  }
  std::array<char, 1000> line;
  while (std::fgets(line.data(), line.size(), pipe) != nullptr) {
    std::string name = line.data();
    while (name.ends_with('\n')) {
      name.pop_back();
    }
    names.push_back(name);
  }
  pclose(pipe);
  return names;
}

void on_signal(int number, siginfo_t* info, void* context) {
  const auto& registers = static_cast<ucontext_t*>(context)->uc_mcontext.gregs;
  std::fprintf(stderr, "%s at address %p\n  #0  %016llx\n", strsignal(number), info->si_addr,
               registers[REG_RIP]);
  auto frame_pointer = static_cast<std::uintptr_t>(registers[REG_RBP]);
  constexpr int kMostFrames = 30;
  for (int depth = 1; depth < kMostFrames; ++depth) {
    const arch::Frame frame = arch::frame_at(frame_pointer);
    if (frame.return_address == 0 || frame.frame_pointer <= frame_pointer) {
      break;
    }
    std::fprintf(stderr, "  #%-2d %016" PRIxPTR "\n", depth, frame.return_address - 1);
    frame_pointer = frame.frame_pointer;
  }
  arch::sim::fail("the process has faulted");
}

}  // namespace

std::string with_names(const std::string& text) {
  std::istringstream lines(text);
  std::string addresses;
  for (std::string line; std::getline(lines, line);) {
    if (const std::string address = address_in(line); !address.empty()) {
      addresses += " 0x" + address;
    }
  }
  if (addresses.empty()) {
    return text;
  }
  const std::vector<std::string> names = names_of(addresses);
  std::string named;
  std::size_t next = 0;
  std::istringstream again(text);
  for (std::string line; std::getline(again, line);) {
    named += line;
    if (!address_in(line).empty() && next < names.size()) {
      named += ' ' + names[next++];
    }
    named += '\n';
  }
  return named;
}

void report_faults() {
  static std::array<char, 65536> stack;
  const stack_t alternate{.ss_sp = stack.data(), .ss_flags = 0, .ss_size = stack.size()};
  sigaltstack(&alternate, nullptr);
  struct sigaction action{};
  action.sa_sigaction = on_signal;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESETHAND;
  for (const int number : {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT}) {
    sigaction(number, &action, nullptr);
  }
}

}  // namespace tb::simulator
