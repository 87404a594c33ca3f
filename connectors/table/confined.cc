#include "connectors/table/confined.h"

#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <cstring>
#include <exception>
#include <new>

#include "connectors/write_all.h"

namespace lianqing {
namespace {

// Exit codes of the child.
constexpr int kDone = 0, kNoMemory = 3, kTooMuch = 4, kFailed = 5;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kSanitized = true;  // they reserve terabytes, and call what they like
#else
constexpr bool kSanitized = false;
#endif

#if defined(__x86_64__)
constexpr std::uint32_t kArchitecture = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr std::uint32_t kArchitecture = AUDIT_ARCH_AARCH64;
#else
constexpr std::uint32_t kArchitecture = 0;
#endif

constexpr std::uint32_t kAllowedCalls[] = {
    SYS_read,       SYS_write,        SYS_brk,     SYS_mmap,           SYS_munmap,
    SYS_mremap,     SYS_mprotect,     SYS_madvise, SYS_futex,          SYS_exit,
    SYS_exit_group, SYS_rt_sigreturn, SYS_close,   SYS_getrandom,      SYS_clock_gettime,
    SYS_gettid,     SYS_getpid,       SYS_tgkill,  SYS_rt_sigprocmask,
};

sock_filter statement(std::uint16_t code, std::uint32_t k) { return {code, 0, 0, k}; }
sock_filter jump(std::uint32_t k, std::uint8_t yes, std::uint8_t no) {
  return {BPF_JMP | BPF_JEQ | BPF_K, yes, no, k};
}

// Nothing can be opened; all other calls end the process. Where the kernel has no filters the
// limits alone hold.
void filter_calls() {
  if (kArchitecture == 0) return;
  constexpr std::size_t kCalls = sizeof kAllowedCalls / sizeof *kAllowedCalls;
  sock_filter program[kCalls + 10];
  std::size_t n = 0;
  program[n++] = statement(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, arch));
  program[n++] = jump(kArchitecture, 1, 0);
  program[n++] = statement(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS);
  program[n++] = statement(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr));
  // The ZIP reader asks for the time zone's file.
  for (const auto call : {std::uint32_t{SYS_openat}, std::uint32_t{SYS_newfstatat}}) {
    program[n++] = jump(call, 0, 1);
    program[n++] = statement(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EACCES);
  }
  for (std::size_t i = 0; i < kCalls; ++i)
    program[n++] = jump(kAllowedCalls[i], static_cast<std::uint8_t>(kCalls - i), 0);
  program[n++] = statement(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS);
  program[n++] = statement(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
  sock_fprog filter{static_cast<unsigned short>(n), program};
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0)
    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter);
}

// Pages of address space in use.
std::uint64_t own_pages() {
  const int file = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
  if (file < 0) return 0;
  char text[64] = {};
  const ssize_t n = read(file, text, sizeof text - 1);
  close(file);
  std::uint64_t pages = 0;
  for (ssize_t i = 0; i < n && text[i] >= '0' && text[i] <= '9'; ++i)
    pages = pages * 10 + static_cast<std::uint64_t>(text[i] - '0');
  return pages;
}

void limit(int what, std::uint64_t most) {
  const rlimit value{most, most};
  setrlimit(static_cast<__rlimit_resource>(what), &value);
}

void confine(const ConfinedLimits& limits) {
  limit(RLIMIT_CORE, 0);
  limit(RLIMIT_CPU, limits.seconds);
  limit(RLIMIT_FSIZE, 0);
  if (kSanitized) return;
  const auto page = static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
  limit(RLIMIT_AS, own_pages() * page + limits.memory);
  filter_calls();
}

[[noreturn]] void child(int to, const std::function<void(const ConfinedOutput&)>& work,
                        const ConfinedLimits& limits) {
  confine(limits);
  try {
    std::uint64_t written = 0;
    work([&](std::string_view bytes) {
      written += bytes.size();
      if (written > limits.output) _exit(kTooMuch);
      if (!write_all(to, bytes)) _exit(kFailed);
    });
  } catch (const std::bad_alloc&) {
    _exit(kNoMemory);
  } catch (...) {
    _exit(kFailed);
  }
  _exit(kDone);
}

TableResult<std::string> outcome_of(int status, std::string bytes) {
  if (WIFEXITED(status) && WEXITSTATUS(status) == kDone) return bytes;
  if (WIFEXITED(status) && WEXITSTATUS(status) == kNoMemory) {
    return table_failure(ErrorCode::refused,
                         {"读这个文件需要的内存太多，已停止", "reading it takes too much memory"});
  }
  if (WIFEXITED(status) && WEXITSTATUS(status) == kTooMuch)
    return table_failure(ErrorCode::refused, {"内容太多，已停止", "it holds too much"});
  if (WIFSIGNALED(status) && WTERMSIG(status) == SIGXCPU)
    return table_failure(ErrorCode::refused,
                         {"读这个文件用时太长，已停止", "reading it takes too long"});
  return table_failure(ErrorCode::refused, {"这个文件无法安全读取（读取进程中止）",
                                            "it cannot be read safely (the reader was stopped)"});
}

}  // namespace

TableResult<std::string> run_confined(const std::function<void(const ConfinedOutput&)>& work,
                                      const ConfinedLimits& limits) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) {
    const std::string why = std::strerror(errno);
    return table_failure(ErrorCode::io, {"无法建立管道：" + why, "cannot make a pipe: " + why});
  }
  const pid_t pid = fork();
  if (pid == 0) {
    close(ends[0]);
    child(ends[1], work, limits);
  }
  close(ends[1]);
  std::string bytes;
  if (pid > 0) {
    char part[1 << 16];
    for (;;) {
      const ssize_t n = read(ends[0], part, sizeof part);
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) break;
      bytes.append(part, static_cast<std::size_t>(n));
    }
  }
  close(ends[0]);
  if (pid < 0) {
    const std::string why = std::strerror(errno);
    return table_failure(ErrorCode::io,
                         {"无法启动读取进程：" + why, "cannot start a process: " + why});
  }
  int status = 0;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  return outcome_of(status, std::move(bytes));
}

}  // namespace lianqing
