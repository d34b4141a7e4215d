// Whatever threads wait for, seen as one kind of object: what holds for one wait is tested of all.
//
// Whoever makes such a thing has it, and gives it away once. Others take it, in all the ways in
// which that can be waited for, and put it back. Those that are shared many threads have at a time.
#pragma once

#include <memory>
#include <span>
#include <string_view>

#include "base/time.h"
#include "runtime/sync/stop_token.h"
#include "tests/image/suite.h"

namespace tb::test {

class Awaited {
 public:
  Awaited() = default;
  Awaited(const Awaited&) = delete;
  Awaited& operator=(const Awaited&) = delete;
  virtual ~Awaited() = default;

  virtual std::string_view name() const = 0;
  virtual bool is_shared() const = 0;

  // By the thread that has made it.
  virtual void give() = 0;

  // True if the caller has it now, and has to put it back.
  virtual bool try_take() = 0;
  virtual bool take_for(Duration duration) = 0;
  virtual bool take_until(Time deadline) = 0;
  virtual bool take(const StopToken& token) = 0;
  virtual void take() = 0;
  virtual void put_back() = 0;

  // With a time and a stop; false where there is no such wait.
  virtual bool has_both() const = 0;
  virtual bool take_until(Time deadline, const StopToken& token) = 0;
};

using MakeAwaited = std::unique_ptr<Awaited> (*)();
std::span<const MakeAwaited> all_kinds();

// Nobody has it: somebody can, and only one at a time if it is not shared.
void expect_back(Suite& suite, Awaited& thing);

}  // namespace tb::test
