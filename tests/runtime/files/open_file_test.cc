// Opening, reading, writing and seeking; files, directories and devices.
#include "runtime/files/open_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <limits>
#include <string>

#include "tests/runtime/files/world.h"

namespace tb::files {
namespace {

using testing::ElementsAre;

constexpr std::int64_t kFarthest = std::numeric_limits<std::int64_t>::max();

struct Open : World {
  Open() {
    make_directory("/d");
    write_file("/f", "0123456789");
    make_link("/to_f", "f");
    make_link("/dangling", "new");
  }

  static std::string read_at(OpenFile& file, std::uint64_t offset, std::size_t size) {
    std::string text(size, '?');
    const auto count = file.read_at(offset, std::as_writable_bytes(std::span(text)));
    text.resize(count.value_or(0));
    return count ? text : "?" + std::to_string(static_cast<int>(count.error()));
  }
  static std::string read(OpenFile& file, std::size_t size) {
    std::string text(size, '?');
    const auto count = file.read(std::as_writable_bytes(std::span(text)));
    text.resize(count.value_or(0));
    return count ? text : "?" + std::to_string(static_cast<int>(count.error()));
  }
};

TEST_F(Open, FindsWhatIsThere) {
  EXPECT_EQ(read_file("/f"), "0123456789");
  EXPECT_EQ(read_file("/to_f"), "0123456789");
  EXPECT_EQ(error_of(open("/x")), Errno::kNoEntry);
  EXPECT_EQ(error_of(open("/f/")), Errno::kNotDirectory);
  EXPECT_EQ(error_of(open("/f", {.wanted = Wanted::kDirectory})), Errno::kNotDirectory);
  EXPECT_EQ(error_of(open("/to_f", {.last_link = LastLink::kKeep})), Errno::kLoop);
  EXPECT_EQ(error_of(open("/to_f/", {.last_link = LastLink::kKeep})), Errno::kNotDirectory);
}

TEST_F(Open, MakesWhatIsMissingWhenAsked) {
  const OpenOptions options{.access = Access::kReadWrite, .creation = Creation::kIfMissing};
  EXPECT_TRUE(open("/g", options));
  EXPECT_EQ(status_of("/g").mode, 0644U);
  EXPECT_EQ(status_of("/g").modified, seconds(3));
  EXPECT_TRUE(open("/dangling", options));
  EXPECT_EQ(find_error("/new"), kNoError) << "the link's target is made";
  EXPECT_TRUE(open("/f", options));
  EXPECT_EQ(read_file("/f"), "0123456789");
  EXPECT_EQ(error_of(open("/x/y", options)), Errno::kNoEntry);
  EXPECT_EQ(error_of(open("/x/", options)), Errno::kIsDirectory);
}

TEST_F(Open, MakesOnlyWhatIsMissingWhenAskedForThat) {
  const OpenOptions options{.access = Access::kWrite, .creation = Creation::kExclusive};
  for (const char* path : {"/f", "/d", "/to_f", "/dangling", "/"}) {
    EXPECT_EQ(error_of(open(path, options)), Errno::kExists) << path;
  }
  EXPECT_TRUE(open("/g", options));
}

TEST_F(Open, RefusesToChangeADirectory) {
  EXPECT_EQ(error_of(open("/d", {.access = Access::kWrite})), Errno::kIsDirectory);
  EXPECT_EQ(error_of(open("/d", {.truncation = Truncation::kYes})), Errno::kIsDirectory);
  EXPECT_EQ(error_of(open("/d", {.creation = Creation::kIfMissing})), Errno::kIsDirectory);
  const auto directory = open("/d");
  EXPECT_EQ(read(**directory, 10), "?21");
  EXPECT_EQ(error_of((*directory)->write(bytes_of("x"), seconds(9))), Errno::kBadDescriptor);
}

TEST_F(Open, CutsAFileWhenAsked) {
  EXPECT_TRUE(open("/f", {.access = Access::kWrite, .truncation = Truncation::kYes}));
  EXPECT_EQ(status_of("/f").size, 0U);
  EXPECT_EQ(status_of("/f").modified, seconds(3));
}

TEST_F(Open, AllowsOnlyWhatItWasAskedFor) {
  const auto reader = open("/f", {.access = Access::kRead});
  const auto writer = open("/f", {.access = Access::kWrite});
  EXPECT_EQ(error_of((*reader)->write(bytes_of("x"), seconds(9))), Errno::kBadDescriptor);
  EXPECT_EQ(error_of((*reader)->write_at(0, bytes_of("x"), seconds(9))), Errno::kBadDescriptor);
  EXPECT_EQ(error_of((*reader)->resize(0, seconds(9))), Errno::kInvalid);
  EXPECT_EQ(read(**writer, 1), "?9");
  EXPECT_EQ(read_at(**writer, 0, 1), "?9");
  EXPECT_EQ(status_of("/f").modified, seconds(4));
}

TEST_F(Open, ReadsAndWritesOnFromWhereItWas) {
  const auto file = open("/f", {.access = Access::kReadWrite});
  EXPECT_EQ(read(**file, 3), "012");
  EXPECT_EQ((*file)->write(bytes_of("abc"), seconds(9)), 3U);
  EXPECT_EQ(read(**file, 100), "6789");
  EXPECT_EQ(read(**file, 100), "");
  EXPECT_EQ((*file)->write(bytes_of("!"), seconds(9)), 1U);
  EXPECT_EQ(read_file("/f"), "012abc6789!");
  EXPECT_EQ(status_of("/f").modified, seconds(9));
  EXPECT_EQ((*file)->write({}, seconds(10)), 0U);
  EXPECT_EQ(status_of("/f").modified, seconds(9)) << "nothing was written";
}

TEST_F(Open, ReadsAndWritesElsewhereWithoutMoving) {
  const auto file = open("/f", {.access = Access::kReadWrite, .append = Append::kYes});
  EXPECT_EQ(read_at(**file, 8, 5), "89");
  EXPECT_EQ(read_at(**file, 99, 5), "");
  EXPECT_EQ((*file)->write_at(1, bytes_of("x"), seconds(9)), 1U);
  EXPECT_EQ(read(**file, 3), "0x2");
}

TEST_F(Open, AppendsWhereverTheEndIs) {
  const auto log = open("/f", {.access = Access::kReadWrite, .append = Append::kYes});
  EXPECT_EQ((*log)->write(bytes_of("a"), seconds(9)), 1U);
  ASSERT_TRUE((*log)->resize(2, seconds(9)));
  EXPECT_EQ((*log)->write(bytes_of("b"), seconds(9)), 1U);
  EXPECT_EQ((*log)->seek(0, SeekFrom::kCurrent), 3U);
  (*log)->set_append(Append::kNo);
  EXPECT_EQ((*log)->seek(0, SeekFrom::kBeginning), 0U);
  EXPECT_EQ((*log)->write(bytes_of("c"), seconds(9)), 1U);
  EXPECT_EQ(read_file("/f"), "c1b");
}

TEST_F(Open, SeeksFromThreePlaces) {
  const auto file = open("/f", {.access = Access::kReadWrite});
  EXPECT_EQ((*file)->seek(4, SeekFrom::kBeginning), 4U);
  EXPECT_EQ((*file)->seek(-1, SeekFrom::kCurrent), 3U);
  EXPECT_EQ(read(**file, 1), "3");
  EXPECT_EQ((*file)->seek(-2, SeekFrom::kEnd), 8U);
  EXPECT_EQ((*file)->seek(2, SeekFrom::kEnd), 12U);
  EXPECT_EQ(read(**file, 1), "");
  EXPECT_EQ((*file)->write(bytes_of("x"), seconds(9)), 1U);
  EXPECT_EQ(read_file("/f"), std::string("0123456789\0\0x", 13));
}

TEST_F(Open, RefusesToSeekOutOfAllFiles) {
  const auto file = open("/f", {.access = Access::kReadWrite});
  EXPECT_EQ(error_of((*file)->seek(-1, SeekFrom::kBeginning)), Errno::kInvalid);
  EXPECT_EQ(error_of((*file)->seek(-11, SeekFrom::kEnd)), Errno::kInvalid);
  EXPECT_EQ(error_of((*file)->seek(std::numeric_limits<std::int64_t>::min(), SeekFrom::kCurrent)),
            Errno::kInvalid);
  EXPECT_EQ(error_of((*file)->seek(kFarthest, SeekFrom::kEnd)), Errno::kInvalid);
  EXPECT_EQ((*file)->seek(0, SeekFrom::kCurrent), 0U) << "nothing has moved";
  EXPECT_EQ((*file)->seek(kFarthest, SeekFrom::kBeginning), kFarthest);
  EXPECT_EQ(read(**file, 1), "");
  EXPECT_EQ(error_of((*file)->write(bytes_of("x"), seconds(9))), Errno::kFileTooBig);
}

TEST_F(Open, CutsAndStretches) {
  const auto file = open("/f", {.access = Access::kReadWrite});
  ASSERT_TRUE((*file)->resize(3, seconds(8)));
  EXPECT_EQ(read_file("/f"), "012");
  ASSERT_TRUE((*file)->resize(5, seconds(9)));
  EXPECT_EQ(read_file("/f"), std::string("012\0\0", 5));
  EXPECT_EQ(status_of("/f").modified, seconds(9));
  EXPECT_EQ(error_of((*file)->resize(~std::uint64_t{0}, seconds(10))), Errno::kFileTooBig);
  EXPECT_EQ(status_of("/f").modified, seconds(9));
}

TEST_F(Open, KeepsAFileAliveThatHasLostItsName) {
  auto file = open("/f", {.access = Access::kReadWrite});
  const std::size_t before = storage.in_use();
  ASSERT_EQ(unlink("/f"), kNoError);
  EXPECT_EQ(read(**file, 100), "0123456789");
  EXPECT_EQ((*file)->write(bytes_of(std::string(10'000, 'x')), seconds(9)), 10'000U);
  EXPECT_EQ(status((*file)->node()).links, 0U);
  file = OpenFileReference();
  EXPECT_LT(storage.in_use(), before - 4096) << "its block has gone back as well";
}

TEST_F(Open, ReadsForeignBytesAndNeverWritesThem) {
  const std::string module(10'000, 'm');
  ASSERT_TRUE(tree->make_file_over(at("/module"), bytes_of(module), 0444, seconds(1)));
  EXPECT_EQ(read_file("/module"), module);
  EXPECT_EQ(status_of("/module").size, module.size());
  EXPECT_EQ(status_of("/module").stored, 0U);
  EXPECT_EQ(status_of("/module").kind, NodeKind::kFile);
  EXPECT_EQ(error_of(open("/module", {.access = Access::kReadWrite})), Errno::kReadOnly);
  EXPECT_EQ(error_of(open("/module", {.truncation = Truncation::kYes})), Errno::kReadOnly);
  EXPECT_EQ(error_of(resize(*find("/module"), 0, seconds(9))), Errno::kReadOnly);
  EXPECT_EQ(error_of(write(*find("/module"), 0, bytes_of("x"), seconds(9))), Errno::kReadOnly);
  const auto file = open("/module");
  EXPECT_EQ(read_at(**file, module.size() - 2, 100), "mm");
  EXPECT_EQ(read_at(**file, module.size() + 2, 100), "");
  EXPECT_EQ((*file)->read({}), 0U);
  EXPECT_EQ(rename("/module", "/d/module"), kNoError) << "its name is no part of it";
  EXPECT_EQ(unlink("/d/module"), kNoError);
  EXPECT_EQ(read_all(**file), module);
}

TEST_F(Open, RefusesToWriteAProtectedFile) {
  const auto before = open("/f", {.access = Access::kWrite});
  find("/f")->protection = Protection::kReadOnly;
  EXPECT_EQ(error_of(open("/f", {.access = Access::kWrite})), Errno::kReadOnly);
  EXPECT_EQ(error_of((*before)->write(bytes_of("x"), seconds(9))), Errno::kReadOnly);
  EXPECT_EQ(error_of((*before)->resize(0, seconds(9))), Errno::kReadOnly);
  EXPECT_EQ(read_file("/f"), "0123456789");
}

// Reads its offset's digits, and remembers what it is told.
struct Echo {
  std::string told;
  Device device{.self = this,
                .read = [](void*, std::uint64_t offset,
                           std::span<std::byte> to) -> std::expected<std::size_t, Errno> {
                  const std::string text = "at " + std::to_string(offset);
                  const std::size_t count = std::min(text.size(), to.size());
                  std::ranges::copy(bytes_of(text).first(count), to.begin());
                  return count;
                },
                .write = [](void* self, std::uint64_t offset,
                            std::span<const std::byte> from) -> std::expected<std::size_t, Errno> {
                  static_cast<Echo*>(self)->told +=
                      std::to_string(offset) + ":" +
                      std::string(reinterpret_cast<const char*>(from.data()), from.size()) + ";";
                  return from.size();
                }};
};

TEST_F(Open, HandsBytesToADeviceThatIsAStream) {
  Echo echo;
  ASSERT_TRUE(tree->make_device(at("/echo"), echo.device, 0666, seconds(1)));
  EXPECT_EQ(status_of("/echo").kind, NodeKind::kDevice);
  const auto file = open("/echo", {.access = Access::kReadWrite,
                                   .append = Append::kYes,
                                   .creation = Creation::kIfMissing,
                                   .truncation = Truncation::kYes});
  ASSERT_TRUE(file);
  EXPECT_EQ((*file)->device(), &echo.device);
  EXPECT_EQ((*file)->write(bytes_of("one"), seconds(9)), 3U);
  EXPECT_EQ((*file)->write(bytes_of("two"), seconds(9)), 3U);
  EXPECT_EQ(echo.told, "0:one;0:two;");
  EXPECT_EQ(read(**file, 100), "at 0");
  EXPECT_EQ(error_of((*file)->seek(0, SeekFrom::kCurrent)), Errno::kIllegalSeek);
  EXPECT_EQ(read_at(**file, 0, 1), "?29");
  EXPECT_EQ(error_of((*file)->write_at(0, bytes_of("x"), seconds(9))), Errno::kIllegalSeek);
  EXPECT_EQ(error_of((*file)->resize(0, seconds(9))), Errno::kInvalid);
}

TEST_F(Open, TellsASeekableDeviceWhere) {
  Echo echo;
  echo.device.seekable = Seekable::kYes;
  ASSERT_TRUE(tree->make_device(at("/echo"), echo.device, 0666, seconds(1)));
  const auto file = open("/echo", {.access = Access::kReadWrite});
  EXPECT_EQ(read(**file, 100), "at 0");
  EXPECT_EQ(read(**file, 100), "at 4");
  EXPECT_EQ((*file)->write(bytes_of("x"), seconds(9)), 1U);
  EXPECT_EQ((*file)->write_at(77, bytes_of("y"), seconds(9)), 1U);
  EXPECT_EQ(echo.told, "8:x;77:y;");
  EXPECT_EQ(read_at(**file, 5, 100), "at 5");
  EXPECT_EQ((*file)->seek(2, SeekFrom::kBeginning), 2U);
}

TEST_F(Open, FindsADeviceWithoutFunctionsInvalid) {
  const Device nothing;
  ASSERT_TRUE(tree->make_device(at("/nothing"), nothing, 0666, seconds(1)));
  const auto file = open("/nothing", {.access = Access::kReadWrite});
  EXPECT_EQ(read(**file, 1), "?22");
  EXPECT_EQ(error_of((*file)->write(bytes_of("x"), seconds(9))), Errno::kInvalid);
  EXPECT_EQ((*open("/f"))->device(), nullptr);
}

}  // namespace
}  // namespace tb::files
