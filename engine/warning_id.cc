#include "engine/warning_id.h"

#include <algorithm>
#include <boost/container/small_vector.hpp>
#include <charconv>
#include <span>

namespace lianqing {
namespace {

std::string start_of(std::string_view rules) {
  std::string out = "lianqing-warning/1\n";
  out += rules;
  out += '\n';
  return out;
}

}  // namespace

WarningIds::WarningIds(std::string_view rules) : start_(start_of(rules)) {}

WarningIds::Id WarningIds::id(std::string_view unit, std::string_view rule, const std::string* key,
                              Instant time, Level to) const {
  boost::container::small_vector<char, 256> text;
  const auto put = [&text](std::string_view part) {
    text.insert(text.end(), part.begin(), part.end());
  };
  put(unit);
  put("\n");
  put(rule);
  put(key != nullptr ? "\nk" : "\n-");
  if (key != nullptr) put(*key);
  char digits[24];
  put("\n");
  put({digits, std::to_chars(digits, digits + sizeof digits, micros(time)).ptr});
  put("\n");
  put(name(to));
  const auto digest = start_.with({text.data(), text.size()});
  Id out;
  std::copy_n(digest.begin(), out.size(), out.begin());
  return out;
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
