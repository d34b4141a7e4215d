// The switch of a hosted CPU: that of any x86 processor.
#pragma once

#include "arch_impl/thread_switch.h"
