// lianqing schema: the JSON Schema (2020-12) of rule packs and of their tests, made of the tables
// that the parser reads by, so that editors complete and check what people write.
#include <cstdio>

#include "cli/commands.h"
#include "cli/language.h"
#include "cli/options.h"
#include "cli/translation.h"
#include "connectors/json_writer.h"
#include "rules/choices.h"
#include "rules/key_words.h"
#include "rules/measures/family.h"

namespace lianqing {
namespace {

constexpr OptionSpec kOptions[] = {
    {"lang", true, false, "zh 或 en；默认按环境变量", "zh or en; by default from the environment"},
    {"help", false, false, "显示这些选项", "show these options"},
};

// Indented by two, for people and diffs.
std::string laid_out(std::string_view json) {
  std::string out;
  std::size_t depth = 0;
  bool quoted = false;
  const auto newline = [&] { out += "\n" + std::string(2 * depth, ' '); };
  for (std::size_t i = 0; i < json.size(); ++i) {
    const char c = json[i];
    if (quoted) {
      out += c;
      if (c == '\\') out += json[++i];
      if (c == '"') quoted = false;
      continue;
    }
    switch (c) {
      case '"':
        quoted = true;
        out += c;
        break;
      case '{':
      case '[':
        out += c;
        if (json[i + 1] == '}' || json[i + 1] == ']') {
          out += json[++i];
          break;
        }
        ++depth;
        newline();
        break;
      case '}':
      case ']':
        --depth;
        newline();
        out += c;
        break;
      case ',':
        out += c;
        newline();
        break;
      case ':': out += ": "; break;
      default: out += c;
    }
  }
  return out + "\n";
}

class Schema {
 public:
  // `layer`: of a pack that changes another: what it leaves out stands below, and a key with
  // nothing behind it takes the key away.
  Schema(Construct root, std::string_view name, bool layer) : layer_(layer), out_(text_) {
    out_.begin_object();
    member("$schema", "https://json-schema.org/draft/2020-12/schema");
    member("$id", "urn:lianqing:schema:" + std::string(name) + ":1");
    member("title", "lianqing " + std::string(name));
    out_.key("$ref").string(reference(root));
    out_.key("$defs").begin_object();
    // The constructs that are met are defined as they are met.
    wanted_.push_back(root);
    for (std::size_t i = 0; i < wanted_.size(); ++i) define(wanted_[i]);
    out_.end_object().end_object();
  }

  std::string text() const { return laid_out(text_); }

 private:
  void member(std::string_view key, std::string_view value) { out_.key(key).string(value); }

  std::string reference(Construct construct) {
    return "#/$defs/" + std::string(construct_row(construct)->name);
  }
  void refer(Construct construct) {
    bool known = false;
    for (const Construct one : wanted_) known = known || one == construct;
    if (!known) wanted_.push_back(construct);
    member("$ref", reference(construct));
  }

  template <class... Types>
  void types(const Types&... names) {
    out_.key("type").begin_array();
    (out_.string(names), ...);
    if (layer_) out_.string("null");
    out_.end_array();
  }
  void scalar() { types("string", "number", "boolean"); }

  template <class Table>
  void choice(const Table& table) {
    out_.key("enum").begin_array();
    for (const auto& [word, value] : table) out_.string(word);
    if (layer_) out_.null();
    out_.end_array();
  }

  template <class First, class... Others>
  void any_of(First first, Others... others) {
    out_.key("anyOf").begin_array();
    alternative(first);
    (alternative(others), ...);
    if (layer_) alternative([&] { member("type", "null"); });
    out_.end_array();
  }
  template <class Make>
  void alternative(Make make) {
    out_.begin_object();
    make();
    out_.end_object();
  }
  template <class Make>
  void list(Make make) {
    member("type", "array");
    out_.key("items").begin_object();
    make();
    out_.end_object();
  }
  void words() {
    any_of([&] { scalar(); }, [&] { list([&] { scalar(); }); });
  }

  void describe(Construct in, std::string_view key) {
    const KeyWords* words = key_words(in, key);
    if (words != nullptr)
      member("description", std::string(words->zh) + "\n" + std::string(words->en));
  }

  // ---- values by the shape of their key

  void value(KeyShape shape) {
    switch (shape) {
      case KeyShape::text: any_of([&] { scalar(); }, [&] { refer(Construct::sentence); }); return;
      case KeyShape::number: types("number"); return;
      case KeyShape::flag: types("boolean"); return;
      case KeyShape::duration:
      case KeyShape::window: types("string"); return;
      case KeyShape::date:
        types("string");
        member("pattern", "^[0-9]{4}-[0-9]{2}-[0-9]{2}$");
        return;
      case KeyShape::words:
      case KeyShape::selection: words(); return;
      case KeyShape::map: types("object"); return;
      case KeyShape::list: types("array"); return;
      default: scalar();
    }
  }

  void names(Construct in, std::string_view key) {
    const bool free = in == Construct::event || in == Construct::units || key == "events" ||
                      key == "sources" || key == "params";
    if (free) return;  // paths, types and the like
    out_.key("propertyNames").begin_object();
    member("pattern", "^[^0-9\\s.][^\\s.]*$");
    out_.end_object();
  }

  template <class Make>
  void named(Construct in, std::string_view key, Make make) {
    types("object");
    names(in, key);
    out_.key("additionalProperties").begin_object();
    make();
    out_.end_object();
  }

  // What short forms hold: of a field one of its types, else any scalar or list of words.
  void short_form(Construct construct) {
    if (construct == Construct::field) return choice(kFieldTypes);
    if (construct == Construct::level || construct == Construct::param) return scalar();
    words();
  }

  void part(const PartRow& row) {
    const auto whole = [&] { refer(row.construct); };
    const auto brief = [&] { short_form(row.construct); };
    switch (row.holds) {
      case Holds::one: return layer_ ? any_of(whole) : whole();
      case Holds::one_or_short: return any_of(whole, brief);
      case Holds::named: return named(row.in, row.key, [&] { layer_ ? any_of(whole) : whole(); });
      case Holds::named_or_short: return named(row.in, row.key, [&] { any_of(whole, brief); });
      case Holds::list: return list(whole);
      case Holds::list_or_short:
        return any_of([&] { list([&] { any_of(whole, brief); }); }, whole,
                      [&] { member("type", "string"); });
      case Holds::scalars:
        return named(row.in, row.key, [&] {
          if (row.in == Construct::units) return choice(kAttributeTypes);
          scalar();
        });
      case Holds::words: return named(row.in, row.key, [&] { list([&] { scalar(); }); });
      case Holds::days:
      case Holds::anything: return words_or_anything(row);
    }
  }
  void words_or_anything(const PartRow& row) {
    if (row.holds == Holds::days) words();
  }

  void key(Construct in, std::string_view name, KeyShape shape) {
    out_.key(name).begin_object();
    describe(in, name);
    if (const PartRow* row = part_row(in, name)) {
      part(*row);
    } else if (in == Construct::rule && name == "status") {
      choice(kStatus);
    } else if (in == Construct::field && name == "type") {
      choice(kFieldTypes);
    } else if (in == Construct::shade && name == "base") {
      choice(kLevelNames);
    } else if (name == "level" || name == "below") {
      choice(kLevelWords);
    } else if (name == "ended") {
      choice(kEndings);
    } else if (in == Construct::file && name == "version") {
      out_.key("const").integer(1);
    } else if (in == Construct::flapping) {
      types("number", "string");  // or a param
    } else {
      value(shape);
    }
    out_.end_object();
  }

  // ---- constructs

  void define(Construct construct) {
    const ConstructRow& row = *construct_row(construct);
    out_.key(row.name).begin_object();
    types("object");
    out_.key("properties").begin_object();
    for (const KeyRow& one : row.keys) key(construct, one.name, one.shape);
    if (construct == Construct::measure) measure_keys();
    out_.end_object();
    out_.key("additionalProperties").boolean(false);
    if (!layer_ || construct == Construct::tests) required(row.keys);
    if (construct == Construct::measure) measure_families();
    if (construct == Construct::rule && !layer_) one_of_keys({"yellow", "red"});
    out_.end_object();
  }

  void required(std::span<const KeyRow> keys) {
    out_.key("required").begin_array();
    for (const KeyRow& one : keys) {
      if (one.required) out_.string(one.name);
    }
    out_.end_array();
  }

  void one_of_keys(std::initializer_list<std::string_view> keys) {
    out_.key("anyOf").begin_array();
    for (const std::string_view one : keys) requires_key(one);
    out_.end_array();
  }
  void requires_key(std::string_view one) {
    out_.begin_object().key("required").begin_array().string(one).end_array().end_object();
  }

  // ---- measures: the keys of all families, then what goes with which

  void measure_keys() {
    for (const MeasureFamily& family : kFamilies) {
      if (const PartRow* row = part_row(Construct::measure, family.key)) {
        out_.key(family.key).begin_object();
        describe(Construct::measure, family.key);
        part(*row);
        out_.end_object();
        continue;
      }
      out_.key(family.key).begin_object();
      describe(Construct::measure, family.key);
      if (family.key == "units") {
        choice(kScopes);
      } else if (family.key == "warnings") {
        choice(kStanding);
      } else if (family.subject == FamilySubject::types) {
        words();
      } else {
        scalar();
      }
      out_.end_object();
    }
    for (const OptionKey& option : kOptionKeys) {
      const bool family = family_named(option.key) != nullptr;
      if (family) continue;
      if (const PartRow* row = part_row(Construct::measure, option.key)) {
        out_.key(option.key).begin_object();
        describe(Construct::measure, option.key);
        part(*row);
        out_.end_object();
        continue;
      }
      out_.key(option.key).begin_object();
      describe(Construct::measure, option.key);
      option_value(option);
      out_.end_object();
    }
  }

  void option_value(const OptionKey& option) {
    if (option.key == "stat") return choice(kStats);
    if (option.key == "to_date") return types("boolean");
    if (option.key == "of" || option.key == "rules") return words();
    if (option.key == "offset" || option.key == "q") return types("number", "string");
    const bool text = option.key == "over" || option.key == "by" || option.key == "in" ||
                      option.key == "half_life" || option.key == "within" || option.key == "every";
    if (text) return types("string");
    scalar();
  }

  static const MeasureFamily* family_named(std::string_view key) {
    for (const MeasureFamily& family : kFamilies) {
      if (family.key == key) return &family;
    }
    return nullptr;
  }

  // Families in which the key of this one is only an option.
  std::vector<std::string_view> taken_by(const MeasureFamily& family) const {
    std::vector<std::string_view> out;
    for (const OptionKey& option : kOptionKeys) {
      if (option.key != family.key) continue;
      for (const MeasureFamily& other : kFamilies) {
        if (other.takes(option.option)) out.push_back(other.key);
      }
    }
    return out;
  }

  void measure_families() {
    if (layer_) return;
    out_.key("anyOf").begin_array();
    for (const MeasureFamily& family : kFamilies) requires_key(family.key);
    out_.end_array();
    out_.key("allOf").begin_array();
    for (const MeasureFamily& family : kFamilies) {
      out_.begin_object().key("if").begin_object();
      out_.key("required").begin_array().string(family.key).end_array();
      if (const auto others = taken_by(family); !others.empty()) {
        out_.key("not").begin_object().key("anyOf").begin_array();
        for (const std::string_view other : others) requires_key(other);
        out_.end_array().end_object();
      }
      out_.end_object().key("then").begin_object();
      out_.key("propertyNames").begin_object().key("enum").begin_array().string(family.key);
      for (const KeyRow& one : kMeasureKeys) out_.string(one.name);
      for (const OptionKey& option : kOptionKeys) {
        if (family.takes(option.option) && option.key != family.key) out_.string(option.key);
      }
      out_.end_array().end_object().key("required").begin_array();
      for (const OptionKey& option : kOptionKeys) {
        if (family.requires_option(option.option)) out_.string(option.key);
      }
      out_.end_array().end_object().end_object();
    }
    out_.end_array();
  }

  bool layer_;
  std::string text_;
  JsonWriter out_;
  std::vector<Construct> wanted_;
};

}  // namespace

int schema_command(const std::vector<std::string>& args) {
  const auto options = parse_options(args, kOptions);
  const auto usage = [](const std::string& what) {
    std::fprintf(stderr, "lianqing schema: %s\n", in_language(what, prefers_chinese()).c_str());
    return kExitUsage;
  };
  if (!options) return usage(options.error().what);
  if (options->has("help")) {
    const bool chinese = options->value_or("lang", prefers_chinese() ? "zh" : "en") == "zh";
    std::printf("%s\n\n%s",
                chinese ? "用法：lianqing schema [pack|layer|test]"
                        : "usage: lianqing schema [pack|layer|test]",
                options_help(kOptions, chinese).c_str());
    return 0;
  }
  const std::string kind = options->positionals().empty() ? "pack" : options->positionals()[0];
  if (options->positionals().size() > 1 || (kind != "pack" && kind != "layer" && kind != "test"))
    return usage("expected pack, layer or test");
  const Construct root = kind == "test" ? Construct::tests : Construct::file;
  std::fputs(Schema(root, kind, kind == "layer").text().c_str(), stdout);
  return 0;
}

}  // namespace lianqing
