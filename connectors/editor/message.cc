#include "connectors/editor/message.h"

#include <boost/json.hpp>
#include <charconv>
#include <string_view>

namespace lianqing::editor {
namespace {

namespace json = boost::json;

// The member at the end of a path of names; null if there is none.
const json::value* at(const json::value& from, std::initializer_list<std::string_view> path) {
  const json::value* here = &from;
  for (const std::string_view name : path) {
    const auto* object = here->if_object();
    here = object == nullptr ? nullptr : object->if_contains({name.data(), name.size()});
    if (here == nullptr) return nullptr;
  }
  return here;
}

std::string text_at(const json::value& from, std::initializer_list<std::string_view> path) {
  const json::value* value = at(from, path);
  const json::string* text = value == nullptr ? nullptr : value->if_string();
  return text == nullptr ? std::string() : std::string(text->data(), text->size());
}

std::uint32_t count_at(const json::value& from, std::initializer_list<std::string_view> path) {
  const json::value* value = at(from, path);
  if (value == nullptr || !value->is_int64() || value->get_int64() < 0) return 0;
  return static_cast<std::uint32_t>(std::min<std::int64_t>(value->get_int64(), 100'000'000));
}

// The newest whole text of a change: the server asks for whole documents.
std::string changed_text(const json::value& body) {
  const json::value* changes = at(body, {"params", "contentChanges"});
  const json::array* list = changes == nullptr ? nullptr : changes->if_array();
  return list == nullptr || list->empty() ? std::string() : text_at(list->back(), {"text"});
}

Result<std::optional<std::size_t>> read_header(std::FILE* in) {
  std::optional<std::size_t> length;
  std::string line;
  for (int c = std::fgetc(in); c != EOF; c = std::fgetc(in)) {
    if (c != '\n') {
      line += static_cast<char>(c);
      if (line.size() > 1024) return failure(ErrorCode::refused, "a header line is too long");
      continue;
    }
    if (line.ends_with('\r')) line.pop_back();
    if (line.empty()) {
      if (!length) return failure(ErrorCode::refused, "a frame without Content-Length");
      return length;
    }
    constexpr std::string_view kLength = "Content-Length:";
    if (line.starts_with(kLength)) {
      std::string_view digits = std::string_view(line).substr(kLength.size());
      while (digits.starts_with(' ')) digits.remove_prefix(1);
      std::size_t n = 0;
      const auto end = std::from_chars(digits.data(), digits.data() + digits.size(), n);
      if (end.ec != std::errc{} || n > kMostFrameBytes)
        return failure(ErrorCode::refused, "Content-Length is no length, or more than 16 MiB");
      length = n;
    }
    line.clear();
  }
  return std::optional<std::size_t>();
}

bool is_plain(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         std::string_view("/-_.~").find(c) != std::string_view::npos;
}

}  // namespace

Result<std::optional<Message>> read_message(std::FILE* in) {
  const auto length = read_header(in);
  if (!length) return Unexpected<Error>(length.error());
  if (!*length) return std::optional<Message>();
  std::string bytes(**length, '\0');
  if (std::fread(bytes.data(), 1, bytes.size(), in) != bytes.size())
    return failure(ErrorCode::refused, "the input ends inside a frame");
  boost::system::error_code error;
  json::parse_options options;
  options.max_depth = 64;
  const json::value body = json::parse(bytes, error, {}, options);
  if (error) return failure(ErrorCode::refused, "a frame is not JSON: " + error.message());
  Message out;
  if (const json::value* id = at(body, {"id"})) out.id = json::serialize(*id);
  out.method = text_at(body, {"method"});
  out.uri = text_at(body, {"params", "textDocument", "uri"});
  out.text = text_at(body, {"params", "textDocument", "text"});
  if (out.method == "textDocument/didChange") out.text = changed_text(body);
  out.new_name = text_at(body, {"params", "newName"});
  out.locale = text_at(body, {"params", "locale"});
  out.line = count_at(body, {"params", "position", "line"});
  out.character = count_at(body, {"params", "position", "character"});
  return std::optional(std::move(out));
}

void write_message(std::FILE* out, const std::string& json) {
  std::fprintf(out, "Content-Length: %zu\r\n\r\n", json.size());
  std::fwrite(json.data(), 1, json.size(), out);
  std::fflush(out);
}

std::optional<std::string> path_of(const std::string& uri) {
  constexpr std::string_view kFile = "file://";
  if (!uri.starts_with(kFile)) return std::nullopt;
  std::string out;
  for (std::size_t i = kFile.size(); i < uri.size(); ++i) {
    unsigned code = 0;
    const char* hex = uri.data() + i + 1;
    const bool escaped = uri[i] == '%' && i + 2 < uri.size() &&
                         std::from_chars(hex, hex + 2, code, 16).ptr == hex + 2;
    out += escaped ? static_cast<char>(code) : uri[i];
    if (escaped) i += 2;
  }
  return out;
}

std::string uri_of(const std::string& path) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string out = "file://";
  for (const char c : path) {
    const auto byte = static_cast<unsigned char>(c);
    if (is_plain(c)) {
      out += c;
    } else {
      out += {'%', kHex[byte >> 4], kHex[byte & 15]};
    }
  }
  return out;
}

}  // namespace lianqing::editor
