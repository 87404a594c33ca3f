// lianqing doctor: looks a deployment over, changes nothing, says what to mend.
#include <sys/stat.h>
#include <sys/timex.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>

#include "cli/columns.h"
#include "cli/commands.h"
#include "cli/language.h"
#include "cli/log_options.h"
#include "cli/options.h"
#include "cli/replay_run.h"
#include "cli/serve/audit_trail.h"
#include "cli/serve/config.h"
#include "cli/serve/meters.h"
#include "cli/serve/tokens.h"
#include "cli/translation.h"
#include "connectors/http/certificate.h"
#include "connectors/json_writer.h"
#include "connectors/secret_file.h"
#include "lianqing/assert.h"
#include "log/event_log.h"

namespace lianqing {
namespace {

namespace fs = std::filesystem;

constexpr OptionSpec kOptions[] = {
    {"data", true, false, "数据目录", "the data directory"},
    {"config", true, false, "守护进程的 YAML 配置文件", "the daemon's YAML file"},
    {"format", true, false, "text 或 json", "text or json"},
    {"lang", true, false, "zh 或 en；默认按环境变量", "zh or en; by default from the environment"},
    {"help", false, false, "显示这些选项", "show these options"},
};

constexpr Duration kSoon = days(14);  // before a token or a certificate ends
constexpr Duration kOldState = days(1);

Instant wall() { return std::chrono::floor<Duration>(std::chrono::system_clock::now()); }

enum class Verdict { good, advice, mend };

struct Finding {
  std::string_view topic;
  Verdict verdict = Verdict::good;
  Bilingual text, advice;
};

class Examination {
 public:
  explicit Examination(ServeConfig config) : config_(std::move(config)) {}

  std::vector<Finding> run() {
    std::error_code error;
    if (!fs::is_directory(config_.data, error)) {
      mend("files", {config_.data + " 不是目录", config_.data + " is no directory"},
           {"用 --data 给出数据目录，或先启动一次守护进程",
            "give the data directory with --data, or start the daemon once"});
      return std::move(found_);
    }
    look_at_files();
    look_at_tls();
    look_at_tokens();
    look_at_disk();
    look_at_log();
    look_at_audit();
    return std::move(found_);
  }

 private:
  void good(std::string_view topic, Bilingual text) {
    found_.push_back({topic, Verdict::good, std::move(text), {}});
  }
  void advise(std::string_view topic, Bilingual text, Bilingual advice) {
    found_.push_back({topic, Verdict::advice, std::move(text), std::move(advice)});
  }
  void mend(std::string_view topic, Bilingual text, Bilingual advice) {
    found_.push_back({topic, Verdict::mend, std::move(text), std::move(advice)});
  }

  // ---- modes

  // Whether it is there and only its owner may do what `others` names.
  bool is_private(const std::string& path, mode_t others, const char* chmod) {
    struct stat is {};
    if (::stat(path.c_str(), &is) != 0 || (is.st_mode & others) == 0) return true;
    mend("files", {path + " 可被他人访问", path + " can be used by others"},
         {std::string("chmod ") + chmod + " " + path, std::string("chmod ") + chmod + " " + path});
    return false;
  }

  void look_at_files() {
    bool all = is_private(config_.data, 077, "700");
    all = is_private(config_.tokens, 077, "600") && all;
    all = is_private(audit_path(config_.data), 077, "700") && all;
    for (const char* part : {"log", "state", "outbox"}) {
      all = is_private(config_.data + "/" + part, 077, "-R go=") && all;
    }
    for (const std::string& path : {config_.rules, config_.units}) {
      if (!path.empty()) all = is_private(path, 022, "go-w") && all;
    }
    struct stat data {
    }, tokens{};
    const bool both =
        ::stat(config_.data.c_str(), &data) == 0 && ::stat(config_.tokens.c_str(), &tokens) == 0;
    if (both && data.st_uid != tokens.st_uid && tokens.st_uid != 0) {
      all = false;
      mend("files", {"令牌文件与数据目录不属于同一用户", "tokens and data have different owners"},
           {"chown 令牌文件，否则守护进程读不到",
            "chown the tokens file, or the daemon cannot read it"});
    }
    if (data.st_uid == 0) {
      advise("files", {"数据目录属于 root", "the data directory belongs to root"},
             {"为守护进程设专用用户", "run the daemon as a user of its own"});
    }
    if (all) good("files", {"文件权限正确", "modes of files are right"});
  }

  // ---- TLS

  void look_at_tls() {
    const http::TlsFiles& files = config_.tls;
    const auto listen = parse_listen(config_.listen);
    const bool loopback =
        listen && (listen->address.starts_with("127.") || listen->address == "::1");
    if (files.certificate.empty()) {
      if (loopback)
        return good("tls", {"仅监听本机，不用 TLS", "listens on loopback only, without TLS"});
      return mend("tls",
                  {"监听 " + config_.listen + "，没有 TLS：令牌明文传输",
                   "listens on " + config_.listen + " without TLS: tokens go in plain text"},
                  {"设置 tls，或只监听 127.0.0.1 并在前面放代理",
                   "set tls, or listen on 127.0.0.1 behind a proxy"});
    }
    if (const auto secret = read_secret_file(files.key); !secret) {
      mend("tls", {secret.error().what, secret.error().what},
           {"chmod 600，或在 systemd 单元里用 LoadCredential",
            "chmod 600, or LoadCredential in the unit of systemd"});
    }
    const auto facts = http::certificate_facts(files.certificate);
    if (!facts) {
      return mend("tls", {facts.error().what, facts.error().what},
                  {"换上 PEM 证书，或用 lianqing tls new 生成",
                   "put a PEM certificate there, or make one with lianqing tls new"});
    }
    const std::string ends = format_rfc3339(facts->ends);
    const Bilingual renew{"更换证书文件，守护进程会自行采用",
                          "replace the file of the certificate: the daemon takes it up"};
    if (facts->ends <= wall()) {
      mend("tls", {"证书已于 " + ends + " 到期", "the certificate ended at " + ends}, renew);
    } else if (facts->begins > wall()) {
      mend("tls", {"证书尚未生效", "the certificate is not in force yet"}, renew);
    } else if (facts->ends - wall() < kSoon) {
      mend("tls", {"证书将于 " + ends + " 到期", "the certificate ends at " + ends}, renew);
    } else {
      good("tls", {"证书有效至 " + ends, "the certificate is in force until " + ends});
    }
    if (facts->self_signed) {
      advise("tls", {"证书为自签名", "the certificate is self-signed"},
             {"正式使用时换成本单位证书机构签发的证书",
              "for real use take one that your authority has signed"});
    }
  }

  // ---- tokens

  void look_at_tokens() {
    const auto tokens = read_tokens(config_.tokens);
    if (!tokens) {
      return mend("tokens", {tokens.error().what, tokens.error().what},
                  {"修复该行；在此之前无人能进入", "mend that line; until then nobody is let in"});
    }
    const Instant now = wall();
    std::size_t in_force = 0, endless = 0;
    bool auditor = false;
    for (const AccessToken& token : *tokens) {
      if (!is_in_force(token, now)) continue;
      ++in_force;
      auditor = auditor || token.role == http::Role::auditor;
      if (!token.expires) {
        ++endless;
      } else if (*token.expires - now < kSoon) {
        const std::string ends = format_rfc3339(*token.expires);
        mend("tokens",
             {"令牌“" + token.name + "”将于 " + ends + " 到期",
              "the token '" + token.name + "' ends at " + ends},
             {"lianqing token rotate --name \"" + token.name + "\" --expires ...",
              "lianqing token rotate --name \"" + token.name + "\" --expires ..."});
      }
    }
    if (in_force == 0) {
      mend("tokens", {"没有有效令牌", "there is no token in force"},
           {"lianqing token create", "lianqing token create"});
    } else {
      good("tokens", {"有效令牌 " + std::to_string(in_force) + " 个",
                      std::to_string(in_force) + " tokens in force"});
    }
    if (endless > 0) {
      advise("tokens",
             {std::to_string(endless) + " 个令牌没有到期时间",
              std::to_string(endless) + " tokens never expire"},
             {"更换时用 --expires", "rotate them with --expires"});
    }
    if (in_force > 0 && !auditor) {
      advise("tokens", {"没有审计员", "there is no auditor"},
             {"lianqing token create --role auditor", "lianqing token create --role auditor"});
    }
  }

  // ---- disk, clock, log

  // What the journals of the three databases take in use: 336 MB were seen, and room to spare.
  static constexpr std::uint64_t kJournalBytes = 512U << 20;

  void look_at_disk() {
    const DiskGauges disk = disk_gauges(config_.data, config_.reserve);
    const auto mib = [](std::uint64_t bytes) { return std::to_string(bytes >> 20) + " MiB"; };
    const Bilingual text{"可用 " + mib(disk.free_bytes) + "，保留 " + mib(disk.reserve_bytes),
                         mib(disk.free_bytes) + " free, " + mib(disk.reserve_bytes) + " reserved"};
    std::error_code error;
    const std::uintmax_t size = fs::space(config_.data, error).capacity;
    const std::uint64_t least = kJournalBytes + disk.reserve_bytes;
    if (!error && size > 0 && size < least) {
      mend("disk",
           {"磁盘共 " + mib(size) + "，小于数据库日志文件所需和保留空间之和 " + mib(least),
            "the disk has " + mib(size) + ", less than journals and reserve take: " + mib(least)},
           {"换用更大的磁盘", "take a larger disk"});
    } else if (disk.free_bytes < disk.reserve_bytes) {
      mend("disk", text,
           {"腾出空间：事件正被拒绝（507）", "make room: events are being refused (507)"});
    } else if (disk.free_bytes / 2 < disk.reserve_bytes) {
      mend("disk", text, {"尽快腾出空间", "make room soon"});
    } else {
      good("disk", text);
    }
  }

  void look_at_clock(Instant last) {
    timex state{};
    const bool synchronised = ::adjtimex(&state) != TIME_ERROR;
    if (last > wall() + Duration{1'000'000}) {
      return mend("clock",
                  {"系统时钟早于日志最后一条记录 " + format_rfc3339(last),
                   "the clock is behind the newest record, of " + format_rfc3339(last)},
                  {"校准系统时钟", "set the clock right"});
    }
    if (synchronised) return good("clock", {"时钟已同步", "the clock is synchronised"});
    advise("clock", {"时钟未与时间服务器同步", "the clock is not synchronised"},
           {"启用 chrony 或 systemd-timesyncd", "run chrony or systemd-timesyncd"});
  }

  static std::optional<Instant> changed(const fs::path& folder) {
    std::optional<Instant> out;
    std::error_code error;
    for (fs::recursive_directory_iterator at(folder, error), end; !error && at != end;
         at.increment(error)) {
      struct stat is {};
      if (::stat(at->path().c_str(), &is) != 0 || !S_ISREG(is.st_mode)) continue;
      const Instant t{Duration{static_cast<std::int64_t>(is.st_mtim.tv_sec) * 1'000'000}};
      out = std::max(out.value_or(t), t);
    }
    return out;
  }

  void look_at_log() {
    const auto log = EventLog::open(config_.data, OpenMode::read_only);
    if (!log) {
      look_at_clock(kBeforeAll);
      return mend("log", {log.error().what, log.error().what},
                  {"见 docs/log.zh-CN.md；尚未启动过则先启动守护进程",
                   "see docs/log.md; if it never ran, start the daemon first"});
    }
    const Instant last = (*log)->last_recorded();
    look_at_clock(last);
    for (const std::string& notice : (*log)->notices())
      advise("log", {in_chinese(notice), notice}, {});
    const std::string count = std::to_string((*log)->next_seq());
    const std::string when = last == kBeforeAll ? "-" : format_rfc3339(last);
    good("log", {"日志头一致，" + count + " 条记录，最后一条 " + when,
                 "the head agrees, " + count + " records, the newest of " + when});
    std::error_code error;
    const bool runs = fs::exists(address_path(config_.data), error);
    good("daemon", runs ? Bilingual{"正在运行", "running"} : Bilingual{"未运行", "not running"});
    const auto state = changed(fs::path(config_.data) / "state");
    if (last != kBeforeAll && (!state || last - *state > kOldState)) {
      advise("checkpoint",
             {"最新检查点比日志旧一天以上，下次启动较慢",
              "the newest checkpoint is more than a day older than the log: the next start takes "
              "longer"},
             {"正常结束守护进程（SIGTERM）会写检查点", "a daemon that ends by SIGTERM writes one"});
    } else if (state) {
      good("checkpoint",
           {"检查点写于 " + format_rfc3339(*state), "checkpoint of " + format_rfc3339(*state)});
    }
  }

  void look_at_audit() {
    const auto audit = EventLog::open(audit_path(config_.data), OpenMode::read_only);
    if (!audit) {
      return mend(
          "audit", {audit.error().what, audit.error().what},
          {"从备份恢复审计日志；尚未启动过则先启动守护进程",
           "put the audit log back from the backup; if it never ran, start the daemon first"});
    }
    if (const auto log = EventLog::open(config_.data, OpenMode::read_only); log) {
      const Status kept = check_audit_kept(config_.data, **log);
      if (!kept) return mend("audit", {in_chinese(kept.error().what), kept.error().what}, {});
    }
    const std::string count = std::to_string((*audit)->next_seq());
    good("audit", {"审计日志 " + count + " 条", count + " records in the audit log"});
  }

  const ServeConfig config_;
  std::vector<Finding> found_;
};

std::string_view word(Verdict verdict, bool chinese) {
  switch (verdict) {
    case Verdict::good: return chinese ? "正常" : "ok";
    case Verdict::advice: return chinese ? "建议" : "advice";
    case Verdict::mend: return chinese ? "须修复" : "MEND";
  }
  return {};
}

void print_text(const std::vector<Finding>& findings, bool chinese) {
  std::vector<std::vector<std::string>> rows;
  for (const Finding& one : findings) {
    std::string text = one.text.in(chinese);
    const std::string& advice = one.advice.in(chinese);
    if (!advice.empty()) text += (chinese ? "。" : ". ") + advice;
    rows.push_back({std::string(word(one.verdict, chinese)), std::string(one.topic), text});
  }
  std::fputs(columns(rows, {false, false, false}).c_str(), stdout);
}

void print_json(const std::vector<Finding>& findings) {
  std::string out;
  JsonWriter json(out);
  json.begin_object().key("findings").begin_array();
  for (const Finding& one : findings) {
    json.begin_object().key("topic").string(one.topic);
    json.key("verdict").string(one.verdict == Verdict::mend ? "mend" : word(one.verdict, false));
    json.key("text").begin_object().key("zh").string(one.text.zh).key("en").string(one.text.en);
    json.end_object().key("advice").begin_object();
    json.key("zh").string(one.advice.zh).key("en").string(one.advice.en).end_object().end_object();
  }
  json.end_array().end_object();
  std::printf("%s\n", out.c_str());
}

int doctor(const Options& options, bool chinese) {
  const std::string format = options.value_or("format", "text");
  if (!options.positionals().empty() || (format != "text" && format != "json")) {
    return report({ErrorCode::usage, "expected --data DIR, --config FILE, --format text or json"},
                  chinese);
  }
  int code = 0;
  auto config = daemon_config(options, chinese, code);
  if (!config) return report(config.error(), chinese);
  if (code != 0) return code;
  const auto findings = Examination(*std::move(config)).run();
  if (format == "json") {
    print_json(findings);
  } else {
    print_text(findings, chinese);
  }
  return std::any_of(findings.begin(), findings.end(),
                     [](const Finding& one) { return one.verdict == Verdict::mend; })
             ? kExitFindings
             : 0;
}

}  // namespace

int doctor_command(const std::vector<std::string>& args) {
  const auto options = parse_options(args, kOptions);
  if (!options) return report(options.error(), prefers_chinese());
  if (options->has("help")) {
    std::printf("%s\n\n%s",
                is_chinese(*options) ? "用法：lianqing doctor --data 目录 [--config 文件]"
                                     : "usage: lianqing doctor --data DIR [--config FILE]",
                options_help(kOptions, is_chinese(*options)).c_str());
    return 0;
  }
  return doctor(*options, is_chinese(*options));
}

}  // namespace lianqing
