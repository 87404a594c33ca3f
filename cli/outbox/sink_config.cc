#include "cli/outbox/sink_config.h"

#include <algorithm>
#include <array>

#include "rules/duration.h"
#include "rules/reader.h"

namespace lianqing {
namespace {

constexpr KeyRow kCommonKeys[] = {
    {"kind", KeyShape::word, true},
    {"levels", KeyShape::words},
    {"rules", KeyShape::words},
    {"units", KeyShape::words},
    {"falls", KeyShape::flag},
    {"group", KeyShape::word},
    {"settle", KeyShape::duration},
    {"mute", KeyShape::flag},
    {"quiet", KeyShape::map},
    {"digest", KeyShape::word},
    {"from", KeyShape::word},
    {"give_up", KeyShape::duration},
    {"longest_wait", KeyShape::duration},
    {"patience", KeyShape::duration},
};
// Of one kind or another; the registry says of which.
constexpr KeyRow kOwnKeys[] = {
    {"url", KeyShape::word},      {"url_file", KeyShape::word},   {"secrets", KeyShape::words},
    {"path", KeyShape::word},     {"link", KeyShape::word},       {"language", KeyShape::word},
    {"encoding", KeyShape::word}, {"resend", KeyShape::duration},
};
constexpr KeyRow kQuietKeys[] = {
    {"from", KeyShape::word},
    {"until", KeyShape::word},
    {"workdays", KeyShape::flag},
    {"except", KeyShape::word},
};
constexpr KeyRow kOutboundKeys[] = {
    {"hosts", KeyShape::words}, {"networks", KeyShape::words}, {"ca", KeyShape::word}};

constexpr std::array<std::pair<std::string_view, Level>, 3> kLevelNames = {
    {{"green", Level::green}, {"yellow", Level::yellow}, {"red", Level::red}}};
constexpr std::array<std::pair<std::string_view, bool>, 2> kGroups = {
    {{"unit", true}, {"none", false}}};
constexpr std::array<std::pair<std::string_view, bool>, 2> kFrom = {
    {{"start", true}, {"now", false}}};

constexpr std::array<std::pair<std::string_view, TableEncoding>, 2> kEncodings = {
    {{"utf-8", TableEncoding::utf8_with_mark}, {"gb18030", TableEncoding::gb18030}}};

constexpr std::size_t kMostSinks = 50;
constexpr std::size_t kMostSecrets = 4;  // a webhook may sign in two ways

void report(const SourceSpan& at, const Bilingual& message, Diagnostics& out) {
  out.push_back({"C001", Severity::error, at, message, {}});
}

bool is_sink_name(const std::string& name) {
  return !name.empty() && name.size() <= 64 &&
         name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_-") == std::string::npos;
}

class Reading {
 public:
  Reading(const Node& node, Diagnostics& out) : node_(node), out_(out) {}

  std::string word(std::string_view key) { return read_text(node_, key, out_).text; }
  std::vector<std::string> words(std::string_view key) {
    std::vector<std::string> out;
    const Node* list = node_.find(key);
    if (list == nullptr) return out;
    for (const Text& text : read_texts(*list, out_)) out.push_back(text.text);
    return out;
  }
  bool flag(std::string_view key, bool otherwise) {
    return read_flag(node_, key, out_).value_or(otherwise);
  }
  template <class Table>
  auto choice(std::string_view key, const Table& table, const Bilingual& what) {
    return choose(read_text(node_, key, out_), table, what, out_);
  }
  void duration(std::string_view key, Duration least, Duration most, Duration& to) {
    const Text text = read_text(node_, key, out_);
    if (!text.present) return;
    const auto span = parse_span(text.text);
    if (span && !span->workdays && Duration{span->amount} >= least &&
        Duration{span->amount} <= most) {
      to = Duration{span->amount};
      return;
    }
    report(text.at,
           {std::string(key) + " 应为 " + words_of(least) + " 至 " + words_of(most) +
                " 之间的时长，例如 30s、5m、1h",
            std::string(key) + " expects a length of time from " + words_of(least) + " to " +
                words_of(most) + ", such as 30s, 5m, 1h"},
           out_);
  }
  std::optional<std::chrono::minutes> time_of_day(std::string_view key) {
    const Text text = read_text(node_, key, out_);
    if (!text.present) return std::nullopt;
    const std::string& t = text.text;
    const auto digit = [&t](std::size_t at) { return t[at] >= '0' && t[at] <= '9'; };
    if (t.size() == 5 && t[2] == ':' && digit(0) && digit(1) && digit(3) && digit(4)) {
      const int hour = (t[0] - '0') * 10 + t[1] - '0', minute = (t[3] - '0') * 10 + t[4] - '0';
      if (hour < 24 && minute < 60) return std::chrono::minutes(60 * hour + minute);
    }
    report(text.at,
           {std::string(key) + " 应为带引号的时刻，例如 \"08:30\"",
            std::string(key) + " expects a time of day in quotes, such as \"08:30\""},
           out_);
    return std::nullopt;
  }

 private:
  static std::string words_of(Duration d) {
    const auto s = std::chrono::floor<std::chrono::seconds>(d).count();
    if (s % 86400 == 0 && s > 0) return std::to_string(s / 86400) + "d";
    if (s % 3600 == 0 && s > 0) return std::to_string(s / 3600) + "h";
    return std::to_string(s) + "s";
  }

  const Node& node_;
  Diagnostics& out_;
};

void read_quiet(const Node& node, OutboxHours& hours, Diagnostics& out) {
  if (!check_keys(node, node.at, kQuietKeys, {"免打扰时段", "quiet hours"}, out)) return;
  Reading in(node, out);
  const auto from = in.time_of_day("from"), until = in.time_of_day("until");
  if ((node.find("from") == nullptr) != (node.find("until") == nullptr)) {
    report(node.at, {"from 与 until 须同时给出", "from and until go together"}, out);
  }
  if (from && until) {
    hours.quiet_from = *from;
    hours.quiet_until = *until;
  }
  hours.workdays = in.flag("workdays", false);
  hours.always = in.choice("except", kLevelNames, {"级别", "level"});
}

void read_policy(const Node& node, SinkConfig& sink, Diagnostics& out) {
  using std::chrono::hours, std::chrono::seconds;
  Reading in(node, out);
  OutboxPolicy& policy = sink.policy;
  if (const Node* levels = node.find("levels"); levels != nullptr) {
    for (const Text& text : read_texts(*levels, out)) {
      const auto level = choose(text, kLevelNames, {"级别", "level"}, out);
      if (level) policy.levels.insert(*level);
    }
  }
  for (std::string& rule : in.words("rules")) policy.rules.insert(std::move(rule));
  for (std::string& unit : in.words("units")) policy.units.insert(std::move(unit));
  policy.falls = in.flag("falls", true);
  policy.group = sink.kind->group;
  policy.settle = sink.kind->settle;
  if (const auto group = in.choice("group", kGroups, {"归并", "group"})) policy.group = *group;
  in.duration("settle", Duration{0}, hours(24), policy.settle);
  if (!policy.group) policy.settle = {};
  if (!policy.group && node.find("settle") != nullptr) {
    report(node.find("settle")->at,
           {"settle 只在 group: unit 时有意义", "settle goes with group: unit"}, out);
  }
  policy.mute = in.flag("mute", false);
  in.duration("give_up", hours(1), hours(24 * 90), policy.give_up);
  in.duration("longest_wait", seconds(5), hours(24), policy.longest_wait);
  policy.batch = sink.kind->batch;
  policy.batch_to_hurry = sink.kind->batch_to_hurry;
  policy.per_minute = sink.kind->per_minute;
  policy.gap = sink.kind->gap;
  policy.avoid_half_hours = sink.kind->avoid_half_hours;
  if (const Node* quiet = node.find("quiet"); quiet != nullptr) {
    read_quiet(*quiet, sink.hours, out);
  }
  sink.hours.digest = in.time_of_day("digest");
  sink.from_start = in.choice("from", kFrom, {"起点", "start"}).value_or(false);
  if (sink.from_start) policy.oldest = Duration::max();
}

void read_settings(const Node& node, SinkConfig& sink, Diagnostics& out) {
  Reading in(node, out);
  SinkSettings& settings = sink.settings;
  settings.url = in.word("url");
  settings.url_file = in.word("url_file");
  settings.secrets = in.words("secrets");
  settings.path = in.word("path");
  settings.link = in.word("link");
  settings.encoding = in.choice("encoding", kEncodings, {"编码", "encoding"});
  if (const std::string language = in.word("language"); !language.empty()) {
    settings.language = language;
    if (language != "zh" && language != "en") {
      report(node.find("language")->at, {"language 应为 zh 或 en", "language expects zh or en"},
             out);
    }
  }
  Duration patience = std::chrono::seconds(10), resend{};
  in.duration("patience", std::chrono::seconds(1), std::chrono::minutes(2), patience);
  settings.outbound.patience = std::chrono::floor<std::chrono::milliseconds>(patience);
  if (node.find("resend") != nullptr) {
    in.duration("resend", std::chrono::seconds(5), std::chrono::hours(1), resend);
    settings.resend = resend;
  }
  if (settings.secrets.size() > kMostSecrets) {
    report(node.find("secrets")->at,
           {"最多四个密钥文件（轮换期间每种新旧各一）",
            "at most four secrets: of each sort the old and the new one"},
           out);
  }
  if (!settings.url.empty()) {
    if (const auto url = http::parse_outbound_url(settings.url); !url) {
      report(node.find("url")->at, {"url 有误：" + url.error().what, url.error().what}, out);
    } else if (!settings.hosts.empty() && std::find(settings.hosts.begin(), settings.hosts.end(),
                                                    url->host) == settings.hosts.end()) {
      report(node.find("url")->at,
             {url->host + " 不在 outbound 的 hosts 之列",
              url->host + " is not among the hosts that outbound lists"},
             out);
    }
  }
}

void read_sink(const Entry& entry, SinkConfig sink, std::vector<SinkConfig>& sinks,
               Diagnostics& out) {
  const Node& node = entry.value;
  if (!is_sink_name(entry.key)) {
    report(entry.key_at,
           {"推送目标的名称只能用小写字母、数字、_ 和 -，至多 64 个字符",
            "a sink's name is made of a-z, 0-9, _ and -, at most 64 of them"},
           out);
  }
  sink.settings.name = sink.policy.sink = entry.key;
  if (node.is_map()) {
    const Text kind = read_text(node, "kind", out);
    sink.kind = find_sink_kind(kind.text);
    if (kind.present && sink.kind == nullptr) {
      std::vector<std::string> known;
      for (const SinkKind& one : sink_kinds()) known.emplace_back(one.name);
      report_choice(kind, {"推送目标种类", "kind of sink"}, known, out);
      return;
    }
  }
  std::vector<KeyRow> keys(std::begin(kCommonKeys), std::end(kCommonKeys));
  for (const KeyRow& row : kOwnKeys) {
    if (sink.kind == nullptr) break;
    const auto& own = sink.kind->keys;
    if (std::find(own.begin(), own.end(), row.name) != own.end()) keys.push_back(row);
  }
  if (!check_keys(node, entry.key_at, keys, {"推送目标", "a sink"}, out)) return;
  if (sink.kind == nullptr) return;
  read_policy(node, sink, out);
  read_settings(node, sink, out);
  const auto& needs = sink.kind->needs;
  if (std::none_of(needs.begin(), needs.end(),
                   [&node](std::string_view key) { return node.find(key) != nullptr; })) {
    std::string names;
    for (const std::string_view need : needs) {
      names += (names.empty() ? "" : " / ") + std::string(need);
    }
    report(entry.key_at, {"缺少 " + names, names + " is needed"}, out);
  }
  sinks.push_back(std::move(sink));
}

}  // namespace

std::vector<SinkConfig> read_sinks(const Node& root, Diagnostics& out) {
  std::vector<SinkConfig> sinks;
  SinkConfig blank;
  if (const Node* node = root.find("outbound"); node != nullptr) {
    if (check_keys(*node, node->at, kOutboundKeys, {"outbound", "outbound"}, out)) {
      Reading in(*node, out);
      blank.settings.hosts = in.words("hosts");
      blank.settings.outbound.networks = in.words("networks");
      blank.settings.outbound.ca = in.word("ca");
      for (const std::string& network : blank.settings.outbound.networks) {
        const Status checked = http::check_network(network);
        if (checked) continue;
        report(node->find("networks")->at,
               {"networks 应为地址或网段，例如 10.0.0.0/8", checked.error().what}, out);
      }
    }
  }
  const Node* node = root.find("sinks");
  if (node == nullptr || !check_map(*node, {"推送目标", "sinks"}, out)) return sinks;
  if (node->entries.size() > kMostSinks) {
    report(node->at, {"最多 50 个推送目标", "at most 50 sinks"}, out);
  }
  for (const Entry& entry : node->entries) read_sink(entry, blank, sinks, out);
  return sinks;
}

}  // namespace lianqing
