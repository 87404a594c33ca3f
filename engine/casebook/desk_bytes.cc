// The bytes of a desk: its casebook, then the records that wait for their time.
#include "engine/casebook/desk.h"
#include "lianqing/assert.h"
#include "lianqing/bytes.h"

namespace lianqing {
namespace {

constexpr std::string_view kVersion = "lianqing-desk/2";

void put(ByteWriter& out, const Fact& fact) {
  out.unsigned_integer(fact.index());
  if (const auto* flag = std::get_if<bool>(&fact)) out.unsigned_integer(*flag ? 1 : 0);
  if (const auto* number = std::get_if<Number>(&fact)) {
    out.integer(number->num());
    out.integer(number->den());
  }
  if (const auto* text = std::get_if<std::string>(&fact)) out.text(*text);
}

std::optional<Fact> fact(ByteReader& in) {
  switch (in.unsigned_integer()) {
    case 0: return Fact{};
    case 1: return Fact{in.unsigned_integer() != 0};
    case 2: {
      const std::int64_t num = in.integer(), den = in.integer();
      if (den <= 0) return std::nullopt;
      return Fact{Number::ratio(num, den)};
    }
    case 3: return Fact{std::string(in.text())};
    default: return std::nullopt;
  }
}

Unexpected<Error> malformed() { return failure(ErrorCode::corrupt, "desk: malformed bytes"); }

}  // namespace

std::string Desk::encode_head() const {
  LQ_ASSERT(warnings_.empty() && greys_.empty());
  ByteWriter out;
  out.text(kVersion);
  out.text(casebook_.encode_head());
  out.unsigned_integer(arrivals_.size());
  for (const Arrival& arrival : arrivals_) {
    const LifeRecord& record = arrival.record;
    out.unsigned_integer(arrival.concerns ? 1 : 0);
    out.unsigned_integer(record.seq);
    out.integer(micros(record.time));
    out.integer(micros(record.clock));
    for (const std::string* text : {&record.unit, &record.type, &record.id, &record.source}) {
      out.text(*text);
    }
    out.unsigned_integer(record.fields.size());
    for (const auto& [name, value] : record.fields) {
      out.text(name);
      put(out, value);
    }
  }
  return out.take();
}

Result<Desk> Desk::decode(std::string_view head, std::span<const UnitBytes> units,
                          const Program& program) {
  ByteReader in(head);
  if (in.text() != kVersion) return malformed();
  LQ_TRY(Casebook casebook, Casebook::decode(in.text(), units, program));
  Desk out(std::move(casebook));
  for (std::uint64_t n = in.count(); n > 0 && !in.failed(); --n) {
    Arrival& arrival = out.arrivals_.emplace_back();
    LifeRecord& record = arrival.record;
    arrival.concerns = in.unsigned_integer() != 0;
    record.seq = in.unsigned_integer();
    record.time = instant(in.integer());
    record.clock = instant(in.integer());
    for (std::string* text : {&record.unit, &record.type, &record.id, &record.source}) {
      *text = in.text();
    }
    for (std::uint64_t k = in.count(); k > 0 && !in.failed(); --k) {
      std::string name(in.text());
      auto value = fact(in);
      if (!value) return malformed();
      record.fields.emplace_back(std::move(name), *std::move(value));
    }
    out.sorted_ = out.sorted_ && record.clock >= out.newest_;
    out.newest_ = std::max(out.newest_, record.clock);
  }
  if (!in.at_end()) return malformed();
  return out;
}

}  // namespace lianqing
