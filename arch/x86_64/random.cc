// fill_random(): RDRAND where the processor has it, else ChaCha20 under a key that was gathered
// from RDSEED and from how unevenly the time-stamp counter passes.
#include "arch/random.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <cstring>
#include <optional>

#include "arch/cpu.h"
#include "arch/x86_64/chacha20.h"
#include "arch/x86_64/cpu_features.h"
#include "arch/x86_64/random_source.h"
#include "arch/x86_64/registers.h"

namespace tb::arch {
namespace x86 {
namespace {

// As Intel's manual asks for RDRAND (volume 1, section 7.3.17); RDSEED runs dry more easily, so it
// gets more of them, with pauses.
constexpr int kRandomAttempts = 10;
constexpr int kSeedAttempts = 100;

// What some AMD processors keep returning as a success when they have lost their source.
constexpr std::uint64_t kBrokenSource = ~std::uint64_t{0};

// A sample of the time-stamp counter is taken for a quarter of a bit, as in Müller's "CPU Time
// Jitter Based Non-Physical True Random Number Generator", which wants less of a processor.
constexpr int kJitterSamples = 1024;

enum class KeyState : std::uint8_t { kNone, kBeingWritten, kReady };

// Shared: the generator's key. Whoever takes the state from kNone writes it, once; it may be read
// when the state is kReady.
constinit std::atomic<KeyState> key_state{KeyState::kNone};
constinit ChaChaKey shared_key{};

// Shared: each call takes a number of its own, so that no two make the same bytes.
constinit std::atomic<std::uint64_t> next_call{0};

std::optional<std::uint64_t> rdrand() {
  for (int attempt = 0; attempt < kRandomAttempts; ++attempt) {
    std::uint64_t word = 0;
    bool valid = false;
    asm volatile("rdrand %0" : "=r"(word), "=@ccc"(valid));
    if (valid && word != kBrokenSource) {
      return word;
    }
  }
  return std::nullopt;
}

std::optional<std::uint64_t> rdseed() {
  for (int attempt = 0; attempt < kSeedAttempts; ++attempt) {
    std::uint64_t word = 0;
    bool valid = false;
    asm volatile("rdseed %0" : "=r"(word), "=@ccc"(valid));
    if (valid && word != kBrokenSource) {
      return word;
    }
    relax();
  }
  return std::nullopt;
}

void mix_in(ChaChaKey& key, std::uint64_t word, std::uint32_t turn) {
  key[0] ^= static_cast<std::uint32_t>(word);
  key[1] ^= static_cast<std::uint32_t>(word >> 32);
  const ChaChaBlock mixed = chacha20_block(key, {turn});
  std::copy_n(mixed.begin(), key.size(), key.begin());
}

ChaChaKey gather_key() {
  ChaChaKey key{};
  std::uint32_t turn = 0;
  for (std::size_t i = 0; i < key.size() / 2 && cpu_features().rdseed; ++i) {
    mix_in(key, rdseed().value_or(0), turn++);
  }
  // The mixing is also the work whose time is uneven: by caches, interrupts and other CPUs.
  for (int i = 0; i < kJitterSamples; ++i) {
    mix_in(key, read_tsc(), turn++);
  }
  return key;
}

// Nobody waits, for the one who writes may have been interrupted by the one who asks: whoever comes
// before the key is ready uses what it has gathered itself.
ChaChaKey generator_key() {
  if (key_state.load() == KeyState::kReady) {
    return shared_key;
  }
  const ChaChaKey own = gather_key();
  KeyState expected = KeyState::kNone;
  if (key_state.compare_exchange_strong(expected, KeyState::kBeingWritten)) {
    shared_key = own;
    key_state = KeyState::kReady;
  }
  return own;
}

void generate(std::span<std::byte> bytes) {
  const ChaChaKey key = generator_key();
  const std::uint64_t call = next_call.fetch_add(1);
  for (std::uint64_t number = 0; !bytes.empty(); ++number) {
    const ChaChaBlock block = chacha20_block(
        key, {static_cast<std::uint32_t>(number), static_cast<std::uint32_t>(number >> 32),
              static_cast<std::uint32_t>(call), static_cast<std::uint32_t>(call >> 32)});
    const std::size_t size = std::min(bytes.size(), sizeof block);
    std::memcpy(bytes.data(), block.data(), size);
    bytes = bytes.subspan(size);
  }
}

}  // namespace

const char* random_source_name() {
  if (cpu_features().rdrand) {
    return "RDRAND";
  }
  return cpu_features().rdseed ? "ChaCha20 by RDSEED" : "ChaCha20 by jitter";
}

}  // namespace x86

void fill_random(std::span<std::byte> bytes) {
  while (!bytes.empty() && x86::cpu_features().rdrand) {
    const std::optional<std::uint64_t> word = x86::rdrand();
    if (!word) {
      break;
    }
    const std::size_t size = std::min(bytes.size(), sizeof *word);
    std::memcpy(bytes.data(), &*word, size);
    bytes = bytes.subspan(size);
  }
  if (!bytes.empty()) {
    x86::generate(bytes);
  }
}

}  // namespace tb::arch
