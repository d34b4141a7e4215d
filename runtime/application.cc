// Calling main() as a C++ program expects to be called.
#include "runtime/application.h"

#include <span>
#include <string_view>

#include "arch/clock.h"
#include "runtime/arguments.h"
#include "runtime/options.h"
#include "runtime/panic.h"
#include "runtime/program.h"
#include "runtime/ticks.h"

extern "C" int main(int argc, char** argv);
extern "C" void (*__init_array_begin[])();
extern "C" void (*__init_array_end[])();

namespace tb {
namespace {

constinit Arguments arguments;
constinit std::uint64_t ticks_to_main = 0;  // constant after start

}  // namespace

std::uint64_t ticks() { return arch::ticks(); }

std::uint64_t boot_ticks() { return ticks_to_main; }

void run_application() {
  if (!arguments.split(tb_application_name, application_arguments())) {
    panic("more than 1023 arguments, or a quotation mark that is never closed");
  }
  for (void (**constructor)() = __init_array_begin; constructor != __init_array_end;
       ++constructor) {
    (*constructor)();
  }
  ticks_to_main = arch::ticks() - arch::ticks_at_entry();
  const int status = main(arguments.count(), arguments.values());
  exit_program(status);
}

}  // namespace tb
