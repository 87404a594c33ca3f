// What an editor says to a language server over a pipe: frames of `Content-Length: N`, each one
// JSON-RPC message, cut down to what a server of rule packs reads. Replies are written with
// JsonWriter.
#pragma once

#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>

#include "lianqing/result.h"

namespace lianqing::editor {

inline constexpr std::size_t kMostFrameBytes = 16U << 20;

struct Message {
  std::string id;      // as JSON; empty: a notification, which wants no answer
  std::string method;  // empty: an answer to one of ours, or no JSON-RPC at all
  std::string uri;     // of the document
  std::string text;    // the whole document, when it is opened or changed
  std::string new_name;
  std::string locale;
  std::uint32_t line = 0, character = 0;  // from 0; character counts UTF-16 units
};

// Reads one frame; nothing at the end of input. Fails (refused) if it is no frame or no JSON.
[[nodiscard]] Result<std::optional<Message>> read_message(std::FILE* in);
void write_message(std::FILE* out, const std::string& json);

// `file:///a%20b.yaml` <-> `/a b.yaml`; nothing for other schemes.
std::optional<std::string> path_of(const std::string& uri);
std::string uri_of(const std::string& path);

}  // namespace lianqing::editor
