#include "cli/serve/logbook.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include "connectors/json_writer.h"

namespace lianqing {

struct Logbook::Sink {
  spdlog::logger logger{"lianqing", std::make_shared<spdlog::sinks::stderr_sink_mt>()};
};

Logbook::Logbook(bool json, bool chinese)
    : sink_(std::make_unique<Sink>()), json_(json), chinese_(chinese) {
  sink_->logger.set_pattern(json ? R"({"time":"%Y-%m-%dT%H:%M:%S.%e%z","level":"%l","message":%v})"
                                 : "%Y-%m-%d %H:%M:%S.%e %z %l: %v");
  sink_->logger.flush_on(spdlog::level::info);
}

Logbook::~Logbook() = default;

void Logbook::note(const Bilingual& text) { write(Weight::note, text); }
void Logbook::warn(const Bilingual& text) { write(Weight::warn, text); }
void Logbook::alarm(const Bilingual& text) { write(Weight::alarm, text); }

void Logbook::write(Weight weight, const Bilingual& text) {
  std::string line;
  append_json_string(line, text.in(chinese_));  // control characters escaped in both forms
  if (!json_) line = line.substr(1, line.size() - 2);
  const auto level = weight == Weight::note   ? spdlog::level::info
                     : weight == Weight::warn ? spdlog::level::warn
                                              : spdlog::level::err;
  sink_->logger.log(level, line);
}

}  // namespace lianqing
