// The C library's threads are the runtime's own; what differs is who gives them their stacks.
#pragma once

#include "runtime/linux/call.h"
#include "runtime/thread_record.h"

namespace tb::linux_abi {

// Bytes of a thread's name as the C library sees it, with the zero at its end.
inline constexpr std::size_t kLinuxName = 16;

// A live thread by the number the C library knows it by, zero being the caller; null if there is
// none. The answer may be old news.
ThreadRecord* find_thread(std::uint32_t number);

// Who has been made by the C library, or with its variables, has it from the start.
using LibraryState = ThreadDetails::LibraryState;
LibraryState& library_of(ThreadRecord& thread);

// The list of locks that the calling thread may die with, of the C library's kind.
void* robust_list_of_this_thread();
void set_robust_list_of_this_thread(void* list);

// Tells the next owners of those that the calling thread still holds that it has ended.
void release_robust_locks();

// What the C library believes to be the process: the number of its first thread.
std::uint32_t process_number();

Result system_clone3(SystemCall& call);
Result system_exit(SystemCall& call);
Result system_exit_group(SystemCall& call);
Result system_set_tid_address(SystemCall& call);
Result system_set_robust_list(SystemCall& call);
Result system_get_robust_list(SystemCall& call);
Result system_gettid(SystemCall& call);
Result system_getpid(SystemCall& call);
Result system_arch_prctl(SystemCall& call);
Result system_prctl(SystemCall& call);

Result system_futex(SystemCall& call);

}  // namespace tb::linux_abi
