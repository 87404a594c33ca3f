// What the parts of a test are read against, and how they write moments and lists of words.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cli/test/moment.h"
#include "rules/document.h"
#include "rules/syntax.h"

namespace lianqing {

// One test: the pack, where its clock starts, the unit of what names none, and where findings go.
struct Scene {
  const Program& program;
  Diagnostics& out;
  Instant start;
  std::string unit;

  // Reports what is no moment.
  std::optional<Instant> moment(std::string_view text, const SourceSpan& at) const;
  std::optional<Instant> moment(const Text& text) const { return moment(text.text, text.at); }
};

// Reports a name that is none of `known`: `what` is what it should name.
bool known_name(const std::string& name, const SourceSpan& at,
                const std::vector<std::string>& known, const Bilingual& what, Diagnostics& out);
// Reports what is no list, or an empty one.
bool want_list(const Node& node, Diagnostics& out);

// The words of a text, and the stretch of the text that some of them cover.
std::vector<std::string_view> words_of(std::string_view text);
std::string_view stretch(std::span<const std::string_view> words);

}  // namespace lianqing
