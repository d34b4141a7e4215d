// Functions that a thread wants called before it ends.
//
//   tb::this_thread::at_exit([&file] { file.close(); });
#pragma once

#include <concepts>
#include <cstddef>
#include <expected>
#include <new>
#include <type_traits>
#include <utility>

#include "runtime/error.h"
#include "runtime/exit_handler.h"
#include "runtime/memory/no_memory.h"
#include "runtime/no_termination.h"

namespace tb {

namespace detail {

template <class Function>
struct ExitCall : ExitHandler {
  template <class Argument>
  explicit ExitCall(Argument&& argument)
      : ExitHandler{.call_and_free =
                        [](ExitHandler& self) {
                          auto* const call = static_cast<ExitCall*>(&self);
                          std::move(call->function)();
                          delete call;
                        }},
        function(std::forward<Argument>(argument)) {}

  Function function;
};

// Errors: OutOfMemory.
std::expected<void, Error> prepare_exit_handlers();

// After prepare_exit_handlers().
void add_exit_handler(ExitHandler& handler);

}  // namespace detail

namespace this_thread {

// Calls function() when the caller has returned from its own function, or is ended by force, before
// its joiner is told: on the thread itself, the last registered first. A function may register
// others. The caller's thread_local variables are destroyed already, but for the first thread,
// whose functions are called when main() has returned. They do not throw. Does not block; from
// threads only. Errors: OutOfMemory; then nothing is registered.
template <class Function>
  requires std::invocable<std::decay_t<Function>>
std::expected<void, Error> at_exit(Function&& function) {
  using Call = detail::ExitCall<std::decay_t<Function>>;
  const NoTermination stays;
  if (const auto prepared = detail::prepare_exit_handlers(); !prepared) {
    return prepared;
  }
  auto* const call = new (std::nothrow) Call(std::forward<Function>(function));
  if (call == nullptr) {
    return std::unexpected(detail::no_memory_for(sizeof(Call)));
  }
  detail::add_exit_handler(*call);
  return {};
}

}  // namespace this_thread

}  // namespace tb
