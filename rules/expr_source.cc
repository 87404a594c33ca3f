#include "rules/expr_source.h"

#include <algorithm>
#include <utility>

#include "rules/identifier.h"
#include "rules/report.h"

namespace lianqing {

ExprSource::ExprSource(std::string_view raw, const SourceSpan& at, Diagnostics& out)
    : raw_(raw), text_(to_nfc(raw)), at_(at), out_(&out) {}

ExprSource::ExprSource(const ExprSource& outer, std::uint32_t begin, std::uint32_t end,
                       std::string name, std::string_view raw)
    : raw_(raw),
      text_(to_nfc(raw)),
      at_(outer.span(begin, end)),
      out_(outer.out_),
      macro_(std::move(name)),
      used_(outer.outermost(begin, end)) {}

std::string_view ExprSource::slice(std::uint32_t begin, std::uint32_t end) const {
  return std::string_view(text_).substr(begin, end - begin);
}

std::string ExprSource::shown(std::uint32_t begin, std::uint32_t end) const {
  constexpr std::size_t kLongest = 40;
  const std::string_view all = slice(begin, end);
  std::size_t bytes = 0;
  for (std::size_t n = 0; bytes < all.size(); ++n) {
    if (n == kLongest) return std::string(all.substr(0, bytes)) + "...";
    bytes += first_code_point(all.substr(bytes)).bytes;
  }
  return std::string(all);
}

std::uint32_t ExprSource::column(std::uint32_t offset) const {
  if (raw_ == text_) {
    return at_.column +
           static_cast<std::uint32_t>(count_code_points(std::string_view(raw_).substr(0, offset)));
  }
  if (prefix_bytes_.empty()) {
    for (std::string_view rest = raw_; !rest.empty();) {
      const std::size_t done = raw_.size() - rest.size();
      prefix_bytes_.push_back(
          static_cast<std::uint32_t>(to_nfc(std::string_view(raw_).substr(0, done)).size()));
      rest.remove_prefix(first_code_point(rest).bytes);
    }
  }
  const auto found = std::lower_bound(prefix_bytes_.begin(), prefix_bytes_.end(), offset);
  return at_.column + static_cast<std::uint32_t>(found - prefix_bytes_.begin());
}

SourceSpan ExprSource::span(std::uint32_t begin, std::uint32_t end) const {
  if (!macro_.empty() || at_.length == 0) return at_;
  SourceSpan out = at_;
  out.column = column(begin);
  out.length = std::max(1U, column(end) - out.column);
  return out;
}

ExprSource::Range ExprSource::outermost(std::uint32_t begin, std::uint32_t end) const {
  return macro_.empty() ? Range{begin, end} : used_;
}

void ExprSource::error(std::string_view code, std::uint32_t begin, std::uint32_t end,
                       Bilingual message, Bilingual suggestion) const {
  if (!macro_.empty()) {
    message.zh.insert(0, "在宏“" + macro_ + "”里：");
    message.en.insert(0, "in macro '" + macro_ + "': ");
  }
  report(*out_, code, span(begin, end), std::move(message), std::move(suggestion));
}

}  // namespace lianqing
