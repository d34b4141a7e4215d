// Exit handlers hang on the details of their thread, which alone touches them.
#include "runtime/control/at_exit.h"

#include <utility>

#include "runtime/dispatch.h"
#include "runtime/thread_table.h"

namespace tb::detail {

std::expected<void, Error> prepare_exit_handlers() {
  const auto details = thread_table().details_of(current_thread());
  return details ? std::expected<void, Error>() : std::unexpected(details.error());
}

void add_exit_handler(ExitHandler& handler) {
  handler.before = std::exchange(current_thread().find_details()->exit_handlers, &handler);
}

}  // namespace tb::detail
