// Reads nodes as what they should be and reports what they are not: keys by their table, texts,
// numbers, flags, sentences in two languages, names. Used by parse and calendar_file.
#pragma once

#include <iterator>
#include <optional>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

#include "rules/document.h"
#include "rules/keys.h"
#include "rules/syntax.h"

namespace lianqing {

// Whether the node is a map with only known keys and all required ones; `owner` is its key or name.
// Unknown and missing keys are reported and leave the rest readable; true if it is a map.
bool check_keys(const Node& node, const SourceSpan& owner, std::span<const KeyRow> keys,
                const Bilingual& what, Diagnostics& out);
// A map of names to constructs; an empty value is an empty map. Reports anything else.
bool check_map(const Node& node, const Bilingual& what, Diagnostics& out);

// Words that people write for a word of the language: `average` for `avg`.
struct Synonym {
  std::string_view written, meant;
};
// The nearest of `known`, by itself or by a synonym.
std::optional<std::string> nearest_word(const std::string& word,
                                        const std::vector<std::string>& known);

void report_unknown_key(const Entry& entry, const std::vector<std::string>& known,
                        const Bilingual& what, Diagnostics& out);

// A scalar with something in it. Absent keys give an absent Text, silently.
Text read_text(const Node& map, std::string_view key, Diagnostics& out);
Text text_of(const Node& node, Diagnostics& out);
std::optional<Number> read_number(const Node& map, std::string_view key, Diagnostics& out);
std::optional<bool> read_flag(const Node& map, std::string_view key, Diagnostics& out);
// A list of scalars, or one scalar for a list of one.
std::vector<Text> read_texts(const Node& node, Diagnostics& out);
// Text or {zh, en}; a single text stands for both languages.
struct Sentence {
  Text zh, en;
  Bilingual plain() const { return {zh.text, en.text}; }
};
Sentence read_sentence(const Node& map, std::string_view key, Diagnostics& out);

// A name that expressions can use: an identifier and no word of the language. Reports if not.
bool check_name(const std::string& name, const SourceSpan& at, Diagnostics& out);

// One of a few fixed words was wanted.
void report_choice(const Text& text, const Bilingual& what, const std::vector<std::string>& known,
                   Diagnostics& out);
// The value of the row whose name is written; a table is an array of (name, value). Nothing if it
// is absent or reported.
template <class Table>
auto choose(const Text& text, const Table& table, const Bilingual& what, Diagnostics& out)
    -> std::optional<std::remove_cvref_t<decltype(std::begin(table)->second)>> {
  if (!text.present) return std::nullopt;
  std::vector<std::string> known;
  for (const auto& [name, value] : table) {
    if (text.text == name) return value;
    known.emplace_back(name);
  }
  report_choice(text, what, known, out);
  return std::nullopt;
}

std::vector<std::string> key_names(std::span<const KeyRow> keys);

}  // namespace lianqing
