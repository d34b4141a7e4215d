// What the headers of the C++ library call where they would throw, or give up. The core has these
// for itself; an application without the C++ library has a second copy.
#include <cstdlib>

#include "runtime/panic.h"

extern "C" void abort() { tb::panic("abort() was called"); }

namespace std {

// The containers of the C++ library call these where they would throw.
void __throw_length_error(const char* what) { tb::panic(what); }
void __throw_logic_error(const char* what) { tb::panic(what); }
void __throw_out_of_range(const char* what) { tb::panic(what); }
void __throw_out_of_range_fmt(const char* what, ...) { tb::panic(what); }
void __throw_invalid_argument(const char* what) { tb::panic(what); }
void __throw_bad_alloc() { tb::panic("out of memory"); }
void __throw_bad_array_new_length() { tb::panic("new of an array that is too long"); }
void __throw_system_error(int) { tb::panic("a lock is used that has no mutex, or has it already"); }
void __throw_bad_function_call() { tb::panic("an empty function was called"); }

}  // namespace std
