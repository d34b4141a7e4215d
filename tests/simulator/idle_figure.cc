// Three panels, one above the other: busy CPUs and ready threads over time, lengths below.
#include "tests/simulator/idle_figure.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdio>
#include <vector>

namespace tb::simulator {
namespace {

constexpr int kLeft = 70;
constexpr int kRight = 740;
constexpr int kWidth = kRight - kLeft;
constexpr int kColumn = 2;  // pixels that show one mean of moments

// Like the colours of docs/overview.svg.
constexpr const char* kBlue = R"(fill="#dcebff" stroke="#3567a8")";
constexpr const char* kOrange = R"(fill="#fff4d6" stroke="#b07a10")";
constexpr const char* kGreen = R"(fill="#bfe5bd" stroke="#2f7d3a")";

struct Panel {
  int top;
  int bottom;
  int height() const { return bottom - top; }
};
constexpr Panel kBusy{.top = 92, .bottom = 192};
constexpr Panel kWaiting{.top = 226, .bottom = 326};
constexpr Panel kLengths{.top = 416, .bottom = 576};

std::string number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f", value);
  return text;
}

std::string with_commas(std::uint64_t value) {
  std::string text = std::to_string(value);
  for (auto at = static_cast<std::ptrdiff_t>(text.size()) - 3; at > 0; at -= 3) {
    text.insert(static_cast<std::size_t>(at), ",");
  }
  return text;
}

std::string text_at(double x, double y, const std::string& text, std::string_view more = "") {
  return "  <text x=\"" + number(x) + "\" y=\"" + number(y) + "\" " + std::string(more) + ">" +
         text + "</text>\n";
}

std::string line(double x1, double y1, double x2, double y2, std::string_view more) {
  return "  <path d=\"M" + number(x1) + "," + number(y1) + " L" + number(x2) + "," + number(y2) +
         "\" " + std::string(more) + "/>\n";
}

constexpr std::string_view kGrid = R"(stroke="#ddd")";
constexpr std::string_view kAxis = R"(stroke="#222" stroke-width="1.2")";
constexpr std::string_view kAtRight = R"(text-anchor="end" fill="#444" font-size="11")";
constexpr std::string_view kCentered = R"(text-anchor="middle" fill="#444" font-size="11")";
constexpr std::string_view kHeading = R"(font-weight="bold")";

// 1, 2 or 5 times a power of ten, so that there are at most so many up to the given one.
std::int64_t round_step(std::int64_t end, std::int64_t most) {
  for (std::int64_t ten = 1;; ten *= 10) {
    for (const std::int64_t step : {ten, 2 * ten, 5 * ten}) {
      if (end / step <= most) {
        return step;
      }
    }
  }
}

// Of moments: what it is, and the mean of each column.
std::string area(const Panel& panel, const std::vector<Moment>& moments,
                 std::uint32_t Moment::* what, std::uint32_t highest, std::string_view colours) {
  constexpr std::size_t kColumns = kWidth / kColumn;
  std::string path = "M" + std::to_string(kLeft) + "," + std::to_string(panel.bottom);
  for (std::size_t column = 0; column < kColumns && !moments.empty(); ++column) {
    const std::size_t begin = column * moments.size() / kColumns;
    const std::size_t end = std::max(begin + 1, (column + 1) * moments.size() / kColumns);
    std::uint64_t sum = 0;
    for (std::size_t i = begin; i < end; ++i) {
      sum += moments[i].*what;
    }
    const double mean = static_cast<double>(sum) / static_cast<double>(end - begin);
    const double x = kLeft + kColumn * (static_cast<double>(column) + 0.5);
    path += " L" + number(x) + "," + number(panel.bottom - mean * panel.height() / highest);
  }
  return "  <path d=\"" + path + " L" + std::to_string(kRight) + "," +
         std::to_string(panel.bottom) + " Z\" " + std::string(colours) + "/>\n";
}

std::string heights(const Panel& panel, std::uint32_t highest, std::uint32_t step) {
  std::string svg;
  for (std::uint32_t value = 0; value <= highest; value += step) {
    const double y = panel.bottom - static_cast<double>(value) * panel.height() / highest;
    svg +=
        line(kLeft, y, kRight, y, kGrid) + text_at(kLeft - 6, y + 4, with_commas(value), kAtRight);
  }
  return svg;
}

std::string time_line(const IdleFigure& figure) {
  const std::vector<Moment>& moments = figure.times.moments();
  std::uint32_t most_waiting = 1;
  for (const Moment& moment : moments) {
    most_waiting = std::max(most_waiting, moment.waiting);
  }
  const auto step = static_cast<std::uint32_t>(round_step(most_waiting, 4));
  const std::uint32_t highest = (most_waiting + step - 1) / step * step;
  std::string svg = text_at(kLeft, kBusy.top - 8, "Busy CPUs", kHeading) +
                    text_at(kLeft, kWaiting.top - 8, "Ready threads that wait in queues", kHeading);
  svg += heights(kBusy, figure.cpus, std::max(1u, figure.cpus / 4));
  svg += heights(kWaiting, highest, step);
  svg += area(kBusy, moments, &Moment::busy, figure.cpus, kBlue);
  svg += area(kWaiting, moments, &Moment::waiting, highest, kOrange);
  const std::int64_t end = std::max<std::int64_t>(1, figure.end.time_since_epoch().count() / 1000);
  const std::int64_t every = round_step(end, 12);
  for (std::int64_t time = 0; time <= end; time += every) {
    const double x = kLeft + static_cast<double>(time) * kWidth / static_cast<double>(end);
    svg += line(x, kWaiting.bottom, x, kWaiting.bottom + 4, kAxis);
    svg += text_at(
        x, kWaiting.bottom + 17,
        every % 1000 == 0 ? std::to_string(time / 1000) : number(static_cast<double>(time) / 1000),
        kCentered);
  }
  for (const Panel& panel : {kBusy, kWaiting}) {
    svg += line(kLeft, panel.bottom, kRight, panel.bottom, kAxis);
  }
  return svg + text_at(kRight, kWaiting.bottom + 33,
                       "simulated time in milliseconds; a point is the mean of " +
                           std::to_string(end * kColumn / kWidth) + " us",
                       kAtRight);
}

// Lengths and counts, both on logarithmic scales.
class Histogram {
 public:
  explicit Histogram(const IdleFigure& figure)
      : lengths_(figure.times.lengths()),
        last_doubling_(std::bit_width(static_cast<std::uint64_t>(
            std::max({figure.limit * 3 / 2, lengths_.longest(), kShortestScale}).count()))) {
    for (std::uint32_t at = kFirst; at < Lengths::kClasses; at += kTogether) {
      most_ = std::max(most_, in_bar(at));
    }
    decades_ = static_cast<int>(std::to_string(most_).size());
  }

  std::string draw() const {
    std::string svg = scales();
    const std::uint32_t end = static_cast<std::uint32_t>(last_doubling_ - 2) * 8;
    for (std::uint32_t at = kFirst; at < std::min(end, Lengths::kClasses); at += kTogether) {
      const double left = x_of(Lengths::end_of(at - 1));
      const double right = x_of(Lengths::end_of(at + kTogether - 1));
      if (const std::uint64_t count = in_bar(at); count > 0) {
        svg += "  <rect x=\"" + number(left) + "\" y=\"" + number(y_of(count)) + "\" width=\"" +
               number(right - left) + "\" height=\"" + number(kLengths.bottom - y_of(count)) +
               "\" " + kGreen + "/>\n";
      }
    }
    return svg + line(kLeft, kLengths.bottom, kRight, kLengths.bottom, kAxis);
  }

  double x_of(Duration length) const {
    const double doublings = std::log2(static_cast<double>(length.count())) - kFirstDoubling;
    return kLeft + doublings * kWidth / (last_doubling_ - kFirstDoubling);
  }

 private:
  static constexpr std::uint32_t kFirst = 8;  // all that are shorter are in its bar
  static constexpr int kFirstDoubling = 3;
  static constexpr Duration kShortestScale = std::chrono::microseconds(1);
  static constexpr std::uint32_t kTogether = 2;  // classes in a bar

  std::uint64_t in_bar(std::uint32_t at) const {
    std::uint64_t count = 0;
    for (std::uint32_t i = at == kFirst ? 0 : at; i < at + kTogether; ++i) {
      count += lengths_.count_in(i);
    }
    return count;
  }

  // A count of one is seen, too.
  double y_of(std::uint64_t count) const {
    constexpr double kOfOne = 8;
    return kLengths.bottom - kOfOne -
           std::log10(static_cast<double>(count)) * (kLengths.height() - kOfOne) / decades_;
  }

  std::string scales() const {
    std::string svg;
    std::uint64_t count = 1;
    for (int decade = 0; decade <= decades_; ++decade, count *= 10) {
      svg += line(kLeft, y_of(count), kRight, y_of(count), kGrid) +
             text_at(kLeft - 6, y_of(count) + 4, with_commas(count), kAtRight);
    }
    for (std::int64_t length = 10; length < std::int64_t{1} << last_doubling_; length *= 10) {
      const double x = x_of(Duration(length));
      svg += line(x, kLengths.bottom, x, kLengths.bottom + 4, kAxis) +
             text_at(x, kLengths.bottom + 17, in_words(Duration(length)), kCentered);
    }
    return svg;
  }

  const Lengths& lengths_;
  int last_doubling_;
  std::uint64_t most_ = 1;
  int decades_;
};

std::string limit_line(const Histogram& histogram, Duration limit) {
  if (limit == Duration::zero()) {
    return {};
  }
  const double x = histogram.x_of(limit);
  return line(x, kLengths.top - 4, x, kLengths.bottom,
              R"(stroke="#b02020" stroke-width="2" stroke-dasharray="6 4")") +
         text_at(x - 6, kLengths.top + 8, "the rule: " + in_words(limit) + " at most",
                 R"(text-anchor="end" fill="#b02020")");
}

std::string lengths_in_words(const IdleFigure& figure) {
  const Lengths& lengths = figure.times.lengths();
  const auto all = static_cast<double>(figure.end.time_since_epoch().count()) * figure.cpus;
  const double share = static_cast<double>(lengths.sum().count()) * 100 / all;
  char percent[32];
  std::snprintf(percent, sizeof percent, "%.2f%%", share);
  return with_commas(lengths.count()) + " times: half of them up to " +
         in_words(lengths.quantile(50)) + ", 99% up to " + in_words(lengths.quantile(99)) +
         ", the longest " + in_words(lengths.longest()) + "; together " + percent +
         " of all CPU time";
}

}  // namespace

std::string in_words(Duration duration) {
  const std::int64_t nanoseconds = duration.count();
  if (nanoseconds < 1000) {
    return std::to_string(nanoseconds) + " ns";
  }
  const std::int64_t tenths = (nanoseconds + 99) / 100;  // up, so that nothing looks better
  return std::to_string(tenths / 10) + (tenths % 10 != 0 ? "." + std::to_string(tenths % 10) : "") +
         " us";
}

std::string idle_figure(const IdleFigure& figure) {
  const Histogram histogram(figure);
  std::string svg =
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 760 622\" "
      "font-family=\"Helvetica, Arial, sans-serif\" font-size=\"12\" fill=\"#111\">\n"
      "  <rect width=\"760\" height=\"622\" fill=\"#ffffff\"/>\n";
  svg += text_at(20, 30, "How long CPUs are idle beside ready threads",
                 R"(font-size="15" font-weight="bold")");
  svg += text_at(20, 50,
                 with_commas(figure.cpus) + " simulated CPUs, " + with_commas(figure.threads) +
                     " threads, scenario \"" + std::string(figure.scenario) + "\", seed " +
                     std::to_string(figure.seed));
  svg += time_line(figure);
  svg += text_at(kLeft, kLengths.top - 32,
                 "How long a CPU was idle while another one kept two ready threads", kHeading);
  svg +=
      text_at(kLeft, kLengths.top - 14, lengths_in_words(figure), R"(fill="#444" font-size="11")");
  svg += histogram.draw() + limit_line(histogram, figure.limit);
  svg += text_at(kRight, kLengths.bottom + 33, "length of such a time, and how many there were",
                 kAtRight);
  return svg + "</svg>\n";
}

}  // namespace tb::simulator
