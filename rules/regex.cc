#include "rules/regex.h"

#include <re2/re2.h>

#include "lianqing/assert.h"

namespace lianqing {
namespace {

RE2::Options quiet() {
  RE2::Options options;
  options.set_log_errors(false);
  return options;
}

re2::StringPiece piece(std::string_view text) { return {text.data(), text.size()}; }

}  // namespace

std::optional<std::string> regex_error(std::string_view pattern) {
  const RE2 compiled(piece(pattern), quiet());
  if (compiled.ok()) return std::nullopt;
  return compiled.error();
}

struct PatternSet::Compiled {
  std::vector<std::unique_ptr<RE2>> patterns;
};

PatternSet::PatternSet(const std::vector<std::string>& patterns)
    : compiled_(std::make_unique<Compiled>()) {
  for (const std::string& pattern : patterns) {
    compiled_->patterns.push_back(std::make_unique<RE2>(pattern, quiet()));
    LQ_ASSERT(compiled_->patterns.back()->ok());
  }
}

PatternSet::~PatternSet() = default;
PatternSet::PatternSet(PatternSet&&) noexcept = default;
PatternSet& PatternSet::operator=(PatternSet&&) noexcept = default;

bool PatternSet::matches(std::uint32_t index, std::string_view text) const {
  LQ_ASSERT(index < compiled_->patterns.size());
  return RE2::PartialMatch(piece(text), *compiled_->patterns[index]);
}

}  // namespace lianqing
