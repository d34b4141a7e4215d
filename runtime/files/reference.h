// Objects that live as long as somebody refers to them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

#include "base/assert.h"
#include "runtime/files/storage.h"

namespace tb::files {

// Who ends an object: its last reference, or somebody else when there are none.
enum class Owner : std::uint8_t { kReferences, kSomebodyElse };

// The base of what is referred to. The count is not atomic: references are made, copied and dropped
// under the lock of whoever uses the file system.
class Counted {
 public:
  Counted(const Counted&) = delete;
  Counted& operator=(const Counted&) = delete;

 protected:
  // `storage` is where an object that its references own was made.
  Counted(Owner owner, Storage& storage) : storage_(storage), owner_(owner) {}
  ~Counted() { expects(references_ == 0, "nobody refers to what ends"); }

 private:
  template <class T>
  friend class Reference;

  Storage& storage_;
  const Owner owner_;
  std::size_t references_ = 0;
};

// Keeps an object alive; or none, if it is empty.
template <class T>
class Reference {
 public:
  constexpr Reference() = default;
  explicit Reference(T* object) : object_(object) {
    if (object_ != nullptr) {
      ++counted().references_;
    }
  }
  Reference(const Reference& other) : Reference(other.object_) {}
  Reference(Reference&& other) noexcept : object_(std::exchange(other.object_, nullptr)) {}
  Reference& operator=(Reference other) noexcept {
    std::swap(object_, other.object_);
    return *this;
  }
  ~Reference() {
    if (object_ != nullptr && --counted().references_ == 0 &&
        counted().owner_ == Owner::kReferences) {
      counted().storage_.destroy(object_);
    }
  }

  explicit operator bool() const { return object_ != nullptr; }
  T* get() const { return object_; }
  T& operator*() const { return *object_; }
  T* operator->() const { return object_; }

 private:
  Counted& counted() const { return *object_; }

  T* object_ = nullptr;
};

}  // namespace tb::files
