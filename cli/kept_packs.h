// The rule packs that ever ruled a data directory, each whole, under the hash of its meaning and
// with the names its files had: DIR/rules/HASH/. Whoever has the log finds there what judged it.
// docs/formats.md has the layout. A kept pack can be given wherever a pack can.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lianqing/diagnostic.h"
#include "lianqing/result.h"
#include "rules/program.h"

namespace lianqing {

// What compile_pack takes.
struct PackTexts {
  std::vector<SourceText> files, calendars;

  std::vector<SourceText> all() const;  // what SourceSpan::file counts
};

// The hash as it is printed: 64 hex digits.
std::string hash_text(const Program& program);

// Makes sure that the pack is there; durable when it returns. Fails (io), or (refused) if what was
// written does not compile to the same hash.
[[nodiscard]] Status keep_pack(const std::string& data, const Program& program,
                               const PackTexts& texts);

// The folder of the one kept pack whose hash begins so; nothing if there is none.
std::optional<std::string> find_kept_pack(const std::string& data, std::string_view hash);

// The folders of the packs that ruled what the daemon told last, in order; empty: no daemon has run
// on this log. Fails (io) if one is missing, else as reading the log does.
[[nodiscard]] Result<std::vector<std::string>> ruled_packs(const std::string& data);

// Which of ruled_packs() judged the warning, or, if `warning` is empty or is not stored, ruled at
// the instant; without an instant: the last one. There must be one. Fails as ruled_packs() does.
[[nodiscard]] Result<std::size_t> ruler_of(const std::string& data, const std::string& warning,
                                           std::optional<Instant> at);

bool is_kept_pack(const std::string& folder);
// Fails (io, corrupt).
[[nodiscard]] Result<PackTexts> read_kept_pack(const std::string& folder);
// Fails (corrupt) if it does not compile any more.
[[nodiscard]] Result<std::shared_ptr<const Program>> load_kept_pack(const std::string& folder);

}  // namespace lianqing
