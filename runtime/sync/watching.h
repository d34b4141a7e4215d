// Pauses of a thread that watches something another CPU is about to change: every look takes a line
// from that one's cache. In time, for the processors' own instruction for that takes ten times as
// long on some as on others.
//
// For the sources beside this.
#pragma once

#include "arch/clock.h"
#include "arch/cpu.h"
#include "base/time.h"

namespace tb::detail {

inline void pause_for(Duration length) {
  const Time begin = arch::now();
  do {
    arch::relax();
  } while (arch::now() - begin < length);
}

}  // namespace tb::detail
