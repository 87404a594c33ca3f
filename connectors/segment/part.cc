#include "connectors/segment/part.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>
#include <memory>
#include <numeric>
#include <optional>

#include "connectors/segment/zstd.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace lianqing {
namespace {

constexpr std::size_t kWorthPacking = 64;  // bytes; below they are left as they are

std::uint64_t zigzag(std::int64_t v) {
  return (static_cast<std::uint64_t>(v) << 1) ^ static_cast<std::uint64_t>(v >> 63);
}

// Bytes that hold v: 0, 1, 2, 4 or 8.
std::uint32_t width_of(std::uint64_t v) {
  const auto bits = static_cast<int>(std::bit_width(v));
  return bits == 0 ? 0 : bits <= 8 ? 1 : bits <= 16 ? 2 : bits <= 32 ? 4 : 8;
}

struct Layout {
  SegmentPart part;
  std::vector<std::uint64_t> n;
  std::uint64_t cost = 0;  // bits, about
};

// Divides by what all have in common.
void reduce(Layout& layout, std::uint64_t common) {
  layout.part.step = common;
  std::uint64_t largest = 0;
  for (std::uint64_t& n : layout.n) {
    if (common > 1) n /= common;
    largest = std::max(largest, n);
  }
  layout.part.width = width_of(largest);
}

Layout above_smallest(std::span<const std::int64_t> values) {
  Layout out;
  out.part.base = values.empty() ? 0 : *std::min_element(values.begin(), values.end());
  std::uint64_t common = 0;
  for (const std::int64_t v : values) {
    const std::uint64_t n =
        static_cast<std::uint64_t>(v) - static_cast<std::uint64_t>(out.part.base);
    common = std::gcd(common, n);
    out.n.push_back(n);
  }
  reduce(out, common);
  for (const std::uint64_t n : out.n) out.cost += static_cast<std::uint64_t>(std::bit_width(n));
  return out;
}

std::optional<Layout> differences(std::span<const std::int64_t> values) {
  Layout out;
  out.part.summed = true;
  if (values.empty()) return std::nullopt;
  std::int64_t before = out.part.base = values.front();
  std::vector<std::int64_t> steps;
  std::uint64_t common = 0;
  for (const std::int64_t v : values) {
    std::int64_t step = 0;
    if (__builtin_sub_overflow(v, before, &step) ||
        step == std::numeric_limits<std::int64_t>::min())
      return std::nullopt;
    before = v;
    common = std::gcd(common, static_cast<std::uint64_t>(step < 0 ? -step : step));
    steps.push_back(step);
  }
  const auto divisor = static_cast<std::int64_t>(std::max<std::uint64_t>(common, 1));
  for (const std::int64_t step : steps) out.n.push_back(zigzag(step / divisor));
  reduce(out, 1);
  out.part.step = common;
  for (const std::uint64_t n : out.n) out.cost += static_cast<std::uint64_t>(std::bit_width(n));
  return out;
}

// All lowest bytes, then all second ones, and so on.
std::string planes(const Layout& layout) {
  std::string out(layout.n.size() * layout.part.width, '\0');
  char* at = out.data();
  for (std::uint32_t byte = 0; byte < layout.part.width; ++byte) {
    for (const std::uint64_t n : layout.n) *at++ = static_cast<char>(n >> (8 * byte));
  }
  return out;
}

// Unsigned: hostile numbers wrap.
template <class N, bool kSummed>
void unpack(const SegmentPart& part, const char* planes, std::span<std::int64_t> out) {
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(planes);
  const std::size_t count = out.size();
  auto value = static_cast<std::uint64_t>(part.base);
  for (std::size_t i = 0; i < count; ++i) {
    N n = 0;
    for (std::size_t byte = 0; byte < sizeof(N); ++byte) {
      n = static_cast<N>(n | static_cast<N>(N{bytes[byte * count + i]} << (8 * byte)));
    }
    const std::uint64_t raw = n;
    if constexpr (kSummed) {
      value += part.step * ((raw >> 1) ^ (~(raw & 1) + 1));
      out[i] = static_cast<std::int64_t>(value);
    } else {
      out[i] = static_cast<std::int64_t>(value + part.step * raw);
    }
  }
}

template <class N>
void unpack(const SegmentPart& part, const char* planes, std::span<std::int64_t> out) {
  part.summed ? unpack<N, true>(part, planes, out) : unpack<N, false>(part, planes, out);
}

// Size and hash are those of what was written.
bool is_stored(const SegmentPart& part, std::string_view stored) {
  if (!part.packed && part.stored != part.count * part.width) return false;
  return stored.size() == part.stored && segment_hash(stored) == part.hash;
}

}  // namespace

std::uint64_t segment_hash(std::string_view bytes) {
  return XXH3_64bits(bytes.data(), bytes.size());
}

void PartWriter::numbers(std::span<const std::int64_t> values) {
  Layout best = above_smallest(values);
  if (auto other = differences(values); other && other->cost < best.cost) best = std::move(*other);
  best.part.count = values.size();
  put(best.part, planes(best));
}

void PartWriter::bytes(std::string_view bytes) {
  SegmentPart part;
  part.width = 1;
  part.step = 1;
  part.count = bytes.size();
  put(part, bytes);
}

void PartWriter::put(SegmentPart part, std::string_view plain) {
  std::string packed;
  if (plain.size() >= kWorthPacking) {
    packed = zstd_compressed(plain);
    part.packed = packed.size() < plain.size();
  }
  const std::string_view stored = part.packed ? std::string_view(packed) : plain;
  headings_.unsigned_integer((part.summed ? 1U : 0U) | (part.packed ? 2U : 0U) | part.width << 2);
  headings_.integer(part.base);
  headings_.unsigned_integer(part.step);
  headings_.unsigned_integer(part.count);
  headings_.unsigned_integer(stored.size());
  headings_.unsigned_integer(segment_hash(stored));
  stored_ += stored;
}

bool read_part(ByteReader& headings, std::uint64_t& offset, SegmentPart& out) {
  const std::uint64_t form = headings.unsigned_integer();
  out.summed = (form & 1) != 0;
  out.packed = (form & 2) != 0;
  out.width = static_cast<std::uint32_t>(form >> 2);
  out.base = headings.integer();
  out.step = headings.unsigned_integer();
  out.count = headings.unsigned_integer();
  out.stored = headings.unsigned_integer();
  out.hash = headings.unsigned_integer();
  out.offset = offset;
  if (headings.failed() || form >> 2 > 8 || (out.width > 2 && out.width % 4 != 0)) return false;
  const std::uint64_t most = out.width == 1 ? kMaxPartBytes : kSegmentRows;
  if (out.count > most || out.stored > kMaxPartBytes) return false;
  if (!out.packed && out.stored != out.count * out.width) return false;
  offset += out.stored;
  return true;
}

bool part_bytes(const SegmentPart& part, std::string_view stored, std::string& out,
                std::size_t behind) {
  if (!is_stored(part, stored)) return false;
  const std::size_t size = part.count * part.width;
  out.resize(size + behind);
  if (part.packed) return zstd_expanded(stored, out.data(), size);
  std::copy(stored.begin(), stored.end(), out.begin());
  return true;
}

bool part_numbers(const SegmentPart& part, std::string_view stored,
                  std::vector<std::int64_t>& out) {
  if (part.count > kSegmentRows || !is_stored(part, stored)) return false;
  const auto count = static_cast<std::size_t>(part.count);
  std::unique_ptr<char[]> expanded;
  const char* planes = stored.data();
  if (part.packed) {
    const std::size_t size = count * part.width;
    expanded = std::make_unique_for_overwrite<char[]>(size);
    if (!zstd_expanded(stored, expanded.get(), size)) return false;
    planes = expanded.get();
  }
  out.resize(count);
  switch (part.width) {
    case 0: std::fill(out.begin(), out.end(), part.base); break;
    case 1: unpack<std::uint8_t>(part, planes, out); break;
    case 2: unpack<std::uint16_t>(part, planes, out); break;
    case 4: unpack<std::uint32_t>(part, planes, out); break;
    default: unpack<std::uint64_t>(part, planes, out);
  }
  return true;
}

}  // namespace lianqing
