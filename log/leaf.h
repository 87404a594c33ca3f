// The leaf of a record: what the tree is built over. It says everything about the record but its
// content, to which it is bound by a salted commitment, so that the content can be erased and
// nothing else changes.
//
//   leaf       := "lianqing-entry/1" LF "seq " decimal LF "at " time LF "kind " word LF
//                 "source " field LF "cursor " field LF "id " field LF
//                 "payload " decimal " sha256:" base64(commitment) LF
//   time       := YYYY-MM-DDTHH:MM:SS.ffffffZ
//   field      := "-" if empty, else its bytes; outside 0x21..0x7e, "%", and a lone "-": %XX
//   commitment := SHA-256("lianqing-payload/1" LF salt[32] bytes)
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "lianqing/event.h"
#include "log/sha256.h"

namespace lianqing {

inline constexpr std::size_t kSaltBytes = 32;
inline constexpr std::string_view kEventKind = "event";
inline constexpr std::string_view kEraseKind = "erase";

struct Leaf {
  Seq seq = 0;
  Instant at;
  std::string kind, source, cursor, id;
  std::uint64_t payload_bytes = 0;
  Digest commitment{};
};

Digest commitment(std::string_view salt, std::string_view bytes);

// The same leaf without owning its texts, for the way in.
struct LeafView {
  Seq seq;
  Instant at;
  std::string_view kind, source, cursor, id;
  std::uint64_t payload_bytes;
  Digest commitment;
};
std::string encode(const LeafView& leaf);
// The same in the place of what `out` holds.
void encode(const LeafView& leaf, std::string& out);
LeafView view(const Leaf& leaf);

// Nothing unless `bytes` is exactly what encode() gives for the result.
std::optional<Leaf> parse_leaf(std::string_view bytes);

}  // namespace lianqing
