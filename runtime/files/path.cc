// Following paths. It keeps to the caller's stack, however many symbolic links there are.
#include "runtime/files/path.h"

#include <algorithm>
#include <array>

namespace tb::files {
namespace {

void skip_slashes(std::string_view& text) {
  text.remove_prefix(std::min(text.find_first_not_of('/'), text.size()));
}

// Takes the first name off; what is left begins with a slash or is empty.
std::string_view take_name(std::string_view& text) {
  const std::string_view name(text.data(), std::min(text.find('/'), text.size()));
  text.remove_prefix(name.size());
  return name;
}

// What is left to follow: the path, or in place of it the target of the last link on top of what
// remained of the path behind that link, and so on.
class Rest {
 public:
  explicit Rest(std::string_view path) : current_(path) { settle(); }

  bool ended() const { return current_.empty(); }
  Ending ending() const { return behind_link_ == Ending::kSlash ? behind_link_ : ending_; }

  // The next name of a rest that has not ended.
  std::string_view next() {
    const std::string_view name = take_name(current_);
    const bool slash = !current_.empty();
    settle();
    ending_ = slash && ended() ? Ending::kSlash : Ending::kName;
    return name;
  }

  // Goes on with the link's target. A slash behind the link counts as one behind the target. False
  // if there have been too many links.
  bool follow(std::string_view target) {
    if (links_++ == kMostLinks) {
      return false;
    }
    if (ended()) {
      behind_link_ = ending();
    } else {
      waiting_[waiting_count_++] = current_;
    }
    current_ = target;
    settle();
    return true;
  }

 private:
  // To the beginning of the next name, if there is one.
  void settle() {
    skip_slashes(current_);
    if (current_.empty() && waiting_count_ > 0) {
      current_ = waiting_[--waiting_count_];
    }
  }

  std::string_view current_;  // begins with a name, or is empty
  Ending ending_ = Ending::kName;
  Ending behind_link_ = Ending::kName;  // the last name was a link, and this stood behind it
  std::size_t links_ = 0;
  std::size_t waiting_count_ = 0;
  std::array<std::string_view, kMostLinks> waiting_;
};

// Also for the two names that no directory keeps.
Place look_up(Node& directory, std::string_view name) {
  Directory& names = *directory.as<Directory>();
  Place place{&directory, name, nullptr, nullptr, Ending::kName};
  if (name == ".") {
    place.node = &directory;
  } else if (name == "..") {
    place.node = names.parent;
  } else if (place.entry = names.find(name); place.entry != nullptr) {
    place.node = place.entry->node.get();
  }
  return place;
}

}  // namespace

std::expected<Place, Errno> walk(Node& root, Path path, LastLink last) {
  if (path.text.empty()) {
    return std::unexpected(Errno::kNoEntry);
  }
  if (path.text.size() > kLongestPath) {
    return std::unexpected(Errno::kNameTooLong);
  }
  Place place{path.text.front() == '/' ? &root : &path.start, {}, nullptr, nullptr, Ending::kName};
  place.node = place.directory;
  Rest rest(path.text);
  while (!rest.ended()) {
    if (place.node == nullptr) {
      return std::unexpected(Errno::kNoEntry);
    }
    if (!place.node->is_directory()) {
      return std::unexpected(Errno::kNotDirectory);
    }
    const std::string_view name = rest.next();
    if (name.size() > kLongestName) {
      return std::unexpected(Errno::kNameTooLong);
    }
    place = look_up(*place.node, name);
    const auto* const link = place.node != nullptr ? place.node->as<SymbolicLink>() : nullptr;
    if (link != nullptr && (last == LastLink::kFollow || !rest.ended())) {
      const std::string_view target = link->target.view();
      if (!rest.follow(target)) {
        return std::unexpected(Errno::kLoop);
      }
      place = {
          target.front() == '/' ? &root : place.directory, {}, nullptr, nullptr, Ending::kName};
      place.node = place.directory;
    }
  }
  place.ending = rest.ending();
  return place;
}

std::expected<std::string_view, Errno> path_of(Node& directory, std::span<char> buffer) {
  std::size_t begin = buffer.size();
  const auto prepend = [&](std::string_view text) {
    if (text.size() > begin) {
      return false;
    }
    begin -= text.size();
    std::ranges::copy(text, buffer.begin() + begin);
    return true;
  };
  Node* at = &directory;
  for (;;) {
    Node* const parent = at->as<Directory>()->parent;
    if (parent == nullptr) {
      return std::unexpected(Errno::kNoEntry);
    }
    if (parent == at) {
      break;
    }
    Entry* entry = parent->as<Directory>()->first_from(0);
    while (entry->node.get() != at) {
      entry = entry->next();
    }
    if (!prepend(entry->name.view()) || !prepend("/")) {
      return std::unexpected(Errno::kOutOfRange);
    }
    at = parent;
  }
  if (begin == buffer.size() && !prepend("/")) {
    return std::unexpected(Errno::kOutOfRange);
  }
  return std::string_view(buffer.data() + begin, buffer.size() - begin);
}

}  // namespace tb::files
