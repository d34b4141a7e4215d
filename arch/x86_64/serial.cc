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
constexpr std::uint8_t kAllSent = 0x40;
constexpr std::uint8_t kNoPort = 0xff;

bool present = false;  // constant after start

// Once the port has room, its queue is empty and takes so many bytes.
constexpr unsigned kQueue = 16;

// Only whoever writes to the console; writers are serialised above.
unsigned room = 0;

void write_byte(char byte) {
  if (room == 0) {
    while ((in8(kLineStatus) & kRoomToSend) == 0) {
      asm volatile("pause");
    }
    room = kQueue;
  }
  out8(kPort, static_cast<std::uint8_t>(byte));
  --room;
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
  room = 0;  // the queue may still be full from the last time
  for (const char byte : text) {
    if (byte == '\n') {
      write_byte('\r');
    }
    write_byte(byte);
  }
}

void finish_serial() {
  while (present && (in8(kLineStatus) & kAllSent) == 0) {
    asm volatile("pause");
  }
}

}  // namespace tb::arch::x86
