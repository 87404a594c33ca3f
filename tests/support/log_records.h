// Records for tests of the log: any bytes, and identities that are told apart as in the product.
#pragma once

#include <string>
#include <vector>

#include "log/event_log.h"

namespace lianqing {

// The identity is of (source, id), the content of `bytes`; the log compares hashes and no more.
inline ContentHash test_hash(std::string_view text) {
  ContentHash out{0x9e3779b97f4a7c15, 0xc2b2ae3d27d4eb4f};
  for (const char c : text) {
    out.high = (out.high ^ static_cast<unsigned char>(c)) * 0x100000001b3;
    out.low = (out.low + static_cast<unsigned char>(c)) * 0x9e3779b97f4a7c15;
  }
  return out;
}

inline AppendRecord record_of(const std::string& id, const std::string& bytes,
                              const std::string& source = "/test", const std::string& cursor = "") {
  return {bytes, source, id, test_hash(source + "\n" + id), test_hash(bytes), cursor};
}

inline std::vector<AppendRecord> numbered_records(std::uint64_t from, std::uint64_t to) {
  std::vector<AppendRecord> out;
  for (std::uint64_t i = from; i < to; ++i) {
    out.push_back(record_of("id-" + std::to_string(i), R"({"n":)" + std::to_string(i) + "}",
                            "/test", "at-" + std::to_string(i)));
  }
  return out;
}

}  // namespace lianqing
