// Names and the table of a trace.
#include "tests/explorer/trace.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <string_view>

namespace tb::explorer {
namespace {

constexpr std::size_t kShownAtEachEnd = 60;

std::string hexadecimal(Value value) {
  std::array<char, 24> text{};
  std::snprintf(text.data(), text.size(), "0x%llx", static_cast<unsigned long long>(value));
  return text.data();
}

std::string padded(std::string text, std::size_t width) {
  text.resize(std::max(text.size(), width), ' ');
  return text;
}

}  // namespace

void Trace::name(const void* begin, std::size_t bytes, std::string name) {
  names_.push_back({reinterpret_cast<std::uintptr_t>(begin), bytes, std::move(name)});
}

void Trace::clear() {
  events_.clear();
  names_.clear();
}

std::string Trace::name_of(const void* address) const {
  const auto at = reinterpret_cast<std::uintptr_t>(address);
  const auto named = std::find_if(names_.rbegin(), names_.rend(), [&](const Named& each) {
    return at >= each.begin && at - each.begin < each.bytes;
  });
  if (named == names_.rend()) {
    return hexadecimal(at);
  }
  return at == named->begin ? named->name : named->name + "+" + std::to_string(at - named->begin);
}

std::string Trace::value_text(Value value, ValueKind kind) const {
  if (kind == ValueKind::kPointer) {
    return value == 0 ? "null" : "&" + name_of(reinterpret_cast<const void*>(value));
  }
  return value < 1'000'000 ? std::to_string(value) : hexadecimal(value);
}

std::string Trace::text() const {
  std::string text;
  for (std::size_t i = 0; i < events_.size(); ++i) {
    if (events_.size() > 2 * kShownAtEachEnd && i == kShownAtEachEnd) {
      i = events_.size() - kShownAtEachEnd;
      text += "... " + std::to_string(i - kShownAtEachEnd) + " steps more ...\n";
    }
    const Event& event = events_[i];
    std::string line = padded(thread_text(event.thread), 10);
    line += padded(event.operation, 18);
    line += padded(event.order ? order_text(*event.order) : "", 9);
    line += padded((event.object != nullptr ? name_of(event.object) + " " : "") + event.values, 30);
    line += event.where.line() != 0 ? " " + place_text(event.where) : "";
    line += event.remark.empty() ? "" : "  <- " + event.remark;
    text += line + "\n";
  }
  return text;
}

const char* order_text(std::memory_order order) {
  constexpr std::array kNames{"relaxed", "consume", "acquire", "release", "acq_rel", "seq_cst"};
  return kNames.at(static_cast<std::size_t>(order));
}

std::string place_text(const std::source_location& where) {
  return std::string(where.file_name()) + ":" + std::to_string(where.line());
}

std::string thread_text(ThreadIndex thread) {
  return thread == kOutside ? "outside" : "thread " + std::to_string(thread);
}

}  // namespace tb::explorer
