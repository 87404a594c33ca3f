// lianqing serve: the daemon. Start: pack, log, fold, port. End: port, queue, checkpoint.
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <time.h>

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>

#include "cli/commands.h"
#include "cli/language.h"
#include "cli/log_options.h"
#include "cli/options.h"
#include "cli/outbox/sinks.h"
#include "cli/pack_files.h"
#include "cli/serve/answers.h"
#include "cli/serve/audit_trail.h"
#include "cli/serve/config.h"
#include "cli/serve/intake.h"
#include "cli/serve/own_tls.h"
#include "cli/serve/tls_watch.h"
#include "cli/translation.h"
#include "cli/units_file.h"
#include "lianqing/assert.h"
#include "lianqing/ruleset.h"

namespace lianqing {
namespace {

constexpr OptionSpec kOptions[] = {
    {"data", true, false, "数据目录（日志、状态、令牌）", "data directory (log, state, tokens)"},
    {"rules", true, false, "规则包：文件夹或文件", "rule pack: a folder or a file"},
    {"units", true, false, "单位登记表（CSV 或 YAML）", "unit register (CSV or YAML)"},
    {"listen", true, false, "监听地址:端口（默认 127.0.0.1:8620；端口 0 取空闲端口）",
     "ADDRESS:PORT to listen on (default 127.0.0.1:8620; port 0 takes a free one)"},
    {"tls", true, false, "auto：用自己生成的自签名证书提供 https",
     "auto: https with a certificate that it makes and signs itself"},
    {"config", true, false, "YAML 配置文件", "a YAML file with these settings"},
    {"audit-lost", true, false, "审计日志已不可恢复：说明原因，另起一份",
     "the audit log is lost for good: why; a new one begins with that"},
    {"log", true, false, "运行记录：text 或 json", "logbook on standard error: text or json"},
    {"lang", true, false, "zh 或 en；默认按环境变量", "zh or en; by default from the environment"},
    {"help", false, false, "显示这些选项", "show these options"},
};

using SteadyClock = std::chrono::steady_clock;

double seconds_since(SteadyClock::time_point start) {
  return std::chrono::duration<double>(SteadyClock::now() - start).count();
}

// Tells now and then how far the log has been read again.
class Recovery {
 public:
  explicit Recovery(Logbook& logbook) : logbook_(logbook) {}

  void tell(Seq done, Seq of) {
    if (SteadyClock::now() - told_ < std::chrono::seconds(5)) return;
    told_ = SteadyClock::now();
    const std::string count = std::to_string(done) + "/" + std::to_string(of);
    logbook_.note({"正在重读日志 " + count, "reading the log again: " + count});
  }

  void conclude(const StartReport& report) {
    const double took = seconds_since(start_);
    const auto speed =
        static_cast<std::uint64_t>(static_cast<double>(report.refolded) / std::max(took, 1e-3));
    char text[32];
    std::snprintf(text, sizeof text, "%.1f", took);
    logbook_.note({"日志有 " + std::to_string(report.records) + " 条记录，重读 " +
                       std::to_string(report.refolded) + " 条，用时 " + text + " 秒（每秒 " +
                       std::to_string(speed) + " 条）" +
                       (report.from_checkpoint ? "，接着检查点" : ""),
                   std::to_string(report.records) + " records in the log, " +
                       std::to_string(report.refolded) + " read again in " + text + " s (" +
                       std::to_string(speed) + "/s)" +
                       (report.from_checkpoint ? ", behind a checkpoint" : "")});
    if (!report.why_not.empty()) {
      logbook_.note({"未用已有检查点：" + in_chinese(report.why_not),
                     "the checkpoint there was not used: " + report.why_not});
    }
    for (const std::string& notice : report.notices) logbook_.warn({in_chinese(notice), notice});
  }

 private:
  Logbook& logbook_;
  const SteadyClock::time_point start_ = SteadyClock::now();
  SteadyClock::time_point told_ = SteadyClock::now();
};

sigset_t watched_signals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int number : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&set, number);
  return set;
}

class Daemon {
 public:
  Daemon(ServeConfig config, std::optional<ReadPack> first, std::vector<RegisteredUnit> units,
         bool chinese)
      : config_(std::move(config)),
        first_(std::move(first)),
        units_(std::move(units)),
        logbook_(std::string_view(config_.log) == "json", chinese),
        tokens_(config_.tokens) {}

  Status run() {
    if (Status s = start(); !s) return s;
    note_address();
    std::printf("listening on %s\n", server_->url().c_str());
    std::fflush(stdout);
    logbook_.note({"开始服务 " + server_->url(), "serving at " + server_->url()});
    const std::jthread serving([this] { server_->run(); });
    intake_->start();
    wait();
    return end();
  }

 private:
  // What an older version, or a copy, has left open to others is closed. The directory itself may
  // be open on purpose.
  void close_to_others() {
    namespace fs = std::filesystem;
    constexpr fs::perms kOthers = fs::perms::group_all | fs::perms::others_all;
    std::error_code ignored;
    for (const char* part : {"log", "head", "state", "rules", "outbox", "audit"}) {
      const fs::path path = fs::path(config_.data) / part;
      if (!fs::is_directory(path, ignored)) continue;
      fs::permissions(path, kOthers, fs::perm_options::remove, ignored);
    }
    const fs::perms found = fs::status(config_.data, ignored).permissions();
    if ((found & kOthers) == fs::perms::none) return;
    logbook_.warn({config_.data + " 可被他人访问：chmod 700",
                   config_.data + " can be used by others: chmod 700"});
  }

  Status start() {
    std::error_code error;
    if (std::filesystem::create_directories(config_.data, error)) {
      std::filesystem::permissions(config_.data, std::filesystem::perms::owner_all, error);
    }
    if (error) {
      return failure(ErrorCode::io, "cannot make " + config_.data + ": " + error.message());
    }
    close_to_others();
    Recovery recovery(logbook_);
    LQ_TRY(auto live, Live::start({config_.data, std::move(first_), units_, config_.screen},
                                  [&](Seq done, Seq of) { recovery.tell(done, of); }));
    recovery.conclude(live->report());
    WriterLimits limits;
    limits.queue_requests = config_.queue;
    limits.queue_bytes = std::max<std::uint64_t>(limits.queue_bytes, 2 * config_.max_body);
    writer_ = std::make_unique<Writer>(
        std::move(live), EngineClock(), limits, logbook_,
        [this] {
          if (http::Server* server = awake_) server->wake_streams();
          if (Sinks* sinks = told_) sinks->wake();
        },
        [this](const Error& stopped) {
          logbook_.alarm({"日志或推演已停止，进程即将退出：" + told(stopped, true),
                          "the log or the fold has stopped, the process ends: " + stopped.what});
        });
    intake_ = std::make_unique<Intake>(config_.sources, *writer_, logbook_, [this] {
      const DiskGauges disk = disk_gauges(config_.data, config_.reserve);
      return disk.free_bytes >= disk.reserve_bytes;
    });
    aside_ = std::make_unique<Aside>();
    LQ_TRY(audit_, AuditTrail::open(config_.data, config_.tokens, logbook_, writer_->log(),
                                    config_.audit_lost));
    audit_->watch_rules([this] { return writer_->rules()->reigns.back().pack; });
    rules_ = std::make_unique<RuleSwitch>(RuleSwitchOptions{config_.data, config_.rules, units_,
                                                            config_.watch_rules, config_.four_eyes},
                                          *writer_, logbook_);
    answers_ = std::make_unique<Answers>(
        AnswersOptions{config_.data, config_.rules, units_, config_.reserve}, *writer_, *rules_,
        *aside_, tokens_, *audit_);
    LQ_TRY(sinks_, Sinks::start(config_.data, config_.sinks, *writer_, logbook_));
    answers_->tell_of(*sinks_);
    told_ = sinks_.get();
    LQ_TRY(const ListenAddress listen, parse_listen(config_.listen));
    http::ServerOptions options;
    options.address = listen.address;
    options.port = listen.port;
    options.max_body = config_.max_body;
    options.open_metrics = config_.open_metrics;
    options.tls = config_.tls;
    if (Status s = prepare_tls(); !s) return s;
    LQ_TRY(server_, http::Server::listen(options, *answers_));
    answers_->serve_behind(*server_);
    answers_->read_from(*intake_);
    awake_ = server_.get();
    tell_of_tokens();
    return {};
  }

  // Makes the own certificate; warns if tokens would go over a network in plain text.
  Status prepare_tls() {
    if (config_.own_tls) {
      LQ_TRY(const bool made, keep_own_tls(config_.data));
      LQ_TRY(const auto facts, http::certificate_facts(config_.tls.certificate));
      if (!made) return {};
      logbook_.warn({"已生成自签名证书，SHA-256 指纹 " + facts.fingerprint,
                     "made a certificate and signed it itself; SHA-256 " + facts.fingerprint});
      return {};
    }
    const auto listen = parse_listen(config_.listen);
    const bool here = listen && (listen->address.starts_with("127.") || listen->address == "::1");
    if (!here && config_.tls.certificate.empty()) {
      logbook_.alarm(
          {"监听 " + config_.listen + " 而没有 TLS：令牌明文传输，请设置 tls",
           "listening on " + config_.listen + " without TLS: tokens go in plain text; set tls"});
    }
    return {};
  }

  // For commands on the same machine that look for the daemon; no harm if it cannot be written.
  void note_address() const { std::ofstream(address_path(config_.data)) << server_->url() << "\n"; }

  void tell_of_tokens() {
    const auto tokens = read_tokens(config_.tokens);
    if (!tokens) return logbook_.alarm({told(tokens.error(), true), tokens.error().what});
    if (!tokens->empty()) return;
    logbook_.warn({"还没有令牌：用 lianqing token create --data 目录 --role 角色 --name 名称 建立",
                   "there are no tokens yet: lianqing token create --data DIR --role ROLE "
                   "--name NAME makes one"});
  }

  // Until a signal to end, or until the log has stopped.
  void wait() {
    const sigset_t signals = watched_signals();
    const timespec moment{0, 200'000'000};
    TlsWatch certificates(config_.tls, config_.own_tls ? config_.data : std::string(), *server_,
                          logbook_);
    while (!writer_->failed() && !audit_->failed()) {
      const int number = ::sigtimedwait(&signals, nullptr, &moment);
      if (number == SIGTERM || number == SIGINT) break;
      if (number == SIGHUP) rules_->reload();
      certificates.look(number == SIGHUP);
    }
  }

  // Callbacks hold connections, connections hold the server's loop: it goes last.
  Status end() {
    logbook_.note({"正在结束", "ending"});
    std::error_code ignored;
    std::filesystem::remove(address_path(config_.data), ignored);
    answers_->end();
    intake_->end();
    server_->stop();
    rules_->end();
    return {};
  }

 public:
  // After run(): the queue is finished and the state written.
  Status finish() {
    awake_ = nullptr;
    told_ = nullptr;
    if (sinks_) sinks_->end();
    aside_.reset();
    if (answers_) answers_->finish_folds();
    if (rules_) rules_->end();
    if (audit_) audit_->finish();
    if (!writer_) return {};
    intake_->end();
    failed_ = writer_->failed() || (audit_ && audit_->failed());
    Status finished = writer_->finish();
    if (finished && audit_ && audit_->failed())
      finished = failure(ErrorCode::io, audit_->trouble());
    writer_.reset();
    if (finished) logbook_.note({"已结束", "ended"});
    return finished;
  }

  // Whether log or fold stopped while it served: what was sent last may be in the log or not.
  bool has_failed() const { return failed_; }

 private:
  const ServeConfig config_;
  std::optional<ReadPack> first_;
  const std::vector<RegisteredUnit> units_;
  Logbook logbook_;
  TokenBook tokens_;
  std::unique_ptr<http::Server> server_;
  std::atomic<http::Server*> awake_{nullptr};
  std::atomic<Sinks*> told_{nullptr};
  std::unique_ptr<Writer> writer_;
  std::unique_ptr<Sinks> sinks_;
  bool failed_ = false;
  std::unique_ptr<AuditTrail> audit_;
  std::unique_ptr<RuleSwitch> rules_;
  std::unique_ptr<Aside> aside_;
  std::unique_ptr<Intake> intake_;
  std::unique_ptr<Answers> answers_;
};

// No core dumps, and no other process of the same user reads the memory: it holds what was
// reported. The leak checker needs to.
void keep_memory_private() {
  const rlimit none{0, 0};
  ::setrlimit(RLIMIT_CORE, &none);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
  ::prctl(PR_SET_DUMPABLE, 0);
#endif
}

// The pack on disk, for a log that no rules rule yet. With mistakes in it, or without one, only a
// daemon that has ruled by another pack before can start: it goes on with that.
std::optional<ReadPack> first_pack(const ServeConfig& config, bool chinese, int& code) {
  auto texts = read_pack_texts(config.rules);
  auto program =
      texts ? compile_pack(texts->files, texts->calendars)
            : Checked<std::shared_ptr<const Program>>(Unexpected<Diagnostics>(Diagnostics{}));
  if (program) return ReadPack{*std::move(texts), *std::move(program)};
  std::error_code error;
  if (!std::filesystem::exists(config.data + "/rules", error)) {
    (void)load_pack(config.rules, chinese, code);  // tells what is wrong
  }
  return std::nullopt;
}

int serve(const Options& options, bool chinese) {
  if (!options.positionals().empty()) {
    return report({ErrorCode::usage, "unexpected '" + options.positionals()[0] + "'"}, chinese);
  }
  int code = 0;
  auto config = serve_config(options, chinese, code);
  if (!config) return report(config.error(), chinese);
  if (code != 0) return code;
  auto first = first_pack(*config, chinese, code);
  if (code != 0) return code;
  std::vector<RegisteredUnit> units;
  if (!config->units.empty()) {
    auto read = read_units(config->units);
    if (!read) return report(read.error(), chinese);
    units = *std::move(read);
  }
  const sigset_t signals = watched_signals();
  ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);  // before any thread: all inherit it
  ::signal(SIGPIPE, SIG_IGN);
  keep_memory_private();
  Daemon daemon(*std::move(config), std::move(first), std::move(units), chinese);
  Status done = daemon.run();
  const Status finished = daemon.finish();
  if (done) done = finished;
  if (done) return 0;
  const int reported = report(done.error(), chinese);
  return daemon.has_failed() ? 70 : reported;
}

}  // namespace

int serve_command(const std::vector<std::string>& args) {
  const auto options = parse_options(args, kOptions);
  if (!options) return report(options.error(), prefers_chinese());
  if (options->has("help")) {
    std::printf("%s\n\n%s",
                is_chinese(*options) ? "用法：lianqing serve --data 目录 --rules 规则包 [选项]"
                                     : "usage: lianqing serve --data DIR --rules PACK [OPTIONS]",
                options_help(kOptions, is_chinese(*options)).c_str());
    return 0;
  }
  return serve(*options, is_chinese(*options));
}

}  // namespace lianqing
