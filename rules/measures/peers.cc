// peers: one measure over the units of a peer group.
#include <array>

#include "rules/choices.h"
#include "rules/measures/lowering.h"
#include "rules/reader.h"
#include "rules/report.h"
#include "rules/suggest.h"

namespace lianqing {
namespace {

constexpr std::string_view kPeerGroup = "peer_group";  // a column of every register

// The attribute whose equal values make units peers.
std::optional<std::uint32_t> lower_among(const Text& among, Names& names) {
  std::string name(among.present ? among.text : kPeerGroup);
  if (name.starts_with("unit.")) name = name.substr(5);
  if (name == kPeerGroup || !names.syntax.attributes_declared || names.attributes.contains(name))
    return names.tables.attribute(name);
  std::vector<std::string> known{std::string(kPeerGroup)};
  for (const auto& [attribute, type] : names.attributes) known.push_back(attribute);
  const auto nearest = nearest_name(name, known);
  report(names.out, "R181", among.at,
         {"没有声明单位属性“" + name + "”", "unit attribute '" + name + "' is not declared"},
         nearest
             ? did_you_mean(*nearest)
             : Bilingual{"在 units: attributes: 中声明它", "declare it under units: attributes:"});
  return std::nullopt;
}

std::optional<NamedValue> find_subject(const Text& subject, const Names& names,
                                       MeasureTable& measures, Diagnostics& out) {
  if (!subject.present) return std::nullopt;
  const std::size_t before = out.size();
  if (const auto found = measures.find(subject.text, subject.at)) return found;
  if (out.size() > before) return std::nullopt;  // a circle
  std::vector<std::string> known;
  for (const MeasureSyntax& measure : names.syntax.measures) known.push_back(measure.name);
  const auto nearest = nearest_name(subject.text, known);
  report(out, "R150", subject.at,
         {"没有指标“" + subject.text + "”", "unknown measure '" + subject.text + "'"},
         nearest ? did_you_mean(*nearest)
                 : Bilingual{"peers 后写一个指标的名称", "peers names a measure"});
  return std::nullopt;
}

}  // namespace

bool lower_peers(const MeasureSyntax& syntax, Names& names, MeasureTable& measures,
                 Measure& measure) {
  PeerView view;
  const auto stat = choose(syntax.stat, kStats, {"统计方式", "stat"}, names.out);
  const auto among = lower_among(syntax.among, names);
  const auto every = read_period(syntax.every, names);
  const auto subject = find_subject(syntax.subject, names, measures, names.out);
  if (!subject || subject->index == kNone) return false;
  names.used.insert(names.program.measures[subject->index].name);
  if (!check_own_measure(names, subject->index, "peers", syntax.subject.at)) return false;
  if (subject->type != ValueType::number && subject->type != ValueType::dynamic) {
    const Bilingual is = type_name(subject->type);
    report(names.out, "R188", syntax.subject.at,
           {"peers 只能比较数字，“" + syntax.subject.text + "”是" + is.zh,
            "peers compares numbers; '" + syntax.subject.text + "' is " + is.en},
           {});
    return false;
  }
  if (!stat || !among || !every) return false;
  view.subject = subject->index;
  view.stat = *stat;
  view.among = *among;
  view.every = *every;
  measure.peers = static_cast<std::uint32_t>(names.program.peers.size());
  names.program.peers.push_back(view);
  return true;
}

}  // namespace lianqing
