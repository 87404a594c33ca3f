// Records for tests of decoding: texts to decode, and the decoded with the memory it points into.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <variant>

#include "connectors/decode.h"

namespace lianqing {

// An event with every kind of value.
inline const std::string kLine =
    R"({"specversion":"1.0","id":"c-81","source":"/hotline/12345","type":"complaint_received",)"
    R"("time":"2026-03-05T10:00:00+08:00","unit":"u-017","recordedtime":"2026-03-05T10:02:11+08:00",)"
    R"("data":{"category":"slow_action","severity":2,"ratio":0.25,"place":{"district":"海曙","n":[1,"a",null]},)"
    R"("note":"a\tb\u4e2d\ud83d\ude00","ok":true}})";

// One record with memory of its own, so that events can be compared.
struct Decoded {
  explicit Decoded(const std::string& line)
      : record(EventDecoder().decode(line, {3, 7, 99}, arena)) {}
  const Event& event() const {
    const auto* rejection = std::get_if<Rejection>(&record);
    if (rejection != nullptr)
      ADD_FAILURE() << rejection->code << ' ' << rejection->column << ' ' << rejection->detail;
    return std::get<Event>(record);
  }
  const Scalar* field(std::string_view path) const {
    for (const Field& field : event().data) {
      if (field.path == path) return &field.value;
    }
    return nullptr;
  }
  Arena arena;
  Record record;
};

// An event with `members` after the required attributes.
inline constexpr std::string_view kHead =
    R"({"id":"1","source":"s","type":"t","time":"2026-01-01T00:00:00Z",)";
inline std::string with(std::string_view members) {
  return std::string(kHead) + std::string(members) + "}";
}
inline std::string with_data(std::string_view data) {
  return with("\"data\":" + std::string(data));
}

inline ContentHash content(const std::string& line) { return Decoded(line).event().content; }
inline ContentHash content_of_data(std::string_view data) { return content(with_data(data)); }

}  // namespace lianqing
