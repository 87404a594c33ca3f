#!/usr/bin/python3
"""Back-pressure: while nothing can be committed every kind of source waits with its cursor unmoved and the daemon's memory bounded,
however much there is to read; when there is room again nothing is lost or doubled, though producers over HTTP fill the queue
meanwhile. Needs LIANQING_BINARY and the right to mount a tmpfs, on which the disk is full; PostgreSQL takes part where it is."""
import json
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from daemon import BINARY, ROOT, SECONDS, PACK, Daemon, event  # noqa: E402
from disk_test import Small  # noqa: E402
from postgres import Postgres, binaries  # noqa: E402

COUNT, BYTES = 2000, 16000                                 # records of each source, and how large: 32 MB
MOST_RSS = 64 << 20                                        # that the daemon may grow by while it waits: half of what there is to read
FILLING = "x" * BYTES

MAP = """version: 1
source: /drop
files: ["many*"]
id: 编号
unit: 单位
type: ping
time: 日期
fields: {text: 备注}
"""


def line(kind, n):
    return json.dumps(event("%s-%d" % (kind, n), unit="u%d" % (n % 5), type="ping", source="/" + kind, data={"text": FILLING})) + "\n"


class Feeder:
    """Feeds COUNT records to a source of the kind, whose entry in the configuration is `setup`."""

    def __init__(self, kind, folder):
        self.kind, self.folder = kind, folder
        self.offered = 0
        self.setup = getattr(self, kind)()

    def feed(self, daemon):
        getattr(self, "feed_" + self.kind)(daemon)

    def file(self):
        self.path = os.path.join(self.folder, "events.jsonl")
        open(self.path, "w").close()
        return "{kind: file, path: %s, source: /file}" % self.path

    def feed_file(self, _):
        with open(self.path, "a", encoding="utf-8") as file:
            file.writelines(line("file", n) for n in range(COUNT))

    def stdin(self):
        return "{kind: stdin, source: /stdin}"

    def feed_stdin(self, daemon):                          # what reads from it decides how far this comes
        end = daemon.process.stdin

        def run():
            with end:
                for n in range(COUNT):
                    try:
                        end.write(line("stdin", n))
                        end.flush()
                    except OSError:                        # the daemon is gone
                        return
                    self.offered = n + 1
        threading.Thread(target=run, daemon=True).start()

    def drop(self):
        for name in ("in", "maps"):
            os.mkdir(os.path.join(self.folder, name))
        with open(os.path.join(self.folder, "maps", "many.map.yaml"), "w", encoding="utf-8") as file:
            file.write(MAP)
        return "{kind: drop, path: %s/in, maps: %s/maps, settle: 0s}" % (self.folder, self.folder)

    def feed_drop(self, _):
        rows = COUNT // 20                                 # a table is read as a whole: this bounds it
        for part in range(20):
            path = os.path.join(self.folder, "in", "many%02d.csv" % part)
            with open(path + ".part", "w", encoding="utf-8") as file:
                file.write("编号,单位,日期,备注\n")
                file.writelines("drop-%d,u%d,2026/1/5,%s\n" % (n, n % 5, FILLING) for n in range(part * rows, (part + 1) * rows))
            os.rename(path + ".part", path)

    def postgresql(self):
        self.server = Postgres()
        self.server.ask("CREATE TABLE letters (id bigserial PRIMARY KEY, at timestamptz DEFAULT now(), unit text, note text)")
        return ('{kind: postgresql, connection: "%s", query: "SELECT id, at, unit, note FROM letters WHERE id > :cursor", cursor: id, '
                'type: ping, event: {id: id, time: at, unit: unit}, source: /postgresql, every: 1s, hold: 0s}' % self.server.connection)

    def feed_postgresql(self, _):
        self.server.ask("INSERT INTO letters (unit, note) SELECT 'u' || (n %% 5), repeat('x', %d) FROM generate_series(0, %d) n"
                        % (BYTES, COUNT - 1))

    def end(self):
        if self.kind == "postgresql":
            self.server.end()


def kinds(folder):
    """Of the registry, as the program names them."""
    path = os.path.join(folder, "kinds.yaml")
    with open(path, "w", encoding="utf-8") as file:
        file.write("rules: x\nsources: {x: {kind: none-such}}\n")
    done = subprocess.run([BINARY, "connect", "list", "--config", path, "--lang", "en"], capture_output=True, text=True, timeout=SECONDS)
    return re.search(r"known: (.*)", done.stderr).group(1).split(", ")


class Pressed(Daemon):
    def start(self):
        with open(self.errors, "ab") as errors:
            self.process = subprocess.Popen([BINARY, "serve", "--listen", "127.0.0.1:0", "--lang", "en", *self.arguments], cwd=ROOT,
                                            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, text=True)
        said = self.process.stdout.readline()
        assert said.startswith("listening on"), self.said()[-900:]
        self.port = int(said.rsplit(":", 1)[1])

    def sources(self):
        return {one["name"]: one for one in self.get("/v1/sources", "auditor").json["sources"]}

    def rss(self):
        with open("/proc/%d/status" % self.process.pid) as file:
            return int(re.search(r"VmRSS:\s+(\d+)", file.read()).group(1)) << 10


class Producer(threading.Thread):
    def __init__(self, daemon, name):
        super().__init__(daemon=True)
        self.daemon_, self.name_, self.taken, self.stopping, self.wrong = daemon, name, [], False, []

    def run(self):
        n = 0
        while not self.stopping:
            n += 1
            one = event("%s-%d" % (self.name_, n), type="ping", data={})
            answer = self.daemon_.post(one)
            if answer.status == 200:
                self.taken.append(one["id"])
            elif answer.status not in (429, 503, 507) or not answer.headers.get("Retry-After"):
                self.wrong.append((answer.status, answer.bytes[:200]))
            time.sleep(0.002)


class Pressure(unittest.TestCase):
    def wait(self, done, what):
        end = time.monotonic() + 4 * SECONDS
        while not done():
            self.assertLess(time.monotonic(), end, "waited in vain for %s\n%s\n%s" % (what, self.office.sources(), self.office.said()[-900:]))
            time.sleep(0.1)

    def test_every_kind_of_source_waits_for_room(self):
        disk = Small(700)
        self.addCleanup(disk.close)
        if not disk.mounted:
            self.skipTest("no right to mount a tmpfs")
        folder = self.enterContext(tempfile.TemporaryDirectory())
        feeders = {}
        for kind in kinds(folder):
            self.assertTrue(hasattr(Feeder, kind), "a new kind of source: give this test something that feeds it")
            if kind == "postgresql" and binaries() is None:
                print("SKIPPED for postgresql: no server is installed (postgresql-15)", file=sys.stderr)
                continue
            feeders[kind] = Feeder(kind, folder)
            self.addCleanup(feeders[kind].end)
        data, config = os.path.join(disk.path, "data"), os.path.join(folder, "serve.yaml")
        with open(config, "w", encoding="utf-8") as file:
            file.write("data: %s\nrules: %s/pack.yaml\nreserve: 4000000\nqueue: 1\nsources:\n" % (data, folder))
            file.writelines("  %s: %s\n" % (kind, feeder.setup) for kind, feeder in feeders.items())
        self.office = office = Pressed(folder, PACK, ["--config", config])
        office.data = data
        for role in ("auditor", "ingester"):
            office.token(role)
        def paused():
            disk.fill(0)                                   # again, what has come free since
            return all(one["state"] == "paused" for one in office.sources().values())

        with office:
            before = office.rss()
            disk.fill(0)
            for feeder in feeders.values():
                feeder.feed(office)
            self.wait(paused, "all of them to be paused")
            for _ in range(10):                            # they wait, not merely have not begun
                time.sleep(0.1)
                paused()
            halted = office.sources()
            self.assertEqual({one["state"] for one in halted.values()}, {"paused"}, halted)
            self.assertLess(sum(one["appended"] for one in halted.values()), len(feeders) * COUNT // 2, halted)
            self.assertTrue(0 < feeders["stdin"].offered < COUNT // 2)         # who writes to the pipe waits, too
            self.assertLess(office.rss() - before, MOST_RSS)
            for kind, one in halted.items():
                if one["appended"] == 0:
                    self.assertEqual(one["cursor"], "", kind)
            disk.free()
            producers = [Producer(office, "http%d" % i) for i in range(2)]
            for producer in producers:
                producer.start()
            self.wait(lambda: all(one["appended"] >= COUNT for one in office.sources().values()), "all records")
            ended = office.sources()
            for producer in producers:
                producer.stopping = True
                producer.join(SECONDS)
                self.assertEqual(producer.wrong, [])
            self.assertEqual(office.stop(), 0, office.said()[-900:])
        for kind, one in ended.items():
            self.assertEqual((one["appended"], one["duplicates"], one["refused"]), (COUNT, 0, 0), kind)
        done = office.run("log", "export", "--data", data)
        self.assertEqual(done.returncode, 0, done.stderr)
        logged = [json.loads(text) for text in done.stdout.splitlines()]
        for kind in feeders:
            of = [one["id"] for one in logged if one["source"] == "/" + kind]
            names = ["%d" % (n + 1) if kind == "postgresql" else "%s-%d" % (kind, n) for n in range(COUNT)]
            self.assertEqual(of, names, kind)              # all, each once, in order
        for producer in producers:
            of = [one["id"] for one in logged if one["id"].startswith(producer.name_ + "-")]
            self.assertEqual(of, producer.taken)           # accepted is logged, and nothing else


if __name__ == "__main__":
    unittest.main()
