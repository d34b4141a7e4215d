// Does nothing for a while, on all CPUs.
#include <chrono>

#include "runtime/thread.h"

int main() { tb::this_thread::sleep_for(std::chrono::seconds(2)); }
