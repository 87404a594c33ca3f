#include "cli/serve/own_tls.h"

#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>

#include "lianqing/assert.h"

namespace lianqing {
namespace {

constexpr Duration kRenewed = days(30);  // before it ends

}  // namespace

http::TlsFiles own_tls_files(const std::string& data) {
  return {data + "/tls/certificate.pem", data + "/tls/key.pem", {}};
}

Status make_own_tls(const std::string& data, std::vector<std::string> names) {
  if (names.empty()) {
    names = {"localhost", "127.0.0.1", "::1"};
    char host[256] = {};
    if (::gethostname(host, sizeof host - 1) == 0 && host[0] != 0) names.emplace_back(host);
  }
  std::error_code error;
  const std::string folder = data + "/tls";
  std::filesystem::create_directories(folder, error);
  if (!error) std::filesystem::permissions(folder, std::filesystem::perms::owner_all, error);
  if (error) return failure(ErrorCode::io, "cannot make " + folder + ": " + error.message());
  return http::make_self_signed(own_tls_files(data), names);
}

Result<bool> keep_own_tls(const std::string& data) {
  const auto facts = http::certificate_facts(own_tls_files(data).certificate);
  const Instant now = std::chrono::floor<Duration>(std::chrono::system_clock::now());
  if (facts && facts->ends - now > kRenewed) return false;
  if (Status s = make_own_tls(data, {}); !s) return Unexpected<Error>(s.error());
  return true;
}

}  // namespace lianqing
