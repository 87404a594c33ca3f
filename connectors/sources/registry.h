// The kinds of sources, one row each: the keys it takes, what must hold between them, and how it is
// made. A new kind is a file beside this one, a row in registry.cc, the contract test and a page in
// docs/connectors/.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "connectors/settings.h"
#include "lianqing/source.h"

namespace lianqing {

struct SourceKind {
  std::string_view name;
  std::string_view summary_zh, summary_en;
  std::span<const SettingRow>
      keys;  // besides those that every source has (cli/serve/source_config)
  // What the shapes cannot say; looks at nothing but the settings. Null: nothing.
  std::vector<SettingFault> (*check)(const Settings& settings);
  // Cheap: what is slow or can be missing for a while is opened by the first pull. Fails (io,
  // refused) as next() does. `name` is the connector's, for messages.
  Result<std::unique_ptr<Source>> (*open)(const std::string& name, const Settings& settings,
                                          const std::string& cursor);
};

// In the order of their names.
std::span<const SourceKind> source_kinds();
const SourceKind* find_source_kind(std::string_view name);

}  // namespace lianqing
