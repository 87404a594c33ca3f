#!/usr/bin/python3
"""How the cost of a replay grows: with units, rules, windows, the length of the log, and with units kept on disk.

usage: growth.py [--build DIR] [--dir DIR] [--rounds N] [--scale S] [TABLE...]

TABLE: units, rules, windows, length, state; all of them if none is named. --build: where `lianqing` and `w20_bench` lie (build/release).
--dir: where logs are written (one at a time; the longest takes 5 GB). --rounds: of each row; the median of CPU time counts. --scale 0.1: a tenth
of the events. Figures are of CPU time, of all threads of a process; memory is the process's peak. The exponent e of a cost between two rows
means that ten times as much costs 10^e times as much an event. See docs/performance.md."""
import argparse
import math
import os
import shutil
import subprocess
import tempfile

# table -> how the log is made, what is varied, its values, and between which values which exponent is asked for
TABLES = {
    "units": ({"events": 1_000_000, "rules": 20}, "units", (1_000, 10_000, 100_000, 1_000_000), (10_000, 1_000_000, 0.10)),
    "rules": ({"events": 300_000, "units": 10_000}, "rules", (1, 5, 20, 50, 200, 1_000), (20, 200, 0.50)),
    "windows": ({"events": 300_000, "units": 10_000, "rules": 20}, "days", (1, 30, 365, 1_825), (30, 365, 0.10)),
    "length": ({"units": 10_000, "rules": 20}, "events", (200_000, 2_000_000, 10_000_000, 20_000_000), (2_000_000, 20_000_000, 0.10)),
    "state": ({"events": 300_000, "rules": 50, "recorded": True}, "units", (1_000, 10_000, 100_000), (1_000, 100_000, 0.10)),
}


class Cost:
    def __init__(self, command, stdout=None):
        process = subprocess.Popen(command, stdout=stdout)
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            raise SystemExit("%s ended with %d" % (" ".join(command), process.returncode))
        self.cpu = used.ru_utime + used.ru_stime
        self.megabytes = used.ru_maxrss / 1024


def median(costs):
    return sorted(costs, key=lambda cost: cost.cpu)[len(costs) // 2]


def lines_of(path):
    with open(path, "rb") as file:
        return sum(piece.count(b"\n") for piece in iter(lambda: file.read(1 << 20), b""))


def bytes_in(folder):
    return sum(os.path.getsize(os.path.join(at, name)) for at, _, names in os.walk(folder) for name in names)


class Bench:
    def __init__(self, options, folder):
        self.bench = os.path.join(options.build, "w20_bench")
        self.lianqing = os.path.join(options.build, "lianqing")
        self.rounds, self.scale = options.rounds, options.scale
        self.log, self.pack, self.out, self.state = (os.path.join(folder, name) for name in ("events.jsonl", "pack.yaml", "warnings.jsonl", "state"))
        self.written = None

    def write(self, shape):
        made = ["--events", str(shape["events"]), "--units", str(shape["units"])] + (["--recorded"] if shape.get("recorded") else [])
        if made != self.written:
            subprocess.run([self.bench, "--write", self.log] + made, check=True)
            self.written = made
        subprocess.run([self.bench, "--pack", self.pack, "--rules", str(shape["rules"]), "--days", str(shape.get("days", 0))], check=True)

    def replay(self, way):
        shutil.rmtree(self.state, ignore_errors=True)
        return Cost([self.lianqing, "replay", "--rules", self.pack, "--events", self.log, "--brief", "--quiet", "--out", self.out] + way)

    def row(self, shape):
        shape = dict(shape, events=int(shape["events"] * self.scale))
        self.write(shape)
        recorded = shape.get("recorded", False)
        found = {"events": shape["events"]}
        cost = median([self.replay(["--state", self.state] if recorded else ["--as-occurred"]) for _ in range(self.rounds)])
        found["events/CPU-s"] = shape["events"] / cost.cpu
        found["transitions"] = lines_of(self.out)
        found["peak MB"] = cost.megabytes
        if recorded:
            found["state MB"] = bytes_in(self.state) / 1e6
        else:
            limit = median([Cost([self.bench, "--judge", self.log, "--rules", str(shape["rules"]), "--days", str(shape.get("days", 0))])
                            for _ in range(self.rounds)])
            found["of the limit"] = limit.cpu / cost.cpu
        return found


def shown(key, value):
    if key == "of the limit":
        return "%.3f" % value
    if key == "events/CPU-s":
        return "{:,}".format(int(float("%.3g" % value)))
    return "{:,.0f}".format(value)


def table(bench, name):
    shape, varied, values, (low, high, goal) = TABLES[name]
    rows = {}
    print("\n%s (%s)" % (name, ", ".join("%s %s" % (key, shape[key]) for key in shape)), flush=True)
    for value in values:
        rows[value] = bench.row(dict({"units": 10_000, "rules": 20}, **shape, **{varied: value}))
        if value == values[0]:
            print("| %s | %s |" % (varied, " | ".join(rows[value])))
            print("|%s" % ("---|" * (len(rows[value]) + 1)))
        print("| {:,} | {} |".format(value, " | ".join(shown(key, one) for key, one in rows[value].items())), flush=True)
    exponent = math.log(rows[low]["events/CPU-s"] / rows[high]["events/CPU-s"]) / math.log(high / low)
    print("exponent of the cost of an event, {:,} to {:,}: {:.2f} (goal {:.2f})".format(low, high, exponent, goal))
    more = rows[high]["events"] - rows[low]["events"]
    if more > 0:
        print("memory: {:.0f} bytes for an event more".format((rows[high]["peak MB"] - rows[low]["peak MB"]) * 2 ** 20 / more))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", default=os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "build", "release"))
    parser.add_argument("--dir")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("tables", nargs="*", metavar="TABLE")
    options = parser.parse_args()
    unknown = [name for name in options.tables if name not in TABLES]
    if unknown:
        parser.error("no table %s; there are %s" % (unknown[0], ", ".join(TABLES)))
    with tempfile.TemporaryDirectory(dir=options.dir) as folder:
        bench = Bench(options, folder)
        for name in options.tables or TABLES:
            table(bench, name)


if __name__ == "__main__":
    main()
