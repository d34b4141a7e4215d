// Moving names, onto others and into other directories.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/runtime/files/world.h"

namespace tb::files {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

struct Rename : World {
  Rename() {
    make_directory("/d");
    make_directory("/d/e");
    make_directory("/empty");
    write_file("/f", "f");
    write_file("/d/g", "g");
  }
};

TEST_F(Rename, MovesAFileToAnotherName) {
  const std::uint64_t number = status_of("/f").number;
  EXPECT_EQ(rename("/f", "/d/h"), kNoError);
  EXPECT_EQ(find_error("/f"), Errno::kNoEntry);
  EXPECT_EQ(read_file("/d/h"), "f");
  EXPECT_EQ(status_of("/d/h").number, number);
  EXPECT_EQ(status_of("/d/h").links, 1U);
  EXPECT_EQ(status_of("/").modified, seconds(2));
  EXPECT_EQ(status_of("/d").modified, seconds(2));
}

TEST_F(Rename, ReplacesAFileInOneStep) {
  const auto open_file = open("/d/g");
  EXPECT_EQ(rename("/f", "/d/g"), kNoError);
  EXPECT_EQ(read_file("/d/g"), "f");
  EXPECT_EQ(read_all(**open_file), "g") << "who has it open still reads what was there";
  EXPECT_EQ(status((*open_file)->node()).links, 0U);
  EXPECT_THAT(list("/d"), ElementsAre("e", "g"));
  EXPECT_THAT(list("/"), ElementsAre("d", "empty"));
}

TEST_F(Rename, ReplacesNothingIfItMayNot) {
  EXPECT_EQ(rename("/f", "/d/g", Replace::kNo), Errno::kExists);
  EXPECT_EQ(rename("/f", "/f", Replace::kNo), Errno::kExists);
  EXPECT_EQ(rename("/f", "/d/h", Replace::kNo), kNoError);
  EXPECT_EQ(read_file("/d/g"), "g");
}

TEST_F(Rename, MovesADirectoryWithAllBelow) {
  EXPECT_EQ(rename("/d", "/empty/d"), kNoError);
  EXPECT_EQ(read_file("/empty/d/g"), "g");
  EXPECT_EQ(find("/empty/d/e/../..").get(), find("/empty").get());
  EXPECT_EQ(status_of("/").links, 3U);
  EXPECT_EQ(status_of("/empty").links, 3U);
  EXPECT_EQ(status_of("/empty/d").links, 3U);
}

TEST_F(Rename, ReplacesAnEmptyDirectory) {
  const NodeReference replaced = find("/empty");
  EXPECT_EQ(rename("/d/", "/empty/"), kNoError);
  EXPECT_EQ(read_file("/empty/g"), "g");
  EXPECT_EQ(status(*replaced).links, 0U);
  EXPECT_EQ(error_of(tree->find({*replaced, ".."})), Errno::kNoEntry);
  EXPECT_EQ(status_of("/").links, 3U);
  EXPECT_EQ(rename("/empty/e", "/e/"), kNoError) << "a slash behind the new name of a directory";
}

TEST_F(Rename, RefusesToReplaceOneKindByAnother) {
  EXPECT_EQ(rename("/f", "/d"), Errno::kIsDirectory);
  EXPECT_EQ(rename("/f", "/empty"), Errno::kIsDirectory);
  EXPECT_EQ(rename("/empty", "/f"), Errno::kNotDirectory);
  EXPECT_EQ(rename("/empty", "/d"), Errno::kNotEmpty);
  EXPECT_EQ(rename("/d/e", "/d"), Errno::kNotEmpty) << "the directory that it is in";
}

TEST_F(Rename, RefusesADirectoryBelowItself) {
  EXPECT_EQ(rename("/d", "/d/x"), Errno::kInvalid);
  EXPECT_EQ(rename("/d", "/d/e"), Errno::kInvalid);
  EXPECT_EQ(rename("/d", "/d/e/x"), Errno::kInvalid);
  EXPECT_EQ(rename("/d", "/empty/../d/e/x"), Errno::kInvalid);
}

TEST_F(Rename, RefusesTheRootAndDots) {
  for (const char* path : {"/", ".", "..", "/d/.", "/d/e/.."}) {
    EXPECT_EQ(rename(path, "/x"), Errno::kBusy) << path;
    EXPECT_EQ(rename("/empty", path), Errno::kBusy) << path;
  }
}

TEST_F(Rename, RefusesASlashBehindAFile) {
  EXPECT_EQ(rename("/f/", "/x"), Errno::kNotDirectory);
  EXPECT_EQ(rename("/f", "/x/"), Errno::kNotDirectory);
  EXPECT_EQ(rename("/f", "/d/g/"), Errno::kNotDirectory);
}

TEST_F(Rename, NeedsWhatItMovesAndWhereTo) {
  EXPECT_EQ(rename("/x", "/y"), Errno::kNoEntry);
  EXPECT_EQ(rename("/f", "/x/y"), Errno::kNoEntry);
  EXPECT_EQ(rename("/f", "/d/g/y"), Errno::kNotDirectory);
  EXPECT_EQ(rename("/f", ""), Errno::kNoEntry);
}

TEST_F(Rename, LeavesTwoNamesOfOneNodeAsTheyAre) {
  ASSERT_TRUE(tree->make_hard_link(at("/f"), LastLink::kKeep, at("/h"), seconds(1)));
  EXPECT_EQ(rename("/f", "/h"), kNoError);
  EXPECT_EQ(rename("/f", "/f"), kNoError);
  EXPECT_EQ(rename("/d", "/d"), kNoError);
  EXPECT_EQ(rename("/d/", "/d/"), kNoError);
  EXPECT_THAT(list("/"), ElementsAre("d", "empty", "f", "h"));
  EXPECT_EQ(status_of("/f").links, 2U);
}

TEST_F(Rename, MovesALinkAndNotWhatItLeadsTo) {
  make_link("/l", "d");
  EXPECT_EQ(rename("/l", "/empty/l"), kNoError);
  EXPECT_EQ(find_error("/empty/l"), Errno::kNoEntry) << "it leads elsewhere now";
  EXPECT_EQ(rename("/empty/l", "/l"), kNoError);
  EXPECT_EQ(rename("/f", "/l"), kNoError) << "the link is replaced";
  EXPECT_EQ(read_file("/l"), "f");
  EXPECT_EQ(read_file("/d/g"), "g");
  EXPECT_THAT(list("/empty"), IsEmpty());
}

TEST_F(Rename, NeedsNoMemoryToReplace) {
  memory.fail_from(0);
  EXPECT_EQ(rename("/f", "/x"), Errno::kNoSpace);
  EXPECT_EQ(rename("/f", "/d/g"), kNoError);
  memory.fail_from(ScarceMemory::kNever);
  EXPECT_EQ(read_file("/d/g"), "f");
}

}  // namespace
}  // namespace tb::files
