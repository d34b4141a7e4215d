// The image has the runtime alone.
extern const bool image_has_library = false;
