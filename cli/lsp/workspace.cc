#include "cli/lsp/workspace.h"

#include <algorithm>
#include <filesystem>

#include "cli/pack_files.h"
#include "lianqing/assert.h"
#include "rules/parse.h"

namespace lianqing::lsp {

const std::string* OpenPack::text_of(const std::string& path) const {
  const auto at = std::find_if(texts.begin(), texts.end(),
                               [&](const SourceText& text) { return text.name == path; });
  return at == texts.end() ? nullptr : &at->bytes;
}

Result<OpenPack> Workspace::read(const std::string& path) const { return read_with(path, {}); }

Result<OpenPack> Workspace::read_with(const std::string& path,
                                      const std::map<std::string, std::string>& changed) const {
  const std::string folder = std::filesystem::path(path).parent_path().string();
  OpenPack out;
  LQ_TRY(out.texts, read_pack(folder));
  LQ_TRY(const std::vector<SourceText> calendars, read_calendars(folder));
  for (SourceText& text : out.texts) {
    if (const auto open = open_.find(text.name); open != open_.end()) text.bytes = open->second;
    if (const auto now = changed.find(text.name); now != changed.end()) text.bytes = now->second;
  }
  out.files = out.texts.size();
  const auto program = compile_pack(out.texts, calendars, &out.findings);
  if (program) {
    out.program = *program;
  } else {
    out.findings = program.error();
  }
  Diagnostics ignored;
  out.syntax = parse_pack(out.texts, ignored);
  out.texts.insert(out.texts.end(), calendars.begin(), calendars.end());
  return out;
}

std::vector<Definition> definitions_of(const PackSyntax& syntax) {
  using Kind = Definition::Kind;
  std::vector<Definition> out;
  const auto add = [&](const auto& section, Kind kind) {
    for (const auto& one : section) out.push_back({kind, one.name, one.at});
  };
  add(syntax.measures, Kind::measure);
  add(syntax.params, Kind::param);
  add(syntax.lists, Kind::list);
  add(syntax.macros, Kind::macro);
  add(syntax.items, Kind::item);
  add(syntax.rules, Kind::rule);
  add(syntax.events, Kind::event);
  add(syntax.duties, Kind::duty);
  return out;
}

}  // namespace lianqing::lsp
