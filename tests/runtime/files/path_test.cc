// Paths: slashes, dots, symbolic links and what is too long.
#include "runtime/files/path.h"

#include <gtest/gtest.h>

#include <array>
#include <string>

#include "tests/runtime/files/world.h"

namespace tb::files {
namespace {

struct Paths : World {
  Paths() {
    make_directory("/a");
    make_directory("/a/b");
    write_file("/a/file", "text");
    make_link("/a/to_b", "b");
    make_link("/to_file", "a/file");
    make_link("/a/b/up", "../..");
    make_link("/absolute", "/a/b/");
    make_link("/dangling", "nowhere");
  }

  std::uint64_t number(std::string_view path, LastLink last = LastLink::kFollow) {
    return status_of(path, last).number;
  }
  std::string path_of_directory(std::string_view path) {
    std::array<char, 4096> buffer;
    return std::string(files::path_of(*find(path), buffer).value_or("?"));
  }
};

TEST_F(Paths, LeadToTheSameWithAnyNumberOfSlashesAndDots) {
  for (const char* path : {"/a/b", "//a///b", "/a/b/", "/a/b//", "/./a/./b/.", "/a/../a/b",
                           "/../../a/b", "a/b", "a/b/../b", "./a/b/"}) {
    EXPECT_EQ(number(path), number("/a/b")) << path;
  }
  for (const char* path : {"/", "//", ".", "..", "/..", "/a/..", "a/b/../../", "./."}) {
    EXPECT_EQ(find(path).get(), &tree->root()) << path;
  }
}

TEST_F(Paths, WithoutASlashAtTheBeginningGoFromAnyDirectory) {
  const NodeReference a = find("/a");
  EXPECT_EQ(tree->find({*a, "b"})->get(), find("/a/b").get());
  EXPECT_EQ(tree->find({*a, ".."})->get(), &tree->root());
  EXPECT_EQ(tree->find({*a, "/a/file"})->get(), find("/a/file").get());
  const NodeReference file = find("/a/file");
  EXPECT_EQ(error_of(tree->find({*file, "b"})), Errno::kNotDirectory);
  EXPECT_EQ(error_of(tree->find({*file, "."})), Errno::kNotDirectory);
  EXPECT_EQ(tree->find({*file, "/a"})->get(), a.get()) << "where it starts does not matter then";
}

TEST_F(Paths, ThatLeadNowhereAreNoEntry) {
  for (const char* path :
       {"", "/x", "x", "/a/x", "/x/a", "/a/b/x", "/dangling", "/x/..", "/..x", "/...", "/a/x/"}) {
    EXPECT_EQ(find_error(path), Errno::kNoEntry) << path;
  }
}

TEST_F(Paths, ThroughAFileAreNotDirectory) {
  for (const char* path :
       {"/a/file/", "/a/file/x", "/a/file/.", "/a/file/..", "/to_file/", "/to_file/x"}) {
    EXPECT_EQ(find_error(path), Errno::kNotDirectory) << path;
  }
}

TEST_F(Paths, FollowLinksOnTheWayAndAtTheEndWhenAsked) {
  EXPECT_EQ(number("/a/to_b"), number("/a/b"));
  EXPECT_EQ(number("/to_file"), number("/a/file"));
  EXPECT_EQ(number("/absolute/up/a/to_b/up/to_file"), number("/a/file"));
  EXPECT_EQ(find("/absolute/..").get(), find("/a").get())
      << "the directory's parent, not the link's";
  EXPECT_EQ(status_of("/a/to_b", LastLink::kKeep).kind, NodeKind::kLink);
  EXPECT_EQ(status_of("/dangling", LastLink::kKeep).kind, NodeKind::kLink);
  EXPECT_EQ(number("/a/to_b/", LastLink::kKeep), number("/a/b")) << "a slash asks for a directory";
  EXPECT_EQ(number("/absolute/up", LastLink::kKeep), number("/a/b/up", LastLink::kKeep));
}

TEST_F(Paths, WithASlashInALinkDemandADirectory) {
  make_link("/slash", "a/file/");
  EXPECT_EQ(find_error("/slash"), Errno::kNotDirectory);
  make_link("/slashes", "/");
  EXPECT_EQ(find("/slashes").get(), &tree->root());
  EXPECT_EQ(find("/slashes/a").get(), find("/a").get());
  make_link("/around", "slashes/");
  EXPECT_EQ(number("/around/a/file"), number("/a/file")) << "the slash is in the middle";
}

TEST_F(Paths, ThatGoInCirclesEnd) {
  make_link("/self", "self");
  make_link("/ping", "a/../pong");
  make_link("/pong", "/ping");
  make_link("/inside", "inside/x");
  for (const char* path : {"/self", "/self/x", "/ping", "/pong/", "/inside", "/inside/y"}) {
    EXPECT_EQ(find_error(path), Errno::kLoop) << path;
  }
  EXPECT_EQ(find_error("/self", LastLink::kKeep), kNoError);
}

TEST_F(Paths, MayHaveFortyLinks) {
  write_file("/0", "end");
  for (int i = 1; i <= 41; ++i) {
    make_link("/" + std::to_string(i), std::to_string(i - 1));
  }
  EXPECT_EQ(read_file("/40"), "end");
  EXPECT_EQ(find_error("/41"), Errno::kLoop);
  std::string up = "a/b";
  for (int i = 0; i < 20; ++i) {
    up += "/up/absolute";
  }
  EXPECT_EQ(number("/" + up), number("/a/b"));
  EXPECT_EQ(find_error("/absolute/../../" + up), Errno::kLoop);
}

TEST_F(Paths, WithLinksInLinksGoOnWhereEachEnds) {
  make_link("/1", "2/b");
  make_link("/2", "3/../a/");
  make_link("/3", "absolute/up/a");
  EXPECT_EQ(number("/1/up/to_file"), number("/a/file"));
}

TEST_F(Paths, HaveLimits) {
  const std::string longest(kLongestName, 'n');
  EXPECT_EQ(write_file(longest, "x"), kNoError);
  EXPECT_EQ(read_file(longest), "x");
  EXPECT_EQ(write_file(longest + "n", "x"), Errno::kNameTooLong);
  EXPECT_EQ(find_error("/a/" + longest + "n/x"), Errno::kNameTooLong);
  const std::string path(kLongestPath - 1, '/');
  EXPECT_EQ(find_error(path + "a"), kNoError);
  EXPECT_EQ(find_error(path + "/a"), Errno::kNameTooLong);
  EXPECT_EQ(make_link("/long", path + "a"), kNoError);
  EXPECT_EQ(find("/long/b").get(), find("/a/b").get());
  EXPECT_EQ(make_link("/longer", path + "/a"), Errno::kNameTooLong);
  EXPECT_EQ(make_link("/empty", ""), Errno::kNoEntry);
}

TEST_F(Paths, OfDirectoriesAreFoundBackwards) {
  EXPECT_EQ(path_of_directory("/"), "/");
  EXPECT_EQ(path_of_directory("/a"), "/a");
  EXPECT_EQ(path_of_directory("/absolute"), "/a/b");
  std::array<char, 4> exact;
  EXPECT_EQ(files::path_of(*find("/a/b"), exact).value_or("?"), "/a/b");
  EXPECT_EQ(error_of(files::path_of(*find("/a/b"), std::span(exact).first(3))), Errno::kOutOfRange);
  EXPECT_EQ(error_of(files::path_of(tree->root(), {})), Errno::kOutOfRange);
  rename("/a", "/c");
  EXPECT_EQ(path_of_directory("/c/b"), "/c/b");
}

TEST_F(Paths, FromARemovedDirectoryLeadNowhere) {
  make_directory("/a/gone");
  const NodeReference gone = find("/a/gone");
  ASSERT_EQ(remove_directory("/a/gone"), kNoError);
  EXPECT_EQ(tree->find({*gone, "."})->get(), gone.get());
  EXPECT_EQ(error_of(tree->find({*gone, ".."})), Errno::kNoEntry);
  EXPECT_EQ(error_of(tree->find({*gone, "../x"})), Errno::kNoEntry);
  EXPECT_EQ(error_of(tree->make_file({*gone, "x"}, 0644, seconds(1))), Errno::kNoEntry);
  EXPECT_EQ(error_of(tree->make_file({*gone, ".."}, 0644, seconds(1))), Errno::kNoEntry);
  EXPECT_EQ(error_of(tree->remove_directory({*gone, ".."}, seconds(1))), Errno::kNoEntry);
  EXPECT_EQ(error_of(tree->rename(at("/a/b"), {*gone, ".."}, Replace::kYes, seconds(1))),
            Errno::kNoEntry);
  EXPECT_EQ(error_of(tree->rename(at("/a/file"), {*gone, "x"}, Replace::kYes, seconds(1))),
            Errno::kNoEntry);
  std::array<char, 100> buffer;
  EXPECT_EQ(error_of(files::path_of(*gone, buffer)), Errno::kNoEntry);
}

}  // namespace
}  // namespace tb::files
