#!/usr/bin/python3
"""How long a change of rules holds commits up: the longest stretch between two acknowledged one-record commits while new
rules are folded, take over and tell, beside the longest one without them in the same run.

usage: switch_bench.py [UNITS] [--same]     UNITS units with one record each (default 30000); the new rules tell of every
one of them, or with --same of none. LIANQING_BINARY: see daemon_bench.py."""
import json
import os
import sys
import tempfile
import threading
import time

from daemon_bench import Daemon, fdatasync_times, share

PACK = """version: 1
pack: {id: bench, title: {zh: 基准, en: Bench}, timezone: Asia/Shanghai}
measures:
  n: {count: complaint, over: 3650d}
  other: {count: probe, over: 30d}
rules:
  many: {title: {zh: 多, en: Many}, because: "{n}", yellow: "n >= 1", red: "n >= 9"}
  probe: {title: {zh: 探, en: Probe}, because: "{other}", yellow: "other >= 1000000"}
"""
MORE = PACK + '  more: {title: {zh: 增, en: More}, because: "{n}", yellow: "n >= 1", red: "n >= 5"}\n'
SAME = PACK.replace("other >= 1000000", "other >= 2000000")


def sent(id, unit, kind):
    return json.dumps({"specversion": "1.0", "id": id, "source": "/bench", "type": kind, "unit": unit,
                       "time": "2026-03-01T00:00:00Z"})


class Producer:
    """One record a request, one request after the other, over one connection; when each was acknowledged."""

    def __init__(self, daemon):
        self.daemon, self.times, self.over = daemon, [], threading.Event()
        daemon.token("ingester")
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def run(self):
        connection = self.daemon.connect()
        headers = {"Authorization": "Bearer " + self.daemon.token("ingester"), "Content-Type": "application/cloudevents+json"}
        while not self.over.is_set():
            connection.request("POST", "/v1/events", sent("p%d" % len(self.times), "busy", "probe"), headers)
            answer = connection.getresponse()
            answer.read()
            assert answer.status == 200, answer.status
            self.times.append(time.perf_counter())
        connection.close()

    def stretches(self, begin, end):
        times = [t for t in self.times if begin <= t <= end]
        return [b - a for a, b in zip(times, times[1:])]


def tell(name, stretches):
    print("%-24s %6d commits, p50 %6.2f ms, p99 %7.2f ms, longest %8.2f ms" % (
        name, len(stretches), share(stretches, 0.5) * 1e3, share(stretches, 0.99) * 1e3, max(stretches) * 1e3), flush=True)


def main():
    numbers = [int(a) for a in sys.argv[1:] if a.isdigit()]
    units = numbers[0] if numbers else 30_000
    next_pack = SAME if "--same" in sys.argv else MORE
    with tempfile.TemporaryDirectory() as folder:
        with Daemon(folder, PACK) as daemon:
            daemon.stop()
            path = os.path.join(folder, "history.jsonl")
            with open(path, "w", encoding="ascii") as file:
                for n in range(units):
                    file.write(sent("h%d" % n, "v%07d" % n, "complaint") + "\n")
            assert daemon.run("log", "append", path, "--data", daemon.data).returncode == 0
            daemon.start()
            disk = fdatasync_times(folder)
            body = json.dumps({"reason": "bench", "files": [{"name": "rules.yaml", "text": next_pack}]})
            for role in ("rule_approver", "viewer"):
                daemon.token(role)
            producer = Producer(daemon)
            time.sleep(5)
            begin = time.perf_counter()
            answer = daemon.ask("POST", "/v1/rules/activate", "rule_approver", body, {"Content-Type": "application/json"})
            assert answer.status == 202, answer.bytes
            before, switched = daemon.get("/v1/rules").json["running"], None
            while True:
                rules = daemon.get("/v1/rules").json
                if switched is None and rules["running"] != before:
                    switched = time.perf_counter()
                if rules["backfill"] is None:
                    break
                time.sleep(0.05)
            end = time.perf_counter()
            time.sleep(2)
            producer.over.set()
            producer.thread.join()
            told = daemon.get("/v1/warnings?limit=1").json["position"]
            print("%d units, %d warnings at the end; fdatasync p50 %.2f ms, p99 %.2f ms" % (
                units, told, share(disk, 0.5) * 1e3, share(disk, 0.99) * 1e3))
            tell("before", producer.stretches(begin - 5, begin))
            tell("from asking to the end", producer.stretches(begin, end + 0.5))
            if switched is not None:
                tell("from the switch on", producer.stretches(switched - 0.2, end + 0.5))
            print("folding beside and telling took %.2f s, telling %.2f s of it" % (
                end - begin, end - (switched or end)))
            for line in daemon.get("/metrics", "viewer").bytes.decode().splitlines():
                if line.startswith("lianqing_between_commits_longest_seconds"):
                    print(line)
            assert daemon.stop() == 0, daemon.said()


if __name__ == "__main__":
    main()
