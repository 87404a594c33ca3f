#include "rules/tables.h"

#include <algorithm>

#include "rules/canonical.h"

namespace lianqing {
namespace {

std::uint32_t size_of(const auto& table) { return static_cast<std::uint32_t>(table.size()); }

bool same(const Stream& a, const Stream& b) {
  return a.source == b.source && a.types == b.types && a.any_type == b.any_type &&
         a.item == b.item && a.sequence == b.sequence && a.where == b.where && a.value == b.value &&
         a.numeric == b.numeric && a.flag == b.flag && a.key == b.key;
}

bool same(const SequenceStep& a, const SequenceStep& b) {
  return a.types == b.types && a.any_type == b.any_type && a.where == b.where;
}

bool same(const Sequence& a, const Sequence& b) {
  return a.on == b.on && a.within == b.within && a.without.has_value() == b.without.has_value() &&
         (!a.without || same(*a.without, *b.without)) &&
         std::equal(a.steps.begin(), a.steps.end(), b.steps.begin(), b.steps.end(),
                    [](const SequenceStep& x, const SequenceStep& y) { return same(x, y); });
}

}  // namespace

Symbol Tables::symbol(std::string_view text) {
  const auto [at, added] = symbols_.try_emplace(std::string(text), size_of(program_.symbols));
  if (added) program_.symbols.emplace_back(text);
  return at->second;
}

std::uint32_t Tables::slot(const std::string& path) {
  const auto [at, added] = slots_.try_emplace(path, size_of(program_.slots));
  if (added) program_.slots.push_back({path});
  return at->second;
}

std::uint32_t Tables::find_slot(const std::string& path) const {
  const auto at = slots_.find(path);
  return at == slots_.end() ? kNone : at->second;
}

std::uint32_t Tables::pattern(const std::string& re2) {
  const auto [at, added] = patterns_.try_emplace(re2, size_of(program_.patterns));
  if (added) program_.patterns.push_back(re2);
  return at->second;
}

std::uint32_t Tables::attribute(const std::string& name) {
  const auto [at, added] = attributes_.try_emplace(name, size_of(program_.unit_attributes));
  if (added) program_.unit_attributes.push_back(name);
  return at->second;
}

std::uint32_t Tables::add(Expr expr) {
  program_.exprs.push_back(std::move(expr));
  return size_of(program_.exprs) - 1;
}

std::uint32_t Tables::share(Expr expr) {
  const auto [at, added] =
      shared_.try_emplace(canonical_text(program_, expr), size_of(program_.exprs));
  if (added) program_.exprs.push_back(std::move(expr));
  return at->second;
}

std::uint32_t Tables::stream(const Stream& stream) {
  const auto at = std::find_if(program_.streams.begin(), program_.streams.end(),
                               [&](const Stream& other) { return same(stream, other); });
  if (at != program_.streams.end())
    return static_cast<std::uint32_t>(at - program_.streams.begin());
  program_.streams.push_back(stream);
  return size_of(program_.streams) - 1;
}

std::uint32_t Tables::sequence(Sequence sequence) {
  const auto at = std::find_if(program_.sequences.begin(), program_.sequences.end(),
                               [&](const Sequence& other) { return same(sequence, other); });
  if (at != program_.sequences.end())
    return static_cast<std::uint32_t>(at - program_.sequences.begin());
  program_.sequences.push_back(std::move(sequence));
  return size_of(program_.sequences) - 1;
}

std::uint32_t Tables::window(std::uint32_t stream, const WindowSpan& span, std::uint8_t upkeep) {
  for (std::uint32_t i = 0; i < program_.windows.size(); ++i) {
    Window& window = program_.windows[i];
    if (window.stream != stream || !(window.span == span)) continue;
    window.upkeep = static_cast<std::uint8_t>(window.upkeep | upkeep);
    return i;
  }
  program_.windows.push_back({stream, span, upkeep});
  return size_of(program_.windows) - 1;
}

}  // namespace lianqing
