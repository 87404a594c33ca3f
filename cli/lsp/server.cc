// lianqing lsp: the language server. Reads requests from standard input, answers on standard
// output; one request after the other, nothing is kept but the open documents.
#include <algorithm>
#include <cstdio>
#include <set>

#include "cli/commands.h"
#include "cli/language.h"
#include "cli/lsp/hover.h"
#include "cli/lsp/log_values.h"
#include "cli/lsp/rename.h"
#include "cli/options.h"
#include "cli/pack_files.h"
#include "cli/test/script.h"
#include "connectors/editor/message.h"
#include "connectors/json_writer.h"
#include "rules/source_lines.h"

namespace lianqing {
namespace {

using editor::Message;
using lsp::OpenPack;
using lsp::Position;
using lsp::Range;

constexpr OptionSpec kOptions[] = {
    {"events", true, true, "悬停在指标上时，显示这份日志结束时的值",
     "hover over a measure tells its values at the end of this log"},
    {"units", true, false, "单位登记表（CSV 或 YAML）", "unit register (CSV or YAML)"},
    {"help", false, false, "显示这些选项", "show these options"},
};
constexpr int kMethodNotFound = -32601;
constexpr int kRequestFailed = -32803;

bool is_test_file(const std::string& path) {
  return path.ends_with(".test.yaml") || path.ends_with(".test.yml");
}

void put(JsonWriter& out, const Position& at) {
  out.begin_object().key("line").unsigned_integer(at.line);
  out.key("character").unsigned_integer(at.character).end_object();
}
void put(JsonWriter& out, const Range& range) {
  out.begin_object().key("start");
  put(out, range.start);
  out.key("end");
  put(out, range.end);
  out.end_object();
}

class Server {
 public:
  Server(bool chinese, lsp::LogValues log) : chinese_(chinese), log_(std::move(log)) {}

  // The exit code.
  int run() {
    for (;;) {
      auto message = editor::read_message(stdin);
      if (!message) {
        std::fprintf(stderr, "lianqing lsp: %s\n", message.error().what.c_str());
        return kExitIo;
      }
      if (!*message) return shut_ ? 0 : kExitFindings;
      if ((*message)->method == "exit") return shut_ ? 0 : kExitFindings;
      take(**message);
    }
  }

 private:
  using Answer = void (Server::*)(const Message&, JsonWriter&);
  struct Method {
    std::string_view name;
    Answer answer;
  };

  void take(const Message& message) {
    if (message.method.starts_with("textDocument/did")) return take_document(message);
    if (message.id.empty() || message.method.empty()) return;  // a notification of no concern
    static constexpr Method kMethods[] = {
        {"initialize", &Server::initialize},
        {"shutdown", &Server::shutdown},
        {"textDocument/hover", &Server::hover},
        {"textDocument/completion", &Server::complete},
        {"textDocument/definition", &Server::define},
        {"textDocument/rename", &Server::rename},
    };
    std::string text;
    JsonWriter out(text);
    out.begin_object().key("jsonrpc").string("2.0").key("id").raw(message.id);
    const auto* method =
        std::find_if(std::begin(kMethods), std::end(kMethods),
                     [&](const Method& one) { return one.name == message.method; });
    if (method == std::end(kMethods)) {
      fail(out, kMethodNotFound, "unknown method " + message.method);
    } else {
      (this->*method->answer)(message, out);
    }
    out.end_object();
    editor::write_message(stdout, text);
  }

  static void fail(JsonWriter& out, int code, const std::string& what) {
    out.key("error").begin_object().key("code").integer(code).key("message").string(what);
    out.end_object();
  }

  void initialize(const Message& message, JsonWriter& out) {
    if (!message.locale.empty()) chinese_ = message.locale.starts_with("zh");
    out.key("result").begin_object().key("capabilities").begin_object();
    out.key("textDocumentSync").begin_object().key("openClose").boolean(true);
    out.key("change").integer(1).key("save").boolean(true).end_object();  // whole documents
    out.key("hoverProvider").boolean(true).key("definitionProvider").boolean(true);
    out.key("renameProvider").boolean(true).key("completionProvider").begin_object().end_object();
    out.end_object().key("serverInfo").begin_object().key("name").string("lianqing");
    out.key("version").string(LIANQING_VERSION).end_object().end_object();
  }

  void shutdown(const Message&, JsonWriter& out) {
    shut_ = true;
    out.key("result").null();
  }

  // ---- documents and their findings

  void take_document(const Message& message) {
    const auto path = editor::path_of(message.uri);
    if (!path) return;
    if (message.method == "textDocument/didOpen" || message.method == "textDocument/didChange")
      workspace_.open(*path, message.text);
    if (message.method == "textDocument/didClose") workspace_.close(*path);
    if (is_test_file(*path)) {
      publish_tests(*path);
    } else {
      publish(*path);
    }
  }

  void publish(const std::string& path) {
    const auto pack = workspace_.read(path);
    if (!pack) return;
    for (std::size_t i = 0; i < pack->files; ++i) {
      const std::string& name = pack->texts[i].name;
      const bool found = std::any_of(pack->findings.begin(), pack->findings.end(),
                                     [&](const Diagnostic& d) { return d.at.file == i; });
      if (found || told_.contains(name) || workspace_.documents().contains(name)) publish(*pack, i);
      if (found) {
        told_.insert(name);
      } else {
        told_.erase(name);
      }
    }
  }

  // Of a file of tests, as `test` reads it; nothing while the pack has errors.
  void publish_tests(const std::string& path) {
    const auto pack = workspace_.read(path);
    const auto open = workspace_.documents().find(path);
    if (!pack || pack->program == nullptr) return;
    Diagnostics findings;
    const SourceText source{path, open == workspace_.documents().end() ? "" : open->second};
    if (!source.bytes.empty()) read_tests(source, 0, *pack->program, findings);
    publish(source, findings, 0);
  }

  void publish(const OpenPack& pack, std::size_t file) {
    publish(pack.texts[file], pack.findings, file);
  }

  void publish(const SourceText& source, const Diagnostics& findings, std::size_t file) {
    std::string text;
    JsonWriter out(text);
    out.begin_object().key("jsonrpc").string("2.0");
    out.key("method").string("textDocument/publishDiagnostics").key("params").begin_object();
    out.key("uri").string(editor::uri_of(source.name)).key("diagnostics").begin_array();
    for (const Diagnostic& finding : findings) {
      if (finding.at.file != file) continue;
      out.begin_object().key("range");
      put(out, lsp::range_of(source.bytes, finding.at));
      out.key("severity").integer(static_cast<int>(finding.severity) + 1);
      out.key("code").string(finding.code).key("source").string("lianqing").key("message");
      std::string said = finding.message.in(chinese_);
      if (!finding.suggestion.empty()) said += "\n" + finding.suggestion.in(chinese_);
      out.string(said).end_object();
    }
    out.end_array().end_object().end_object();
    editor::write_message(stdout, text);
  }

  // ---- questions about a place

  struct Place {
    std::string path;
    std::string text;
    OpenPack pack;
    lsp::KeyPath keys;
    std::string word;
  };

  std::optional<Place> place_of(const Message& message) {
    const auto path = editor::path_of(message.uri);
    if (!path) return std::nullopt;
    const auto open = workspace_.documents().find(*path);
    if (open == workspace_.documents().end()) return std::nullopt;
    auto pack = workspace_.read(*path);
    if (!pack) return std::nullopt;
    Place out{*path, open->second, *std::move(pack), {}, {}};
    const std::string_view line = line_of(out.text, message.line + 1);
    const std::size_t byte = lsp::byte_at(line, message.character);
    const lsp::Word word = lsp::word_at(line, byte);
    out.word = word.text;
    out.keys = lsp::key_path_at(out.text, message.line, word.text.empty() ? byte : word.begin);
    return out;
  }

  void hover(const Message& message, JsonWriter& out) {
    const auto place = place_of(message);
    std::string text = place && !place->word.empty()
                           ? lsp::hover_text(place->pack, place->keys, is_test_file(place->path),
                                             place->word, chinese_)
                           : std::string();
    if (!text.empty()) {
      const std::string now = log_.in_words(place->pack.program, place->word, chinese_);
      if (!now.empty()) text += "\n\n" + now;
    }
    out.key("result");
    if (text.empty()) {
      out.null();
      return;
    }
    out.begin_object().key("contents").begin_object().key("kind").string("markdown");
    out.key("value").string(text).end_object().end_object();
  }

  void complete(const Message& message, JsonWriter& out) {
    using Kind = lsp::Proposal::Kind;
    const auto number = [](Kind kind) {
      switch (kind) {
        case Kind::key: return 10;      // property
        case Kind::measure: return 6;   // variable
        case Kind::param: return 21;    // constant
        case Kind::list: return 13;     // enum
        case Kind::function: return 3;  // function
        case Kind::field: return 5;     // field
        case Kind::word: return 12;     // value
      }
      return 1;
    };
    out.key("result").begin_array();
    if (const auto place = place_of(message)) {
      for (const lsp::Proposal& one :
           lsp::proposals(place->pack, place->keys, is_test_file(place->path), chinese_)) {
        out.begin_object().key("label").string(one.label).key("kind").integer(number(one.kind));
        out.key("detail").string(one.detail);
        if (one.kind == Kind::key) out.key("insertText").string(one.label + ": ");
        out.end_object();
      }
    }
    out.end_array();
  }

  void define(const Message& message, JsonWriter& out) {
    const auto place = place_of(message);
    out.key("result");
    if (place) {
      for (const lsp::Definition& one : lsp::definitions_of(place->pack.syntax)) {
        if (one.name != place->word) continue;
        const SourceText& text = place->pack.texts[one.at.file];
        out.begin_object().key("uri").string(editor::uri_of(text.name)).key("range");
        put(out, lsp::range_of(text.bytes, one.at));
        out.end_object();
        return;
      }
    }
    out.null();
  }

  void rename(const Message& message, JsonWriter& out) {
    const auto place = place_of(message);
    if (!place || place->word.empty()) return fail(out, kRequestFailed, "there is no name here");
    const auto edits =
        lsp::rename_edits(workspace_, place->pack, place->path, place->word, message.new_name);
    if (!edits) return fail(out, kRequestFailed, edits.error().what);
    out.key("result").begin_object().key("changes").begin_object();
    for (std::size_t i = 0; i < edits->size();) {
      const std::string& path = (*edits)[i].path;
      const std::string text = text_of(*place, path);
      out.key(editor::uri_of(path)).begin_array();
      for (; i < edits->size() && (*edits)[i].path == path; ++i) {
        out.begin_object().key("range");
        put(out, lsp::range_of(text, (*edits)[i].at));
        out.key("newText").string(message.new_name).end_object();
      }
      out.end_array();
    }
    out.end_object().end_object();
  }

  std::string text_of(const Place& place, const std::string& path) const {
    if (const std::string* text = place.pack.text_of(path)) return *text;
    const auto open = workspace_.documents().find(path);
    if (open != workspace_.documents().end()) return open->second;
    return read_file(path).value_or(std::string());
  }

  bool chinese_;
  lsp::LogValues log_;
  bool shut_ = false;
  lsp::Workspace workspace_;
  std::set<std::string> told_;  // files whose findings the editor shows
};

}  // namespace

int lsp_command(const std::vector<std::string>& args) {
  const auto options = parse_options(args, kOptions);
  const bool chinese = prefers_chinese();
  if (!options || !options->positionals().empty()) {
    std::fprintf(stderr, "lianqing lsp: %s\n",
                 options ? "an editor starts it and talks to it over standard input and output"
                         : options.error().what.c_str());
    return kExitUsage;
  }
  if (options->has("help")) {
    std::printf("%s\n\n%s",
                chinese ? "用法：lianqing lsp [选项]（由编辑器启动，经标准输入输出对话）"
                        : "usage: lianqing lsp [OPTIONS] (an editor starts it and talks to it over "
                          "standard input and output)",
                options_help(kOptions, chinese).c_str());
    return 0;
  }
  return Server(chinese, {options->values("events"), options->value_or("units", "")}).run();
}

}  // namespace lianqing
