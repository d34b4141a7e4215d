// What an application is given and what it gives back: arguments, modules, constructors, static
// variables, whole lines on the console, destructors, exit status.
#include <array>
#include <atomic>
#include <charconv>
#include <string_view>

#include "runtime/console.h"
#include "runtime/modules.h"
#include "runtime/thread.h"

namespace {

class Announcer {
 public:
  explicit Announcer(std::string_view name) : name_(name) { tb::println("{} is made", name_); }
  ~Announcer() { tb::println("{} is destroyed", name_); }

 private:
  std::string_view name_;
};

Announcer first("the first");
Announcer second("the second");

std::atomic<int> made_once = 0;

int make_once() {
  ++made_once;
  tb::this_thread::yield();
  return 1;
}

int use_static_variable() {
  static const int kValue = make_once();
  return kValue;
}

// All CPUs print at once; the host checks that no line is torn.
void print_lines() {
  std::array<tb::Thread, 16> threads;
  for (std::size_t i = 0; i < threads.size(); ++i) {
    threads[i] = std::move(*tb::spawn([i] {
      for (int line = 0; line < 50; ++line) {
        static_cast<void>(use_static_variable());
        tb::println("line {:>3} of {:>2}: the quick brown fox jumps over the lazy dog.", line, i);
      }
    }));
  }
}

}  // namespace

int main(int argc, char** argv) {
  for (int i = 0; i < argc; ++i) {
    tb::println("argument {}: <{}>", i, argv[i]);
  }
  tb::println("ends with a null pointer: {}", argv[argc] == nullptr);
  for (std::size_t i = 0; i < tb::module_count(); ++i) {
    const tb::Module module = tb::module_at(i);
    std::uint64_t sum = 0;
    for (const std::byte byte : module.bytes) {
      sum += static_cast<std::uint64_t>(byte);
    }
    tb::println("module {}: {} bytes, sum {}", module.name, module.bytes.size(), sum);
  }
  print_lines();
  tb::println("static variables made: {}", made_once.load());
  int status = 0;
  const std::string_view wanted = argc > 1 ? argv[1] : "0";
  std::from_chars(wanted.data(), wanted.data() + wanted.size(), status);
  return status;
}
