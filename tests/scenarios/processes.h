// Scenarios of processes.
#pragma once

#include <expected>
#include <span>
#include <variant>

#include "runtime/error.h"
#include "tests/scenarios/scenarios.h"

namespace tb::test {

// Whether it is an error of that kind.
template <class Kind, class T>
bool fails_with(const std::expected<T, Error>& result) {
  return !result && std::holds_alternative<Kind>(result.error());
}

std::span<const Scenario> process_scenarios();

// family.cc
void children(Suite& suite);
void orphans(Suite& suite);
void stopped_processes(Suite& suite);
void ended_processes(Suite& suite);
void processes_at_once(Suite& suite);

// limits.cc
void process_limits(Suite& suite);
void process_memory(Suite& suite);
void fork_bomb(Suite& suite);
void permissions(Suite& suite);
void process_priorities(Suite& suite);
void process_accounts(Suite& suite);

}  // namespace tb::test
