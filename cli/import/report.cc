#include "cli/import/report.h"

#include <array>
#include <utility>

#include "cli/import/cell_text.h"
#include "connectors/csv_writer.h"
#include "connectors/json_writer.h"

namespace lianqing {
namespace {

constexpr std::size_t kShownNotes = 8;

std::string_view verdict_name(RowVerdict verdict) {
  switch (verdict) {
    case RowVerdict::written: return "written";
    case RowVerdict::skipped: return "skipped";
    case RowVerdict::parked: return "parked";
    case RowVerdict::refused: return "refused";
  }
  return {};
}

std::string_view verdict_word(RowVerdict verdict, bool chinese) {
  if (!chinese) return verdict_name(verdict);
  switch (verdict) {
    case RowVerdict::written: return "写入";
    case RowVerdict::skipped: return "跳过";
    case RowVerdict::parked: return "待核";
    case RowVerdict::refused: return "拒收";
  }
  return {};
}

std::string joined(const std::vector<std::string>& texts, bool chinese) {
  std::string out;
  for (const std::string& text : texts) out += (out.empty() ? "" : chinese ? "、" : ", ") + text;
  return out;
}

std::string delimiter_word(char delimiter, bool chinese) {
  if (delimiter == '\t') return chinese ? "制表符" : "tab";
  return chinese ? "“" + std::string(1, delimiter) + "”" : "'" + std::string(1, delimiter) + "'";
}

std::string kind_text(const Imported& imported, bool chinese) {
  const TableFacts& facts = imported.facts;
  std::string row = std::to_string(imported.header_row);
  if (imported.header_depth > 1) {
    row += (chinese ? "、" : " and ") + std::to_string(imported.header_row + 1);
  }
  switch (facts.kind) {
    case TableKind::csv: {
      std::string out = chinese ? "CSV，编码 " + facts.encoding + "，分隔符"
                                : "CSV, " + facts.encoding + ", delimiter ";
      out += delimiter_word(facts.delimiter, chinese);
      out += chinese ? "，表头在第 " + row + " 行" : ", header in row " + row;
      if (facts.damage > 0) {
        const std::string n = std::to_string(facts.damage);
        out += chinese ? "，有 " + n + " 处字节无法识别" : ", " + n + " bytes are no characters";
      }
      return out;
    }
    case TableKind::xlsx: {
      std::string out = chinese ? "XLSX，工作表“" + facts.sheet + "”，表头在第 " + row + " 行"
                                : "XLSX, sheet '" + facts.sheet + "', header in row " + row;
      std::vector<std::string> others = facts.sheets;
      std::erase(others, facts.sheet);
      if (!others.empty()) {
        out += chinese ? "；未读的工作表：" : "; sheets not read: ";
        out += joined(others, chinese);
      }
      return out;
    }
    case TableKind::json_lines: return chinese ? "JSON 行" : "JSON lines";
  }
  return {};
}

std::string note_line(const RowNote& note, bool chinese) {
  std::string out = chinese ? "  第 " + std::to_string(note.row) + " 行 "
                            : "  row " + std::to_string(note.row) + " ";
  out += verdict_word(note.verdict, chinese);
  if (!note.column.empty()) out += chinese ? " [" + note.column + "]" : " [" + note.column + "]";
  if (!note.value.empty()) {
    const std::string value = shortened(tidy_text(note.value), 40);
    out += chinese ? " “" + value + "”" : " '" + value + "'";
  }
  return out + (chinese ? "：" : ": ") + note.reason.in(chinese) + "\n";
}

}  // namespace

std::string report_csv(const Imported& imported, bool chinese) {
  std::string out(kUtf8Mark);
  out += chinese ? "行号,列,值,原因,处理\r\n" : "row,column,value,reason,verdict\r\n";
  for (const RowNote& note : imported.notes) {
    out += csv_line(std::array<std::string, 5>{note.row != 0 ? std::to_string(note.row) : "",
                                               note.column, note.value, note.reason.in(chinese),
                                               std::string(verdict_word(note.verdict, chinese))});
  }
  return out;
}

std::string import_summary(const std::string& path, const Imported& imported, bool chinese) {
  const auto n = [](std::uint64_t count) { return std::to_string(count); };
  std::string out = path + (chinese ? "：" : ": ") + kind_text(imported, chinese) + "\n";
  if (!imported.unused.empty())
    out += (chinese ? "没有用到的列：" : "columns not used: ") + joined(imported.unused, chinese) +
           "\n";
  if (!imported.missing.empty()) {
    out += (chinese ? "映射里有而表里没有的列：" : "columns of the map that the table lacks: ") +
           joined(imported.missing, chinese) + "\n";
  }
  if (chinese) {
    out += "读入 " + n(imported.read) + " 行 = 写入 " + n(imported.written) + " + 跳过 " +
           n(imported.skipped) + " + 待核 " + n(imported.parked) + " + 拒收 " +
           n(imported.refused) + "；事件 " + n(imported.events.size()) + " 条\n";
  } else {
    out += "read " + n(imported.read) + " rows = written " + n(imported.written) + " + skipped " +
           n(imported.skipped) + " + parked " + n(imported.parked) + " + refused " +
           n(imported.refused) + "; " + n(imported.events.size()) + " events\n";
  }
  std::size_t shown = 0, left = 0;
  for (const RowNote& note : imported.notes) {
    if (note.verdict == RowVerdict::skipped) continue;
    if (++shown <= kShownNotes) {
      out += note_line(note, chinese);
    } else {
      ++left;
    }
  }
  if (left > 0)
    out += chinese ? "  ……还有 " + n(left) + " 条\n" : "  ... and " + n(left) + " more\n";
  return out;
}

std::string import_summary_json(const std::string& path, const Imported& imported) {
  std::string out;
  JsonWriter json(out);
  const auto list = [&](std::string_view name, const std::vector<std::string>& texts) {
    json.key(name).begin_array();
    for (const std::string& text : texts) json.string(text);
    json.end_array();
  };
  const TableFacts& facts = imported.facts;
  json.begin_object().key("file").string(path);
  json.key("kind").string(facts.kind == TableKind::csv    ? "csv"
                          : facts.kind == TableKind::xlsx ? "xlsx"
                                                          : "jsonl");
  if (facts.kind == TableKind::csv) {
    json.key("encoding").string(facts.encoding);
    json.key("delimiter").string(std::string_view(&facts.delimiter, 1));
  }
  if (facts.kind == TableKind::xlsx) json.key("sheet").string(facts.sheet);
  json.key("header_row").unsigned_integer(imported.header_row);
  json.key("header_rows").unsigned_integer(imported.header_depth);
  list("unused", imported.unused);
  list("missing", imported.missing);
  json.key("read").unsigned_integer(imported.read);
  json.key("written").unsigned_integer(imported.written);
  json.key("skipped").unsigned_integer(imported.skipped);
  json.key("parked").unsigned_integer(imported.parked);
  json.key("refused").unsigned_integer(imported.refused);
  json.key("events").unsigned_integer(imported.events.size());
  json.key("notes").begin_array();
  for (const RowNote& note : imported.notes) {
    json.begin_object().key("row").unsigned_integer(note.row);
    json.key("verdict").string(verdict_name(note.verdict));
    json.key("column").string(note.column).key("value").string(note.value);
    json.key("reason").begin_object().key("zh").string(note.reason.zh);
    json.key("en").string(note.reason.en).end_object().end_object();
  }
  json.end_array().end_object();
  return out;
}

}  // namespace lianqing
