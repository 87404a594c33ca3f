// lianqing token create|list|revoke: who may call the daemon.
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
    {"lang", true, false, "zh 或 en；默认按环境变量", "zh or en; by default from the environment"},
    {"help", false, false, "显示这些选项", "show these options"},
};

Instant wall() { return std::chrono::floor<Duration>(std::chrono::system_clock::now()); }

Result<std::string> needed(const Options& options, const char* name) {
  if (const auto value = options.value(name)) return *value;
  return failure(ErrorCode::usage, std::string("--") + name + " is needed");
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
  std::optional<Instant> expires;
  if (const auto text = options.value("expires")) {
    expires = parse_rfc3339(*text);
    if (!expires || *expires <= wall()) {
      return failure(ErrorCode::usage,
                     "--expires expects a time to come such as 2027-03-05T10:00:00+08:00");
    }
  }
  std::error_code error;
  if (std::filesystem::create_directories(data, error)) {
    std::filesystem::permissions(data, std::filesystem::perms::owner_all, error);
  }
  if (error) return failure(ErrorCode::io, "cannot make " + data + ": " + error.message());
  LQ_TRY(const std::string token, create_token(tokens_path(data), name, *role, wall(), expires));
  std::printf("%s\n", token.c_str());
  return {};
}

Status list(const std::string& data, bool chinese) {
  LQ_TRY(const std::vector<AccessToken> tokens, read_tokens(tokens_path(data)));
  std::vector<std::vector<std::string>> rows;
  rows.push_back(chinese ? std::vector<std::string>{"名称", "角色", "建立", "状态"}
                         : std::vector<std::string>{"name", "role", "created", "state"});
  for (const AccessToken& token : tokens) {
    std::string state = chinese ? "有效" : "in force";
    if (token.expires) {
      state = (*token.expires > wall() ? (chinese ? "有效至 " : "until ")
                                       : (chinese ? "已过期 " : "expired ")) +
              format_rfc3339(*token.expires);
    }
    if (token.revoked) state = (chinese ? "已吊销 " : "revoked ") + format_rfc3339(*token.revoked);
    rows.push_back(
        {token.name, std::string(name(token.role)), format_rfc3339(token.created), state});
  }
  std::fputs(columns(rows, {false, false, false, false}).c_str(), stdout);
  return {};
}

Status run(const Options& options) {
  if (options.positionals().size() != 1) {
    return failure(ErrorCode::usage, "expected one of: create, list, revoke");
  }
  const std::string& what = options.positionals()[0];
  LQ_TRY(const std::string data, needed(options, "data"));
  if (what == "create") return create(options, data);
  if (what == "list") return list(data, is_chinese(options));
  if (what == "revoke") {
    LQ_TRY(const std::string name, needed(options, "name"));
    return revoke_token(tokens_path(data), name, wall());
  }
  return failure(ErrorCode::usage, "expected one of: create, list, revoke; not '" + what + "'");
}

}  // namespace

int token_command(const std::vector<std::string>& args) {
  const auto options = parse_options(args, kOptions);
  if (!options) return report(options.error(), prefers_chinese());
  if (options->has("help")) {
    std::printf("%s\n\n%s",
                is_chinese(*options)
                    ? "用法：lianqing token create|list|revoke --data 目录 [选项]"
                    : "usage: lianqing token create|list|revoke --data DIR [OPTIONS]",
                options_help(kOptions, is_chinese(*options)).c_str());
    return 0;
  }
  const Status done = run(*options);
  return done ? 0 : report(done.error(), is_chinese(*options));
}

}  // namespace lianqing
