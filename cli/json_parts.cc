#include "cli/json_parts.h"

namespace lianqing {

void put(JsonWriter& out, Number number) {
  if (number.is_integer()) {
    out.integer(number.num());
  } else {
    out.raw(number.to_string());
  }
}

void put(JsonWriter& out, const Fact& fact) {
  if (const auto* b = std::get_if<bool>(&fact)) {
    out.boolean(*b);
  } else if (const auto* n = std::get_if<Number>(&fact)) {
    put(out, *n);
  } else if (const auto* s = std::get_if<std::string>(&fact)) {
    out.string(*s);
  } else {
    out.null();
  }
}

void put(JsonWriter& out, const Bilingual& text) {
  out.begin_object().key("zh").string(text.in(true)).key("en").string(text.in(false)).end_object();
}

}  // namespace lianqing
