#include "cli/brief_lines.h"

#include <charconv>

#include "cli/json_parts.h"
#include "cli/words.h"

namespace lianqing {
namespace {

constexpr std::size_t kCauses = static_cast<std::size_t>(Cause::decision) + 1;

std::size_t place_of(Level from, Level to, Cause cause, bool revoked, bool shadow) {
  const std::size_t levels =
      static_cast<std::size_t>(from) * kLevels + static_cast<std::size_t>(to);
  return ((levels * kCauses + static_cast<std::size_t>(cause)) * 2 + std::size_t{revoked}) * 2 +
         std::size_t{shadow};
}

std::string change_text(Level from, Level to, Cause cause, bool revoked, bool shadow) {
  std::string out = ",\"from\":\"";
  out += name(from);
  out += "\",\"to\":\"";
  out += name(to);
  out += "\",\"cause\":\"";
  out += cause_name(cause);
  out += '"';
  if (to < from) out += revoked ? ",\"ended\":\"revoked\"" : ",\"ended\":\"cleared\"";
  if (shadow) out += ",\"shadow\":true";
  return out + ",\"time\":\"";
}

template <class Integer>
void put_integer(LineText& out, Integer value) {
  char text[24];
  out.append(text,
             static_cast<std::size_t>(std::to_chars(text, text + sizeof text, value).ptr - text));
}

void put_value(LineText& out, const Fact& value) {
  if (const auto* number = std::get_if<Number>(&value); number && number->is_integer()) {
    return put_integer(out, number->num());
  }
  JsonWriterOn<LineText> json(out);
  put(json, value);
}

}  // namespace

BriefLines::BriefLines(const Program& program) {
  for (const Rule& rule : program.rules) {
    Ready& ready = rules_.emplace_back();
    ready.rule = ",\"rule\":" + json_string(rule.id);
    for (const std::uint32_t measure : rule.measures) {
      ready.names.push_back((ready.names.empty() ? "" : ",") +
                            json_string(program.measures[measure].name) + ":");
    }
  }
  for (std::size_t place = 0; place < kLevels * kLevels * kCauses * 4; ++place) {
    const std::size_t levels = place / 4 / kCauses;
    changes_.push_back(
        change_text(static_cast<Level>(levels / kLevels), static_cast<Level>(levels % kLevels),
                    static_cast<Cause>(place / 4 % kCauses), place / 2 % 2 == 1, place % 2 == 1));
  }
}

void BriefLines::write(const Leaving& leaving, std::uint32_t rule, std::span<const Fact> values,
                       std::string& out) const {
  const Ready& ready = rules_[rule];
  LineText line;
  line += "{\"id\":\"";
  line += leaving.id;
  line += "\",\"unit\":";
  append_json_string(line, leaving.unit);
  line += ready.rule;
  if (leaving.keyed) {
    line += ",\"key\":";
    append_json_string(line, leaving.key);
  }
  line +=
      changes_[place_of(leaving.from, leaving.to, leaving.cause, leaving.revoked, leaving.shadow)];
  line += TimeText(leaving.time).view();
  line += "\",\"seq\":";
  put_integer(line, leaving.seq);
  line += ",\"values\":{";
  for (std::size_t i = 0; i < values.size(); ++i) {
    line += ready.names[i];
    put_value(line, values[i]);
  }
  line += "}}";
  out = line.view();
}

}  // namespace lianqing
