#include "cli/test/scene.h"

#include <algorithm>

#include "rules/report.h"
#include "rules/suggest.h"

namespace lianqing {

std::optional<Instant> Scene::moment(std::string_view text, const SourceSpan& at) const {
  const auto t = parse_moment(text, {program, start});
  if (t) return *t;
  Bilingual what = t.error();
  report(out, "R300", at, std::move(what),
         {"写成 +2d3h、+3 workdays、2026-03-05 或 2026-03-05T10:00",
          "write +2d3h, +3 workdays, 2026-03-05 or 2026-03-05T10:00"});
  return std::nullopt;
}

bool known_name(const std::string& name, const SourceSpan& at,
                const std::vector<std::string>& known, const Bilingual& what, Diagnostics& out) {
  if (std::find(known.begin(), known.end(), name) != known.end()) return true;
  const auto nearest = nearest_name(name, known);
  report(
      out, "R150", at,
      {"规则包没有" + what.zh + "“" + name + "”", "the pack has no " + what.en + " '" + name + "'"},
      nearest ? did_you_mean(*nearest) : Bilingual{});
  return false;
}

bool want_list(const Node& node, Diagnostics& out) {
  if (node.is_sequence() && !node.items.empty()) return true;
  if (node.is_sequence()) {
    report(out, "R032", node.at, {"列表是空的", "the list is empty"});
  } else {
    report(out, node.is_empty() ? "R032" : "R014", node.at, {"此处应是列表", "expected a list"},
           {"每项前写“- ”", "begin each entry with '- '"});
  }
  return false;
}

std::vector<std::string_view> words_of(std::string_view text) {
  std::vector<std::string_view> out;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find(' ', at), text.size());
    if (end > at) out.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return out;
}

std::string_view stretch(std::span<const std::string_view> words) {
  if (words.empty()) return {};
  return {words.front().data(), static_cast<std::size_t>(words.back().data() + words.back().size() -
                                                         words.front().data())};
}

}  // namespace lianqing
