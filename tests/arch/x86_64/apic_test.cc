// The local APIC's driver against a port that writes down what the hardware would see: both forms
// of access, both timers, every register by its number in the manual.
#include "arch/x86_64/apic.h"

#include <gtest/gtest.h>

#include <array>
#include <deque>
#include <map>
#include <string>
#include <type_traits>
#include <vector>

#include "base/format.h"

namespace tb::arch::x86 {
namespace {

using Accesses = std::vector<std::string>;

struct Hardware {
  Accesses seen;
  std::map<std::uint32_t, std::uint32_t> memory;
  std::map<std::uint32_t, std::uint64_t> msrs;
  std::deque<std::uint32_t> next_command_reads;  // then 0
};

class RecordingPort {
 public:
  explicit RecordingPort(Hardware& hardware) : hardware_(&hardware) {}

  std::uint32_t read_memory(std::uint32_t offset) const {
    note("read {:#x}", offset);
    if (offset == 0x300 && !hardware_->next_command_reads.empty()) {
      const std::uint32_t value = hardware_->next_command_reads.front();
      hardware_->next_command_reads.pop_front();
      return value;
    }
    return hardware_->memory[offset];
  }

  void write_memory(std::uint32_t offset, std::uint32_t value) {
    note("{:#x} = {:#x}", offset, value);
  }

  std::uint64_t read_msr(std::uint32_t msr) const {
    note("read msr {:#x}", msr);
    return hardware_->msrs[msr];
  }

  void write_msr(std::uint32_t msr, std::uint64_t value) { note("msr {:#x} = {:#x}", msr, value); }

  void order_stores() { note("order stores"); }

 private:
  template <class... Args>
  void note(FormatString<std::type_identity_t<Args>...> format, const Args&... arguments) const {
    std::array<char, 80> text;
    hardware_->seen.emplace_back(format_into(text, format, arguments...));
  }

  Hardware* hardware_;
};

struct LocalApicTest : testing::Test {
  LocalApic<RecordingPort> apic(ApicMode mode, ApicTimer timer = ApicTimer::kCountDown) {
    return {RecordingPort(hardware), mode, timer};
  }

  Hardware hardware;
};

TEST_F(LocalApicTest, InMemoryIsEnabledWithACountdownThatCountsNothingYet) {
  hardware.msrs[0x1b] = 0xfee00100;  // its address; the boot CPU
  apic(ApicMode::kMemory).enable(0xff, 0xe0);
  EXPECT_EQ(hardware.seen, (Accesses{"read msr 0x1b", "msr 0x1b = 0xfee00900", "0xf0 = 0x1ff",
                                     "0x3e0 = 0xb", "0x320 = 0xe0"}));
}

TEST_F(LocalApicTest, InMemoryIsEnabledWithTheDeadlineModeVisibleBeforeAnyDeadline) {
  apic(ApicMode::kMemory, ApicTimer::kTscDeadline).enable(0xff, 0xe0);
  EXPECT_EQ(hardware.seen, (Accesses{"read msr 0x1b", "msr 0x1b = 0x800", "0xf0 = 0x1ff",
                                     "0x320 = 0x400e0", "order stores"}));
}

TEST_F(LocalApicTest, AsX2ApicIsEnabledByItsModeBitAndMsrs) {
  hardware.msrs[0x1b] = 0xfee00900;
  apic(ApicMode::kX2Apic).enable(0xff, 0xe0);
  EXPECT_EQ(hardware.seen, (Accesses{"read msr 0x1b", "msr 0x1b = 0xfee00d00", "msr 0x80f = 0x1ff",
                                     "msr 0x83e = 0xb", "msr 0x832 = 0xe0"}));
}

TEST_F(LocalApicTest, AsX2ApicSetsTheDeadlineModeToo) {
  apic(ApicMode::kX2Apic, ApicTimer::kTscDeadline).enable(0xef, 0x30);
  EXPECT_EQ(hardware.seen, (Accesses{"read msr 0x1b", "msr 0x1b = 0xc00", "msr 0x80f = 0x1ef",
                                     "msr 0x832 = 0x40030", "order stores"}));
}

TEST_F(LocalApicTest, EndsAnInterruptByOneWriteOfZero) {
  apic(ApicMode::kMemory).end_of_interrupt();
  apic(ApicMode::kX2Apic).end_of_interrupt();
  EXPECT_EQ(hardware.seen, (Accesses{"0xb0 = 0x0", "msr 0x80b = 0x0"}));
}

TEST_F(LocalApicTest, InMemoryHasAnIdOfEightBitsAtTheTop) {
  hardware.memory[0x20] = 0xfe000000;
  EXPECT_EQ(apic(ApicMode::kMemory).id(), 0xfeU);
  EXPECT_EQ(hardware.seen, Accesses{"read 0x20"});
}

TEST_F(LocalApicTest, AsX2ApicHasAnIdOfThirtyTwoBits) {
  hardware.msrs[0x802] = 0x00012345;
  EXPECT_EQ(apic(ApicMode::kX2Apic).id(), 0x12345U);
  EXPECT_EQ(hardware.seen, Accesses{"read msr 0x802"});
}

struct Send {
  const char* what;
  std::uint32_t command;
  const char* low;   // as the memory form writes it
  const char* both;  // as the x2APIC form does, to CPU 5
};

constexpr Send kSends[] = {
    {"a vector", 0xe1, "0x300 = 0xe1", "msr 0x830 = 0x5000000e1"},
    {"INIT", apic::kDeliveryInit | apic::kLevelAssert, "0x300 = 0x4500", "msr 0x830 = 0x500004500"},
    {"startup at 0x8000", apic::kDeliveryStartup | 8, "0x300 = 0x608", "msr 0x830 = 0x500000608"},
    {"NMI", apic::kDeliveryNmi, "0x300 = 0x400", "msr 0x830 = 0x500000400"},
};

TEST_F(LocalApicTest, InMemorySendsByTwoWritesTheReceiverFirst) {
  for (const Send& send : kSends) {
    hardware.seen.clear();
    apic(ApicMode::kMemory).send(5, send.command);
    EXPECT_EQ(hardware.seen, (Accesses{"0x310 = 0x5000000", send.low, "read 0x300"})) << send.what;
  }
}

TEST_F(LocalApicTest, AsX2ApicSendsByOneWriteAfterEarlierStores) {
  for (const Send& send : kSends) {
    hardware.seen.clear();
    apic(ApicMode::kX2Apic).send(5, send.command);
    EXPECT_EQ(hardware.seen, (Accesses{"order stores", send.both})) << send.what;
  }
}

TEST_F(LocalApicTest, AsX2ApicReachesIdsBeyondEightBits) {
  apic(ApicMode::kX2Apic).send(0xfffffffe, 0x20);
  EXPECT_EQ(hardware.seen.back(), "msr 0x830 = 0xfffffffe00000020");
}

TEST_F(LocalApicTest, InMemoryWaitsUntilTheInterruptIsSent) {
  hardware.next_command_reads = {0x1000, 0x10e1, 0xe1};
  apic(ApicMode::kMemory).send(1, 0xe1);
  EXPECT_EQ(hardware.seen, (Accesses{"0x310 = 0x1000000", "0x300 = 0xe1", "read 0x300",
                                     "read 0x300", "read 0x300"}));
}

TEST_F(LocalApicTest, ArmsTheDeadlineByItsMsrInEitherForm) {
  for (const ApicMode mode : {ApicMode::kMemory, ApicMode::kX2Apic}) {
    hardware.seen.clear();
    apic(mode, ApicTimer::kTscDeadline).arm_deadline(0x123456789abc);
    EXPECT_EQ(hardware.seen, Accesses{"msr 0x6e0 = 0x123456789abc"});
  }
}

TEST_F(LocalApicTest, ArmsTheCountdownAndReadsWhatIsLeftOfIt) {
  hardware.memory[0x390] = 77;
  hardware.msrs[0x839] = 78;
  apic(ApicMode::kMemory).arm_countdown(1000);
  EXPECT_EQ(apic(ApicMode::kMemory).countdown(), 77U);
  apic(ApicMode::kX2Apic).arm_countdown(1000);
  EXPECT_EQ(apic(ApicMode::kX2Apic).countdown(), 78U);
  EXPECT_EQ(hardware.seen,
            (Accesses{"0x380 = 0x3e8", "read 0x390", "msr 0x838 = 0x3e8", "read msr 0x839"}));
}

TEST_F(LocalApicTest, RemembersItsFormAndItsTimer) {
  const auto made = apic(ApicMode::kX2Apic, ApicTimer::kTscDeadline);
  EXPECT_EQ(made.mode(), ApicMode::kX2Apic);
  EXPECT_EQ(made.timer(), ApicTimer::kTscDeadline);
  EXPECT_TRUE(hardware.seen.empty());
}

}  // namespace
}  // namespace tb::arch::x86
