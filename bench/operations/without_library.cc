// The image has the runtime alone.
extern const char* const image_name;
const char* const image_name = "Threadbare";
