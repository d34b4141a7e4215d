// The same, and its scheduler counts nothing.
extern const char* const image_name;
const char* const image_name = "Threadbare, no counters";
