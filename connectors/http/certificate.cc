#include "connectors/http/certificate.h"

#include <fcntl.h>
#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>

#include "lianqing/assert.h"

namespace lianqing::http {
namespace {

template <class T, void (*Free)(T*)>
struct Freed {
  void operator()(T* what) const { Free(what); }
};
using Certificate = std::unique_ptr<X509, Freed<X509, X509_free>>;
using Key = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY, EVP_PKEY_free>>;
using Extension = std::unique_ptr<X509_EXTENSION, Freed<X509_EXTENSION, X509_EXTENSION_free>>;
struct FreeBio {
  void operator()(BIO* bio) const { BIO_free_all(bio); }
};
using Bio = std::unique_ptr<BIO, FreeBio>;

constexpr long kDays = 397;  // what browsers take
constexpr long kDaySeconds = 86'400;

Unexpected<Error> not_made() {
  char text[256];
  ERR_error_string_n(ERR_get_error(), text, sizeof text);
  return failure(ErrorCode::io, std::string("cannot make a certificate: ") + text);
}

Result<Instant> instant_of(const ASN1_TIME* time) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) {
    return failure(ErrorCode::refused, "a certificate without proper times");
  }
  const std::chrono::year_month_day date{
      std::chrono::year{parts.tm_year + 1900},
      std::chrono::month{static_cast<unsigned>(parts.tm_mon + 1)},
      std::chrono::day{static_cast<unsigned>(parts.tm_mday)}};
  const auto day = std::chrono::sys_days{date}.time_since_epoch();
  return Instant{std::chrono::duration_cast<Duration>(day + std::chrono::hours{parts.tm_hour} +
                                                      std::chrono::minutes{parts.tm_min} +
                                                      std::chrono::seconds{parts.tm_sec})};
}

Status write_private(const std::string& path, BIO* from) {
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(from, &bytes);
  const std::string fresh = path + ".new";
  ::unlink(fresh.c_str());  // whatever lies there, its mode may be any
  const int file =
      ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (file < 0) {
    return failure(ErrorCode::io, "cannot write " + fresh + ": " + std::strerror(errno));
  }
  const bool written =
      ::write(file, bytes, static_cast<std::size_t>(size)) == size && ::fsync(file) == 0;
  ::close(file);
  if (!written || ::rename(fresh.c_str(), path.c_str()) != 0) {
    return failure(ErrorCode::io, "cannot write " + path + ": " + std::strerror(errno));
  }
  return {};
}

bool is_address(const std::string& name) {
  return name.find_first_not_of("0123456789.") == std::string::npos ||
         name.find(':') != std::string::npos;
}

bool add_extension(X509* certificate, int kind, const std::string& value) {
  const Extension made(X509V3_EXT_conf_nid(nullptr, nullptr, kind, value.c_str()));
  return made != nullptr && X509_add_ext(certificate, made.get(), -1) == 1;
}

}  // namespace

Result<CertificateFacts> certificate_facts(const std::string& path) {
  const Bio file(BIO_new_file(path.c_str(), "r"));
  if (!file) return failure(ErrorCode::io, "cannot read " + path);
  const Certificate read(PEM_read_bio_X509(file.get(), nullptr, nullptr, nullptr));
  if (!read) return failure(ErrorCode::refused, path + " holds no certificate in PEM");
  CertificateFacts out;
  char name[256] = {};
  X509_NAME_get_text_by_NID(X509_get_subject_name(read.get()), NID_commonName, name, sizeof name);
  out.subject = name;
  LQ_TRY(out.begins, instant_of(X509_get0_notBefore(read.get())));
  LQ_TRY(out.ends, instant_of(X509_get0_notAfter(read.get())));
  out.self_signed =
      X509_NAME_cmp(X509_get_subject_name(read.get()), X509_get_issuer_name(read.get())) == 0;
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  if (X509_digest(read.get(), EVP_sha256(), digest, &size) == 1) {
    for (unsigned i = 0; i < size; ++i) {
      constexpr char kHex[] = "0123456789ABCDEF";
      if (i > 0) out.fingerprint += ':';
      out.fingerprint += kHex[digest[i] >> 4];
      out.fingerprint += kHex[digest[i] & 15];
    }
  }
  return out;
}

Status make_self_signed(const TlsFiles& files, const std::vector<std::string>& names) {
  const Key key(EVP_EC_gen("P-256"));
  const Certificate made(X509_new());
  if (!key || !made) return not_made();
  X509* const it = made.get();
  std::string listed;
  for (const std::string& name : names) {
    listed += (listed.empty() ? "" : ",") + std::string(is_address(name) ? "IP:" : "DNS:") + name;
  }
  bool good = X509_set_version(it, 2) == 1;
  BIGNUM* number = BN_new();
  good = good && number != nullptr &&
         BN_rand(number, 127, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY) == 1 &&
         BN_to_ASN1_INTEGER(number, X509_get_serialNumber(it)) != nullptr;
  BN_free(number);
  good = good && X509_gmtime_adj(X509_getm_notBefore(it), -kDaySeconds) != nullptr &&
         X509_gmtime_adj(X509_getm_notAfter(it), kDays * kDaySeconds) != nullptr &&
         X509_set_pubkey(it, key.get()) == 1;
  const auto* common = reinterpret_cast<const unsigned char*>("lianqing");
  X509_NAME* const name = X509_get_subject_name(it);
  good = good && X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, common, -1, -1, 0) == 1 &&
         X509_set_issuer_name(it, name) == 1 &&
         add_extension(it, NID_basic_constraints, "critical,CA:FALSE") &&
         add_extension(it, NID_ext_key_usage, "serverAuth") &&
         add_extension(it, NID_subject_alt_name, listed) &&
         X509_sign(it, key.get(), EVP_sha256()) > 0;
  if (!good) return not_made();
  const Bio key_text(BIO_new(BIO_s_mem())), text(BIO_new(BIO_s_mem()));
  if (PEM_write_bio_PKCS8PrivateKey(key_text.get(), key.get(), nullptr, nullptr, 0, nullptr,
                                    nullptr) != 1 ||
      PEM_write_bio_X509(text.get(), it) != 1) {
    return not_made();
  }
  if (Status s = write_private(files.key, key_text.get()); !s) return s;
  return write_private(files.certificate, text.get());
}

}  // namespace lianqing::http
