// What other rooms say in English of a failure or of a refused record, beside its Chinese. `{}`
// stands for what changes (a path, a name, another message), in the same order in both texts; where
// Chinese wants another order, it says {1}, {2} ... (all or none).
#pragma once

#include <span>
#include <string_view>

namespace lianqing {

struct TranslationRow {
  std::string_view english, chinese;
};
std::span<const TranslationRow> translation_rows();

}  // namespace lianqing
