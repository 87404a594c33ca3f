#include "log/leaf.h"

#include <charconv>

#include "log/base64.h"

namespace lianqing {
namespace {

constexpr std::string_view kFirstLine = "lianqing-entry/1\n";
constexpr std::string_view kHex = "0123456789ABCDEF";

bool is_plain(char c) { return c >= 0x21 && c <= 0x7e && c != '%'; }

void append_field(std::string& out, std::string_view field) {
  if (field.empty()) {
    out += '-';
  } else if (field == "-") {
    out += "%2D";
  } else {
    for (const char c : field) {
      if (is_plain(c)) {
        out += c;
      } else {
        const auto byte = static_cast<unsigned char>(c);
        out += '%';
        out += kHex[byte >> 4];
        out += kHex[byte & 15];
      }
    }
  }
}

std::string field_of(std::string_view text) {
  if (text == "-") return {};
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%' || i + 2 >= text.size()) {
      out += text[i];
      continue;
    }
    const std::size_t high = kHex.find(text[i + 1]), low = kHex.find(text[i + 2]);
    out += static_cast<char>((high & 15) << 4 | (low & 15));
    i += 2;
  }
  return out;
}

void append_number(std::string& out, std::uint64_t value) {
  char digits[20];
  out.append(digits, std::to_chars(digits, digits + sizeof digits, value).ptr);
}

// All six digits of the fraction, so that a time has one spelling and one length.
void append_time(std::string& out, Instant at) {
  const Date day = std::chrono::floor<std::chrono::days>(at);
  std::int64_t rest = (at - Instant{day}).count();
  const std::size_t from = out.size();
  out += format_date(day);
  out += "T00:00:00.000000Z";
  const auto put = [&](std::size_t offset, std::size_t width, std::int64_t value) {
    for (std::size_t i = width; i-- > 0; value /= 10) {
      out[from + offset + i] = static_cast<char>('0' + value % 10);
    }
  };
  put(20, 6, rest % 1'000'000);
  rest /= 1'000'000;
  put(17, 2, rest % 60);
  put(14, 2, rest / 60 % 60);
  put(11, 2, rest / 3600);
}

// Takes "NAME value LF" off the front of `rest`.
std::string_view line(std::string_view& rest, std::string_view name) {
  const std::size_t end = rest.find('\n');
  if (end == std::string_view::npos || !rest.starts_with(name)) {
    rest = {};
    return {};
  }
  const std::string_view value = rest.substr(name.size(), end - name.size());
  rest.remove_prefix(end + 1);
  return value;
}

std::uint64_t number(std::string_view text) {
  std::uint64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

}  // namespace

Digest commitment(std::string_view salt, std::string_view bytes) {
  return sha256({"lianqing-payload/1\n", salt, bytes});
}

std::string encode(const LeafView& leaf) {
  std::string out;
  encode(leaf, out);
  return out;
}

void encode(const LeafView& leaf, std::string& out) {
  out.clear();
  out.reserve(208 + leaf.source.size() + leaf.cursor.size() + leaf.id.size());
  out += kFirstLine;
  out += "seq ";
  append_number(out, leaf.seq);
  out += "\nat ";
  append_time(out, leaf.at);
  out += "\nkind ";
  out += leaf.kind;
  out += "\nsource ";
  append_field(out, leaf.source);
  out += "\ncursor ";
  append_field(out, leaf.cursor);
  out += "\nid ";
  append_field(out, leaf.id);
  out += "\npayload ";
  append_number(out, leaf.payload_bytes);
  out += " sha256:";
  append_base64(out, bytes_of(leaf.commitment));
  out += '\n';
}

LeafView view(const Leaf& leaf) {
  return {leaf.seq,    leaf.at, leaf.kind,          leaf.source,
          leaf.cursor, leaf.id, leaf.payload_bytes, leaf.commitment};
}

std::optional<Leaf> parse_leaf(std::string_view bytes) {
  if (!bytes.starts_with(kFirstLine)) return std::nullopt;
  std::string_view rest = bytes.substr(kFirstLine.size());
  Leaf out;
  out.seq = number(line(rest, "seq "));
  const auto at = parse_rfc3339(line(rest, "at "));
  out.kind = line(rest, "kind ");
  out.source = field_of(line(rest, "source "));
  out.cursor = field_of(line(rest, "cursor "));
  out.id = field_of(line(rest, "id "));
  const std::string_view payload = line(rest, "payload ");
  const std::size_t colon = payload.find(':');
  if (!at || colon == std::string_view::npos) return std::nullopt;
  out.at = *at;
  out.payload_bytes = number(payload);
  const auto digest = parse_base64(payload.substr(colon + 1));
  if (!digest || digest->size() != out.commitment.size()) return std::nullopt;
  digest->copy(out.commitment.data(), out.commitment.size());
  if (encode(view(out)) != bytes) return std::nullopt;
  return out;
}

}  // namespace lianqing
