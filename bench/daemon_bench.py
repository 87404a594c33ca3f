"""What the benches of the daemon share: a daemon of a release build in a directory of its own, fdatasync of the same minute.

LIANQING_BINARY: the program (default build/release/lianqing)."""
import os
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
os.environ.setdefault("LIANQING_BINARY", os.path.join(ROOT, "build", "release", "lianqing"))
sys.path.insert(0, os.path.join(ROOT, "tests", "server"))
from daemon import Daemon  # noqa: E402, F401

PACK = """version: 1
pack: {id: bench, title: {zh: 基准, en: Bench}, timezone: Asia/Shanghai}
measures:
  n: {count: complaint, over: 30d}
  sum: {sum: amount, of: complaint, over: 90d}
  probes: {count: probe, over: 30d}
rules:
  many: {title: {zh: 多, en: Many}, because: "{n}", yellow: "n >= 1000000", red: "n >= 2000000"}
  dear: {title: {zh: 贵, en: Dear}, because: "{sum}", yellow: "sum >= 1000000000"}
  probe: {title: {zh: 探, en: Probe}, because: "{probes}", yellow: "probes >= 1"}
"""


def share(values, of):
    values = sorted(values)
    return values[min(len(values) - 1, int(of * len(values)))]


def fdatasync_times(folder, count=200):
    """Seconds of an append of 300 bytes and its fdatasync, each."""
    path, out = os.path.join(folder, "fdatasync"), []
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    for _ in range(count):
        start = time.perf_counter()
        os.write(file, b"x" * 300)
        os.fdatasync(file)
        out.append(time.perf_counter() - start)
    os.close(file)
    os.remove(path)
    return out
