// The host's memory behind pages. Pages without a frame cannot be touched, so that the first touch
// is a fault; all others allow what they shall.
//
// Linux gives a process some 65,000 areas of memory, and an area has one protection. So pages that
// cannot be touched are guarded inside an area that could be (MADV_GUARD_INSTALL, Linux 6.13).
// An older host protects each page while there are areas left; beyond that pages of a chunk that is
// in use can be touched although they have no frame: an overflow there is not noticed.
#pragma once

#include <cstddef>
#include <cstdint>

#include "arch/memory.h"

namespace tb::arch::hosted {

// All under the lock of memory.cc. False if the host refuses.

// Has the page hold zeros and allow that access.
bool open_page(std::uintptr_t page, Access access);

// Takes contents away; the pages cannot be touched any more.
void close_pages(std::uintptr_t begin, std::uintptr_t end);

// Changes what open pages allow.
bool change_access(std::uintptr_t begin, std::uintptr_t end, Access access);

}  // namespace tb::arch::hosted
