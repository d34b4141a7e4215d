// Values from one thread to another, by the value.
#include "bench/operations/operations.h"
#include "bench/operations/threads.h"
#include "runtime/sync/channel.h"

namespace bench {
namespace {

constexpr std::size_t kRoom = 64;

// By the calling thread.
void measure_receives(Session& session, const Row& row, tb::Channel<int>& channel) {
  const std::uint64_t values = session.sized(20'000, 2'000, 100);
  session.measure(row, values, [&] {
    const std::uint64_t begin = tb::ticks();
    for (std::uint64_t i = 0; i < values; ++i) {
      tb::expects(channel.receive().has_value(), "the channel is open");
    }
    return tb::ticks() - begin;
  });
}

void send_all(tb::Channel<int>& channel) {
  while (channel.send(1)) {
  }
}

// Each has a CPU, or both the same.
void measure_bound(Session& session, const Row& row, std::size_t room) {
  tb::Channel<int> channel(room);
  tb::Thread sender = spawn_on(row.cpus - 1, [&] { send_all(channel); });
  measure_receives(session, row, channel);
  channel.close();
  join(sender);
}

// Both run wherever they please.
void measure_free(Session& session, const Row& row, std::size_t room) {
  tb::Channel<int> channel(room);
  tb::Thread sender = spawn_anywhere([&] { send_all(channel); });
  tb::Thread receiver = spawn_anywhere([&] { measure_receives(session, row, channel); });
  join(receiver);
  channel.close();
  join(sender);
}

}  // namespace

void measure_channels(Session& session) {
  for (std::uint32_t cpus = 1; cpus <= std::min(tb::cpu_count(), 2U); ++cpus) {
    const Row with_room{.operation = "channel_64", .threads = 2, .cpus = cpus};
    if (session.wants(with_room)) {
      measure_bound(session, with_room, kRoom);
      measure_bound(session, {.operation = "channel_handover", .threads = 2, .cpus = cpus}, 0);
    }
  }
  if (tb::cpu_count() > 1) {
    measure_free(session, {.operation = "channel_64_free", .threads = 2, .cpus = 2}, kRoom);
    measure_free(session, {.operation = "channel_handover_free", .threads = 2, .cpus = 2}, 0);
  }
}

}  // namespace bench
