// A file's bytes in blocks: against a plain string, with holes of any size, and without memory.
#include "runtime/files/file_blocks.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

#include "tests/runtime/files/world.h"

namespace tb::files {
namespace {

constexpr std::size_t kBlock = FileBlocks::kBlockSize;

std::string read_text(const FileBlocks& file, std::uint64_t offset, std::size_t size) {
  std::string text(size, '?');
  text.resize(file.read(offset, std::as_writable_bytes(std::span(text))));
  return text;
}

struct Blocks : testing::Test {
  ~Blocks() override {
    file.reset();
    EXPECT_EQ(storage.in_use(), 0U);
    EXPECT_TRUE(memory.blocks.empty());
  }

  ScarceMemory memory;
  Storage storage{Storage::kNoLimit, memory.source()};
  std::unique_ptr<FileBlocks> file = std::make_unique<FileBlocks>(storage);
};

TEST_F(Blocks, OfAnEmptyFileTakeNoMemory) {
  EXPECT_EQ(file->size(), 0U);
  EXPECT_EQ(read_text(*file, 0, 10), "");
  EXPECT_EQ(file->write(0, {}), 0U);
  EXPECT_EQ(file->write(5000, {}), 0U);
  EXPECT_EQ(file->size(), 0U);
  EXPECT_EQ(storage.in_use(), 0U);
}

TEST_F(Blocks, GiveBackWhatWasWritten) {
  EXPECT_EQ(file->write(0, bytes_of("hello, world")), 12U);
  EXPECT_EQ(file->write(7, bytes_of("there")), 5U);
  EXPECT_EQ(read_text(*file, 0, 100), "hello, there");
  EXPECT_EQ(read_text(*file, 7, 3), "the");
  EXPECT_EQ(read_text(*file, 12, 1), "");
  EXPECT_EQ(file->stored(), kBlock);
}

TEST_F(Blocks, ThatWereNeverWrittenReadAsZerosAndTakeNoMemory) {
  const std::uint64_t far = std::uint64_t{1} << 40;
  EXPECT_EQ(file->write(far, bytes_of("end")), 3U);
  EXPECT_EQ(file->write(10, bytes_of("near")), 4U);
  EXPECT_EQ(file->size(), far + 3);
  EXPECT_EQ(file->stored(), 2 * kBlock);
  EXPECT_EQ(read_text(*file, 8, 8), std::string("\0\0near\0\0", 8));
  EXPECT_EQ(read_text(*file, far - 2, 10), std::string("\0\0end", 5));
  EXPECT_EQ(read_text(*file, far / 2, 10000), std::string(10000, '\0'));
  EXPECT_LT(storage.in_use(), 16 * kBlock);
}

TEST_F(Blocks, DoNotMoveWhenTheFileGrows) {
  ASSERT_EQ(file->write(0, bytes_of(std::string(kBlock, 'a'))), kBlock);
  const std::size_t before = storage.in_use();
  ASSERT_EQ(file->write(64 * kBlock, bytes_of("b")), 1U);
  EXPECT_EQ(memory.asked, 5U) << "two blocks and three tables";
  EXPECT_LT(storage.in_use(), 2 * before + 3 * kKiB);
}

TEST_F(Blocks, EndAtTheLargestSize) {
  const std::uint64_t last = FileBlocks::kMaximumSize - 1;
  EXPECT_EQ(file->write(last, bytes_of("xy")), 1U);
  EXPECT_EQ(file->size(), FileBlocks::kMaximumSize);
  EXPECT_EQ(read_text(*file, last, 10), "x");
  EXPECT_EQ(error_of(file->write(last + 1, bytes_of("y"))), Errno::kFileTooBig);
  EXPECT_EQ(error_of(file->resize(FileBlocks::kMaximumSize + 1)), Errno::kFileTooBig);
  EXPECT_EQ(file->size(), FileBlocks::kMaximumSize);
}

TEST_F(Blocks, GoBackWhenTheFileIsCut) {
  const std::string text(100 * kBlock, 'x');
  ASSERT_EQ(file->write(0, bytes_of(text)), text.size());
  ASSERT_TRUE(file->resize(3 * kBlock));
  EXPECT_EQ(file->stored(), 3 * kBlock);
  ASSERT_TRUE(file->resize(2 * kBlock + 1));
  EXPECT_EQ(file->stored(), 3 * kBlock);
  ASSERT_TRUE(file->resize(1));
  EXPECT_EQ(storage.in_use(), kBlock) << "no table is left either";
  ASSERT_TRUE(file->resize(0));
  EXPECT_EQ(storage.in_use(), 0U);
}

TEST_F(Blocks, ShowNothingOfWhatWasCutOffWhenTheFileGrowsAgain) {
  ASSERT_EQ(file->write(0, bytes_of(std::string(2 * kBlock, 'x'))), 2 * kBlock);
  ASSERT_TRUE(file->resize(kBlock + 10));
  ASSERT_TRUE(file->resize(2 * kBlock));
  EXPECT_EQ(read_text(*file, kBlock, kBlock),
            std::string(10, 'x') + std::string(kBlock - 10, '\0'));
}

TEST_F(Blocks, BeyondTheMemoryLeaveAShortWriteAndThenNoSpace) {
  const std::string text(3 * kBlock, 'x');
  memory.fail_from(3);  // Two blocks and a table can be had.
  EXPECT_EQ(file->write(0, bytes_of(text)), 2 * kBlock);
  EXPECT_EQ(file->size(), 2 * kBlock);
  EXPECT_EQ(error_of(file->write(2 * kBlock, bytes_of("y"))), Errno::kNoSpace);
  EXPECT_EQ(file->write(5, bytes_of("y")), 1U) << "what is there can still be written";
  memory.fail_from(ScarceMemory::kNever);
  EXPECT_EQ(file->write(2 * kBlock, bytes_of("y")), 1U);
}

TEST_F(Blocks, ThatCannotBeHadLeaveNothingOfTheAttempt) {
  ASSERT_EQ(file->write(0, bytes_of("begin")), 5U);
  const std::size_t before = storage.in_use();
  const std::uint64_t far = std::uint64_t{1} << 45;
  for (std::uint64_t number = 0;; ++number) {
    memory.fail_from(number);
    const auto count = file->write(far, bytes_of("end"));
    memory.fail_from(ScarceMemory::kNever);
    if (count) {
      EXPECT_GT(number, 10U);
      break;
    }
    ASSERT_EQ(count.error(), Errno::kNoSpace);
    ASSERT_EQ(storage.in_use(), before) << number;
    ASSERT_EQ(file->size(), 5U);
    ASSERT_EQ(read_text(*file, 0, 10), "begin");
  }
  EXPECT_EQ(read_text(*file, far, 10), "end");
}

TEST_F(Blocks, BehaveLikeAStringUnderRandomUse) {
  std::mt19937 random(20240611);
  std::string model;
  for (int step = 0; step < 5000; ++step) {
    const std::size_t offset = random() % (300 * kBlock) >> random() % 16;
    const std::size_t size = random() % (20 * kBlock) >> random() % 16;
    switch (random() % 4) {
      case 0:
      case 1: {
        const std::string text(size, static_cast<char>('a' + step % 26));
        ASSERT_EQ(file->write(offset, bytes_of(text)), size);
        if (size > 0) {
          model.resize(std::max(model.size(), offset + size));
          model.replace(offset, size, text);
        }
        break;
      }
      case 2:
        ASSERT_TRUE(file->resize(offset));
        model.resize(offset);
        break;
      default:
        ASSERT_EQ(read_text(*file, offset, size),
                  offset < model.size() ? model.substr(offset, size) : "");
    }
    ASSERT_EQ(file->size(), model.size());
  }
  EXPECT_EQ(read_text(*file, 0, model.size() + 1), model);
}

}  // namespace
}  // namespace tb::files
