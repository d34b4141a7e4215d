// What a thread wants called before it ends, see runtime/control/at_exit.h.
#pragma once

namespace tb {

// Its thread's own.
struct ExitHandler {
  ExitHandler* before = nullptr;                       // registered before this one
  void (*call_and_free)(ExitHandler& self) = nullptr;  // it is gone afterwards
};

}  // namespace tb
