// The block function of the stream cipher ChaCha20, as in RFC 8439, section 2.3.
#pragma once

#include <array>
#include <bit>
#include <cstdint>

namespace tb::arch::x86 {

using ChaChaKey = std::array<std::uint32_t, 8>;
using ChaChaBlock = std::array<std::uint32_t, 16>;

// Counter and nonce; no two blocks under one key may have the same.
using ChaChaPosition = std::array<std::uint32_t, 4>;

constexpr void chacha_quarter_round(ChaChaBlock& state, int a, int b, int c, int d) {
  state[a] += state[b];
  state[d] = std::rotl(state[d] ^ state[a], 16);
  state[c] += state[d];
  state[b] = std::rotl(state[b] ^ state[c], 12);
  state[a] += state[b];
  state[d] = std::rotl(state[d] ^ state[a], 8);
  state[c] += state[d];
  state[b] = std::rotl(state[b] ^ state[c], 7);
}

constexpr ChaChaBlock chacha20_block(const ChaChaKey& key, const ChaChaPosition& position) {
  ChaChaBlock start = {0x61707865, 0x3320646e, 0x79622d32, 0x6b206574};  // "expand 32-byte k"
  for (int i = 0; i < 8; ++i) {
    start[4 + i] = key[i];
  }
  for (int i = 0; i < 4; ++i) {
    start[12 + i] = position[i];
  }
  ChaChaBlock state = start;
  for (int round = 0; round < 20; round += 2) {
    for (int i = 0; i < 4; ++i) {
      chacha_quarter_round(state, i, 4 + i, 8 + i, 12 + i);
    }
    for (int i = 0; i < 4; ++i) {
      chacha_quarter_round(state, i, 4 + (i + 1) % 4, 8 + (i + 2) % 4, 12 + (i + 3) % 4);
    }
  }
  for (int i = 0; i < 16; ++i) {
    state[i] += start[i];
  }
  return state;
}

}  // namespace tb::arch::x86
