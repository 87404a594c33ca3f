// lianqing top: a live view of a running daemon on a terminal, over its HTTP API.
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>

#include "cli/commands.h"
#include "cli/language.h"
#include "cli/log_options.h"
#include "cli/options.h"
#include "cli/pack_files.h"
#include "cli/replay_run.h"
#include "cli/serve/config.h"
#include "cli/serve/own_tls.h"
#include "cli/top_frame.h"
#include "cli/translation.h"
#include "lianqing/assert.h"

namespace lianqing {
namespace {

constexpr OptionSpec kOptions[] = {
    {"url", true, false, "守护进程的地址（默认 http://127.0.0.1:8620）",
     "where the daemon is (default http://127.0.0.1:8620)"},
    {"data", true, false, "守护进程的数据目录，代替 --url：其中记有地址",
     "its data directory instead of --url: the address is noted there"},
    {"ca", true, false, "https：签发其证书的机构，或证书本身（PEM）",
     "https: who has signed its certificate, or that itself (PEM)"},
    {"certificate", true, false, "https：出示的证书（PEM）",
     "https: a certificate to come with (PEM)"},
    {"key", true, false, "https：该证书的密钥（PEM）", "https: the key of that certificate (PEM)"},
    {"token-file", true, false, "存有令牌的文件（或环境变量 LIANQING_TOKEN）",
     "a file with the token (or set LIANQING_TOKEN)"},
    {"once", false, false, "只输出一次", "print one frame and end"},
    {"every", true, false, "每多少秒刷新（默认 2）", "seconds between two frames (default 2)"},
    {"lang", true, false, "zh 或 en；默认按环境变量", "zh or en; by default from the environment"},
    {"help", false, false, "显示这些选项", "show these options"},
};

constexpr std::chrono::milliseconds kPatience{5'000};
constexpr std::size_t kOnceWidth = 120, kOnceHeight = 40;

std::string first_line(std::string text) {
  text.erase(std::min(text.find_first_of("\r\n"), text.size()));
  return text;
}

Result<std::string> url_of(const Options& options) {
  if (const auto url = options.value("url")) return *url;
  const auto data = options.value("data");
  if (!data) return std::string("http://127.0.0.1:8620");
  const auto noted = read_file(address_path(*data));
  if (!noted) {
    return failure(ErrorCode::io, *data + ": no daemon runs there (" + noted.error().what + ")");
  }
  return first_line(*noted);
}

Result<std::string> token_of(const Options& options) {
  if (const auto file = options.value("token-file")) {
    LQ_TRY(std::string text, read_file(*file));
    return first_line(std::move(text));
  }
  const char* set = std::getenv("LIANQING_TOKEN");
  if (set != nullptr && *set != '\0') return std::string(set);
  return failure(ErrorCode::usage,
                 "--token-file FILE is needed, or LIANQING_TOKEN (lianqing token create --role "
                 "operator --name top --data DIR > FILE)");
}

// With --data the certificate that the daemon has made itself is known.
Result<http::ClientTls> tls_of(const Options& options) {
  http::ClientTls out{options.value_or("ca", ""), options.value_or("certificate", ""),
                      options.value_or("key", "")};
  if (out.certificate.empty() != out.key.empty()) {
    return failure(ErrorCode::usage, "--certificate and --key go together");
  }
  const auto data = options.value("data");
  std::error_code error;
  if (out.ca.empty() && data && std::filesystem::exists(own_tls_files(*data).certificate, error)) {
    out.ca = own_tls_files(*data).certificate;
  }
  return out;
}

std::string now_text() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  ::localtime_r(&now, &parts);
  char text[32];
  std::strftime(text, sizeof text, "%F %T", &parts);
  return text;
}

// The terminal while it shows frames: its other screen, no cursor, keys as they are pressed. As it
// was at the end.
class Screen {
 public:
  Screen() {
    sigset_t set;
    sigemptyset(&set);
    for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGWINCH}) sigaddset(&set, number);
    ::sigprocmask(SIG_BLOCK, &set, &before_);
    signals_ = ::signalfd(-1, &set, SFD_CLOEXEC);
    keys_ = ::tcgetattr(STDIN_FILENO, &mode_) == 0;
    if (keys_) {
      termios raw = mode_;
      raw.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
      ::tcsetattr(STDIN_FILENO, TCSANOW, &raw);
    }
    show("\033[?1049h\033[?25l");
  }
  ~Screen() {
    show("\033[?25h\033[?1049l");
    if (keys_) ::tcsetattr(STDIN_FILENO, TCSANOW, &mode_);
    ::close(signals_);
    ::sigprocmask(SIG_SETMASK, &before_, nullptr);
  }
  Screen(const Screen&) = delete;
  Screen& operator=(const Screen&) = delete;

  void show(const std::string& text) const {
    std::fwrite(text.data(), 1, text.size(), stdout);
    std::fflush(stdout);
  }

  // Written over the frame before: no line is empty in between.
  void draw(const std::vector<std::string>& lines) const {
    std::string out = "\033[H";
    for (const std::string& line : lines) {
      if (out.size() > 3) out += "\r\n";
      out += line + "\033[K";
    }
    show(out + "\033[J");
  }

  // False: it shall end. A new size of the window ends the wait.
  bool wait(std::chrono::milliseconds time) const {
    std::array<pollfd, 2> from{{{signals_, POLLIN, 0}, {STDIN_FILENO, POLLIN, 0}}};
    if (::poll(from.data(), keys_ ? 2 : 1, static_cast<int>(time.count())) <= 0) return true;
    if ((from[0].revents & POLLIN) != 0) {
      signalfd_siginfo got{};
      return ::read(signals_, &got, sizeof got) == sizeof got && got.ssi_signo == SIGWINCH;
    }
    char key = 0;
    return ::read(STDIN_FILENO, &key, 1) == 1 && key != 'q' && key != 'Q' && key != '\033';
  }

 private:
  sigset_t before_{};
  termios mode_{};
  int signals_ = -1;
  bool keys_ = false;
};

struct Size {
  std::size_t width = kOnceWidth, height = kOnceHeight;
};

Size window() {
  winsize size{};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return {};
  return {size.ws_col, size.ws_row};
}

Status run_live(http::Client& client, TopFrame frame, std::chrono::milliseconds every) {
  using Clock = std::chrono::steady_clock;
  const Screen screen;
  std::optional<http::DaemonView> before;
  Clock::time_point before_at;
  for (;;) {
    const Size size = window();
    frame.width = size.width;
    frame.height = size.height;
    frame.time = now_text();
    const TopRows rows = rows_of(frame.height);
    auto now = http::look_at(client, rows.units, rows.warnings);
    const Clock::time_point at = Clock::now();
    if (now) {
      screen.draw(
          top_frame(frame, *now, before, std::chrono::duration<double>(at - before_at).count()));
      before = *std::move(now);
      before_at = at;
    } else if (now.error().code != ErrorCode::io) {
      return Unexpected<Error>(now.error());
    } else {  // it may come back
      screen.draw({clipped("lianqing " + frame.url + "  " + frame.time, frame.width),
                   clipped(told(now.error(), frame.style.chinese), frame.width)});
      before.reset();
    }
    if (!screen.wait(every)) return {};
  }
}

Status top(const Options& options, bool chinese) {
  if (!options.positionals().empty()) {
    return failure(ErrorCode::usage, "unexpected '" + options.positionals()[0] + "'");
  }
  LQ_TRY(const std::string url, url_of(options));
  LQ_TRY(http::Url where, http::parse_url(url));
  LQ_TRY(std::string token, token_of(options));
  LQ_TRY(http::ClientTls tls, tls_of(options));
  const double every = std::atof(options.value_or("every", "2").c_str());
  if (every < 0.1 || every > 3600) {
    return failure(ErrorCode::usage, "--every expects seconds from 0.1 to 3600");
  }
  const bool terminal = ::isatty(STDOUT_FILENO) == 1;
  http::Client client(std::move(where), std::move(token), kPatience, std::move(tls));
  TopFrame frame;
  frame.url = url;
  frame.style = {chinese, terminal};
  if (terminal && !options.has("once")) {
    return run_live(client, std::move(frame),
                    std::chrono::milliseconds(static_cast<int>(every * 1000)));
  }
  frame.time = now_text();
  frame.width = window().width;
  frame.height = kOnceHeight;
  const TopRows rows = rows_of(frame.height);
  LQ_TRY(const http::DaemonView now, http::look_at(client, rows.units, rows.warnings));
  for (const std::string& line : top_frame(frame, now, std::nullopt, 0)) {
    std::printf("%s\n", line.c_str());
  }
  return {};
}

}  // namespace

int top_command(const std::vector<std::string>& args) {
  const auto options = parse_options(args, kOptions);
  if (!options) return report(options.error(), prefers_chinese());
  const bool chinese = is_chinese(*options);
  if (options->has("help")) {
    std::printf("%s\n\n%s",
                chinese ? "用法：lianqing top （--url 地址 | --data 目录） --token-file 文件"
                        : "usage: lianqing top (--url URL | --data DIR) --token-file FILE",
                options_help(kOptions, chinese).c_str());
    return 0;
  }
  const Status done = top(*options, chinese);
  return done ? 0 : report(done.error(), chinese);
}

}  // namespace lianqing
