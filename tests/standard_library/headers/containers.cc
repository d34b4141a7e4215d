// Every container of the C++ library: filled, changed, searched and printed.
#include <algorithm>
#include <array>
#include <deque>
#include <forward_list>
#include <functional>
#include <iostream>
#include <list>
#include <map>
#include <memory>
#include <queue>
#include <set>
#include <span>
#include <stack>
#include <stdexcept>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "tests/standard_library/check.h"

namespace {

using tb::test::check;
using tb::test::throws;

template <class Range>
void show(const char* name, const Range& range) {
  std::cout << name << ':';
  for (const auto& element : range) {
    std::cout << ' ' << element;
  }
  std::cout << '\n';
}

template <class Map>
void show_pairs(const char* name, const Map& map) {
  std::cout << name << ':';
  for (const auto& [key, value] : map) {
    std::cout << ' ' << key << '=' << value;
  }
  std::cout << '\n';
}

void use_array_and_span() {
  std::array<int, 5> numbers = {5, 3, 1, 4, 2};
  std::sort(numbers.begin(), numbers.end());
  show("array", numbers);
  check(throws<std::out_of_range>([&] { static_cast<void>(numbers.at(5)); }), "at() checks");
  const std::span<int> middle = std::span(numbers).subspan(1, 3);
  middle[0] = 20;
  show("span", middle);
  check(numbers[1] == 20 && middle.size_bytes() == 3 * sizeof(int), "a span is a view");
}

void use_vector() {
  std::vector<std::string> words = {"to", "be", "or"};
  words.insert(words.begin() + 1, 2, "not");
  words.emplace_back(20, 'x');
  words.erase(words.begin());
  show("vector", words);
  words.reserve(1000);
  check(words.capacity() >= 1000, "reserve() reserves");
  words.shrink_to_fit();
  check(words.at(0) == "not", "the words are where they were");
  check(throws<std::length_error>([] { std::vector<int>().reserve(~std::size_t{0}); }),
        "a vector that is too long");
  std::vector<std::unique_ptr<int>> owners;
  for (int i = 0; i < 1000; ++i) {
    owners.push_back(std::make_unique<int>(i));
  }
  check(std::erase_if(owners, [](const auto& owner) { return *owner % 3 == 0; }) == 334,
        "erase_if counts");
  std::vector<bool> bits(100);
  bits[64] = true;
  bits.flip();
  check(std::count(bits.begin(), bits.end(), true) == 99, "a vector of bits");
}

void use_deque_and_lists() {
  std::deque<int> deque;
  for (int i = 0; i < 10'000; ++i) {
    deque.push_front(-i);
    deque.push_back(i);
  }
  check(deque.size() == 20'000 && deque[0] == -9999 && deque[19'999] == 9999, "a long deque");
  deque.resize(3);
  show("deque", deque);
  std::list<int> list = {3, 1, 2, 3};
  std::list<int> other = {9, 0};
  list.splice(list.begin(), other);
  list.sort();
  list.unique();
  list.remove(1);
  std::list<int> more = {4, 5};
  list.merge(more);
  list.reverse();
  show("list", list);
  std::forward_list<std::string> forward = {"b", "c"};
  forward.push_front("a");
  forward.insert_after(forward.begin(), "a2");
  forward.sort(std::greater<>());
  show("forward_list", forward);
}

void use_sets_and_maps() {
  std::set<std::string, std::less<>> set = {"pear", "apple", "fig", "apple"};
  show("set", set);
  check(set.contains("fig") && *set.lower_bound("b") == "fig", "a set is sorted");
  std::multiset<int> multiset = {2, 1, 2, 3, 2};
  show("multiset", multiset);
  check(multiset.count(2) == 3, "equal elements count");
  std::map<std::string, int> map = {{"one", 1}, {"two", 2}};
  map["three"] = 3;
  check(!map.try_emplace("one", 100).second && map.insert_or_assign("two", 22).second == false,
        "keys that are there");
  auto node = map.extract("three");
  node.key() = "drei";
  map.insert(std::move(node));
  std::map<std::string, int> more = {{"one", -1}, {"four", 4}};
  map.merge(more);
  show_pairs("map", map);
  show_pairs("what is left", more);
  check(throws<std::out_of_range>([&] { static_cast<void>(map.at("five")); }), "no such key");
  std::multimap<int, char> multimap = {{1, 'a'}, {2, 'b'}, {1, 'c'}};
  show_pairs("multimap", multimap);
  const auto [begin, end] = multimap.equal_range(1);
  check(std::distance(begin, end) == 2, "two of one key");
  std::map<int, int> large;
  for (int i = 0; i < 20'000; ++i) {
    large[i * 7919 % 20'011] = i;
  }
  check(large.size() == 20'000 && std::is_sorted(large.begin(), large.end()), "a large map");
}

struct Point {
  int x;
  int y;
  bool operator==(const Point&) const = default;
};

struct PointHash {
  std::size_t operator()(const Point& point) const {
    return std::hash<int>()(point.x) * 31 + std::hash<int>()(point.y);
  }
};

void use_unordered() {
  std::unordered_map<std::string, int> lengths;
  for (int i = 0; i < 20'000; ++i) {
    lengths["key " + std::to_string(i)] = i;
  }
  check(lengths.size() == 20'000 && lengths.at("key 777") == 777, "a large hash table");
  check(lengths.load_factor() <= lengths.max_load_factor(), "it has grown");
  std::erase_if(lengths, [](const auto& pair) { return pair.second >= 3; });
  show_pairs("unordered_map, sorted", std::map(lengths.begin(), lengths.end()));
  std::unordered_set<Point, PointHash> points = {{1, 2}, {3, 4}, {1, 2}};
  check(points.size() == 2 && points.contains({3, 4}), "a hash of one's own");
  std::unordered_multiset<int> multiset = {1, 1, 2};
  std::unordered_multimap<int, int> multimap = {{1, 1}, {1, 2}};
  check(multiset.count(1) == 2 && multimap.count(1) == 2, "equal elements count");
}

void use_adaptors() {
  std::stack<int> stack;
  std::queue<int> queue;
  std::priority_queue<int, std::vector<int>, std::greater<>> heap;
  for (const int number : {3, 1, 2}) {
    stack.push(number);
    queue.push(number);
    heap.push(number);
  }
  std::cout << "stack, queue, priority_queue:";
  for (; !stack.empty(); stack.pop(), queue.pop(), heap.pop()) {
    std::cout << ' ' << stack.top() << queue.front() << heap.top();
  }
  std::cout << '\n';
}

}  // namespace

int main() {
  use_array_and_span();
  use_vector();
  use_deque_and_lists();
  use_sets_and_maps();
  use_unordered();
  use_adaptors();
  return tb::test::finish();
}
