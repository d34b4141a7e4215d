// What happened in one run, step by step, for people.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <source_location>
#include <string>
#include <vector>

#include "tests/explorer/memory.h"

namespace tb::explorer {

enum class ValueKind { kNumber, kPointer };

class Trace {
 public:
  struct Event {
    ThreadIndex thread;
    const char* operation;
    std::optional<std::memory_order> order = {};
    const void* object = nullptr;
    std::string values = {};  // such as "= 3" or "3 -> 4"
    std::string remark = {};
    std::source_location where = {};
  };

  // Objects in this memory are named by it in text(); the later of two names wins.
  void name(const void* begin, std::size_t bytes, std::string name);

  void add(Event event) { events_.push_back(std::move(event)); }
  void clear();

  // A table, one line for each step; of a very long one the beginning and the end.
  std::string text() const;

  // The name of the object at that address, or the address itself.
  std::string name_of(const void* address) const;

  std::string value_text(Value value, ValueKind kind) const;

 private:
  struct Named {
    std::uintptr_t begin;
    std::size_t bytes;
    std::string name;
  };

  std::vector<Event> events_;
  std::vector<Named> names_;
};

// Such as "acquire".
const char* order_text(std::memory_order order);

// Such as "sched/inbox.h:25".
std::string place_text(const std::source_location& where);

// Such as "thread 2".
std::string thread_text(ThreadIndex thread);

}  // namespace tb::explorer
