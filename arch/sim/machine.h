// The virtual CPUs and whose turn it is. All of it belongs to the one thread of the host.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "arch/context.h"
#include "arch/sim/chance.h"
#include "arch/sim/events.h"
#include "arch/sim/simulator.h"
#include "arch/sim/turn_order.h"
#include "arch_impl/cpu_block.h"

namespace tb::arch::sim {

enum class CpuStatus { kOff, kHeld, kReady, kAsleep, kStopped };
enum class Interrupt { kTimer, kIpi };

// How even the CPUs of a run are. In a calm one it takes long to come in at a rare place; in a
// rough one everything takes longer.
struct Texture {
  std::uint64_t long_step_mask;
  std::int64_t long_step;  // most of them are shorter
  std::uint32_t slowness;  // than the first
};

inline constexpr std::array kTextures{
    Texture{.long_step_mask = 0x3ff, .long_step = 200, .slowness = 1},
    Texture{.long_step_mask = 0x3f, .long_step = 200, .slowness = 1},
    Texture{.long_step_mask = 0xf, .long_step = 400, .slowness = 4},
    Texture{.long_step_mask = 0x7, .long_step = 2000, .slowness = 20},
};

struct VirtualCpu {
  static constexpr std::int64_t kNone = INT64_MAX;

  CpuBlock block;
  Context context{};  // where it stands while another one runs
  CpuStatus status = CpuStatus::kOff;
  std::int64_t clock = 0;  // while another one runs
  std::int64_t skew = 0;
  std::int64_t timer_due = kNone;
  std::vector<std::int64_t> ipis;    // arrivals, the last first
  const void* watched = nullptr;     // what it sleeps for, besides interrupts
  std::int64_t watched_due = kNone;  // when it wakes for that
  std::unique_ptr<std::byte[]> stack;

  // When it has something to do again, if it sleeps.
  std::int64_t wakes_at() const;
  void update_due();
};

class Machine {
 public:
  Outcome run(const Config& config, const Observer& observer);

  // On a CPU's stack; it is its turn again when they return.
  void give_way();
  [[noreturn]] void end(int status);

  void fall_asleep(const void* watched);
  void stop_others();
  [[noreturn]] void stop_self();

  // On a CPU's stack; nobody else's turn comes in them.
  void send(std::uint32_t to);
  void arm_timer(std::int64_t deadline);
  void note_store(const void* word);
  void take_long_step();
  void note_current(void* thread);
  // The next of those that are due on the CPU that runs.
  Interrupt take_due();
  void start_others(std::uint32_t most);
  void release_others();
  bool next_map_fails();
  void fail_map(std::uint64_t n);
  void print(std::string_view text);

  [[noreturn]] void fail(std::string_view reason);

  const Config& config() const { return config_; }
  const Counts& counts() const { return counts_; }
  std::uint32_t cpu_count() const { return count_; }
  VirtualCpu& cpu(std::uint32_t number) { return *cpus_[number]; }
  VirtualCpu& running() { return *cpus_[running_]; }
  bool is_running() const { return is_running_; }
  std::int64_t clock_of(std::uint32_t number) const;
  Chance& chance() { return chance_; }
  const Texture& texture() const { return texture_; }
  Chance& random_bytes() { return random_bytes_; }

 private:
  void make_cpu(std::uint32_t number);
  void loop();
  void go_on_with(std::uint32_t number);
  void set_aside();
  void update_horizon();
  void look_around();
  void print_rest();
  void record(EventKind kind, std::uint64_t argument = 0);
  void post_ipi(std::uint32_t to, std::int64_t arrival);
  std::int64_t ipi_latency();
  void forget_watch(VirtualCpu& cpu);

  Config config_;
  Texture texture_ = kTextures[0];
  Observer observer_;
  std::vector<std::unique_ptr<VirtualCpu>> cpus_;
  std::uint32_t count_ = 0;
  TurnOrder order_{1};
  Chance chance_{0};
  Chance random_bytes_{0};
  Events events_;
  Counts counts_;
  Context host_{};
  std::uint32_t running_ = 0;
  bool is_running_ = false;  // a CPU, not the host's own code
  bool ended_ = false;
  int status_ = 0;
  std::uint64_t next_look_ = 0;    // points
  std::int64_t next_look_at_ = 0;  // a time
  std::uint64_t failing_map_ = 0;  // this call that maps; 0 is none
  std::string printed_;
  std::size_t shown_ = 0;  // of what is printed
};

Machine& machine();

}  // namespace tb::arch::sim
