#include "cli/top_frame.h"

#include <algorithm>
#include <cstdio>
#include <ctime>

#include "cli/columns.h"
#include "cli/words.h"

namespace lianqing {
namespace {

constexpr std::size_t kHeadLines = 4;  // with the blank one
constexpr std::string_view kBucket = "lianqing_ingest_latency_seconds_bucket{le=\"";

std::string rounded(double value, const char* format) {
  char text[32];
  std::snprintf(text, sizeof text, format, value);
  return text;
}

// The machine's own zone: who watches a daemon sits beside it.
std::string local(const std::string& time) {
  const auto instant = parse_rfc3339(time);
  if (!instant) return time;
  const std::time_t seconds =
      std::chrono::floor<std::chrono::seconds>(*instant).time_since_epoch().count();
  std::tm parts{};
  ::localtime_r(&seconds, &parts);
  char text[32];
  std::strftime(text, sizeof text, "%m-%d %H:%M:%S", &parts);
  return text;
}

class Picture {
 public:
  Picture(const TopFrame& frame, const http::DaemonView& now,
          const std::optional<http::DaemonView>& before, double seconds)
      : frame_(frame), now_(now), before_(before), seconds_(seconds) {}

  std::vector<std::string> lines() {
    head();
    const TopRows rows = rows_of(frame_.height);
    units(rows.units);
    out_.emplace_back();
    warnings(rows.warnings);
    if (out_.size() > frame_.height) out_.resize(frame_.height);
    for (std::string& line : out_) line = clipped(line, frame_.width);
    return std::move(out_);
  }

 private:
  std::string say(const char* zh, const char* en) const { return frame_.style.chinese ? zh : en; }
  std::string bold(const std::string& text) const {
    return frame_.style.colour ? "\033[1m" + text + "\033[0m" : text;
  }

  std::string rate(std::uint64_t after, std::uint64_t before) const {
    if (!before_ || seconds_ <= 0) return "–";
    const double per_second = static_cast<double>(after - std::min(before, after)) / seconds_;
    return rounded(per_second, per_second < 10 ? "%.1f" : "%.0f") + say("/秒", "/s");
  }

  void head() {
    out_.push_back(bold("lianqing " + frame_.url) + "  " + frame_.time + "  " +
                   (now_.ready ? say("就绪", "ready") : say("未就绪", "NOT READY")));
    std::string colours;
    for (const Level level : {Level::red, Level::yellow, Level::green}) {
      colours += "  " + painted(level, frame_.style) + " " +
                 std::to_string(now_.colours[static_cast<std::size_t>(level)]);
    }
    if (now_.grey > 0) colours += say("  ○ 灰 ", "  ○ grey ") + std::to_string(now_.grey);
    const http::DaemonView& before = before_ ? *before_ : now_;
    out_.push_back(say("记录 ", "records ") + std::to_string(now_.records) + " (" +
                   rate(now_.records, before.records) + ")  " + say("预警 ", "warnings ") +
                   std::to_string(now_.position) + " (" + rate(now_.position, before.position) +
                   ")  " + say("单位 ", "units ") + std::to_string(now_.units) + colours);
    if (!now_.metrics.empty()) out_.push_back(engine());
    out_.emplace_back();
  }

  double metric(const std::string& name) const {
    const auto found = now_.metrics.find(name);
    return found == now_.metrics.end() ? 0 : found->second;
  }

  std::string engine() const {
    double refused = 0;
    for (auto at = now_.metrics.lower_bound("lianqing_ingest_quarantined_total");
         at != now_.metrics.end() && at->first.starts_with("lianqing_ingest_quarantined_total");
         ++at) {
      refused += at->second;
    }
    return say("提交 ", "commit ") + "p50 " + quantile(0.5) + " p99 " + quantile(0.99) + "  " +
           say("排队 ", "queue ") + rounded(metric("lianqing_queue_requests"), "%.0f") + "  " +
           say("推演落后 ", "fold lag ") + rounded(metric("lianqing_fold_lag_seconds"), "%.1f") +
           " s  " + say("隔离 ", "quarantined ") + rounded(refused, "%.0f") + "  " +
           say("磁盘余 ", "disk free ") +
           rounded(metric("lianqing_disk_free_bytes") / 1073741824.0, "%.1f") + " GiB" + sources();
  }

  // How many of the sources that the daemon reads by itself can be read, and which cannot.
  std::string sources() const {
    constexpr std::string_view kUp = "lianqing_connector_up{connector=\"";
    int all = 0, up = 0;
    std::string failing;
    for (auto at = now_.metrics.lower_bound(std::string(kUp));
         at != now_.metrics.end() && at->first.starts_with(kUp); ++at) {
      ++all;
      if (at->second > 0) {
        ++up;
      } else {
        failing += " " + at->first.substr(kUp.size(), at->first.size() - kUp.size() - 2);
      }
    }
    if (all == 0) return {};
    return say("  来源 ", "  sources ") + std::to_string(up) + "/" + std::to_string(all) +
           (failing.empty() ? "" : say(" 读不到：", " failing:") + failing);
  }

  // The bound of the bucket that a share of the requests since the last frame stays within.
  std::string quantile(double share) const {
    std::vector<std::pair<double, double>> buckets;  // bound, requests within it
    for (auto at = now_.metrics.lower_bound(std::string(kBucket));
         at != now_.metrics.end() && at->first.starts_with(kBucket); ++at) {
      double earlier = 0;
      if (before_) {
        const auto found = before_->metrics.find(at->first);
        if (found != before_->metrics.end()) earlier = found->second;
      }
      const std::string bound = at->first.substr(kBucket.size());
      buckets.emplace_back(bound.starts_with('+') ? 1e9 : std::atof(bound.c_str()),
                           at->second - earlier);
    }
    std::sort(buckets.begin(), buckets.end());
    if (buckets.empty() || buckets.back().second <= 0) return "–";
    for (const auto& [bound, within] : buckets) {
      if (within < share * buckets.back().second) continue;
      return bound > 1e8 ? std::string("> 10 s")
                         : "≤ " + rounded(bound * 1000, bound < 0.001 ? "%.1f" : "%.0f") + " ms";
    }
    return "–";
  }

  std::string painted_colour(const std::string& colour) const {
    for (const Level level : {Level::green, Level::yellow, Level::red}) {
      if (name(level) == colour) return painted(level, frame_.style);
    }
    return colour;
  }

  // Blanks are better than a table that jumps.
  void table(const std::vector<std::vector<std::string>>& rows) {
    const std::string text = columns(rows, std::vector<bool>(rows[0].size(), false));
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t end = text.find('\n', at);
      out_.push_back(text.substr(at, end - at));
      at = end + 1;
    }
  }

  void units(std::size_t most) {
    const std::uint64_t standing = now_.colours[1] + now_.colours[2];
    const std::size_t shown = std::min(most, now_.rows.size());
    out_.push_back(bold(say("单位", "UNITS")) +
                   (standing > shown ? say("（另有 ", " (") + std::to_string(standing - shown) +
                                           say(" 个未显示）", " more)")
                                     : std::string()));
    if (shown == 0) {
      out_.push_back(say("没有红、黄单位", "none is red or yellow"));
      return;
    }
    std::vector<std::vector<std::string>> rows;
    for (std::size_t i = 0; i < shown; ++i) {
      const http::UnitRow& row = now_.rows[i];
      std::string rules;
      for (const Level level : {Level::red, Level::yellow}) {
        for (const auto& [rule, at] : row.up) {
          if (at == level) rules += (rules.empty() ? "" : ", ") + rule;
        }
      }
      rows.push_back({painted_colour(row.colour), row.unit, rules});
    }
    table(rows);
  }

  void warnings(std::size_t most) {
    out_.push_back(bold(say("最新预警", "NEWEST WARNINGS")));
    if (now_.warnings.empty()) {
      out_.push_back(say("还没有", "none yet"));
      return;
    }
    std::vector<std::vector<std::string>> rows;
    for (std::size_t i = 0; i < std::min(most, now_.warnings.size()); ++i) {
      const http::WarningRow& row = now_.warnings[i];
      const std::string title = row.title.in(frame_.style.chinese);
      rows.push_back(
          {local(row.time), row.unit,
           painted(row.from, frame_.style) + " → " + painted(row.to, frame_.style),
           (title.empty() ? row.rule : title) + (row.key.empty() ? "" : " [" + row.key + "]")});
    }
    table(rows);
  }

  const TopFrame& frame_;
  const http::DaemonView& now_;
  const std::optional<http::DaemonView>& before_;
  const double seconds_;
  std::vector<std::string> out_;
};

}  // namespace

TopRows rows_of(std::size_t height) {
  const std::size_t rest = std::max<std::size_t>(height, kHeadLines + 5) - kHeadLines - 3;
  return {rest - rest / 2, rest / 2};
}

std::vector<std::string> top_frame(const TopFrame& frame, const http::DaemonView& now,
                                   const std::optional<http::DaemonView>& before, double seconds) {
  return Picture(frame, now, before, seconds).lines();
}

std::string clipped(const std::string& line, std::size_t width) {
  if (display_width(line) <= width) return line;
  std::string out;
  std::size_t used = 0;
  bool painted = false;
  for (std::size_t i = 0; i < line.size();) {
    std::size_t end = i + 1;
    if (line[i] == '\033') {
      end = std::min(line.size(), line.find('m', i) + 1);
      painted = true;
    } else {
      while (end < line.size() && (static_cast<unsigned char>(line[end]) & 0xC0) == 0x80) ++end;
    }
    const std::string piece = line.substr(i, end - i);
    if (used + display_width(piece) > width) break;
    used += display_width(piece);
    out += piece;
    i = end;
  }
  return painted ? out + "\033[0m" : out;
}

}  // namespace lianqing
