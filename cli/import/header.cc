#include "cli/import/header.h"

#include <algorithm>
#include <utility>

#include "cli/import/cell_text.h"
#include "rules/suggest.h"

namespace lianqing {
namespace {

// The map's columns; those that it cannot do without, true.
std::map<std::string, bool> columns_of(const ImportMap& map) {
  std::map<std::string, bool> out;
  const auto add = [&](const std::string& column, bool needed) {
    if (column.empty()) return;
    bool& known = out[column];
    known = known || needed;
  };
  for (const std::string& column : map.id) add(column, true);
  for (const std::string& column : map.fill_down) add(column, false);
  add(map.unit_column, true);
  add(map.level_column, true);
  for (const EventMap& event : map.events) {
    add(event.type_column, true);
    add(event.when, true);
    for (const auto& time : {event.time, event.recorded}) {
      if (!time) continue;
      add(time->column, true);
      add(time->clock, true);
    }
    for (const FieldMap& field : event.fields) {
      add(field.column, field.required);
      add(field.time.clock, field.required);
    }
  }
  return out;
}

// Where a column stands in a header; more than one place if the header has it twice.
std::vector<std::size_t> places_of(const std::string& column, const ImportMap& map,
                                   const HeaderNames& header) {
  std::vector<std::string> names{column};
  if (const auto at = map.aliases.find(column); at != map.aliases.end())
    names.insert(names.end(), at->second.begin(), at->second.end());
  for (const std::string& name : names) {
    const std::string key = key_text(name);
    for (const auto* known : {&header.full, &header.own}) {
      std::vector<std::size_t> out;
      for (std::size_t i = 0; i < known->size(); ++i) {
        if (key_text((*known)[i]) == key) out.push_back(i);
      }
      if (!out.empty()) return out;
    }
  }
  return {};
}

std::string cell_of(const CsvRow& row, std::size_t column) {
  return column < row.fields.size() ? tidy_text(row.fields[column]) : std::string();
}

Unexpected<TableError> twice(const std::string& column, const HeaderNames& header,
                             const std::vector<std::size_t>& places) {
  Bilingual what{"表头里“" + column + "”出现了两次，不知道用哪一列",
                 "the header has '" + column + "' twice: which one is meant?"};
  std::string full;
  for (const std::size_t place : places) {
    if (key_text(header.full[place]) == key_text(header.own[place])) continue;
    full += (full.empty() ? "" : "、") + header.full[place];
  }
  if (!full.empty()) {
    what.zh += "：请写全，" + full;
    what.en += " Write it in full: " + full;
  }
  return table_failure(ErrorCode::refused, std::move(what));
}

std::string joined(const std::vector<std::string>& texts) {
  std::string out;
  for (const std::string& text : texts) out += (out.empty() ? "" : "、") + text;
  return out;
}

}  // namespace

const std::string& HeaderNames::distinct(std::size_t column) const {
  return std::count(own.begin(), own.end(), own[column]) > 1 ? full[column] : own[column];
}

HeaderNames header_names(const std::vector<CsvRow>& rows, std::size_t at, std::size_t depth) {
  HeaderNames out;
  for (const std::string& cell : rows[at].fields) out.own.push_back(tidy_text(cell));
  out.full = out.own;
  if (depth == 1) return out;
  const CsvRow& lower = rows[at + 1];
  const std::size_t columns = std::max(out.own.size(), lower.fields.size());
  out.own.resize(columns);
  out.full.resize(columns);
  std::string above;
  for (std::size_t i = 0; i < columns; ++i) {
    if (!out.own[i].empty()) above = out.own[i];
    const std::string name = cell_of(lower, i);
    if (name.empty()) continue;
    out.own[i] = name;
    out.full[i] = above.empty() ? name : above + "/" + name;
  }
  return out;
}

bool has_second_row(const std::vector<CsvRow>& rows, std::size_t at) {
  if (at + 1 >= rows.size() || rows[at].fault || rows[at + 1].fault) return false;
  std::size_t named = 0;
  bool grouped = false;  // a cell of the upper row stands over this column and its neighbour
  bool alone = false;    // a cell of the upper row stands over nothing: it goes down to the data
  for (std::size_t i = 0; i < rows[at + 1].fields.size(); ++i) {
    const bool blank = cell_of(rows[at], i).empty();
    grouped = blank ? grouped || i > 0 : cell_of(rows[at], i + 1).empty();
    const bool names = !cell_of(rows[at + 1], i).empty();
    if (names && !grouped) return false;
    alone = alone || (!blank && !names);
    named += names ? 1 : 0;
  }
  for (std::size_t i = rows[at + 1].fields.size(); i < rows[at].fields.size(); ++i) {
    alone = alone || !cell_of(rows[at], i).empty();
  }
  return alone && named > 1;
}

TableResult<ColumnPlaces> ColumnPlaces::find(const std::vector<CsvRow>& rows, const ImportMap& map,
                                             std::size_t& at) {
  const std::map<std::string, bool> columns = columns_of(map);
  ColumnPlaces best;
  std::vector<std::string> best_missing;
  std::size_t best_found = 0;
  bool any = false;
  for (std::size_t r = 0; r < rows.size(); ++r) {
    if (rows[r].fault || (map.header_row != 0 && rows[r].row != map.header_row)) continue;
    for (std::size_t depth = has_second_row(rows, r) ? 2 : 1; depth > 0; --depth) {
      const HeaderNames header = header_names(rows, r, depth);
      ColumnPlaces places;
      std::vector<std::string> needed;
      for (const auto& [column, must] : columns) {
        const auto found = places_of(column, map, header);
        if (found.size() > 1) return twice(column, header, found);
        if (found.size() == 1) places.places_[column] = found[0];
        if (found.empty()) (must ? needed : places.missing_).push_back(column);
      }
      if (any && places.places_.size() <= best_found) continue;
      for (const std::string& column : map.sensitive) {
        for (const std::size_t place : places_of(column, map, header)) {
          places.sensitive_.insert(place);
        }
      }
      any = true;
      best_found = places.places_.size();
      at = r;
      places.depth_ = depth;
      for (std::size_t i = 0; i < header.own.size(); ++i) {
        places.headers_.push_back(header.distinct(i));
      }
      best = std::move(places);
      best_missing = std::move(needed);
    }
    if (any && best_missing.empty() && best.missing_.empty()) break;
  }
  if (any && best_missing.empty()) return best;
  if (!any) return table_failure(ErrorCode::refused, {"没有表头行", "there is no header row"});
  Bilingual what{"表头（第 " + std::to_string(rows[at].row) + " 行）缺少：" + joined(best_missing) +
                     "。表里有：" + joined(best.headers_),
                 "the header (row " + std::to_string(rows[at].row) +
                     ") lacks: " + joined(best_missing) + ". It has: " + joined(best.headers_)};
  for (const std::string& column : best_missing) {
    const auto nearest = nearest_name(column, best.headers_);
    if (!nearest) continue;
    what.zh += "。“" + column + "”是否就是“" + *nearest + "”？请写进 columns";
    what.en += ". Is '" + *nearest + "' what you call '" + column + "'? Add it under `columns`";
  }
  return table_failure(ErrorCode::refused, std::move(what));
}

std::optional<std::size_t> ColumnPlaces::place(const std::string& column) const {
  const auto at = places_.find(column);
  if (at == places_.end()) return std::nullopt;
  return at->second;
}

std::vector<std::string> ColumnPlaces::unused() const {
  std::vector<std::string> out;
  for (std::size_t i = 0; i < headers_.size(); ++i) {
    const bool used = std::any_of(places_.begin(), places_.end(),
                                  [&](const auto& place) { return place.second == i; });
    if (!used && !headers_[i].empty() && !sensitive_.contains(i)) out.push_back(headers_[i]);
  }
  return out;
}

}  // namespace lianqing
