// The program behind the HTTP server: each route of the table is answered here, by the writer's
// thread, by the thread aside, or at once.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "cli/outbox/sinks.h"
#include "cli/serve/access.h"
#include "cli/serve/aside.h"
#include "cli/serve/audit_trail.h"
#include "cli/serve/intake.h"
#include "cli/serve/logins.h"
#include "cli/serve/proposals.h"
#include "cli/serve/rule_switch.h"
#include "cli/serve/tokens.h"
#include "cli/serve/writer.h"
#include "connectors/decode.h"
#include "connectors/http/answerer.h"
#include "connectors/http/server.h"

namespace lianqing {

struct AnswersOptions {
  std::string data, rules;  // directory, pack
  std::vector<RegisteredUnit> units;
  std::uint64_t reserve_bytes = 0;  // of the disk; below it no events are taken
};

class Answers final : public http::Answerer {
 public:
  Answers(AnswersOptions options, Writer& writer, RuleSwitch& rules, Aside& aside,
          TokenBook& tokens, AuditTrail& audit);

  // The server that asks; its counts are part of /metrics.
  void serve_behind(const http::Server& server) { server_ = &server; }
  // The sources that the daemon reads; they are part of what it says.
  void read_from(const Intake& intake) { intake_ = &intake; }
  // Their counts are part of /metrics.
  void tell_of(const Sinks& sinks) { sinks_ = &sinks; }
  void end() { ending_ = true; }            // events are refused from now on
  void finish_folds() { folds_.finish(); }  // after end(): they give up

  std::optional<http::Caller> caller_of(std::string_view token) override;
  void admitted(const http::Caller& caller, const std::string& peer) override;
  void denied(const http::Denial& denial) override;
  void answer(http::Request request, http::Reply reply) override;
  void open_stream(const http::Caller& caller, std::optional<std::uint64_t> seen,
                   std::function<void(http::StreamOpening)> opened) override;
  void read_stream(const http::Caller& caller, http::StreamPlace seen,
                   std::function<void(http::StreamPage)> read) override;

 private:
  http::Reply noted(const http::Request& request, http::Reply reply);
  void take_events(http::Request request, http::Reply reply);
  using Question = std::function<http::Response(const http::Request&, const Access&, Live&)>;
  using Job = std::function<http::Response(const http::Request&, const Access&)>;
  void ask(http::Request request, http::Reply reply, Question question);
  void run_aside(http::Request request, http::Reply reply, Job job) {
    run_on(aside_, std::move(request), std::move(reply), std::move(job));
  }
  void run_on(Aside& thread, http::Request request, http::Reply reply, Job job);
  std::shared_ptr<const Discretion> discretion();
  std::optional<Access> known_access(const http::Caller& caller);
  Access access(const http::Caller& caller, const Live& live);
  void read_visible(Access access, http::StreamPlace seen,
                    std::function<void(http::StreamPage)> read);
  [[nodiscard]] bool with_access(const http::Caller& caller, std::function<void(Access)> then);
  void with_room(http::Request request, http::Reply reply, Job job);
  RulingNow ruling() const;
  void explain(http::Request request, http::Reply reply);
  void take_whatif(http::Request request, http::Reply reply);
  http::Response metrics() const;
  http::Response health() const;
  http::Response ready() const;
  DiskGauges disk() const;
  std::vector<SourceStanding> sources() const;

  const AnswersOptions options_;
  Writer& writer_;
  RuleSwitch& rules_;
  Aside& aside_;
  TokenBook& tokens_;
  AuditTrail& audit_;
  Proposals proposals_;
  EventDecoder decoder_;  // of the server's thread
  Logins logins_;         // of the server's thread
  const std::shared_ptr<const Seal> seal_;
  std::mutex access_lock_;
  std::map<std::vector<std::string>, std::shared_ptr<const VisibleUnits>> visible_;  // by roots
  std::shared_ptr<const Program> discreet_about_;
  std::shared_ptr<const Discretion> discretion_;
  const http::Server* server_ = nullptr;
  const Intake* intake_ = nullptr;
  const Sinks* sinks_ = nullptr;
  std::atomic<bool> ending_{false}, whatif_busy_{false};
  std::atomic<int> folding_back_{0};  // explanations of the past that wait or are made
  Aside folds_;                       // last: ends before what it uses
};

}  // namespace lianqing
