// The edge where failures meet a reader: rules, engine, log and connectors name a failure once, in
// English; here it is said in the reader's language. A message without a row is said as it is, and
// tests/house asks for the row.
#pragma once

#include <string>
#include <string_view>

#include "lianqing/result.h"

namespace lianqing {

// The Chinese of a message; messages inside it (`cannot read X: No such file or directory`) too.
[[nodiscard]] std::string in_chinese(std::string_view english);

// True if a row says this message; `{}` in it may stand for anything.
[[nodiscard]] bool is_translated(std::string_view english);

[[nodiscard]] std::string in_language(std::string_view english, bool chinese);
[[nodiscard]] inline std::string told(const Error& error, bool chinese) {
  return in_language(error.what, chinese);
}

}  // namespace lianqing
