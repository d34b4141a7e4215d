// Things that are values on their way through channels, or room for them; see kinds.h.
#pragma once

#include <array>
#include <string_view>

#include "base/assert.h"
#include "base/time.h"
#include "runtime/sync/select.h"

namespace tb::test {

// A value that is received, and sent again.
class ReceivedThing {
 public:
  static constexpr std::string_view kName = "a channel, to receive";
  static constexpr bool kIsShared = false;

  void give() { put_back(); }

  void take() { expects(channel_.receive() == kValue, "what was sent is received"); }
  bool try_take() { return channel_.try_receive() == kValue; }
  bool take_for(Duration duration) { return channel_.receive_for(duration) == kValue; }
  bool take_until(Time deadline) { return channel_.receive_until(deadline) == kValue; }
  bool take(const StopToken& token) { return channel_.receive(token) == kValue; }
  void put_back() { expects(channel_.send(kValue).has_value(), "there is room"); }

 private:
  static constexpr int kValue = 7;
  Channel<int> channel_{1};
};

// The room for a value.
class RoomThing {
 public:
  static constexpr std::string_view kName = "a channel, to send";
  static constexpr bool kIsShared = false;

  RoomThing() { take(); }
  void give() { put_back(); }

  void take() { expects(channel_.send(1).has_value(), "it is open"); }
  bool try_take() { return channel_.try_send(1).has_value(); }
  bool take_for(Duration duration) { return channel_.send_for(1, duration).has_value(); }
  bool take_until(Time deadline) { return channel_.send_until(1, deadline).has_value(); }
  bool take(const StopToken& token) { return channel_.send(1, token).has_value(); }
  void put_back() { expects(channel_.receive().has_value(), "it is full"); }

 private:
  Channel<int> channel_{1};
};

// In one array, for a select locks by address.
using TwoChannels = std::array<Channel<int>, 2>;

// What both kinds of selects are; each kind's with_both(select) says between which two cases.
class SelectedThing {
 public:
  static constexpr bool kIsShared = false;

  void take(this auto& self) {
    const auto either = [](auto& a, auto& b) { return select(a, b); };
    expects(self.with_both(either).has_value(), "it is open");
  }
  bool try_take(this auto& self) {
    return self.with_both([](auto& a, auto& b) { return try_select(a, b); }).has_value();
  }
  bool take_for(this auto& self, Duration duration) {
    return self.with_both([=](auto& a, auto& b) { return select_for(duration, a, b); }).has_value();
  }
  bool take_until(this auto& self, Time deadline) {
    const auto either = [=](auto& a, auto& b) { return select_until(deadline, a, b); };
    return self.with_both(either).has_value();
  }
  bool take(this auto& self, const StopToken& token) {
    return self.with_both([&](auto& a, auto& b) { return select(token, a, b); }).has_value();
  }
};

// A value that comes by one of two ways.
class SelectedValue : public SelectedThing {
 public:
  static constexpr std::string_view kName = "a select, to receive";

  void give() { expects(channels_[1].send(1).has_value(), "there is room"); }
  void put_back() { expects(channels_[0].send(1).has_value(), "there is room"); }

  template <class Select>
  Selected with_both(Select select) {
    auto a = receive_from(channels_[0], [](int) {});
    auto b = receive_from(channels_[1], [](int) {});
    return select(a, b);
  }

 private:
  TwoChannels channels_{Channel<int>(1), Channel<int>(1)};
};

// Room in one of two.
class SelectedRoom : public SelectedThing {
 public:
  static constexpr std::string_view kName = "a select, to send";

  SelectedRoom() {
    take();
    take();
  }
  void give() { expects(channels_[1].receive().has_value(), "it is full"); }
  void put_back() { expects(channels_[0].receive().has_value(), "it is full"); }

  template <class Select>
  Selected with_both(Select select) {
    auto a = send_to(channels_[0], kValue);
    auto b = send_to(channels_[1], kValue);
    return select(a, b);
  }

 private:
  static constexpr int kValue = 1;
  TwoChannels channels_{Channel<int>(1), Channel<int>(1)};
};

}  // namespace tb::test
