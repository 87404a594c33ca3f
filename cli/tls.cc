// lianqing tls new|show: the certificate of the daemon.
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>

#include "cli/commands.h"
#include "cli/language.h"
#include "cli/log_options.h"
#include "cli/options.h"
#include "cli/replay_run.h"
#include "cli/serve/own_tls.h"
#include "connectors/http/certificate.h"
#include "lianqing/assert.h"

namespace lianqing {
namespace {

constexpr OptionSpec kOptions[] = {
    {"data", true, false, "数据目录；证书放在其 tls/ 下",
     "the data directory; files go to its tls/"},
    {"name", true, true, "主机名或地址（默认本机名和环回地址）",
     "names and addresses of the host (default: its own name and loopback)"},
    {"force", false, false, "替换已有的证书和密钥", "replace the files that are there"},
    {"lang", true, false, "zh 或 en；默认按环境变量", "zh or en; by default from the environment"},
    {"help", false, false, "显示这些选项", "show these options"},
};

Status show(const std::string& path, bool chinese) {
  LQ_TRY(const http::CertificateFacts facts, http::certificate_facts(path));
  std::printf(chinese ? "%s\n主体 %s%s\n有效 %s 至 %s\nSHA-256 指纹 %s\n"
                      : "%s\nsubject %s%s\nin force %s to %s\nSHA-256 %s\n",
              path.c_str(), facts.subject.c_str(),
              facts.self_signed ? (chinese ? "（自签名）" : " (self-signed)") : "",
              format_rfc3339(facts.begins).c_str(), format_rfc3339(facts.ends).c_str(),
              facts.fingerprint.c_str());
  return {};
}

Status run(const Options& options, bool chinese) {
  const std::string what = options.positionals().size() == 1 ? options.positionals()[0] : "";
  if (what != "new" && what != "show") {
    return failure(ErrorCode::usage, "expected one of: new, show");
  }
  const auto data = options.value("data");
  if (!data) return failure(ErrorCode::usage, "--data DIR is needed");
  const http::TlsFiles files = own_tls_files(*data);
  std::error_code error;
  if (what == "show") return show(files.certificate, chinese);
  if (std::filesystem::exists(files.certificate, error) && !options.has("force")) {
    return failure(ErrorCode::refused,
                   files.certificate + " is there already: --force replaces it and its key");
  }
  if (Status s = make_own_tls(*data, options.values("name")); !s) return s;
  return show(files.certificate, chinese);
}

}  // namespace

int tls_command(const std::vector<std::string>& args) {
  const auto options = parse_options(args, kOptions);
  if (!options) return report(options.error(), prefers_chinese());
  if (options->has("help")) {
    std::printf("%s\n\n%s",
                is_chinese(*options) ? "用法：lianqing tls new|show --data 目录 [选项]"
                                     : "usage: lianqing tls new|show --data DIR [OPTIONS]",
                options_help(kOptions, is_chinese(*options)).c_str());
    return 0;
  }
  const Status done = run(*options, is_chinese(*options));
  return done ? 0 : report(done.error(), is_chinese(*options));
}

}  // namespace lianqing
