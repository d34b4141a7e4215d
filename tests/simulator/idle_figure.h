// The figure of the idle rule: how busy a machine was, and how long its CPUs were idle beside work.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "tests/simulator/idle_times.h"

namespace tb::simulator {

struct IdleFigure {
  std::string_view scenario;
  std::uint64_t seed;
  std::uint32_t threads;
  std::uint32_t cpus;
  Duration limit;  // of the rule; zero if there is none
  Time end;        // of the run
  const IdleTimes& times;
};

// An SVG file; the same data give the same bytes.
std::string idle_figure(const IdleFigure& figure);

// "320 ns" or "14.2 us"
std::string in_words(Duration duration);

}  // namespace tb::simulator
