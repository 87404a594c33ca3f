#include "tests/support/http_receiver.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <stdexcept>

namespace lianqing {
namespace {

// Robots say in the body what they think of a message.
constexpr const char* kBody = "{\"errcode\":0,\"code\":0}";

// False: the other side went.
bool receive(int connection, std::string& to) {
  char bytes[4096];
  const ssize_t size = ::recv(connection, bytes, sizeof bytes, 0);
  if (size > 0) to.append(bytes, static_cast<std::size_t>(size));
  return size > 0;
}

bool receive_message(int connection, std::string& text) {
  std::size_t end = 0;
  while ((end = text.find("\r\n\r\n")) == std::string::npos) {
    if (!receive(connection, text)) return false;
  }
  std::string head = text.substr(0, end);
  std::transform(head.begin(), head.end(), head.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  const std::size_t at = head.find("content-length:");
  const std::size_t size = at == std::string::npos ? 0 : std::stoul(head.substr(at + 15));
  while (text.size() < end + 4 + size) {
    if (!receive(connection, text)) return false;
  }
  return true;
}

}  // namespace

bool has_word(const std::string& text, const std::string& word) {
  const auto letter = [&text](std::size_t i) {
    return i < text.size() && std::isalnum(static_cast<unsigned char>(text[i])) != 0;
  };
  for (std::size_t at = 0; (at = text.find(word, at)) != std::string::npos; ++at) {
    if ((at == 0 || !letter(at - 1)) && !letter(at + word.size())) return true;
  }
  return false;
}

HttpReceiver::HttpReceiver() {
  listening_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* const any = reinterpret_cast<sockaddr*>(&address);
  if (listening_ < 0 || ::bind(listening_, any, size) != 0 || ::listen(listening_, 64) != 0 ||
      ::getsockname(listening_, any, &size) != 0) {
    throw std::runtime_error("no port to listen on");
  }
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] { run(); });
}

HttpReceiver::~HttpReceiver() {
  {
    const std::lock_guard hold(lock_);
    ending_ = true;
  }
  ::shutdown(listening_, SHUT_RDWR);
  thread_.join();
  ::close(listening_);
}

void HttpReceiver::set(Mood mood, int status) {
  const std::lock_guard hold(lock_);
  mood_ = mood;
  status_ = status;
}

void HttpReceiver::refuse(std::set<std::string> words) {
  const std::lock_guard hold(lock_);
  refused_ = std::move(words);
}

std::vector<std::string> HttpReceiver::taken() const {
  const std::lock_guard hold(lock_);
  return taken_;
}

std::size_t HttpReceiver::tries() const {
  const std::lock_guard hold(lock_);
  return tries_;
}

void HttpReceiver::wait_for_try(std::size_t count) {
  std::unique_lock hold(lock_);
  changed_.wait(hold, [&] { return tries_ >= count; });
}

void HttpReceiver::run() {
  for (;;) {
    const int connection = ::accept4(listening_, nullptr, nullptr, SOCK_CLOEXEC);
    {
      const std::lock_guard hold(lock_);
      if (ending_ || connection < 0) {
        if (connection >= 0) ::close(connection);
        return;
      }
    }
    talk(connection);
    ::close(connection);
  }
}

void HttpReceiver::talk(int connection) {
  Mood mood;
  int status = 0;
  {
    const std::lock_guard hold(lock_);
    mood = mood_;
    status = status_;
    ++tries_;
    changed_.notify_all();
  }
  if (mood == Mood::resets) {
    const linger now{1, 0};
    ::setsockopt(connection, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    return;
  }
  std::string text;
  if (!receive_message(connection, text)) return;
  if (mood == Mood::hangs) {
    while (receive(connection, text)) {
    }
    return;
  }
  {
    const std::lock_guard hold(lock_);
    if (std::any_of(refused_.begin(), refused_.end(),
                    [&](const std::string& word) { return has_word(text, word); })) {
      status = 422;
    }
    if (status >= 200 && status < 300) taken_.push_back(text);
  }
  if (mood == Mood::takes_and_ends) return;
  const std::string answer = "HTTP/1.1 " + std::to_string(status) +
                             " x\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: " +
                             std::to_string(std::string(kBody).size()) + "\r\n\r\n" + kBody;
  (void)::send(connection, answer.data(), answer.size(), MSG_NOSIGNAL);
}

}  // namespace lianqing
