// Waiting at several channels, for whichever is the first.
//
//   tb::select(tb::receive_from(requests, [&](Request request) { ... }),
//              tb::send_to(results, std::move(result), [&] { ... }));
//
// Exactly one of the cases happens, then its function is called, if it has one. Where several could
// happen at once, chance decides: none is left behind for ever. A case whose channel is closed does
// not happen; once that holds for all of them, the result is kClosed. So this reads two channels
// to their ends:
//
//   while (tb::select(tb::receive_from(a, use), tb::receive_from(b, use))) {}
#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <expected>
#include <memory>
#include <span>
#include <type_traits>
#include <utility>

#include "base/time.h"
#include "runtime/deadline.h"
#include "runtime/sync/channel.h"
#include "runtime/sync/stop_token.h"

namespace tb {

// Which case has happened: its place among the arguments, the first is 0; or why none has.
using Selected = std::expected<std::size_t, ChannelError>;

namespace detail {

// Of one call at a time; lies on its stack.
struct SelectCase {
  SelectCase(ChannelCore& core, Wish wish, void* element) : channel(core), waiter(wish, element) {}
  SelectCase(const SelectCase&) = delete;
  SelectCase& operator=(const SelectCase&) = delete;

  ChannelCore& channel;
  ElementWaiter waiter;
};

template <class T, class Function>
class ReceiveCase : public SelectCase {
 public:
  ReceiveCase(ChannelCore& core, Function function)
      : SelectCase(core, Wish::kReceive, &place_), function_(std::move(function)) {}

  void happen() { function_(place_.take()); }

 private:
  ElementSlot<T> place_;
  Function function_;
};

template <class T, class Function>
class SendCase : public SelectCase {
 public:
  SendCase(ChannelCore& core, T& value, Function function)
      : SelectCase(core, Wish::kSend, std::addressof(value)), function_(std::move(function)) {}

  void happen() { function_(); }

 private:
  Function function_;
};

template <class T>
struct Copy {
  T value;
};

template <class T, class Function>
class SendCopyCase : private Copy<T>, public SendCase<T, Function> {
 public:
  SendCopyCase(ChannelCore& core, const T& value, Function function)
      : Copy<T>(value), SendCase<T, Function>(core, Copy<T>::value, std::move(function)) {}
};

struct Nothing {
  void operator()() const {}
};

template <class Case>
concept CaseOfSelect = std::derived_from<std::remove_cvref_t<Case>, SelectCase>;

// More would hold too many locks at a time.
inline constexpr std::size_t kMostCases = 16;

using SelectCases = std::span<SelectCase* const>;

Selected select_at_once(SelectCases cases);
Selected select_patiently(SelectCases cases, const Patience& patience);

template <class Select, class... Cases>
Selected select_among(Select select, Cases&... cases) {
  static_assert(sizeof...(Cases) >= 1 && sizeof...(Cases) <= kMostCases, "1 to 16 cases");
  const std::array<SelectCase*, sizeof...(Cases)> all{&cases...};
  const Selected selected = select(SelectCases(all));
  std::size_t index = 0;
  if (selected) {
    (void)((index++ == *selected ? (cases.happen(), true) : false) || ...);
  }
  return selected;
}

}  // namespace detail

// A case: a value of that channel is received, and `function(value)` called. The channel outlasts
// the call of select(), as all that is named in a case.
template <class T, class Function>
auto receive_from(Channel<T>& channel, Function function) {
  return detail::ReceiveCase<T, Function>(channel.core_, std::move(function));
}

// A case: the value is sent there, and `function()` called. If it does not happen, `value` has not
// been moved.
template <class T, class Function = detail::Nothing>
auto send_to(Channel<T>& channel, std::type_identity_t<T>&& value, Function function = {}) {
  return detail::SendCase<T, Function>(channel.core_, value, std::move(function));
}
template <class T, class Function = detail::Nothing>
auto send_to(Channel<T>& channel, const std::type_identity_t<T>& value, Function function = {}) {
  return detail::SendCopyCase<T, Function>(channel.core_, value, std::move(function));
}

// Waits until one of 1 to 16 cases happens. A channel may be named more than once, but not to send
// and to receive. Errors: kClosed. Blocks; from threads only, as all below that waits.
template <detail::CaseOfSelect... Cases>
Selected select(Cases&&... cases) {
  const auto select_patiently = [](detail::SelectCases all) {
    return detail::select_patiently(all, {});
  };
  return detail::select_among(select_patiently, cases...);
}

// The case that can happen at once. Does not block. Errors: kClosed, kNotNow.
template <detail::CaseOfSelect... Cases>
Selected try_select(Cases&&... cases) {
  return detail::select_among(&detail::select_at_once, cases...);
}

// Waits for at least so long, or until then. Errors: kClosed, kTimedOut.
template <detail::CaseOfSelect... Cases>
Selected select_until(Deadline deadline, Cases&&... cases) {
  const auto select_then = [deadline](detail::SelectCases all) {
    return detail::select_patiently(all, {.deadline = deadline});
  };
  return detail::select_among(select_then, cases...);
}
template <detail::CaseOfSelect... Cases>
Selected select_for(Duration duration, Cases&&... cases) {
  return select_until(detail::deadline_after(duration), cases...);
}

// Until a stop is requested. Errors: kClosed, kStopped.
template <StoppableToken Token, detail::CaseOfSelect... Cases>
Selected select(const Token& token, Cases&&... cases) {
  const auto select_then = [&token](detail::SelectCases all) {
    return detail::wait_with(token, [all](const detail::Patience& patience) {
      return detail::select_patiently(all, patience);
    });
  };
  return detail::select_among(select_then, cases...);
}

}  // namespace tb
