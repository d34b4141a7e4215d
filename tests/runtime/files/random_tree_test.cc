// Random use of a tree against a map from paths to contents.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <random>
#include <string>
#include <vector>

#include "tests/runtime/files/world.h"

namespace tb::files {
namespace {

// Directories end in a slash, as the root does; so all below one begin with its key.
using Model = std::map<std::string, std::string>;

struct RandomTree : World {
  static constexpr int kDeepest = 3;  // but for what rename() does

  // An existing directory, with the slash.
  std::string some_directory() {
    std::vector<std::string> all;
    for (const auto& [path, text] : model) {
      if (path.ends_with('/')) {
        all.push_back(path);
      }
    }
    return all[random() % all.size()];
  }
  std::string some_path() { return some_directory() + std::string(1, 'a' + random() % 8); }

  bool is_file(const std::string& path) const { return model.contains(path); }
  bool is_directory(const std::string& path) const { return model.contains(path + "/"); }
  bool is_empty(const std::string& path) const {
    const auto next = model.upper_bound(path + "/");
    return next == model.end() || !next->first.starts_with(path + "/");
  }

  void step_write() {
    const std::string path = some_path();
    const std::string text(random() % 20'000 >> random() % 15, 'a' + random() % 26);
    const Errno error = write_file(path, text);
    ASSERT_EQ(error, is_directory(path) ? Errno::kIsDirectory : kNoError);
    if (error == kNoError) {
      model[path] = text;
    }
  }

  void step_make_directory() {
    const std::string path = some_path();
    if (std::ranges::count(path, '/') > kDeepest) {
      return;
    }
    const bool exists = is_file(path) || is_directory(path);
    ASSERT_EQ(make_directory(path), exists ? Errno::kExists : kNoError);
    if (!exists) {
      model[path + "/"] = "";
    }
  }

  void step_remove() {
    const std::string path = some_path();
    const Errno unlinked = unlink(path);
    const Errno removed = remove_directory(path);
    if (is_file(path)) {
      ASSERT_EQ(unlinked, kNoError);
      ASSERT_EQ(removed, Errno::kNoEntry);
      model.erase(path);
    } else if (is_directory(path)) {
      ASSERT_EQ(unlinked, Errno::kIsDirectory);
      ASSERT_EQ(removed, is_empty(path) ? kNoError : Errno::kNotEmpty);
      if (is_empty(path)) {
        model.erase(path + "/");
      }
    } else {
      ASSERT_EQ(unlinked, Errno::kNoEntry);
      ASSERT_EQ(removed, Errno::kNoEntry);
    }
  }

  Errno expected_of_rename(const std::string& from, const std::string& to) const {
    if (!is_file(from) && !is_directory(from)) {
      return Errno::kNoEntry;
    }
    if (is_directory(from) && to.starts_with(from + "/")) {
      return Errno::kInvalid;
    }
    if (from == to) {
      return kNoError;
    }
    if (is_file(from) && is_directory(to)) {
      return Errno::kIsDirectory;
    }
    if (is_directory(from) && is_file(to)) {
      return Errno::kNotDirectory;
    }
    return is_directory(to) && !is_empty(to) ? Errno::kNotEmpty : kNoError;
  }

  void step_rename() {
    const std::string from = some_path();
    const std::string to = some_path();
    const Errno expected = expected_of_rename(from, to);
    ASSERT_EQ(rename(from, to), expected) << from << " to " << to;
    if (expected != kNoError || from == to) {
      return;
    }
    Model moved;
    for (const auto& [path, text] : model) {
      const bool concerned = path == from || path.starts_with(from + "/");
      moved[concerned ? to + path.substr(from.size()) : path] = text;
    }
    if (is_file(from)) {
      moved[to] = model[from];
    }
    model = moved;
  }

  // All that is in a directory, as the model has it.
  Model seen(const std::string& directory) {
    Model all = {{directory, ""}};
    for (const std::string& name : list(directory)) {
      const std::string path = directory + name;
      if (find(path)->is_directory()) {
        all.merge(seen(path + "/"));
      } else {
        all[path] = read_file(path);
      }
    }
    return all;
  }

  Model model = {{"/", ""}};
  std::mt19937 random{20240613};
};

TEST_F(RandomTree, BehavesLikeAMapOfPaths) {
  for (int step = 0; step < 5'000; ++step) {
    switch (random() % 8) {
      case 0:
      case 1:
        ASSERT_NO_FATAL_FAILURE(step_write());
        break;
      case 2:
      case 3:
        ASSERT_NO_FATAL_FAILURE(step_make_directory());
        break;
      case 4:
      case 5:
        ASSERT_NO_FATAL_FAILURE(step_rename());
        break;
      default:
        ASSERT_NO_FATAL_FAILURE(step_remove());
    }
    if (step % 100 == 0) {
      ASSERT_EQ(seen("/"), model);
    }
  }
  EXPECT_GT(model.size(), 10U);
  EXPECT_EQ(seen("/"), model);
}

}  // namespace
}  // namespace tb::files
