#include "rules/parse.h"

#include <algorithm>
#include <map>

#include "rules/identifier.h"
#include "rules/layers.h"
#include "rules/lint/allowance.h"
#include "rules/parse_constructs.h"
#include "rules/reader.h"
#include "rules/report.h"

namespace lianqing {
namespace {

class PackParser {
 public:
  PackParser(std::span<const SourceText> files, Diagnostics& out) : files_(files), out_(out) {}

  void take(const JoinedPack& joined) {
    for (const Node& version : joined.versions) take_version(version);
    for (const Entry& section : joined.root.entries) take_section(section);
  }

  // `complete`: every file could be read, so that what is missing is missing.
  PackSyntax finish(bool complete) {
    if (complete) check_head();
    sort_all();
    pack_.complete = complete;
    return std::move(pack_);
  }

 private:
  void take_section(const Entry& section) {
    const std::string& name = section.key;
    if (name == "version") return;
    if (name == "pack") return take_head(section);
    if (name == "calendar_days") return take_days(section);
    if (name == "units") return take_units(section);
    if (name == "colours") return take_colours(section);
    if (!check_map(section.value, {"“名称: 内容”", "names with their content"}, out_)) return;
    for (const Entry& entry : section.value.entries) {
      read_allowances(entry, false, pack_.allowances, out_);
      if (name == "lists") add(pack_.lists, parse_list(entry, out_), "value");
      if (name == "params") add(pack_.params, parse_param(entry, out_), "value");
      if (name == "macros") add(pack_.macros, parse_macro(entry, out_), "value");
      if (name == "measures") add(pack_.measures, parse_measure(entry, out_), "value");
      if (name == "events") add(pack_.events, parse_event(entry, out_), "event");
      if (name == "items") add(pack_.items, parse_item(entry, out_), "item");
      if (name == "rules") add(pack_.rules, parse_rule(entry, out_), "rule");
      if (name == "duties") add(pack_.duties, parse_duty(entry, out_), "duty");
      if (name == "sources") add(pack_.sources, parse_source(entry, out_), "source");
    }
  }

  // Lists, params, macros and measures share one space of names: expressions use them all.
  template <class T>
  void add(std::vector<T>& section, T construct, const std::string& space) {
    if (space == "value" && !check_name(construct.name, construct.at, out_)) return;
    if ((space == "item" || space == "rule" || space == "duty") && !is_identifier(construct.name)) {
      check_name(construct.name, construct.at, out_);
      return;
    }
    if (is_new(space, construct.name, construct.at)) section.push_back(std::move(construct));
  }

  bool is_new(const std::string& space, const std::string& name, const SourceSpan& at) {
    const auto [first, added] = names_.try_emplace({space, name}, at);
    if (added) return true;
    const std::string where =
        files_[first->second.file].name + ":" + std::to_string(first->second.line);
    report(out_, "R019", at,
           {"名称“" + name + "”已在 " + where + " 用过",
            "'" + name + "' is already defined at " + where},
           {"删去一处，或另起一个名称", "remove one of them or give it another name"});
    return false;
  }

  void take_version(const Node& node) {
    versioned_ = true;
    const Text text = text_of(node, out_);
    if (!text.present || text.text == "1") return;
    report(out_, "R020", text.at,
           {"不认识的版本“" + text.text + "”", "unknown version '" + text.text + "'"},
           {"写 version: 1", "write version: 1"});
  }

  void take_head(const Entry& entry) {
    if (!is_new("pack", "pack", entry.key_at)) return;
    pack_.head = parse_head(entry, out_);
    read_allowances(entry, true, pack_.allowances, out_);
    check_extended(entry.value);
  }

  // Whoever reads the files brings those of the extended pack with them.
  void check_extended(const Node& head) {
    const Node* extends = head.find("extends");
    const bool layered = std::any_of(files_.begin(), files_.end(),
                                     [](const SourceText& file) { return file.layer != 0; });
    if (extends == nullptr || layered) return;
    for (const Text& text : read_texts(*extends, out_)) {
      report(out_, "R044", text.at,
             {"没有读到所扩展的规则包“" + text.text + "”",
              "the extended pack '" + text.text + "' was not read"},
             {"把它与本规则包一起给出", "give it together with this pack"});
    }
  }

  void take_colours(const Entry& entry) {
    if (is_new("colours", "colours", entry.key_at)) pack_.colours = parse_colours(entry, out_);
  }

  void take_days(const Entry& entry) {
    const Bilingual what{"calendar_days", "calendar_days"};
    if (!check_keys(entry.value, entry.key_at, kCalendarDayKeys, what, out_)) return;
    auto read = [&](std::string_view key, std::vector<Text>& days) {
      const Node* node = entry.value.find(key);
      if (node == nullptr) return;
      for (Text& day : read_texts(*node, out_)) days.push_back(std::move(day));
    };
    read("off", pack_.days_off);
    read("work", pack_.days_on);
  }

  void take_units(const Entry& entry) {
    if (!check_keys(entry.value, entry.key_at, kUnitsKeys, {"units", "units"}, out_)) return;
    const Node* attributes = entry.value.find("attributes");
    if (attributes == nullptr) return;
    pack_.attributes_declared = true;
    if (!check_map(*attributes, {"“属性: 类型”", "attributes with their types"}, out_)) return;
    for (const Entry& attribute : attributes->entries) {
      if (is_new("unit", attribute.key, attribute.key_at)) {
        pack_.attributes.push_back(parse_attribute(attribute, out_));
      }
    }
  }

  void check_head() {
    const SourceSpan whole{0, 0, 0, 1};
    if (!pack_.head.present && !names_.contains({"pack", "pack"})) {
      report(out_, "R013", whole, {"规则包缺少“pack”", "a rule pack needs 'pack'"},
             {"加上 pack: {id: 名称}", "add pack: {id: NAME}"});
    }
    if (!versioned_) {
      report(out_, "R020", whole, {"规则包缺少“version”", "a rule pack needs 'version'"},
             {"加上 version: 1", "add version: 1"});
    }
  }

  void sort_all() {
    auto by_name = [](auto& section) {
      std::sort(section.begin(), section.end(),
                [](const auto& a, const auto& b) { return a.name < b.name; });
    };
    by_name(pack_.lists);
    by_name(pack_.params);
    by_name(pack_.macros);
    by_name(pack_.events);
    by_name(pack_.items);
    by_name(pack_.attributes);
    by_name(pack_.measures);
    by_name(pack_.rules);
    by_name(pack_.duties);
    by_name(pack_.sources);
  }

  std::span<const SourceText> files_;
  Diagnostics& out_;
  PackSyntax pack_;
  std::map<std::pair<std::string, std::string>, SourceSpan> names_;
  bool versioned_ = false;
};

}  // namespace

PackSyntax parse_pack(std::span<const SourceText> files, Diagnostics& out) {
  const JoinedPack joined = join_pack(files, out);
  PackParser parser(files, out);
  parser.take(joined);
  return parser.finish(joined.complete);
}

}  // namespace lianqing
