#include "cli/activation.h"

#include "connectors/json_writer.h"

namespace lianqing {

std::string activation_text(const Activation& activation, const std::string& pack_id,
                            const std::string& hash, const std::string& replaces, Instant at) {
  std::string out;
  JsonWriter json(out);
  json.begin_object().key("specversion").string("1.0");
  json.key("id").string(hash.substr(0, 16) + "-" + std::to_string(micros(at)));
  json.key("source").string("/lianqing/rules").key("type").string(kActivationType);
  json.key("time").string(format_rfc3339(at)).key("data").begin_object();
  json.key("ruleset_hash").string(hash).key("pack").string(pack_id);
  if (!replaces.empty()) json.key("replaces").string(replaces);
  json.key("cause").string(activation.cause);
  if (!activation.by.empty()) json.key("by").string(activation.by);
  if (!activation.reason.empty()) json.key("reason").string(activation.reason);
  json.end_object().end_object();
  return out;
}

std::optional<std::string> activated_hash(const Event& event) {
  if (event.type != kActivationType) return std::nullopt;
  for (const Field& field : event.data) {
    const auto* hash = std::get_if<std::string_view>(&field.value.value);
    if (field.path == "ruleset_hash" && hash != nullptr) return std::string(*hash);
  }
  return std::nullopt;
}

}  // namespace lianqing
