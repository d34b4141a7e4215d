// Exceptions across frames, libraries and threads, and what the language knows of types at run
// time.
#include <algorithm>
#include <any>
#include <array>
#include <cstdlib>
#include <exception>
#include <functional>
#include <iostream>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>
#include <typeindex>
#include <typeinfo>
#include <variant>
#include <vector>

#include "tests/standard_library/check.h"

namespace {

using tb::test::check;
using tb::test::throws;

int alive = 0;

struct Counted {
  Counted() { ++alive; }
  Counted(const Counted&) { ++alive; }
  ~Counted() { --alive; }
};

struct Failure : std::runtime_error {
  Failure(const std::string& what, int number) : std::runtime_error(what), code(number) {}
  int code;
};

[[gnu::noinline]] int dig(int depth, int bottom) {
  const Counted here;
  if (depth == bottom) {
    throw Failure("at the bottom", depth);
  }
  return dig(depth + 1, bottom) + 1;
}

void cross_frames() {
  for (const int bottom : {0, 1, 10, 300}) {
    try {
      dig(0, bottom);
      check(false, "it throws");
    } catch (const std::exception& error) {
      const auto* failure = dynamic_cast<const Failure*>(&error);
      check(failure != nullptr && failure->code == bottom, "what was thrown is what is caught");
    }
    check(alive == 0, "every frame's objects are destroyed");
  }
  for (int i = 0; i < 3; ++i) {
    try {
      i == 0 ? throw 42 : i == 1 ? throw "text" : throw std::string("string");
    } catch (int number) {
      std::cout << "int " << number << ' ';
    } catch (const char* text) {
      std::cout << "pointer " << text << ' ';
    } catch (...) {
      std::cout << "anything\n";
    }
  }
}

struct Member {
  Counted counted;
};

struct Thrower : Counted {
  Member member;
  Thrower() try : Counted(), member() {
    throw Failure("in the constructor", 1);
  } catch (const Failure&) {
    check(alive == 0, "bases and members are destroyed first");
  }
};

struct Observer {
  int* seen;
  ~Observer() { *seen = std::uncaught_exceptions(); }
};

void rethrow_and_nest() {
  check(throws<Failure>([] { Thrower(); }), "a constructor throws on");
  int seen = -1;
  check(throws<int>([&] {
          const Observer observer{&seen};
          throw 1;
        }),
        "an int");
  check(seen == 1 && std::uncaught_exceptions() == 0, "who is thrown through can tell");
  try {
    try {
      try {
        dig(0, 2);
      } catch (const Failure&) {
        throw;
      }
    } catch (const std::exception&) {
      std::throw_with_nested(std::logic_error("outside"));
    }
  } catch (const std::logic_error& error) {
    std::cout << error.what() << ", because ";
    try {
      std::rethrow_if_nested(error);
    } catch (const std::exception& inner) {
      std::cout << inner.what() << '\n';
    }
  }
}

void carry_to_another_thread() {
  std::exception_ptr carried;
  std::thread([&carried] {
    try {
      dig(0, 5);
    } catch (...) {
      carried = std::current_exception();
    }
  }).join();
  check(carried != nullptr && alive == 0, "the exception outlives its thread");
  try {
    std::rethrow_exception(carried);
  } catch (const Failure& failure) {
    check(failure.code == 5, "and is thrown again in another");
  }
  check(throws<std::bad_function_call>([] { std::function<void()>()(); }), "an empty function");
  check(std::make_exception_ptr(1) != nullptr, "an exception that was never thrown");
}

// Throws on from inside the C library and from inside the C++ library's own code.
void cross_libraries() {
  const auto compare = [](const void* a, const void* b) -> int {
    const int left = *static_cast<const int*>(a);
    const int right = *static_cast<const int*>(b);
    if (left == 7 || right == 7) {
      throw Failure("unlucky", 7);
    }
    return left - right;
  };
  std::array<int, 8> numbers = {3, 8, 1, 7, 5, 2, 6, 4};
  check(throws<Failure>([&] { std::qsort(numbers.data(), numbers.size(), sizeof(int), compare); }),
        "through the C library's qsort");
  check(throws<std::invalid_argument>([] { static_cast<void>(std::stoi("x")); }), "from stoi");
  check(throws<std::out_of_range>([] { static_cast<void>(std::vector<int>().at(1)); }),
        "from at()");
  check(throws<std::length_error>([] { std::string(~std::size_t{0}, 'x'); }), "from string");
  check(throws<std::bad_weak_ptr>([] { std::shared_ptr<int>(std::weak_ptr<int>()); }), "no owner");
  check(throws<std::bad_optional_access>([] { static_cast<void>(std::optional<int>().value()); }),
        "none");
  check(throws<std::bad_variant_access>(
            [] { static_cast<void>(std::get<1>(std::variant<int, char>(1))); }),
        "another alternative");
  check(throws<std::bad_any_cast>([] { std::any_cast<int>(std::any(1.0)); }), "another type");
  try {
    std::thread().join();
  } catch (const std::system_error& error) {
    check(error.code() == std::errc::invalid_argument, "no thread to join");
  }
}

struct Shape {
  virtual ~Shape() = default;
  virtual const char* name() const = 0;
};
struct Round {
  virtual ~Round() = default;
  int radius = 3;
};
struct Circle : Shape, virtual Round {
  const char* name() const override { return "circle"; }
};
struct Square final : Shape {
  const char* name() const override { return "square"; }
};

void know_types() {
  const std::unique_ptr<Shape> circle = std::make_unique<Circle>();
  const std::unique_ptr<Shape> square = std::make_unique<Square>();
  check(dynamic_cast<Circle*>(circle.get()) != nullptr, "down");
  check(dynamic_cast<Circle*>(square.get()) == nullptr, "not down");
  const Round* round = dynamic_cast<Round*>(circle.get());
  check(round != nullptr && round->radius == 3, "across");
  check(dynamic_cast<void*>(const_cast<Round*>(round)) == dynamic_cast<void*>(circle.get()),
        "to the whole object");
  check(throws<std::bad_cast>([&] { static_cast<void>(dynamic_cast<Circle&>(*square)); }),
        "a reference that cannot be");
  const Shape& some = *circle;
  check(typeid(some) == typeid(Circle) && typeid(some) != typeid(Square), "typeid");
  const Shape* none = nullptr;
  check(throws<std::bad_typeid>([&] { static_cast<void>(typeid(*none).name()); }), "of nothing");
  std::map<std::type_index, std::string> names = {{typeid(Circle), "Circle"}, {typeid(int), "int"}};
  const Shape& other = *square;
  std::cout << names[typeid(some)] << ' ' << typeid(int).name() << ' ' << some.name() << ' '
            << other.name() << '\n';
}

}  // namespace

int main() {
  std::set_terminate([] {
    std::cout << "terminate() was called" << std::endl;
    std::_Exit(3);
  });
  cross_frames();
  rethrow_and_nest();
  carry_to_another_thread();
  cross_libraries();
  know_types();
  check(alive == 0, "nothing is left");
  return tb::test::finish();
}
