// The keys and values of the state directory, version 1. docs/formats.md has the grammar.
#pragma once

#include <cstring>
#include <optional>
#include <string>
#include <string_view>

#include "lianqing/bytes.h"
#include "engine/store/store.h"

namespace lianqing::format {

inline constexpr std::string_view kMetaKey = "meta";
inline constexpr std::string_view kVersionKey = "version";
inline constexpr std::string_view kVersion = "lianqing-state/1";

// unit := due state ; due = signed microseconds
inline std::string unit_value(const StoredUnit& unit) {
  ByteWriter out;
  out.integer(micros(unit.due));
  out.raw(unit.bytes);
  return out.take();
}
inline Instant unit_due(std::string_view value) { return instant(ByteReader(value).integer()); }
inline std::string unit_state(std::string_view value) {
  std::size_t at = 0;
  while (at < value.size() && (static_cast<unsigned char>(value[at]) & 0x80) != 0) ++at;
  return std::string(value.substr(std::min(at + 1, value.size())));
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
// identity := hash128(source, id) -> hash128(content) seq
inline std::string known_value(const Known& known) {
  ByteWriter out;
  out.raw(hash_bytes(known.content));
  out.unsigned_integer(known.seq);
  return out.take();
}
inline std::optional<Known> known_from(std::string_view value) {
  if (value.size() < 17) return std::nullopt;
  ByteReader rest(value.substr(16));
  Known out{hash_from(value), rest.unsigned_integer()};
  if (!rest.at_end()) return std::nullopt;
  return out;
}

}  // namespace lianqing::format
