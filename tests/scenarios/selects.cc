// Waiting at several channels among threads of all CPUs.
#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <expected>
#include <memory>

#include "runtime/sync/select.h"
#include "tests/scenarios/crowd.h"
#include "tests/scenarios/synchronisation.h"

namespace tb::test {

using namespace std::chrono_literals;

namespace {

using Value = std::unique_ptr<std::uint32_t>;

// Channels with and without room, and what came out of them.
class Exchange {
 public:
  explicit Exchange(Suite& suite) : suite_(suite) {}

  // Sends the values 1 to `count`, each wherever there is room first.
  void send_all(std::uint32_t count, Random random) {
    for (std::uint32_t n = 1; n <= count; ++n) {
      seen_.note();
      send(std::make_unique<std::uint32_t>(n), random);
    }
  }

  // By selects that wait and others, until all channels are closed.
  void receive_all(Random random) {
    const auto take = [this](Value value) {
      sum_ += *value;
      ++count_;
    };
    for (;;) {
      seen_.note();
      if (random.below(3) == 0) {
        if (!try_select(receive_from(any(random), take), receive_from(some_, take))) {
          this_thread::sleep_for(5us);
        }
        continue;
      }
      const Selected selected =
          select(receive_from(none_, take), receive_from(one_, take), receive_from(some_, take));
      if (!selected) {
        suite_.check(selected.error() == ChannelError::kClosed, "it ends by being closed");
        return;
      }
    }
  }

  void close() {
    none_.close();
    one_.close();
    some_.close();
  }

  std::uint64_t sum() const { return sum_; }
  std::uint32_t count() const { return count_; }
  std::uint32_t cpus() const { return seen_.count(); }

 private:
  Channel<Value>& any(Random& random) {
    const std::array<Channel<Value>*, 3> all{&none_, &one_, &some_};
    return *all[random.below(3)];
  }

  void send(Value value, Random& random) {
    Channel<Value>& a = any(random);
    Channel<Value>& b = any(random);
    int sent = 0;
    if (random.below(4) == 0) {
      sent += a.send(std::move(value)) ? 1 : 0;
    }
    const auto count = [&sent] { ++sent; };
    while (sent == 0) {
      const Selected selected =
          select_for(std::chrono::microseconds(random.below(30)),
                     send_to(a, std::move(value), count), send_to(b, std::move(value), count));
      suite_.check(selected.has_value() == (sent == 1), "who has sent is told so");
      suite_.check(selected.has_value() || value != nullptr, "what is not sent stays");
    }
    suite_.equal(sent, 1, "times that a value was sent");
  }

  Suite& suite_;
  Channel<Value> none_{0};
  Channel<Value> one_{1};
  Channel<Value> some_{4};
  std::atomic<std::uint64_t> sum_ = 0;
  std::atomic<std::uint32_t> count_ = 0;
  CpusSeen seen_;
};

}  // namespace

// From many to many, by selects of all forms and without: each value comes once.
void selects(Suite& suite) {
  constexpr std::uint32_t kEach = 60;
  Exchange exchange(suite);
  Crowd sending(suite);
  Crowd receiving(suite);
  for (std::uint32_t i = 0; i < crowd_size(); ++i) {
    sending.spawn([&, i] { exchange.send_all(kEach, Random(i)); }, there(i));
    receiving.spawn([&, i] { exchange.receive_all(Random(i)); }, there(i + 1));
  }
  sending.join();
  exchange.close();
  receiving.join();
  suite.equal(exchange.count(), crowd_size() * kEach, "values received");
  suite.equal(exchange.sum(), std::uint64_t{crowd_size()} * kEach * (kEach + 1) / 2, "their sum");
  suite.check(exchange.cpus() == most_cpus(), "the CPUs took part");
}

// Each sends what another one receives, and receives what that sends, both by one select.
void meeting_selects(Suite& suite) {
  constexpr int kRounds = 100;
  // As everywhere here in one array: a select locks by address, and which of two variables is the
  // lower one is the compiler's to say.
  std::array<Channel<int>, 2> channels{Channel<int>(0), Channel<int>(0)};
  auto& [there_channel, back_channel] = channels;
  std::atomic<int> sent = 0;
  std::atomic<int> received = 0;
  const auto play = [&](Channel<int>& out, Channel<int>& in) {
    for (int round = 0; round < kRounds; ++round) {
      static_cast<void>(select_for(20us, send_to(out, round, [&] { ++sent; }),
                                   receive_from(in, [&](int) { ++received; })));
    }
  };
  Crowd crowd(suite);
  for (std::uint32_t i = 0; i < crowd_size(); ++i) {
    crowd.spawn([&] { play(there_channel, back_channel); }, there(i));
    crowd.spawn([&] { play(back_channel, there_channel); }, there(i + 1));
  }
  crowd.join();
  suite.equal(sent.load(), received.load(), "values sent and received");
  suite.check(sent > 0, "some have met");
}

// Every way in which nothing happens, and that a channel which is closed does not end the others.
void ends_of_selects(Suite& suite) {
  std::array<Channel<int>, 2> channels{Channel<int>(1), Channel<int>(0)};
  auto& [a, b] = channels;
  int got = 0;
  const auto take = [&got](int value) { got = value; };
  suite.check(try_select(receive_from(a, take), receive_from(b, take)) ==
                  std::unexpected(ChannelError::kNotNow),
              "there is nothing to receive");
  suite.check(select_for(10us, receive_from(a, take), receive_from(b, take)) ==
                  std::unexpected(ChannelError::kTimedOut),
              "not later either");
  suite.check(try_select(receive_from(b, take), send_to(a, 7)) == Selected(1), "there is room");
  suite.check(try_select(receive_from(b, take), receive_from(a, take)) == Selected(1) && got == 7,
              "what was sent is received");
  StopSource source;
  Crowd crowd(suite);
  std::atomic<std::uint32_t> stopped = 0;
  std::atomic<std::uint32_t> told = 0;
  for (std::uint32_t i = 0; i < 3 * crowd_size(); ++i) {
    crowd.spawn([&] {
      stopped += select(source.get_token(), receive_from(a, [](int) {}),
                        receive_from(b, [](int) {})) == std::unexpected(ChannelError::kStopped)
                     ? 1
                     : 0;
    });
  }
  this_thread::sleep_for(50us);
  source.request_stop();
  crowd.join();
  suite.equal(stopped.load(), 3 * crowd_size(), "threads that were stopped");
  std::atomic<int> sum = 0;
  for (std::uint32_t i = 0; i < 3 * crowd_size(); ++i) {
    crowd.spawn([&] {
      const auto add = [&sum](int value) { sum += value; };
      const Selected selected = select(receive_from(a, add), receive_from(b, add));
      told += selected == std::unexpected(ChannelError::kClosed) ? 1 : 0;
    });
  }
  this_thread::sleep_for(50us);
  a.close();
  suite.check(b.send(5).has_value(), "who waits at a closed channel waits at the other one, too");
  b.close();
  crowd.join();
  suite.equal(sum.load(), 5, "what one of them received");
  suite.equal(told.load(), 3 * crowd_size() - 1, "threads that were told of the end");
}

// Of three cases that can always happen, each does in about a third of all turns.
void fair_selects(Suite& suite) {
  constexpr std::uint32_t kTurns = 600;
  std::array<Channel<int>, 3> full{Channel<int>(1), Channel<int>(1), Channel<int>(1)};
  std::array<std::uint32_t, 3> turns{};
  for (std::uint32_t turn = 0; turn < kTurns; ++turn) {
    for (Channel<int>& channel : full) {
      static_cast<void>(channel.try_send(1));
    }
    const Selected selected =
        select(receive_from(full[0], [](int) {}), receive_from(full[1], [](int) {}),
               receive_from(full[2], [](int) {}));
    suite.check(selected.has_value(), "one of them happens");
    ++turns[selected.value_or(0)];
  }
  for (const std::uint32_t count : turns) {
    suite.check(count > kTurns / 6, "each of the cases has its turns");
  }
}

}  // namespace tb::test
