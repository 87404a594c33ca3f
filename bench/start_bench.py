#!/usr/bin/python3
"""How long the daemon takes to serve again, with many units: from the log alone, behind its checkpoint, and after kill -9.

usage: start_bench.py [DIRECTORY [UNITS]]      default 1,000,000 units of one event each

Beside them the time to read the same files once, which no start can undercut by much."""
import os
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from daemon_bench import PACK, Daemon  # noqa: E402


def seconds(work):
    start = time.monotonic()
    work()
    return time.monotonic() - start


def read_all(folder):
    total = 0
    for at, _, names in os.walk(folder):
        for name in names:
            with open(os.path.join(at, name), "rb") as file:
                while piece := file.read(1 << 20):
                    total += len(piece)
    return total


def spent(pid):
    """CPU seconds and peak memory in MB of a process so far: others on the machine disturb them less than its time."""
    with open("/proc/%d/stat" % pid, encoding="ascii") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    with open("/proc/%d/status" % pid, encoding="utf-8") as file:
        peak = [line for line in file if line.startswith("VmHWM")][0].split()[1]
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK"), int(peak) / 1000


def measure(folder, units):
    path = os.path.join(folder, "events.jsonl")
    with open(path, "w", encoding="ascii") as file:
        for n in range(units):
            file.write('{"id":"e%d","source":"/bench","type":"complaint","unit":"u%d","time":"2026-03-01T00:00:00Z","data":{"amount":%d}}\n' % (n, n, n % 100))
    daemon = Daemon(folder, pack=PACK)
    took = seconds(lambda: subprocess.run([os.environ["LIANQING_BINARY"], "log", "append", path, "--data", daemon.data], check=True,
                                          stdout=subprocess.DEVNULL))
    print("log append: %.1f s, %.0f ev/s" % (took, units / took), flush=True)
    os.remove(path)
    rows = []
    for name, end in (("the log alone", daemon.stop), ("behind a checkpoint", daemon.kill), ("the same, after kill -9", daemon.stop)):
        rows.append((name, seconds(daemon.start)))
        print("%-26s %.1f s, %.0f units/s; %.2f s of CPU, %.0f MB" %
              (rows[-1][0], rows[-1][1], units / rows[-1][1], *spent(daemon.process.pid)), flush=True)
        took = seconds(end)
        print("%-26s %.1f s" % ("  its end", took), flush=True)
    total = []
    reading = seconds(lambda: total.append(read_all(daemon.data)))
    print("reading its %.2f GB once   %.1f s; ratios %s" % (total[0] / 1e9, reading, ", ".join("%.1f" % (took / reading) for _, took in rows)))


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(dir=sys.argv[1] if len(sys.argv) > 1 else None) as folder:
        measure(folder, int(sys.argv[2]) if len(sys.argv) > 2 else 1_000_000)
