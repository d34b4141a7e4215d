// ChaCha20's block function, against the examples of RFC 8439.
#include "arch/x86_64/chacha20.h"

#include <gtest/gtest.h>

namespace tb::arch::x86 {
namespace {

TEST(ChaCha20, HasTheQuarterRoundOfTheStandard) {
  // Section 2.1.1.
  ChaChaBlock state = {0x11111111, 0x01020304, 0x9b8d6f43, 0x01234567};
  chacha_quarter_round(state, 0, 1, 2, 3);
  EXPECT_EQ(state, (ChaChaBlock{0xea2a92f4, 0xcb1cf8ce, 0x4581472e, 0x5881c4bb}));
}

TEST(ChaCha20, HasTheBlockOfTheStandard) {
  // Section 2.3.2.
  const ChaChaKey key = {0x03020100, 0x07060504, 0x0b0a0908, 0x0f0e0d0c,
                         0x13121110, 0x17161514, 0x1b1a1918, 0x1f1e1d1c};
  EXPECT_EQ(chacha20_block(key, {1, 0x09000000, 0x4a000000, 0}),
            (ChaChaBlock{0xe4e7f110, 0x15593bd1, 0x1fdd0f50, 0xc47120a3, 0xc7f4d1c7, 0x0368c033,
                         0x9aaa2204, 0x4e6cd4c3, 0x466482d2, 0x09aa9f07, 0x05d7c214, 0xa2028bd9,
                         0xd19c12b5, 0xb94e16de, 0xe883d0cb, 0x4e3c50a2}));
}

}  // namespace
}  // namespace tb::arch::x86
