#include "cli/import/import_map.h"

#include <algorithm>
#include <filesystem>
#include <set>
#include <utility>

#include "cli/import/cell_text.h"
#include "cli/import/cell_value.h"
#include "connectors/json_writer.h"
#include "rules/reader.h"
#include "rules/report.h"

namespace lianqing {
namespace {

namespace fs = std::filesystem;

constexpr KeyRow kMapKeys[] = {
    {"version", KeyShape::number, true},
    {"title", KeyShape::text},
    {"files", KeyShape::words},
    {"source", KeyShape::word, true},
    {"timezone", KeyShape::word},
    {"encoding", KeyShape::word},
    {"delimiter", KeyShape::word},
    {"sheet", KeyShape::word},
    {"header_row", KeyShape::number},
    {"date_system", KeyShape::number},
    {"columns", KeyShape::map},
    {"fill_down", KeyShape::words},
    {"totals", KeyShape::words},
    {"notes", KeyShape::words},
    {"empty", KeyShape::words},
    {"sensitive", KeyShape::words},
    {"level", KeyShape::map},
    {"unit", KeyShape::map, true},
    {"id", KeyShape::words, true},
    {"type", KeyShape::word},
    {"when", KeyShape::word},
    {"time", KeyShape::map},
    {"recorded", KeyShape::map},
    {"fields", KeyShape::map},
    {"events", KeyShape::list},
};
constexpr KeyRow kEventMapKeys[] = {
    {"type", KeyShape::word, true}, {"when", KeyShape::word},    {"id", KeyShape::word},
    {"time", KeyShape::map},        {"recorded", KeyShape::map}, {"fields", KeyShape::map},
};
constexpr KeyRow kTypeKeys[] = {{"column", KeyShape::word, true}, {"values", KeyShape::map, true}};
constexpr KeyRow kIdKeys[] = {{"columns", KeyShape::words, true}, {"prefix", KeyShape::word}};
constexpr KeyRow kUnitMapKeys[] = {
    {"column", KeyShape::word}, {"names", KeyShape::word}, {"value", KeyShape::word}};
constexpr KeyRow kLevelMapKeys[] = {
    {"column", KeyShape::word, true}, {"admit", KeyShape::words}, {"refuse", KeyShape::words}};
constexpr KeyRow kTimeKeys[] = {{"column", KeyShape::word, true},
                                {"clock", KeyShape::word},
                                {"formats", KeyShape::words},
                                {"at", KeyShape::word}};
constexpr KeyRow kFieldMapKeys[] = {
    {"column", KeyShape::word},   {"value", KeyShape::scalar},  {"type", KeyShape::word},
    {"required", KeyShape::flag}, {"values", KeyShape::map},    {"otherwise", KeyShape::word},
    {"unit", KeyShape::word},     {"formats", KeyShape::words}, {"clock", KeyShape::word},
    {"at", KeyShape::word},
};
constexpr std::pair<std::string_view, CellKind> kKinds[] = {
    {"string", CellKind::text},     {"code", CellKind::text}, {"int", CellKind::whole},
    {"decimal", CellKind::decimal}, {"bool", CellKind::flag}, {"date", CellKind::date},
    {"time", CellKind::time},       {"list", CellKind::list},
};

const std::vector<std::string> kTotals = {"合计",     "小计",       "总计", "共计",
                                          "累计",     "本页合计",   "总和", "total",
                                          "subtotal", "grandtotal", "sum"};
const std::vector<std::string> kNotes = {"填表人",   "制表人",   "填报人", "审核人",
                                         "制表单位", "填表单位", "制表：", "填表：",
                                         "注：",     "备注：",   "说明："};
const std::vector<std::string> kEmpty = {"-", "--", "—", "——", "/", "N/A", "#N/A", "NULL"};

class MapReader {
 public:
  explicit MapReader(const SourceText& text) : text_(text) { map_.path = text.name; }

  Checked<ImportMap> read() {
    const auto root = parse_document(text_, 0, out_);
    if (root && check_keys(*root, root->at, kMapKeys, {"导入映射", "an import map"}, out_))
      read_root(*root);
    sort_findings(out_);
    if (has_error(out_)) return Unexpected<Diagnostics>(std::move(out_));
    return std::move(map_);
  }

 private:
  void wrong(const SourceSpan& at, Bilingual message, Bilingual advice = {}) {
    out_.push_back({"M001", Severity::error, at, std::move(message), std::move(advice)});
  }

  std::string word(const Node& map, std::string_view key) { return read_text(map, key, out_).text; }

  // Columns, remembered with their places: none may be sensitive.
  std::string column(const Node& map, std::string_view key) {
    return used(read_text(map, key, out_));
  }
  // A column without anything else said of it: `time: 日期`.
  std::string lone_column(const Node& node) { return used(text_of(node, out_)); }

  std::string used(const Text& column) {
    if (column.present) used_.push_back(column);
    return column.text;
  }

  void words(const Node& map, std::string_view key, std::vector<std::string>& to,
             bool columns = false) {
    const Node* node = map.find(key);
    if (node == nullptr) return;
    to.clear();
    for (Text& text : read_texts(*node, out_)) {
      if (columns) used_.push_back(text);
      to.push_back(std::move(text.text));
    }
  }

  void read_root(const Node& root) {
    if (const auto version = read_number(root, "version", out_); version && *version != Number(1))
      wrong(root.find("version")->at, {"这里只认识版本 1", "only version 1 is known here"});
    map_.source = word(root, "source");
    read_zone(root);
    map_.choice.encoding = word(root, "encoding");
    map_.choice.sheet = word(root, "sheet");
    read_delimiter(root);
    read_numbers(root);
    words(root, "files", map_.files);
    read_aliases(root);
    map_.totals = kTotals;
    map_.notes = kNotes;
    map_.empty = kEmpty;
    words(root, "totals", map_.totals);
    words(root, "notes", map_.notes);
    words(root, "empty", map_.empty);
    words(root, "fill_down", map_.fill_down);
    words(root, "sensitive", map_.sensitive);
    read_level(root);
    read_unit(root);
    read_id(root);
    read_events(root);
    check_sensitive();
  }

  void read_zone(const Node& root) {
    const Text text = read_text(root, "timezone", out_);
    auto zone = load_zone(text.present ? text.text : "Asia/Shanghai");
    if (zone) {
      map_.zone = *std::move(zone);
    } else {
      wrong(text.present ? text.at : root.at,
            {"没有时区“" + text.text + "”", "unknown time zone '" + text.text + "'"},
            {"例如 Asia/Shanghai", "such as Asia/Shanghai"});
    }
  }

  void read_delimiter(const Node& root) {
    const Text text = read_text(root, "delimiter", out_);
    if (!text.present) return;
    if (text.text == "tab" || text.text == "\t") {
      map_.choice.delimiter = '\t';
    } else if (text.text.size() == 1 && text.text[0] != '"' && text.text[0] != '\n') {
      map_.choice.delimiter = text.text[0];
    } else {
      wrong(text.at, {"分隔符应是一个半角符号或 tab", "a delimiter is one ASCII sign, or tab"});
    }
  }

  void read_numbers(const Node& root) {
    if (const auto row = read_number(root, "header_row", out_)) {
      if (row->is_integer() && *row >= Number(1) && *row <= Number(1000)) {
        map_.header_row = static_cast<std::uint64_t>(row->num());
      } else {
        wrong(root.find("header_row")->at,
              {"表头行应是 1 到 1000 的整数", "header_row expects a whole number in 1 – 1000"});
      }
    }
    if (const auto system = read_number(root, "date_system", out_)) {
      if (*system == Number(1900)) {
        map_.system = DaySystem::from_1900;
      } else if (*system == Number(1904)) {
        map_.system = DaySystem::from_1904;
      } else {
        wrong(root.find("date_system")->at,
              {"date_system 应为 1900 或 1904", "date_system expects 1900 or 1904"});
      }
    }
  }

  void read_aliases(const Node& root) {
    const Node* node = root.find("columns");
    if (node == nullptr || !check_map(*node, {"列名", "columns"}, out_)) return;
    std::map<std::string, std::string> owners;
    for (const Entry& entry : node->entries) {
      std::vector<std::string>& names = map_.aliases[entry.key];
      owners.emplace(key_text(entry.key), entry.key);
      for (Text& text : read_texts(entry.value, out_)) {
        const auto [at, fresh] = owners.emplace(key_text(text.text), entry.key);
        if (!fresh && at->second != entry.key) {
          wrong(text.at, {"“" + text.text + "”已是“" + at->second + "”的别名",
                          "'" + text.text + "' is an alias of '" + at->second + "' already"});
        }
        names.push_back(std::move(text.text));
      }
    }
  }

  void read_level(const Node& root) {
    const Node* node = root.find("level");
    if (node == nullptr || !check_keys(*node, node->at, kLevelMapKeys, {"层级", "the level"}, out_))
      return;
    map_.level_column = column(*node, "column");
    words(*node, "admit", map_.level_admit);
    words(*node, "refuse", map_.level_refuse);
    if (map_.level_admit.empty() && map_.level_refuse.empty()) {
      wrong(node->at, {"层级要写明接收哪些（admit）或拒收哪些（refuse）",
                       "say which levels are admitted (admit) or refused (refuse)"});
    }
  }

  void read_unit(const Node& root) {
    const Node* node = root.find("unit");
    if (node == nullptr) return;
    if (node->is_scalar() && !node->is_empty()) {
      map_.unit_column = column(root, "unit");
      return;
    }
    if (!check_keys(*node, node->at, kUnitMapKeys, {"单位", "the unit"}, out_)) return;
    map_.unit_column = column(*node, "column");
    map_.unit = word(*node, "value");
    const std::string names = word(*node, "names");
    if (!names.empty()) map_.unit_names = (fs::path(text_.name).parent_path() / names).string();
    if (map_.unit_column.empty() == map_.unit.empty()) {
      wrong(node->at, {"单位写 column（哪一列）或 value（固定单位）之一",
                       "say either `column` or `value` for the unit"});
    }
  }

  void read_id(const Node& root) {
    const Node* node = root.find("id");
    if (node == nullptr) return;
    if (node->is_map()) {
      if (!check_keys(*node, node->at, kIdKeys, {"编号", "the id"}, out_)) return;
      words(*node, "columns", map_.id, true);
      map_.id_prefix = word(*node, "prefix");
      return;
    }
    if (node->is_scalar() && node->text == "content") return;
    words(root, "id", map_.id, true);
  }

  void read_events(const Node& root) {
    const Node* list = root.find("events");
    if (list == nullptr) {
      if (root.find("type") == nullptr) {
        wrong(root.at, {"缺少事件类型", "there is no event type"},
              {"加上 type: …，或一行说多件事时的 events: […]",
               "add `type: ...`, or `events: [...]` where a row tells several"});
      }
      map_.events.push_back(event_of(root, nullptr));
      return;
    }
    if (!list->is_sequence() || list->items.empty())
      return wrong(list->at, {"events 是列表", "events is a list"});
    if (const Node* type = root.find("type"); type != nullptr) {
      wrong(type->at,
            {"有 events 时，type 写在每一项里", "with `events`, the type stands in each of them"});
    }
    std::set<std::string> suffixes;
    for (const Node& item : list->items) {
      if (!check_keys(item, item.at, kEventMapKeys, {"一种事件", "an event"}, out_)) continue;
      EventMap event = event_of(item, &root);
      event.suffix = word(item, "id");
      if (event.suffix.empty()) event.suffix = event.type;
      if (!suffixes.insert(event.suffix).second) {
        wrong(item.at, {"两种事件的编号相同；写上不同的 id", "two events would have the same id"},
              {"加上 id: …", "add `id: ...`"});
      }
      map_.events.push_back(std::move(event));
    }
  }

  // What the event does not say itself, it takes from `above`.
  EventMap event_of(const Node& node, const Node* above) {
    EventMap event;
    if (const Node* type = node.find("type"); type != nullptr && type->is_map()) {
      check_keys(*type, type->at, kTypeKeys, {"事件类型", "the event type"}, out_);
      event.type_column = column(*type, "column");
      if (const Node* values = type->find("values")) read_values(*values, event.types);
    } else {
      event.type = word(node, "type");
    }
    event.when = column(node, "when");
    const auto inherited = [&](std::string_view key) {
      const Node* found = node.find(key);
      return found == nullptr && above != nullptr ? above->find(key) : found;
    };
    if (const Node* time = inherited("time")) {
      event.time = time_of(*time);
    } else {
      wrong(node.at, {"缺少时间", "there is no time"}, {"加上 time: 列名", "add `time: COLUMN`"});
    }
    if (const Node* recorded = inherited("recorded")) event.recorded = time_of(*recorded);
    if (above != nullptr) read_fields(*above, event.fields);
    read_fields(node, event.fields);
    return event;
  }

  std::optional<TimeCell> time_of(const Node& node) {
    TimeCell out;
    if (!node.is_map()) {
      out.column = lone_column(node);
      return out;
    }
    check_keys(node, node.at, kTimeKeys, {"时间", "a time"}, out_);
    out.column = column(node, "column");
    read_time_keys(node, out);
    return out;
  }

  void read_time_keys(const Node& node, TimeCell& out) {
    out.clock = column(node, "clock");
    if (const Node* formats = node.find("formats")) {
      for (const Text& text : read_texts(*formats, out_)) {
        if (!is_time_pattern(text.text)) {
          wrong(text.at,
                {"“" + text.text + "”里要有 yyyy（或 yy）、M、d",
                 "'" + text.text + "' needs yyyy (or yy), M and d"},
                {"例如 d/M/yyyy H:mm", "such as d/M/yyyy H:mm"});
        }
        out.formats.push_back(text.text);
      }
    }
    if (const Text at = read_text(node, "at", out_); at.present) {
      out.at = read_clock(at.text);
      if (!out.at) wrong(at.at, {"此处应是时刻，如 09:00", "expected a time of day such as 09:00"});
    }
  }

  void read_values(const Node& node, ValueMap& to) {
    if (!check_map(node, {"对照表", "a map of values"}, out_)) return;
    for (const Entry& entry : node.entries) {
      const Text text = text_of(entry.value, out_);
      if (!text.present) continue;
      if (!to.words.emplace(key_text(entry.key), text.text).second) {
        wrong(entry.key_at, {"“" + entry.key + "”与前面一项相同（不计空格、全半角、大小写）",
                             "'" + entry.key +
                                 "' is the same as one before (but for blanks, "
                                 "width or case)"});
      }
      to.written.push_back(entry.key);
    }
  }

  void read_fields(const Node& node, std::vector<FieldMap>& to) {
    const Node* fields = node.find("fields");
    if (fields == nullptr || !check_map(*fields, {"字段", "fields"}, out_)) return;
    for (const Entry& entry : fields->entries) {
      std::erase_if(to, [&](const FieldMap& f) { return f.name == entry.key; });
      to.push_back(field_of(entry));
    }
  }

  FieldMap field_of(const Entry& entry) {
    FieldMap field;
    field.name = entry.key;
    const Node& node = entry.value;
    if (!node.is_map()) {  // `category: 类别`
      field.column = lone_column(node);
      return field;
    }
    check_keys(node, entry.key_at, kFieldMapKeys, {"字段", "a field"}, out_);
    field.column = column(node, "column");
    if (const Node* value = node.find("value")) field.constant = constant_of(*value);
    if (field.column.empty() == field.constant.empty()) {
      wrong(entry.key_at, {"字段写 column（哪一列）或 value（固定值）之一",
                           "say either `column` or `value` for a field"});
    }
    if (const auto kind =
            choose(read_text(node, "type", out_), kKinds, {"字段类型", "type of field"}, out_))
      field.kind = *kind;
    if (const auto required = read_flag(node, "required", out_)) field.required = *required;
    if (const Node* values = node.find("values")) read_values(*values, field.values);
    if (const Text otherwise = read_text(node, "otherwise", out_); otherwise.present)
      field.values.otherwise = otherwise.text;
    read_factor(node, field);
    read_time_keys(node, field.time);
    field.time.column = field.column;
    return field;
  }

  void read_factor(const Node& node, FieldMap& field) {
    const Text unit = read_text(node, "unit", out_);
    if (!unit.present) return;
    const auto factor = factor_of(unit.text);
    if (!factor || (field.kind != CellKind::whole && field.kind != CellKind::decimal)) {
      return wrong(unit.at,
                   {"计量单位用于数字字段：元、千元、万元、百万元、亿元、万、亿、% 或 ratio",
                    "a unit goes with int or decimal: 元 千元 万元 百万元 亿元 万 亿 % or "
                    "ratio"});
    }
    field.factor = *factor;
  }

  std::string constant_of(const Node& node) {
    const Text text = text_of(node, out_);
    if (!text.quoted && (text.text == "true" || text.text == "false")) return text.text;
    if (const auto number = text.quoted ? std::nullopt : Number::parse(text.text))
      return number->to_string();
    return text.present ? json_string(text.text) : std::string{};
  }

  void check_sensitive() {
    std::set<std::string> secret;
    for (const std::string& name : map_.sensitive) {
      secret.insert(key_text(name));
      const auto aliases = map_.aliases.find(name);
      if (aliases == map_.aliases.end()) continue;
      for (const std::string& alias : aliases->second) secret.insert(key_text(alias));
    }
    for (const Text& text : used_) {
      if (!secret.contains(key_text(text.text))) continue;
      wrong(text.at, {"“" + text.text + "”是敏感列，不能取用",
                      "'" + text.text + "' is a sensitive column: it is never copied"});
    }
  }

  const SourceText& text_;
  ImportMap map_;
  Diagnostics out_;
  std::vector<Text> used_;
};

// `*` for any run of bytes, `?` for one character.
bool matches(std::string_view name, std::string_view pattern) {
  if (pattern.empty()) return name.empty();
  if (pattern[0] == '*') {
    for (std::size_t at = 0; at <= name.size(); ++at)
      if (matches(name.substr(at), pattern.substr(1))) return true;
    return false;
  }
  if (name.empty()) return false;
  if (pattern[0] == '?') {
    std::size_t at = 1;
    while (at < name.size() && (static_cast<std::uint8_t>(name[at]) & 0xC0) == 0x80) ++at;
    return matches(name.substr(at), pattern.substr(1));
  }
  return name[0] == pattern[0] && matches(name.substr(1), pattern.substr(1));
}

}  // namespace

Checked<ImportMap> read_import_map(const SourceText& text) { return MapReader(text).read(); }

bool is_for(const ImportMap& map, const std::string& file_name) {
  if (map.files.empty()) {
    const std::string name = fs::path(map.path).filename().string();
    return file_name.starts_with(name.substr(0, name.find('.')));
  }
  return std::any_of(map.files.begin(), map.files.end(),
                     [&](const std::string& pattern) { return matches(file_name, pattern); });
}

}  // namespace lianqing
