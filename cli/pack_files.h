// Rule packs on disk: a folder of YAML files (or one file), and the calendars that go with them.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "cli/kept_packs.h"
#include "lianqing/ruleset.h"
#include "rules/program.h"

namespace lianqing {

// *.yaml and *.yml of the folder, not *.test.yaml, by name; or the one file. Then those of the pack
// that it extends (`pack: {extends: ../ours}` or a list of them, relative to its folder; a name
// that is not there is that of a shipped pack), and so on, each with its layer; a pack that several
// extend is read once. Fails (io) if something cannot be read, (refused) if there is no rule file
// or packs extend each other in a circle.
[[nodiscard]] Result<std::vector<SourceText>> read_pack(const std::string& path);

// *.test.yaml and *.test.yml of the folder, by name; of the one file NAME.yaml, NAME.test.yaml if
// it is there. Not those of what the pack extends.
[[nodiscard]] Result<std::vector<SourceText>> read_pack_tests(const std::string& path);

// The pack's own `calendars/` first, then those of what it extends, then the shipped ones.
[[nodiscard]] Result<std::vector<SourceText>> read_calendars(const std::string& path);

// Both.
[[nodiscard]] Result<PackTexts> read_pack_texts(const std::string& path);

// A pack that was sent, with what it extends and its calendars, as if its files stood in the place
// of the pack at `place`. It may extend what that one extends, and shipped packs, by their names
// (`../base` or `base`). Fails (refused) if it extends something else, else as read_pack.
[[nodiscard]] Result<PackTexts> complete_pack(std::vector<SourceText> files,
                                              const std::string& place);

[[nodiscard]] Result<std::string> read_file(const std::string& path);

// Reads and compiles; mistakes are told on standard error. Null: the exit code is in `code`.
std::shared_ptr<const Program> load_pack(const std::string& path, bool chinese, int& code);

}  // namespace lianqing
