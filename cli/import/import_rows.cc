#include "cli/import/import_rows.h"

#include <algorithm>
#include <map>
#include <unordered_map>
#include <utility>

#include "cli/import/cell_text.h"
#include "cli/import/cell_value.h"
#include "cli/import/header.h"
#include "cli/import/open_table.h"
#include "connectors/arena.h"
#include "connectors/content_hash.h"
#include "connectors/decode.h"
#include "connectors/json_writer.h"
#include "rules/suggest.h"

namespace lianqing {
namespace {

constexpr std::size_t kHeaderSearch = 30;  // rows looked at for a header
constexpr std::string_view kNoCharacter = "\xEF\xBF\xBD";

std::string quoted_zh(const std::string& text) { return "“" + text + "”"; }

// 32 hexadecimal digits that stand for the texts.
std::string digest_of(const std::vector<std::string>& texts) {
  std::string all;
  for (const std::string& text : texts) all += std::to_string(text.size()) + ":" + text;
  const std::size_t size = all.size();
  all.append(Arena::kPadding, '\0');
  const std::string source(Arena::kPadding, '\0');
  const ContentHash hash =
      identity_hash(std::string_view(source).substr(0, 0), std::string_view(all).substr(0, size));
  std::string out;
  for (const std::uint64_t half : {hash.high, hash.low})
    for (int shift = 60; shift >= 0; shift -= 4) out += "0123456789abcdef"[half >> shift & 15];
  return out;
}

class RowImport {
 public:
  RowImport(const ImportMap& map, const UnitNames* units, const ColumnPlaces& places, Imported& out)
      : map_(map), units_(units), places_(places), out_(out) {
    const auto keys = [](const std::vector<std::string>& words) {
      std::vector<std::string> texts;
      for (const std::string& word : words) texts.push_back(key_text(word));
      return texts;
    };
    totals_ = keys(map.totals);
    notes_ = keys(map.notes);
    empty_ = keys(map.empty);
    admit_ = keys(map.level_admit);
    refuse_ = keys(map.level_refuse);
  }
  // The rows of the header, which pages of print-outs repeat.
  void know_header(const std::vector<std::string>& cells) {
    std::vector<std::string>& keys = headers_.emplace_back();
    for (const std::string& cell : cells) keys.push_back(key_text(cell));
    while (!keys.empty() && keys.back().empty()) keys.pop_back();
  }

  void take(CsvRow& row) {
    row_ = &row;
    for (std::string& cell : row.fields) {
      if (tidy_text(cell).empty()) cell.clear();
    }
    const auto first = std::find_if(row.fields.begin(), row.fields.end(),
                                    [](const std::string& cell) { return !cell.empty(); });
    if (first == row.fields.end() && !row.fault) {
      ++out_.blank;
      return;
    }
    ++out_.read;
    faults_ = out_.notes.size();
    verdict_ = RowVerdict::written;
    if (row.fault) {
      note(RowVerdict::refused,
           row.fault->column == 0 ? "" : "#" + std::to_string(row.fault->column), "",
           row.fault->what);
    } else if (!skip(row, *first)) {
      fill_down(row);
      if (level_admitted()) convert();
    }
    count();
  }

  // Rows may come in any order; events leave in that of their clocks.
  void finish() {
    std::stable_sort(
        out_.events.begin(), out_.events.end(),
        [](const ImportedEvent& a, const ImportedEvent& b) { return a.clock < b.clock; });
  }

 private:
  struct Pending {
    std::string id;
    ImportedEvent event;
  };

  void note(RowVerdict verdict, const std::string& column, const std::string& value,
            Bilingual reason) {
    verdict_ = std::max(verdict_, verdict);
    out_.notes.push_back({row_->row, verdict, column, shortened(value, 200), std::move(reason)});
  }
  void refuse(const std::string& column, Bilingual reason) {
    const auto place = places_.place(column);
    note(RowVerdict::refused, place ? places_.headers()[*place] : column, cell(column),
         std::move(reason));
  }

  void count() {
    if (verdict_ == RowVerdict::written) ++out_.written;
    if (verdict_ == RowVerdict::skipped) ++out_.skipped;
    if (verdict_ == RowVerdict::parked) ++out_.parked;
    if (verdict_ == RowVerdict::refused) ++out_.refused;
  }

  const std::string& cell(const std::string& column) const {
    static const std::string kNothing;
    const auto place = places_.place(column);
    return place && *place < row_->fields.size() ? row_->fields[*place] : kNothing;
  }

  bool is_nothing(const std::string& text) const {
    if (text.empty()) return true;
    if (text.size() > 16) return false;
    return std::find(empty_.begin(), empty_.end(), key_text(text)) != empty_.end();
  }

  // The cell with something in it; nothing, silently, if there is none.
  const std::string* filled(const std::string& column) const {
    const std::string& text = cell(column);
    return is_nothing(text) ? nullptr : &text;
  }

  // As filled(); what cannot be read is refused and counts as nothing.
  const std::string* readable(const std::string& column) {
    const std::string* text = filled(column);
    if (text == nullptr) return nullptr;
    if (text->find(kNoCharacter) != std::string::npos) {
      refuse(column, {"有无法识别的字节（文件编码有损坏）",
                      "bytes that are no characters (the file's encoding is damaged)"});
      return nullptr;
    }
    if (is_formula_error(*text)) {
      refuse(column, {"表格公式出错，没有值", "a formula failed: there is no value"});
      return nullptr;
    }
    return text;
  }

  bool faulty() const { return out_.notes.size() > faults_; }

  bool skip(const CsvRow& row, const std::string& first) {
    const auto skipped = [&](Bilingual reason, const std::string& value) {
      note(RowVerdict::skipped, "", value, std::move(reason));
      return true;
    };
    const auto is_total = [&](const std::string& text) {
      std::string key = key_text(text);
      while (key.ends_with(':')) key.pop_back();
      return std::find(totals_.begin(), totals_.end(), key) != totals_.end();
    };
    if (is_total(first) || is_total(cell(map_.unit_column)))
      return skipped({"合计行", "a row of totals"}, first);
    const std::string key = key_text(first);
    for (const std::string& word : notes_) {
      if (!word.empty() && key.starts_with(word))
        return skipped({"表尾说明", "a note below the table"}, word);
    }
    std::vector<std::string> keys;
    for (const std::string& text : row.fields) keys.push_back(key_text(text));
    while (!keys.empty() && keys.back().empty()) keys.pop_back();
    if (std::find(headers_.begin(), headers_.end(), keys) != headers_.end())
      return skipped({"表头重复", "the header again"}, "");
    for (std::size_t i = places_.headers().size(); i < row.fields.size(); ++i) {
      if (row.fields[i].empty()) continue;
      note(RowVerdict::refused, "#" + std::to_string(i + 1), "",
           {"这一行比表头多出内容；是否有含分隔符的文字没有加引号？",
            "more cells than the header has; is a text with a delimiter not in quotes?"});
      return true;
    }
    return false;
  }

  void fill_down(CsvRow& row) {
    for (const std::string& column : map_.fill_down) {
      const auto place = places_.place(column);
      if (!place) continue;
      if (row.fields.size() <= *place) row.fields.resize(*place + 1);
      std::string& text = row.fields[*place];
      if (text.empty()) {
        text = above_[column];
      } else {
        above_[column] = text;
      }
    }
  }

  // Of a record of a higher level nothing is looked at, nothing is copied.
  bool level_admitted() {
    if (map_.level_column.empty()) return true;
    const std::string key = key_text(cell(map_.level_column));
    const auto in = [&](const std::vector<std::string>& words) {
      return std::find(words.begin(), words.end(), key) != words.end();
    };
    if (in(refuse_) || (!admit_.empty() && !in(admit_))) {
      refuse(map_.level_column, key.empty()
                                    ? Bilingual{"没有写层级，不能确定可以录入",
                                                "no level: it is not sure that it may be entered"}
                                    : Bilingual{"上级层级的材料，按规定不录入",
                                                "a record of a higher level: not to be entered"});
      return false;
    }
    return true;
  }

  void convert() {
    const std::string unit = read_unit();
    const std::string id = read_id();
    std::vector<Pending> pending;
    for (const EventMap& event : map_.events) {
      if (!event.when.empty() && filled(event.when) == nullptr) continue;
      if (auto made = event_of(event, id, unit)) pending.push_back(*std::move(made));
    }
    if (verdict_ != RowVerdict::written) return;
    if (pending.empty()) {
      return note(
          RowVerdict::skipped, "", "",
          {"没有可记的事（when 所指各列都为空）", "nothing to tell (no `when` column is filled)"});
    }
    add(std::move(pending));
  }

  // All of a row's events or none.
  void add(std::vector<Pending> pending) {
    bool fresh = false;
    for (const Pending& one : pending) {
      const auto at = seen_.find(one.id);
      if (at == seen_.end()) {
        fresh = true;
        continue;
      }
      const std::string row = std::to_string(at->second.row);
      if (at->second.json == one.event.json) continue;
      return note(RowVerdict::refused, "", one.id,
                  {"编号与第 " + row + " 行相同，内容不同",
                   "the same id as row " + row + ", with other content"});
    }
    if (!fresh) {
      return note(RowVerdict::skipped, "", pending.front().id,
                  {"与第 " + std::to_string(seen_[pending.front().id].row) + " 行重复",
                   "the same as row " + std::to_string(seen_[pending.front().id].row)});
    }
    for (Pending& one : pending) {
      if (!seen_.emplace(one.id, Seen{row_->row, one.event.json}).second) continue;
      out_.events.push_back(std::move(one.event));
    }
  }

  std::string read_unit() {
    if (!map_.unit.empty()) return map_.unit;
    const std::size_t before = out_.notes.size();
    const std::string* text = readable(map_.unit_column);
    if (text == nullptr) {
      if (out_.notes.size() == before) refuse(map_.unit_column, {"没有单位", "no unit"});
      return {};
    }
    if (units_ == nullptr) return ascii_text(*text);
    if (std::string id = units_->id_of(*text); !id.empty()) return id;
    const auto [at, fresh] = near_.emplace(*text, Bilingual{});
    if (fresh) {
      at->second = {"单位名称表里没有这个单位", "the table of units has no such unit"};
      std::string names;
      for (const std::string& name : units_->near(*text))
        names += (names.empty() ? "" : "、") + name;
      if (!names.empty()) {
        at->second.zh += "；相近的有：" + names;
        at->second.en += "; near to it: " + names;
      }
      if (read_list(*text).size() > 1) {
        at->second.zh += "；一格里像是写了几个单位：请分成几行";
        at->second.en += "; there seem to be several units in the cell: a row for each is needed";
      }
    }
    const auto place = places_.place(map_.unit_column);
    note(RowVerdict::parked, places_.headers()[*place], *text, at->second);
    return {};
  }

  std::string read_id() {
    std::vector<std::string> parts;
    if (map_.id.empty()) {
      for (const auto& column : id_columns()) parts.push_back(ascii_text(cell(column)));
      return map_.id_prefix + digest_of(parts);
    }
    std::string id = map_.id_prefix;
    for (const std::string& column : map_.id) {
      const std::size_t before = out_.notes.size();
      const std::string* text = readable(column);
      if (text == nullptr) {
        if (out_.notes.size() == before) refuse(column, {"没有编号", "no id"});
        continue;
      }
      id += (id.size() > map_.id_prefix.size() ? "-" : "") + ascii_text(*text);
    }
    if (id.size() > kMaxAttributeBytes - 64)
      refuse(map_.id.front(), {"编号太长", "the id is too long"});
    return id;
  }

  // All columns that the map reads: what an id made of the content stands for.
  const std::vector<std::string>& id_columns() {
    if (!id_columns_.empty()) return id_columns_;
    std::vector<std::string> all{map_.unit_column};
    for (const EventMap& event : map_.events) {
      all.insert(all.end(), {event.type_column, event.when});
      for (const auto& time : {event.time, event.recorded})
        if (time) all.insert(all.end(), {time->column, time->clock});
      for (const FieldMap& field : event.fields)
        all.insert(all.end(), {field.column, field.time.clock});
    }
    std::sort(all.begin(), all.end());
    all.erase(std::unique(all.begin(), all.end()), all.end());
    std::erase(all, std::string());
    return id_columns_ = all;
  }

  std::optional<Pending> event_of(const EventMap& map, const std::string& id,
                                  const std::string& unit) {
    std::string type = map.type;
    if (!map.type_column.empty()) {
      const std::string* text = readable(map.type_column);
      if (text == nullptr) {
        if (!faulty()) refuse(map.type_column, {"没有事件类型", "no type of event"});
      } else {
        type = mapped(map.type_column, *text, map.types).value_or("");
      }
    }
    const auto time = instant_of(*map.time, true);
    std::optional<Instant> recorded;
    if (map.recorded) recorded = instant_of(*map.recorded, false);
    Pending out;
    out.id = map.suffix.empty() ? id : id + "/" + map.suffix;
    std::string& json = out.event.json;
    JsonWriter writer(json);
    writer.begin_object().key("specversion").string("1.0").key("id").string(out.id);
    writer.key("source").string(map_.source).key("type").string(type);
    writer.key("time").string(time ? local_rfc3339(*time, map_.zone) : "");
    writer.key("unit").string(unit);
    if (recorded) writer.key("recordedtime").string(local_rfc3339(*recorded, map_.zone));
    writer.key("data").begin_object();
    for (const FieldMap& field : map.fields) write_field(field, writer);
    writer.end_object().end_object();
    if (json.size() > kMaxRecordBytes)
      note(RowVerdict::refused, "", "", {"事件超过 1 MiB", "the event is over 1 MiB"});
    if (!time || verdict_ != RowVerdict::written) return std::nullopt;
    out.event.clock = recorded.value_or(*time);
    out.event.row = row_->row;
    return out;
  }

  // What the map says a word means. Refuses what it does not say.
  std::optional<std::string> mapped(const std::string& column, const std::string& text,
                                    const ValueMap& values) {
    const auto at = values.words.find(key_text(text));
    if (at != values.words.end()) return at->second;
    const std::string word = tidy_text(text);
    for (const auto& [written, meant] : values.words)
      if (meant == word) return meant;
    if (values.otherwise) return values.otherwise;
    Bilingual reason{"对照表里没有这个值", "the map has no such value"};
    if (const auto nearest = nearest_name(word, values.written)) {
      reason.zh += "；是否为" + quoted_zh(*nearest) + "？";
      reason.en += "; is '" + *nearest + "' meant?";
    }
    refuse(column, std::move(reason));
    return std::nullopt;
  }

  std::optional<WrittenTime> time_of(const std::string& column, const std::string& text,
                                     const TimeCell& how) {
    for (const std::string& pattern : how.formats)
      if (auto time = read_time_by(text, pattern)) return time;
    // Where patterns are given, dates of a workbook still come year first.
    const std::string ascii = ascii_text(text);
    const bool iso = ascii.size() >= 10 && ascii[4] == '-' && ascii[7] == '-';
    if (how.formats.empty() || iso) {
      if (auto time = read_time(text, map_.system)) return time;
    }
    std::string patterns;
    for (const std::string& pattern : how.formats)
      patterns += (patterns.empty() ? "" : "、") + pattern;
    if (patterns.empty()) {
      refuse(column, {"不是能确定的日期；应如 2026/3/5、2026年3月5日 8:30",
                      "not a date that is sure; expected such as 2026/3/5 or 2026-03-05 08:30"});
    } else {
      refuse(column,
             {"不合 formats 所列的写法：" + patterns, "not written as `formats` say: " + patterns});
    }
    return std::nullopt;
  }

  // The day's column and, if there is one, the clock's.
  std::optional<WrittenTime> written_time(const TimeCell& how, const std::string& text) {
    auto time = time_of(how.column, text, how);
    if (!time) return std::nullopt;
    if (const std::string* clock_text = how.clock.empty() ? nullptr : readable(how.clock)) {
      const auto clock = read_clock(*clock_text);
      if (!clock) {
        refuse(how.clock, {"不是时刻；应如 8:30", "not a time of day; expected such as 8:30"});
        return std::nullopt;
      }
      time->wall = WallTime{std::chrono::floor<std::chrono::days>(time->wall)} + *clock;
    } else if (!time->has_clock && how.at) {
      time->wall += *how.at;
    }
    return time;
  }

  std::optional<Instant> instant_of(const TimeCell& how, bool needed) {
    const std::size_t before = out_.notes.size();
    const std::string* text = readable(how.column);
    if (text == nullptr) {
      if (needed && out_.notes.size() == before) refuse(how.column, {"没有时间", "no time"});
      return std::nullopt;
    }
    const auto time = written_time(how, *text);
    if (!time) return std::nullopt;
    return time->instant_in(map_.zone);
  }

  void write_field(const FieldMap& field, JsonWriter& writer) {
    if (field.column.empty()) {
      writer.key(field.name).raw(field.constant);
      return;
    }
    const std::size_t before = out_.notes.size();
    const std::string* text = readable(field.column);
    if (text == nullptr) {
      if (field.required && out_.notes.size() == before)
        refuse(field.column, {"必填，却是空的", "must be filled in, and is empty"});
      return;
    }
    if (const auto value = json_of(field, *text)) writer.key(field.name).raw(*value);
  }

  std::optional<std::string> json_of(const FieldMap& field, const std::string& text) {
    std::string word = text;
    if (!field.values.empty()) {
      const auto meant = mapped(field.column, text, field.values);
      if (!meant) return std::nullopt;
      word = *meant;
    }
    switch (field.kind) {
      case CellKind::text: return json_string(tidy_text(word));
      case CellKind::whole:
      case CellKind::decimal: return number_of(field, word);
      case CellKind::flag: {
        const auto flag = read_yes_no(word);
        if (!flag) refuse(field.column, {"不是“是”或“否”", "neither yes nor no"});
        return flag ? std::optional<std::string>(*flag ? "true" : "false") : std::nullopt;
      }
      case CellKind::date: {
        const auto time = time_of(field.column, std::string(deadline_text(word)), field.time);
        if (!time) return std::nullopt;
        const auto day = std::chrono::floor<std::chrono::days>(time->wall);
        return json_string(format_date(Date{day.time_since_epoch()}));
      }
      case CellKind::time: {
        const auto time = written_time(field.time, word);
        if (!time) return std::nullopt;
        return json_string(local_rfc3339(time->instant_in(map_.zone), map_.zone));
      }
      case CellKind::list: {
        std::string out;
        JsonWriter list(out);
        list.begin_array();
        for (const std::string& part : read_list(word)) list.string(part);
        list.end_array();
        return out;
      }
    }
    return std::nullopt;
  }

  std::optional<std::string> number_of(const FieldMap& field, const std::string& text) {
    const auto number = read_quantity(text, field.factor);
    if (!number) {
      refuse(field.column, number.error());
      return std::nullopt;
    }
    if (field.kind == CellKind::whole && !number->is_integer()) {
      refuse(field.column, {"应是整数", "expected a whole number"});
      return std::nullopt;
    }
    return number->to_string();
  }

  struct Seen {
    std::uint64_t row = 0;
    std::string json;
  };

  const ImportMap& map_;
  const UnitNames* units_;
  const ColumnPlaces& places_;
  Imported& out_;
  std::vector<std::string> totals_, notes_, empty_, admit_, refuse_, id_columns_;
  std::vector<std::vector<std::string>> headers_;
  std::map<std::string, std::string> above_;
  std::map<std::string, Bilingual> near_;
  std::unordered_map<std::string, Seen> seen_;
  CsvRow* row_ = nullptr;
  std::size_t faults_ = 0;
  RowVerdict verdict_ = RowVerdict::written;
};

}  // namespace

TableResult<Imported> import_rows(Table& table, const ImportMap& map, const UnitNames* units) {
  Imported out;
  out.facts = table.facts();
  std::vector<CsvRow> first;
  CsvRow row;
  const std::size_t search = std::max<std::size_t>(kHeaderSearch, map.header_row);
  while (first.size() < search && table.next(row)) first.push_back(std::move(row));
  std::size_t at = 0;
  auto places = ColumnPlaces::find(first, map, at);
  if (!places) return Unexpected<TableError>(std::move(places).error());
  out.header_row = first[at].row;
  out.header_depth = places->depth();
  out.unused = places->unused();
  out.missing = places->missing();
  RowImport rows(map, units, *places, out);
  std::size_t next = at;
  for (; next < at + places->depth(); ++next) rows.know_header(first[next].fields);
  for (; next < first.size(); ++next) rows.take(first[next]);
  while (table.next(row)) rows.take(row);
  rows.finish();
  return out;
}

TableResult<Imported> import_file(const std::string& path, const ImportMap& map,
                                  const std::string& units_path) {
  const std::string& names = units_path.empty() ? map.unit_names : units_path;
  std::optional<UnitNames> units;
  if (!names.empty()) {
    auto read = UnitNames::read(names);
    if (!read) return Unexpected<TableError>(std::move(read).error());
    units = *std::move(read);
  }
  auto table = open_table(path, map.choice);
  if (!table) return Unexpected<TableError>(std::move(table).error());
  auto imported = import_rows(*table, map, units ? &*units : nullptr);
  if (!imported) {
    TableError error = std::move(imported).error();
    error.what = {path + "：" + error.what.zh, path + ": " + error.what.en};
    return Unexpected<TableError>(std::move(error));
  }
  return imported;
}

}  // namespace lianqing
