// Static constructors before main(), destructors and atexit() functions after it in the opposite
// order, those of the main thread's own objects first. The last destructor says how it went.
#include <cstdlib>
#include <iostream>
#include <string>
#include <string_view>

namespace {

constexpr std::string_view kExpected =
    "+first +second main +local atexit1 +late atexit2 +thread -thread atexit2! -late atexit1! "
    "-local -second -first ";

std::string& story() {
  static auto* const text = new std::string;  // outlives all others
  return *text;
}

class Noted {
 public:
  explicit Noted(const char* name) : name_(name) { story() += std::string("+") + name_ + " "; }
  ~Noted() { story() += std::string("-") + name_ + " "; }
  Noted(const Noted&) = delete;
  Noted& operator=(const Noted&) = delete;

 private:
  const char* name_;
};

// Constructed first, so destroyed last; nothing can change the exit status any more but _Exit().
struct Judge {
  ~Judge() {
    std::cout << story() << std::endl;
    if (story() != kExpected) {
      std::cout << "but expected was: " << kExpected << std::endl;
      std::_Exit(1);
    }
    std::cout << "all of it" << std::endl;
  }
};

Judge judge;
Noted first("first");
Noted second("second");
const std::string kComputed = std::string(100, 'c');

}  // namespace

int main() {
  story() += kComputed.size() == 100 ? "main " : "main too early ";
  static Noted local("local");
  story() += std::atexit([] { story() += "atexit1! "; }) == 0 ? "atexit1 " : "";
  static Noted late("late");
  story() += std::atexit([] { story() += "atexit2! "; }) == 0 ? "atexit2 " : "";
  thread_local Noted of_this_thread("thread");
  std::exit(0);
}
