#include "cli/settings_reader.h"

#include "rules/duration.h"
#include "rules/identifier.h"
#include "rules/reader.h"

namespace lianqing {
namespace {

constexpr std::size_t kMostName = 64;
constexpr std::int64_t kSecond = 1'000'000;

void wrong(const SourceSpan& at, Bilingual message, Diagnostics& out) {
  out.push_back({"C001", Severity::error, at, std::move(message), {}});
}

KeyShape key_shape(SettingShape shape) {
  switch (shape) {
    case SettingShape::text: return KeyShape::word;
    case SettingShape::texts: return KeyShape::words;
    case SettingShape::number: return KeyShape::number;
    case SettingShape::duration: return KeyShape::duration;
    case SettingShape::flag: return KeyShape::flag;
    case SettingShape::pairs: return KeyShape::map;
  }
  return KeyShape::word;
}

void read_whole(const Node& node, const SettingRow& row, Settings& to, Diagnostics& out) {
  const auto number = read_number(node, row.name, out);
  if (!number) return;
  if (number->is_integer() && *number >= Number(row.least) && *number <= Number(row.most)) {
    return to.set(row.name, static_cast<std::int64_t>(number->num()));
  }
  const std::string range = std::to_string(row.least) + " – " + std::to_string(row.most);
  wrong(node.find(row.name)->at,
        {std::string(row.name) + " 应为 " + range + " 之间的整数",
         std::string(row.name) + " expects a whole number in " + range},
        out);
}

void read_pairs(const Node& node, const SettingRow& row, Settings& to, Diagnostics& out) {
  const Node* map = node.find(row.name);
  if (map == nullptr) return;
  if (!check_map(*map, {"“名称: 文字”的列表", "names with their texts"}, out)) return;
  Settings::Pairs pairs;
  for (const Entry& entry : map->entries) {
    pairs.emplace_back(entry.key, text_of(entry.value, out).text);
  }
  to.set(row.name, std::move(pairs));
}

}  // namespace

std::vector<KeyRow> key_rows(std::span<const KeyRow> own, std::span<const SettingRow> rows) {
  std::vector<KeyRow> out(own.begin(), own.end());
  for (const SettingRow& row : rows) out.push_back({row.name, key_shape(row.shape), row.required});
  return out;
}

std::optional<Duration> read_duration(const Node& node, std::string_view key, Duration least,
                                      Duration most, Diagnostics& out) {
  const Text text = read_text(node, key, out);
  if (text.text.empty()) return std::nullopt;
  const auto span = parse_span(text.text);
  if (span && !span->workdays && span->amount >= least.count() && span->amount <= most.count()) {
    return Duration{span->amount};
  }
  const std::string from = std::to_string(least.count() / kSecond),
                    to = std::to_string(most.count() / kSecond);
  wrong(text.at,
        {std::string(key) + " 应为 " + from + " 秒至 " + to + " 秒之间的时长，如 90s、15m、6h",
         std::string(key) + " expects a length of time from " + from + " s to " + to +
             " s, such as 90s, 15m, 6h"},
        out);
  return std::nullopt;
}

Settings read_settings(const Node& node, std::span<const SettingRow> rows, Diagnostics& out) {
  Settings to;
  for (const SettingRow& row : rows) {
    const Node* value = node.find(row.name);
    if (value == nullptr) continue;
    switch (row.shape) {
      case SettingShape::text:
        if (const Text text = read_text(node, row.name, out); text.present) {
          to.set(row.name, std::vector<std::string>{text.text});
        }
        break;
      case SettingShape::texts: {
        std::vector<std::string> texts;
        for (const Text& text : read_texts(*value, out)) texts.push_back(text.text);
        to.set(row.name, std::move(texts));
        break;
      }
      case SettingShape::number: read_whole(node, row, to, out); break;
      case SettingShape::duration:
        if (const auto duration = read_duration(node, row.name, Duration{row.least * kSecond},
                                                Duration{row.most * kSecond}, out)) {
          to.set(row.name, duration->count());
        }
        break;
      case SettingShape::flag:
        if (const auto flag = read_flag(node, row.name, out)) {
          to.set(row.name, std::int64_t{*flag ? 1 : 0});
        }
        break;
      case SettingShape::pairs: read_pairs(node, row, to, out); break;
    }
  }
  return to;
}

void report_faults(const Node& node, const SourceSpan& owner,
                   const std::vector<SettingFault>& faults, Diagnostics& out) {
  for (const SettingFault& fault : faults) {
    const Node* at = fault.key.empty() ? nullptr : node.find(fault.key);
    wrong(at == nullptr ? owner : at->at, fault.message, out);
  }
}

bool check_connector_name(const Entry& entry, Diagnostics& out) {
  bool good = !entry.key.empty() && entry.key.size() <= kMostName;
  for (std::string_view rest = entry.key; good && !rest.empty();) {
    const CodePoint next = first_code_point(rest);
    good = next.value == '-' || next.value == '.' || is_identifier_part(next.value);
    rest.remove_prefix(next.bytes);
  }
  if (!good) {
    wrong(entry.key_at,
          {"连接器的名称只能有文字、数字、“_”“-”“.”，至多 64 字节",
           "a connector's name has letters, digits, '_', '-' and '.', at most 64 bytes"},
          out);
  }
  return good;
}

}  // namespace lianqing
