#!/usr/bin/python3
"""Sources that the daemon reads by itself: a growing file, standard input. Their cursors stand in the log with their
records, whatever kills the daemon; what is bad is kept; a full queue pauses them. Needs LIANQING_BINARY."""
import json
import os
import random
import subprocess
import sys
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from daemon import BINARY, ROOT, SECONDS, Daemon, event  # noqa: E402


def line(n, **changes):
    return json.dumps(event("e%d" % n, unit="u%d" % (n % 7), **{"source": None, **changes})) + "\n"


def block(path, language):
    """The first block of a page in that language."""
    with open(path, encoding="utf-8") as file:
        return file.read().split("```%s\n" % language, 1)[1].split("```", 1)[0]


class WithSources(Daemon):
    """A daemon with the section `sources` of its configuration, in which FOLDER is its folder."""

    def __init__(self, sources, more="", **options):
        super().__init__(**options)
        self.config = os.path.join(self.folder, "config.yaml")
        with open(self.config, "w", encoding="utf-8") as file:
            file.write("data: %s\nrules: %s\n%ssources:\n%s" % (
                self.data, self.pack, more, sources.replace("FOLDER", self.folder)))
        self.arguments = ["--config", self.config]

    def __enter__(self):  # tests start it when its files are there
        return self

    def path(self, name="events.jsonl"):
        return os.path.join(self.folder, name)

    def write(self, text, name="events.jsonl"):
        with open(self.path(name), "a", encoding="utf-8") as file:
            file.write(text)

    def sources(self):
        return {one["name"]: one for one in self.get("/v1/sources", "auditor").json["sources"]}

    def records(self):
        return json.loads(self.ask("GET", "/readyz").bytes)["records"]

    def wait(self, done, what="it"):
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            found = done()
            if found:
                return found
            time.sleep(0.05)
        raise AssertionError("waited in vain for %s\n%s" % (what, self.said()[-1500:]))

    def log_events(self):
        """What the log holds, after the daemon's end: events in order, quarantined records."""
        done = self.run("log", "export", "--data", self.data)
        assert done.returncode == 0, done.stderr
        events = [json.loads(text) for text in done.stdout.splitlines()]
        kept = self.run("log", "quarantine", "--data", self.data, "--format", "json")
        assert kept.returncode in (0, 1), kept.stderr
        return events, kept.stdout


FILE = "  desk: {kind: file, path: FOLDER/events.jsonl, source: /desk, rotate_wait: 0s}\n"


class Sources(unittest.TestCase):
    def test_a_file_is_followed_and_what_is_bad_is_kept(self):
        with WithSources(FILE) as daemon:
            daemon.write(line(0) + line(1, source="/desk") + "no event\n" + line(2, source="/other") + line(3))
            daemon.write(line(4, data={"severity": 9}))
            daemon.start()
            daemon.wait(lambda: daemon.sources()["desk"]["appended"] >= 3, "the first records")
            daemon.write(line(5))
            desk = daemon.wait(lambda: (lambda d: d["appended"] == 4 and d["state"] == "waiting" and d)(daemon.sources()["desk"]),
                               "the last record")
            self.assertEqual((desk["refused"], desk["duplicates"], desk["behind"], desk["error"]), (3, 0, 0, None))
            self.assertIn(":events.jsonl", desk["cursor"])
            kept = daemon.get("/v1/quarantine?limit=100", "auditor").json["records"]
            self.assertEqual([one["code"] for one in kept], ["json", "source", "field"])
            for one in kept:
                self.assertIn("(desk: events.jsonl, byte ", one["detail"])
            ready = json.loads(daemon.ask("GET", "/readyz").bytes)
            self.assertEqual((ready["sources"], ready["sources_failing"]), (1, []))
            page = daemon.get("/metrics", "operator").bytes.decode()
            self.assertIn('lianqing_connector_records_total{connector="desk",outcome="appended"} 4', page)
            self.assertIn('lianqing_connector_up{connector="desk"} 1', page)
            self.assertEqual(daemon.get("/v1/sources", "viewer").status, 403)
            self.assertEqual(daemon.stop(), 0)
            events, _ = daemon.log_events()
            own = [one for one in events if one["type"] == "complaint"]
            self.assertEqual([one["id"] for one in own], ["e0", "e1", "e3", "e5"])
            self.assertEqual({one["source"] for one in own}, {"/desk"})
            done = daemon.run("log", "verify", "--data", daemon.data)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_killed_anywhere_it_loses_and_doubles_nothing(self):
        seed = int(os.environ.get("LIANQING_SEED", "7"))
        chance, kills = random.Random(seed), 40 if os.environ.get("LIANQING_NIGHTLY") else 4
        with WithSources(FILE) as daemon:
            daemon.write(line(0))              # it knows where it is from its first record on
            daemon.start()
            daemon.wait(lambda: daemon.sources()["desk"]["appended"] == 1, "the first record")
            daemon.kill()
            written = 1
            for kill in range(kills):
                for _ in range(chance.randrange(1, 4)):
                    count = chance.randrange(1, 1500)
                    daemon.write("".join(line(n) for n in range(written, written + count)))
                    daemon.write("bad %d\n" % written)
                    written += count
                    if chance.random() < 0.4:
                        os.rename(daemon.path(), daemon.path("events.jsonl.%d" % written))
                        open(daemon.path(), "w").close()
                daemon.start()
                time.sleep(chance.random() * 0.3)
                daemon.kill()
            daemon.start()
            daemon.wait(lambda: daemon.sources()["desk"]["state"] == "waiting" and daemon.records() > written, "all records")
            desk = daemon.sources()["desk"]
            self.assertEqual(daemon.stop(), 0)
            events, kept = daemon.log_events()
            own = [one["id"] for one in events if one["type"] == "complaint"]
            self.assertEqual(own, ["e%d" % n for n in range(written)], "seed %d" % seed)
            self.assertIn('"json"', kept)
            self.assertNotIn('"gap"', kept)
            self.assertNotEqual(desk["cursor"], "")
            done = daemon.run("log", "verify", "--data", daemon.data)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_standard_input_ends_at_its_end(self):
        with WithSources("  feed: {kind: stdin, source: /desk}\n") as daemon:
            daemon.process = subprocess.Popen(
                [BINARY, "serve", "--listen", "127.0.0.1:0", *daemon.arguments], cwd=ROOT, stdin=subprocess.PIPE,
                stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
            daemon.port = int(daemon.process.stdout.readline().rsplit(":", 1)[1])
            daemon.process.stdin.write(line(0) + line(1) + line(0) + line(2).rstrip("\n"))
            daemon.process.stdin.close()
            feed = daemon.wait(lambda: (lambda d: d["state"] == "ended" and d)(daemon.sources()["feed"]), "the end")
            self.assertEqual(daemon.stop(), 0)
            events, kept = daemon.log_events()
            self.assertEqual([one["id"] for one in events if one["type"] == "complaint"], ["e0", "e1", "e2"])
            self.assertEqual(feed["appended"], 3)

    def test_a_full_disk_pauses_it_and_the_cursor_stays(self):
        with WithSources(FILE, more="reserve: 1125899906842624\n") as daemon:   # no disk has that
            daemon.write(line(0))
            daemon.start()
            daemon.wait(lambda: daemon.sources()["desk"]["state"] == "paused", "the pause")
            desk = daemon.sources()["desk"]
            self.assertEqual((desk["cursor"], desk["appended"], daemon.records()), ("", 0, 0))
            self.assertEqual(daemon.stop(), 0)
            subprocess.run(["sed", "-i", "/^reserve/d", daemon.config], check=True)
            daemon.start()
            daemon.wait(lambda: daemon.sources()["desk"]["appended"] == 1, "the record")

    def test_a_source_that_fails_is_tried_again_and_reported(self):
        setup = "  desk: {kind: file, path: FOLDER/events.jsonl, source: /desk, down_after: 0s, status_unit: it-office}\n"
        pack = """version: 1
pack: {id: desk, title: {zh: 窗口, en: Desk}, timezone: Asia/Shanghai}
sources:
  /desk: {title: {zh: 窗口, en: Desk}, silent_after: 30d}
measures:
  n: {count: complaint, over: 30d}
rules:
  many: {title: {zh: 多, en: Many}, because: "{n}", yellow: "n >= 1"}
"""
        with WithSources(setup, pack=pack) as daemon:
            daemon.start()
            desk = daemon.wait(lambda: (lambda d: d["state"] == "failing" and d)(daemon.sources()["desk"]), "the failure")
            self.assertIn("there is no such file", desk["error"])
            self.assertIsNotNone(desk["retry_at"])
            self.assertEqual(json.loads(daemon.ask("GET", "/readyz").bytes)["sources_failing"], ["desk"])
            self.assertEqual(daemon.ask("GET", "/readyz").status, 200)
            daemon.wait(lambda: 'connector="desk"} 0' in daemon.get("/metrics", "operator").bytes.decode())
            os.environ["LIANQING_TOKEN"] = daemon.token("operator")
            top = daemon.run("top", "--data", daemon.data, "--once", "--lang", "en")
            self.assertIn("sources 0/1 failing: desk", top.stdout, top.stderr)
            daemon.wait(lambda: daemon.records() >= 2, "the report")          # the pack's activation and the report
            daemon.wait(lambda: 'lianqing_source_stale{source="/desk"} 1' in daemon.get("/metrics", "operator").bytes.decode(),
                        "the source to be stale")
            daemon.kill()
            daemon.write(line(0))
            daemon.start()
            daemon.wait(lambda: daemon.sources()["desk"]["appended"] == 1, "the record")
            daemon.wait(lambda: 'lianqing_source_stale{source="/desk"} 0' in daemon.get("/metrics", "operator").bytes.decode(),
                        "the source to be fresh again")
            self.assertEqual(daemon.stop(), 0)
            events, _ = daemon.log_events()
            reports = [(one["unit"], one["data"]["source"], one["data"]["status"]) for one in events
                       if one["type"] == "connector_status"]
            self.assertEqual(reports, [("it-office", "/desk", "down"), ("it-office", "/desk", "ok")])

    def test_silence_is_reported(self):
        with WithSources("  desk: {kind: file, path: FOLDER/events.jsonl, source: /desk, silent_after: 1s}\n") as daemon:
            daemon.write(line(0))
            daemon.start()
            daemon.wait(lambda: daemon.sources()["desk"]["stale"], "the silence")
            daemon.write(line(1))
            daemon.wait(lambda: daemon.sources()["desk"]["appended"] == 2 and not daemon.sources()["desk"]["stale"], "the record")
            self.assertEqual(daemon.stop(), 0)
            events, _ = daemon.log_events()
            reports = [one["data"]["status"] for one in events if one["type"] == "connector_status"]
            self.assertEqual(reports[:2], ["stale", "ok"])

    def test_mistakes_in_the_configuration_are_told_with_their_places(self):
        with WithSources("  desk: {kind: fil, path: x}\n  a/b: {kind: stdin}\n  c: {kind: file, pth: x, silent_after: 3 workdays}\n"
                         "  d: {kind: file, path: 'a*/b'}\n  e: {kind: stdin}\n") as daemon:
            done = daemon.run("serve", "--config", daemon.config, "--lang", "en")
            self.assertEqual(done.returncode, 1, done.stderr)
            for text in ("config.yaml:4:16:", "did you mean 'file'?", "config.yaml:5:3:", "unknown key 'pth'", "'path'",
                         "silent_after expects a length of time", "a pattern may stand in the file's name"):
                self.assertIn(text, done.stderr)

    def test_the_examples_of_the_pages_work(self):
        for page in ("file-tail.md", "file-tail.zh-CN.md", "stdin.md", "stdin.zh-CN.md"):
            text = block(os.path.join(ROOT, "docs", "connectors", page), "yaml").split("sources:\n", 1)[1]
            with WithSources(text.replace("/srv/hotline", "FOLDER")) as daemon:
                daemon.write(line(0, source="/hotline/12345"))
                with open(daemon.path(), encoding="utf-8") as input:
                    done = subprocess.run([BINARY, "connect", "test", "hotline", "--config", daemon.config, "--lang", "en"],
                                          stdin=input, capture_output=True, text=True, timeout=SECONDS)
                self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
                self.assertIn("1 records read: 1 events, 0 bad ones", done.stdout)

    def test_connect_tries_one_and_changes_nothing(self):
        with WithSources(FILE) as daemon:
            daemon.write(line(0) + "bad\n" + line(1))
            before = os.stat(daemon.path())
            done = daemon.run("connect", "test", "desk", "--config", daemon.config, "--lang", "en")
            self.assertEqual(done.returncode, 1, done.stderr)
            for text in ("source desk (file)", "from the beginning", "/desk e0", "complaint", "{severity}",
                         "bad record, json", "3 records read: 2 events, 1 bad ones", "nothing was changed"):
                self.assertIn(text, done.stdout)
            self.assertNotIn('"severity"', done.stdout)
            chinese = daemon.run("connect", "test", "desk", "--config", daemon.config, "--lang", "zh").stdout
            self.assertIn("读到 3 条：事件 2 条，坏记录 1 条", chinese)
            daemon.start()
            daemon.wait(lambda: daemon.sources()["desk"]["appended"] == 2, "the records")
            after = daemon.run("connect", "test", "desk", "--config", daemon.config, "--lang", "en")  # beside the daemon
            self.assertEqual(after.returncode, 0, after.stderr)
            self.assertIn("behind the cursor in the log", after.stdout)
            self.assertIn("there is nothing new", after.stdout)
            self.assertEqual(os.stat(daemon.path()).st_mtime_ns, before.st_mtime_ns)
            self.assertIn("did you mean 'desk'?", daemon.run("connect", "test", "dsk", "--config", daemon.config).stderr)
            self.assertIn("desk  source  file", daemon.run("connect", "list", "--config", daemon.config, "--lang", "en").stdout)



if __name__ == "__main__":
    unittest.main()
