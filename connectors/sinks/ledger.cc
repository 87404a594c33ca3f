#include "connectors/sinks/ledger.h"

#include <array>
#include <boost/json.hpp>

#include "connectors/csv_writer.h"
#include "connectors/sinks/grown_file.h"
#include "lianqing/assert.h"

namespace lianqing {
namespace {

constexpr std::size_t kColumns = 9;
constexpr std::array<const char*, kColumns> kHeadZh = {
    "时间", "单位", "触发规则", "分项", "原等级", "现等级", "变化", "原因", "预警编号"};
constexpr std::array<const char*, kColumns> kHeadEn = {
    "time", "unit", "rule", "key", "from", "to", "change", "because", "warning id"};
constexpr std::array<const char*, kLevels> kLevelZh = {"绿", "黄", "红"};
constexpr std::size_t kSeconds = 19;  // characters of a time up to its seconds

// A line end would make two lines of a row: a crash could cut it in its middle.
std::string in_one_line(std::string text) {
  for (char& c : text) {
    if (c == '\n' || c == '\r') c = ' ';
  }
  return text;
}

// A member of the warning in the language, if it is there.
std::string sentence(const boost::json::value& warning, const char* member, bool chinese) {
  const auto* object = warning.if_object();
  const auto* both = object == nullptr ? nullptr : object->if_contains(member);
  if (both == nullptr || !both->is_object()) return {};
  for (const char* language : {chinese ? "zh" : "en", chinese ? "en" : "zh"}) {
    const auto* text = both->get_object().if_contains(language);
    if (text != nullptr && text->is_string() && !text->get_string().empty()) {
      return std::string(text->get_string());
    }
  }
  return {};
}

class LedgerSink final : public Sink {
 public:
  LedgerSink(SinkSettings settings, std::string head)
      : settings_(std::move(settings)),
        chinese_(settings_.language == "zh"),
        head_(std::move(head)) {}

  Delivery deliver(std::span<const Notice> notices, Instant, const std::stop_token&) override {
    std::string text;
    for (const Notice& notice : notices) {
      for (const NoticeEdge& edge : notice.edges) text += csv_line(row(edge));
    }
    const auto bytes = encode_lines(text, settings_.encoding.value_or(kUsual));
    if (!bytes) {
      return Unexpected<DeliveryFailure>(
          DeliveryFailure{DeliveryFailure::Kind::unavailable, bytes.error().what, {}});
    }
    return deliver_lines(settings_.path, head_, *bytes);
  }

  static constexpr TableEncoding kUsual = TableEncoding::utf8_with_mark;

 private:
  std::string level(Level level) const {
    return chinese_ ? kLevelZh[static_cast<std::size_t>(level)] : std::string(name(level));
  }

  std::vector<std::string> row(const NoticeEdge& edge) const {
    boost::system::error_code error;
    boost::json::parse_options options;
    options.max_depth = 512;  // reasons are trees
    boost::json::value warning = boost::json::parse(edge.text, error, {}, options);
    if (error) warning = nullptr;
    std::string time = settings_.local ? settings_.local(edge.time).substr(0, kSeconds)
                                       : format_rfc3339(edge.time);
    std::string title = sentence(warning, "title", chinese_);
    if (title.empty()) title = edge.rule;
    const char* change =
        edge.to > edge.from ? (chinese_ ? "升级" : "rises") : (chinese_ ? "降级" : "falls");
    std::vector<std::string> out = {time,
                                    edge.unit,
                                    title,
                                    edge.key,
                                    level(edge.from),
                                    level(edge.to),
                                    change,
                                    sentence(warning, "because", chinese_),
                                    edge.id};
    for (std::string& cell : out) cell = in_one_line(std::move(cell));
    return out;
  }

  const SinkSettings settings_;
  const bool chinese_;
  const std::string head_;  // as bytes of the file
};

}  // namespace

Result<std::unique_ptr<Sink>> make_ledger(const SinkSettings& settings) {
  const auto& names = settings.language == "zh" ? kHeadZh : kHeadEn;
  const std::vector<std::string> cells(names.begin(), names.end());
  LQ_TRY(std::string head,
         encode_table(csv_line(cells), settings.encoding.value_or(LedgerSink::kUsual)));
  const auto able = append_lines(settings.path, head, {});
  if (!able && able.error().code != ErrorCode::refused) return Unexpected<Error>(able.error());
  return std::make_unique<LedgerSink>(settings, std::move(head));
}

}  // namespace lianqing
