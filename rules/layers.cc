#include "rules/layers.h"

#include <algorithm>
#include <map>

#include "rules/parse_constructs.h"
#include "rules/reader.h"
#include "rules/report.h"

namespace lianqing {
namespace {

using Path = std::vector<std::string_view>;

Entry* find_entry(Node& map, std::string_view key) {
  const auto at = std::find_if(map.entries.begin(), map.entries.end(),
                               [&](const Entry& entry) { return entry.key == key; });
  return at == map.entries.end() ? nullptr : &*at;
}

// Sections that hold one construct; the others hold names with theirs.
bool is_single(std::string_view section) {
  return section == "version" || section == "pack" || section == "colours" || section == "units" ||
         section == "calendar_days";
}

// ---- one layer

// The files of one layer side by side: names are unique among them, whatever packs they are of.
class LayerJoiner {
 public:
  LayerJoiner(std::span<const SourceText> files, Diagnostics& out) : files_(files), out_(out) {
    root_.kind = NodeKind::map;
  }

  void take(const Entry& section) {
    const bool named = !is_single(section.key);
    if (named && !check_map(section.value, {"“名称: 内容”", "names with their content"}, out_))
      return;
    Entry* known = find_entry(root_, section.key);
    if (known == nullptr) {
      root_.entries.push_back(section);
      return;
    }
    // Below the first layer several packs may lie side by side, each with its head.
    if (section.key == "pack" && files_[section.key_at.file].layer != 0)
      return add_head(known->value, section.value);
    if (section.key == "calendar_days") return add_lists(known->value, section.value);
    if (section.key == "units") return add_units(known->value, section.value);
    if (named) return add_entries(known->value, section.value);
    if (section.key != "version") report_again(section, *known);
  }

  Node finish() { return std::move(root_); }

 private:
  static void add_head(Node& to, const Node& from) {
    for (const Entry& entry : from.entries) {
      Entry* known = find_entry(to, entry.key);
      if (known == nullptr) {
        to.entries.push_back(entry);
      } else if (entry.key == "allow") {  // each for what is found in its own pack
        std::vector<Node>& all = known->value.items;
        all.insert(all.end(), entry.value.items.begin(), entry.value.items.end());
      }
    }
  }

  void add_entries(Node& to, const Node& from) {
    for (const Entry& entry : from.entries) {
      if (const Entry* known = find_entry(to, entry.key)) {
        report_again(entry, *known);
      } else {
        to.entries.push_back(entry);
      }
    }
  }

  void add_units(Node& to, const Node& from) {
    for (const Entry& entry : from.entries) {
      Entry* known = find_entry(to, entry.key);
      if (known == nullptr) {
        to.entries.push_back(entry);
      } else {
        add_entries(known->value, entry.value);
      }
    }
  }

  static void add_lists(Node& to, const Node& from) {
    for (const Entry& entry : from.entries) {
      Entry* known = find_entry(to, entry.key);
      if (known == nullptr) {
        to.entries.push_back(entry);
        continue;
      }
      Node& list = known->value;
      if (!list.is_sequence()) {
        Node whole;
        whole.kind = NodeKind::sequence;
        whole.at = whole.inside = list.at;
        whole.items.push_back(std::move(list));
        list = std::move(whole);
      }
      const bool many = entry.value.is_sequence();
      const std::vector<Node> one{entry.value};
      const std::vector<Node>& more = many ? entry.value.items : one;
      list.items.insert(list.items.end(), more.begin(), more.end());
    }
  }

  void report_again(const Entry& entry, const Entry& known) {
    const std::string where =
        files_[known.key_at.file].name + ":" + std::to_string(known.key_at.line);
    report(out_, "R019", entry.key_at,
           {"名称“" + entry.key + "”已在 " + where + " 用过",
            "'" + entry.key + "' is already defined at " + where},
           {"删去一处，或另起一个名称", "remove one of them or give it another name"});
  }

  std::span<const SourceText> files_;
  Diagnostics& out_;
  Node root_;
};

// ---- one layer over another

// The key that a short form stands for; empty if the value has no short form.
std::string_view long_key(const Path& path) {
  const auto last = path.empty() ? std::string_view{} : path.back();
  if (path.size() == 2 && path[0] == "params") return "value";
  if (path.size() == 3 && path[0] == "rules" && (last == "yellow" || last == "red")) return "enter";
  if (path.size() == 4 && path[0] == "events" && path[2] == "fields") return "type";
  const bool selects = last == "open" || last == "close" || last == "extend";
  if (path.size() == 3 && path[0] == "items" && selects) return "event";
  return {};
}

bool is_sentence(const Path& path) {
  const auto last = path.empty() ? std::string_view{} : path.back();
  return last == "title" || last == "basis" || last == "because" || last == "label" ||
         last == "meaning";
}

Node in_map(Node value, std::string_view key) {
  Node map;
  map.kind = NodeKind::map;
  map.at = map.inside = value.at;
  const SourceSpan at = value.at;
  map.entries.push_back({std::string(key), at, std::move(value)});
  return map;
}

// Brings a value to the form of a map, if it has one.
bool lengthen(Node& value, const Path& path) {
  if (value.is_map()) return true;
  if (value.is_empty()) return false;
  if (const auto key = long_key(path); !key.empty()) {
    value = in_map(std::move(value), key);
    return true;
  }
  if (!is_sentence(path) || !value.is_scalar()) return false;
  Node both = in_map(value, "zh");
  both.entries.push_back({"en", value.at, value});
  value = std::move(both);
  return true;
}

bool is_other_measure(const Node& base, const Node& over, const Path& path) {
  if (path.size() != 2 || path[0] != "measures") return false;
  const MeasureFamily *before = family_of(base), *now = family_of(over);
  return before != nullptr && now != nullptr && before != now && !goes_with(*before, now->key);
}

void overlay(Node& base, Node over, Path& path);

void overlay_entries(Node& base, Node over, Path& path) {
  for (Entry& entry : over.entries) {
    Entry* known = find_entry(base, entry.key);
    if (known == nullptr) {
      base.entries.push_back(std::move(entry));
    } else if (entry.value.is_empty() && !path.empty()) {
      base.entries.erase(base.entries.begin() + (known - base.entries.data()));
    } else if (!entry.value.is_empty()) {
      path.push_back(known->key);
      overlay(known->value, std::move(entry.value), path);
      path.pop_back();
    }
  }
}

void overlay(Node& base, Node over, Path& path) {
  const bool merges = (over.is_map() || (base.is_map() && !long_key(path).empty())) &&
                      !is_other_measure(base, over, path) && lengthen(base, path) &&
                      lengthen(over, path);
  if (merges) return overlay_entries(base, std::move(over), path);
  const bool same = base.is_scalar() && over.is_scalar() && base.text == over.text;
  if (!same) over.replaced.push_back(std::move(base));
  base = std::move(over);
}

}  // namespace

JoinedPack join_pack(std::span<const SourceText> files, Diagnostics& out) {
  JoinedPack joined;
  joined.root.kind = NodeKind::map;
  std::map<std::uint32_t, LayerJoiner, std::greater<>> layers;  // the deepest first
  for (std::uint32_t i = 0; i < files.size(); ++i) {
    const SourceSpan whole{i, 0, 0, 1};
    LayerJoiner& layer = layers.try_emplace(files[i].layer, files, out).first->second;
    const auto root = parse_document(files[i], i, out);
    if (root && root->is_empty()) {
      report(out, "R021", whole, {"文件是空的", "the file is empty"},
             {"写上 rules:、measures: 等内容，或删去此文件",
              "write sections such as rules: and measures:, or remove the file"});
    }
    if (!root || root->is_empty() ||
        !check_keys(*root, whole, kSectionKeys, {"规则包", "a rule pack"}, out)) {
      joined.complete = false;
      continue;
    }
    for (const Entry& section : root->entries) {
      if (section.key == "version") joined.versions.push_back(section.value);
      layer.take(section);
    }
  }
  Path path;
  for (auto& [number, layer] : layers) overlay_entries(joined.root, layer.finish(), path);
  // What is extended is here now.
  for (Entry& section : joined.root.entries) {
    if (layers.size() > 1 && section.key == "pack")
      std::erase_if(section.value.entries, [](const Entry& e) { return e.key == "extends"; });
  }
  return joined;
}

std::vector<Text> extended_packs(std::span<const SourceText> files) {
  Diagnostics ignored;
  for (std::uint32_t i = 0; i < files.size(); ++i) {
    const auto root = parse_document(files[i], i, ignored);
    const Node* head = root && root->is_map() ? root->find("pack") : nullptr;
    const Node* extends = head == nullptr || !head->is_map() ? nullptr : head->find("extends");
    if (extends != nullptr && !extends->is_empty()) return read_texts(*extends, ignored);
  }
  return {};
}

}  // namespace lianqing
