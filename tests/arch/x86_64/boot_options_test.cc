// The machine's words on the boot command line: each of them, each wrong value, and what is left
// for the application.
#include "arch/x86_64/boot_options.h"

#include <gtest/gtest.h>

#include <initializer_list>
#include <string>
#include <string_view>

namespace tb::arch::x86 {
namespace {

std::string told(const BootOptions& options) {
  std::string text;
  text += options.clock == ClockChoice::kTsc ? "tsc " : "";
  text += options.clock == ClockChoice::kReference ? "reference " : "";
  text += options.screen == ScreenChoice::kOn ? "screen " : "";
  text += options.screen == ScreenChoice::kOff ? "no-screen " : "";
  text += options.mwait == MwaitChoice::kOn ? "mwait " : "";
  text += options.mwait == MwaitChoice::kOff ? "no-mwait " : "";
  text += options.use_hpet ? "" : "no-hpet ";
  text += options.use_xsave ? "" : "no-xsave ";
  text += options.withheld_cpu != BootOptions::kNobody
              ? "withhold-" + std::to_string(options.withheld_cpu)
              : "";
  return text;
}

struct Case {
  std::string_view line;
  const char* options;  // what differs from a line without words
  std::string_view rest;
  std::string_view bad_word = {};
};

void expect_all(std::initializer_list<Case> cases) {
  for (const Case& each : cases) {
    const ParsedCommandLine parsed = parse_boot_options(each.line);
    EXPECT_EQ(told(parsed.options), each.options) << each.line;
    EXPECT_EQ(parsed.rest, each.rest) << each.line;
    EXPECT_EQ(parsed.bad_word, each.bad_word) << each.line;
  }
}

TEST(BootOptions, WithoutWordsLeaveEverythingToTheMachine) {
  expect_all({{"", "", ""}, {"   ", "", ""}, {"a b", "", "a b"}});
}

TEST(BootOptions, EachWordDoesItsOwn) {
  expect_all({
      {"machine.clock=tsc", "tsc ", ""},
      {"machine.clock=reference", "reference ", ""},
      {"machine.screen=on", "screen ", ""},
      {"machine.screen=off", "no-screen ", ""},
      {"machine.mwait=on", "mwait ", ""},
      {"machine.mwait=off", "no-mwait ", ""},
      {"machine.hpet=on", "", ""},
      {"machine.hpet=off", "no-hpet ", ""},
      {"machine.xsave=on", "", ""},
      {"machine.xsave=off", "no-xsave ", ""},
      {"machine.withhold=1", "withhold-1", ""},
      {"machine.withhold=1023", "withhold-1023", ""},
  });
}

TEST(BootOptions, ManyWordsAddUpAndTheLastOfAKindCounts) {
  expect_all({
      {"machine.hpet=off  machine.xsave=off machine.withhold=3 x", "no-hpet no-xsave withhold-3",
       "x"},
      {"machine.clock=tsc machine.clock=reference", "reference ", ""},
      {"machine.hpet=off machine.hpet=on", "", ""},
  });
}

TEST(BootOptions, TheRestOfTheLineIsTheApplicationsAsItStands) {
  expect_all({
      {"machine.hpet=off  \"a  b\" c", "no-hpet ", "\"a  b\" c"},
      {" machine.hpet=off x machine.xsave=off", "no-hpet ", "x machine.xsave=off"},
      {"-- machine.hpet=off", "", "-- machine.hpet=off"},
      {"machine", "", "machine"},
      {"machinehpet=off", "", "machinehpet=off"},
      {"Machine.hpet=off", "", "Machine.hpet=off"},
      {"x ", "", "x "},
  });
}

TEST(BootOptions, WhatSaysNothingPossibleIsNamed) {
  for (const std::string_view word : {"machine.",
                                      "machine.=",
                                      "machine.=on",
                                      "machine.clock",
                                      "machine.clock=",
                                      "machine.clock=on",
                                      "machine.clock=hpet",
                                      "machine.clock=TSC",
                                      "machine.screen",
                                      "machine.screen=yes",
                                      "machine.mwait",
                                      "machine.mwait=hlt",
                                      "machine.hpet=",
                                      "machine.hpet=1",
                                      "machine.xsave=tsc",
                                      "machine.withhold",
                                      "machine.withhold=",
                                      "machine.withhold=0",
                                      "machine.withhold=on",
                                      "machine.withhold=-1",
                                      "machine.withhold=1x",
                                      "machine.withhold=x",
                                      "machine.withhold=+1",
                                      "machine.withhold=4294967296",
                                      "machine.unknown=on",
                                      "machine.unknown=1",
                                      "machine.hpetx=on"}) {
    const std::string line = std::string(word) + " rest";
    const ParsedCommandLine parsed = parse_boot_options(line);
    EXPECT_EQ(parsed.bad_word, word);
    EXPECT_EQ(parsed.rest, "rest") << word;
  }
}

TEST(BootOptions, AreAllNamedByTheMessage) {
  for (const char* each :
       {"machine.clock=tsc|reference", "machine.screen=on|off", "machine.mwait=on|off",
        "machine.hpet=on|off", "machine.xsave=on|off", "machine.withhold=CPU"}) {
    EXPECT_NE(kPossibleOptions.find(each), std::string_view::npos) << each;
  }
}

TEST(BootOptions, TheFirstOfManyBadWordsIsNamedAndGoodOnesStillCount) {
  expect_all({{"machine.hpet=off machine.one=1 machine.two=2 machine.xsave=off x",
               "no-hpet no-xsave ", "x", "machine.one=1"}});
}

TEST(BootOptions, OfThisBootAreThoseThatWereSet) {
  EXPECT_EQ(told(boot_options()), "");
  set_boot_options({.use_hpet = false, .withheld_cpu = 2});
  EXPECT_EQ(told(boot_options()), "no-hpet withhold-2");
  set_boot_options({});
}

}  // namespace
}  // namespace tb::arch::x86
