// Values of several kinds, algorithms and ranges, functions as values, and coroutines.
#include <algorithm>
#include <any>
#include <array>
#include <compare>
#include <coroutine>
#include <exception>
#include <expected>
#include <functional>
#include <iostream>
#include <iterator>
#include <optional>
#include <random>
#include <ranges>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>

#include "tests/standard_library/check.h"

namespace {

using tb::test::check;
using tb::test::throws;

void use_variants() {
  using Value = std::variant<std::monostate, int, std::string, std::vector<int>>;
  std::vector<Value> values = {Value(), 42, "text", std::vector{1, 2, 3}};
  for (const Value& value : values) {
    std::cout << std::visit(
                     []<class T>(const T& held) -> std::string {
                       if constexpr (std::is_same_v<T, int>) {
                         return "int " + std::to_string(held);
                       } else if constexpr (std::is_same_v<T, std::string>) {
                         return "string " + held;
                       } else if constexpr (std::is_same_v<T, std::vector<int>>) {
                         return "vector of " + std::to_string(held.size());
                       } else {
                         return "nothing";
                       }
                     },
                     value)
              << ", ";
  }
  std::cout << values[2].index() << '\n';
  check(std::holds_alternative<int>(values[1]) && std::get_if<int>(&values[2]) == nullptr, "which");
  values[1] = std::string("now a string");
  check(std::get<std::string>(values[1]).size() == 12, "another alternative");
}

std::expected<int, std::string> parse(std::string_view text) {
  if (text.empty() || !std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; })) {
    return std::unexpected("no number: " + std::string(text));
  }
  return std::stoi(std::string(text));
}

void use_wrappers() {
  std::optional<std::string> maybe;
  check(!maybe && maybe.value_or("other") == "other", "none");
  maybe.emplace(3, 'x');
  check(maybe == "xxx" && maybe.transform([](const auto& s) { return s.size(); }) == 3, "some");
  std::any any = 5;
  check(std::any_cast<int>(any) == 5 && std::any_cast<long>(&any) == nullptr, "any int");
  any = std::string(100, 'y');
  check(std::any_cast<std::string&>(any).size() == 100 && any.has_value(), "any string");
  check(parse("123").value() == 123 && parse("12x").error() == "no number: 12x", "expected");
  check(throws<std::bad_expected_access<std::string>>([] { static_cast<void>(parse("").value()); }),
        "not as expected");
  const std::tuple tuple(1, 2.5, std::string("three"));
  const auto& [one, two, three] = tuple;
  check(one == 1 && two == 2.5 && std::get<std::string>(tuple) == three, "parts of a tuple");
  check(std::apply([](auto... parts) { return sizeof...(parts); }, tuple) == 3, "applied");
  check(std::tuple_cat(std::tuple(1), std::tuple(2)) < std::tuple(1, 3), "tuples in order");
  int a = 1;
  int b = 2;
  std::tie(a, b) = std::pair(b, a);
  check(a == 2 && std::exchange(b, 9) == 1 && b == 9, "exchanged");
  check((1 <=> 2) < 0 && std::strong_ordering::less == (std::string("a") <=> "b"), "compared");
}

void use_functions() {
  const std::function<int(int)> factorial = [&factorial](int n) {
    return n == 0 ? 1 : n * factorial(n - 1);
  };
  check(factorial(10) == 3'628'800, "a function that holds itself");
  using namespace std::placeholders;
  const auto minus = std::bind(std::minus<>(), _2, _1);
  check(minus(1, 10) == 9 && std::bind_front(std::plus<>(), 5)(6) == 11, "bound arguments");
  check(std::mem_fn(&std::string::size)(std::string("four")) == 4, "a member");
  check(std::invoke(&std::pair<int, int>::second, std::pair(1, 2)) == 2, "invoked");
  std::array<char, 100> captured{};
  captured[99] = 'z';
  const std::function<char()> large = [captured] { return captured[99]; };
  const auto copy = large;  // NOLINT
  check(copy() == 'z', "a large one is copied");
}

void use_algorithms() {
  std::mt19937 random(1);
  std::vector<int> numbers(100'000);
  std::generate(numbers.begin(), numbers.end(), [&] { return static_cast<int>(random() % 1000); });
  auto sorted = numbers;
  std::sort(sorted.begin(), sorted.end());
  auto stable = numbers;
  std::stable_sort(stable.begin(), stable.end());
  auto heap = numbers;
  std::make_heap(heap.begin(), heap.end());
  std::sort_heap(heap.begin(), heap.end());
  check(sorted == stable && stable == heap, "three ways to sort");
  std::nth_element(numbers.begin(), numbers.begin() + 50'000, numbers.end());
  check(numbers[50'000] == sorted[50'000], "the middle one");
  check(std::binary_search(sorted.begin(), sorted.end(), sorted[777]), "found again");
  sorted.erase(std::unique(sorted.begin(), sorted.end()), sorted.end());
  std::rotate(sorted.begin(), sorted.begin() + 3, sorted.end());
  std::cout << sorted.size() << ' ' << sorted.front() << ' ' << sorted.back() << '\n';
  std::string word = "abcd";
  int count = 0;
  do {
    ++count;
  } while (std::next_permutation(word.begin(), word.end()));
  check(count == 24 && word == "abcd", "all permutations");
  std::vector<int> merged;
  std::ranges::set_union(std::vector{1, 3, 5}, std::vector{1, 2, 3}, std::back_inserter(merged));
  check(merged == std::vector{1, 2, 3, 5}, "a union");
  const auto even =
      std::stable_partition(merged.begin(), merged.end(), [](int n) { return n % 2 == 0; });
  check(even - merged.begin() == 1 && merged.front() == 2, "even ones first");
  check(std::clamp(15, 0, 10) == 10 && std::minmax({3, 1, 2}) == std::pair(1, 3), "limits");
  const std::string text = "needle in a haystack";
  check(std::search(text.begin(), text.end(),
                    std::boyer_moore_searcher(word.begin(), word.begin() + 1)) == text.begin() + 10,
        "searched");
}

void use_ranges() {
  namespace views = std::views;
  for (const int square : views::iota(1) | views::filter([](int n) { return n % 3 == 1; }) |
                              views::transform([](int n) { return n * n; }) | views::take(5)) {
    std::cout << square << ' ';
  }
  for (const auto part : std::string_view("a,bc,,d") | views::split(',')) {
    std::cout << '[' << std::string_view(part.begin(), part.end()) << ']';
  }
  const std::vector<std::pair<int, std::string>> pairs = {{2, "b"}, {1, "a"}};
  for (const std::string& value : pairs | views::values | views::reverse) {
    std::cout << ' ' << value;
  }
  std::cout << '\n';
  std::vector<std::string> words = {"pear", "fig", "banana"};
  std::ranges::sort(words, {}, &std::string::size);
  check(words.front() == "fig" && std::ranges::max(words, {}, &std::string::size) == "banana",
        "projections");
  std::istream_iterator<int> none;
  check(none == std::istream_iterator<int>() && std::ranges::distance(words | views::drop(1)) == 2,
        "what is left");
}

// A coroutine that yields numbers.
class Numbers {
 public:
  struct promise_type {
    int current = 0;
    std::exception_ptr failure;
    Numbers get_return_object() {
      return Numbers(std::coroutine_handle<promise_type>::from_promise(*this));
    }
    std::suspend_always initial_suspend() noexcept { return {}; }
    std::suspend_always final_suspend() noexcept { return {}; }
    std::suspend_always yield_value(int number) {
      current = number;
      return {};
    }
    void return_void() {}
    void unhandled_exception() { failure = std::current_exception(); }
  };

  explicit Numbers(std::coroutine_handle<promise_type> handle) : handle_(handle) {}
  Numbers(const Numbers&) = delete;
  Numbers& operator=(const Numbers&) = delete;
  ~Numbers() { handle_.destroy(); }

  std::optional<int> next() {
    handle_.resume();
    if (handle_.promise().failure) {
      std::rethrow_exception(handle_.promise().failure);
    }
    return handle_.done() ? std::nullopt : std::optional(handle_.promise().current);
  }

 private:
  std::coroutine_handle<promise_type> handle_;
};

Numbers fibonacci(int limit) {
  int a = 0;
  int b = 1;
  while (a < limit) {
    co_yield a;
    a = std::exchange(b, a + b);
  }
  if (limit < 0) {
    throw limit;
  }
}

void use_coroutines() {
  Numbers numbers = fibonacci(100);
  while (const std::optional<int> number = numbers.next()) {
    std::cout << *number << ' ';
  }
  std::cout << '\n';
  Numbers failing = fibonacci(-1);
  check(throws<int>([&] { failing.next(); }), "a coroutine throws");
}

}  // namespace

int main() {
  use_variants();
  use_wrappers();
  use_functions();
  use_algorithms();
  use_ranges();
  use_coroutines();
  return tb::test::finish();
}
