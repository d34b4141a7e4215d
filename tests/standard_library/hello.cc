// The smallest program that has streams and a thread.
#include <iostream>
#include <thread>

int main() {
  std::jthread([] { std::cout << "hello\n"; });
  return 0;
}
