// Collecting the sites of a file, and exploring once for each weaker order.
#include "tests/explorer/weaken.h"

#include <algorithm>
#include <set>
#include <tuple>

namespace tb::explorer {
namespace {

struct NamedOrder {
  Site site;
  std::memory_order order;
};

auto key(const Site& site) {
  return std::tuple(site.where.line(), site.where.column(), site.access);
}

bool is_before(const NamedOrder& left, const NamedOrder& right) {
  return key(left.site) < key(right.site);
}

using NamedOrders = std::set<NamedOrder, bool (*)(const NamedOrder&, const NamedOrder&)>;

std::vector<std::memory_order> one_step_below(const NamedOrder& named) {
  switch (named.order) {
    case std::memory_order_seq_cst:
      switch (named.site.access) {
        case Site::Access::kStore:
          return {std::memory_order_release};
        case Site::Access::kUpdate:
          return {std::memory_order_acq_rel};
        default:
          return {std::memory_order_acquire};
      }
    case std::memory_order_acq_rel:
      return {std::memory_order_acquire, std::memory_order_release};
    case std::memory_order_relaxed:
      return {};
    default:
      return {std::memory_order_relaxed};
  }
}

// The last word before the parameters in, say, "int tb::Word<(anonymous
// namespace)::Node>::get(int)".
std::string function_of(const std::source_location& where) {
  const std::string_view text = where.function_name();
  int depth = 0;
  std::size_t word = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    depth += text[i] == '<' ? 1 : text[i] == '>' ? -1 : 0;
    if (depth == 0 && text[i] == '(' && !text.substr(i).starts_with("(anonymous")) {
      return std::string(text.substr(word, i - word));
    }
    if (text[i] == ' ' || text[i] == ':' || text[i] == '*' || text[i] == '&') {
      word = i + 1;
    }
  }
  return std::string(text);
}

NamedOrders orders_named_in(std::string_view file, const std::vector<RunOnce>& scenarios,
                            Options options) {
  NamedOrders found(&is_before);
  options.order_rule = [&](const Site& site, std::memory_order order) {
    if (std::string_view(site.where.file_name()).ends_with(file)) {
      found.insert({site, order});
    }
    return order;
  };
  for (const RunOnce& scenario : scenarios) {
    explore_runs(scenario, options);
  }
  return found;
}

}  // namespace

Weakenings try_weakenings(std::string_view file, const std::vector<RunOnce>& scenarios,
                          const Options& options) {
  Weakenings result;
  for (const NamedOrder& named : orders_named_in(file, scenarios, options)) {
    for (const std::memory_order weaker : one_step_below(named)) {
      Options weakened = options;
      weakened.order_rule = [&](const Site& site, std::memory_order order) {
        return key(site) == key(named.site) &&
                       std::string_view(site.where.file_name()).ends_with(file)
                   ? weaker
                   : order;
      };
      const bool is_noticed = std::ranges::any_of(scenarios, [&](const RunOnce& scenario) {
        return explore_runs(scenario, weakened).failure.has_value();
      });
      std::string text = function_of(named.site.where) + ": " + order_text(named.order) + " to " +
                         order_text(weaker) +
                         (named.site.access == Site::Access::kFailure ? " on failure" : "");
      (is_noticed ? result.noticed : result.unnoticed).push_back(std::move(text));
    }
  }
  return result;
}

}  // namespace tb::explorer
