// Numbers: mathematical functions to many digits, complex ones, arrays of them, bits, random ones
// and sums.
#include <algorithm>
#include <array>
#include <bit>
#include <bitset>
#include <cfenv>
#include <cmath>
#include <complex>
#include <cstdint>
#include <cstdio>
#include <iostream>
#include <limits>
#include <numbers>
#include <numeric>
#include <random>
#include <ratio>
#include <set>
#include <valarray>
#include <vector>

#include "tests/standard_library/check.h"

namespace {

using tb::test::check;

// Fifteen digits: the last two may depend on whether the processor multiplies and adds in one step.
void show(const char* name, double value) { std::printf("%s %.15g\n", name, value); }

void use_functions() {
  show("sqrt(2)", std::sqrt(2.0));
  show("cbrt(2)", std::cbrt(2.0));
  show("exp(1)", std::exp(1.0));
  show("log(10)", std::log(10.0));
  show("log10(2)", std::log10(2.0));
  show("log1p(1e-10)", std::log1p(1e-10));
  show("expm1(1e-10)", std::expm1(1e-10));
  show("pow(1.1, 100)", std::pow(1.1, 100.0));
  show("sin(1)", std::sin(1.0));
  show("sin(1e6)", std::sin(1e6));
  show("cos(1)", std::cos(1.0));
  show("tan(1.5)", std::tan(1.5));
  show("asin(0.5)", std::asin(0.5));
  show("acos(0.1)", std::acos(0.1));
  show("atan2(1, -1)", std::atan2(1.0, -1.0));
  show("sinh(2)", std::sinh(2.0));
  show("tanh(0.3)", std::tanh(0.3));
  show("acosh(3)", std::acosh(3.0));
  show("tgamma(0.5)", std::tgamma(0.5));
  show("lgamma(100)", std::lgamma(100.0));
  show("erf(0.5)", std::erf(0.5));
  show("hypot(3, 4, 12)", std::hypot(3.0, 4.0, 12.0));
  show("fma(2, 3, 4)", std::fma(2.0, 3.0, 4.0));
  show("riemann_zeta(3)", std::riemann_zeta(3.0));
  std::printf("sqrtl(2) %.18Lg\n", std::sqrt(2.0L));
  std::printf("sinf(1) %.7g\n", static_cast<double>(std::sin(1.0f)));
}

void use_floating_point() {
  using Limits = std::numeric_limits<double>;
  volatile double zero = 0;
  check(std::isnan(zero / zero) && std::isinf(1 / zero) && std::signbit(-zero), "special values");
  check(std::nextafter(1.0, 2.0) - 1.0 == Limits::epsilon(), "the next number");
  check(std::fmod(10.5, 3.0) == 1.5 && std::remainder(10.5, 4.0) == -1.5, "remainders");
  check(std::round(2.5) == 3 && std::rint(2.5) == 2 && std::trunc(-2.7) == -2 &&
            std::floor(-2.1) == -3 && std::ceil(2.1) == 3 && std::lround(-2.5) == -3,
        "rounding");
  int exponent = 0;
  double whole = 0;
  check(std::frexp(40.0, &exponent) == 0.625 && exponent == 6 && std::ldexp(0.625, 6) == 40,
        "parts");
  check(std::modf(3.25, &whole) == 0.25 && whole == 3 && std::copysign(2.0, -1.0) == -2, "halves");
  check(std::fpclassify(Limits::denorm_min()) == FP_SUBNORMAL && Limits::denorm_min() / 2 == 0,
        "the smallest number");
  std::fesetround(FE_UPWARD);
  volatile double third = 1;
  third = third / 3;
  const double up = third;
  std::fesetround(FE_DOWNWARD);
  third = 1;
  third = third / 3;
  std::fesetround(FE_TONEAREST);
  check(up > third && std::fegetround() == FE_TONEAREST, "the direction of rounding");
  std::feclearexcept(FE_ALL_EXCEPT);
  third = 1 / zero;
  check(std::fetestexcept(FE_DIVBYZERO) != 0, "a division by zero is noted");
}

void use_complex_and_arrays() {
  using namespace std::complex_literals;
  const std::complex<double> i = 1i;
  const std::complex<double> turned = std::exp(i * std::numbers::pi);
  check(std::abs(turned + 1.0) < 1e-15 && i * i == -1.0, "Euler's equation");
  const std::complex<double> root = std::sqrt(std::complex<double>(-4, 0));
  std::cout << root << ' ' << std::norm(3.0 + 4i) << ' ' << std::conj(1.0 + 2i) << '\n';
  show("arg(1+i)", std::arg(1.0 + 1i));
  show("abs(pow(1+i, 5))", std::abs(std::pow(1.0 + 1i, 5)));
  std::valarray<double> values = {1, 4, 9, 16, 25, 36};
  values = std::sqrt(values) * 2.0;
  values[std::slice(0, 3, 2)] += std::valarray<double>{10, 20, 30};
  for (const double value : values) {
    std::cout << value << ' ';
  }
  std::cout << values.sum() << ' ' << values.max() << ' ' << values.cshift(1)[0] << '\n';
  const std::valarray<double> large = values[values > 10.0];
  check(large.size() == 4 && (values.apply([](double x) { return -x; })).min() == -40, "parts");
}

void use_bits() {
  std::bitset<100> bits;
  bits.set(3).set(99).flip(50);
  std::cout << (bits >> 1).count() << ' ' << std::bitset<8>(0b1010'0101).to_string() << ' '
            << (std::bitset<4>("0110") ^ std::bitset<4>(0b1100)) << '\n';
  check(bits.test(99) && !bits.all() && bits.any() && std::bitset<8>(200).to_ulong() == 200,
        "bits");
  check(std::popcount(0xffu) == 8 && std::countl_zero(1u) == 31 && std::countr_zero(8u) == 3,
        "counting bits");
  check(
      std::rotl(std::uint8_t{0x81}, 1) == 3 && std::bit_ceil(65u) == 128 && std::bit_width(8u) == 4,
      "turning bits");
  check(std::bit_cast<std::uint32_t>(1.0f) == 0x3f800000, "the bits of a number");
  check(std::ratio_add<std::ratio<1, 3>, std::ratio<1, 6>>::den == 2, "fractions of the compiler");
}

void use_random() {
  std::mt19937 twister(5489);
  std::mt19937_64 wide;
  std::minstd_rand simple(1);
  twister.discard(9999);
  wide.discard(9999);
  simple.discard(9999);
  // The ten thousandth numbers, as the standard has them.
  std::cout << twister() << ' ' << wide() << ' ' << simple() << '\n';
  std::uniform_int_distribution<int> dice(1, 6);
  std::array<int, 6> counts{};
  double sum = 0;
  std::normal_distribution<double> normal(10, 2);
  for (int i = 0; i < 60'000; ++i) {
    ++counts[static_cast<std::size_t>(dice(twister) - 1)];
    sum += normal(twister);
  }
  check(*std::min_element(counts.begin(), counts.end()) > 9000, "a fair die");
  check(std::abs(sum / 60'000 - 10) < 0.1, "a mean");
  std::random_device device;
  std::set<unsigned> values;
  for (int i = 0; i < 1000; ++i) {
    values.insert(device());
  }
  check(values.size() > 990, "a device's numbers differ");
  check(std::random_device()() != std::random_device()() || device() != device(), "as do devices");
}

void use_sums() {
  std::vector<int> numbers(10);
  std::iota(numbers.begin(), numbers.end(), 1);
  std::vector<int> sums(10);
  std::inclusive_scan(numbers.begin(), numbers.end(), sums.begin());
  check(sums.back() == 55 && std::reduce(numbers.begin(), numbers.end()) == 55, "sums");
  std::exclusive_scan(numbers.begin(), numbers.end(), sums.begin(), 100);
  check(sums.front() == 100 && sums.back() == 145, "sums before");
  std::adjacent_difference(numbers.begin(), numbers.end(), sums.begin());
  check(std::accumulate(sums.begin(), sums.end(), 0) == 10, "differences");
  check(std::inner_product(numbers.begin(), numbers.end(), numbers.begin(), 0) == 385, "a product");
  check(std::transform_reduce(numbers.begin(), numbers.end(), 0, std::plus<>(),
                              [](int n) { return n * n; }) == 385,
        "squares");
  check(std::gcd(84, 36) == 12 && std::lcm(4, 6) == 12 && std::midpoint(1, 4) == 2,
        "whole numbers");
  check(std::lerp(1.0, 3.0, 0.25) == 1.5, "between numbers");
}

}  // namespace

int main() {
  use_functions();
  use_floating_point();
  use_complex_and_arrays();
  use_bits();
  use_random();
  use_sums();
  return tb::test::finish();
}
