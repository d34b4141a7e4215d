// What is chosen for the schedulers of all CPUs when the machine starts.
#pragma once

#include <chrono>
#include <cstdint>
#include <expected>

#include "base/time.h"
#include "sched/fair_config.h"
#include "sched/utilisation.h"

namespace tb::sched {

// Whether ready threads that are not real-time ones go to CPUs that have less to do. If not, each
// stays where it began.
enum class Balancing : std::uint8_t { kOff, kOn };

// Constant after start.
struct Config {
  FairConfig fair{};
  Share real_time_share{950'000};  // of each CPU, see real_time_share.h
  Balancing balancing = Balancing::kOn;
  // How often a CPU compares its threads with those of another one, at most; none is with every
  // interrupt of its timer.
  Duration balance_interval{};
};

inline constexpr Duration kShortestQuantum = std::chrono::microseconds(100);
inline constexpr Duration kLongestQuantum = std::chrono::seconds(1);
inline constexpr Share kLeastRealTimeShare{10'000};
inline constexpr Duration kShortestBalanceInterval = std::chrono::milliseconds(1);
inline constexpr Duration kLongestBalanceInterval = std::chrono::seconds(10);

enum class ConfigError : std::uint8_t { kQuantum, kRealTimeShare, kBalanceInterval };

// Whether everything is within its range; else the first that is not.
constexpr std::expected<void, ConfigError> check(const Config& config) {
  const Duration quantum = config.fair.quantum;
  if (quantum != Duration::zero() && (quantum < kShortestQuantum || quantum > kLongestQuantum)) {
    return std::unexpected(ConfigError::kQuantum);
  }
  if (config.real_time_share < kLeastRealTimeShare || config.real_time_share > kWholeCpu) {
    return std::unexpected(ConfigError::kRealTimeShare);
  }
  const Duration interval = config.balance_interval;
  if (interval != Duration::zero() &&
      (interval < kShortestBalanceInterval || interval > kLongestBalanceInterval)) {
    return std::unexpected(ConfigError::kBalanceInterval);
  }
  return {};
}

}  // namespace tb::sched
