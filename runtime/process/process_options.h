// What a process is given at its beginning.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "runtime/process/quota.h"
#include "runtime/process_id.h"
#include "runtime/scheduling.h"
#include "runtime/thread.h"

namespace tb {

// What the threads of a process may do. A child has none that its parent has not.
struct Permissions {
  bool raise_priority = true;  // nice values below zero, a higher priority than the process's
  bool real_time = true;       // Fifo, RoundRobin, Deadline
  bool control_others = true;  // more than the process itself and its descendants; users

  bool operator==(const Permissions&) const = default;
};

constexpr Permissions operator&(const Permissions& a, const Permissions& b) {
  return {.raise_priority = a.raise_priority && b.raise_priority,
          .real_time = a.real_time && b.real_time,
          .control_others = a.control_others && b.control_others};
}

inline constexpr Permissions kNoPermissions{
    .raise_priority = false, .real_time = false, .control_others = false};

// Of one process; a child has no higher ones than its parent.
struct ProcessLimits {
  std::size_t threads = kNoLimit;
  std::size_t memory = kNoLimit;  // bytes of stacks and heap

  bool operator==(const ProcessLimits&) const = default;
};

// Of all processes of a user together.
struct UserLimits {
  std::size_t processes = kNoLimit;
  std::size_t threads = kNoLimit;
  std::size_t memory = kNoLimit;  // bytes

  bool operator==(const UserLimits&) const = default;
};

struct ProcessOptions {
  std::string_view name{};                  // copied; cut after 31 characters
  std::optional<PriorityLevel> priority{};  // else the parent's
  ProcessLimits limits{};
  std::optional<UserId> user{};  // else the parent's
  Permissions permissions{};     // of the parent's
  SpawnOptions main_thread{};
};

}  // namespace tb
