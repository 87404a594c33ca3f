// A connector's part of the configuration, from YAML: its keys by the table of its kind.
#pragma once

#include <span>
#include <vector>

#include "connectors/settings.h"
#include "rules/document.h"
#include "rules/keys.h"

namespace lianqing {

// The keys as check_keys() wants them, behind `own`.
std::vector<KeyRow> key_rows(std::span<const KeyRow> own, std::span<const SettingRow> rows);

// The values of the rows' keys in the map `node`; those that are not of their shape are reported.
Settings read_settings(const Node& node, std::span<const SettingRow> rows, Diagnostics& out);

// A span in `node`'s key, in whole seconds from `least` on; working days are refused.
std::optional<Duration> read_duration(const Node& node, std::string_view key, Duration least,
                                      Duration most, Diagnostics& out);

// Reports what check() of a kind found, each at its key.
void report_faults(const Node& node, const SourceSpan& owner,
                   const std::vector<SettingFault>& faults, Diagnostics& out);

// A name for a connector: letters of any script, digits, `_`, `-`, `.`; at most 64 bytes.
bool check_connector_name(const Entry& entry, Diagnostics& out);

}  // namespace lianqing
