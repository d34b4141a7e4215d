// A 16550 at the address that PCs have had since the first.
#include "arch/x86_64/serial.h"

#include "arch/x86_64/registers.h"

namespace tb::arch::x86 {
namespace {

constexpr std::uint16_t kPort = 0x3f8;
constexpr std::uint16_t kInterruptEnable = kPort + 1;
constexpr std::uint16_t kFifoControl = kPort + 2;
constexpr std::uint16_t kLineControl = kPort + 3;
constexpr std::uint16_t kModemControl = kPort + 4;
constexpr std::uint16_t kLineStatus = kPort + 5;
constexpr std::uint8_t kDivisorLatch = 0x80;
constexpr std::uint8_t kEightBits = 0x03;
constexpr std::uint8_t kRoomToSend = 0x20;
constexpr std::uint8_t kNoPort = 0xff;

bool present = false;  // constant after start

void write_byte(char byte) {
  while ((in8(kLineStatus) & kRoomToSend) == 0) {
    asm volatile("pause");
  }
  out8(kPort, static_cast<std::uint8_t>(byte));
}

}  // namespace

void start_serial() {
  out8(kInterruptEnable, 0);
  out8(kLineControl, kDivisorLatch);
  out8(kPort, 1);  // divisor 1 is 115,200 baud
  out8(kInterruptEnable, 0);
  out8(kLineControl, kEightBits);
  out8(kFifoControl, 0xc7);
  out8(kModemControl, 0x03);
  present = in8(kLineStatus) != kNoPort;
}

void write_serial(std::string_view text) {
  if (!present) {
    return;
  }
  for (const char byte : text) {
    if (byte == '\n') {
      write_byte('\r');
    }
    write_byte(byte);
  }
}

}  // namespace tb::arch::x86
