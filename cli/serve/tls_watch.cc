#include "cli/serve/tls_watch.h"

#include <sys/stat.h>

#include "cli/serve/own_tls.h"
#include "cli/translation.h"

namespace lianqing {
namespace {

constexpr std::chrono::seconds kLook{1};
constexpr std::chrono::hours kRenewal{6};  // between two looks at the end of the own certificate

}  // namespace

TlsWatch::TlsWatch(http::TlsFiles files, std::string own, http::Server& server, Logbook& logbook)
    : files_(std::move(files)), own_(std::move(own)), server_(server), logbook_(logbook) {
  seen_ = taken_ = stamps();
  looked_ = renewed_ = Clock::now();
}

TlsWatch::Stamps TlsWatch::stamps() const {
  Stamps out;
  for (const std::string& path : {files_.certificate, files_.key, files_.client_ca}) {
    struct stat found {};
    Stamp& one = out.emplace_back();
    if (path.empty() || ::stat(path.c_str(), &found) != 0) continue;
    one = {found.st_mtim.tv_sec, found.st_mtim.tv_nsec, found.st_size, found.st_ino};
  }
  return out;
}

void TlsWatch::renew_own(bool at_once) {
  if (own_.empty() || (!at_once && Clock::now() - renewed_ < kRenewal)) return;
  renewed_ = Clock::now();
  if (const auto made = keep_own_tls(own_); !made) {
    logbook_.alarm({"未能更新自签名证书：" + told(made.error(), true),
                    "the own certificate could not be renewed: " + made.error().what});
  }
}

void TlsWatch::look(bool at_once) {
  if (files_.certificate.empty() || (!at_once && Clock::now() - looked_ < kLook)) return;
  looked_ = Clock::now();
  renew_own(at_once);
  const Stamps now = stamps();
  const bool settled = now == seen_;
  seen_ = now;
  if (!at_once && (!settled || now == taken_)) return;
  if (now == taken_) return;
  taken_ = now;
  if (const Status renewed = server_.renew_tls(files_); !renewed) {
    return logbook_.alarm(
        {"新证书不能使用，仍用原来的：" + told(renewed.error(), true),
         "the new certificate cannot be used, the old one stays: " + renewed.error().what});
  }
  const auto facts = http::certificate_facts(files_.certificate);
  const std::string print = facts ? facts->fingerprint : std::string();
  logbook_.note(
      {"已换用新证书，SHA-256 指纹 " + print, "a new certificate is in use; SHA-256 " + print});
}

}  // namespace lianqing
