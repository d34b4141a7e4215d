// The functions that the compiler itself calls to copy, fill and compare memory. The core has these
// for itself; an application without the C library has a second copy. The instructions
// are the processor's own, which the compiler cannot turn into calls of these functions again.
#include <cstddef>
#include <cstdint>

extern "C" {

void* memcpy(void* to, const void* from, std::size_t size) {
  void* place = to;
  std::size_t words = size / 8;
  size %= 8;
  asm volatile("rep movsq" : "+D"(place), "+S"(from), "+c"(words) : : "memory");
  asm volatile("rep movsb" : "+D"(place), "+S"(from), "+c"(size) : : "memory");
  return to;
}

void* memmove(void* to, const void* from, std::size_t size) {
  const auto distance =
      reinterpret_cast<std::uintptr_t>(to) - reinterpret_cast<std::uintptr_t>(from);
  if (distance >= size) {
    return memcpy(to, from, size);
  }
  // Overlapping with the target behind: from the end to the beginning.
  void* last_to = static_cast<std::byte*>(to) + size - 1;
  const void* last_from = static_cast<const std::byte*>(from) + size - 1;
  asm volatile("std; rep movsb; cld"
               : "+D"(last_to), "+S"(last_from), "+c"(size)
               :
               : "memory", "cc");
  return to;
}

void* memset(void* to, int value, std::size_t size) {
  void* place = to;
  std::size_t words = size / 8;
  size %= 8;
  const std::uint64_t word = static_cast<std::uint8_t>(value) * std::uint64_t{0x0101010101010101};
  asm volatile("rep stosq" : "+D"(place), "+c"(words) : "a"(word) : "memory");
  asm volatile("rep stosb" : "+D"(place), "+c"(size) : "a"(word) : "memory");
  return to;
}

int memcmp(const void* left, const void* right, std::size_t size) {
  const auto* a = static_cast<const unsigned char*>(left);
  const auto* b = static_cast<const unsigned char*>(right);
  for (std::size_t i = 0; i < size; ++i) {
    if (a[i] != b[i]) {
      return a[i] - b[i];
    }
  }
  return 0;
}

int bcmp(const void* left, const void* right, std::size_t size) {
  return memcmp(left, right, size);
}

void* memchr(const void* in, int value, std::size_t size) {
  const auto* bytes = static_cast<const unsigned char*>(in);
  for (std::size_t i = 0; i < size; ++i) {
    if (bytes[i] == static_cast<unsigned char>(value)) {
      return const_cast<unsigned char*>(bytes + i);
    }
  }
  return nullptr;
}

std::size_t strlen(const char* text) {
  std::size_t length = 0;
  // Volatile: the loop must not become a call of strlen.
  const volatile char* at = text;
  while (*at != '\0') {
    ++at;
    ++length;
  }
  return length;
}
}
