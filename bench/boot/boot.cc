// Prints what it took from the image's first instruction to main().
#include "runtime/boot_ticks.h"
#include "runtime/console.h"

int main() {
  tb::println("boot to main: {} ticks", tb::boot_ticks());
  return 0;
}
