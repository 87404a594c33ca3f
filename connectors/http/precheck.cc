#include "connectors/http/precheck.h"

#include "connectors/ascii.h"

#include <algorithm>
#include <vector>

namespace lianqing::http {
namespace {

Unexpected<Refusal> refuse(int status, std::string detail) {
  return Unexpected<Refusal>(Refusal{status, std::move(detail)});
}

bool is_token_char(char c) {
  if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')) return true;
  return std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

bool is_token(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), is_token_char);
}

std::string_view trimmed(std::string_view text) {
  while (text.starts_with(' ') || text.starts_with('\t')) text.remove_prefix(1);
  while (text.ends_with(' ') || text.ends_with('\t')) text.remove_suffix(1);
  return text;
}

// Host: a name or an address, and perhaps a port.
bool is_authority(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return is_token_char(c) || c == ':' || c == '[' || c == ']';
  });
}

struct Line {
  std::string_view method, target;
  bool http_1_0 = false;
};

Outcome<Line, Refusal> check_request_line(std::string_view line) {
  Line out;
  const std::size_t first = line.find(' ');
  const std::size_t second = first == std::string_view::npos ? first : line.find(' ', first + 1);
  if (second == std::string_view::npos) {
    return refuse(400, "expected a request line: METHOD TARGET HTTP/1.1");
  }
  out.method = line.substr(0, first);
  out.target = line.substr(first + 1, second - first - 1);
  const std::string_view version = line.substr(second + 1);
  if (!is_token(out.method)) return refuse(400, "the method is not a token");
  if (out.target.size() > kMaxTargetBytes) return refuse(414, "the target is longer than 2 KiB");
  if (out.target.empty()) return refuse(400, "the target is empty");
  for (const char c : out.target) {
    if (c <= 0x20 || c >= 0x7f) return refuse(400, "a byte in the target must be percent-encoded");
    if (c == '#') return refuse(400, "a target has no fragment");
  }
  out.http_1_0 = version == "HTTP/1.0";
  if (!out.http_1_0 && version != "HTTP/1.1") {
    const bool other = version.size() == 8 && version.starts_with("HTTP/") && version[5] >= '0' &&
                       version[5] <= '9' && version[6] == '.' && version[7] >= '0' &&
                       version[7] <= '9';
    return refuse(other ? 505 : 400, "expected HTTP/1.1");
  }
  return out;
}

struct Seen {
  int hosts = 0;
  std::string host;
  std::optional<std::uint64_t> length;
  bool chunked = false;
  bool close = false, keep_alive = false;
  bool expects_continue = false;
};

Outcome<void, Refusal> check_length(std::string_view value, Seen& seen) {
  if (seen.length) return refuse(400, "Content-Length occurs twice");
  const bool digits =
      !value.empty() && value.size() <= 19 &&
      std::all_of(value.begin(), value.end(), [](char c) { return c >= '0' && c <= '9'; });
  if (!digits) return refuse(400, "Content-Length is not 1 to 19 digits");
  std::uint64_t length = 0;
  for (const char c : value) length = length * 10 + static_cast<std::uint64_t>(c - '0');
  seen.length = length;
  return {};
}

void note_connection(std::string_view value, Seen& seen) {
  const std::string options = ascii_lower(value);
  for (std::size_t at = 0; at <= options.size();) {
    const std::size_t end = std::min(options.find(',', at), options.size());
    const std::string_view option = trimmed(std::string_view(options).substr(at, end - at));
    seen.close |= option == "close";
    seen.keep_alive |= option == "keep-alive";
    at = end + 1;
  }
}

Outcome<void, Refusal> check_field(std::string_view line, Seen& seen) {
  if (line.starts_with(' ') || line.starts_with('\t')) {
    return refuse(400, "a header field is folded over two lines");
  }
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) return refuse(400, "a header field has no colon");
  if (!is_token(line.substr(0, colon))) {
    return refuse(400, "a header field's name is not a token (is there a space before the colon?)");
  }
  const std::string name = ascii_lower(line.substr(0, colon));
  const std::string_view value = trimmed(line.substr(colon + 1));
  for (const char c : value) {
    const auto byte = static_cast<std::uint8_t>(c);
    if ((byte < 0x20 && byte != '\t') || byte == 0x7f) {
      return refuse(400, "control character in the header field " + name);
    }
  }
  if (name == "host") {
    ++seen.hosts;
    seen.host = value;
  } else if (name == "content-length") {
    return check_length(value, seen);
  } else if (name == "transfer-encoding") {
    if (seen.chunked || ascii_lower(value) != "chunked") {
      return refuse(400, "Transfer-Encoding must be exactly: chunked");
    }
    seen.chunked = true;
  } else if (name == "connection") {
    note_connection(value, seen);
  } else if (name == "expect") {
    if (ascii_lower(value) != "100-continue") return refuse(417, "Expect can only be 100-continue");
    seen.expects_continue = true;
  } else if (name == "upgrade") {
    return {};  // never taken up
  }
  return {};
}

Outcome<void, Refusal> check_host(const Line& line, const Seen& seen) {
  if (seen.hosts > 1 || (seen.hosts == 0 && !line.http_1_0)) {
    return refuse(400, "expected exactly one Host");
  }
  if (seen.hosts == 1 && !is_authority(seen.host)) return refuse(400, "Host is not a host");
  if (line.target.starts_with('/')) return {};
  if (line.target == "*" && line.method == "OPTIONS") return {};
  const std::string target = ascii_lower(line.target);
  if (!target.starts_with("http://")) return refuse(400, "the target must begin with /");
  const std::string authority = target.substr(7, target.find_first_of("/?", 7) - 7);
  if (authority != ascii_lower(seen.host)) {
    return refuse(400, "the target names another host than Host does");
  }
  return {};
}

}  // namespace

Outcome<std::optional<std::size_t>, Refusal> find_head_end(std::string_view bytes,
                                                           std::size_t from) {
  if (!bytes.empty() && !is_token_char(bytes.front())) {
    return refuse(400, "expected a request line: METHOD TARGET HTTP/1.1");
  }
  for (std::size_t at = from; at < bytes.size() && at < kMaxHeadBytes; ++at) {
    if (bytes[at] == '\n' && (at == 0 || bytes[at - 1] != '\r')) {
      return refuse(400, "a line of the head ends in LF alone");
    }
    if (at > 0 && bytes[at - 1] == '\r' && bytes[at] != '\n') {
      return refuse(400, "a CR without LF in the head");
    }
    if (bytes[at] == '\0') return refuse(400, "a zero byte in the head");
    if (at >= 3 && bytes.substr(at - 3, 4) == "\r\n\r\n") return std::optional(at + 1);
  }
  if (bytes.size() >= kMaxHeadBytes) {
    const bool line = bytes.substr(0, kMaxHeadBytes).find("\r\n") == std::string_view::npos;
    return refuse(line ? 414 : 431, "the head is longer than 16 KiB");
  }
  return std::optional<std::size_t>{};
}

Outcome<Framing, Refusal> check_head(std::string_view head) {
  const std::size_t end = head.find("\r\n");
  if (end == std::string_view::npos || !head.ends_with("\r\n\r\n")) {
    return refuse(400, "the head does not end in an empty line");
  }
  const auto line = check_request_line(head.substr(0, end));
  if (!line) return Unexpected<Refusal>(line.error());
  Seen seen;
  std::size_t fields = 0;
  for (std::size_t at = end + 2; at + 2 < head.size();) {
    const std::size_t stop = head.find("\r\n", at);
    if (++fields > kMaxFields) return refuse(431, "more than 64 header fields");
    if (auto s = check_field(head.substr(at, stop - at), seen); !s) {
      return Unexpected<Refusal>(s.error());
    }
    at = stop + 2;
  }
  if (auto s = check_host(*line, seen); !s) return Unexpected<Refusal>(s.error());
  if (seen.chunked && (seen.length || line->http_1_0)) {
    return refuse(400, seen.length ? "Content-Length beside Transfer-Encoding"
                                   : "HTTP/1.0 has no chunked bodies");
  }
  const bool bodiless = line->method == "GET" || line->method == "HEAD" ||
                        line->method == "OPTIONS" || line->method == "DELETE";
  if (bodiless && (seen.chunked || seen.length.value_or(0) != 0)) {
    return refuse(400, std::string(line->method) + " has no body");
  }
  Framing out;
  out.chunked = seen.chunked;
  out.length = seen.length.value_or(0);
  out.keep_alive = !seen.close && (!line->http_1_0 || seen.keep_alive);
  out.expects_continue = seen.expects_continue && !line->http_1_0;
  out.is_head_method = line->method == "HEAD";
  return out;
}

Outcome<std::size_t, Refusal> ChunkScan::take(std::string_view bytes) {
  std::size_t at = 0;
  while (at < bytes.size() && state_ != State::done) {
    if (state_ == State::content) {
      const std::uint64_t n = std::min<std::uint64_t>(left_, bytes.size() - at);
      at += static_cast<std::size_t>(n);
      left_ -= n;
      content_ += n;
      if (left_ == 0) state_ = State::content_cr;
      continue;
    }
    const char c = bytes[at++];
    const auto expect = [&](char wanted, State next) {
      if (c == wanted) state_ = next;
      return c == wanted;
    };
    bool right = true;
    switch (state_) {
      case State::size: {
        const char folded = c >= 'A' && c <= 'F' ? static_cast<char>(c + 32) : c;
        const bool digit = folded >= '0' && folded <= '9', letter = folded >= 'a' && folded <= 'f';
        if (c == '\r' && digits_ > 0) {
          state_ = State::size_lf;
        } else if ((digit || letter) && digits_ < 15) {
          left_ = left_ * 16 + static_cast<std::uint64_t>(digit ? c - '0' : folded - 'a' + 10);
          ++digits_;
        } else {
          return refuse(400, "a chunk begins with its size in hexadecimal digits and CRLF alone");
        }
        break;
      }
      case State::size_lf:
        right = expect('\n', left_ == 0 ? State::last_cr : State::content);
        digits_ = 0;
        break;
      case State::content_cr: right = expect('\r', State::content_lf); break;
      case State::content_lf: right = expect('\n', State::size); break;
      case State::last_cr: right = expect('\r', State::last_lf); break;
      case State::last_lf: right = expect('\n', State::done); break;
      case State::content:
      case State::done: break;
    }
    if (!right) return refuse(400, "malformed chunk (trailers are not taken)");
  }
  return at;
}

}  // namespace lianqing::http
