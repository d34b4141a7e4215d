// Calling main() as a C++ program expects to be called.
#include "runtime/application.h"

#include <span>
#include <string_view>

#include "arch/clock.h"
#include "runtime/arguments.h"
#include "runtime/dispatch.h"
#include "runtime/options.h"
#include "runtime/panic.h"
#include "runtime/program.h"
#include "runtime/ticks.h"

namespace tb {
namespace {

constinit Arguments arguments;
constinit std::uint64_t ticks_to_main = 0;             // constant once main() has begun
constinit const ThreadRecord* first_thread = nullptr;  // likewise; its record is never another's

}  // namespace

std::uint64_t ticks() { return arch::ticks(); }

std::uint64_t boot_ticks() { return ticks_to_main; }

void note_main_begins() { ticks_to_main = arch::ticks() - arch::ticks_at_entry(); }

ThreadId main_thread() { return first_thread->id(); }

void run_application() {
  first_thread = &current_thread();
  if (!arguments.split(tb_application_name, application_arguments())) {
    panic("more than 1023 arguments, or a quotation mark that is never closed");
  }
  run_program(arguments.count(), arguments.values());
}

}  // namespace tb
