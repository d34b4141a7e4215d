// The image has the C and C++ libraries, so its threads have a register for thread_local variables.
extern const char* const image_name;
const char* const image_name = "Threadbare, library";
