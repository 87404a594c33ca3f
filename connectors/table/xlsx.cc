#include "connectors/table/xlsx.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <optional>
#include <utility>

#include "connectors/table/confined.h"
#include "connectors/table/serial_date.h"
#include "connectors/table/xlsx_package.h"

namespace lianqing {
namespace {

// ---- frames from the child: a letter, a length, bytes

constexpr char kNameFrame = 'N', kSheetFrame = 'S', kRowFrame = 'R', kFaultFrame = 'F',
               kErrorFrame = 'E';

void put_number(std::string& out, std::uint32_t n) {
  for (int shift = 0; shift < 32; shift += 8) out += static_cast<char>(n >> shift & 255);
}
void put_text(std::string& out, std::string_view text) {
  put_number(out, static_cast<std::uint32_t>(text.size()));
  out += text;
}

class Frames {
 public:
  explicit Frames(std::string_view bytes) : bytes_(bytes) {}
  bool more() const { return !bytes_.empty() && !broken_; }
  char letter() {
    const char c = bytes_.front();
    bytes_.remove_prefix(1);
    return c;
  }
  std::uint32_t number() {
    if (bytes_.size() < 4) return fail();
    std::uint32_t n = 0;
    for (std::size_t i = 0; i < 4; ++i)
      n |= static_cast<std::uint32_t>(static_cast<std::uint8_t>(bytes_[i])) << 8 * i;
    bytes_.remove_prefix(4);
    return n;
  }
  std::string text() {
    const std::uint32_t size = number();
    if (bytes_.size() < size) {
      fail();
      return {};
    }
    std::string out(bytes_.substr(0, size));
    bytes_.remove_prefix(size);
    return out;
  }
  bool broken() const { return broken_; }

 private:
  std::uint32_t fail() {
    broken_ = true;
    bytes_ = {};
    return 0;
  }
  std::string_view bytes_;
  bool broken_ = false;
};

// ---- in the child

[[noreturn]] void give_up(std::string zh, std::string en) {
  throw PackageFault{{std::move(zh), std::move(en)}};
}

std::string attribute(const XmlAttributes& attributes, std::string_view name) {
  const auto at = attributes.find(name);
  return at == attributes.end() ? std::string{} : at->second;
}

std::optional<std::uint32_t> whole(std::string_view text) {
  std::uint32_t n = 0;
  const auto end = std::from_chars(text.data(), text.data() + text.size(), n);
  if (end.ec != std::errc{} || end.ptr != text.data() + text.size()) return std::nullopt;
  return n;
}

enum class Shown : std::uint8_t { plain, date, percent };

// What numbers look like, by the index of a cell's style.
std::vector<Shown> read_styles(const XlsxPackage& package, const std::string& part) {
  std::vector<Shown> out;
  if (!package.has(part)) return out;
  std::map<std::uint32_t, std::string> codes;
  bool cells = false;
  XmlPartReader reader;
  reader.open = [&](std::string_view name, const XmlAttributes& attributes) {
    if (name == "numFmt") {
      codes[whole(attribute(attributes, "numFmtId")).value_or(0)] =
          attribute(attributes, "formatCode");
    } else if (name == "cellXfs") {
      cells = true;
    } else if (name == "xf" && cells) {
      const std::uint32_t id = whole(attribute(attributes, "numFmtId")).value_or(0);
      Shown shown = Shown::plain;
      if (const auto code = codes.find(id); code != codes.end()) {
        shown = is_date_format(code->second)      ? Shown::date
                : is_percent_format(code->second) ? Shown::percent
                                                  : Shown::plain;
      } else if ((id >= 14 && id <= 22) || (id >= 27 && id <= 36) || (id >= 45 && id <= 47) ||
                 (id >= 50 && id <= 58)) {
        shown = Shown::date;
      } else if (id == 9 || id == 10) {
        shown = Shown::percent;
      }
      out.push_back(shown);
    }
  };
  reader.close = [&](std::string_view name) { cells = cells && name != "cellXfs"; };
  package.read(part, reader);
  return out;
}

std::vector<std::string> read_shared_strings(const XlsxPackage& package, const std::string& part) {
  std::vector<std::string> out;
  if (!package.has(part)) return out;
  bool text = false;
  int phonetic = 0;  // how the text before is read aloud: not part of it
  XmlPartReader reader;
  reader.open = [&](std::string_view name, const XmlAttributes&) {
    if (name == "si") out.emplace_back();
    phonetic += name == "rPh";
    text = name == "t" && phonetic == 0;
  };
  reader.close = [&](std::string_view name) {
    phonetic -= name == "rPh";
    if (name == "t") text = false;
  };
  reader.text = [&](std::string_view part_of_it) {
    if (text && !out.empty()) out.back() += part_of_it;
  };
  package.read(part, reader);
  return out;
}

struct Workbook {
  struct Sheet {
    std::string name, part;
    bool hidden = false;
  };
  std::vector<Sheet> sheets;
  std::string styles = "xl/styles.xml", strings = "xl/sharedStrings.xml";
  bool since_1904 = false;
};

// `target` as a part, seen from xl/.
std::string part_of(const std::string& target) {
  return target.starts_with('/') ? target.substr(1) : "xl/" + target;
}

Workbook read_workbook(const XlsxPackage& package) {
  Workbook out;
  std::map<std::string, std::string> targets;
  XmlPartReader relations;
  relations.open = [&](std::string_view name, const XmlAttributes& attributes) {
    if (name != "Relationship") return;
    const std::string part = part_of(attribute(attributes, "Target"));
    targets[attribute(attributes, "Id")] = part;
    const std::string type = attribute(attributes, "Type");
    if (type.ends_with("/styles")) out.styles = part;
    if (type.ends_with("/sharedStrings")) out.strings = part;
  };
  package.read("xl/_rels/workbook.xml.rels", relations);
  XmlPartReader workbook;
  workbook.open = [&](std::string_view name, const XmlAttributes& attributes) {
    if (name == "workbookPr") {
      const std::string flag = attribute(attributes, "date1904");
      out.since_1904 = flag == "1" || flag == "true";
    }
    if (name != "sheet") return;
    out.sheets.push_back(
        {attribute(attributes, "name"), targets[attribute(attributes, "id")],
         !attribute(attributes, "state").empty() && attribute(attributes, "state") != "visible"});
  };
  package.read("xl/workbook.xml", workbook);
  return out;
}

// As a cell shows it: fifteen digits, never an exponent.
std::string shown_number(double value) {
  char text[400];
  const double size = std::abs(value);
  if (size >= 1e15 || (size != 0 && size < 1e-4)) {
    const auto end = std::to_chars(text, text + sizeof text, value, std::chars_format::fixed,
                                   size >= 1e15 ? 0 : 15);
    return {text, end.ptr};
  }
  return {text, std::to_chars(text, text + sizeof text, value, std::chars_format::general, 15).ptr};
}

// The column of "AB12", from 0; a cell without a place follows the one before.
std::size_t column_of(std::string_view place, std::size_t next) {
  std::size_t column = 0, letters = 0;
  for (; letters < place.size() && letters < 4 && place[letters] >= 'A' && place[letters] <= 'Z';
       ++letters)
    column = column * 26 + static_cast<std::size_t>(place[letters] - 'A' + 1);
  return letters == 0 ? next : column - 1;
}

class SheetReader {
 public:
  SheetReader(const Workbook& book, const std::vector<Shown>& styles,
              const std::vector<std::string>& strings, const ConfinedOutput& output)
      : book_(book), styles_(styles), strings_(strings), output_(output) {}

  void read(const XlsxPackage& package, const std::string& part) {
    XmlPartReader reader;
    reader.open = [&](std::string_view name, const XmlAttributes& a) { opened(name, a); };
    reader.close = [&](std::string_view name) { closed(name); };
    reader.text = [&](std::string_view text) {
      if (in_value_ && value_.size() <= kMaxCsvFieldBytes) value_ += text;
    };
    package.read(part, reader);
    if (rows_ > kMaxXlsxRows) give_up("行数过多", "too many rows");
    flush(0);
  }

 private:
  void opened(std::string_view name, const XmlAttributes& attributes) {
    if (name == "row") {
      row_ = whole(attribute(attributes, "r")).value_or(row_ + 1);
      cells_.clear();
      fault_ = {};
      column_ = 0;
    } else if (name == "c") {
      column_ = column_of(attribute(attributes, "r"), column_);
      type_ = attribute(attributes, "t");
      style_ = whole(attribute(attributes, "s")).value_or(0);
      value_.clear();
    } else if (name == "v" || (name == "t" && phonetic_ == 0)) {
      in_value_ = true;
    }
    phonetic_ += name == "rPh";
  }

  void closed(std::string_view name) {
    phonetic_ -= name == "rPh";
    if (name == "v" || name == "t") in_value_ = false;
    if (name == "c") {
      place(shown());
      ++column_;
    }
    if (name == "row") end_row();
  }

  void place(std::string text) {
    if (text.empty()) return;
    if (text.size() > kMaxCsvFieldBytes)
      return fault({"一个单元格超过 64 KiB", "a field over 64 KiB"});
    if (column_ >= kMaxCsvColumns) return fault({"超过 512 列", "more than 512 columns"});
    if (cells_.size() <= column_) cells_.resize(column_ + 1);
    cells_[column_] = std::move(text);
  }
  void fault(Bilingual what) {
    if (fault_.empty()) fault_ = std::move(what);
  }

  std::string shown() const {
    if (type_ == "s") {
      const auto index = whole(value_);
      return index && *index < strings_.size() ? strings_[*index] : std::string{};
    }
    if (type_ == "b") return value_ == "1" ? "TRUE" : "FALSE";
    if (!type_.empty() && type_ != "n") return value_;
    double number = 0;
    const auto end = std::from_chars(value_.data(), value_.data() + value_.size(), number);
    if (value_.empty() || end.ec != std::errc{} || end.ptr != value_.data() + value_.size())
      return value_;
    const Shown style = style_ < styles_.size() ? styles_[style_] : Shown::plain;
    if (style == Shown::date) {
      if (auto text = text_of_serial(number, book_.since_1904)) return *std::move(text);
    }
    if (style == Shown::percent) return shown_number(number * 100) + "%";
    return shown_number(number);
  }

  void end_row() {
    if (cells_.empty() && fault_.empty()) return;
    if (++rows_ > kMaxXlsxRows) return;
    if (!fault_.empty()) {
      frames_ += kFaultFrame;
      put_number(frames_, row_);
      put_text(frames_, fault_.zh);
      put_text(frames_, fault_.en);
    } else {
      frames_ += kRowFrame;
      put_number(frames_, row_);
      put_number(frames_, static_cast<std::uint32_t>(cells_.size()));
      for (const std::string& cell : cells_) put_text(frames_, cell);
    }
    flush(1U << 16);
  }

  void flush(std::size_t most) {
    if (frames_.size() < most) return;
    output_(frames_);
    frames_.clear();
  }

  const Workbook& book_;
  const std::vector<Shown>& styles_;
  const std::vector<std::string>& strings_;
  const ConfinedOutput& output_;
  std::string frames_;
  std::uint32_t row_ = 0;
  std::uint64_t rows_ = 0;
  std::size_t column_ = 0;
  std::vector<std::string> cells_;
  Bilingual fault_;
  std::string type_, value_;
  std::uint32_t style_ = 0;
  bool in_value_ = false;
  int phonetic_ = 0;
};

void send(std::string_view bytes, const std::string& wanted, const ConfinedOutput& output) {
  const XlsxPackage package(bytes);
  const Workbook book = read_workbook(package);
  const Workbook::Sheet* chosen = nullptr;
  std::string frames, all;
  for (const Workbook::Sheet& sheet : book.sheets) {
    if (chosen == nullptr && (wanted.empty() ? !sheet.hidden : sheet.name == wanted))
      chosen = &sheet;
    if (sheet.hidden) continue;
    frames += kNameFrame;
    put_text(frames, sheet.name);
    all += (all.empty() ? "" : ", ") + sheet.name;
  }
  if (chosen == nullptr) {
    give_up("没有工作表“" + wanted + "”；有：" + all,
            "no sheet '" + wanted + "'; there are: " + all);
  }
  frames += kSheetFrame;
  put_text(frames, chosen->name);
  output(frames);
  const std::vector<Shown> styles = read_styles(package, book.styles);
  const std::vector<std::string> strings = read_shared_strings(package, book.strings);
  SheetReader(book, styles, strings, output).read(package, chosen->part);
}

// What goes wrong is said in a frame.
void send_or_say(std::string_view bytes, const std::string& wanted, const ConfinedOutput& output) {
  try {
    send(bytes, wanted, output);
  } catch (const PackageFault& failed) {
    std::string frame(1, kErrorFrame);
    put_text(frame, failed.what.zh);
    put_text(frame, failed.what.en);
    output(frame);
  }
}

}  // namespace

TableResult<XlsxSheet> read_xlsx(std::string_view bytes, const std::string& sheet) {
  if (bytes.size() > kMaxXlsxBytes) {
    return table_failure(ErrorCode::refused,
                         {"文件超过 64 MiB；请拆分，或另存为 CSV",
                          "the file is over 64 MiB: split it, or save it as CSV"});
  }
  auto sent =
      run_confined([&](const ConfinedOutput& output) { send_or_say(bytes, sheet, output); });
  if (!sent) return Unexpected<TableError>(std::move(sent).error());
  XlsxSheet out;
  for (Frames frames(*sent); frames.more();) {
    switch (frames.letter()) {
      case kNameFrame: out.names.push_back(frames.text()); break;
      case kSheetFrame: out.name = frames.text(); break;
      case kRowFrame: {
        CsvRow& row = out.rows.emplace_back();
        row.row = row.line = frames.number();
        std::uint32_t cells = std::min<std::uint32_t>(frames.number(), kMaxCsvColumns);
        for (; cells > 0; --cells) row.fields.push_back(frames.text());
        break;
      }
      case kFaultFrame: {
        CsvRow& row = out.rows.emplace_back();
        row.row = row.line = frames.number();
        std::string zh = frames.text();
        row.fault = CsvFault{row.line, 0, {std::move(zh), frames.text()}};
        break;
      }
      case kErrorFrame: {
        std::string zh = frames.text();
        return table_failure(ErrorCode::refused, {std::move(zh), frames.text()});
      }
      default: return table_failure(ErrorCode::refused, {"读取进程出错", "the reader failed"});
    }
    if (frames.broken())
      return table_failure(ErrorCode::refused, {"读取进程出错", "the reader failed"});
  }
  return out;
}

}  // namespace lianqing
