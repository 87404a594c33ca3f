// What a running daemon looks like from outside: its answers read into plain structs.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "connectors/http/client.h"
#include "lianqing/diagnostic.h"
#include "lianqing/level.h"

namespace lianqing::http {

struct UnitRow {
  std::string unit;
  std::string colour;                             // as the API names it
  std::vector<std::pair<std::string, Level>> up;  // rules (with their keys) that are not green
};

struct WarningRow {
  std::string time, unit, rule, key;
  Bilingual title;
  Level from = Level::green, to = Level::green;
};

struct DaemonView {
  bool ready = false;
  std::uint64_t records = 0, position = 0, units = 0;
  std::array<std::uint64_t, kLevels> colours{};
  std::uint64_t grey = 0;                 // units of whatever colour whose data are missing or old
  std::vector<UnitRow> rows;              // red ones, then yellow ones, by id
  std::vector<WarningRow> warnings;       // newest first
  std::map<std::string, double> metrics;  // by name with labels; empty: the token may not read them
};

// Asks for at most so many units and warnings. Fails: io, if the daemon is not there; refused, if
// the token may not read.
[[nodiscard]] Result<DaemonView> look_at(Client& client, std::size_t units, std::size_t warnings);

// The value of every line of a Prometheus page.
std::map<std::string, double> read_metrics(const std::string& page);

}  // namespace lianqing::http
