#include "cli/serve/live_position.h"

#include "lianqing/bytes.h"
#include "rules/fingerprint.h"

namespace lianqing {
namespace {

void write(ByteWriter& out, const Generation& generation) {
  out.text(generation.name);
  out.unsigned_integer(generation.first);
  out.unsigned_integer(generation.reigns.size());
  for (const Reign& reign : generation.reigns) {
    out.text(reign.pack);
    out.text(reign.rules);
    out.integer(micros(reign.from));
    out.unsigned_integer(reign.next);
  }
}

Generation read_generation(ByteReader& in) {
  Generation out;
  out.name = in.text();
  out.first = in.unsigned_integer();
  const std::uint64_t count = in.count();
  for (std::uint64_t i = 0; i < count && !in.failed(); ++i) {
    Reign& reign = out.reigns.emplace_back();
    reign.pack = in.text();
    reign.rules = in.text();
    reign.from = instant(in.integer());
    reign.next = in.unsigned_integer();
  }
  return out;
}

}  // namespace

std::string Generation::encode() const {
  ByteWriter out;
  write(out, *this);
  return out.take();
}

Result<Generation> Generation::decode(std::string_view bytes) {
  ByteReader in(bytes);
  Generation out = read_generation(in);
  if (!in.at_end() || out.reigns.empty()) {
    return failure(ErrorCode::corrupt, "the log's fact serve/reigns is malformed");
  }
  return out;
}

std::string generation_name(const std::vector<RegisteredUnit>& units) {
  std::string text;
  for (const RegisteredUnit& unit : units) {
    text += '\n' + unit.id;
    for (const auto& [column, value] : unit.columns) {
      text += '\t' + column + '=';
      if (const auto* n = std::get_if<Number>(&value)) text += n->to_string();
      if (const auto* s = std::get_if<std::string>(&value)) text += *s;
      if (const auto* b = std::get_if<bool>(&value)) text += *b ? "true" : "false";
    }
  }
  return hex(sha256(text));
}

std::string state_directory(const std::string& data, const std::string& pack) {
  return data + "/state/" + pack.substr(0, 16);
}

Result<std::vector<UnitBytes>> stored_lives(Store& store) {
  std::vector<UnitBytes> out;
  const Status read = store.each_note([&out](std::string_view key, std::string_view value) {
    if (const auto unit = life_of_note(key)) out.emplace_back(*unit, value);
  });
  if (!read) return Unexpected<Error>(read.error());
  return out;
}

std::string LivePosition::encode() const {
  ByteWriter out;
  write(out, generation);
  out.unsigned_integer(records);
  out.unsigned_integer(next);
  out.integer(micros(judged));
  out.text(desk);
  out.unsigned_integer(announced ? 1 : 0);
  if (names) out.text(*names);
  return out.take();
}

Result<LivePosition> LivePosition::decode(std::string_view bytes) {
  ByteReader in(bytes);
  LivePosition out;
  out.generation = read_generation(in);
  out.records = in.unsigned_integer();
  out.next = in.unsigned_integer();
  out.judged = instant(in.integer());
  out.desk = in.text();
  out.announced = in.unsigned_integer() != 0;
  out.names.reset();
  if (!in.at_end()) out.names = in.text();
  if (!in.at_end()) {
    return failure(ErrorCode::corrupt, "the checkpoint's position is malformed");
  }
  return out;
}

}  // namespace lianqing
