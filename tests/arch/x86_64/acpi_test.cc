// Reading the firmware's tables: both generations, what is damaged, and what is left out.
#include "arch/x86_64/acpi.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/arch/x86_64/acpi_bytes.h"

namespace tb::arch::x86 {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr std::uint64_t kRoot = 0xf5a10;
constexpr std::uint64_t kList = 0x7fe0000;
constexpr std::uint64_t kMadt = 0x7fe1000;
constexpr std::uint64_t kAbove4GiB = 0x1'2345'6000;

struct AcpiTables : testing::Test {
  AcpiTables() { physical_memory.clear(); }

  static void put(std::uint64_t address, const Bytes& bytes) {
    physical_memory[address] = bytes.bytes;
  }

  // ACPI 1 with one table, whose entries are given.
  void put_madt(const Bytes& entries) {
    put(kRoot, root_of_acpi_1(kList));
    put(kList, table("RSDT", Bytes().u32(kMadt)));
    put(kMadt, madt(0xfee00000, entries));
  }

  AcpiResult read() { return read_acpi(look_at, firmware, facts); }

  std::span<const PhysicalRange> firmware;
  AcpiFacts facts;
};

TEST_F(AcpiTables, WithoutARootPointerThereIsNothing) {
  EXPECT_EQ(read(), AcpiResult::kNoRootPointer);
  EXPECT_THAT(facts.ids(), IsEmpty());
}

TEST_F(AcpiTables, OfUefiAreFoundWhereTheFirmwareKeepsItsOwn) {
  constexpr std::uint64_t kElsewhere = 0x7ff12340;
  put(kElsewhere, root_of_acpi_1(kList));
  put(kList, table("RSDT", Bytes().u32(kMadt)));
  put(kMadt, madt(0xfee00000, local_apic(3)));
  EXPECT_EQ(read(), AcpiResult::kNoRootPointer);
  constexpr std::array<PhysicalRange, 2> kFirmware = {
      {{0x7fe00000, 0x7fe01000}, {0x7ff12008, 0x7ff13000}}};
  firmware = kFirmware;
  EXPECT_EQ(read(), AcpiResult::kFound);
  EXPECT_THAT(facts.ids(), ElementsAre(3));
}

TEST_F(AcpiTables, ThatListAProcessorTwiceHaveItOnce) {
  put_madt(Bytes().add(local_apic(0)).add(local_apic(1)).add(local_apic(1)).add(local_apic(0)));
  EXPECT_EQ(read(), AcpiResult::kFound);
  EXPECT_THAT(facts.ids(), ElementsAre(0, 1));
}

TEST_F(AcpiTables, LoseTheProcessorsWhoseIdsAreTooLarge) {
  put_madt(Bytes().add(local_apic(0)).add(local_apic(255)).add(local_apic(7)));
  EXPECT_EQ(read(), AcpiResult::kFound);
  EXPECT_EQ(facts.leave_out_from(255), 1u);
  EXPECT_THAT(facts.ids(), ElementsAre(0, 7));
  EXPECT_EQ(facts.leave_out_from(255), 0u);
}

TEST_F(AcpiTables, OfTheFirstGenerationAreFoundThroughTheRsdt) {
  put_madt(Bytes().add(local_apic(0)).add(local_apic(1)));
  EXPECT_EQ(read(), AcpiResult::kFound);
  EXPECT_THAT(facts.ids(), ElementsAre(0, 1));
  EXPECT_EQ(facts.local_apic_address, 0xfee00000U);
  EXPECT_EQ(facts.hpet_address, 0U);
  EXPECT_EQ(facts.pm_timer_port, 0U);
}

TEST_F(AcpiTables, OfTheSecondGenerationAreFoundThroughTheXsdtAbove4GiB) {
  put(kRoot, root_of_acpi_2(0, kAbove4GiB));
  put(kAbove4GiB, table("XSDT", Bytes().u64(kAbove4GiB + 0x1000)));
  put(kAbove4GiB + 0x1000, madt(0xfee00000, local_apic(7)));
  EXPECT_EQ(read(), AcpiResult::kFound);
  EXPECT_THAT(facts.ids(), ElementsAre(7));
}

TEST_F(AcpiTables, OfTheSecondGenerationWithoutXsdtAreFoundThroughTheRsdt) {
  put_madt(local_apic(3));
  put(kRoot, root_of_acpi_2(kList, 0));
  EXPECT_EQ(read(), AcpiResult::kFound);
  EXPECT_THAT(facts.ids(), ElementsAre(3));
}

TEST_F(AcpiTables, WithADamagedSecondHalfOfTheRootAreFoundThroughTheRsdt) {
  put_madt(local_apic(3));
  Bytes root = root_of_acpi_2(kList, kAbove4GiB);
  root.bytes[25] ^= std::byte{1};
  put(kRoot, root);
  EXPECT_EQ(read(), AcpiResult::kFound);
  EXPECT_THAT(facts.ids(), ElementsAre(3));
}

TEST_F(AcpiTables, AreFoundThroughTheExtendedBiosArea) {
  put_madt(local_apic(0));
  physical_memory.erase(kRoot);
  put(0x40e, Bytes().u16(0x9fc0));
  put(0x9fc00, Bytes().pad_to(0x3f0).pad_to(1024 + 36));
  EXPECT_EQ(read(), AcpiResult::kNoRootPointer);
  put(0x9fc00, Bytes().pad_to(0x3d0).add(root_of_acpi_1(kList)).pad_to(1024));
  EXPECT_EQ(read(), AcpiResult::kFound);
  EXPECT_THAT(facts.ids(), ElementsAre(0));
}

TEST_F(AcpiTables, ARootPointerWithAWrongSumOrPlaceIsNone) {
  put_madt(local_apic(0));
  Bytes damaged = root_of_acpi_1(kList);
  damaged.bytes[10] ^= std::byte{1};
  put(kRoot, damaged);
  EXPECT_EQ(read(), AcpiResult::kNoRootPointer);
  physical_memory.erase(kRoot);
  put(kRoot + 8, root_of_acpi_1(kList));
  EXPECT_EQ(read(), AcpiResult::kNoRootPointer) << "it has to be on a multiple of 16";
}

TEST_F(AcpiTables, TheSearchGoesOnBehindADamagedRootPointer) {
  put_madt(local_apic(4));
  Bytes damaged = root_of_acpi_1(kList);
  damaged.bytes[10] ^= std::byte{1};
  put(kRoot - 0x100, damaged);
  EXPECT_EQ(read(), AcpiResult::kFound);
}

TEST_F(AcpiTables, AListThatIsDamagedOrAbsentIsSaidToBe) {
  put_madt(local_apic(0));
  physical_memory[kList][20] ^= std::byte{1};
  EXPECT_EQ(read(), AcpiResult::kDamaged);
  physical_memory.erase(kList);
  EXPECT_EQ(read(), AcpiResult::kDamaged);
  EXPECT_THAT(facts.ids(), IsEmpty());
}

TEST_F(AcpiTables, ATableThatIsDamagedIsAsGoodAsAbsentAndTheOthersCount) {
  put(kRoot, root_of_acpi_1(kList));
  put(kList, table("RSDT", Bytes().u32(kMadt).u32(0x666000).u32(kMadt + 0x1000)));
  Bytes hpet = table("HPET", Bytes().u32(0).u32(0).u64(0xfed00000).u32(0));
  put(kMadt + 0x1000, hpet);
  Bytes damaged = madt(0xfee00000, local_apic(0));
  damaged.bytes[50] ^= std::byte{1};
  put(kMadt, damaged);
  EXPECT_EQ(read(), AcpiResult::kFound);
  EXPECT_THAT(facts.ids(), IsEmpty());
  EXPECT_EQ(facts.local_apic_address, 0U);
  EXPECT_EQ(facts.hpet_address, 0xfed00000U);
}

TEST_F(AcpiTables, ATableWhoseLengthLeavesMemoryOrIsTooSmallIsAbsent) {
  for (const std::uint32_t length : {0U, 35U, 0x10000000U, 0xffffffffU}) {
    put_madt(local_apic(0));
    Bytes wrong = Bytes().text("APIC").u32(length).pad_to(52);
    put(kMadt, wrong.fix_sum(9, 52));
    EXPECT_EQ(read(), AcpiResult::kFound);
    EXPECT_THAT(facts.ids(), IsEmpty()) << length;
  }
}

TEST_F(AcpiTables, ProcessorsThatAreSwitchedOffDoNotCount) {
  constexpr std::uint32_t kOnlineCapable = 2;
  put_madt(Bytes()
               .add(local_apic(0))
               .add(local_apic(1, 0))
               .add(local_apic(2, kOnlineCapable))
               .add(local_apic(3))
               .add(local_x2apic(300, 0)));
  EXPECT_EQ(read(), AcpiResult::kFound);
  EXPECT_THAT(facts.ids(), ElementsAre(0, 3));
  EXPECT_EQ(facts.cpus_left_out, 0U);
}

TEST_F(AcpiTables, X2ApicProcessorsHaveLargeIds) {
  put_madt(Bytes().add(local_apic(254)).add(local_x2apic(255)).add(local_x2apic(0x10000)));
  EXPECT_EQ(read(), AcpiResult::kFound);
  EXPECT_THAT(facts.ids(), ElementsAre(254, 255, 0x10000));
}

TEST_F(AcpiTables, TheSixtyFourBitAddressReplacesTheOther) {
  put_madt(Bytes().add(local_apic(0)).add(apic_override(kAbove4GiB)));
  EXPECT_EQ(read(), AcpiResult::kFound);
  EXPECT_EQ(facts.local_apic_address, kAbove4GiB);
}

TEST_F(AcpiTables, EntriesOfOtherKindsAreSkipped) {
  const Bytes io_apic = Bytes().u8(1).u8(12).pad_to(12);
  put_madt(Bytes().add(io_apic).add(local_apic(1)).add(io_apic).add(local_apic(2)));
  EXPECT_EQ(read(), AcpiResult::kFound);
  EXPECT_THAT(facts.ids(), ElementsAre(1, 2));
}

TEST_F(AcpiTables, EntriesThatAreCutOffEndTheList) {
  const Bytes long_one = local_apic(1);
  for (std::size_t size = 0; size < 8; ++size) {
    Bytes cut = long_one;
    put_madt(Bytes().add(local_apic(0)).add(cut.pad_to(size)));
    facts = {};
    EXPECT_EQ(read(), AcpiResult::kFound);
    EXPECT_THAT(facts.ids(), ElementsAre(0)) << size;
  }
}

TEST_F(AcpiTables, EntriesThatAreTooShortForTheirKindAreSkippedAndAnEmptyOneEndsTheList) {
  const Bytes short_apic = Bytes().u8(0).u8(4).u8(9).u8(9);
  const Bytes short_x2apic = Bytes().u8(9).u8(12).pad_to(4).u32(77).u32(1);
  const Bytes short_override = Bytes().u8(5).u8(8).pad_to(8);
  const Bytes empty = Bytes().u8(0).u8(0);
  put_madt(Bytes()
               .add(short_apic)
               .add(short_x2apic)
               .add(short_override)
               .add(local_apic(1))
               .add(empty)
               .add(local_apic(2)));
  EXPECT_EQ(read(), AcpiResult::kFound);
  EXPECT_THAT(facts.ids(), ElementsAre(1));
  EXPECT_EQ(facts.local_apic_address, 0xfee00000U);
}

TEST_F(AcpiTables, ProcessorsBeyondTheMostAreCountedAsLeftOut) {
  Bytes entries;
  for (std::uint32_t id = 0; id < kMaxCpus + 3; ++id) {
    entries.add(local_x2apic(id));
  }
  put_madt(entries.add(local_x2apic(5000, 0)));
  EXPECT_EQ(read(), AcpiResult::kFound);
  EXPECT_EQ(facts.cpus, kMaxCpus);
  EXPECT_EQ(facts.ids().back(), kMaxCpus - 1);
  EXPECT_EQ(facts.cpus_left_out, 3U);
}

TEST_F(AcpiTables, TheHpetAndThePmTimerAreFoundInTheirTables) {
  put(kRoot, root_of_acpi_1(kList));
  put(kList, table("RSDT", Bytes().u32(kMadt).u32(kMadt + 0x1000)));
  put(kMadt, table("HPET", Bytes().u32(0x8086a201).u8(0).u8(64).u16(0).u64(0xfed00000).u32(0)));
  put(kMadt + 0x1000, table("FACP", Bytes().pad_to(40).u32(0x608).pad_to(80)));
  EXPECT_EQ(read(), AcpiResult::kFound);
  EXPECT_EQ(facts.hpet_address, 0xfed00000U);
  EXPECT_EQ(facts.pm_timer_port, 0x608U);
}

TEST_F(AcpiTables, TablesTooShortForTheirFieldsAreIgnored) {
  put(kRoot, root_of_acpi_1(kList));
  put(kList, table("RSDT", Bytes().u32(kMadt).u32(kMadt + 0x1000).u32(kMadt + 0x2000)));
  put(kMadt, table("HPET", Bytes().u32(1).u32(1).u64(0xfed00000).u8(0)));
  put(kMadt + 0x1000, table("FACP", Bytes().pad_to(40).u16(0x608)));
  put(kMadt + 0x2000, table("APIC", Bytes().u32(0xfee00000)));
  EXPECT_EQ(read(), AcpiResult::kFound);
  EXPECT_EQ(facts.hpet_address, 0U);
  EXPECT_EQ(facts.pm_timer_port, 0U);
  EXPECT_EQ(facts.local_apic_address, 0U);
}

}  // namespace
}  // namespace tb::arch::x86
