#include "cli/serve/board.h"

#include <algorithm>

#include "connectors/json_writer.h"

namespace lianqing {

BoardUnit& Board::at(std::string_view unit) {
  if (const auto found = units_.find(unit); found != units_.end()) return found->second;
  ++colours_[0];
  return units_.emplace(std::string(unit), BoardUnit{}).first->second;
}

void Board::meet(std::string_view unit) {
  if (!unit.empty()) at(unit);  // a record about another one need not name its unit
}

void Board::meet_registered(const RegisteredUnit& registered) {
  BoardUnit& unit = at(registered.id);
  unit.registered = true;
  for (const auto& [column, value] : registered.columns) {
    const auto* text = std::get_if<std::string>(&value);
    if (text == nullptr) continue;
    if (column == "parent") put_below(registered.id, *text);
    if (column == "name_en") unit.name.en = *text;
    if (column == "name_zh" || column == "name") unit.name.zh = *text;
  }
}

void Board::move(const Leaving& leaving) {
  place(leaving.unit, leaving.rule, leaving.key, {leaving.to, leaving.time, leaving.shadow});
}

void Board::place(const std::string& unit, const std::string& rule, const std::string& key,
                  Standing standing) {
  BoardUnit& row = at(unit);
  if (standing.level == Level::green) {
    row.standing.erase({rule, key});
    if (row.standing.empty()) lit_.erase(unit);
  } else {
    if (row.standing.empty()) lit_.insert(unit);
    row.standing[{rule, key}] = standing;
  }
}

void Board::paint(const std::string& unit, const UnitColour& colour) {
  BoardUnit& row = at(unit);
  --colours_[static_cast<std::size_t>(row.colour)];
  ++colours_[static_cast<std::size_t>(colour.shown)];
  row.colour = colour.shown;
  if (row.grey != colour.grey) grey_ = colour.grey ? grey_ + 1 : grey_ - 1;
  row.grey = colour.grey;
}

void Board::put_below(const std::string& unit, const std::string& parent) {
  BoardUnit& row = at(unit);
  if (row.parent == parent) return;
  if (const auto old = children_.find(row.parent); old != children_.end()) {
    old->second.erase(unit);
    if (old->second.empty()) children_.erase(old);
  }
  row.parent = parent;
  if (!parent.empty()) children_[parent].insert(unit);
  ++tree_version_;
}

void Board::rename(const std::string& unit, const Bilingual& name) {
  BoardUnit& row = at(unit);
  if (!name.zh.empty()) row.name.zh = name.zh;
  if (!name.en.empty()) row.name.en = name.en;
}

std::set<std::string, std::less<>> Board::sub_trees(const std::vector<std::string>& roots) const {
  std::set<std::string, std::less<>> out;
  std::vector<std::string> open = roots;
  while (!open.empty()) {
    const std::string unit = std::move(open.back());
    open.pop_back();
    if (!out.insert(unit).second) continue;
    const auto below = children_.find(unit);
    if (below != children_.end())
      open.insert(open.end(), below->second.begin(), below->second.end());
  }
  return out;
}

std::vector<std::string> Board::levels(
    const std::function<bool(const std::string&)>& visible) const {
  std::vector<std::string> out;
  for (const std::string& id : lit_) {
    if (!visible(id)) continue;
    for (const auto& [where, standing] : units_.find(id)->second.standing) {
      if (standing.shadow) continue;
      JsonWriter json(out.emplace_back());
      json.begin_object().key("unit").string(id).key("rule").string(where.first).key("key");
      if (where.second.empty()) {
        json.null();
      } else {
        json.string(where.second);
      }
      json.key("level").string(name(standing.level));
      json.key("since").string(format_rfc3339(standing.since));
      json.end_object();
    }
  }
  return out;
}

}  // namespace lianqing
