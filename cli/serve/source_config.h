// The section `sources:` of the daemon's configuration: connectors that bring records in, by name,
// and what becomes of their records.
//
//   sources:
//     hotline: {kind: file, path: /srv/hotline/events.jsonl, source: /hotline/12345, silent_after:
//     6h}
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "connectors/decode.h"
#include "connectors/settings.h"
#include "connectors/sources/registry.h"
#include "rules/document.h"

namespace lianqing {

struct SourceSetup {
  std::string name;
  const SourceKind* kind = nullptr;
  std::string source;                     // put into records that name none; others' are refused
  std::string status_unit;                // to which its own state is reported; empty: none
  std::optional<Duration> silent_after;   // without a record it is reported as stale
  Duration down_after{5 * 60'000'000LL};  // of failing it is reported as down
  Settings settings;
};

// A record as its source gave it -> the event, with `source` put in if it names none and `source`
// is not empty; a rejection if it names another one. Points into `arena`.
Record decode_read(const RawRecord& raw, const std::string& source, EventDecoder& decoder,
                   Arena& arena);

// What the map `node` says; reports what is wrong in it.
std::vector<SourceSetup> read_sources(const Node& node, Diagnostics& out);

}  // namespace lianqing
