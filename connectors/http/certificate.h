// Certificates in files: what they say, and one made for a first run.
#pragma once

#include <string>
#include <vector>

#include "lianqing/result.h"
#include "lianqing/time.h"

namespace lianqing::http {

struct TlsFiles {
  std::string certificate;  // PEM, with what leads up to the authority behind it; empty: no TLS
  std::string key;          // PEM, readable by nobody else
  std::string client_ca;    // PEM: who signs certificates of sources; empty: nobody
};

struct CertificateFacts {
  std::string subject;  // common name
  Instant begins, ends;
  bool self_signed = false;
  std::string fingerprint;  // SHA-256 of the certificate, hex with colons
};
// Of the first certificate in the file. Fails (io, refused).
[[nodiscard]] Result<CertificateFacts> certificate_facts(const std::string& path);

// A key (P-256) and a certificate that it signs itself, for these names and addresses, in force for
// 397 days. Files that are there are replaced.
[[nodiscard]] Status make_self_signed(const TlsFiles& files, const std::vector<std::string>& names);

}  // namespace lianqing::http
