#include "cli/lsp/hover.h"

#include <algorithm>
#include <set>

#include "rules/key_words.h"
#include "rules/measures/family.h"

namespace lianqing::lsp {
namespace {

struct FunctionWords {
  std::string_view name, example, zh, en;
};
constexpr FunctionWords kFunctions[] = {
    {"size", "size(list)", "列表有几项", "number of elements of a list"},
    {"has", "has(field)", "有没有值", "whether there is a value"},
    {"matches", "matches(text, 're')", "文字是否符合 RE2 模式",
     "whether a text matches an RE2 pattern"},
    {"startsWith", "startsWith(text, 'a')", "是否以此开头", "whether a text begins so"},
    {"endsWith", "endsWith(text, 'a')", "是否以此结尾", "whether a text ends so"},
    {"contains", "contains(text, 'a')", "是否含有", "whether a text contains it"},
    {"min", "min(a, b)", "最小的一个", "the least of them"},
    {"max", "max(a, b)", "最大的一个", "the greatest of them"},
    {"abs", "abs(a)", "绝对值", "the amount without its sign"},
    {"round", "round(a, 2)", "四舍五入到几位小数", "rounded to so many decimals"},
};

std::string words_of(Construct in, std::string_view key, bool chinese) {
  const KeyWords* words = key_words(in, key);
  return words == nullptr ? std::string() : std::string(chinese ? words->zh : words->en);
}

template <class T>
const T* find_named(const std::vector<T>& section, std::string_view name) {
  const auto at =
      std::find_if(section.begin(), section.end(), [&](const T& one) { return one.name == name; });
  return at == section.end() ? nullptr : &*at;
}

// Types with what people call them.
std::string types_in_words(const OpenPack& pack, const Selection& selection, bool chinese) {
  if (selection.any) return chinese ? "任何事件" : "any event";
  std::string out;
  for (const Text& type : selection.types) {
    const EventSyntax* event = find_named(pack.syntax.events, type.text);
    const std::string title = event == nullptr ? "" : event->title.in(chinese);
    out += (out.empty() ? ""
            : chinese   ? "、"
                        : ", ") +
           (title.empty() ? "" : title + " ") + "`" + type.text + "`";
  }
  return out;
}

std::string measure_in_words(const OpenPack& pack, const MeasureSyntax& measure, bool chinese) {
  if (measure.family == nullptr) return {};
  std::string out = words_of(Construct::measure, measure.family->key, chinese);
  if (measure.subject.present) out += (chinese ? "：`" : ": `") + measure.subject.text + "`";
  const auto line = [&](std::string_view key, const std::string& value) {
    if (!value.empty()) {
      out += "\n- " + words_of(Construct::measure, key, chinese) + (chinese ? "：" : ": ") + value;
    }
  };
  const auto text = [&](std::string_view key, const Text& value) {
    if (value.present) line(key, "`" + value.text + "`");
  };
  line("of", types_in_words(pack, measure.of, chinese));
  text("where", measure.where);
  text("over", measure.over);
  text("offset", measure.offset);
  text("per", measure.per);
  text(measure.family->takes(kTakesIn) ? "in" : "by", measure.margin);
  text("within", measure.within);
  text("on", measure.on);
  text("stat", measure.stat);
  text("among", measure.among);
  text("every", measure.every);
  text("half_life", measure.half_life);
  text("empty", measure.empty);
  if (!measure.over.present && measure.family->takes(kTakesWindow))
    out += chinese ? "\n- 全部历史" : "\n- all history";
  return out;
}

std::string titled(std::string_view kind, std::string_view name, const std::string& title) {
  std::string out = "**" + std::string(name) + "** (" + std::string(kind) + ")";
  return title.empty() ? out : out + " " + title;
}

std::string param_in_words(const ParamSyntax& param, bool chinese) {
  std::string out = (chinese ? "现在是 " : "now ") + param.value.text;
  const std::string low = param.min.present ? param.min.text : "…";
  const std::string high = param.max.present ? param.max.text : "…";
  if (param.min.present || param.max.present)
    out +=
        (chinese ? "，可调范围 " : ", may be set from ") + low + (chinese ? " 到 " : " to ") + high;
  return out;
}

std::string list_in_words(const ListSyntax& list) {
  constexpr std::size_t kShown = 12;
  std::string out;
  for (std::size_t i = 0; i < std::min(kShown, list.values.size()); ++i)
    out += (out.empty() ? "" : ", ") + list.values[i].text;
  return list.values.size() > kShown ? out + " ..." : out;
}

// A name of the pack's; rules read measures, params, lists and macros by them.
std::string name_in_words(const OpenPack& pack, std::string_view word, bool chinese) {
  const PackSyntax& syntax = pack.syntax;
  if (const auto* measure = find_named(syntax.measures, word)) {
    return titled(chinese ? "指标" : "measure", word, measure->title.in(chinese)) + "\n\n" +
           measure_in_words(pack, *measure, chinese);
  }
  if (const auto* param = find_named(syntax.params, word)) {
    return titled(chinese ? "参数" : "param", word, param->title.in(chinese)) + "\n\n" +
           param_in_words(*param, chinese);
  }
  if (const auto* list = find_named(syntax.lists, word))
    return titled(chinese ? "列表" : "list", word, "") + "\n\n" + list_in_words(*list);
  if (const auto* macro = find_named(syntax.macros, word))
    return titled(chinese ? "宏" : "macro", word, "") + "\n\n`" + macro->text.text + "`";
  if (const auto* event = find_named(syntax.events, word)) {
    std::string fields;
    for (const FieldSyntax& field : event->fields)
      fields +=
          "\n- `" + field.name + "`" + (field.required ? (chinese ? " 必填" : " required") : "");
    return titled(chinese ? "事件" : "event", word, event->title.in(chinese)) + "\n" + fields;
  }
  if (const auto* item = find_named(syntax.items, word))
    return titled(chinese ? "事项" : "item", word, item->title.in(chinese));
  if (const auto* rule = find_named(syntax.rules, word))
    return titled(chinese ? "规则" : "rule", word, rule->title.in(chinese));
  return {};
}

std::string function_in_words(std::string_view word, bool chinese) {
  for (const FunctionWords& function : kFunctions) {
    if (function.name == word)
      return "`" + std::string(function.example) + "` " +
             std::string(chinese ? function.zh : function.en);
  }
  return {};
}

bool is_condition_key(std::string_view key) {
  static constexpr std::string_view kKeys[] = {
      "where", "enter", "exit", "yellow", "red", "needs", "value", "streak", "because", "zh", "en"};
  return std::find(std::begin(kKeys), std::end(kKeys), key) != std::end(kKeys);
}

class Proposals {
 public:
  Proposals(const OpenPack& pack, bool chinese) : pack_(pack), chinese_(chinese) {}

  void keys(Construct construct) {
    const ConstructRow* row = construct_row(construct);
    if (row == nullptr) return;
    for (const KeyRow& key : row->keys) add_key(construct, key.name);
    if (construct != Construct::measure) return;
    for (const MeasureFamily& family : kFamilies) add_key(construct, family.key);
    for (const OptionKey& option : kOptionKeys) add_key(construct, option.key);
  }

  void names() {
    for (const MeasureSyntax& one : pack_.syntax.measures)
      add(Proposal::Kind::measure, one.name, one.title.in(chinese_));
    for (const ParamSyntax& one : pack_.syntax.params)
      add(Proposal::Kind::param, one.name, one.value.text + "  " + one.title.in(chinese_));
    for (const ListSyntax& one : pack_.syntax.lists)
      add(Proposal::Kind::list, one.name, list_in_words(one));
    for (const MacroSyntax& one : pack_.syntax.macros)
      add(Proposal::Kind::word, one.name, one.text.text);
    for (const FunctionWords& one : kFunctions)
      add(Proposal::Kind::function, std::string(one.name), std::string(chinese_ ? one.zh : one.en));
  }

  void fields() {
    for (const EventSyntax& event : pack_.syntax.events) {
      for (const FieldSyntax& field : event.fields)
        add(Proposal::Kind::field, field.name, event.name);
    }
  }

  template <class Section>
  void section(const Section& section, Proposal::Kind kind) {
    for (const auto& one : section) add(kind, one.name, "");
  }
  void events() {
    for (const EventSyntax& one : pack_.syntax.events)
      add(Proposal::Kind::word, one.name, one.title.in(chinese_));
  }

  std::vector<Proposal> take() { return std::move(out_); }

 private:
  void add_key(Construct construct, std::string_view key) {
    add(Proposal::Kind::key, std::string(key), words_of(construct, key, chinese_));
  }
  void add(Proposal::Kind kind, const std::string& label, std::string detail) {
    if (known_.insert(label).second) out_.push_back({kind, label, std::move(detail)});
  }

  const OpenPack& pack_;
  bool chinese_;
  std::set<std::string> known_;
  std::vector<Proposal> out_;
};

}  // namespace

std::string hover_text(const OpenPack& pack, const KeyPath& path, bool tests, std::string_view word,
                       bool chinese) {
  if (path.at_key) {
    if (std::string text = words_of(construct_at(path, tests), word, chinese); !text.empty())
      return "`" + std::string(word) + "`: " + text;
  }
  if (path.in_text) {
    if (std::string text = function_in_words(word, chinese); !text.empty()) {
      const bool own = find_named(pack.syntax.measures, word) != nullptr;
      if (!own) return text;
    }
  }
  return name_in_words(pack, word, chinese);
}

std::vector<Proposal> proposals(const OpenPack& pack, const KeyPath& path, bool tests,
                                bool chinese) {
  Proposals out(pack, chinese);
  const std::string_view key = path.keys.empty() ? std::string_view() : path.keys.back();
  if (path.at_key) {
    out.keys(construct_at(path, tests));
  } else if (path.in_text || is_condition_key(key)) {
    out.names();
    if (key == "where" || key == "streak") out.fields();
  } else if (key == "count" || key == "of" || key == "age" || key == "open" || key == "close" ||
             key == "sequence" || key == "without" || key == "type" || key == "event") {
    out.events();
    out.section(pack.syntax.items, Proposal::Kind::word);
  } else if (key == "per" || key == "on" || key == "due" || key == "key" || key == "sum" ||
             key == "avg" || key == "distinct" || key == "top" || key == "last" || key == "first" ||
             key == "median" || key == "min" || key == "max") {
    out.fields();
  } else if (key == "overdue" || key == "due_within" || key == "closed" || key == "on_time_rate" ||
             key == "extensions") {
    out.section(pack.syntax.items, Proposal::Kind::word);
  } else if (key == "peers") {
    out.section(pack.syntax.measures, Proposal::Kind::measure);
  } else if (key == "codes") {
    out.section(pack.syntax.lists, Proposal::Kind::list);
  } else if (key == "rule" || key == "rules") {
    out.section(pack.syntax.rules, Proposal::Kind::word);
  } else if (key == "duty") {
    out.section(pack.syntax.duties, Proposal::Kind::word);
  } else if (key == "over" || key == "for" || key == "hold" || key == "by" || key == "in" ||
             key == "within" || key == "half_life" || key == "offset") {
    out.section(pack.syntax.params, Proposal::Kind::param);
  }
  return out.take();
}

}  // namespace lianqing::lsp
