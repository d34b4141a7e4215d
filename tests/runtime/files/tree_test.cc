// Making names, taking them away, and what a node says of itself.
#include "runtime/files/tree.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/runtime/files/world.h"

namespace tb::files {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

struct Names : World {
  std::uint64_t links(std::string_view path) { return status_of(path, LastLink::kKeep).links; }
  Errno make_hard_link(std::string_view from, std::string_view to,
                       LastLink last = LastLink::kKeep) {
    return error_of(tree->make_hard_link(at(from), last, at(to), seconds(2)));
  }
};

TEST_F(Names, OfAnEmptyTreeAreNone) {
  EXPECT_THAT(list("/"), IsEmpty());
  const Status root = status_of("/");
  EXPECT_EQ(root.kind, NodeKind::kDirectory);
  EXPECT_EQ(root.links, 2U);
  EXPECT_EQ(root.number, 1U);
}

TEST_F(Names, AreThereOnceMade) {
  EXPECT_EQ(make_directory("/d"), kNoError);
  EXPECT_EQ(make_directory("/d/slash/"), kNoError);
  EXPECT_EQ(make_directory("/d/slashes///"), kNoError);
  EXPECT_EQ(write_file("/d/f", "text"), kNoError);
  EXPECT_EQ(make_link("/l", "d/f"), kNoError);
  EXPECT_THAT(list("/"), ElementsAre("d", "l"));
  EXPECT_THAT(list("/d"), ElementsAre("slash", "slashes", "f"));
  EXPECT_EQ(read_file("/l"), "text");
}

TEST_F(Names, ThatExistCannotBeMade) {
  make_directory("/d");
  write_file("/f", "text");
  make_link("/dangling", "nowhere");
  for (const char* path : {"/d", "/f", "/dangling", "/", ".", "/d/.", "/d/..", "/d/"}) {
    EXPECT_EQ(make_directory(path), Errno::kExists) << path;
    EXPECT_EQ(make_link(path, "x"), Errno::kExists) << path;
    EXPECT_EQ(error_of(tree->make_file(at(path), 0644, seconds(1))), Errno::kExists) << path;
    EXPECT_EQ(make_hard_link("/f", path), Errno::kExists) << path;
  }
}

TEST_F(Names, NeedADirectoryThatIsThere) {
  write_file("/f", "text");
  EXPECT_EQ(make_directory("/x/y"), Errno::kNoEntry);
  EXPECT_EQ(make_directory("/f/y"), Errno::kNotDirectory);
  EXPECT_EQ(make_directory(""), Errno::kNoEntry);
  EXPECT_EQ(make_link("/x/y", "f"), Errno::kNoEntry);
  EXPECT_EQ(make_link("/x/", "f"), Errno::kNoEntry) << "a slash means a directory";
  EXPECT_EQ(make_hard_link("/f", "/x/"), Errno::kNoEntry);
  EXPECT_EQ(make_hard_link("/x", "/y"), Errno::kNoEntry);
}

TEST_F(Names, AreTakenAwayWithWhatTheyName) {
  write_file("/f", std::string(100'000, 'x'));
  make_link("/l", "f");
  EXPECT_EQ(unlink("/l"), kNoError);
  EXPECT_EQ(find_error("/f"), kNoError) << "the link alone is gone";
  EXPECT_EQ(unlink("/f"), kNoError);
  EXPECT_EQ(unlink("/f"), Errno::kNoEntry);
  EXPECT_EQ(storage.in_use(), 0U);
}

TEST_F(Names, ThatAreNoFilesCannotBeUnlinked) {
  make_directory("/d");
  write_file("/f", "text");
  make_link("/to_d", "d");
  for (const char* path : {"/", ".", "/d", "/d/", "/d/..", "/d/."}) {
    EXPECT_EQ(unlink(path), Errno::kIsDirectory) << path;
  }
  EXPECT_EQ(unlink("/f/"), Errno::kNotDirectory);
  EXPECT_EQ(unlink("/to_d/"), Errno::kNotDirectory);
  EXPECT_EQ(unlink("/x/"), Errno::kNoEntry);
  EXPECT_EQ(unlink("/to_d"), kNoError);
}

TEST_F(Names, OfDirectoriesGoWhenTheyAreEmpty) {
  make_directory("/d");
  make_directory("/d/e");
  write_file("/f", "text");
  make_link("/to_e", "d/e");
  EXPECT_EQ(remove_directory("/d"), Errno::kNotEmpty);
  EXPECT_EQ(remove_directory("/d/e/.."), Errno::kNotEmpty);
  EXPECT_EQ(remove_directory("/d/e/."), Errno::kInvalid);
  EXPECT_EQ(remove_directory("/"), Errno::kBusy);
  EXPECT_EQ(remove_directory(".."), Errno::kBusy);
  EXPECT_EQ(remove_directory("/f"), Errno::kNotDirectory);
  EXPECT_EQ(remove_directory("/to_e/"), Errno::kNotDirectory);
  EXPECT_EQ(remove_directory("/x"), Errno::kNoEntry);
  EXPECT_EQ(remove_directory("/d/e/"), kNoError);
  EXPECT_EQ(remove_directory("/d"), kNoError);
  EXPECT_THAT(list("/"), ElementsAre("f", "to_e"));
}

TEST_F(Names, OfOneFileMayBeMany) {
  write_file("/f", "one");
  EXPECT_EQ(make_hard_link("/f", "/g"), kNoError);
  EXPECT_EQ(links("/f"), 2U);
  EXPECT_EQ(write_file("/g", "two"), kNoError);
  EXPECT_EQ(read_file("/f"), "two");
  EXPECT_EQ(unlink("/f"), kNoError);
  EXPECT_EQ(links("/g"), 1U);
  EXPECT_EQ(read_file("/g"), "two");
}

TEST_F(Names, AreNotGivenToDirectoriesTwice) {
  make_directory("/d");
  make_link("/to_d", "d");
  EXPECT_EQ(make_hard_link("/d", "/e"), Errno::kNotPermitted);
  EXPECT_EQ(make_hard_link("/to_d", "/e", LastLink::kFollow), Errno::kNotPermitted);
  EXPECT_EQ(make_hard_link("/to_d", "/e"), kNoError) << "the link itself may have two";
  EXPECT_EQ(links("/to_d"), 2U);
}

TEST_F(Names, OfSubdirectoriesCountAsLinks) {
  make_directory("/d");
  make_directory("/d/e");
  write_file("/d/f", "");
  EXPECT_EQ(links("/d"), 3U);
  EXPECT_EQ(links("/"), 3U);
  const NodeReference e = find("/d/e");
  remove_directory("/d/e");
  EXPECT_EQ(links("/d"), 2U);
  EXPECT_EQ(status(*e).links, 0U);
}

TEST_F(Names, ChangeTheirDirectorysTime) {
  tree->make_directory(at("/d"), 0750, seconds(10));
  EXPECT_EQ(status_of("/d").mode, 0750U);
  EXPECT_EQ(status_of("/d").modified, seconds(10));
  EXPECT_EQ(status_of("/").modified, seconds(10));
  tree->make_file(at("/d/f"), 0600, seconds(11));
  EXPECT_EQ(status_of("/d").modified, seconds(11));
  EXPECT_EQ(status_of("/").modified, seconds(10));
  tree->unlink(at("/d/f"), seconds(12));
  EXPECT_EQ(status_of("/d").modified, seconds(12));
  tree->remove_directory(at("/d"), seconds(13));
  EXPECT_EQ(status_of("/").modified, seconds(13));
}

TEST_F(Names, HaveNodesWithNumbersOfTheirOwn) {
  for (const char* path : {"/a", "/b", "/c"}) {
    write_file(path, path);
  }
  EXPECT_NE(status_of("/a").number, status_of("/b").number);
  const std::uint64_t old = status_of("/c").number;
  unlink("/c");
  write_file("/c", "again");
  EXPECT_NE(status_of("/c").number, old);
}

TEST_F(Names, OfLinksTellTheirTarget) {
  make_link("/l", "some/where");
  EXPECT_EQ(link_target(*find("/l", LastLink::kKeep)), "some/where");
  EXPECT_EQ(status_of("/l", LastLink::kKeep).size, 10U);
  EXPECT_EQ(error_of(link_target(tree->root())), Errno::kInvalid);
}

TEST_F(Names, InAProtectedDirectoryStayAsTheyAre) {
  make_directory("/p");
  make_directory("/p/d");
  make_directory("/p/d/empty");
  write_file("/p/d/f", "text");
  write_file("/g", "other");
  find("/p")->protection = Protection::kReadOnly;
  EXPECT_EQ(make_directory("/p/new"), Errno::kReadOnly);
  EXPECT_EQ(make_directory("/p/d/empty/new"), Errno::kReadOnly);
  EXPECT_EQ(write_file("/p/d/new", "text"), Errno::kReadOnly);
  EXPECT_EQ(make_link("/p/d/new", "f"), Errno::kReadOnly);
  EXPECT_EQ(make_hard_link("/g", "/p/new"), Errno::kReadOnly);
  EXPECT_EQ(unlink("/p/d/f"), Errno::kReadOnly);
  EXPECT_EQ(remove_directory("/p/d/empty"), Errno::kReadOnly);
  EXPECT_EQ(rename("/p/d/f", "/f"), Errno::kReadOnly);
  EXPECT_EQ(rename("/g", "/p/d/f"), Errno::kReadOnly);
  EXPECT_EQ(rename("/p/d/f", "/p/d/e"), Errno::kReadOnly);
  EXPECT_EQ(make_directory("/p/d"), Errno::kExists) << "that comes first";
  EXPECT_EQ(write_file("/p/d/f", "new text"), kNoError) << "the file itself is not protected";
  EXPECT_EQ(make_hard_link("/p/d/f", "/f"), kNoError);
  find("/p")->protection = Protection::kNone;
  EXPECT_EQ(unlink("/p/d/f"), kNoError);
}

TEST_F(Names, ByTheThousandAreAllFound) {
  constexpr int kCount = 5000;
  for (int i = 0; i < kCount; ++i) {
    ASSERT_EQ(write_file("file" + std::to_string(i), ""), kNoError);
  }
  ASSERT_EQ(list("/").size(), kCount);
  for (int i = 0; i < kCount; i += 2) {
    ASSERT_EQ(unlink("file" + std::to_string(i)), kNoError);
  }
  for (int i = 0; i < kCount; ++i) {
    ASSERT_EQ(find_error("file" + std::to_string(i)), i % 2 == 0 ? Errno::kNoEntry : kNoError);
  }
  EXPECT_EQ(list("/").front(), "file1");
  EXPECT_EQ(list("/").back(), "file4999");
}

TEST_F(Names, GoWithTheTreeHoweverDeepTheyAre) {
  NodeReference at = NodeReference(&tree->root());
  for (int i = 0; i < 5'000; ++i) {
    ASSERT_TRUE(tree->make_file({*at, "file"}, 0644, seconds(1)));
    at = *tree->make_directory({*at, "deeper"}, 0755, seconds(1));
  }
  at = {};
  tree.reset();
  EXPECT_EQ(storage.in_use(), 0U);
}

TEST_F(Names, MayGoBeforeWhatTheyName) {
  write_file("/f", "text");
  make_directory("/d");
  const auto file = open("/f");
  const NodeReference directory = find("/d");
  tree.reset();
  EXPECT_EQ(read_all(**file), "text");
  EXPECT_EQ(status(*directory).links, 0U);
}

}  // namespace
}  // namespace tb::files
