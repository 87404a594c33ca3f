// The bytes of a text file as UTF-8: what an office's spreadsheets write (GBK, GB18030, UTF-8 with
// and without byte order mark, UTF-16), told by the bytes themselves and stated.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "connectors/table/table_error.h"

namespace lianqing {

struct DecodedText {
  std::string text;          // UTF-8, no byte order mark; U+FFFD for each byte that is no character
  std::string encoding;      // as people name it: "UTF-8", "UTF-8 (BOM)", "GBK/GB18030", "UTF-16"
  std::uint64_t damage = 0;  // how many U+FFFD were put in
};

// `encoding`: utf-8, gbk, gb18030, utf-16 or another name that iconv knows; empty: found out. GBK
// and GB2312 are read as GB18030, which holds both. refused: an unknown name; a text that is
// neither UTF-8 nor GB18030 (a few damaged bytes are no reason: they are counted).
[[nodiscard]] TableResult<DecodedText> decode_text(std::string bytes, std::string_view encoding);

}  // namespace lianqing
