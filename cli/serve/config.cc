#include "cli/serve/config.h"

#include <charconv>
#include <functional>

#include "cli/pack_files.h"
#include "cli/render_diagnostics.h"
#include "cli/serve/own_tls.h"
#include "cli/serve/tokens.h"
#include "lianqing/assert.h"
#include "rules/reader.h"

namespace lianqing {
namespace {

constexpr KeyRow kConfigKeys[] = {
    {"data", KeyShape::word},        {"rules", KeyShape::word},
    {"units", KeyShape::word},       {"listen", KeyShape::word},
    {"tokens", KeyShape::word},      {"max_body", KeyShape::number},
    {"queue", KeyShape::number},     {"reserve", KeyShape::number},
    {"log", KeyShape::word},         {"open_metrics", KeyShape::flag},
    {"watch_rules", KeyShape::flag}, {"sources", KeyShape::map},
    {"screen", KeyShape::map},       {"tls", KeyShape::map},
    {"four_eyes", KeyShape::flag},   {"sinks", KeyShape::map},
    {"outbound", KeyShape::map},
};
constexpr KeyRow kTlsKeys[] = {{"certificate", KeyShape::word, true},
                               {"key", KeyShape::word, true},
                               {"client_ca", KeyShape::word}};
constexpr KeyRow kScreenKeys[] = {
    {"fields", KeyShape::words}, {"level_field", KeyShape::word}, {"levels", KeyShape::words}};

void wrong(const Node& node, const Bilingual& message, Diagnostics& out) {
  out.push_back({"C001", Severity::error, node.at, message, {}});
}

void read_word(const Node& root, std::string_view key, std::string& to, Diagnostics& out) {
  const Text text = read_text(root, key, out);
  if (!text.text.empty()) to = text.text;
}

void read_count(const Node& root, std::string_view key, std::uint64_t least, std::uint64_t most,
                std::uint64_t& to, Diagnostics& out) {
  const Node* node = root.find(key);
  if (node == nullptr) return;
  const auto number = read_number(root, key, out);
  if (!number) return;
  if (!number->is_integer() || *number < Number(static_cast<std::int64_t>(least)) ||
      *number > Number(static_cast<std::int64_t>(most))) {
    const std::string range = std::to_string(least) + " – " + std::to_string(most);
    return wrong(*node,
                 {std::string(key) + " 应为 " + range + " 之间的整数",
                  std::string(key) + " expects a whole number in " + range},
                 out);
  }
  to = static_cast<std::uint64_t>(number->num());
}

std::vector<std::string> read_words(const Node& map, std::string_view key, Diagnostics& out) {
  std::vector<std::string> words;
  const Node* node = map.find(key);
  if (node == nullptr) return words;
  for (const Text& text : read_texts(*node, out)) words.push_back(text.text);
  return words;
}

void read_screen(const Node& root, Screen& to, Diagnostics& out) {
  const Node* node = root.find("screen");
  if (node == nullptr) return;
  if (!check_keys(*node, node->at, kScreenKeys, {"screen", "screen"}, out)) return;
  to.fields = read_words(*node, "fields", out);
  to.levels = read_words(*node, "levels", out);
  read_word(*node, "level_field", to.level_field, out);
  if (to.level_field.empty() != to.levels.empty()) {
    wrong(*node, {"level_field 与 levels 要同时给出", "level_field and levels go together"}, out);
  }
}

// `auto`, or the files.
void read_tls(const Node& root, ServeConfig& to, Diagnostics& out) {
  const Node* node = root.find("tls");
  if (node == nullptr) return;
  if (node->is_scalar() && node->text == "auto") {
    to.own_tls = true;
    return;
  }
  if (!check_keys(*node, node->at, kTlsKeys, {"tls", "tls"}, out)) return;
  read_word(*node, "certificate", to.tls.certificate, out);
  read_word(*node, "key", to.tls.key, out);
  read_word(*node, "client_ca", to.tls.client_ca, out);
}

}  // namespace

Checked<ServeConfig> read_config(const SourceText& text) {
  Diagnostics out;
  ServeConfig config;
  const auto root = parse_document(text, 0, out);
  if (root && check_keys(*root, root->at, kConfigKeys, {"配置", "the configuration"}, out)) {
    read_word(*root, "data", config.data, out);
    read_word(*root, "rules", config.rules, out);
    read_word(*root, "units", config.units, out);
    read_word(*root, "listen", config.listen, out);
    read_word(*root, "tokens", config.tokens, out);
    read_word(*root, "log", config.log, out);
    read_count(*root, "max_body", 1024, 1ULL << 30, config.max_body, out);
    read_count(*root, "queue", 1, 1'000'000, config.queue, out);
    read_count(*root, "reserve", 0, 1ULL << 50, config.reserve, out);
    if (const auto flag = read_flag(*root, "four_eyes", out)) config.four_eyes = *flag;
    if (const auto flag = read_flag(*root, "open_metrics", out)) config.open_metrics = *flag;
    if (const auto flag = read_flag(*root, "watch_rules", out)) config.watch_rules = *flag;
    if (const Node* sources = root->find("sources"); sources != nullptr) {
      config.sources = read_sources(*sources, out);
    }
    read_screen(*root, config.screen, out);
    read_tls(*root, config, out);
    config.sinks = read_sinks(*root, out);
    if (const Node* listen = root->find("listen"); listen != nullptr) {
      if (const auto address = parse_listen(config.listen); !address) {
        wrong(*listen, {"listen 应为 地址:端口，例如 127.0.0.1:8620", address.error().what}, out);
      }
    }
    if (config.log != "text" && config.log != "json") {
      wrong(*root->find("log"), {"log 应为 text 或 json", "log expects text or json"}, out);
    }
  }
  for (const Diagnostic& finding : out) {
    if (finding.severity == Severity::error) return Unexpected<Diagnostics>(std::move(out));
  }
  return config;
}

std::string address_path(const std::string& data) { return data + "/address"; }

Result<ListenAddress> parse_listen(const std::string& text) {
  ListenAddress out;
  const std::size_t colon = text.rfind(':');
  if (colon != std::string::npos) {
    out.address = text.substr(0, colon);
    if (out.address.starts_with('[') && out.address.ends_with(']')) {
      out.address = out.address.substr(1, out.address.size() - 2);
    }
    const char* first = text.data() + colon + 1;
    const char* last = text.data() + text.size();
    const auto end = std::from_chars(first, last, out.port);
    if (end.ec == std::errc{} && end.ptr == last && first != last && !out.address.empty())
      return out;
  }
  return failure(ErrorCode::usage,
                 "listen expects ADDRESS:PORT such as 127.0.0.1:8620, not '" + text + "'");
}

Result<ServeConfig> daemon_config(const Options& options, bool chinese, int& code) {
  ServeConfig config;
  if (const auto path = options.value("config")) {
    LQ_TRY(std::string bytes, read_file(*path));
    const SourceText text{*path, std::move(bytes)};
    auto checked = read_config(text);
    if (!checked) {
      std::fputs(render_text(checked.error(), std::span(&text, 1), chinese).c_str(), stderr);
      code = 1;
      return config;
    }
    config = *std::move(checked);
  }
  for (const auto& [name, to] :
       {std::pair{"data", &config.data}, std::pair{"rules", &config.rules},
        std::pair{"units", &config.units}, std::pair{"listen", &config.listen},
        std::pair{"log", &config.log}, std::pair{"audit-lost", &config.audit_lost}}) {
    if (const auto value = options.value(name)) *to = *value;
  }
  if (config.data.empty()) return failure(ErrorCode::usage, "--data DIR is needed");
  if (const auto value = options.value("tls")) {
    if (*value != "auto") return failure(ErrorCode::usage, "--tls is auto, not '" + *value + "'");
    config.own_tls = true;
  }
  if (config.own_tls) config.tls = own_tls_files(config.data);
  if (config.log != "text" && config.log != "json") {
    return failure(ErrorCode::usage, "--log is text or json, not '" + config.log + "'");
  }
  if (config.tokens.empty()) config.tokens = tokens_path(config.data);
  LQ_TRY([[maybe_unused]] const ListenAddress address, parse_listen(config.listen));
  return config;
}

Result<ServeConfig> serve_config(const Options& options, bool chinese, int& code) {
  auto config = daemon_config(options, chinese, code);
  if (config && code == 0 && config->rules.empty()) {
    return failure(ErrorCode::usage, "--rules PACK is needed");
  }
  return config;
}

}  // namespace lianqing
