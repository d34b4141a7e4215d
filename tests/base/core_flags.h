// A little of everything in base/, compiled with the flags of the core.
#pragma once

#include <span>
#include <string_view>

// Sorts, queues, pools and prints a few numbers, using every template of base/ on the way.
std::string_view use_everything(std::span<char> buffer);
