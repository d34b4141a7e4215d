// Making, naming and ending threads for the C library.
#include "runtime/linux/threads.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstring>

#include <asm/prctl.h>
#include <linux/futex.h>
#include <linux/prctl.h>
#include <linux/sched.h>

#include "arch/context.h"
#include "arch/machine.h"
#include "base/format.h"
#include "runtime/affinity.h"
#include "runtime/dispatch.h"
#include "runtime/linux/futex.h"
#include "runtime/panic.h"
#include "runtime/thread.h"
#include "runtime/thread_group.h"
#include "runtime/thread_life.h"
#include "runtime/thread_table.h"

// A number, from link.ld: 0 has all threads share the variables of the one that made them. Weak, or
// the compiler would believe that no symbol is 0.
extern "C" [[gnu::weak]] const char own_thread_variables[];

namespace tb::linux_abi {
namespace {

// What every thread that the C library makes is; anything less would be another process.
constexpr std::uint64_t kThreadFlags =
    CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM;

constinit std::atomic<std::uint32_t> first_thread{0};  // its number; constant once it has asked

// The last step of a C library's thread, when nobody stands on its stack: whoever joins it may use
// the stack again at once. All there is for the first one, whose stack is the pool's.
void tell_library(ThreadRecord& thread) {
  std::uint32_t* const clear = library_of(thread).clear_at_end;
  if (clear != nullptr) {
    std::atomic_ref(*clear).store(0);
    futex_wake(clear, 1);
  }
}

void release_library_stack(ThreadRecord& thread) {
  thread.stack = {};
  tell_library(thread);
}

// Lies at the top of the new thread's stack until the thread has begun.
void run_clone(void* argument) {
  const auto* const call = static_cast<const SystemCall*>(argument);
  begin_thread();
  // The stack ends behind the copy of the call, and what it holds is read before it is used.
  std::byte* const top = reinterpret_cast<std::byte*>(argument) + sizeof(SystemCall);
  arch::resume_system_call(*call, 0, top);
}

void name_clone(ThreadRecord& record) {
  std::array<char, kMaxThreadName + 1> text;
  // Its details are there already.
  static_cast<void>(set_name(record, format_into(text, "thread {}", record.library_number())));
}

void prepare_clone(ThreadRecord& record, const clone_args& wanted, const SystemCall& call) {
  auto* const lowest = reinterpret_cast<std::byte*>(wanted.stack);
  record.stack = {lowest, wanted.stack_size};
  record.release_stack = release_library_stack;
  restrict_to(record, own_affinity());
  LibraryState& library = library_of(record);
  library.signal_mask = library_of(current_thread()).signal_mask;
  if ((wanted.flags & CLONE_CHILD_CLEARTID) != 0) {
    library.clear_at_end = reinterpret_cast<std::uint32_t*>(wanted.child_tid);
  }
  if ((wanted.flags & CLONE_PARENT_SETTID) != 0) {
    *reinterpret_cast<std::uint32_t*>(wanted.parent_tid) = record.library_number();
  }
  if ((wanted.flags & CLONE_CHILD_SETTID) != 0) {
    *reinterpret_cast<std::uint32_t*>(wanted.child_tid) = record.library_number();
  }
  std::uintptr_t thread_pointer = arch::thread_pointer_of(current_thread().context);
  const bool own_variables = reinterpret_cast<std::uintptr_t>(own_thread_variables) != 0;
  if ((wanted.flags & CLONE_SETTLS) != 0 && own_variables) {
    thread_pointer = wanted.tls;
  }
  std::byte* const copy = lowest + wanted.stack_size - sizeof(SystemCall);
  std::memcpy(copy, &call, sizeof call);
  arch::make_context(record.context, {lowest, copy}, run_clone, copy, thread_pointer);
  arch::inherit_floating_point_control(record.context);
}

// A lock whose owner ends tells the next one so. Follows the list of futexes as the Linux kernel's
// documentation (robust-futex-ABI) describes it.
void release_robust_lock(std::uintptr_t entry, long offset, std::uint32_t owner) {
  auto* const word = reinterpret_cast<std::uint32_t*>(entry + static_cast<std::uintptr_t>(offset));
  std::atomic_ref shared(*word);
  std::uint32_t value = shared.load();
  while ((value & FUTEX_TID_MASK) == owner) {
    if (shared.compare_exchange_weak(value, (value & FUTEX_WAITERS) | FUTEX_OWNER_DIED)) {
      if ((value & FUTEX_WAITERS) != 0) {
        futex_wake(word, 1);
      }
      return;
    }
  }
}

void release_locks(ThreadRecord& thread) {
  constexpr int kLongestList = 2048;
  constexpr std::uintptr_t kPriorityInheriting = 1;
  const auto* const head = static_cast<const robust_list_head*>(library_of(thread).robust_list);
  if (head == nullptr) {
    return;
  }
  const robust_list* entry = head->list.next;
  for (int i = 0; i < kLongestList && entry != nullptr && entry != &head->list; ++i) {
    const auto address = reinterpret_cast<std::uintptr_t>(entry) & ~kPriorityInheriting;
    entry = reinterpret_cast<const robust_list*>(address)->next;
    release_robust_lock(address, head->futex_offset, thread.library_number());
  }
  if (head->list_op_pending != nullptr) {
    release_robust_lock(
        reinterpret_cast<std::uintptr_t>(head->list_op_pending) & ~kPriorityInheriting,
        head->futex_offset, thread.library_number());
  }
}

}  // namespace

ThreadRecord* find_thread(std::uint32_t number) {
  if (number == 0) {
    return &current_thread();
  }
  ThreadRecord* const record = thread_table().find(number - 1);
  if (record == nullptr || record->state.get() == sched::ThreadState::kDead ||
      record->state.get() == sched::ThreadState::kNew) {
    return nullptr;
  }
  return record;
}

LibraryState& library_of(ThreadRecord& thread) {
  if (ThreadDetails* const found = thread.find_details()) [[likely]] {
    return found->library;
  }
  const auto details = thread_table().details_of(thread);
  if (!details) {
    panic("no memory for what the C library keeps for a thread");
  }
  return (*details)->library;
}

void* robust_list_of_this_thread() { return library_of(current_thread()).robust_list; }

void set_robust_list_of_this_thread(void* list) { library_of(current_thread()).robust_list = list; }

void release_robust_locks() { release_locks(current_thread()); }

std::uint32_t process_number() { return first_thread.load(); }

Result system_clone3(SystemCall& call) {
  const auto* const wanted = pointer<const clone_args>(call, 0);
  if (argument<std::size_t>(call, 1) < CLONE_ARGS_SIZE_VER0) {
    return Errno::kInvalid;
  }
  if ((wanted->flags & kThreadFlags) != kThreadFlags) {
    return Errno::kNotSupported;
  }
  if (wanted->stack_size < arch::minimum_stack_size()) {
    return Errno::kInvalid;
  }
  ThreadGroup* const group = own_group();
  const std::uint32_t changes_before = group != nullptr ? group->priority_changes() : 0;
  // As on Linux it is scheduled as who makes it, but for what has to be admitted.
  SchedulingParameters scheduling = own_scheduling();
  if (scheduling.policy == SchedulingPolicy::kDeadline) {
    scheduling = {};
  }
  const auto record = allocate_thread(scheduling);
  if (!record) {
    return Errno::kAgain;
  }
  name_clone(**record);
  prepare_clone(**record, *wanted, call);
  const ThreadId id = (*record)->id();
  const std::uint32_t number = (*record)->library_number();
  static_cast<void>((*record)->life.detach(id.generation));
  start_thread(**record, std::nullopt);
  if (group != nullptr) {
    group->settle(**record, id, changes_before);
  }
  return number;
}

Result system_exit(SystemCall&) {
  release_robust_locks();
  end_current_thread();
}

Result system_exit_group(SystemCall& call) { arch::shutdown(argument<int>(call, 0) & 0xff); }

Result system_set_tid_address(SystemCall& call) {
  ThreadRecord& self = current_thread();
  library_of(self).clear_at_end = pointer<std::uint32_t>(call, 0);
  if (std::uint32_t nobody = 0;
      first_thread.compare_exchange_strong(nobody, self.library_number())) {
    self.release_stack = tell_library;
  }
  return self.library_number();
}

Result system_set_robust_list(SystemCall& call) {
  if (argument<std::size_t>(call, 1) != sizeof(robust_list_head)) {
    return Errno::kInvalid;
  }
  set_robust_list_of_this_thread(pointer<void>(call, 0));
  return 0;
}

Result system_get_robust_list(SystemCall& call) {
  const ThreadRecord* const thread = find_thread(argument<std::uint32_t>(call, 0));
  if (thread == nullptr) {
    return Errno::kNoSuchThread;
  }
  const ThreadDetails* const details = thread->find_details();
  *pointer<void*>(call, 1) = details != nullptr ? details->library.robust_list : nullptr;
  *pointer<std::size_t>(call, 2) = sizeof(robust_list_head);
  return 0;
}

Result system_gettid(SystemCall&) { return current_thread().library_number(); }

Result system_getpid(SystemCall&) { return process_number(); }

Result system_arch_prctl(SystemCall& call) {
  arch::Context& context = current_thread().context;
  switch (argument<int>(call, 0)) {
    case ARCH_SET_FS:
      arch::set_thread_pointer(context, argument<std::uintptr_t>(call, 1));
      return 0;
    case ARCH_GET_FS:
      *pointer<std::uintptr_t>(call, 1) = arch::thread_pointer_of(context);
      return 0;
    default:
      return Errno::kInvalid;  // GS is the runtime's, and there are no shadow stacks
  }
}

Result system_prctl(SystemCall& call) {
  ThreadRecord& self = current_thread();
  switch (argument<int>(call, 0)) {
    case PR_SET_NAME: {
      const auto* const name = pointer<const char>(call, 1);
      if (!set_name(self, {name, std::find(name, name + kLinuxName - 1, '\0')})) {
        return Errno::kNoMemory;
      }
      return 0;
    }
    case PR_GET_NAME: {
      auto* const text = pointer<char>(call, 1);
      const std::string_view name = self.name_text().substr(0, kLinuxName - 1);
      std::memset(text, 0, kLinuxName);
      std::copy(name.begin(), name.end(), text);
      return 0;
    }
    default:
      return Errno::kInvalid;
  }
}

}  // namespace tb::linux_abi
