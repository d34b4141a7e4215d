// Reading directories piece by piece while they change.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "tests/runtime/files/world.h"

namespace tb::files {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using Entries = std::vector<std::string>;

struct Reading : World {
  Reading() {
    for (const char* path : {"/a", "/b", "/c", "/d"}) {
      write_file(path, path);
    }
  }

  // Up to so many entries from where the last call ended.
  static Entries some(OpenFile& directory, std::size_t count) {
    Entries names;
    EXPECT_TRUE(directory.read_entries([&](const DirectoryEntry& entry) {
      if (names.size() == count) {
        return false;
      }
      names.emplace_back(entry.name);
      return true;
    }));
    return names;
  }

  OpenFileReference root = *open("/");
};

TEST_F(Reading, ShowsDotsAndThenNamesInTheOrderTheyCame) {
  EXPECT_THAT(some(*root, 100), ElementsAre(".", "..", "a", "b", "c", "d"));
  EXPECT_THAT(some(*root, 100), IsEmpty());
}

TEST_F(Reading, GoesOnWhereThereWasNoRoom) {
  EXPECT_THAT(some(*root, 0), IsEmpty());
  EXPECT_THAT(some(*root, 1), ElementsAre("."));
  EXPECT_THAT(some(*root, 2), ElementsAre("..", "a"));
  EXPECT_THAT(some(*root, 2), ElementsAre("b", "c"));
  EXPECT_THAT(some(*root, 2), ElementsAre("d"));
  EXPECT_THAT(some(*root, 2), IsEmpty());
}

TEST_F(Reading, ShowsNothingTwiceWhenEntriesGo) {
  EXPECT_THAT(some(*root, 4), ElementsAre(".", "..", "a", "b"));
  unlink("/a");
  unlink("/b");
  unlink("/c");
  EXPECT_THAT(some(*root, 4), ElementsAre("d"));
}

TEST_F(Reading, DoesNotSkipWhenAllThatWasShownIsRemoved) {
  for (int i = 0; i < 1000; ++i) {
    write_file("/file" + std::to_string(i), "");
  }
  int removed = 0;
  for (Entries names = some(*root, 7); !names.empty(); names = some(*root, 7)) {
    for (const std::string& name : names) {
      removed += name.starts_with('.') || unlink("/" + name) != kNoError ? 0 : 1;
    }
  }
  EXPECT_EQ(removed, 1004);
  EXPECT_THAT(list("/"), IsEmpty());
}

TEST_F(Reading, ShowsWhatWasAddedMeanwhile) {
  EXPECT_THAT(some(*root, 100), ElementsAre(".", "..", "a", "b", "c", "d"));
  write_file("/e", "");
  rename("/a", "/f");
  EXPECT_THAT(some(*root, 100), ElementsAre("e", "f"));
}

TEST_F(Reading, KeepsAPlaceThatIsReplaced) {
  rename("/a", "/c");
  EXPECT_THAT(some(*root, 100), ElementsAre(".", "..", "b", "c", "d"));
}

TEST_F(Reading, ComesBackToEveryPlaceItWasTold) {
  std::map<std::string, std::uint64_t> next;
  ASSERT_TRUE(root->read_entries([&](const DirectoryEntry& entry) {
    next[std::string(entry.name)] = entry.next;
    return true;
  }));
  const auto from = [&](const std::string& name) {
    EXPECT_TRUE(root->seek(static_cast<std::int64_t>(next.at(name)), SeekFrom::kBeginning));
    return some(*root, 100);
  };
  EXPECT_THAT(from("b"), ElementsAre("c", "d"));
  EXPECT_THAT(from("."), ElementsAre("..", "a", "b", "c", "d"));
  EXPECT_THAT(from("d"), IsEmpty());
  unlink("/b");
  EXPECT_THAT(from("a"), ElementsAre("c", "d"));
  EXPECT_TRUE(root->seek(0, SeekFrom::kBeginning));
  EXPECT_THAT(some(*root, 100), ElementsAre(".", "..", "a", "c", "d"));
}

TEST_F(Reading, TellsNumbersAndKinds) {
  make_directory("/sub");
  make_link("/sub/link", "/");
  ASSERT_TRUE((*open("/sub"))->read_entries([&](const DirectoryEntry& entry) {
    const NodeReference node = find("/sub/" + std::string(entry.name), LastLink::kKeep);
    EXPECT_EQ(entry.number, status(*node).number) << entry.name;
    EXPECT_EQ(entry.kind, status(*node).kind) << entry.name;
    return true;
  }));
}

TEST_F(Reading, EndsWithTheDirectory) {
  make_directory("/sub");
  const auto sub = open("/sub");
  ASSERT_EQ(remove_directory("/sub"), kNoError);
  const auto take = [](const DirectoryEntry&) { return true; };
  EXPECT_EQ(error_of((*sub)->read_entries(take)), Errno::kNoEntry);
  EXPECT_EQ(error_of((*open("/a"))->read_entries(take)), Errno::kNotDirectory);
}

}  // namespace
}  // namespace tb::files
