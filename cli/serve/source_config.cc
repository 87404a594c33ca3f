#include "cli/serve/source_config.h"

#include "cli/settings_reader.h"
#include "connectors/attributes.h"
#include "rules/reader.h"

namespace lianqing {
namespace {

constexpr KeyRow kOwnKeys[] = {
    {"kind", KeyShape::word, true},       {"source", KeyShape::word},
    {"silent_after", KeyShape::duration}, {"down_after", KeyShape::duration},
    {"status_unit", KeyShape::word},
};
constexpr Duration kSecond{1'000'000};
constexpr Duration kYear{366LL * 24 * 3600 * 1'000'000};

const SourceKind* read_kind(const Node& node, Diagnostics& out) {
  std::vector<std::pair<std::string, const SourceKind*>> kinds;
  for (const SourceKind& kind : source_kinds()) kinds.emplace_back(kind.name, &kind);
  return choose(read_text(node, "kind", out), kinds, {"来源的种类", "kind of source"}, out)
      .value_or(nullptr);
}

std::optional<SourceSetup> read_source(const Entry& entry, Diagnostics& out) {
  const Node& node = entry.value;
  const bool named = check_connector_name(entry, out);
  const Bilingual what{"来源", "a source"};
  const SourceKind* kind = node.is_map() ? read_kind(node, out) : nullptr;
  if (kind == nullptr) {
    if (node.find("kind") == nullptr) check_keys(node, entry.key_at, kOwnKeys, what, out);
    return std::nullopt;
  }
  const auto rows = key_rows(kOwnKeys, kind->keys);
  const std::string kind_name(kind->name);
  check_keys(node, entry.key_at, rows,
             {"种类为 " + kind_name + " 的来源", "a source of kind " + kind_name}, out);
  SourceSetup setup;
  setup.name = entry.key;
  setup.kind = kind;
  setup.source = read_text(node, "source", out).text;
  setup.status_unit = read_text(node, "status_unit", out).text;
  setup.silent_after = read_duration(node, "silent_after", kSecond, kYear, out);
  if (const auto down = read_duration(node, "down_after", Duration{0}, kYear, out)) {
    setup.down_after = *down;
  }
  setup.settings = read_settings(node, kind->keys, out);
  report_faults(node, entry.key_at, kind->check(setup.settings), out);
  if (!named) return std::nullopt;
  return setup;
}

}  // namespace

Record decode_read(const RawRecord& raw, const std::string& source, EventDecoder& decoder,
                   Arena& arena) {
  const auto rejected = [&](const std::string& code, const std::string& detail) {
    return Rejection{code, detail, {}, 0, raw.bytes.substr(0, kMaxRejectedBytes)};
  };
  if (raw.fault) return rejected(raw.fault->code, raw.fault->detail);
  Record record = decoder.decode(raw.bytes, {}, arena);
  if (source.empty()) return record;
  const auto* fault = std::get_if<Rejection>(&record);
  if (fault != nullptr && fault->code == "missing") {
    record = decoder.decode(with_source(raw.bytes, source), {}, arena);
  }
  const auto* event = std::get_if<Event>(&record);
  if (event == nullptr || event->source == source) return record;
  return rejected("source", "the record is of another source: expected " + source);
}

std::vector<SourceSetup> read_sources(const Node& node, Diagnostics& out) {
  std::vector<SourceSetup> sources;
  if (!check_map(node, {"各来源", "the sources"}, out)) return sources;
  const Entry* reads_input = nullptr;
  for (const Entry& entry : node.entries) {
    auto setup = read_source(entry, out);
    if (!setup) continue;
    if (setup->kind->name == "stdin") {
      if (reads_input != nullptr) {
        out.push_back({"C001",
                       Severity::error,
                       entry.key_at,
                       {"标准输入只能由一个来源读取，“" + reads_input->key + "”已在读",
                        "only one source can read standard input, '" + reads_input->key + "' does"},
                       {}});
      }
      reads_input = &entry;
    }
    sources.push_back(*std::move(setup));
  }
  return sources;
}

}  // namespace lianqing
