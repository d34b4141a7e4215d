// What the build and the language library in the image tell the core.
#pragma once

// The name the application was built under; generated with the image.
extern "C" const char tb_application_name[];

namespace tb {

// Runs what was registered to run at the end, and ends the machine. Defined by the language library
// that the image is linked with.
[[noreturn]] void exit_program(int status);

}  // namespace tb
