// lianqing log quarantine: what was refused, whole and with its reason.
#include <cstdio>

#include "cli/log_commands.h"
#include "cli/translation.h"
#include "connectors/json_writer.h"
#include "lianqing/assert.h"

namespace lianqing {
namespace {

constexpr std::size_t kStep = 1024;
constexpr std::size_t kShownBytes = 120;

void print_json(const QuarantinedRecord& record) {
  std::string text;
  JsonWriter out(text);
  const Rejection& r = record.rejection;
  out.begin_object().key("number").unsigned_integer(record.number);
  out.key("at").string(format_rfc3339(record.at));
  out.key("code").string(r.code).key("detail").string(r.detail);
  out.key("line").unsigned_integer(r.origin.line).key("byte").unsigned_integer(r.origin.byte);
  out.key("column").unsigned_integer(r.column).key("raw").string(r.raw).end_object();
  std::printf("%s\n", text.c_str());
}

void print_text(const QuarantinedRecord& record, bool chinese) {
  const Rejection& r = record.rejection;
  std::string raw = r.raw.substr(0, kShownBytes);
  for (char& c : raw) {
    if (static_cast<unsigned char>(c) < 0x20) c = ' ';
  }
  std::printf("%llu  %s  %s: %s\n    %s%s\n", static_cast<unsigned long long>(record.number),
              format_rfc3339(record.at).c_str(), r.code.c_str(),
              in_language(r.detail, chinese).c_str(), raw.c_str(),
              r.raw.size() > kShownBytes ? " ..." : "");
}

}  // namespace

Result<int> log_quarantine(const LogCall& call) {
  const std::string format = call.options.value_or("format", "text");
  if (format != "text" && format != "json") {
    return failure(ErrorCode::usage, "--format is text or json, not '" + format + "'");
  }
  LQ_TRY(std::uint64_t at, number_option(call.options, "from", 0));
  LQ_TRY(const auto log, call.open(OpenMode::read_only));
  for (;;) {
    LQ_TRY(const auto records, log->quarantined(at, kStep));
    if (records.empty()) return 0;
    for (const QuarantinedRecord& record : records) {
      if (call.options.has("raw")) {
        std::printf("%s\n", record.rejection.raw.c_str());
      } else if (format == "json") {
        print_json(record);
      } else {
        print_text(record, call.chinese);
      }
    }
    at = records.back().number + 1;
  }
}

}  // namespace lianqing
