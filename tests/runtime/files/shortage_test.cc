// Memory that ends at every possible moment: each step happens as a whole or not at all, and all
// memory is counted.
#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "runtime/files/descriptor_table.h"
#include "tests/runtime/files/world.h"

namespace tb::files {
namespace {

struct Shortage : World {
  // All paths with what is there.
  std::map<std::string, std::string> snapshot(const std::string& path = "") {
    std::map<std::string, std::string> all;
    for (const std::string& name : list(path + "/")) {
      const std::string below = path + "/" + name;
      const NodeReference node = find(below, LastLink::kKeep);
      if (node->is_directory()) {
        all[below] = "directory";
        all.merge(snapshot(below));
      } else {
        const auto target = link_target(*node);
        all[below] = target ? "-> " + std::string(*target) : read_file(below);
      }
    }
    return all;
  }

  // Every step asks for memory in its own way.
  std::vector<std::function<Errno()>> steps() {
    return {
        [this] { return make_directory("/d"); },
        [this] { return make_directory("/d/e"); },
        [this] { return error_of(tree->make_file(at("/d/f"), 0644, seconds(1))); },
        [this] { return write_file("/d/f", "short"); },
        [this] { return append("/d/f", 4 * kMiB, "far away"); },
        [this] { return append("/d/f", 70 * 4096, "between"); },
        [this] { return write_file("/new", "new"); },
        [this] { return make_link("/link", "d/f"); },
        [this] {
          return error_of(
              tree->make_hard_link(at("/new"), LastLink::kKeep, at("/d/also"), seconds(1)));
        },
        [this] { return error_of(tree->make_file_over(at("/m"), bytes_of("m"), 0, seconds(1))); },
        [this] { return rename("/d/e", "/a_name_that_needs_memory"); },
        [this] { return rename("/new", "/d/also"); },
        [this] { return rename("/d/f", "/d/g"); },
        [this] { return error_of(resize(*find("/d/g"), 100, seconds(2))); },
        [this] { return unlink("/d/g"); },
    };
  }

  Errno append(std::string_view path, std::uint64_t offset, std::string_view text) {
    return error_of(write(*find(path), offset, bytes_of(text), seconds(2)));
  }
};

// A file that is opened to be made and then cannot be written is there, and empty.
bool is_half_done(const std::map<std::string, std::string>& before,
                  std::map<std::string, std::string> after) {
  for (auto entry = after.begin(); entry != after.end();) {
    entry = entry->second.empty() && !before.contains(entry->first) ? after.erase(entry)
                                                                    : std::next(entry);
  }
  return after == before;
}

TEST_F(Shortage, AtAnyAllocationOfAnyStepChangesNothing) {
  int failures = 0;
  for (const auto& step : steps()) {
    for (std::uint64_t number = 0;; ++number) {
      const auto before = snapshot();
      const std::size_t in_use = storage.in_use();
      memory.fail_from(number);
      const Errno error = step();
      const bool failed = memory.failures > 0;
      memory.fail_from(ScarceMemory::kNever);
      if (!failed) {
        ASSERT_EQ(error, kNoError);
        break;
      }
      ++failures;
      ASSERT_TRUE(error == Errno::kNoSpace || error == Errno::kNoMemory) << number;
      const auto after = snapshot();
      if (after == before) {
        ASSERT_EQ(storage.in_use(), in_use) << number;
      } else {
        ASSERT_TRUE(is_half_done(before, after)) << number;
      }
    }
  }
  EXPECT_GT(failures, 30);
}

TEST_F(Shortage, OnceAtAnyAllocationOfAScenarioLosesNothing) {
  for (std::uint64_t number = 0;; ++number) {
    tree = std::make_unique<Tree>(storage, seconds(0));
    memory.fail_from(number, true);
    for (const auto& step : steps()) {
      for (Errno error = step(); error != kNoError; error = step()) {
        ASSERT_TRUE(error == Errno::kNoSpace || error == Errno::kNoMemory);
      }
    }
    const bool failed = memory.failures > 0;
    memory.fail_from(ScarceMemory::kNever);
    const std::map<std::string, std::string> expected = {{"/a_name_that_needs_memory", "directory"},
                                                         {"/d", "directory"},
                                                         {"/d/also", "new"},
                                                         {"/link", "-> d/f"},
                                                         {"/m", "m"},
                                                         {"/new", "new"}};
    ASSERT_EQ(snapshot(), expected) << "two names of one file are both left by rename()";
    tree.reset();
    ASSERT_EQ(storage.in_use(), 0U) << number;
    if (!failed) {
      EXPECT_GT(number, 30U);
      break;
    }
  }
}

TEST(Limit, IsKeptAndCounted) {
  ScarceMemory memory;
  Storage storage(20'000, memory.source());
  {
    Tree tree(storage, seconds(0));
    const auto file =
        tree.open({tree.root(), "f"}, {.access = Access::kWrite, .creation = Creation::kIfMissing},
                  seconds(1));
    const std::string text(100'000, 'x');
    EXPECT_EQ((*file)->write(bytes_of(text), seconds(1)), 4 * FileBlocks::kBlockSize);
    EXPECT_EQ(error_of((*file)->write(bytes_of(text), seconds(1))), Errno::kNoSpace);
    EXPECT_LE(storage.in_use(), storage.limit());
    std::size_t total = 0;
    for (const auto& [block, size] : memory.blocks) {
      total += size;
    }
    EXPECT_EQ(storage.in_use(), total);
    ASSERT_TRUE((*file)->resize(0, seconds(1)));
    EXPECT_EQ((*file)->write_at(0, bytes_of(text), seconds(1)), 4 * FileBlocks::kBlockSize);
  }
  EXPECT_EQ(storage.in_use(), 0U);
}

}  // namespace
}  // namespace tb::files
