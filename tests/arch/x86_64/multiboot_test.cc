// What the boot loader left: QEMU's form and GRUB's, and what does not fit. The structure holds
// addresses of 32 bits, so the test puts it below 4 GiB.
#include "arch/x86_64/multiboot.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mman.h>

#include <array>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tb::arch::x86 {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// Memory that a loader could have used.
class LowMemory {
 public:
  LowMemory()
      : begin_(static_cast<std::byte*>(mmap(nullptr, kSize, PROT_READ | PROT_WRITE,
                                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0))) {}
  ~LowMemory() { munmap(begin_, kSize); }

  std::uint32_t put(const void* bytes, std::size_t size) {
    std::byte* const place = begin_ + used_;
    std::memcpy(place, bytes, size);
    used_ += (size + 15) & ~std::size_t{15};
    return static_cast<std::uint32_t>(reinterpret_cast<std::uintptr_t>(place));
  }
  std::uint32_t put(const std::string& text) { return put(text.c_str(), text.size() + 1); }

  void wipe() { std::memset(begin_, 0xee, kSize); }

 private:
  static constexpr std::size_t kSize = 1 << 20;
  std::byte* begin_;
  std::size_t used_ = 0;
};

struct Range {
  std::uint64_t begin;
  std::uint64_t size;
  std::uint32_t type = 1;
  std::uint32_t entry_size = 20;
};

struct Multiboot : testing::Test {
  void loaded_by(const std::string& name) { set(9, 16, memory.put(name)); }
  void command_line(const std::string& text) { set(2, 4, memory.put(text)); }

  void modules(const std::vector<std::string>& texts) {
    std::vector<std::uint32_t> records;
    for (std::uint32_t i = 0; i < texts.size(); ++i) {
      const std::uint32_t begin = 0x100000 * (i + 1);
      records.insert(records.end(), {begin, begin + 10 * i + 5, memory.put(texts[i]), 0});
    }
    set(3, 6, memory.put(records.data(), records.size() * 4));
    words[5] = static_cast<std::uint32_t>(texts.size());
  }

  void memory_map(const std::vector<Range>& ranges) {
    std::string bytes;
    for (const Range& range : ranges) {
      const std::size_t at = bytes.size();
      bytes.resize(at + 4 + range.entry_size, '\x5a');
      std::memcpy(bytes.data() + at, &range.entry_size, 4);
      std::memcpy(bytes.data() + at + 4, &range.begin, 8);
      std::memcpy(bytes.data() + at + 12, &range.size, 8);
      std::memcpy(bytes.data() + at + 20, &range.type, 4);
    }
    set(6, 12, memory.put(bytes.data(), bytes.size()));
    words[11] = static_cast<std::uint32_t>(bytes.size());
  }

  BootError read() { return boot->read(memory.put(words.data(), sizeof words)); }

  std::vector<std::string_view> module_names() const {
    std::vector<std::string_view> names;
    for (const LoadedModule& module : boot->modules()) {
      names.push_back(module.name);
    }
    return names;
  }

  std::vector<std::pair<std::uint64_t, std::uint64_t>> ram() const {
    std::vector<std::pair<std::uint64_t, std::uint64_t>> ranges;
    for (const PhysicalRange& range : boot->ram()) {
      ranges.emplace_back(range.begin, range.end);
    }
    return ranges;
  }

  LowMemory memory;
  std::array<std::uint32_t, 29> words{};
  std::unique_ptr<BootInformation> boot = std::make_unique<BootInformation>();

 private:
  void set(unsigned flag, std::size_t word, std::uint32_t value) {
    words[0] |= 1U << flag;
    words[word] = value;
  }
};

TEST_F(Multiboot, ByQemuTheImagesPathStandsBeforeTheArguments) {
  memory_map({{0, 0x1000}});
  loaded_by("qemu");
  command_line("/path/image one \"two  three\"");
  modules({"/path/module0 first.bin", "/path/other/module1 second"});
  EXPECT_EQ(read(), BootError::kNone);
  EXPECT_EQ(boot->command_line(), "one \"two  three\"");
  EXPECT_THAT(module_names(), ElementsAre("first.bin", "second"));
}

TEST_F(Multiboot, ByQemuWithoutArgumentsTheLineIsEmpty) {
  for (const char* const line : {"/path/image", "/path/image "}) {
    memory_map({{0, 0x1000}});
    loaded_by("qemu");
    command_line(line);
    boot = std::make_unique<BootInformation>();
    EXPECT_EQ(read(), BootError::kNone);
    EXPECT_EQ(boot->command_line(), "");
  }
}

TEST_F(Multiboot, ByGrubTheLineHasTheArgumentsOnly) {
  memory_map({{0, 0x1000}});
  loaded_by("GRUB 2.06-13+deb12u1");
  command_line("one \"two three\"");
  modules({"first.bin", "second"});
  EXPECT_EQ(read(), BootError::kNone);
  EXPECT_EQ(boot->command_line(), "one \"two three\"");
  EXPECT_THAT(module_names(), ElementsAre("first.bin", "second"));
}

TEST_F(Multiboot, ByALoaderWithoutANameTheLineIsTakenAsItIs) {
  memory_map({{0, 0x1000}});
  command_line("one two");
  EXPECT_EQ(read(), BootError::kNone);
  EXPECT_EQ(boot->command_line(), "one two");
}

TEST_F(Multiboot, WithoutTextOrModulesBothAreEmpty) {
  memory_map({{0, 0x1000}});
  EXPECT_EQ(read(), BootError::kNone);
  EXPECT_EQ(boot->command_line(), "");
  EXPECT_THAT(boot->modules(), IsEmpty());
}

TEST_F(Multiboot, AModuleIsNamedByTheLastPartOfItsText) {
  memory_map({{0, 0x1000}});
  modules({"/path/alone", "/path/file name/with.slash", "plain", "trailing  ", ""});
  EXPECT_EQ(read(), BootError::kNone);
  EXPECT_THAT(module_names(), ElementsAre("alone", "with.slash", "plain", "trailing", ""));
}

TEST_F(Multiboot, AModuleIsWhereTheLoaderPutIt) {
  memory_map({{0, 0x1000}});
  modules({"a", "b"});
  EXPECT_EQ(read(), BootError::kNone);
  ASSERT_EQ(boot->modules().size(), 2U);
  EXPECT_EQ(boot->modules()[0].begin, 0x100000U);
  EXPECT_EQ(boot->modules()[0].end, 0x100005U);
  EXPECT_EQ(boot->modules()[1].begin, 0x200000U);
  EXPECT_EQ(boot->modules()[1].end, 0x20000fU);
}

TEST_F(Multiboot, NothingOfTheLoadersMemoryIsNeededAfterwards) {
  memory_map({{0, 0x1000}});
  command_line("one");
  modules({"name"});
  EXPECT_EQ(read(), BootError::kNone);
  memory.wipe();
  EXPECT_EQ(boot->command_line(), "one");
  EXPECT_THAT(module_names(), ElementsAre("name"));
}

TEST_F(Multiboot, OnlyUsableRangesOfTheMemoryMapCountWhateverTheirEntriesSize) {
  constexpr std::uint32_t kReserved = 2;
  memory_map({{0, 0x9fc00},
              {0x9fc00, 0x400, kReserved},
              {0x100000, 0x7ee0000, 1, 24},
              {0x5000000, 0, 1},
              {0xfffc0000, 0x40000, kReserved, 48},
              {0x1'0000'0000, 0x8000'0000, 1, 20}});
  EXPECT_EQ(read(), BootError::kNone);
  EXPECT_THAT(ram(),
              ElementsAre(std::pair(0, 0x9fc00), std::pair(0x100000, 0x7fe0000),
                          std::pair(std::uint64_t{0x1'0000'0000}, std::uint64_t{0x1'8000'0000})));
}

TEST_F(Multiboot, WhatTheFirmwareKeepsForItsTablesIsRemembered) {
  constexpr std::uint32_t kTables = 3;
  constexpr std::uint32_t kStorage = 4;
  memory_map({{0x100000, 0x7ee0000}, {0x8000000, 0x1000, kTables}, {0x8001000, 0x2000, kStorage}});
  EXPECT_EQ(read(), BootError::kNone);
  EXPECT_THAT(ram(), ElementsAre(std::pair(0x100000, 0x7fe0000)));
  ASSERT_EQ(boot->firmware().size(), 2u);
  EXPECT_EQ(boot->firmware()[0].begin, 0x8000000u);
  EXPECT_EQ(boot->firmware()[1].end, 0x8003000u);
}

TEST_F(Multiboot, WithoutAMemoryMapTheUserIsToldHowToBoot) {
  command_line("one");
  EXPECT_EQ(read(), BootError::kNoMemoryMap);
  EXPECT_NE(std::string_view(describe(BootError::kNoMemoryMap)).find("memory map"),
            std::string_view::npos);
}

TEST_F(Multiboot, SixtyFourModulesFitAndOneMoreDoesNot) {
  memory_map({{0, 0x1000}});
  modules(std::vector<std::string>(64, "m"));
  EXPECT_EQ(read(), BootError::kNone);
  EXPECT_EQ(boot->modules().size(), 64U);
  boot = std::make_unique<BootInformation>();
  modules(std::vector<std::string>(65, "m"));
  EXPECT_EQ(read(), BootError::kTooManyModules);
}

TEST_F(Multiboot, SixtyFourRangesFitAndOneMoreDoesNot) {
  memory_map(std::vector<Range>(64, {0x1000, 0x1000}));
  EXPECT_EQ(read(), BootError::kNone);
  boot = std::make_unique<BootInformation>();
  memory_map(std::vector<Range>(65, {0x1000, 0x1000}));
  EXPECT_EQ(read(), BootError::kTooManyRanges);
  boot = std::make_unique<BootInformation>();
  memory_map(std::vector<Range>(200, {0x1000, 0x1000, 2}));
  EXPECT_EQ(read(), BootError::kNone) << "reserved ranges take no room";
}

TEST_F(Multiboot, TextOfEightKibFitsAndOneByteMoreDoesNot) {
  memory_map({{0, 0x1000}});
  command_line(std::string(8188, 'a'));
  modules({"name"});
  EXPECT_EQ(read(), BootError::kNone);
  EXPECT_EQ(boot->command_line().size(), 8188U);
  EXPECT_THAT(module_names(), ElementsAre("name"));
  boot = std::make_unique<BootInformation>();
  command_line(std::string(8189, 'a'));
  EXPECT_EQ(read(), BootError::kTextTooLong);
  boot = std::make_unique<BootInformation>();
  command_line(std::string(20'000, 'a'));
  EXPECT_EQ(read(), BootError::kTextTooLong);
}

TEST_F(Multiboot, EveryErrorIsDescribed) {
  for (int error = 0; error <= static_cast<int>(BootError::kTooManyRanges); ++error) {
    EXPECT_STRNE(describe(static_cast<BootError>(error)), "unknown");
  }
}

}  // namespace
}  // namespace tb::arch::x86
