// What the daemon is told: by options, or by a YAML file with the same names, checked like rules.
// An option wins over the file.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cli/options.h"
#include "cli/outbox/sink_config.h"
#include "cli/serve/screen.h"
#include "cli/serve/source_config.h"
#include "connectors/http/certificate.h"
#include "lianqing/diagnostic.h"

namespace lianqing {

struct ServeConfig {
  std::string data, rules, units;
  std::string listen = "127.0.0.1:8620";
  std::string tokens;                  // file; by default in the data directory
  std::uint64_t max_body = 16U << 20;  // bytes of a request
  std::uint64_t queue = 1024;          // requests that may wait for a commit
  std::uint64_t reserve = 256U << 20;  // bytes of disk kept free
  std::string log = "text";            // of the logbook: text or json
  std::string audit_lost;              // why the audit log is lost; empty: it is not
  bool watch_rules = true;             // a changed pack on disk is taken up by itself
  bool four_eyes = false;              // two people activate a pack
  bool open_metrics = false;           // /metrics needs no token
  Screen screen;                       // what may not come in
  std::vector<SourceSetup> sources;    // that the daemon reads by itself
  http::TlsFiles tls;                  // of the server; no certificate: no TLS
  bool own_tls = false;                // it makes its certificate itself
  std::vector<SinkConfig> sinks;
};

// The keys of the file; `text` has been read already.
[[nodiscard]] Checked<ServeConfig> read_config(const SourceText& text);

// The same without a pack, for commands that look at what the daemon works with.
[[nodiscard]] Result<ServeConfig> daemon_config(const Options& options, bool chinese, int& code);
// File and options together. Fails (usage, io), or tells findings on standard error: then `code` is
// not 0.
[[nodiscard]] Result<ServeConfig> serve_config(const Options& options, bool chinese, int& code);

// The file in a data directory that holds the URL of the daemon that serves it, while it does.
std::string address_path(const std::string& data);

// `ADDRESS:PORT` or `[ADDRESS]:PORT`.
struct ListenAddress {
  std::string address;
  std::uint16_t port = 0;
};
[[nodiscard]] Result<ListenAddress> parse_listen(const std::string& text);

}  // namespace lianqing
