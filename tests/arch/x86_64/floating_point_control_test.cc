// What a switch does about the floating-point control, by what the image's code does and by the
// processor.
#include "arch_impl/floating_point_control.h"

#include <gtest/gtest.h>

namespace tb::arch::x86 {
namespace {

constexpr FloatingPointControl kRoundingUp = {.mxcsr = 0x5f80, .x87 = 0x0b7f};

FloatingPointControl control_now() {
  FloatingPointControl control{};
  read_control(control);
  control.mxcsr &= ~0x3fu;
  return control;
}

void expect_equal(const FloatingPointControl& actual, const FloatingPointControl& expected) {
  EXPECT_EQ(actual.mxcsr, expected.mxcsr);
  EXPECT_EQ(actual.x87, expected.x87);
}

TEST(ControlSwitch, IsNothingWhereNoCodeChangesIt) {
  for (const Vendor vendor : {Vendor::kIntel, Vendor::kAmd, Vendor::kOther}) {
    EXPECT_EQ(control_switch_for(ControlUse::kIsFixed, vendor), ControlSwitch::kNothing);
  }
}

TEST(ControlSwitch, LooksBeforeItLoadsButOnAnAmdProcessor) {
  EXPECT_EQ(control_switch_for(ControlUse::kMayChange, Vendor::kIntel), ControlSwitch::kCompare);
  EXPECT_EQ(control_switch_for(ControlUse::kMayChange, Vendor::kOther), ControlSwitch::kCompare);
  EXPECT_EQ(control_switch_for(ControlUse::kMayChange, Vendor::kAmd), ControlSwitch::kLoad);
}

TEST(ControlSwitch, KeepsTheOldOneAndLoadsTheNewOneByEitherWay) {
  const ControlSwitch before = control_switch;
  for (const ControlSwitch way : {ControlSwitch::kCompare, ControlSwitch::kLoad}) {
    control_switch = way;
    FloatingPointControl kept{};
    exchange_control(kept, kRoundingUp);
    const FloatingPointControl changed = control_now();
    FloatingPointControl kept_again{};
    exchange_control(kept_again, kept);
    expect_equal(changed, kRoundingUp);
    expect_equal(control_now(), kDefaultControl);
    expect_equal({.mxcsr = kept_again.mxcsr & ~0x3fu, .x87 = kept_again.x87}, kRoundingUp);
  }
  control_switch = before;
}

TEST(ControlSwitch, LeavesAloneWhatIsFixed) {
  const ControlSwitch before = control_switch;
  control_switch = ControlSwitch::kNothing;
  FloatingPointControl kept{};
  exchange_control(kept, kRoundingUp);
  control_switch = before;
  expect_equal(control_now(), kDefaultControl);
}

}  // namespace
}  // namespace tb::arch::x86
