// Parts that the JSON forms share.
#pragma once

#include "connectors/json_writer.h"
#include "lianqing/diagnostic.h"
#include "lianqing/warning.h"

namespace lianqing {

void put(JsonWriter& out, Number number);
void put(JsonWriter& out, const Fact& fact);
// {"zh": ..., "en": ...}; a language that is missing is given in the other.
void put(JsonWriter& out, const Bilingual& text);

}  // namespace lianqing
