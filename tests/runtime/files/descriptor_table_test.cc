// Numbers for open files: which is next, what two of them share, and how many there can be.
#include "runtime/files/descriptor_table.h"

#include <gtest/gtest.h>

#include <memory>

#include "tests/runtime/files/world.h"

namespace tb::files {
namespace {

constexpr int kMost = DescriptorTable::kMost;

struct Descriptors : World {
  ~Descriptors() override { table.reset(); }

  OpenFileReference new_file() {
    return *open("/f", {.access = Access::kReadWrite, .creation = Creation::kIfMissing});
  }
  int add(int lowest = 0) { return *table->add(new_file(), CloseOnExec::kNo, lowest); }

  std::unique_ptr<DescriptorTable> table = std::make_unique<DescriptorTable>(storage);
};

TEST_F(Descriptors, AreTheLowestFreeNumbers) {
  for (int i = 0; i < 200; ++i) {
    ASSERT_EQ(add(), i);
  }
  for (const int number : {150, 3, 64}) {
    EXPECT_TRUE(table->close(number));
  }
  EXPECT_EQ(add(), 3);
  EXPECT_EQ(add(), 64);
  EXPECT_EQ(add(), 150);
  EXPECT_EQ(add(), 200);
}

TEST_F(Descriptors, BeginWhereAsked) {
  EXPECT_EQ(add(10), 10);
  EXPECT_EQ(add(10), 11);
  EXPECT_EQ(add(kMost - 1), kMost - 1);
  EXPECT_EQ(error_of(table->add(new_file(), CloseOnExec::kNo, kMost - 1)), Errno::kTooManyOpen);
  EXPECT_EQ(error_of(table->add(new_file(), CloseOnExec::kNo, kMost)), Errno::kInvalid);
  EXPECT_EQ(error_of(table->add(new_file(), CloseOnExec::kNo, -1)), Errno::kInvalid);
  EXPECT_EQ(add(), 0);
}

TEST_F(Descriptors, ThatAreNotOpenAreBad) {
  add();
  for (const int number : {-1, 1, 63, 64, kMost - 1, kMost, 1 << 30, -(1 << 30)}) {
    EXPECT_EQ(error_of(table->find(number)), Errno::kBadDescriptor) << number;
    EXPECT_EQ(error_of(table->close(number)), Errno::kBadDescriptor) << number;
    EXPECT_EQ(error_of(table->duplicate(number, CloseOnExec::kNo)), Errno::kBadDescriptor);
    EXPECT_EQ(error_of(table->duplicate_to(number, 5, CloseOnExec::kNo)), Errno::kBadDescriptor);
    EXPECT_EQ(error_of(table->close_on_exec(number)), Errno::kBadDescriptor);
    EXPECT_EQ(error_of(table->set_close_on_exec(number, CloseOnExec::kYes)), Errno::kBadDescriptor);
  }
  EXPECT_TRUE(table->close(0));
  EXPECT_EQ(error_of(table->close(0)), Errno::kBadDescriptor);
}

TEST_F(Descriptors, ThatWereDuplicatedShareAnOffset) {
  add();
  EXPECT_EQ(table->duplicate(0, CloseOnExec::kYes), 1);
  EXPECT_EQ(table->duplicate(0, CloseOnExec::kNo, 7), 7);
  EXPECT_EQ(error_of(table->duplicate(0, CloseOnExec::kNo, kMost)), Errno::kInvalid);
  EXPECT_EQ((*table->find(1))->write(bytes_of("abc"), seconds(9)), 3U);
  EXPECT_TRUE(table->close(1));
  EXPECT_EQ((*table->find(7))->seek(0, SeekFrom::kCurrent), 3U);
  EXPECT_EQ(table->find(0)->get(), table->find(7)->get());
}

TEST_F(Descriptors, AreReplacedByADuplicate) {
  add();
  add();
  const OpenFile* const first = table->find(0)->get();
  EXPECT_TRUE(table->duplicate_to(0, 1, CloseOnExec::kYes));
  EXPECT_EQ(table->find(1)->get(), first);
  EXPECT_EQ(table->close_on_exec(1), CloseOnExec::kYes);
  EXPECT_TRUE(table->duplicate_to(0, 500, CloseOnExec::kNo));
  EXPECT_EQ(table->find(500)->get(), first);
  EXPECT_TRUE(table->duplicate_to(1, 1, CloseOnExec::kNo));
  EXPECT_EQ(table->close_on_exec(1), CloseOnExec::kYes) << "nothing has changed";
  for (const int number : {-1, kMost}) {
    EXPECT_EQ(error_of(table->duplicate_to(0, number, CloseOnExec::kNo)), Errno::kBadDescriptor);
  }
}

TEST_F(Descriptors, RememberWhetherToCloseOnExec) {
  EXPECT_EQ(table->add(new_file(), CloseOnExec::kYes), 0);
  EXPECT_EQ(table->close_on_exec(0), CloseOnExec::kYes);
  EXPECT_TRUE(table->set_close_on_exec(0, CloseOnExec::kNo));
  EXPECT_EQ(table->close_on_exec(0), CloseOnExec::kNo);
  EXPECT_TRUE(table->set_close_on_exec(0, CloseOnExec::kYes));
  EXPECT_TRUE(table->close(0));
  EXPECT_EQ(add(), 0);
  EXPECT_EQ(table->close_on_exec(0), CloseOnExec::kNo) << "not the old one's";
}

TEST_F(Descriptors, HaveALimit) {
  for (int i = 0; i < kMost; ++i) {
    ASSERT_EQ(add(), i);
  }
  EXPECT_EQ(error_of(table->add(new_file(), CloseOnExec::kNo)), Errno::kTooManyOpen);
  EXPECT_EQ(error_of(table->duplicate(0, CloseOnExec::kNo)), Errno::kTooManyOpen);
  EXPECT_TRUE(table->duplicate_to(0, 1000, CloseOnExec::kNo));
}

TEST_F(Descriptors, KeepTheirFilesAliveUntilTheLastIsClosed) {
  add();
  write_file("/f", "text");
  table->duplicate(0, CloseOnExec::kNo);
  const std::size_t before = storage.in_use();
  unlink("/f");
  EXPECT_TRUE(table->close(0));
  EXPECT_EQ(read_all(**table->find(1)), "text");
  EXPECT_TRUE(table->close(1));
  EXPECT_LT(storage.in_use(), before - 4096);
}

TEST_F(Descriptors, NeedMemoryNowAndThen) {
  const OpenFileReference file = new_file();
  memory.fail_from(0);
  EXPECT_EQ(error_of(table->add(file, CloseOnExec::kNo)), Errno::kNoMemory);
  memory.fail_from(ScarceMemory::kNever);
  EXPECT_EQ(table->add(file, CloseOnExec::kNo), 0);
  memory.fail_from(0);
  EXPECT_EQ(table->duplicate(0, CloseOnExec::kNo), 1);
  EXPECT_EQ(error_of(table->duplicate_to(0, 64, CloseOnExec::kNo)), Errno::kNoMemory);
}

}  // namespace
}  // namespace tb::files
