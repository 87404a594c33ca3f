// A measure, param, list or macro gets another name wherever it is meant: in conditions, sentences,
// lengths of time and the tests beside the pack.
#pragma once

#include "cli/lsp/workspace.h"

namespace lianqing::lsp {

struct Edit {
  std::string path;
  SourceSpan at;  // in the text of the document
};

// All places, in order. Fails (refused) if there is no such name, the new one cannot be a name or
// is taken, or the pack would have more errors than before.
[[nodiscard]] Result<std::vector<Edit>> rename_edits(const Workspace& workspace,
                                                     const OpenPack& pack, const std::string& path,
                                                     const std::string& from,
                                                     const std::string& to);

}  // namespace lianqing::lsp
