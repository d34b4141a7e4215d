// Records of processes, made one by one; and users, who stay.
#include "runtime/process/process_table.h"

#include <array>
#include <new>

#include "base/tagged_index_stack.h"
#include "runtime/memory/no_memory.h"

namespace tb::detail {
namespace {

constinit std::array<Atomic<ProcessRecord*>, kMaxProcesses> records{};  // shared
constinit Atomic<std::uint32_t> records_made{1};                        // shared
constinit TaggedIndexStack<> free_records;                              // shared
constinit Atomic<User*> users{nullptr};                                 // shared

struct Links {
  std::size_t size() const { return kMaxProcesses; }
  Atomic<std::uint32_t>& operator[](std::uint32_t index) const {
    return records[index].load()->free_link;
  }
};

std::expected<ProcessRecord*, Error> make_record() {
  std::uint32_t index = records_made.load();
  do {
    if (index == kMaxProcesses) {
      return std::unexpected(ProcessLimitReached{kMaxProcesses});
    }
  } while (!records_made.compare_exchange_weak(index, index + 1));
  auto* const record = new (std::nothrow) ProcessRecord;
  if (record == nullptr) {
    // The number stays without a record, unless it was the last one.
    std::uint32_t drawn = index + 1;
    records_made.compare_exchange_strong(drawn, index);
    return std::unexpected(no_memory_for(sizeof(ProcessRecord)));
  }
  record->index = index;
  records[index].store(record);
  return record;
}

User* known_user(UserId id, User* from, const User* to) {
  for (User* user = from; user != to; user = user->next) {
    if (user->id == id) {
      return user;
    }
  }
  return nullptr;
}

}  // namespace

constinit Atomic<Duration::rep> ended_time_of_others{0};

ProcessRecord& first_process() {
  static constinit ProcessRecord first;
  return first;
}

ProcessRecord& own_process() { return process_of(own_group()); }

ProcessRecord& process_of(ThreadGroup* group) {
  return group != nullptr ? static_cast<ProcessRecord&>(*group) : first_process();
}

const ProcessRecord& process_of(const ThreadGroup* group) {
  return group != nullptr ? static_cast<const ProcessRecord&>(*group) : first_process();
}

std::expected<ProcessRecord*, Error> take_record() {
  const auto spare = free_records.pop(Links());
  return spare ? records[*spare].load() : make_record();
}

void give_record(ProcessRecord& record) { free_records.push(record.index, Links()); }

void free_process(ProcessRecord& record) {
  record.user->processes.give(1);
  give_record(record);
}

ProcessRecord* record_from(std::uint32_t index) {
  if (index == kFirstProcess.index) {
    return &first_process();
  }
  ProcessRecord* record = nullptr;
  // One in between may be about to be made.
  for (; record == nullptr && index < records_made.load(); ++index) {
    record = records[index].load();
  }
  return record;
}

std::expected<ProcessRecord*, Error> find_process(ProcessId id) {
  if (id == kFirstProcess) {
    return &first_process();
  }
  ProcessRecord* const record = id.index < kMaxProcesses ? records[id.index].load() : nullptr;
  return record != nullptr && record->life.is(id.generation)
             ? std::expected<ProcessRecord*, Error>(record)
             : std::unexpected(ProcessNotFound{id});
}

std::expected<User*, Error> find_user(UserId id) {
  User* head = users.load();
  if (User* const known = known_user(id, head, nullptr); known != nullptr) {
    return known;
  }
  auto* const made = new (std::nothrow) User;
  if (made == nullptr) {
    return std::unexpected(no_memory_for(sizeof(User)));
  }
  made->id = id;
  User* seen = nullptr;
  do {
    // Only those are new that came since the last look.
    if (User* const known = known_user(id, head, seen); known != nullptr) {
      delete made;
      return known;
    }
    seen = head;
    made->next = head;
  } while (!users.compare_exchange_weak(head, made));
  return made;
}

}  // namespace tb::detail
