// lianqing token create|rotate|list|revoke: who may call the daemon.
#include <chrono>
#include <cstdio>
#include <filesystem>

#include "cli/columns.h"
#include "cli/commands.h"
#include "cli/language.h"
#include "cli/log_options.h"
#include "cli/options.h"
#include "cli/replay_run.h"
#include "cli/serve/tokens.h"
#include "lianqing/assert.h"

namespace lianqing {
namespace {

constexpr OptionSpec kOptions[] = {
    {"data", true, false, "数据目录", "the data directory"},
    {"role", true, false,
     "角色（ingester、viewer、operator、rule_editor、rule_approver、auditor、"
     "sys_admin、sec_admin）",
     "role (ingester, viewer, operator, rule_editor, rule_approver, auditor, sys_admin, "
     "sec_admin)"},
    {"name", true, false, "谁使用该令牌", "who uses the token"},
    {"expires", true, false, "有效期至此刻（RFC 3339）", "in force until this RFC 3339 instant"},
    {"units", true, true, "viewer、operator：只能看这些单位及其下级",
     "viewer, operator: sees only these units and what is below them"},
    {"source", true, false, "ingester：只能发送此来源的事件",
     "ingester: sends events of this source only"},
    {"types", true, true, "ingester：只能发送这些类型的事件",
     "ingester: sends events of these types only"},
    {"overlap", true, false, "rotate：旧令牌用到此刻（默认立即失效）",
     "rotate: the old token works until this instant (default: it ends now)"},
    {"lang", true, false, "zh 或 en；默认按环境变量", "zh or en; by default from the environment"},
    {"help", false, false, "显示这些选项", "show these options"},
};

Instant wall() { return std::chrono::floor<Duration>(std::chrono::system_clock::now()); }

Result<std::string> needed(const Options& options, const char* name) {
  if (const auto value = options.value(name)) return *value;
  return failure(ErrorCode::usage, std::string("--") + name + " is needed");
}

Result<std::optional<Instant>> time_to_come(const Options& options, const std::string& option) {
  const auto text = options.value(option);
  if (!text) return std::optional<Instant>{};
  const auto t = parse_rfc3339(*text);
  if (t && *t > wall()) return std::optional<Instant>{*t};
  return failure(ErrorCode::usage,
                 "--" + option + " expects a time to come such as 2027-03-05T10:00:00+08:00");
}

Status create(const Options& options, const std::string& data) {
  LQ_TRY(const std::string role_name, needed(options, "role"));
  LQ_TRY(const std::string name, needed(options, "name"));
  const auto role = http::role_of(role_name);
  if (!role) {
    std::string roles;
    for (const auto known : http::kRoleNames)
      roles += (roles.empty() ? "" : ", ") + std::string(known);
    return failure(ErrorCode::usage, "--role expects one of: " + roles);
  }
  TokenOrder order{name,
                   *role,
                   {},
                   options.values("units"),
                   options.value_or("source", ""),
                   os_user(),
                   options.values("types")};
  LQ_TRY(order.expires, time_to_come(options, "expires"));
  std::error_code error;
  if (std::filesystem::create_directories(data, error)) {
    std::filesystem::permissions(data, std::filesystem::perms::owner_all, error);
  }
  if (error) return failure(ErrorCode::io, "cannot make " + data + ": " + error.message());
  LQ_TRY(const std::string token, create_token(tokens_path(data), order, wall()));
  std::printf("%s\n", token.c_str());
  return {};
}

Status rotate(const Options& options, const std::string& data) {
  LQ_TRY(const std::string name, needed(options, "name"));
  LQ_TRY(const auto until, time_to_come(options, "overlap"));
  LQ_TRY(const auto expires, time_to_come(options, "expires"));
  LQ_TRY(const std::string token,
         rotate_token(tokens_path(data), name, wall(), until, expires, os_user()));
  std::printf("%s\n", token.c_str());
  return {};
}

Status list(const std::string& data, bool chinese) {
  LQ_TRY(const std::vector<AccessToken> tokens, read_tokens(tokens_path(data)));
  std::vector<std::vector<std::string>> rows;
  rows.push_back(chinese
                     ? std::vector<std::string>{"名称", "角色", "限于", "建立", "状态"}
                     : std::vector<std::string>{"name", "role", "limited to", "created", "state"});
  for (const AccessToken& token : tokens) {
    std::string state = chinese ? "有效" : "in force";
    if (token.expires) {
      state = (*token.expires > wall() ? (chinese ? "有效至 " : "until ")
                                       : (chinese ? "已过期 " : "expired ")) +
              format_rfc3339(*token.expires);
    }
    if (token.revoked) state = (chinese ? "已吊销 " : "revoked ") + format_rfc3339(*token.revoked);
    std::string limit = token.source;
    for (const std::string& type : token.types) limit += (limit.empty() ? "" : " ") + type;
    for (const std::string& unit : token.units) limit += (limit.empty() ? "" : " ") + unit;
    rows.push_back({token.name, std::string(name(token.role)), limit.empty() ? "-" : limit,
                    format_rfc3339(token.created), state});
  }
  std::fputs(columns(rows, {false, false, false, false, false}).c_str(), stdout);
  return {};
}

Status run(const Options& options) {
  if (options.positionals().size() != 1) {
    return failure(ErrorCode::usage, "expected one of: create, rotate, list, revoke");
  }
  const std::string& what = options.positionals()[0];
  LQ_TRY(const std::string data, needed(options, "data"));
  if (what == "create") return create(options, data);
  if (what == "rotate") return rotate(options, data);
  if (what == "list") return list(data, is_chinese(options));
  if (what == "revoke") {
    LQ_TRY(const std::string name, needed(options, "name"));
    return revoke_token(tokens_path(data), name, wall(), os_user());
  }
  return failure(ErrorCode::usage,
                 "expected one of: create, rotate, list, revoke; not '" + what + "'");
}

}  // namespace

int token_command(const std::vector<std::string>& args) {
  const auto options = parse_options(args, kOptions);
  if (!options) return report(options.error(), prefers_chinese());
  if (options->has("help")) {
    std::printf("%s\n\n%s",
                is_chinese(*options)
                    ? "用法：lianqing token create|rotate|list|revoke --data 目录 [选项]"
                    : "usage: lianqing token create|rotate|list|revoke --data DIR [OPTIONS]",
                options_help(kOptions, is_chinese(*options)).c_str());
    return 0;
  }
  const Status done = run(*options);
  return done ? 0 : report(done.error(), is_chinese(*options));
}

}  // namespace lianqing
