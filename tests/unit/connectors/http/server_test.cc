// The server with answers that come late and from other threads. What it must not do with them is
// seen by ThreadSanitizer (script/test --nightly), too.
#include "connectors/http/server.h"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/streambuf.hpp>
#include <boost/asio/write.hpp>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

namespace lianqing::http {
namespace {

namespace asio = boost::asio;

// Keeps replies until it is told to give them.
class LateAnswerer final : public Answerer {
 public:
  std::optional<Caller> caller_of(std::string_view) override { return std::nullopt; }
  void admitted(const Caller&, const std::string&) override {}
  void denied(const Denial&) override {}
  void answer(Request, Reply reply) override {
    const std::lock_guard hold(lock_);
    replies_.push_back(std::move(reply));
    changed_.notify_all();
  }
  void open_stream(const Caller&, std::optional<std::uint64_t>,
                   std::function<void(StreamOpening)>) override {}
  void read_stream(const Caller&, StreamPlace, std::function<void(StreamPage)>) override {}

  // Waits for the next request.
  Reply take() {
    std::unique_lock hold(lock_);
    changed_.wait(hold, [this] { return !replies_.empty(); });
    Reply out = std::move(replies_.front());
    replies_.pop_front();
    return out;
  }

 private:
  std::mutex lock_;
  std::condition_variable changed_;
  std::deque<Reply> replies_;
};

class Client {
 public:
  explicit Client(const Server& server) : socket_(loop_) {
    const std::string url = server.url();
    const auto port = static_cast<std::uint16_t>(std::stoi(url.substr(url.rfind(':') + 1)));
    socket_.connect({asio::ip::make_address("127.0.0.1"), port});
  }
  void ask() {
    asio::write(socket_,
                asio::buffer(std::string("GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")));
  }
  std::string status_line() {
    asio::streambuf in;
    const std::size_t bytes = asio::read_until(socket_, in, "\r\n");
    return {asio::buffers_begin(in.data()),
            asio::buffers_begin(in.data()) + static_cast<std::ptrdiff_t>(bytes) - 2};
  }
  void reset() {
    socket_.set_option(asio::socket_base::linger(true, 0));
    socket_.close();
  }

 private:
  asio::io_context loop_;
  asio::ip::tcp::socket socket_;
};

class HttpServer : public ::testing::Test {
 protected:
  void SetUp() override {
    ServerOptions options;
    options.port = 0;
    auto made = Server::listen(options, answerer_);
    ASSERT_TRUE(made) << made.error().what;
    server_ = *std::move(made);
    thread_ = std::thread([this] { server_->run(); });
  }
  void TearDown() override {
    server_->stop();
    thread_.join();
    EXPECT_EQ(server_->traffic().connections, 0U);
  }
  void wait_for_connections(std::size_t count) {
    while (server_->traffic().connections != count) std::this_thread::yield();
  }

  LateAnswerer answerer_;
  std::unique_ptr<Server> server_;
  std::thread thread_;
};

TEST_F(HttpServer, AnAnswerFromAnotherThreadArrives) {
  Client client(*server_);
  for (int i = 0; i < 3; ++i) {
    client.ask();
    Response answer;
    answer.status = 200;
    answerer_.take()(answer);
    EXPECT_EQ(client.status_line(), "HTTP/1.1 200 OK");
  }
}

// The last owner of a connection may be the answer: then it ends in the hands of another thread,
// while the server takes and loses others.
TEST_F(HttpServer, ConnectionsEndOnTheServersThreadHoweverLateTheAnswer) {
  std::vector<Reply> late;
  for (int i = 0; i < 50; ++i) {
    Client client(*server_);
    client.ask();
    late.push_back(answerer_.take());
    client.reset();
  }
  Client last(*server_);  // when it is answered, the server knows that the others are gone
  last.ask();
  answerer_.take()(Response{});
  last.status_line();
  std::thread others([this] {
    for (int i = 0; i < 100; ++i) Client(*server_).reset();
  });
  for (std::size_t i = 0; i < late.size(); ++i) {
    if (i % 2 == 0) late[i](Response{});
    late[i] = nullptr;
  }
  others.join();
  last.reset();
  wait_for_connections(0);
}

TEST_F(HttpServer, AnAnswerThatNeverComesHoldsUpNoEnd) {
  Client client(*server_);
  client.ask();
  Reply late = answerer_.take();
  client.reset();
  server_->stop();
  late = nullptr;
}

}  // namespace
}  // namespace lianqing::http
