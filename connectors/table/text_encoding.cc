#include "connectors/table/text_encoding.h"

#include <iconv.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "connectors/ascii.h"
#include "connectors/utf8.h"

namespace lianqing {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

struct Utf8Count {
  std::uint64_t characters = 0;  // beyond ASCII
  std::uint64_t bad = 0;         // bytes
};

Utf8Count count_utf8(std::string_view text) {
  Utf8Count out;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = utf8_character(text.substr(at));
    out.characters += length > 1;
    out.bad += length == 0;
    at += std::max<std::size_t>(length, 1);
  }
  return out;
}

DecodedText repaired_utf8(std::string bytes, std::string encoding) {
  DecodedText out{{}, std::move(encoding), 0};
  if (first_bad_utf8(bytes) == std::string_view::npos) {
    out.text = std::move(bytes);
    return out;
  }
  const std::string_view text = bytes;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = utf8_character(text.substr(at));
    out.text += length == 0 ? kReplacement : text.substr(at, length);
    out.damage += length == 0;
    at += std::max<std::size_t>(length, 1);
  }
  return out;
}

class Converter {
 public:
  explicit Converter(const char* from) : handle_(iconv_open("UTF-8", from)) {}
  Converter(const Converter&) = delete;
  Converter& operator=(const Converter&) = delete;
  ~Converter() {
    if (known()) iconv_close(handle_);
  }
  // iconv_open fails with a pointer of all ones.
  bool known() const { return reinterpret_cast<std::intptr_t>(handle_) != -1; }

  DecodedText all(std::string& bytes, std::string encoding) {
    DecodedText out{{}, std::move(encoding), 0};
    char* in = bytes.data();
    std::size_t left = bytes.size();
    char part[1 << 16];
    while (left > 0) {
      char* to = part;
      std::size_t room = sizeof part;
      const std::size_t done = iconv(handle_, &in, &left, &to, &room);
      const int why = done == static_cast<std::size_t>(-1) ? errno : 0;
      out.text.append(part, static_cast<std::size_t>(to - part));
      if (why == 0 || why == E2BIG || left == 0) continue;
      // A byte that is no character, or a character cut off at the end.
      out.text += kReplacement;
      out.damage += 1;
      ++in;
      --left;
    }
    return out;
  }

 private:
  iconv_t handle_;
};

TableResult<DecodedText> converted(std::string bytes, const std::string& name, std::string stated) {
  Converter converter(name.c_str());
  if (!converter.known()) {
    return table_failure(ErrorCode::refused,
                         {"不认识编码“" + name + "”；可用 utf-8、gb18030、utf-16、big5",
                          "unknown encoding '" + name + "'; known: utf-8, gb18030, utf-16, big5"});
  }
  return converter.all(bytes, std::move(stated));
}

}  // namespace

TableResult<DecodedText> decode_text(std::string bytes, std::string_view encoding) {
  const std::string name = ascii_lower(encoding);
  if (bytes.starts_with("\xEF\xBB\xBF") && (name.empty() || name.starts_with("utf"))) {
    return repaired_utf8(bytes.substr(3), "UTF-8 (BOM)");
  }
  if (bytes.starts_with("\xFF\xFE") || bytes.starts_with("\xFE\xFF")) {
    return converted(std::move(bytes), "UTF-16", "UTF-16");
  }
  if (name == "utf-8" || name == "utf8") return repaired_utf8(std::move(bytes), "UTF-8");
  if (name == "gbk" || name == "gb2312" || name == "gb18030" || name == "cp936")
    return converted(std::move(bytes), "GB18030", "GBK/GB18030");
  if (!name.empty()) return converted(std::move(bytes), name, name);

  const Utf8Count count = count_utf8(bytes);
  if (count.bad == 0) return repaired_utf8(std::move(bytes), "UTF-8");
  // Chinese in GBK is hardly ever well-formed UTF-8; a damaged UTF-8 text is mostly well-formed.
  if (count.bad * 10 < count.characters) return repaired_utf8(std::move(bytes), "UTF-8");
  const auto high = static_cast<std::uint64_t>(std::count_if(
      bytes.begin(), bytes.end(), [](char c) { return static_cast<std::uint8_t>(c) >= 0x80; }));
  auto chinese = converted(std::move(bytes), "GB18030", "GBK/GB18030");
  // Each bad byte costs about one; a text in another encoding is bad in every other character.
  if (chinese && chinese->damage * 20 > high && chinese->damage > 2) {
    return table_failure(
        ErrorCode::refused,
        {"文字既不是 UTF-8，也不是 GBK/GB18030；请在映射里写 encoding: …，或另存为 UTF-8",
         "the text is neither UTF-8 nor GBK/GB18030; state `encoding:` in the map, or save it as "
         "UTF-8"});
  }
  return chinese;
}

}  // namespace lianqing
