#include "cli/log_options.h"

#include <unistd.h>

#include <charconv>
#include <thread>

#include "cli/kept_packs.h"
#include "cli/language.h"
#include "cli/pack_files.h"
#include "cli/units_file.h"
#include "lianqing/assert.h"

namespace lianqing {
namespace {

constexpr unsigned kMaxThreads = 256;

Result<unsigned> thread_count(const Options& options) {
  const auto text = options.value("threads");
  if (!text) return std::clamp(std::thread::hardware_concurrency(), 1U, 8U);
  unsigned threads = 0;
  const auto end = std::from_chars(text->data(), text->data() + text->size(), threads);
  if (end.ec != std::errc{} || end.ptr != text->data() + text->size() || threads == 0 ||
      threads > kMaxThreads) {
    return failure(ErrorCode::usage,
                   "--threads expects a number from 1 to 256, not '" + *text + "'");
  }
  return threads;
}

Result<ReplayRequest> request_of(const Options& options, bool kept) {
  const bool data = options.has("data");
  if (!options.value("rules") && !(kept && data)) {
    return failure(ErrorCode::usage, "--rules PACK is needed");
  }
  if (options.values("events").empty() == !data) {
    return failure(ErrorCode::usage, data ? "--events and --data exclude each other"
                                          : "--events FILE or --data DIR is needed");
  }
  if (options.has("as-occurred") && options.has("as-recorded")) {
    return failure(ErrorCode::usage, "--as-occurred and --as-recorded exclude each other");
  }
  ReplayRequest out;
  LQ_TRY(out.options.threads, thread_count(options));
  out.log.paths = options.values(data ? "data" : "events");
  out.log.data = data;
  out.log.sort = options.has("sort");
  out.log.mode = options.has("as-occurred") ? ClockMode::as_occurred : ClockMode::as_recorded;
  out.options.mode = out.log.mode;
  if (const auto units = options.value("units")) {
    LQ_TRY(out.units, read_units(*units));
  }
  out.progress = ::isatty(STDERR_FILENO) == 1;
  out.style.chinese = is_chinese(options);
  out.style.colour = ::isatty(STDOUT_FILENO) == 1;
  return out;
}

}  // namespace

bool is_chinese(const Options& options) {
  const auto lang = options.value("lang");
  return lang ? lang->starts_with("zh") : prefers_chinese();
}

Result<Instant> parse_instant(const std::string& text, const Program& program, const char* option) {
  if (const auto t = parse_rfc3339(text)) return *t;
  if (const auto date = parse_date(text))
    return program.zone.end_of(LocalDay{date->time_since_epoch()});
  return failure(ErrorCode::usage,
                 std::string("--") + option +
                     " expects a date or a time such as 2026-03-05T10:00:00+08:00, not '" + text +
                     "'");
}

std::optional<ReplayRequest> log_request(const Options& options, int& code, bool kept) {
  auto request = request_of(options, kept);
  if (!request) {
    code = report(request.error(), is_chinese(options));
    return std::nullopt;
  }
  std::vector<std::string> packs = options.values("rules");
  if (packs.empty()) {
    auto ruled = ruled_packs(request->log.paths[0]);
    if (ruled && ruled->empty()) {
      ruled = failure(ErrorCode::usage,
                      "--rules PACK is needed: no daemon has run on " + request->log.paths[0]);
    }
    if (!ruled) {
      code = report(ruled.error(), request->style.chinese);
      return std::nullopt;
    }
    packs = *std::move(ruled);
  }
  for (const std::string& path : packs) {
    auto program = load_pack(path, request->style.chinese, code);
    if (!program) return std::nullopt;
    if (request->program == nullptr) {
      request->program = std::move(program);
    } else {
      request->later.push_back(std::move(program));
    }
  }
  return *std::move(request);
}

}  // namespace lianqing
