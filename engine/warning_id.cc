#include "engine/warning_id.h"

#include <algorithm>
#include <charconv>

namespace lianqing {
namespace {

constexpr std::size_t kRest = 32;  // at least the digits of a time, a newline, a level

std::string start_of(std::string_view rules) {
  std::string out = "lianqing-warning/1\n";
  out += rules;
  out += '\n';
  return out;
}

}  // namespace

WarningIds::WarningIds(std::string_view rules) : start_(start_of(rules)) {}

void WarningIds::Stem::set(std::string_view unit, std::string_view rule, const std::string* key) {
  text = unit;
  text += '\n';
  text += rule;
  text += key != nullptr ? "\nk" : "\n-";
  if (key != nullptr) text += *key;
  text += '\n';
  size = text.size();
  text.resize(size + kRest);
}

WarningIds::Id WarningIds::id(Stem& stem, Instant time, Level to) const {
  char* const begin = stem.text.data();
  char* out = std::to_chars(begin + stem.size, begin + stem.text.size(), micros(time)).ptr;
  *out++ = '\n';
  const std::string_view level = name(to);
  out = std::copy(level.begin(), level.end(), out);
  const auto digest = start_.with({begin, static_cast<std::size_t>(out - begin)});
  Id id;
  std::copy_n(digest.begin(), id.size(), id.begin());
  return id;
}

WarningIds::Id WarningIds::id(std::string_view unit, std::string_view rule, const std::string* key,
                              Instant time, Level to) const {
  Stem stem;
  stem.set(unit, rule, key);
  return id(stem, time, to);
}

void WarningIds::write(const Id& id, std::string& out) {
  out = "w-";
  append_hex(out, id);
}

std::string warning_id(const Warning& warning) {
  std::string out;
  WarningIds::write(WarningIds(warning.rules)
                        .id(warning.unit, warning.rule, warning.key ? &*warning.key : nullptr,
                            warning.time, warning.to),
                    out);
  return out;
}

}  // namespace lianqing
