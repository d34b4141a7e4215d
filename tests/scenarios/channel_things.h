// Things that are values on their way through channels, or room for them; see kinds.h.
#pragma once

#include <array>
#include <string_view>
#include <utility>

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

// A value that comes by one of two ways.
class SelectedThing {
 public:
  static constexpr std::string_view kName = "a select, to receive";
  static constexpr bool kIsShared = false;

  void give() { expects(channels_[1].send(1).has_value(), "there is room"); }

  void take() {
    expects(with_both([](auto& a, auto& b) { return select(a, b); }).has_value(), "it is open");
  }
  bool try_take() {
    return with_both([](auto& a, auto& b) { return try_select(a, b); }).has_value();
  }
  bool take_for(Duration duration) {
    return with_both([=](auto& a, auto& b) { return select_for(duration, a, b); }).has_value();
  }
  bool take_until(Time deadline) {
    return with_both([=](auto& a, auto& b) { return select_until(deadline, a, b); }).has_value();
  }
  bool take(const StopToken& token) {
    return with_both([&](auto& a, auto& b) { return select(token, a, b); }).has_value();
  }
  void put_back() { expects(channels_[0].send(1).has_value(), "there is room"); }

 private:
  template <class Select>
  Selected with_both(Select select) {
    auto a = receive_from(channels_[0], [](int) {});
    auto b = receive_from(channels_[1], [](int) {});
    return select(a, b);
  }

  TwoChannels channels_{Channel<int>(1), Channel<int>(1)};
};

// Room in one of two.
class SelectedRoom {
 public:
  static constexpr std::string_view kName = "a select, to send";
  static constexpr bool kIsShared = false;

  SelectedRoom() {
    take();
    take();
  }
  void give() { expects(channels_[1].receive().has_value(), "it is full"); }

  void take() {
    expects(with_both([](auto& a, auto& b) { return select(a, b); }).has_value(), "it is open");
  }
  bool try_take() {
    return with_both([](auto& a, auto& b) { return try_select(a, b); }).has_value();
  }
  bool take_for(Duration duration) {
    return with_both([=](auto& a, auto& b) { return select_for(duration, a, b); }).has_value();
  }
  bool take_until(Time deadline) {
    return with_both([=](auto& a, auto& b) { return select_until(deadline, a, b); }).has_value();
  }
  bool take(const StopToken& token) {
    return with_both([&](auto& a, auto& b) { return select(token, a, b); }).has_value();
  }
  void put_back() { expects(channels_[0].receive().has_value(), "it is full"); }

 private:
  template <class Select>
  Selected with_both(Select select) {
    int value = 1;
    auto a = send_to(channels_[0], std::move(value));
    auto b = send_to(channels_[1], std::move(value));
    return select(a, b);
  }

  TwoChannels channels_{Channel<int>(1), Channel<int>(1)};
};

}  // namespace tb::test
