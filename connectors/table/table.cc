#include "connectors/table/table.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <map>
#include <optional>
#include <utility>

#include "connectors/table/json_rows.h"
#include "connectors/table/text_encoding.h"
#include "connectors/table/xlsx.h"

namespace lianqing {

struct Table::Rows {
  TableFacts facts;
  std::string text;  // of CSV
  std::optional<CsvRows> csv;
  std::vector<CsvRow> held;  // of the others
  std::size_t at = 0;
};

Table::Table(std::unique_ptr<Rows> rows) : rows_(std::move(rows)) {}
Table::~Table() = default;
Table::Table(Table&&) noexcept = default;
Table& Table::operator=(Table&&) noexcept = default;

const TableFacts& Table::facts() const { return rows_->facts; }

bool Table::next(CsvRow& row) {
  if (rows_->csv) return rows_->csv->next(row);
  if (rows_->at == rows_->held.size()) return false;
  row = std::move(rows_->held[rows_->at++]);
  return true;
}

namespace {

TableResult<std::string> read_bytes(const std::string& path) {
  const auto failed = [&](const std::string& why) {
    return table_failure(ErrorCode::io,
                         {"无法读取 " + path + "：" + why, "cannot read " + path + ": " + why});
  };
  std::FILE* file = std::fopen(path.c_str(), "rb");
  if (file == nullptr) return failed(std::strerror(errno));
  std::string bytes;
  char part[1 << 16];
  std::size_t n = 0;
  while ((n = std::fread(part, 1, sizeof part, file)) > 0 && bytes.size() <= kMaxTableBytes)
    bytes.append(part, n);
  const int why = std::ferror(file) != 0 ? errno : 0;
  std::fclose(file);
  if (why != 0) return failed(std::strerror(why));
  if (bytes.size() > kMaxTableBytes)
    return table_failure(ErrorCode::refused, {path + " 超过 1 GiB", path + " is over 1 GiB"});
  return bytes;
}

bool is_json_name(std::string name) {
  if (name.ends_with(".gz")) name.resize(name.size() - 3);
  return name.ends_with(".jsonl") || name.ends_with(".ndjson") || name.ends_with(".json");
}

// Some programs only know that a line ends with a carriage return.
void mend_line_ends(std::string& text) {
  if (text.find('\n') == std::string::npos) std::replace(text.begin(), text.end(), '\r', '\n');
}

}  // namespace

char find_delimiter(std::string_view text) {
  constexpr std::size_t kLooked = 64 * 1024, kRows = 30;
  if (text.size() > kLooked) {
    text = text.substr(0, std::max<std::size_t>(text.substr(0, kLooked).rfind('\n') + 1, 1));
  }
  char best = ',';
  std::size_t most = 0;
  for (const char candidate : {',', '\t', ';', '|'}) {
    std::map<std::size_t, std::size_t> seen;  // columns -> rows
    CsvRows rows(text, candidate);
    CsvRow row;
    for (std::size_t n = 0; n < kRows && rows.next(row); ++n) {
      if (!row.fault) ++seen[row.fields.size()];
    }
    for (const auto& [columns, count] : seen) {
      if (columns > 1 && columns * count > most) {
        most = columns * count;
        best = candidate;
      }
    }
  }
  return best;
}

TableResult<Table> Table::open(const std::string& path, const TableChoice& choice) {
  auto rows = std::make_unique<Rows>();
  if (is_json_name(path)) {
    auto held = read_json_rows(path);
    if (!held) return Unexpected<TableError>(std::move(held).error());
    rows->facts.kind = TableKind::json_lines;
    rows->held = *std::move(held);
    return Table(std::move(rows));
  }
  auto bytes = read_bytes(path);
  if (!bytes) return Unexpected<TableError>(std::move(bytes).error());
  if (bytes->starts_with("\xD0\xCF\x11\xE0")) {
    return table_failure(
        ErrorCode::refused,
        {path + " 是旧式 .xls 或带密码的工作簿；请去掉密码，另存为 .xlsx 或 CSV",
         path + " is an old .xls or has a password: save it as .xlsx or CSV, without password"});
  }
  if (bytes->starts_with("%PDF")) {
    return table_failure(ErrorCode::refused, {path + " 是 PDF，不是表格；请要来原来的 .xlsx 或 CSV",
                                              path + " is a PDF and no table: ask for the .xlsx or "
                                                     "CSV that it was made of"});
  }
  if (bytes->starts_with("PK\x03\x04")) {
    auto sheet = read_xlsx(*bytes, choice.sheet);
    if (!sheet) {
      TableError error = std::move(sheet).error();
      error.what = {path + "：" + error.what.zh, path + ": " + error.what.en};
      return Unexpected<TableError>(std::move(error));
    }
    rows->facts.kind = TableKind::xlsx;
    rows->facts.sheet = std::move(sheet->name);
    rows->facts.sheets = std::move(sheet->names);
    rows->held = std::move(sheet->rows);
    return Table(std::move(rows));
  }
  auto text = decode_text(*std::move(bytes), choice.encoding);
  if (!text) {
    TableError error = std::move(text).error();
    error.what = {path + "：" + error.what.zh, path + ": " + error.what.en};
    return Unexpected<TableError>(std::move(error));
  }
  rows->text = std::move(text->text);
  rows->facts.encoding = std::move(text->encoding);
  rows->facts.damage = text->damage;
  mend_line_ends(rows->text);
  const bool told = choice.delimiter != '\0';
  rows->facts.delimiter = told ? choice.delimiter : find_delimiter(rows->text);
  rows->csv.emplace(rows->text, rows->facts.delimiter);
  return Table(std::move(rows));
}

}  // namespace lianqing
