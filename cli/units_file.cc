#include "cli/units_file.h"

#include <algorithm>
#include <map>
#include <set>

#include "cli/pack_files.h"
#include "cli/render_diagnostics.h"
#include "connectors/csv.h"
#include "connectors/table/text_encoding.h"
#include "lianqing/assert.h"
#include "rules/document.h"

namespace lianqing {
namespace {

// Columns that are words even if they look like numbers.
constexpr std::string_view kTextColumns[] = {"id",   "parent",  "peer_group",
                                             "name", "name_zh", "name_en"};

Fact fact_of(std::string_view column, const std::string& text, bool quoted) {
  if (text.empty() && !quoted) return std::monostate{};
  const bool words =
      std::find(std::begin(kTextColumns), std::end(kTextColumns), column) != std::end(kTextColumns);
  if (words || quoted) return text;
  if (text == "true" || text == "false") return text == "true";
  if (text.size() > 1 && text[0] == '0' && text[1] != '.') return text;  // a code: 007, 0574
  if (const auto number = Number::parse(text)) return *number;
  return text;
}

Unexpected<Error> refused(const std::string& place, const std::string& what) {
  return failure(ErrorCode::refused, place + ": " + what);
}

std::string parent_of(const RegisteredUnit& unit) {
  for (const auto& [column, fact] : unit.columns) {
    if (column != "parent") continue;
    const auto* text = std::get_if<std::string>(&fact);
    return text == nullptr ? "" : *text;
  }
  return "";
}

// Ids are unique, and no unit lies below itself.
Status check_register(const std::vector<RegisteredUnit>& units, const std::string& path) {
  std::map<std::string, std::string> parents;
  for (const RegisteredUnit& unit : units) {
    if (!parents.emplace(unit.id, parent_of(unit)).second)
      return refused(path, "the unit id '" + unit.id + "' occurs twice");
  }
  std::set<std::string> rooted = {""};  // their parents lead to the top
  for (const auto& [id, parent] : parents) {
    std::set<std::string> way;
    std::string at = id;
    while (!rooted.contains(at) && parents.contains(at)) {
      if (!way.insert(at).second) {
        return refused(path, "the parents of the unit '" + at + "' lead back to it");
      }
      at = parents[at];
    }
    rooted.insert(way.begin(), way.end());
  }
  return {};
}

Result<std::vector<RegisteredUnit>> from_csv(const std::string& path, std::string bytes) {
  const auto decoded = decode_text(std::move(bytes), "");
  if (!decoded || decoded->damage != 0) {
    return refused(
        path, "some bytes are no characters, neither in UTF-8 nor in GBK; save the table as UTF-8");
  }
  auto rows = read_csv(decoded->text);
  if (!rows) return refused(path, rows.error().what);
  if (rows->empty()) return refused(path, "expected a header row with a column `id`");
  const std::vector<std::string>& header = rows->front().fields;
  const auto id = std::find(header.begin(), header.end(), "id");
  if (id == header.end()) return refused(path + ":1", "expected a column `id` in the header row");
  if (std::set<std::string>(header.begin(), header.end()).size() != header.size()) {
    return refused(path + ":1", "a column name occurs twice in the header row");
  }
  const auto id_column = static_cast<std::size_t>(id - header.begin());
  std::vector<RegisteredUnit> out;
  for (std::size_t r = 1; r < rows->size(); ++r) {
    const CsvRow& row = (*rows)[r];
    const std::string place = path + ":" + std::to_string(row.line);
    if (row.fields.size() != header.size()) {
      return refused(place, "expected " + std::to_string(header.size()) +
                                " fields as in the header, found " +
                                std::to_string(row.fields.size()));
    }
    RegisteredUnit unit;
    unit.id = row.fields[id_column];
    if (unit.id.empty()) return refused(place, "the unit has no id");
    for (std::size_t c = 0; c < header.size(); ++c) {
      if (c != id_column)
        unit.columns.emplace_back(header[c], fact_of(header[c], row.fields[c], false));
    }
    out.push_back(std::move(unit));
  }
  return out;
}

// `name: {zh, en}` becomes name_zh and name_en, as in a CSV.
void add_columns(RegisteredUnit& unit, const std::string& prefix, const Node& map) {
  for (const Entry& entry : map.entries) {
    const std::string column = prefix + entry.key;
    if (entry.value.is_map()) {
      add_columns(unit, column + "_", entry.value);
    } else if (entry.value.is_scalar() && column != "id") {
      unit.columns.emplace_back(column, fact_of(column, entry.value.text, entry.value.quoted));
    }
  }
}

Result<std::vector<RegisteredUnit>> from_yaml(const std::string& path, std::string bytes) {
  const SourceText source{path, std::move(bytes)};
  Diagnostics findings;
  const auto root = parse_document(source, 0, findings);
  if (!findings.empty() || !root) {
    return failure(ErrorCode::refused, render_text(findings, std::span(&source, 1), false));
  }
  const Node* list =
      root->is_map() && root->find("units") != nullptr ? root->find("units") : &*root;
  return units_of(*list, path);
}

}  // namespace

Result<std::vector<RegisteredUnit>> units_of(const Node& list, const std::string& path) {
  std::vector<RegisteredUnit> out;
  const auto place = [&](const Node& node) { return path + ":" + std::to_string(node.at.line); };
  for (const Node& node : list.items) {
    const Node* id = node.is_map() ? node.find("id") : nullptr;
    if (id == nullptr || id->text.empty())
      return refused(place(node), "expected a unit with an `id`");
    add_columns(out.emplace_back(RegisteredUnit{id->text, {}}), "", node);
  }
  for (const Entry& entry : list.entries) {
    if (!entry.value.is_map() && !entry.value.is_empty())
      return refused(place(entry.value), "expected the columns of unit '" + entry.key + "'");
    add_columns(out.emplace_back(RegisteredUnit{entry.key, {}}), "", entry.value);
  }
  if (Status s = check_register(out, path); !s) return Unexpected<Error>(s.error());
  return out;
}

Result<std::vector<RegisteredUnit>> read_units(const std::string& path) {
  LQ_TRY(std::string bytes, read_file(path));
  const bool yaml = path.ends_with(".yaml") || path.ends_with(".yml");
  LQ_TRY(std::vector<RegisteredUnit> units,
         yaml ? from_yaml(path, std::move(bytes)) : from_csv(path, std::move(bytes)));
  if (Status s = check_register(units, path); !s) return Unexpected<Error>(s.error());
  return units;
}

}  // namespace lianqing
