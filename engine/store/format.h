// The keys and values of the state directory, version 4. docs/formats.md has the grammar.
#pragma once

#include <cstring>
#include <optional>
#include <string>
#include <string_view>

#include "engine/store/store.h"
#include "lianqing/bytes.h"

namespace lianqing::format {

inline constexpr std::string_view kMetaKey = "meta";
inline constexpr std::string_view kVersionKey = "version";
inline constexpr std::string_view kVersion = "lianqing-state/4";

// heading := due outline ; due = signed microseconds. What a start reads of every unit.
inline std::string heading_value(Instant due, std::string_view outline) {
  ByteWriter out;
  out.integer(micros(due));
  out.raw(outline);
  return out.take();
}
inline std::pair<Instant, std::string_view> heading_from(std::string_view value) {
  std::size_t at = 0;
  while (at < value.size() && (static_cast<unsigned char>(value[at]) & 0x80) != 0) ++at;
  return {instant(ByteReader(value).integer()), value.substr(std::min(at + 1, value.size()))};
}
// parked := text(heading) state
inline std::string parked_value(const StoredUnit& unit) {
  ByteWriter out;
  out.text(heading_value(unit.due, unit.outline));
  out.raw(unit.bytes);
  return out.take();
}
// The heading and the state in it.
inline std::pair<std::string_view, std::string_view> parked_from(std::string_view value) {
  ByteReader in(value);
  const std::string_view heading = in.text();
  return {heading, in.failed() ? std::string_view() : in.rest()};
}

inline std::string hash_bytes(const ContentHash& hash) {
  std::string out(16, '\0');
  for (unsigned i = 0; i < 8; ++i) {
    out[i] = static_cast<char>(hash.high >> (56 - 8 * i));
    out[8 + i] = static_cast<char>(hash.low >> (56 - 8 * i));
  }
  return out;
}
inline ContentHash hash_from(std::string_view bytes) {
  ContentHash out;
  for (std::size_t i = 0; i < 8; ++i) {
    out.high = out.high << 8 | static_cast<unsigned char>(bytes[i]);
    out.low = out.low << 8 | static_cast<unsigned char>(bytes[8 + i]);
  }
  return out;
}
// identity := hash128(source, id) -> hash128(content) seq kind type unit
// type = 0 if the program does not name it, else its index + 1
inline std::string identity_value(const StoredIdentity& one) {
  ByteWriter out;
  out.raw(hash_bytes(one.known.content));
  out.unsigned_integer(one.known.seq);
  out.unsigned_integer(static_cast<std::uint64_t>(one.known.kind));
  out.unsigned_integer(one.known.type == kNone ? 0 : std::uint64_t{one.known.type} + 1);
  out.text(one.unit);
  return out.take();
}
inline std::optional<StoredIdentity> identity_from(std::string_view key, std::string_view value) {
  if (key.size() != 16 || value.size() < 17) return std::nullopt;
  StoredIdentity out;
  out.identity = hash_from(key);
  out.known.content = hash_from(value);
  ByteReader rest(value.substr(16));
  out.known.seq = rest.unsigned_integer();
  const std::uint64_t kind = rest.unsigned_integer();
  if (kind > static_cast<std::uint64_t>(RecordKind::final_decision)) return std::nullopt;
  out.known.kind = static_cast<RecordKind>(kind);
  out.known.type = static_cast<std::uint32_t>(rest.unsigned_integer()) - 1;
  out.unit = rest.text();
  if (!rest.at_end()) return std::nullopt;
  return out;
}

}  // namespace lianqing::format
