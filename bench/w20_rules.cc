// The rule table, and the pack made of it.
#include <algorithm>
#include <climits>
#include <cstdio>

#include "bench/w20.h"

namespace lianqing {
namespace {

constexpr int kAny = INT_MIN, kUp = INT_MAX;
constexpr std::uint8_t kAll = 0xFF;

constexpr W20Rule kRules[] = {
    {W20Type::inspection, false, 4, kUp, kAll, 7, 2, 3},
    {W20Type::inspection, false, 4, kUp, kAll, 30, 3, 5},
    {W20Type::inspection, false, 4, kUp, kAll, 90, 4, 7},
    {W20Type::inspection, false, 4, kUp, kAll, 365, 10, 16},
    {W20Type::inspection, true, kAny, kUp, kAll, 30, 15, 25},
    {W20Type::inspection, true, kAny, kUp, kAll, 90, 30, 50},
    {W20Type::inspection, false, 5, kUp, kAll, 90, 3, 5},
    {W20Type::inspection, false, 3, kUp, kAll, 365, 18, 30},
    {W20Type::complaint, true, kAny, kUp, kAll, 7, 6, 10},
    {W20Type::complaint, true, kAny, kUp, kAll, 30, 12, 20},
    {W20Type::complaint, true, kAny, kUp, kAll, 90, 20, 35},
    {W20Type::complaint, true, kAny, kUp, kAll, 365, 50, 80},
    {W20Type::complaint, false, kAny, kUp, 1U << 0, 30, 3, 5},
    {W20Type::complaint, false, kAny, kUp, 1U << 4, 90, 2, 3},
    {W20Type::assigned, false, kAny, kUp, kAll, 30, 4, 7},
    {W20Type::assigned, false, kAny, kUp, 1U << 2, 90, 3, 5},
    {W20Type::closed, false, 1, kUp, kAll, 90, 3, 5},
    {W20Type::closed, true, kAny, kUp, kAll, 365, 80, 150},
    {W20Type::survey, false, kAny, 59, kAll, 90, 4, 6},
    {W20Type::survey, false, kAny, 39, kAll, 365, 4, 7},
};

constexpr const char* kTypes[] = {"inspection_finding", "complaint", "rectification_assigned",
                                  "rectification_closed", "survey"};
constexpr const char* kValues[] = {"severity", "count", "", "overdue_days", "score"};

void resize(W20Rule& rule, int days) {
  const double ratio = static_cast<double>(days) / rule.days;
  rule.days = days;
  rule.yellow = std::max(1, static_cast<int>(rule.yellow * ratio));
  rule.red = std::max(rule.yellow + 1, static_cast<int>(rule.red * ratio));
}

std::string where_of(const W20Rule& rule) {
  const std::string value = kValues[static_cast<std::size_t>(rule.type)];
  if (rule.low != kAny) return value + " >= " + std::to_string(rule.low);
  if (rule.high != kUp) return value + " <= " + std::to_string(rule.high);
  if (rule.categories == 1U << 0) return "channel == 'hotline'";
  if (rule.categories == 1U << 4) return "channel == 'media'";
  if (rule.categories == 1U << 2) return "priority == 'high'";
  return {};
}

std::string numbered(char letter, std::size_t n) {
  char text[32];
  std::snprintf(text, sizeof text, "%c%02zu", letter, n + 1);
  return text;
}

}  // namespace

std::vector<W20Rule> w20_rules(int count, int days) {
  constexpr int kWindows[] = {7, 14, 30, 60, 90, 120, 180, 365};
  std::vector<W20Rule> out;
  for (int i = 0; i < count; ++i) {
    W20Rule rule = kRules[i % 20];
    if (i >= 20) resize(rule, kWindows[(i * 5 + i / 20) % 8]);
    if (days > 0) resize(rule, days);
    out.push_back(rule);
  }
  return out;
}

std::string w20_pack(const std::vector<W20Rule>& rules) {
  std::string out =
      "version: 1\npack: {id: w20, title: {zh: 性能基准, en: W20 benchmark}}\nmeasures:\n";
  for (std::size_t i = 0; i < rules.size(); ++i) {
    const W20Rule& rule = rules[i];
    const auto type = static_cast<std::size_t>(rule.type);
    out += "  " + numbered('m', i) + ": {";
    out += rule.sums ? std::string("sum: ") + kValues[type] + ", of: " + kTypes[type]
                     : std::string("count: ") + kTypes[type];
    if (const std::string where = where_of(rule); !where.empty()) {
      out += ", where: \"" + where + "\"";
    }
    out += ", over: " + std::to_string(rule.days) + "d}\n";
  }
  out += "rules:\n";
  for (std::size_t i = 0; i < rules.size(); ++i) {
    const std::string name = numbered('R', i), measure = numbered('m', i);
    out += "  " + name + ": {title: {zh: " + name + ", en: " + name + "}, yellow: \"" + measure +
           " >= " + std::to_string(rules[i].yellow) + "\", red: \"" + measure +
           " >= " + std::to_string(rules[i].red) + "\"}\n";
  }
  return out;
}

}  // namespace lianqing
