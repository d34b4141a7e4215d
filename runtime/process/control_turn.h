// Whoever controls processes, or makes one, has his turn alone: so no record becomes another
// process's while somebody walks over it, and of two who want a process to stop and to go on, one
// is first. Threads that come and go take no turn.
#pragma once

#include <optional>

#include "runtime/control/terminate.h"

namespace tb::detail {

// Waits for its turn, asleep; a sleeper who is suspended holds nobody up. Nobody is ended by force
// in his turn. Whoever has it waits for nothing but the CPUs' answers.
class ControlTurn {
 public:
  ControlTurn();
  ~ControlTurn();
  ControlTurn(const ControlTurn&) = delete;
  ControlTurn& operator=(const ControlTurn&) = delete;

 private:
  std::optional<NoTermination> stays_;
};

}  // namespace tb::detail
