// Standard input as a source: one event per line, until it ends. A file (`< events.jsonl`) is gone
// on with after a restart; of a pipe everything that comes is news, and ids keep it from counting
// twice.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "connectors/settings.h"
#include "lianqing/source.h"

namespace lianqing {

std::span<const SettingRow> standard_input_keys();
std::vector<SettingFault> check_standard_input(const Settings& settings);
[[nodiscard]] Result<std::unique_ptr<Source>> open_standard_input(const std::string& name,
                                                                  const Settings& settings,
                                                                  const std::string& cursor);
// The same on any descriptor, which stays the caller's.
std::unique_ptr<Source> stream_source(int descriptor, const std::string& cursor);

}  // namespace lianqing
