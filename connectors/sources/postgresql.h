// Rows of a PostgreSQL query as a source, asked for again and again with a high-water mark: a
// column that is unique and grows, such as an id from a sequence.
//
// Rows come to light in the order in which their transactions end, not in that of their marks. So a
// look has two steps: first it notes the highest mark there is and which transactions may be under
// way; once all of those have ended, whatever will ever stand below that mark is to be seen, and is
// read in the order of the marks. A transaction that writes for an hour holds the source back for
// an hour; it never makes it pass over a row.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "connectors/settings.h"
#include "lianqing/source.h"

namespace lianqing {

std::span<const SettingRow> postgresql_keys();
std::vector<SettingFault> check_postgresql(const Settings& settings);
[[nodiscard]] Result<std::unique_ptr<Source>> open_postgresql(const std::string& name,
                                                              const Settings& settings,
                                                              const std::string& cursor);

}  // namespace lianqing
