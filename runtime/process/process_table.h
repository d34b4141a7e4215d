// All process records and all users.
#pragma once

#include <atomic>
#include <cstdint>
#include <expected>
#include <iterator>

#include "runtime/error.h"
#include "runtime/process/process_record.h"
#include "runtime/thread_table.h"

namespace tb::detail {

inline constexpr std::uint32_t kMaxProcesses = 4096;  // at a time, the first one included

// The one of all threads that have no group; it never ends.
ProcessRecord& first_process();

// The calling thread's.
ProcessRecord& own_process();

// That of a thread's group.
ProcessRecord& process_of(ThreadGroup* group);
const ProcessRecord& process_of(const ThreadGroup* group);

// A record that no process has. Lock-free. Errors: ProcessLimitReached, OutOfMemory.
std::expected<ProcessRecord*, Error> take_record();

// It has not begun to live.
void give_record(ProcessRecord& record);

// Its process is gone for good. Does not block.
void free_process(ProcessRecord& record);

// The first record from that number on, whoever has it; null if there are no more.
ProcessRecord* record_from(std::uint32_t index);

// All records but the first process's, whoever has them: a walk meets all processes that are there
// when it begins.
class RecordsOfOthers {
 public:
  class Iterator {
   public:
    Iterator() : record_(record_from(1)) {}
    ProcessRecord& operator*() const { return *record_; }
    Iterator& operator++() {
      record_ = record_from(record_->index + 1);
      return *this;
    }
    bool operator==(std::default_sentinel_t) const { return record_ == nullptr; }

   private:
    ProcessRecord* record_;
  };

  Iterator begin() const { return {}; }
  std::default_sentinel_t end() const { return std::default_sentinel; }
};

// The record of a process that is there still, or waits to be waited for. Errors: ProcessNotFound.
std::expected<ProcessRecord*, Error> find_process(ProcessId id);

// Lock-free. Errors: OutOfMemory.
std::expected<User*, Error> find_user(UserId id);

// CPU time of ended threads of all processes but the first.
extern Atomic<Duration::rep> ended_time_of_others;

// Between what one does and what it looks at: whoever has become a member and looks at the phase,
// or has changed the phase and looks for members. One of both sees what the other has done.
inline void order_membership() {
  std::atomic_thread_fence(std::memory_order_seq_cst);  // pairs with itself
}

// Calls visit(record, id) for each thread of the process but those that are not started yet: these
// have no home that could be asked for anything. Who comes meanwhile may be among them. In the
// caller's turn, or the threads may be another process's by then. Blocks if `visit` does.
template <class Visit>
void for_each_member(const ProcessRecord& process, Visit visit) {
  order_membership();
  const ThreadGroup* const group = process.is_first() ? nullptr : &process;
  for (std::uint32_t index = 0; ThreadRecord* const record = thread_table().find(index); ++index) {
    // In this order: who has the record then is of the group.
    const ThreadId id{index, record->life.generation()};
    if (group_of(*record) == group && record->life.is(id.generation) &&
        record->state.get() != sched::ThreadState::kNew) {
      visit(*record, id);
    }
  }
}

}  // namespace tb::detail
