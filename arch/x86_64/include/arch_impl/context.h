// The switch of x86_64.
#pragma once

#include "arch_impl/thread_switch.h"
