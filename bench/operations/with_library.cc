// The image has the C and C++ libraries, so its threads have a register for thread_local variables.
extern const bool image_has_library = true;
