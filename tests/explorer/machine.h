// The imagined machine that scenarios run on: their threads, one of which goes on at a time, their
// memory, and the choices of the run. Everything happens on one host thread.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <source_location>
#include <string>
#include <vector>

#include "tests/explorer/fiber.h"
#include "tests/explorer/memory.h"
#include "tests/explorer/options.h"
#include "tests/explorer/strategy.h"
#include "tests/explorer/trace.h"

namespace tb::explorer {

// One operation of the explored code on one object.
struct Operation {
  LocationId location;
  const char* name;
  const void* object;
  ValueKind kind;
  std::source_location where;
};

enum class Tracing { kOff, kOn };
enum class RunEnd { kCompleted, kRedundant, kAbandoned };
enum class SpuriousFailures { kNever, kPossible };

struct CompareExchange {
  Value expected;
  Value desired;
  std::memory_order success;
  std::optional<std::memory_order> failure;  // if the source names it
  SpuriousFailures spurious;
};

class Machine {
 public:
  explicit Machine(const Options& options);
  ~Machine();

  Machine(const Machine&) = delete;
  Machine& operator=(const Machine&) = delete;

  // The one that exists; what is explored has to be made while it does.
  static Machine& current();

  // Forgets the last run.
  void begin_run(Strategy& strategy, Tracing tracing);

  // Runs all threads to their ends, or abandons them after certain failures.
  RunEnd run_threads(std::vector<std::function<void()>> bodies);

  // Of this run: the first failure, the choices that led to it, and what happened if it was traced.
  const std::optional<std::string>& failure() const { return failure_; }
  const std::vector<std::size_t>& path() const { return path_; }
  std::string trace() const { return trace_.text(); }

  void fail(std::string what);
  void name(const void* object, std::size_t bytes, std::string name);

  // The operations of ExploredAtomic and ExploredData.

  LocationId add_location(const void* object, Value value);
  Value load(const Operation& operation, std::memory_order order);
  void store(const Operation& operation, Value value, std::memory_order order);
  Value update(const Operation& operation, std::memory_order order,
               const std::function<Value(Value)>& change);
  ExchangeReading compare_exchange(const Operation& operation, const CompareExchange& wanted);

  DataId add_data(const void* object);
  void read_data(DataId data, const void* object, const std::source_location& where);
  void write_data(DataId data, const void* object, const std::source_location& where);

  void wait_for_change();

 private:
  struct Thread {
    bool ended = false;
    Step step{};  // what it stopped before
  };

  std::memory_order rule(const Operation& operation, Site::Access access,
                         std::memory_order order) const;

  // A choice that is asked from the strategy, and noted for a replay.
  std::size_t choose(std::size_t possible);

  // Stops the running thread before its step, until it is chosen to go on.
  void stop_before(Step step);
  void stop_before(const Operation& operation, Step::Kind kind);
  void live(ThreadIndex self);
  Fiber& fiber_of(ThreadIndex thread);
  void switch_to(ThreadIndex thread);

  // kOutside when all have ended or none can go on.
  ThreadIndex pick_next();
  void give_up(std::string what);

  void note(const Operation& operation, std::optional<std::memory_order> order,
            const std::string& values, Age age);
  void note_data(const char* operation, const void* object, const std::source_location& where,
                 std::optional<ThreadIndex> other);

  Options options_;
  Memory memory_;
  Trace trace_;
  Tracing tracing_ = Tracing::kOff;
  Strategy* strategy_ = nullptr;

  std::vector<std::function<void()>> bodies_;
  std::vector<Thread> threads_;
  std::vector<std::unique_ptr<Fiber>> fibers_;  // stopped between two runs, each before its body
  Fiber outside_;
  ThreadIndex running_ = kOutside;
  bool beginning_ = false;
  std::vector<Candidate> candidates_;

  std::optional<std::string> failure_;
  bool abandoned_ = false;
  std::vector<std::size_t> path_;
  std::size_t steps_ = 0;
  std::size_t spurious_failures_ = 0;
};

}  // namespace tb::explorer
