// Certificates change while the daemon runs: their files are looked at now and then, and new ones
// serve the connections that come from then on. Files that cannot be used leave the old ones in
// force, and that is told.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "cli/serve/logbook.h"
#include "connectors/http/server.h"

namespace lianqing {

class TlsWatch {
 public:
  // `own`: the data directory whose certificate the daemon makes itself; empty: it does not.
  // Without a certificate in `files` it does nothing.
  TlsWatch(http::TlsFiles files, std::string own, http::Server& server, Logbook& logbook);

  // Takes the files up if they have changed and then stayed the same from one look to the next:
  // they are written one after the other. `at_once`: as they are.
  void look(bool at_once);

 private:
  using Clock = std::chrono::steady_clock;
  struct Stamp {
    std::int64_t seconds = 0, nanoseconds = 0, size = -1;
    std::uint64_t inode = 0;
    friend bool operator==(const Stamp&, const Stamp&) = default;
  };
  using Stamps = std::vector<Stamp>;
  Stamps stamps() const;
  void renew_own(bool at_once);

  const http::TlsFiles files_;
  const std::string own_;
  http::Server& server_;
  Logbook& logbook_;
  Stamps seen_, taken_;
  Clock::time_point looked_, renewed_;
};

}  // namespace lianqing
