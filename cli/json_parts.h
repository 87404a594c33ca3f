// Parts that the JSON forms share.
#pragma once

#include "connectors/json_writer.h"
#include "lianqing/diagnostic.h"
#include "lianqing/warning.h"

namespace lianqing {

template <class Text>
void put(JsonWriterOn<Text>& out, Number number) {
  if (number.is_integer()) {
    out.integer(number.num());
  } else {
    out.raw(number.to_string());
  }
}

template <class Text>
void put(JsonWriterOn<Text>& out, const Fact& fact) {
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

// {"zh": ..., "en": ...}; a language that is missing is given in the other.
template <class Text>
void put(JsonWriterOn<Text>& out, const Bilingual& text) {
  out.begin_object().key("zh").string(text.in(true)).key("en").string(text.in(false)).end_object();
}

}  // namespace lianqing
