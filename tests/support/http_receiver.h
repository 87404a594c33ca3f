// A receiver of HTTP messages on a port of its own that answers, fails and hangs as it is told. One
// message at a time.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

namespace lianqing {

class HttpReceiver {
 public:
  enum class Mood {
    answers,         // with `status`, or 422 to what it refuses
    resets,          // reads nothing and resets the connection
    takes_and_ends,  // reads the message, keeps it, and goes without an answer
    hangs,           // reads the message and says nothing until the other side goes
  };

  HttpReceiver();
  ~HttpReceiver();
  HttpReceiver(const HttpReceiver&) = delete;
  HttpReceiver& operator=(const HttpReceiver&) = delete;

  std::uint16_t port() const { return port_; }
  void set(Mood mood, int status = 200);
  // Messages with one of these words are refused.
  void refuse(std::set<std::string> words);

  // Messages it took, head and body, in order.
  std::vector<std::string> taken() const;
  std::size_t tries() const;
  void wait_for_try(std::size_t count);

 private:
  void run();
  void talk(int connection);

  int listening_ = -1;
  std::uint16_t port_ = 0;
  mutable std::mutex lock_;
  std::condition_variable changed_;
  Mood mood_ = Mood::answers;
  int status_ = 200;
  bool ending_ = false;
  std::set<std::string> refused_;
  std::vector<std::string> taken_;
  std::size_t tries_ = 0;
  std::thread thread_;
};

// Whether the word stands in the text with no letter or digit beside it.
bool has_word(const std::string& text, const std::string& word);

}  // namespace lianqing
