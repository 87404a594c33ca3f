// From an event's sending to its warning in the stream, at a steady rate, beside fdatasync of the
// same minute. It starts a daemon of its own, keeps its connections open, and sends by the clock,
// whether earlier batches were answered or not: times count from when a batch was due.
//
//   stream_bench [DIRECTORY [SECONDS]]     at 1,000 and 20,000 events/s; LIANQING_BINARY: the
//                                          program, by default the one beside this
//
// Every batch (one per 10 ms at most) holds one event that makes a warning; the others make none.
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <climits>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;
using Seconds = std::chrono::duration<double>;

constexpr int kUnits = 10'000, kSenders = 8;
constexpr double kPace = 0.01;  // seconds between batches, at least
constexpr std::chrono::seconds kPatience{30};
constexpr std::chrono::milliseconds kBeside{20};  // between two fdatasync beside the load

constexpr const char* kPack = R"(version: 1
pack: {id: bench, title: {zh: 基准, en: Bench}, timezone: Asia/Shanghai}
measures:
  n: {count: complaint, over: 30d}
  sum: {sum: amount, of: complaint, over: 90d}
  probes: {count: probe, over: 30d}
rules:
  many: {title: {zh: 多, en: Many}, because: "{n}", yellow: "n >= 1000000", red: "n >= 2000000"}
  dear: {title: {zh: 贵, en: Dear}, because: "{sum}", yellow: "sum >= 1000000000"}
  probe: {title: {zh: 探, en: Probe}, because: "{probes}", yellow: "probes >= 1"}
)";

[[noreturn]] void give_up(const std::string& why) {
  std::fprintf(stderr, "stream_bench: %s\n", why.c_str());
  std::exit(74);
}

// A daemon of its own in a directory of its own.
class Daemon {
 public:
  Daemon(std::string binary, fs::path folder) : binary_(std::move(binary)), folder_(folder) {
    const std::string pack = folder / "pack.yaml", data = folder / "data";
    std::ofstream(pack) << kPack;
    int out[2];
    if (::pipe(out) != 0) give_up("no pipe");
    process_ = ::fork();
    if (process_ == 0) {
      ::dup2(out[1], 1);
      ::dup2(::open((folder / "errors").c_str(), O_WRONLY | O_CREAT, 0600), 2);
      ::execl(binary_.c_str(), binary_.c_str(), "serve", "--data", data.c_str(), "--rules",
              pack.c_str(), "--listen", "127.0.0.1:0", nullptr);
      ::_exit(127);
    }
    ::close(out[1]);
    std::string line;
    for (char c = 0; ::read(out[0], &c, 1) == 1 && c != '\n';) line += c;
    const std::size_t colon = line.rfind(':');
    if (!line.starts_with("listening on ")) give_up(binary_ + " does not serve");
    port = std::atoi(line.c_str() + colon + 1);
  }
  ~Daemon() {
    ::kill(process_, SIGTERM);
    ::waitpid(process_, nullptr, 0);
  }
  Daemon(const Daemon&) = delete;
  Daemon& operator=(const Daemon&) = delete;

  std::string token(const std::string& role) const {
    const std::string command = "'" + binary_ + "' token create --data '" +
                                (folder_ / "data").string() + "' --role " + role + " --name " +
                                role;
    FILE* out = ::popen(command.c_str(), "r");
    char text[256] = {};
    if (out == nullptr || std::fgets(text, sizeof text, out) == nullptr) give_up("no token");
    ::pclose(out);
    std::string token(text);
    token.resize(token.find_last_not_of("\r\n ") + 1);
    return token;
  }

  int port = 0;

 private:
  std::string binary_;
  fs::path folder_;
  pid_t process_ = 0;
};

int connected(int port) {
  const int s = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(static_cast<std::uint16_t>(port));
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int on = 1;
  ::setsockopt(s, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (::connect(s, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0)
    give_up("no connection");
  return s;
}

void send_all(int s, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::send(s, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n <= 0) give_up("the daemon closed a connection");
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
}

// Reads one answer to its end; its status.
int answer(int s, std::string& buffer) {
  buffer.clear();
  std::size_t whole = 0;
  while (whole == 0 || buffer.size() < whole) {
    char piece[16'384];
    const ssize_t n = ::recv(s, piece, sizeof piece, 0);
    if (n <= 0) give_up("the daemon closed a connection");
    buffer.append(piece, static_cast<std::size_t>(n));
    const std::size_t end = buffer.find("\r\n\r\n");
    if (whole != 0 || end == std::string::npos) continue;
    const std::size_t length = buffer.find("Content-Length: ");
    if (length == std::string::npos || length > end) give_up("an answer without a length");
    whole = end + 4 + std::strtoul(buffer.c_str() + length + 16, nullptr, 10);
  }
  return std::atoi(buffer.c_str() + 9);
}

// A number of /metrics.
double gauge(int port, const std::string& token, const std::string& name) {
  const int s = connected(port);
  send_all(s,
           "GET /metrics HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer " + token + "\r\n\r\n");
  std::string buffer;
  if (answer(s, buffer) != 200) give_up("no metrics");
  ::close(s);
  const std::size_t at = buffer.find("\n" + name + " ");
  return at == std::string::npos ? -1 : std::atof(buffer.c_str() + at + name.size() + 2);
}

std::string request(const std::string& token, int number, int size, const std::string& now) {
  std::string body;
  for (int i = 0; i < size; ++i) {
    const std::string n = std::to_string(number);
    const bool probe = i + 1 == size;
    body += R"({"specversion":"1.0","id":")" + (probe ? "p" + n : n + "-" + std::to_string(i)) +
            R"(","source":"/bench","type":")" + (probe ? "probe" : "complaint") + R"(","unit":")" +
            (probe ? "probe-" + n : "u" + std::to_string((number * size + i) % kUnits)) +
            R"(","time":")" + now + "\"" +
            (probe ? "" : R"(,"data":{"amount":)" + std::to_string(i) + "}") + "}\n";
  }
  return "POST /v1/events HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer " + token +
         "\r\nContent-Type: application/x-ndjson\r\nContent-Length: " +
         std::to_string(body.size()) + "\r\n\r\n" + body;
}

// The open loop's work: numbers of batches that are due.
class Due {
 public:
  void put(int number) {
    const std::lock_guard lock(mutex_);
    numbers_.push_back(number);
    some_.notify_all();
  }
  // -1: there is no more.
  int take() {
    std::unique_lock lock(mutex_);
    some_.wait(lock, [this] { return !numbers_.empty(); });
    const int number = numbers_.front();
    if (number >= 0) numbers_.pop_front();
    return number;
  }

 private:
  std::mutex mutex_;
  std::condition_variable some_;
  std::deque<int> numbers_;
};

// When the warning of each batch came.
class Seen {
 public:
  explicit Seen(int count) : at_(static_cast<std::size_t>(count)) {}

  void follow(int port, const std::string& token) {
    socket_ = connected(port);
    send_all(socket_, "GET /v1/stream HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer " + token +
                          "\r\n\r\n");
    reader_ = std::thread([this] { read(); });
    while (!ready_) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  void wait_for(int count) {
    const auto end = Clock::now() + kPatience;
    while (seen_ < count && Clock::now() < end) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    ::shutdown(socket_, SHUT_RDWR);
    reader_.join();
    ::close(socket_);
  }
  Clock::time_point at(int number) const { return at_[static_cast<std::size_t>(number)]; }

 private:
  void read() {
    static constexpr std::string_view kProbe = "\"unit\":\"probe-";
    std::string rest;
    char piece[65'536];
    for (ssize_t n; (n = ::recv(socket_, piece, sizeof piece, 0)) > 0;) {
      const auto now = Clock::now();
      rest.append(piece, static_cast<std::size_t>(n));
      std::size_t from = 0;
      for (std::size_t end; (end = rest.find('\n', from)) != std::string::npos; from = end + 1) {
        const std::string_view line = std::string_view(rest).substr(from, end - from);
        if (line.starts_with("event: marker")) ready_ = true;
        const std::size_t probe = line.find(kProbe);
        if (!line.starts_with("data: ") || probe == std::string_view::npos) continue;
        const auto number = std::strtoul(line.data() + probe + kProbe.size(), nullptr, 10);
        if (number >= at_.size() || at_[number] != Clock::time_point{}) continue;
        at_[number] = now;
        ++seen_;
      }
      rest.erase(0, from);
    }
  }

  std::vector<Clock::time_point> at_;
  std::atomic<bool> ready_{false};
  std::atomic<int> seen_{0};
  int socket_ = -1;
  std::thread reader_;
};

double share(std::vector<double>& values, double of) {
  std::sort(values.begin(), values.end());
  const auto at = static_cast<std::size_t>(of * static_cast<double>(values.size()));
  return values.empty() ? 0 : values[std::min(values.size() - 1, at)];
}

// Milliseconds of an append of 300 bytes and its fdatasync, each; with a pause behind each until
// `over`, or `count` times.
void time_fdatasync(const fs::path& folder, std::vector<double>& out, int count,
                    std::chrono::milliseconds pause, const std::atomic<bool>& over) {
  const std::string bytes(300, 'x');
  const int file = ::open((folder / "fdatasync").c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  for (int i = 0; i < count && !over; ++i) {
    std::this_thread::sleep_for(pause);
    const auto start = Clock::now();
    if (::write(file, bytes.data(), bytes.size()) < 0 || ::fdatasync(file) != 0) give_up("disk");
    out.push_back(1000 * Seconds(Clock::now() - start).count());
  }
  ::close(file);
}

void measure(const std::string& binary, const fs::path& folder, int rate, double seconds) {
  fs::create_directories(folder);
  std::vector<double> disk, during, times;
  std::atomic<bool> over{false};  // what is timed beside the load
  {
    const Daemon daemon(binary, folder);
    time_fdatasync(folder, disk, 200, {}, over);
    const double pace = std::max(kPace, 1.0 / rate);
    const int size = std::max(1, static_cast<int>(rate * pace + 0.5)),
              count = static_cast<int>(seconds / pace);
    const std::string viewer = daemon.token("viewer"), ingester = daemon.token("ingester"),
                      auditor = daemon.token("auditor");
    char now[32];
    const std::time_t clock = std::time(nullptr);
    std::tm utc{};
    std::strftime(now, sizeof now, "%Y-%m-%dT%H:%M:%SZ", ::gmtime_r(&clock, &utc));
    std::vector<std::string> requests;
    for (int n = 0; n < count; ++n) requests.push_back(request(ingester, n, size, now));

    Seen seen(count);
    seen.follow(daemon.port, viewer);
    Due due;
    std::atomic<int> refused{0};
    std::vector<std::thread> senders;
    for (int i = 0; i < kSenders; ++i) {
      senders.emplace_back([&] {
        const int s = connected(daemon.port);
        std::string buffer;
        for (int number; (number = due.take()) >= 0;) {
          send_all(s, requests[static_cast<std::size_t>(number)]);
          if (answer(s, buffer) != 200) ++refused;
        }
        ::close(s);
      });
    }
    std::thread beside([&] { time_fdatasync(folder, during, INT_MAX, kBeside, over); });
    const auto start = Clock::now() + std::chrono::milliseconds(100);
    const auto due_at = [&](int number) {
      return start + std::chrono::duration_cast<Clock::duration>(Seconds(number * pace));
    };
    for (int number = 0; number < count; ++number) {
      std::this_thread::sleep_until(due_at(number));
      due.put(number);
    }
    due.put(-1);
    for (std::thread& sender : senders) sender.join();
    const double took = Seconds(Clock::now() - start).count();
    seen.wait_for(count - refused);
    over = true;
    beside.join();
    over = false;
    for (int number = 0; number < count; ++number) {
      if (seen.at(number) == Clock::time_point{}) continue;
      times.push_back(1000 * Seconds(seen.at(number) - due_at(number)).count());
    }
    if (static_cast<int>(times.size()) < count - refused) give_up("warnings are missing");
    const double between = gauge(daemon.port, auditor, "lianqing_between_commits_longest_seconds"),
                 checkpoints = gauge(daemon.port, auditor, "lianqing_checkpoints_total");
    time_fdatasync(folder, disk, 200, {}, over);
    const double ours[] = {share(times, 0.5), share(times, 0.99)};
    const double disks[] = {share(disk, 0.5), share(disk, 0.99)};
    std::printf(
        "%6d ev/s (sent %.0f, %d batches refused): event to stream p50 %.2f ms p99 %.2f ms; "
        "fdatasync p50 %.2f ms p99 %.2f ms; ratios %.1f, %.1f; longest between two commits %.2f "
        "ms, "
        "%.0f checkpoints; fdatasync beside the load p50 %.2f ms p99 %.2f ms, longest %.2f ms\n",
        rate, count * size / took, refused.load(), ours[0], ours[1], disks[0], disks[1],
        ours[0] / disks[0], ours[1] / disks[1], 1000 * between, checkpoints, share(during, 0.5),
        share(during, 0.99), share(during, 1));
    std::fflush(stdout);
  }
  fs::remove_all(folder);
}

}  // namespace

int main(int argc, char** argv) {
  const fs::path folder = fs::absolute(fs::path(argc > 1 ? argv[1] : ".") / "stream_bench.tmp");
  const double seconds = argc > 2 ? std::atof(argv[2]) : 10;
  const char* binary = std::getenv("LIANQING_BINARY");
  const std::string beside = fs::read_symlink("/proc/self/exe").parent_path() / "lianqing";
  fs::remove_all(folder);
  for (const int rate : {1'000, 20'000}) {
    measure(binary != nullptr ? binary : beside, folder, rate, seconds);
  }
  return 0;
}
