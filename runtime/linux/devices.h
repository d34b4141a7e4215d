// What stands in /dev, and the names of threads in /proc.
#pragma once

#include "runtime/files/device.h"

namespace tb::linux_abi {

// Constant after start. Reading the console finds its end at once: it is for output.
extern const files::Device console_device;
extern const files::Device null_device;
extern const files::Device zero_device;
extern const files::Device random_device;

// The name of the thread with that number, which C libraries read and write in /proc.
files::Device thread_name_device(std::uint32_t number);

}  // namespace tb::linux_abi
