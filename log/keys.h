// Keys and values of the log's column families, version 2; of `pages` in page.h. docs/formats.md
// has the grammar.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "lianqing/bytes.h"
#include "lianqing/event.h"

namespace lianqing {

inline constexpr std::string_view kLogFormat = "lianqing-log/2";
inline constexpr std::string_view kHashAlgorithm = "sha256";
inline constexpr std::string_view kFormatKey = "format", kAlgorithmKey = "algorithm",
                                  kNameKey = "log", kFactPrefix = "fact/";
inline constexpr char kEventTree = 0;  // the audit tree will be 1

// be64 := most significant byte first, so that keys are in order of number
inline std::string be64(std::uint64_t value) {
  std::string out(8, '\0');
  for (std::size_t i = 8; i-- > 0; value >>= 8) out[i] = static_cast<char>(value & 0xff);
  return out;
}
inline std::uint64_t number_of(std::string_view bytes) {
  std::uint64_t out = 0;
  for (const char c : bytes.substr(0, 8)) out = out << 8 | static_cast<unsigned char>(c);
  return out;
}

// A hash as a key, without taking memory for it.
struct HashKey {
  char bytes[16];
  explicit HashKey(const ContentHash& hash) {
    for (std::size_t i = 0; i < 8; ++i) {
      bytes[i] = static_cast<char>(hash.high >> (56 - 8 * i));
      bytes[8 + i] = static_cast<char>(hash.low >> (56 - 8 * i));
    }
  }
  std::string_view view() const { return {bytes, sizeof bytes}; }
};
inline std::string hash_bytes(const ContentHash& hash) { return std::string(HashKey(hash).view()); }

// tiles := tree level be64(index) -> hashes
inline std::string tile_key(std::uint8_t level, std::uint64_t index) {
  return std::string{kEventTree, static_cast<char>(level)} + be64(index);
}

// ids := hash128(source, id) -> be64(seq) [hash128(content)]; without content: erased
//        "covered" -> be64(size): of every record before it the identity is there
inline constexpr std::string_view kCoveredKey = "covered";
inline constexpr std::size_t kIdentityBytes = 16;
struct KnownId {
  Seq seq = 0;
  std::optional<ContentHash> content;
};
inline std::string id_value(Seq seq, const ContentHash& content) {
  return be64(seq) + hash_bytes(content);
}
inline std::optional<KnownId> known_id(std::string_view value) {
  if (value.size() == 8) return KnownId{number_of(value), std::nullopt};
  if (value.size() != 24) return std::nullopt;
  return KnownId{number_of(value),
                 ContentHash{number_of(value.substr(8)), number_of(value.substr(16))}};
}

// edge := tree -> be64(size) be64(last recorded) hashes
struct Edge {
  std::uint64_t size = 0;
  Instant last;
  std::string hashes;
};
inline std::string edge_value(const Edge& edge) {
  return be64(edge.size) + be64(static_cast<std::uint64_t>(micros(edge.last))) + edge.hashes;
}
inline std::optional<Edge> edge_from(std::string_view value) {
  if (value.size() < 16 || (value.size() - 16) % 32 != 0) return std::nullopt;
  return Edge{number_of(value), instant(static_cast<std::int64_t>(number_of(value.substr(8)))),
              std::string(value.substr(16))};
}

// cursor := reader or source -> kind be64(seq) cursor
enum class CursorOf : char {
  leaf = 0,     // of that seq
  known = 1,    // a record that was there already
  refused = 2,  // one that was refused, when there were so many records
};
inline std::string cursor_value(CursorOf of, Seq seq, std::string_view cursor) {
  return std::string(1, static_cast<char>(of)) + be64(seq) + std::string(cursor);
}
// In a leaf the reader stands before its cursor.
inline std::string leaf_cursor(std::string_view reader, std::string_view cursor) {
  if (reader.empty()) return std::string(cursor);
  return std::string(reader) + ":" + std::string(cursor);
}

// quarantine := be64(number) -> int(at) text(code) text(detail) uint(line) uint(byte) uint(column)
//               text(raw)
inline std::string refused_value(const Rejection& rejection, Instant at) {
  ByteWriter out;
  out.integer(micros(at));
  out.text(rejection.code);
  out.text(rejection.detail);
  out.unsigned_integer(rejection.origin.line);
  out.unsigned_integer(rejection.origin.byte);
  out.unsigned_integer(rejection.column);
  out.text(rejection.raw);
  return out.take();
}
inline std::optional<std::pair<Instant, Rejection>> refused_from(std::string_view value) {
  ByteReader in(value);
  std::pair<Instant, Rejection> out;
  out.first = instant(in.integer());
  out.second.code = in.text();
  out.second.detail = in.text();
  out.second.origin.line = in.unsigned_integer();
  out.second.origin.byte = in.unsigned_integer();
  out.second.column = in.unsigned_integer();
  out.second.raw = in.text();
  if (!in.at_end()) return std::nullopt;
  return out;
}

}  // namespace lianqing
