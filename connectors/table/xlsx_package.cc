#include "connectors/table/xlsx_package.h"

#include <expat.h>
#include <zip.h>

#include <algorithm>
#include <new>
#include <utility>

namespace lianqing {
namespace {

[[noreturn]] void give_up(std::string zh, std::string en) {
  throw PackageFault{{std::move(zh), std::move(en)}};
}

std::string_view local_name(const char* name) {
  const std::string_view whole = name;
  const std::size_t colon = whole.rfind(':');
  return colon == std::string_view::npos ? whole : whole.substr(colon + 1);
}

class Xml {
 public:
  Xml(const XmlPartReader& reader, std::string part)
      : reader_(reader), part_(std::move(part)), parser_(XML_ParserCreate(nullptr)) {
    XML_SetUserData(parser_, this);
    XML_SetElementHandler(parser_, &Xml::opened, &Xml::closed);
    XML_SetCharacterDataHandler(parser_, &Xml::characters);
    XML_SetStartDoctypeDeclHandler(parser_, &Xml::doctype);
  }
  Xml(const Xml&) = delete;
  Xml& operator=(const Xml&) = delete;
  ~Xml() { XML_ParserFree(parser_); }

  void take(const char* bytes, int size, bool last) {
    if (XML_Parse(parser_, bytes, size, last) != XML_STATUS_ERROR && !refused_) return;
    if (refused_) {
      give_up("“" + part_ + "”里有 DTD 声明，拒绝读取", part_ + " has a document type declaration");
    }
    const std::string why = XML_ErrorString(XML_GetErrorCode(parser_));
    give_up("“" + part_ + "”不是完好的 XML：" + why, part_ + " is not well-formed XML: " + why);
  }

 private:
  static Xml& self(void* data) { return *static_cast<Xml*>(data); }
  static void opened(void* data, const char* name, const char** attributes) {
    Xml& xml = self(data);
    if (++xml.depth_ > 64) return xml.stop();
    XmlAttributes found;
    for (; *attributes != nullptr; attributes += 2)
      found.emplace(local_name(attributes[0]), attributes[1]);
    if (xml.reader_.open) xml.reader_.open(local_name(name), found);
  }
  static void closed(void* data, const char* name) {
    --self(data).depth_;
    if (self(data).reader_.close) self(data).reader_.close(local_name(name));
  }
  static void characters(void* data, const char* text, int size) {
    if (self(data).reader_.text) self(data).reader_.text({text, static_cast<std::size_t>(size)});
  }
  static void doctype(void* data, const char*, const char*, const char*, int) {
    self(data).refused_ = true;
    self(data).stop();
  }
  void stop() { XML_StopParser(parser_, XML_FALSE); }

  const XmlPartReader& reader_;
  std::string part_;
  XML_Parser parser_;
  int depth_ = 0;
  bool refused_ = false;
};

void check_sizes(zip_t* zip) {
  const zip_int64_t parts = zip_get_num_entries(zip, 0);
  if (parts < 0 || static_cast<std::uint64_t>(parts) > kMaxXlsxParts)
    give_up("工作簿的部件超过 1000 个", "the workbook has more than 1,000 parts");
  std::uint64_t total = 0;
  for (zip_uint64_t i = 0; i < static_cast<zip_uint64_t>(parts); ++i) {
    zip_stat_t stat;
    if (zip_stat_index(zip, i, 0, &stat) != 0 || (stat.valid & ZIP_STAT_SIZE) == 0)
      give_up("不是完好的 .xlsx（ZIP）文件", "not a sound .xlsx (ZIP) file");
    total += stat.size;
    const bool bomb = stat.size > (1U << 20) &&
                      stat.size / std::max<std::uint64_t>(stat.comp_size, 1) > kMaxXlsxRatio;
    if (stat.size > kMaxXlsxPartBytes || total > kMaxXlsxTotalBytes || bomb) {
      const std::string name = stat.name;
      give_up("“" + name + "”解压后过大（单个 64 MiB、合计 256 MiB、压缩比 100 为限）",
              name + " is too large unpacked (limits: 64 MiB a part, 256 MiB in all, 100:1)");
    }
  }
}

}  // namespace

struct XlsxPackage::Zip {
  zip_t* archive = nullptr;
  Zip() = default;
  Zip(const Zip&) = delete;
  Zip& operator=(const Zip&) = delete;
  ~Zip() {
    if (archive != nullptr) zip_discard(archive);
  }
};

XlsxPackage::XlsxPackage(std::string_view bytes) : zip_(std::make_unique<Zip>()) {
  zip_error_t error;
  zip_error_init(&error);
  zip_source_t* source = zip_source_buffer_create(bytes.data(), bytes.size(), 0, &error);
  if (source == nullptr) throw std::bad_alloc();
  zip_->archive = zip_open_from_source(source, ZIP_RDONLY, &error);
  if (zip_->archive == nullptr) {
    zip_source_free(source);
    give_up("不是完好的 .xlsx（ZIP）文件", "not a sound .xlsx (ZIP) file");
  }
  check_sizes(zip_->archive);
}

XlsxPackage::~XlsxPackage() = default;

bool XlsxPackage::has(const std::string& part) const {
  return zip_name_locate(zip_->archive, part.c_str(), ZIP_FL_NOCASE) >= 0;
}

void XlsxPackage::read(const std::string& part, const XmlPartReader& reader) const {
  const zip_int64_t index = zip_name_locate(zip_->archive, part.c_str(), ZIP_FL_NOCASE);
  if (index < 0 && has("word/document.xml")) {
    give_up("是 Word 文档，不是表格；请把里面的表格复制到电子表格，存为 .xlsx",
            "a document of Word and no table: copy its table into a spreadsheet, save as .xlsx");
  }
  if (index < 0) give_up("工作簿里缺少“" + part + "”", "the workbook lacks " + part);
  zip_stat_t stat;
  zip_stat_index(zip_->archive, static_cast<zip_uint64_t>(index), 0, &stat);
  const std::unique_ptr<zip_file_t, int (*)(zip_file_t*)> file(
      zip_fopen_index(zip_->archive, static_cast<zip_uint64_t>(index), 0), &zip_fclose);
  if (file == nullptr) {
    give_up("“" + part + "”打不开（有密码？）", "cannot open " + part + " (is there a password?)");
  }
  Xml xml(reader, part);
  std::uint64_t left = stat.size;  // what check_sizes() saw; more is a lie
  char bytes[1 << 16];
  for (;;) {
    const zip_int64_t n = zip_fread(file.get(), bytes, sizeof bytes);
    if (n < 0 || static_cast<std::uint64_t>(n) > left)
      give_up("“" + part + "”已损坏", part + " is damaged");
    left -= static_cast<std::uint64_t>(n);
    xml.take(bytes, static_cast<int>(n), n == 0);
    if (n == 0) return;
  }
}

}  // namespace lianqing
