// A file that grows, one event per line, followed through rotation by rename or by copy and
// truncation, through truncation, and through any number of restarts. With a pattern (`*.jsonl`):
// the files that match, one after the other in the order of their names, as for a file per day.
//
// Where it goes on is found by what stands before that place, not by a name or an inode: a file is
// the one that was being read if its beginning and the bytes before the offset are the same.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "connectors/settings.h"
#include "lianqing/source.h"

namespace lianqing {

std::span<const SettingRow> file_tail_keys();
std::vector<SettingFault> check_file_tail(const Settings& settings);
[[nodiscard]] Result<std::unique_ptr<Source>> open_file_tail(const std::string& name,
                                                             const Settings& settings,
                                                             const std::string& cursor);

}  // namespace lianqing
