// From the first thread to main(), as the kernel and the C library's own first instructions would
// do it: arguments, environment and a vector of facts, one behind the other.
#include <elf.h>
#include <link.h>
#include <sys/auxv.h>

#include <array>
#include <cstring>

#include "arch/random.h"
#include "base/units.h"
#include "runtime/application.h"
#include "runtime/program.h"
#include "runtime/standard_library/thread_local_image.h"
#include "runtime/thread_life.h"

extern "C" {
int main(int argc, char** argv);

// The C library's own beginning.
[[noreturn]] void __libc_start_main(int (*main)(int, char**), int argc, char** argv, void (*init)(),
                                    void (*fini)(), void (*rtld_fini)(), void* stack_end);

// What a compiler's own start files would define: the constructors are all in arrays.
void _init() {}
void _fini() {}
void _dl_relocate_static_pie() {}  // the image lies where it was linked for
void* __dso_handle = nullptr;

extern char __image_begin[];
extern char __image_end[];
extern char __unwind_table_begin[];
extern char __unwind_table_end[];
extern char machine_start[];
}

namespace tb {
namespace {

std::uintptr_t address_of(const void* pointer) { return reinterpret_cast<std::uintptr_t>(pointer); }

Elf64_Phdr segment(std::uint32_t type, const char* begin, const char* end) {
  return {.p_type = type,
          .p_flags = PF_R,
          .p_offset = 0,
          .p_vaddr = address_of(begin),
          .p_paddr = address_of(begin),
          .p_filesz = static_cast<std::uint64_t>(end - begin),
          .p_memsz = static_cast<std::uint64_t>(end - begin),
          .p_align = kPageSize};
}

Elf64_Phdr thread_local_segment() {
  const ThreadLocalImage image = thread_local_image();
  Elf64_Phdr header = segment(PT_TLS, image.begin, image.begin + image.size);
  header.p_filesz = image.initialised;
  header.p_align = image.alignment;
  return header;
}

// Without it the C library would ask for stacks that can be executed.
Elf64_Phdr stack_segment() {
  Elf64_Phdr header{};
  header.p_type = PT_GNU_STACK;
  header.p_flags = PF_R | PF_W;
  return header;
}

// The image as the C library looks at itself, to find thread_local variables and what to unwind.
constinit std::array<Elf64_Phdr, 4> program_headers{};

// All that the C library is handed at its start. The environment is empty.
struct StartVector {
  static constexpr std::size_t kMostArguments = 1024;
  static constexpr std::size_t kFacts = 16;

  // Argument pointers and a null, the environment's null, then the facts: one behind the other.
  std::array<std::uintptr_t, kMostArguments + 2 + 2 * kFacts> words{};
  std::array<std::byte, 16> random{};
};
constinit StartVector start_vector;

std::uintptr_t* add_fact(std::uintptr_t* place, std::uintptr_t kind, std::uintptr_t value) {
  *place++ = kind;
  *place++ = value;
  return place;
}

void fill_start_vector(int count, char** values) {
  program_headers = {segment(PT_LOAD, __image_begin, __image_end), thread_local_segment(),
                     segment(PT_GNU_EH_FRAME, __unwind_table_begin, __unwind_table_end),
                     stack_segment()};
  arch::fill_random(start_vector.random);
  std::uintptr_t* place = start_vector.words.data();
  for (int i = 0; i < count; ++i) {
    *place++ = address_of(values[i]);
  }
  *place++ = 0;
  *place++ = 0;
  place = add_fact(place, AT_PHDR, address_of(program_headers.data()));
  place = add_fact(place, AT_PHENT, sizeof(Elf64_Phdr));
  place = add_fact(place, AT_PHNUM, program_headers.size());
  place = add_fact(place, AT_PAGESZ, kPageSize);
  place = add_fact(place, AT_ENTRY, address_of(machine_start));
  place = add_fact(place, AT_UID, 0);
  place = add_fact(place, AT_EUID, 0);
  place = add_fact(place, AT_GID, 0);
  place = add_fact(place, AT_EGID, 0);
  place = add_fact(place, AT_SECURE, 0);
  place = add_fact(place, AT_CLKTCK, 100);
  place = add_fact(place, AT_RANDOM, address_of(start_vector.random.data()));
  add_fact(place, AT_NULL, 0);
}

int call_main(int count, char** values) {
  note_main_begins();
  const int status = main(count, values);
  run_exit_handlers();
  return status;
}

}  // namespace

void run_program(int count, char** values) {
  fill_start_vector(count, values);
  __libc_start_main(call_main, count, reinterpret_cast<char**>(start_vector.words.data()), nullptr,
                    nullptr, nullptr, __builtin_frame_address(0));
}

}  // namespace tb
