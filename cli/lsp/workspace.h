// The packs of the documents that an editor has open: their files as they stand in the editor, read
// as `check` reads them.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "cli/lsp/document_text.h"
#include "rules/syntax.h"

namespace lianqing::lsp {

// One pack, read once.
struct OpenPack {
  std::vector<SourceText> texts;  // of the pack, then calendars
  std::size_t files = 0;          // how many of `texts` are the pack's
  PackSyntax syntax;
  std::shared_ptr<const Program> program;  // null: it has errors
  Diagnostics findings;

  const std::string* text_of(const std::string& path) const;
};

class Workspace {
 public:
  void open(const std::string& path, std::string text) { open_[path] = std::move(text); }
  void close(const std::string& path) { open_.erase(path); }
  const std::map<std::string, std::string>& documents() const { return open_; }

  // The pack that the file is part of: those beside it, with what is open in place of what is on
  // the disk.
  Result<OpenPack> read(const std::string& path) const;
  // The same with these texts in place of others: what a change would make of it.
  Result<OpenPack> read_with(const std::string& path,
                             const std::map<std::string, std::string>& changed) const;

 private:
  std::map<std::string, std::string> open_;
};

// A named construct of the pack.
struct Definition {
  enum class Kind : std::uint8_t { measure, param, list, macro, item, rule, event, duty };
  Kind kind = Kind::measure;
  std::string name;
  SourceSpan at;
};
std::vector<Definition> definitions_of(const PackSyntax& syntax);

}  // namespace lianqing::lsp
