// The choice between MWAIT and HLT, from what CPUID says and what the boot command line wants.
#include "arch/x86_64/idle_choice.h"

#include <gtest/gtest.h>

#include <initializer_list>

namespace tb::arch::x86 {
namespace {

constexpr std::uint32_t kSkylake = 0x000506e3;
constexpr std::uint32_t kGoldmont = 0x000506c9;
constexpr std::uint32_t kLunarLake = 0x000b06d1;
constexpr std::uint32_t kDunnington = 0x000106d1;
constexpr std::uint32_t kNehalemEx = 0x000206e6;
constexpr std::uint32_t kWestmereEx = 0x000206f2;
constexpr std::uint32_t kZen2 = 0x00830f10;

constexpr MonitorFacts good_processor() {
  return {.monitor = true,
          .intel = true,
          .emulated = false,
          .signature = kSkylake,
          .extensions = 3,
          .substates = 0x00142120};
}

void expect_mwait(const MonitorFacts& facts, bool automatic, bool on) {
  EXPECT_EQ(choose_mwait(facts, MwaitChoice::kAutomatic), automatic);
  EXPECT_EQ(choose_mwait(facts, MwaitChoice::kOn), on);
  EXPECT_FALSE(choose_mwait(facts, MwaitChoice::kOff));
}

TEST(IdleChoice, IsMwaitOnAProcessorThatHasIt) { expect_mwait(good_processor(), true, true); }

TEST(IdleChoice, IsHltWithoutMonitorWhateverIsAskedFor) {
  MonitorFacts facts = good_processor();
  facts.monitor = false;
  expect_mwait(facts, false, false);
}

TEST(IdleChoice, IsMwaitUnderTheEmulatorOnlyIfAskedFor) {
  MonitorFacts facts = good_processor();
  facts.emulated = true;
  expect_mwait(facts, false, true);
}

TEST(IdleChoice, IsMwaitWhereMonitorMissesStoresOnlyIfAskedFor) {
  for (const std::uint32_t signature :
       {kGoldmont, kLunarLake, kDunnington, kNehalemEx, kWestmereEx}) {
    SCOPED_TRACE(signature);
    MonitorFacts facts = good_processor();
    facts.signature = signature;
    expect_mwait(facts, false, true);
    facts.intel = false;
    expect_mwait(facts, true, true);
  }
}

TEST(IdleChoice, IsHltWhereTheEnumerationOfStatesHasNoC1) {
  MonitorFacts facts = good_processor();
  facts.substates = 0x00002102;
  expect_mwait(facts, false, true);
  facts.extensions = 2;  // nothing is enumerated
  expect_mwait(facts, true, true);
}

TEST(IdleChoice, ReadsFamilyAndModelFromTheSignature) {
  EXPECT_EQ(family_of(kSkylake), 6u);
  EXPECT_EQ(model_of(kSkylake), 0x5eu);
  EXPECT_EQ(family_of(kZen2), 0x17u);
  EXPECT_EQ(model_of(kZen2), 0x31u);
}

}  // namespace
}  // namespace tb::arch::x86
