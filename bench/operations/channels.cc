// Values from one thread to another, by the value.
#include "bench/operations/operations.h"
#include "bench/operations/threads.h"
#include "runtime/sync/channel.h"

namespace bench {
namespace {

void measure_channel(Session& session, const Row& row, std::size_t room) {
  const std::uint64_t values = session.sized(20'000, 2'000, 100);
  tb::Channel<int> channel(room);
  tb::Thread producer = spawn_on(row.cpus - 1, [&] {
    while (channel.send(1)) {
    }
  });
  session.measure(row, values, [&] {
    const std::uint64_t begin = tb::ticks();
    for (std::uint64_t i = 0; i < values; ++i) {
      tb::expects(channel.receive().has_value(), "the channel is open");
    }
    return tb::ticks() - begin;
  });
  channel.close();
  join(producer);
}

}  // namespace

void measure_channels(Session& session) {
  constexpr std::size_t kRoom = 64;
  for (std::uint32_t cpus = 1; cpus <= std::min(tb::cpu_count(), 2U); ++cpus) {
    const Row with_room{.operation = "channel_64", .threads = 2, .cpus = cpus};
    if (session.wants(with_room)) {
      measure_channel(session, with_room, kRoom);
      measure_channel(session, {.operation = "channel_handover", .threads = 2, .cpus = cpus}, 0);
    }
  }
}

}  // namespace bench
