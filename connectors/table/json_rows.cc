#include "connectors/table/json_rows.h"

#include <map>
#include <optional>
#include <variant>

#include "connectors/arena.h"
#include "connectors/json_scanner.h"
#include "connectors/sources/jsonl_file.h"
#include "connectors/utf8.h"

namespace lianqing {
namespace {

constexpr int kMaxNesting = 32;

using Cells = std::vector<std::pair<std::string, std::string>>;

class LineReader {
 public:
  LineReader(std::string_view line, Arena& arena) : scan_(line, arena) {}

  // The members of the object, or a fault.
  std::optional<JsonFault> read(Cells& out) {
    scan_.skip_space();
    if (scan_.here() != '{') return JsonFault{"type", "expected a JSON object", 1};
    const bool read = object("", 0, out);
    if (read) {
      scan_.skip_space();
      if (!scan_.at_end()) scan_.fail_syntax("expected nothing after the object");
    }
    if (scan_.fault()) return scan_.fault();
    if (!read) return JsonFault{"json", "expected JSON", 0};
    return std::nullopt;
  }

 private:
  bool object(const std::string& prefix, int depth, Cells& out) {
    if (depth == kMaxNesting) return scan_.fail("depth", "nested too deep");
    scan_.step();
    scan_.skip_space();
    if (scan_.here() == '}') {
      scan_.step();
      return true;
    }
    for (bool more = true; more;) {
      if (scan_.here() != '"') return scan_.fail_syntax("expected a member's name in quotes");
      const std::string_view name = scan_.text();
      if (name.data() == nullptr) return false;
      const std::string path = prefix + std::string(name);
      scan_.skip_space();
      if (scan_.here() != ':') return scan_.fail_syntax("expected a colon after the member's name");
      scan_.step();
      scan_.skip_space();
      if (!value(path, depth, out) || !scan_.next_item('}', more)) return false;
    }
    return true;
  }

  bool list(int depth, std::string& joined) {
    if (depth == kMaxNesting) return scan_.fail("depth", "nested too deep");
    scan_.step();
    scan_.skip_space();
    if (scan_.here() == ']') {
      scan_.step();
      return true;
    }
    for (bool more = true; more;) {
      Cells element;
      if (!value("", depth, element) || !scan_.next_item(']', more)) return false;
      for (const auto& [path, text] : element) joined += (joined.empty() ? "" : "、") + text;
    }
    return true;
  }

  bool value(const std::string& path, int depth, Cells& out) {
    const char c = scan_.here();
    if (c == '{') return object(path.empty() ? "" : path + ".", depth + 1, out);
    std::string text;
    if (c == '[') {
      if (!list(depth + 1, text)) return false;
    } else if (c == '"') {
      const std::string_view read = scan_.text();
      if (read.data() == nullptr) return false;
      text = read;
    } else {
      Scalar scalar;
      const bool read = c == 't'   ? scan_.word("true", {true}, scalar)
                        : c == 'f' ? scan_.word("false", {false}, scalar)
                        : c == 'n' ? scan_.word("null", {}, scalar)
                                   : scan_.number(scalar);
      if (!read) return false;
      if (const auto* number = std::get_if<Number>(&scalar.value)) text = number->to_string();
      if (const auto* flag = std::get_if<bool>(&scalar.value)) text = *flag ? "true" : "false";
    }
    out.emplace_back(path, std::move(text));
    return true;
  }

  JsonScanner scan_;
};

// Puts the cells under their columns; new ones are added to the header.
struct Header {
  std::vector<std::string> names;
  std::map<std::string, std::size_t, std::less<>> places;

  std::optional<std::size_t> place(const std::string& name) {
    const auto [at, fresh] = places.emplace(name, names.size());
    if (fresh && names.size() == kMaxCsvColumns) {
      places.erase(at);
      return std::nullopt;
    }
    if (fresh) names.push_back(name);
    return at->second;
  }
};

CsvRow row_of(const RawLine& line, Arena& arena, Header& header) {
  CsvRow row;
  row.row = row.line = line.line;
  const auto fault = [&](Bilingual what) { row.fault = CsvFault{line.line, 0, std::move(what)}; };
  if (line.too_long) {
    fault({"一行超过 1 MiB", "a line over 1 MiB"});
    return row;
  }
  if (first_bad_utf8(line.bytes) != std::string_view::npos) {
    fault({"不是 UTF-8", "not UTF-8"});
    return row;
  }
  Cells cells;
  arena.reset();
  if (const auto bad = LineReader(line.bytes, arena).read(cells)) {
    const std::string place = std::to_string(bad->column);
    fault({"不是完好的 JSON 对象（问题在第 " + place + " 字节）",
           "not a sound JSON object (byte " + place + "): " + bad->detail});
    return row;
  }
  for (auto& [name, text] : cells) {
    const auto place = header.place(name);
    if (!place) {
      fault({"全文件的成员超过 512 种", "more than 512 different members in the file"});
      return row;
    }
    if (row.fields.size() <= *place) row.fields.resize(*place + 1);
    row.fields[*place] = std::move(text);
  }
  return row;
}

}  // namespace

TableResult<std::vector<CsvRow>> read_json_rows(const std::string& path) {
  const auto failed = [](const Error& error) {
    return table_failure(error.code, {error.what, error.what});
  };
  auto file = JsonLinesFile::open(path, 0);
  if (!file) return failed(file.error());
  Header header;
  Arena arena;
  std::vector<CsvRow> rows(1);
  for (;;) {
    const auto line = file->next();
    if (!line) return failed(line.error());
    if (!*line) break;
    rows.push_back(row_of(**line, arena, header));
  }
  rows[0].fields = std::move(header.names);
  return rows;
}

}  // namespace lianqing
