#include "connectors/sinks/outbox_entry.h"

#include <algorithm>
#include <array>
#include <boost/json.hpp>

#include "connectors/json_writer.h"

namespace lianqing {
namespace {

namespace json = boost::json;

constexpr std::array<std::string_view, 10> kSteps = {
    "start", "edge", "close", "drop", "attempt", "receipt", "dead", "retry", "disabled", "enabled"};
constexpr std::array<std::string_view, 3> kKinds = {"unavailable", "refused", "gone"};
constexpr std::array<std::string_view, kLevels> kNames = {"green", "yellow", "red"};

void put_text(JsonWriter& out, std::string_view key, std::string_view text) {
  if (!text.empty()) out.key(key).string(text);
}

// Members of one line; `good` falls at the first that is not what it must be.
class Line {
 public:
  explicit Line(const json::object& object) : object_(object) {}

  std::string text(std::string_view key) {
    const json::value* at = find(key);
    if (at == nullptr) return {};
    if (!at->is_string()) good_ = false;
    return at->is_string() ? std::string(at->get_string()) : std::string();
  }
  std::uint64_t number(std::string_view key) {
    const json::value* at = find(key);
    if (at == nullptr) return 0;
    boost::system::error_code error;
    const auto out = at->to_number<std::uint64_t>(error);
    if (error) good_ = false;
    return error ? 0 : out;
  }
  bool flag(std::string_view key) {
    const json::value* at = find(key);
    return at != nullptr && at->is_bool() && at->get_bool();
  }
  std::optional<Instant> instant(std::string_view key) {
    const std::string written = text(key);
    if (written.empty()) return std::nullopt;
    const auto out = parse_rfc3339(written);
    if (!out) good_ = false;
    return out;
  }
  std::vector<std::string> texts(std::string_view key) {
    std::vector<std::string> out;
    const json::value* at = find(key);
    if (at == nullptr) return out;
    if (!at->is_array()) good_ = false;
    if (!at->is_array()) return out;
    for (const json::value& one : at->get_array()) {
      if (one.is_string()) out.emplace_back(one.get_string());
    }
    return out;
  }
  // The place of the text in the table; 0 and not good if it is not there.
  template <std::size_t N>
  std::size_t choice(std::string_view key, const std::array<std::string_view, N>& table) {
    const auto at = std::find(table.begin(), table.end(), text(key));
    if (at == table.end()) good_ = false;
    return at == table.end() ? 0 : static_cast<std::size_t>(at - table.begin());
  }
  bool good() const { return good_; }

 private:
  const json::value* find(std::string_view key) const {
    return object_.if_contains(json::string_view(key.data(), key.size()));
  }

  const json::object& object_;
  bool good_ = true;
};

}  // namespace

std::string_view name(OutboxStep step) { return kSteps[static_cast<std::size_t>(step)]; }

std::string to_json(const OutboxEntry& entry) {
  std::string text;
  JsonWriter out(text);
  out.begin_object().key("at").string(format_rfc3339(entry.at));
  out.key("step").string(name(entry.step));
  if (entry.step == OutboxStep::start) {
    out.key("position").unsigned_integer(entry.position);
    out.key("generation").unsigned_integer(entry.generation);
  }
  if (entry.step == OutboxStep::edge) {
    const NoticeEdge& edge = entry.edge;
    out.key("position").unsigned_integer(edge.position).key("warning").string(edge.id);
    out.key("unit").string(edge.unit).key("rule").string(edge.rule);
    put_text(out, "key", edge.key);
    out.key("from").string(name(edge.from)).key("to").string(name(edge.to));
    out.key("time").string(format_rfc3339(edge.time));
  }
  put_text(out, "notice", entry.notice);
  if (!entry.notices.empty()) {
    out.key("notices").begin_array();
    for (const std::string& id : entry.notices) out.string(id);
    out.end_array();
  }
  put_text(out, "why", entry.why);
  if (entry.step == OutboxStep::attempt) {
    out.key("kind").string(kKinds[static_cast<std::size_t>(entry.kind)]);
    if (entry.asked) out.key("asked").boolean(true);
  }
  if (entry.next) out.key("next").string(format_rfc3339(*entry.next));
  out.end_object();
  return text;
}

Result<OutboxEntry> parse_outbox_entry(std::string_view line) {
  boost::system::error_code error;
  const json::value value = json::parse({line.data(), line.size()}, error);
  if (error || !value.is_object()) return failure(ErrorCode::corrupt, "is not a JSON object");
  Line in(value.get_object());
  OutboxEntry out;
  out.step = static_cast<OutboxStep>(in.choice("step", kSteps));
  out.at = in.instant("at").value_or(kBeforeAll);
  if (out.step == OutboxStep::start) {
    out.position = in.number("position");
    out.generation = in.number("generation");
  }
  if (out.step == OutboxStep::edge) {
    NoticeEdge& edge = out.edge;
    edge.position = in.number("position");
    edge.id = in.text("warning");
    edge.unit = in.text("unit");
    edge.rule = in.text("rule");
    edge.key = in.text("key");
    edge.from = static_cast<Level>(in.choice("from", kNames));
    edge.to = static_cast<Level>(in.choice("to", kNames));
    edge.time = in.instant("time").value_or(kBeforeAll);
  }
  out.notice = in.text("notice");
  out.notices = in.texts("notices");
  out.why = in.text("why");
  if (out.step == OutboxStep::attempt) {
    out.kind = static_cast<DeliveryFailure::Kind>(in.choice("kind", kKinds));
    out.asked = in.flag("asked");
  }
  out.next = in.instant("next");
  if (!in.good()) return failure(ErrorCode::corrupt, "is not a step of an outbox");
  return out;
}

}  // namespace lianqing
