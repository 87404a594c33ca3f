// An expression's characters -> tokens. Knows every spelling: ASCII, full-width, and the slips that
// other languages teach (`=`, `<>`, `AND`), which it reports and reads as what was meant. Not here:
// grammar and meaning.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "rules/expr_source.h"

namespace lianqing {

enum class TokenKind : std::uint8_t {
  end,
  number,
  text,
  name,
  logical_or,
  logical_and,
  logical_not,
  equal,
  unequal,
  less,
  less_equal,
  greater,
  greater_equal,
  in,
  plus,
  minus,
  times,
  divide,
  percent,
  question,
  colon,
  open,
  close,
  open_list,
  close_list,
  comma,
  dot,
};

struct Token {
  TokenKind kind = TokenKind::end;
  std::uint32_t begin = 0, end = 0;  // bytes of the source's text
  std::string value;                 // number: ASCII digits; text: what it says; name: itself
};

// Always ends with one `end` token. A text that is not closed ends the list.
std::vector<Token> read_tokens(const ExprSource& source);

// True for what an operand can end with: after it a word is an operator.
bool ends_operand(TokenKind kind);
// True for what an operand can begin with.
bool begins_operand(TokenKind kind);

}  // namespace lianqing
