// Channels among threads of all CPUs.
#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <expected>
#include <memory>

#include "runtime/sync/channel.h"
#include "tests/scenarios/crowd.h"
#include "tests/scenarios/synchronisation.h"

namespace tb::test {

using namespace std::chrono_literals;

// From many to many, through channels with and without room: each value comes once, and those of
// one sender in their order.
void channels(Suite& suite) {
  constexpr std::uint32_t kEach = 50;
  for (const std::size_t room : {0, 1, 4}) {
    Channel<std::unique_ptr<std::uint32_t>> channel(room);
    const std::uint32_t senders = crowd_size();
    std::atomic<std::uint64_t> sum = 0;
    std::atomic<std::uint32_t> received = 0;
    Crowd sending(suite);
    Crowd receiving(suite);
    for (std::uint32_t i = 0; i < senders; ++i) {
      sending.spawn([&, i] {
        Random random(i);
        for (std::uint32_t n = 1; n <= kEach; ++n) {
          auto value = std::make_unique<std::uint32_t>(i << 16 | n);
          if (random.below(3) > 0) {
            suite.check(channel.send(std::move(value)).has_value(), "it is open");
            continue;
          }
          while (channel.try_send(std::move(value)) == std::unexpected(ChannelError::kNotNow)) {
            suite.check(value != nullptr, "what is not sent stays");
            this_thread::sleep_for(5us);
          }
        }
      });
      receiving.spawn([&, i] {
        Random random(i);
        std::array<std::uint32_t, 16> last{};
        for (;;) {
          auto value = random.below(3) > 0 ? channel.receive() : channel.receive_for(10us);
          if (!value && value.error() == ChannelError::kTimedOut) {
            continue;
          }
          if (!value) {
            suite.check(value.error() == ChannelError::kClosed, "it ends by being closed");
            return;
          }
          const std::uint32_t sender = **value >> 16;
          const std::uint32_t number = **value & 0xffff;
          suite.check(last[sender] < number, "a sender's values come in their order");
          last[sender] = number;
          sum += number;
          ++received;
        }
      });
    }
    sending.join();
    channel.close();
    receiving.join();
    suite.equal(received.load(), senders * kEach, "values received");
    suite.equal(sum.load(), std::uint64_t{senders} * kEach * (kEach + 1) / 2, "their sum");
    suite.check(channel.try_send(nullptr) == std::unexpected(ChannelError::kClosed),
                "nothing is sent once it is closed");
  }
}

// Who waits is told of the end, and a channel that is destroyed destroys what is in it.
void closed_channels(Suite& suite) {
  Channel<int> full(1);
  Channel<int> empty;
  std::atomic<std::uint32_t> told = 0;
  suite.check(full.send(1).has_value() && full.size() == 1, "there is room for one");
  suite.check(full.send_for(2, 10us) == std::unexpected(ChannelError::kTimedOut), "not for two");
  Crowd crowd(suite);
  for (std::uint32_t i = 0; i < 3 * crowd_size(); ++i) {
    crowd.spawn([&] { told += full.send(2) == std::unexpected(ChannelError::kClosed) ? 1 : 0; });
    crowd.spawn([&] {
      const auto value = empty.receive();
      told += !value && value.error() == ChannelError::kClosed ? 1 : 0;
    });
  }
  this_thread::sleep_for(50us);
  full.close();
  empty.close();
  crowd.join();
  suite.equal(told.load(), 6 * crowd_size(), "threads that were told");
  const auto left = full.receive();
  suite.check(left && *left == 1, "what was sent before is received");
  suite.check(!full.receive() && full.is_closed(), "then it is over");
  int destroyed = 0;
  const auto count = [&destroyed](int* value) { destroyed += *value; };
  {
    int value = 1;
    Channel<std::unique_ptr<int, decltype(count)>> holder(2);
    suite.check(holder.send({&value, count}).has_value() && destroyed == 0, "it holds one");
  }
  suite.equal(destroyed, 1, "values that it let go of");
}

}  // namespace tb::test
