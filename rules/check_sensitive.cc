// Where the values of events come out of the engine: as the key of a rule's instances or of an
// item, as the value of a measure, as a deadline. A field that is declared sensitive must not be
// there. Counted (`distinct:`, `top:`), compared (`where:`, `streak:`) and matched (`on:`) it may
// be: none of these shows it.
#include <algorithm>

#include "rules/check.h"
#include "rules/report.h"

namespace lianqing {
namespace {

bool shows_values(Aggregate aggregate) {
  switch (aggregate) {
    case Aggregate::sum:
    case Aggregate::average:
    case Aggregate::minimum:
    case Aggregate::maximum:
    case Aggregate::deviation:
    case Aggregate::median:
    case Aggregate::quantile:
    case Aggregate::first:
    case Aggregate::last:
    case Aggregate::decayed: return true;
    default: return false;
  }
}

template <class T>
const T* named(const std::vector<T>& all, const std::string& name) {
  const auto at =
      std::find_if(all.begin(), all.end(), [&](const T& one) { return one.name == name; });
  return at == all.end() ? nullptr : &*at;
}

class SensitiveFields {
 public:
  SensitiveFields(const PackSyntax& syntax, const Program& program, Diagnostics& out)
      : syntax_(syntax), program_(program), out_(out) {}

  void look_at(const Measure& measure) {
    const auto* written = named(syntax_.measures, measure.name);
    if (measure.window == kNone || written == nullptr) return;
    const Stream& stream = program_.streams[program_.windows[measure.window].stream];
    if (is_sensitive(stream, stream.key)) {
      tell(stream.key, written->per.at,
           {"按它分组，它的值就成为预警的 key", "its values would become the keys of warnings"});
    }
    if (shows_values(measure.aggregate) && is_sensitive(stream, stream.value)) {
      tell(stream.value, written->subject.at,
           {"指标“" + measure.name + "”会显示它的值",
            "the measure '" + measure.name + "' would show its values"});
    }
  }

  void look_at(const Item& item) {
    const auto* written = named(syntax_.items, item.name);
    if (written == nullptr) return;
    const bool key = is_sensitive(item.open, item.key) || is_sensitive(item.close, item.key) ||
                     is_sensitive(item.extend, item.key);
    if (key) {
      tell(item.key, written->key.at, {"事项的编号会显示出来", "the keys of items are shown"});
    }
    const Bilingual shown{"期限会显示出来", "deadlines are shown"};
    if (is_sensitive(item.open, item.due)) tell(item.due, written->due.at, shown);
    if (is_sensitive(item.extend, item.extend_due)) {
      tell(item.extend_due, written->extend_due.at, shown);
    }
  }

 private:
  bool is_sensitive(const EventType& type, std::uint32_t slot) const {
    return std::any_of(type.fields.begin(), type.fields.end(), [&](const FieldCheck& field) {
      return field.sensitive && field.name == program_.slots[slot].path;
    });
  }

  // In one of these types.
  bool is_sensitive(const std::vector<std::uint32_t>& types, std::uint32_t slot) const {
    return slot != kNone && std::any_of(types.begin(), types.end(), [&](std::uint32_t t) {
             return is_sensitive(program_.types[t], slot);
           });
  }

  bool is_sensitive(const Stream& stream, std::uint32_t slot) const {
    if (slot == kNone) return false;
    const auto any = [&] {
      return std::any_of(program_.types.begin(), program_.types.end(),
                         [&](const EventType& type) { return is_sensitive(type, slot); });
    };
    if (stream.any_type) return any();
    if (stream.item != kNone) return is_sensitive(program_.items[stream.item].open, slot);
    if (stream.sequence == kNone) return is_sensitive(stream.types, slot);
    const auto& steps = program_.sequences[stream.sequence].steps;
    return std::any_of(steps.begin(), steps.end(), [&](const SequenceStep& step) {
      return step.any_type ? any() : is_sensitive(step.types, slot);
    });
  }

  void tell(std::uint32_t slot, const SourceSpan& at, const Bilingual& why) {
    const std::string& path = program_.slots[slot].path;
    report(
        out_, "R196", at,
        {"字段“" + path + "”声明为 sensitive，不能用在这里：" + why.zh,
         "field '" + path + "' is declared sensitive and cannot be used here: " + why.en},
        {"用 distinct: " + path + " 只计个数；如果它并不敏感，删去 sensitive: true",
         "count it with distinct: " + path + ", or remove sensitive: true if it tells of nobody"});
  }

  const PackSyntax& syntax_;
  const Program& program_;
  Diagnostics& out_;
};

}  // namespace

void check_sensitive(const PackSyntax& syntax, const Program& program, Diagnostics& out) {
  SensitiveFields fields(syntax, program, out);
  for (const Measure& measure : program.measures) fields.look_at(measure);
  for (const Item& item : program.items) fields.look_at(item);
}

}  // namespace lianqing
