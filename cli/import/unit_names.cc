#include "cli/import/unit_names.h"

#include <algorithm>
#include <utility>

#include "cli/import/cell_text.h"
#include "cli/import/cell_value.h"
#include "cli/import/open_table.h"
#include "cli/pack_files.h"
#include "cli/render_diagnostics.h"
#include "cli/translation.h"
#include "rules/document.h"
#include "rules/suggest.h"

namespace lianqing {
namespace {

using Added = Outcome<void, TableError>;

Unexpected<TableError> wrong(Bilingual what) {
  return table_failure(ErrorCode::refused, std::move(what));
}

bool is_name_header(const std::string& header) {
  if (header.starts_with("name") || header.starts_with("alias")) return true;
  for (const std::string_view word :
       {"名称", "单位名称", "全称", "单位全称", "简称", "单位简称", "别名", "曾用名"})
    if (header == word) return true;
  return false;
}

void texts_of(const Node& node, std::vector<std::string>& to) {
  if (node.is_scalar() && !node.text.empty()) to.push_back(node.text);
  for (const Node& item : node.items) texts_of(item, to);
  if (!node.is_map()) return;
  for (const Entry& entry : node.entries) {
    if (entry.key == "zh" || entry.key == "en" || is_name_header(key_text(entry.key)))
      texts_of(entry.value, to);
  }
}

}  // namespace

Added UnitNames::add(const std::string& id, const std::string& name, const std::string& place) {
  const std::string key = key_text(name);
  if (key.empty()) return {};
  const auto [at, fresh] = ids_.emplace(key, id);
  shown_.emplace(key, name);
  if (fresh || at->second == id) return {};
  return wrong({place + "：“" + name + "”既是 " + at->second + " 又是 " + id,
                place + ": '" + name + "' is both " + at->second + " and " + id});
}

Added UnitNames::add_csv(const std::string& path) {
  auto table = open_table(path, {});
  if (!table) return Unexpected<TableError>(std::move(table).error());
  CsvRow header, row;
  if (!table->next(header)) return wrong({path + "：空表", path + ": an empty table"});
  std::size_t id = header.fields.size();
  std::vector<std::size_t> names;
  for (std::size_t i = 0; i < header.fields.size(); ++i) {
    const std::string key = key_text(header.fields[i]);
    if (key == "id" || key == "编号" || key == "单位编号" || key == "unit" || key == "unit_id")
      id = i;
    if (is_name_header(key)) names.push_back(i);
  }
  if (id == header.fields.size() || names.empty()) {
    return wrong({path + "：表头里要有 id（编号）和 name（名称）等列",
                  path + ": the header needs a column id and one that begins with name or alias"});
  }
  while (table->next(row)) {
    const std::string place = path + ":" + std::to_string(row.line);
    if (row.fault)
      return wrong({place + "：" + row.fault->what.zh, place + ": " + row.fault->what.en});
    const auto cell = [&](std::size_t i) {
      return i < row.fields.size() ? tidy_text(row.fields[i]) : std::string{};
    };
    if (cell(id).empty()) return wrong({place + "：没有编号", place + ": no id"});
    if (const Added added = add(cell(id), cell(id), place); !added) return added;
    for (const std::size_t i : names) {
      for (const std::string& name : read_list(cell(i))) {
        if (const Added added = add(cell(id), name, place); !added) return added;
      }
    }
  }
  return {};
}

Added UnitNames::add_yaml(const std::string& path) {
  auto bytes = read_file(path);
  if (!bytes)
    return table_failure(bytes.error().code, {in_chinese(bytes.error().what), bytes.error().what});
  const SourceText source{path, *std::move(bytes)};
  Diagnostics findings;
  auto root = parse_document(source, 0, findings);
  if (!findings.empty() || !root) {
    return wrong({render_text(findings, std::span(&source, 1), true),
                  render_text(findings, std::span(&source, 1), false)});
  }
  const Node* list =
      root->is_map() && root->find("units") != nullptr ? root->find("units") : &*root;
  const auto take = [&](const std::string& id, const Node& node) -> Added {
    const std::string place = path + ":" + std::to_string(node.at.line);
    if (id.empty()) return wrong({place + "：没有编号", place + ": no id"});
    std::vector<std::string> names{id};
    texts_of(node, names);
    for (const std::string& name : names) {
      if (const Added added = add(id, name, place); !added) return added;
    }
    return {};
  };
  for (const Entry& entry : list->entries) {
    if (const Added added = take(entry.key, entry.value); !added) return added;
  }
  for (const Node& item : list->items) {
    const Node* id = item.find("id");
    if (const Added added = take(id == nullptr ? "" : id->text, item); !added) return added;
  }
  return {};
}

TableResult<UnitNames> UnitNames::read(const std::string& path) {
  UnitNames out;
  const bool yaml = path.ends_with(".yaml") || path.ends_with(".yml");
  if (const Added added = yaml ? out.add_yaml(path) : out.add_csv(path); !added)
    return Unexpected<TableError>(added.error());
  return out;
}

std::string UnitNames::id_of(const std::string& name) const {
  const auto at = ids_.find(key_text(name));
  return at == ids_.end() ? std::string{} : at->second;
}

std::vector<std::string> UnitNames::near(const std::string& name) const {
  const std::string key = key_text(name);
  std::vector<std::string> keys, out;
  for (const auto& [known, id] : ids_) keys.push_back(known);
  const auto add = [&](const std::string& known) {
    const std::string text = shown_.at(known) + " (" + ids_.at(known) + ")";
    if (out.size() < 3 && std::find(out.begin(), out.end(), text) == out.end()) out.push_back(text);
  };
  if (const auto nearest = nearest_name(key, keys)) add(*nearest);
  for (const std::string& known : keys) {
    if (known.size() >= 9 &&
        (known.find(key) != std::string::npos || key.find(known) != std::string::npos))
      add(known);
  }
  return out;
}

}  // namespace lianqing
