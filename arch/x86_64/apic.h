// The local APIC of a CPU: interrupts to others, its timer, end of interrupt. One class for both
// forms of access (memory, and MSRs as x2APIC) and both kinds of timer. The port that carries the
// register accesses is a parameter, so that host tests record what the hardware would see.
// Intel SDM volume 3A, chapter 11.
#pragma once

#include <cstdint>

namespace tb::arch::x86 {

enum class ApicMode : std::uint8_t { kMemory, kX2Apic };
enum class ApicTimer : std::uint8_t { kCountDown, kTscDeadline };

namespace apic {
inline constexpr std::uint32_t kId = 0x20;
inline constexpr std::uint32_t kEndOfInterrupt = 0xb0;
inline constexpr std::uint32_t kSpurious = 0xf0;
inline constexpr std::uint32_t kCommandLow = 0x300;
inline constexpr std::uint32_t kCommandHigh = 0x310;
inline constexpr std::uint32_t kTimerEntry = 0x320;
inline constexpr std::uint32_t kTimerInitial = 0x380;
inline constexpr std::uint32_t kTimerCurrent = 0x390;
inline constexpr std::uint32_t kTimerDivide = 0x3e0;

inline constexpr std::uint32_t kSoftwareEnable = 1 << 8;
inline constexpr std::uint32_t kMasked = 1 << 16;
inline constexpr std::uint32_t kTscDeadlineMode = 0b10 << 17;
inline constexpr std::uint32_t kDivideByOne = 0b1011;
inline constexpr std::uint32_t kDeliveryNmi = 0b100 << 8;
inline constexpr std::uint32_t kDeliveryInit = 0b101 << 8;
inline constexpr std::uint32_t kDeliveryStartup = 0b110 << 8;
inline constexpr std::uint32_t kLevelAssert = 1 << 14;
inline constexpr std::uint32_t kSendPending = 1 << 12;

inline constexpr std::uint32_t kBaseMsr = 0x1b;
inline constexpr std::uint64_t kBaseEnable = 1 << 11;
inline constexpr std::uint64_t kBaseX2Apic = 1 << 10;
inline constexpr std::uint32_t kX2ApicFirstMsr = 0x800;
inline constexpr std::uint32_t kTscDeadlineMsr = 0x6e0;
}  // namespace apic

// Port: read_memory(offset), write_memory(offset, value), read_msr(msr), write_msr(msr, value), and
// order_stores(), after which all earlier stores are visible to others.
template <class Port>
class LocalApic {
 public:
  constexpr LocalApic(Port port, ApicMode mode, ApicTimer timer)
      : port_(port), mode_(mode), timer_(timer) {}

  // Switches this CPU's APIC on, its timer armed for nothing.
  void enable(std::uint8_t spurious_vector, std::uint8_t timer_vector) {
    const std::uint64_t mode_bit = mode_ == ApicMode::kX2Apic ? apic::kBaseX2Apic : 0;
    port_.write_msr(apic::kBaseMsr, port_.read_msr(apic::kBaseMsr) | apic::kBaseEnable | mode_bit);
    write(apic::kSpurious, apic::kSoftwareEnable | spurious_vector);
    if (timer_ == ApicTimer::kTscDeadline) {
      write(apic::kTimerEntry, apic::kTscDeadlineMode | timer_vector);
      port_.order_stores();  // the mode must be set before the deadline is written
    } else {
      write(apic::kTimerDivide, apic::kDivideByOne);
      write(apic::kTimerEntry, timer_vector);
    }
  }

  std::uint32_t id() const {
    const std::uint32_t value = read(apic::kId);
    return mode_ == ApicMode::kX2Apic ? value : value >> 24;
  }

  void end_of_interrupt() { write(apic::kEndOfInterrupt, 0); }

  // Interrupts are off: the memory form takes two writes that belong together.
  void send(std::uint32_t apic_id, std::uint32_t command) {
    if (mode_ == ApicMode::kX2Apic) {
      port_.order_stores();  // unlike a memory access, the MSR write may overtake earlier stores
      port_.write_msr(msr_of(apic::kCommandLow), std::uint64_t{apic_id} << 32 | command);
      return;
    }
    port_.write_memory(apic::kCommandHigh, apic_id << 24);
    port_.write_memory(apic::kCommandLow, command);
    while ((port_.read_memory(apic::kCommandLow) & apic::kSendPending) != 0) {
    }
  }

  // The timer interrupt comes when the TSC has reached the value.
  void arm_deadline(std::uint64_t tsc) { port_.write_msr(apic::kTscDeadlineMsr, tsc); }

  // The timer interrupt comes after so many ticks of the APIC's own clock; 0 would disarm.
  void arm_countdown(std::uint32_t ticks) { write(apic::kTimerInitial, ticks); }

  // For calibration: the ticks left.
  std::uint32_t countdown() const { return read(apic::kTimerCurrent); }

  ApicTimer timer() const { return timer_; }
  ApicMode mode() const { return mode_; }

 private:
  static constexpr std::uint32_t msr_of(std::uint32_t offset) {
    return apic::kX2ApicFirstMsr + offset / 16;
  }

  std::uint32_t read(std::uint32_t offset) const {
    return mode_ == ApicMode::kX2Apic ? static_cast<std::uint32_t>(port_.read_msr(msr_of(offset)))
                                      : port_.read_memory(offset);
  }

  void write(std::uint32_t offset, std::uint32_t value) {
    if (mode_ == ApicMode::kX2Apic) {
      port_.write_msr(msr_of(offset), value);
    } else {
      port_.write_memory(offset, value);
    }
  }

  Port port_;
  ApicMode mode_;
  ApicTimer timer_;
};

}  // namespace tb::arch::x86
