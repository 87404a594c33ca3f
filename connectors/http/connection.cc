#include "connectors/http/connection.h"

#include <algorithm>
#include <array>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/post.hpp>
#include <charconv>

#include "connectors/http/parse.h"

namespace lianqing::http {
namespace {

namespace asio = boost::asio;
using ErrorOfAsio = boost::system::error_code;

constexpr std::size_t kWritePiece = 64 * 1024;
constexpr std::size_t kStreamBuffer = 128 * 1024;  // of the socket; beyond it a slow reader shows
constexpr std::uint64_t kBytesPerPace = 1024;

void append_event(std::string& out, std::string_view event, std::optional<std::uint64_t> id,
                  std::string_view data) {
  if (id) out += "id: " + std::to_string(*id) + "\n";
  out.append("event: ").append(event).append("\ndata: ").append(data).append("\n\n");
}

// Never JSON with a line end in it: writers escape them.
std::string marker(std::uint64_t position) {
  return "{\"position\":" + std::to_string(position) + "}";
}

std::optional<std::uint64_t> number(std::string_view text) {
  std::uint64_t value = 0;
  const auto end = std::from_chars(text.data(), text.data() + text.size(), value);
  if (end.ec != std::errc{} || end.ptr != text.data() + text.size()) return std::nullopt;
  return value;
}

std::string_view bearer(std::string_view field) {
  constexpr std::string_view kScheme = "bearer ";
  if (field.size() <= kScheme.size()) return {};
  for (std::size_t i = 0; i < kScheme.size(); ++i) {
    const char c = field[i] >= 'A' && field[i] <= 'Z' ? static_cast<char>(field[i] + 32) : field[i];
    if (c != kScheme[i]) return {};
  }
  field.remove_prefix(kScheme.size());
  while (field.starts_with(' ')) field.remove_prefix(1);
  return field;
}

}  // namespace

std::shared_ptr<Connection> Connection::make(Socket socket, std::shared_ptr<Shared> shared,
                                             std::string peer) {
  const auto executor = socket.get_executor();
  return {new Connection(std::move(socket), std::move(shared), std::move(peer)),
          [executor](Connection* last) {
            asio::dispatch(executor, [owned = std::unique_ptr<Connection>(last)] {});
          }};
}

Connection::Connection(Socket socket, std::shared_ptr<Shared> shared, std::string peer)
    : wire_(std::move(socket), shared->tls),
      shared_(std::move(shared)),
      peer_(std::move(peer)),
      timer_(wire_.socket().get_executor()),
      heartbeat_(wire_.socket().get_executor()) {
  shared_->all.insert(this);
  ++shared_->connections;
  ++shared_->per_peer[peer_];
}

Connection::~Connection() {
  shared_->all.erase(this);
  --shared_->connections;
  if (--shared_->per_peer[peer_] == 0) shared_->per_peer.erase(peer_);
}

void Connection::start() {
  ErrorOfAsio ignored;
  wire_.socket().set_option(asio::ip::tcp::no_delay(true), ignored);
  wait(shared_->options.head_wait);
  if (wire_.is_secured()) return shake_hands();
  read();
}

// Within the time of one head. A certificate that was asked for names a source, which may send
// events of its own name and nothing else.
void Connection::shake_hands() {
  wire_.handshake([self = shared_from_this()](ErrorOfAsio error) {
    if (error || self->stage_ == Stage::closed) {
      const std::lock_guard hold(self->shared_->traffic_lock);
      ++self->shared_->traffic.refused;
      return self->close();
    }
    const std::string source = self->wire_.proved_name();
    if (!source.empty()) self->certified_ = Caller{source, Role::ingester, {}, source, {}};
    self->wait(self->shared_->options.head_wait);
    self->read();
  });
}

void Connection::stop() {
  close_after_ = true;
  if (deaf_ || stage_ == Stage::idle || stage_ == Stage::head) close();
}

// ---- receiving

void Connection::read() {
  if (reading_ || stage_ == Stage::closed) return;
  reading_ = true;
  wire_.read_some(asio::buffer(piece_),
                  [self = shared_from_this()](ErrorOfAsio error, std::size_t bytes) {
                    self->reading_ = false;
                    if (error || self->stage_ == Stage::closed) return self->close();
                    self->take(bytes);
                  });
}

void Connection::take(std::size_t bytes) {
  if (deaf_) return read();  // nothing is expected; an end of the connection is seen here
  in_.append(piece_.data(), bytes);
  advance();
}

void Connection::advance() {
  if (stage_ == Stage::idle && !in_.empty()) {
    stage_ = Stage::head;
    head_seen_ = 0;
    wait(shared_->options.head_wait);
  }
  if (stage_ == Stage::head) {
    const auto end = find_head_end(in_, head_seen_);
    if (!end) return refuse(end.error());
    if (!*end) {
      head_seen_ = in_.size();
      return read();
    }
    head_end_ = **end;
    begin_body();
  } else if (stage_ == Stage::body) {
    advance_body();
  } else if (stage_ == Stage::idle) {
    read();
  }
}

void Connection::begin_body() {
  const auto framing = check_head(std::string_view(in_).substr(0, head_end_));
  if (!framing) return refuse(framing.error());
  framing_ = *framing;
  chunks_ = ChunkScan();
  message_end_ = head_end_;
  if (framing_.length > shared_->options.max_body) {
    return refuse({413, "the body is longer than " + std::to_string(shared_->options.max_body) +
                            " bytes: send it in parts"});
  }
  stage_ = Stage::body;
  paced_ = in_.size();
  wait(shared_->options.pace_wait);
  const bool more = framing_.chunked || in_.size() - head_end_ < framing_.length;
  if (framing_.expects_continue && more) {
    wire_.write_some(asio::buffer(std::string_view("HTTP/1.1 100 Continue\r\n\r\n")),
                     [self = shared_from_this()](ErrorOfAsio error, std::size_t) {
                       if (error || self->stage_ == Stage::closed) return self->close();
                       self->advance_body();
                     });
    return;
  }
  advance_body();
}

void Connection::advance_body() {
  if (framing_.chunked) {
    const auto taken = chunks_.take(std::string_view(in_).substr(message_end_));
    if (!taken) return refuse(taken.error());
    message_end_ += *taken;
    if (chunks_.content_bytes() > shared_->options.max_body) {
      return refuse({413, "the body is longer than " + std::to_string(shared_->options.max_body) +
                              " bytes: send it in parts"});
    }
    // Tiny chunks must not cost many times their content.
    if (message_end_ - head_end_ > 4 * chunks_.content_bytes() + 64 * 1024) {
      return refuse({400, "the chunks are too small"});
    }
    if (!chunks_.done()) return read();
  } else {
    if (in_.size() - head_end_ < framing_.length) return read();
    message_end_ = head_end_ + static_cast<std::size_t>(framing_.length);
  }
  timer_.cancel();
  dispatch();
}

// ---- answering

void Connection::dispatch() {
  stage_ = Stage::answering;
  auto request = parse_message(std::string_view(in_).substr(0, message_end_));
  if (!request) return refuse(request.error());
  in_.erase(0, message_end_);
  const Routed routed = find_route(request->method, request->path);
  route_ = routed.route;
  if (route_ == nullptr) {
    if (routed.allow.empty()) {
      return respond(problem(404, "path", "there is no such path; /openapi.json lists them"));
    }
    Response answer = problem(405, "method", "expected one of: " + routed.allow);
    answer.fields.emplace_back("Allow", routed.allow);
    return respond(answer);
  }
  request->route = route_->id;
  request->argument = routed.argument;
  authorise(*std::move(request));
}

void Connection::authorise(Request request) {
  const bool open =
      route_->roles == 0 || (route_->id == RouteId::metrics && shared_->options.open_metrics);
  if (!open) {
    const std::string_view token = bearer(request.field("authorization"));
    auto caller = shared_->answerer->caller_of(token);
    if (!caller && token.empty()) caller = certified_;
    if (!caller) {
      return deny(request, {},
                  problem(401, "token",
                          "expected a valid token: Authorization: Bearer TOKEN (see `lianqing "
                          "token create`)"));
    }
    if ((route_->roles & only(caller->role)) == 0) {
      std::string may;
      for (std::size_t i = 0; i < kRoleNames.size(); ++i) {
        if ((route_->roles & only(static_cast<Role>(i))) == 0) continue;
        may += (may.empty() ? "" : ", ") + std::string(kRoleNames[i]);
      }
      return deny(request, *caller,
                  problem(403, "role",
                          "the token's role " + std::string(name(caller->role)) +
                              " may not do this; it takes one of: " + may));
    }
    if (caller->is_limited() && !route_->by_unit) {
      return deny(request, *caller,
                  problem(403, "units",
                          "the token is limited to some units, and this is about all of them"));
    }
    shared_->answerer->admitted(*caller, peer_);
    request.caller = *caller;
    if (route_->id == RouteId::stream) {
      caller_ = *caller;
      token_ = token;
    }
  }
  for (const auto& [name, value] : request.query) {
    bool known = false;
    for (const Parameter& parameter : route_->query) known |= parameter.name == name;
    if (!known) return respond(problem(400, "parameter", "there is no parameter '" + name + "'"));
  }
  if (route_->id == RouteId::stream && !framing_.is_head_method) return begin_stream(request);
  shared_->answerer->answer(
      std::move(request),
      [self = shared_from_this(), executor = wire_.socket().get_executor()](Response response) {
        asio::post(executor, [self, response = std::move(response)] { self->respond(response); });
      });
}

void Connection::deny(const Request& request, const Caller& caller, const Response& answer) {
  shared_->answerer->denied(
      {caller, request.method, std::string(route_->path), answer.status, peer_});
  respond(answer);
}

void Connection::refuse(const Refusal& refusal) {
  {
    const std::lock_guard hold(shared_->traffic_lock);
    ++shared_->traffic.refused;
  }
  route_ = nullptr;
  close_after_ = true;
  respond(problem(refusal.status, "http", refusal.detail));
}

void Connection::respond(const Response& response) {
  if (stage_ == Stage::closed) return;
  count(response.status);
  const bool end = close_after_ || !framing_.keep_alive || shared_->stopping;
  std::string bytes = "HTTP/1.1 " + std::to_string(response.status) + " " +
                      std::string(reason_phrase(response.status)) + "\r\n";
  const bool no_content = response.status == 204 || response.status == 304;
  if (!no_content) {
    bytes += "Content-Type: " + response.content_type + "\r\n";
    bytes += "Content-Length: " + std::to_string(response.body.size()) + "\r\n";
  }
  for (const auto& [name, value] : response.fields) bytes += name + ": " + value + "\r\n";
  bytes += "Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n";
  bytes += end ? "Connection: close\r\n\r\n" : "\r\n";
  if (!no_content && !framing_.is_head_method) bytes += response.body;
  respond_raw(std::move(bytes), end);
}

void Connection::respond_raw(std::string bytes, bool end) {
  stage_ = Stage::writing;
  close_after_ = end;
  out_ += bytes;
  if (!writing_) write_some();
}

void Connection::after_answer(bool end) {
  if (end) {
    // What the client still sends is read away for a moment: an early close would take the answer
    // back from a client that is not reading yet.
    in_.clear();
    deaf_ = true;
    wait(std::chrono::milliseconds(500));
    if (wire_.is_secured()) return wire_.finish([self = shared_from_this()] { self->close(); });
    wire_.finish({});
    return read();
  }
  stage_ = Stage::idle;
  framing_ = {};
  head_seen_ = 0;
  wait(shared_->options.idle_wait);
  advance();
}

void Connection::write_some() {
  writing_ = true;
  const std::size_t n = std::min(out_.size() - written_, kWritePiece);
  wait(shared_->options.pace_wait);
  wire_.write_some(asio::buffer(out_.data() + written_, n),
                   [self = shared_from_this()](ErrorOfAsio error, std::size_t bytes) {
                     self->writing_ = false;
                     if (error || self->stage_ == Stage::closed) return self->close();
                     self->written_ += bytes;
                     if (self->written_ < self->out_.size()) return self->write_some();
                     self->out_.clear();
                     self->written_ = 0;
                     self->timer_.cancel();
                     if (self->stage_ == Stage::streaming) return self->read_stream();
                     self->after_answer(self->close_after_);
                   });
}

// ---- streams

void Connection::begin_stream(const Request& request) {
  std::optional<std::uint64_t> seen;
  std::string_view wanted = request.field("last-event-id");
  const auto parameter = request.parameter("last_event_id");
  if (wanted.empty() && parameter) wanted = *parameter;
  if (!wanted.empty()) {
    seen = number(wanted);
    if (!seen) {
      return respond(problem(400, "last_event_id", "Last-Event-ID is an id of this stream"));
    }
  }
  shared_->answerer->open_stream(
      caller_, seen,
      [self = shared_from_this(), executor = wire_.socket().get_executor()](StreamOpening opening) {
        asio::post(executor, [self, opening = std::move(opening)]() mutable {
          self->stream_opened(std::move(opening));
        });
      });
}

void Connection::stream_opened(StreamOpening opening) {
  if (stage_ == Stage::closed) return;
  if (opening.refusal) return respond(*opening.refusal);
  if (shared_->stopping) return close();
  count(200);
  ErrorOfAsio ignored;
  wire_.socket().set_option(asio::socket_base::send_buffer_size(kStreamBuffer), ignored);
  deaf_ = true;
  stage_ = Stage::streaming;
  ++shared_->streams;
  seen_ = opening.place;
  marker_ = opening.marker;
  marker_due_ = opening.snapshot;
  levels_ = std::move(opening.levels);
  std::reverse(levels_.begin(), levels_.end());
  out_ =
      "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-store\r\n"
      "X-Accel-Buffering: no\r\nConnection: close\r\n\r\nretry: 2000\n\n";
  beat();
  read();
  write_some();
}

// Goes on where the stream stands: rest of the snapshot, marker, then what is newer.
void Connection::read_stream() {
  if (stage_ != Stage::streaming || writing_) return;
  while (!levels_.empty() && out_.size() < kWritePiece) {
    append_event(out_, "snapshot", std::nullopt, levels_.back());
    levels_.pop_back();
  }
  if (levels_.empty() && marker_due_) {
    append_event(out_, "marker", marker_, marker(marker_));
    marker_due_ = false;
  }
  if (!out_.empty()) return write_some();
  if (reading_stream_) {
    woken_ = true;
    return;
  }
  reading_stream_ = true;
  woken_ = false;
  const auto caller = shared_->answerer->caller_of(token_);
  if (!caller) return close();  // revoked or expired meanwhile
  caller_ = *caller;
  shared_->answerer->read_stream(
      caller_, seen_,
      [self = shared_from_this(), executor = wire_.socket().get_executor()](StreamPage page) {
        asio::post(executor, [self, page = std::move(page)]() mutable {
          self->stream_read(std::move(page));
        });
      });
}

void Connection::stream_read(StreamPage page) {
  reading_stream_ = false;
  if (stage_ != Stage::streaming) return;
  if (page.start_over) return close();  // the client comes again and gets a snapshot
  for (const auto& [position, warning] : page.warnings) {
    append_event(out_, "warning", position, warning);
  }
  for (const std::string& colour : page.colours) {
    append_event(out_, "colour", std::nullopt, colour);
  }
  const bool further = page.reached.warning > seen_.warning || page.reached.colour > seen_.colour;
  seen_.warning = std::max(seen_.warning, page.reached.warning);
  seen_.colour = std::max(seen_.colour, page.reached.colour);
  if (!out_.empty() && !writing_) return write_some();
  if (further || woken_) read_stream();
}

void Connection::wake() {
  if (stage_ == Stage::streaming) read_stream();
}

void Connection::beat() {
  heartbeat_.expires_after(shared_->options.heartbeat);
  heartbeat_.async_wait([self = shared_from_this()](ErrorOfAsio error) {
    if (error || self->stage_ != Stage::streaming) return;
    if (!self->shared_->answerer->caller_of(self->token_)) return self->close();
    if (!self->writing_ && self->out_.empty()) {
      self->out_ = ": still here\n\n";
      self->write_some();
    }
    self->beat();
  });
}

// ---- waiting and the end

void Connection::wait(std::chrono::milliseconds time) {
  timer_.expires_after(time);
  timer_.async_wait([self = shared_from_this()](ErrorOfAsio error) {
    if (!error && self->timer_.expiry() <= asio::steady_timer::clock_type::now()) self->expired();
  });
}

void Connection::expired() {
  switch (stage_) {
    case Stage::idle: return close();
    case Stage::head: return refuse({408, "the head did not arrive in time"});
    case Stage::body:
      if (in_.size() - paced_ <
          kBytesPerPace * static_cast<std::uint64_t>(shared_->options.pace_wait.count()) / 1000) {
        return refuse({408, "the body comes slower than 1 KiB per second"});
      }
      paced_ = in_.size();
      return wait(shared_->options.pace_wait);
    case Stage::streaming: {
      const std::lock_guard hold(shared_->traffic_lock);
      ++shared_->traffic.streams_cut;
    }
      return close();
    case Stage::answering: return;
    case Stage::writing:
    case Stage::closed: return close();
  }
}

void Connection::close() {
  if (stage_ == Stage::closed) return;
  if (stage_ == Stage::streaming) --shared_->streams;
  stage_ = Stage::closed;
  timer_.cancel();
  heartbeat_.cancel();
  wire_.close();
}

void Connection::count(int status) {
  if (route_ == nullptr) return;
  const std::lock_guard hold(shared_->traffic_lock);
  ++shared_->traffic.answers[{route_->id, status}];
}

}  // namespace lianqing::http
