// What a process's threads allocate and free is written down: on top of the heap, by the linker's
// --wrap, so that images without processes have no part in it. A block is its size's worth to the
// process of the thread that allocates it, and is taken off that of the thread that frees it.
#include <cstddef>

#include "runtime/dispatch.h"
#include "runtime/memory/heap.h"
#include "runtime/memory/heap_spans.h"
#include "runtime/panic.h"
#include "runtime/process/process_record.h"
#include "runtime/process/process_table.h"

extern "C" {

// The heap's own: allocate(), with and without alignment, and so on, by their linker names.
void* __real__ZN2tb8allocateEm(std::size_t size);
void* __real__ZN2tb8allocateEmm(std::size_t size, std::size_t alignment);
void* __real__ZN2tb17allocate_or_panicEm(std::size_t size);
void* __real__ZN2tb17allocate_or_panicEmm(std::size_t size, std::size_t alignment);
void __real__ZN2tb10deallocateEPv(void* block);
void* __real__ZN2tb10reallocateEPvm(void* block, std::size_t size);
}

namespace tb {
namespace {

using detail::ProcessRecord;

// Null where nothing is written down: for the first process, and within reallocate(), which may or
// may not come here for its parts.
ProcessRecord* payer() {
  const auto* const thread = static_cast<const ThreadRecord*>(arch::current());
  // Before there is any thread, none: where the core is not isolated, it comes here, too.
  ThreadGroup* const group = thread != nullptr ? group_of(*thread) : nullptr;
  return group != nullptr && !thread->resizes_block ? &detail::process_of(group) : nullptr;
}

void* charge(ProcessRecord& process, void* block) {
  if (block != nullptr && !process.take_memory(room_of_block(block))) {
    __real__ZN2tb10deallocateEPv(block);
    return nullptr;
  }
  return block;
}

void* charge_or_panic(ProcessRecord& process, void* block) {
  void* const charged = charge(process, block);
  if (charged == nullptr) {
    panic("new: the memory limit of the thread's process is reached");
  }
  return charged;
}

void* resize(ProcessRecord& process, void* block, std::size_t size) {
  const std::size_t before = block != nullptr ? room_of_block(block) : 0;
  if (size > before && !process.take_memory(size - before)) {
    return nullptr;
  }
  const std::size_t reserved = size > before ? size : before;
  bool& is_in_it = current_thread().resizes_block;
  is_in_it = true;
  void* const resized = __real__ZN2tb10reallocateEPvm(block, size);
  is_in_it = false;
  const std::size_t after = resized != nullptr ? room_of_block(resized) : before;
  if (after < reserved) {
    process.give_memory(reserved - after);
  } else {
    // The heap has rounded up; at the limit that is nobody's.
    static_cast<void>(process.take_memory(after - reserved));
  }
  return resized;
}

// What the heap has given, by `charge` if somebody pays for it.
void* charged(void* block, void* (*charge)(ProcessRecord& process, void* block)) {
  ProcessRecord* const process = payer();
  return process != nullptr ? charge(*process, block) : block;
}

}  // namespace
}  // namespace tb

extern "C" {

void* __wrap__ZN2tb8allocateEm(std::size_t size) {
  return tb::charged(__real__ZN2tb8allocateEm(size), tb::charge);
}

void* __wrap__ZN2tb8allocateEmm(std::size_t size, std::size_t alignment) {
  return tb::charged(__real__ZN2tb8allocateEmm(size, alignment), tb::charge);
}

void* __wrap__ZN2tb17allocate_or_panicEm(std::size_t size) {
  return tb::charged(__real__ZN2tb17allocate_or_panicEm(size), tb::charge_or_panic);
}

void* __wrap__ZN2tb17allocate_or_panicEmm(std::size_t size, std::size_t alignment) {
  return tb::charged(__real__ZN2tb17allocate_or_panicEmm(size, alignment), tb::charge_or_panic);
}

void __wrap__ZN2tb10deallocateEPv(void* block) {
  tb::detail::ProcessRecord* const process = block != nullptr ? tb::payer() : nullptr;
  if (process != nullptr) {
    process->give_memory(tb::room_of_block(block));
  }
  __real__ZN2tb10deallocateEPv(block);
}

void* __wrap__ZN2tb10reallocateEPvm(void* block, std::size_t size) {
  tb::detail::ProcessRecord* const process = tb::payer();
  return process != nullptr ? tb::resize(*process, block, size)
                            : __real__ZN2tb10reallocateEPvm(block, size);
}
}
