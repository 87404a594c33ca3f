// The text of one expression, or of a macro used in one, and where its mistakes are shown: offsets
// into the normalised text become columns of the file as its author wrote it. A mistake inside a
// macro is shown where the macro is used.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lianqing/diagnostic.h"

namespace lianqing {

class ExprSource {
 public:
  // `out` outlives the source.
  ExprSource(std::string_view raw, const SourceSpan& at, Diagnostics& out);
  // The text of macro `name`, used at the bytes [begin, end) of `outer`.
  ExprSource(const ExprSource& outer, std::uint32_t begin, std::uint32_t end, std::string name,
             std::string_view raw);

  const std::string& text() const { return text_; }  // NFC
  std::string_view slice(std::uint32_t begin, std::uint32_t end) const;
  // At most 40 code points of it, for a message.
  std::string shown(std::uint32_t begin, std::uint32_t end) const;

  SourceSpan span(std::uint32_t begin, std::uint32_t end) const;
  // The bytes of the outermost text.
  struct Range {
    std::uint32_t begin, end;
  };
  Range outermost(std::uint32_t begin, std::uint32_t end) const;

  // `code` is one of kCodes, and an error.
  void error(std::string_view code, std::uint32_t begin, std::uint32_t end, Bilingual message,
             Bilingual suggestion = {}) const;

 private:
  std::uint32_t column(std::uint32_t offset) const;

  std::string raw_, text_;
  SourceSpan at_;
  Diagnostics* out_;
  std::string macro_;  // empty: the expression itself
  Range used_{0, 0};   // of a macro, in the outermost text
  // Only if normalising changed the text: bytes of the normalised prefix after n code points.
  mutable std::vector<std::uint32_t> prefix_bytes_;
};

}  // namespace lianqing
