#include "cli/serve/seal.h"

#include <sys/random.h>

#include <algorithm>
#include <array>
#include <utility>

#include "lianqing/assert.h"
#include "rules/fingerprint.h"

namespace lianqing {
namespace {

constexpr std::string_view kKey = "access/seal";
constexpr std::string_view kBefore = "w-", kHex = "0123456789abcdef";
constexpr std::size_t kHalf = 16;  // hex digits
constexpr unsigned kRounds = 8;    // of a Feistel network
constexpr unsigned kBits = 26;     // of half a number: what every JSON reader keeps exactly
constexpr std::uint64_t kMask = (std::uint64_t{1} << kBits) - 1;
constexpr unsigned kNoise = 12;  // bits of a number

void random_bytes(void* to, std::size_t size) {
  const bool made = ::getrandom(to, size, 0) == static_cast<ssize_t>(size);
  LQ_ASSERT(made);  // the system has them once it has started
}

bool is_id(std::string_view text) {
  return text.size() == kBefore.size() + 2 * kHalf && text.starts_with(kBefore) &&
         text.find_first_not_of(kHex, kBefore.size()) == std::string_view::npos;
}

std::uint64_t half_of(std::string_view id, std::size_t which) {
  std::uint64_t out = 0;
  for (const char c : id.substr(kBefore.size() + which * kHalf, kHalf)) {
    out = out << 4 | kHex.find(c);
  }
  return out;
}

std::string id_of(std::uint64_t left, std::uint64_t right) {
  std::string out(kBefore);
  for (const std::uint64_t half : {left, right}) {
    for (int shift = 60; shift >= 0; shift -= 4) out += kHex[half >> shift & 15];
  }
  return out;
}

}  // namespace

Seal Seal::of(EventLog& log) {
  if (const auto kept = log.meta(kKey); kept && *kept) return Seal(**kept);
  std::array<std::uint8_t, 32> bytes{};
  random_bytes(bytes.data(), bytes.size());
  const std::string key = hex(bytes);
  (void)log.put_meta(kKey, key);
  return Seal(key);
}

std::uint64_t Seal::mix(std::uint64_t half, unsigned round) const {
  std::string text = key_ + static_cast<char>('a' + round);
  for (int shift = 0; shift < 64; shift += 8) text += static_cast<char>(half >> shift & 255);
  const auto hash = sha256(text);
  std::uint64_t out = 0;
  for (std::size_t i = 0; i < 8; ++i) out = out << 8 | hash[i];
  return out;
}

// Some bits are random: who asks twice is not told whether anything happened in between.
std::uint64_t Seal::close(std::uint64_t number) const {
  std::uint64_t noise = 0;
  random_bytes(&noise, sizeof noise);
  const std::uint64_t whole = std::min(number, kMost) << kNoise | (noise & ((1 << kNoise) - 1));
  std::uint64_t left = whole >> kBits, right = whole & kMask;
  for (unsigned round = 0; round < kRounds; ++round) {
    left = std::exchange(right, left ^ (mix(right, round) & kMask));
  }
  return left << kBits | right;
}

std::uint64_t Seal::open(std::uint64_t closed) const {
  if (closed >> (2 * kBits) != 0) return UINT64_MAX;
  std::uint64_t left = closed >> kBits, right = closed & kMask;
  for (unsigned round = kRounds; round-- > 0;) {
    right = std::exchange(left, right ^ (mix(left, round) & kMask));
  }
  return (left << kBits | right) >> kNoise;
}

// Other rounds than those of numbers.
std::string Seal::close_id(std::string_view id) const {
  if (!is_id(id)) return std::string(id);
  std::uint64_t left = half_of(id, 0), right = half_of(id, 1);
  for (unsigned round = 0; round < kRounds; ++round) {
    left = std::exchange(right, left ^ mix(right, kRounds + round));
  }
  return id_of(left, right);
}

std::string Seal::open_id(std::string_view id) const {
  if (!is_id(id)) return std::string(id);
  std::uint64_t left = half_of(id, 0), right = half_of(id, 1);
  for (unsigned round = kRounds; round-- > 0;) {
    right = std::exchange(left, right ^ mix(left, kRounds + round));
  }
  return id_of(left, right);
}

std::string Seal::close_ids(std::string_view json) const {
  constexpr std::size_t kSize = 2 + 2 * kHalf;
  std::string out;
  out.reserve(json.size());
  std::size_t copied = 0;
  for (std::size_t at = json.find("\"w-"); at != std::string_view::npos;
       at = json.find("\"w-", at + 1)) {
    const std::string_view id = json.substr(at + 1, kSize);
    if (!is_id(id) || json.substr(at + 1 + kSize, 1) != "\"") continue;
    out.append(json.substr(copied, at + 1 - copied)).append(close_id(id));
    copied = at + 1 + kSize;
  }
  return out.append(json.substr(copied));
}

}  // namespace lianqing
