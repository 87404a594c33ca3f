#include "rules/source_lines.h"

#include <algorithm>

#include "rules/identifier.h"

namespace lianqing {

std::string_view line_of(std::string_view text, std::uint32_t line) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  for (std::uint32_t i = 1; i < line; ++i) {
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos) return {};
    text.remove_prefix(end + 1);
  }
  text = text.substr(0, text.find('\n'));
  if (text.ends_with('\r')) text.remove_suffix(1);
  return text;
}

std::size_t content_start(std::string_view line) {
  constexpr std::string_view kBlanks = " \t";
  std::size_t at = line.find_first_not_of(kBlanks);
  if (at == std::string_view::npos) return line.size();
  while (line.substr(at, 2) == "- ") {
    at = line.find_first_not_of(kBlanks, at + 2);
    if (at == std::string_view::npos) return line.size();
  }
  return at;
}

SourceLines::SourceLines(std::string_view text) : text_(text), starts_{0} {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\n') starts_.push_back(i + 1);
  }
}

std::string_view SourceLines::line(std::size_t index) const {
  if (index >= starts_.size()) return {};
  const std::size_t end = index + 1 < starts_.size() ? starts_[index + 1] - 1 : text_.size();
  std::string_view out = text_.substr(starts_[index], end - starts_[index]);
  if (!out.empty() && out.back() == '\r') out.remove_suffix(1);
  return out;
}

std::size_t SourceLines::position(std::size_t line_index, std::size_t byte_column) const {
  if (line_index >= starts_.size()) return text_.size();
  return std::min(starts_[line_index] + byte_column, text_.size());
}

std::size_t SourceLines::points_before(std::size_t line_start, std::size_t bytes) const {
  if (counted_.line_start != line_start || counted_.bytes > bytes) counted_ = {line_start, 0, 0};
  counted_.points +=
      count_code_points(text_.substr(line_start + counted_.bytes, bytes - counted_.bytes));
  counted_.bytes = bytes;
  return counted_.points;
}

SourceSpan SourceLines::span(std::uint32_t file, std::size_t position, std::size_t bytes) const {
  const auto after = std::upper_bound(starts_.begin(), starts_.end(), position);
  const auto index = static_cast<std::size_t>(after - starts_.begin()) - 1;
  const std::string_view whole = line(index);
  const std::size_t column = std::min(position - starts_[index], whole.size());
  SourceSpan out;
  out.file = file;
  out.line = static_cast<std::uint32_t>(index + 1);
  out.column = static_cast<std::uint32_t>(points_before(starts_[index], column) + 1);
  out.length = static_cast<std::uint32_t>(
      std::max<std::size_t>(1, count_code_points(whole.substr(column, bytes))));
  return out;
}

}  // namespace lianqing
