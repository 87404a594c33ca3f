#!/usr/bin/python3
"""`lianqing log` from the outside: what goes in comes out, again and again, and folds to the same warnings.

Needs LIANQING_BINARY."""
import gzip
import json
import os
import shutil
import subprocess
import tempfile
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BINARY = os.environ.get("LIANQING_BINARY", os.path.join(ROOT, "build", "dev", "lianqing"))
EXAMPLE = "examples/ningbo-style"
EXPECTED = os.path.join(ROOT, EXAMPLE, "expected.jsonl.gz")
REPLAY = ("replay", "--rules", EXAMPLE + "/pack", "--units", EXAMPLE + "/units.csv", "--quiet")


def memory():
    """A directory where syncing costs nothing, if there is one with room: killing a process needs no disk."""
    at = "/dev/shm"
    return at if os.path.isdir(at) and os.statvfs(at).f_bavail * os.statvfs(at).f_frsize > 2 << 30 else None


def event(number, **changes):
    return json.dumps({"id": f"e{number}", "source": "/s", "type": "complaint", "time": f"2026-03-01T10:00:{number % 60:02}Z",
                       "unit": "u1", "data": {"n": number}, **changes}, ensure_ascii=False)


class Log(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="lianqing-log-", dir=memory())
        self.data = os.path.join(self.folder, "data")

    def tearDown(self):
        shutil.rmtree(self.folder)

    def run_(self, *args, code=0, stdin=None):
        done = subprocess.run([BINARY, *args, "--lang", "en"], capture_output=True, text=True, timeout=120, input=stdin, cwd=ROOT)
        self.assertEqual(done.returncode, code, (args, done.stdout, done.stderr))
        return done

    def log(self, command, *args, data=None, **more):
        return self.run_("log", command, *args, "--data", data or self.data, **more)

    def write(self, name, lines):
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write("".join(line + "\n" for line in lines))
        return path

    def test_the_example_through_the_log(self):
        events = EXAMPLE + "/events.jsonl.gz"
        first = self.log("append", events, code=1)  # one conflict is a finding
        self.assertEqual(first.stdout, "read 6747 = appended 6740 + there already 6 + conflicts 1 + quarantined 0; the log holds 6740\n")
        again = self.log("append", events, code=1)
        self.assertEqual(again.stdout, "read 6747 = appended 0 + there already 6746 + conflicts 1 + quarantined 0; the log holds 6740\n")
        self.log("verify")
        out, exported = (os.path.join(self.folder, name) for name in ("w.jsonl", "e.jsonl"))
        with gzip.open(EXPECTED) as file:
            expected = [json.loads(line) for line in file]
        self.run_(*REPLAY, "--data", self.data, "--out", out)
        with open(out, encoding="utf-8") as file:
            found = [json.loads(line) for line in file]
        # Seqs are the log's own: it also numbers the records that this pack does not admit.
        for warning in expected + found:
            del warning["seq"]
        self.assertEqual(found, expected)
        # In pieces, over a state directory.
        pieces = os.path.join(self.folder, "p.jsonl")
        for until in ("2025-06-01", "2025-09-01", None):
            self.run_(*REPLAY, "--data", self.data, "--out", pieces, "--state", self.folder + "/state", *(("--until", until) if until else ()))
        with open(out, "rb") as a, open(pieces, "rb") as b:
            self.assertEqual(a.read(), b.read())
        # What is exported folds to the same and is what the log has already.
        self.log("export", "--out", exported)
        self.run_(*REPLAY, "--events", exported, "--out", pieces)
        with gzip.open(EXPECTED) as a, open(pieces, "rb") as b:
            self.assertEqual(a.read(), b.read())
        done = self.log("append", exported)
        self.assertIn("appended 0 + there already 6740", done.stdout)
        done = self.run_("explain", "--rules", EXAMPLE + "/pack", "--units", EXAMPLE + "/units.csv", "--data", self.data,
                         "--unit", "xl-enforcement", "--rule", "rectification_deadline")
        self.assertIn("red", done.stdout)

    def test_what_cannot_be_taken_is_kept(self):
        lines = [event(1), "{oops", event(2, time="yesterday"), event(1, unit="other"), event(3)]
        done = self.log("append", self.write("bad.jsonl", lines), code=1)
        self.assertIn("read 5 = appended 2 + there already 0 + conflicts 1 + quarantined 2", done.stdout)
        self.assertIn("bad.jsonl:2: quarantined json", done.stderr)
        for _ in range(2):
            kept = [json.loads(line) for line in self.log("quarantine", "--format", "json").stdout.splitlines()]
            self.assertEqual(sorted((k["code"], k["raw"]) for k in kept), sorted(zip(("json", "time", "conflict"), lines[1:4])))
            self.log("append", self.folder + "/bad.jsonl", code=1)
        # Mended, they come in.
        mended = self.write("mended.jsonl", [event(2)])
        self.assertIn("appended 1", self.log("append", mended, "--now").stdout)
        raw = self.log("quarantine", "--raw", "--from", "1").stdout
        self.assertEqual(len(raw.splitlines()), 2)

    def test_order(self):
        late = self.write("late.jsonl", [event(20), event(10)])
        done = self.log("append", late, code=1)
        self.assertIn("late.jsonl:2", done.stderr)
        self.assertIn("--sort", done.stderr)
        self.assertIn("appended 0", done.stdout)
        self.assertIn("appended 2", self.log("append", late, "--sort").stdout)
        # With a recorded time the order is the log's: what became known late stands late.
        known = self.write("known.jsonl", [event(30, recordedtime="2026-03-01T10:00:40Z"), event(31, recordedtime="2026-03-01T10:00:35Z")])
        self.log("append", known)
        times = [json.loads(line).get("recordedtime") for line in self.log("export", "--from", "2").stdout.splitlines()]
        self.assertEqual(times, ["2026-03-01T10:00:40Z"] * 2)
        # From standard input, known now.
        self.assertIn("appended 1", self.log("append", "-", "--now", stdin=event(5) + "\n").stdout)

    def test_erased_content_is_gone_and_everything_else_stands(self):
        secret = "王某某的住址"
        self.log("append", self.write("e.jsonl", [event(1), event(2, data={"text": secret}), event(3)]))
        self.log("erase", "--seq", "1", code=2)  # no reason
        self.log("erase", "--seq", "9", "--reason", "x", code=1)
        self.log("erase", "--seq", "1", "--reason", "asked for by the person")
        for folder, _, names in os.walk(self.data):
            for name in names:
                with open(os.path.join(folder, name), "rb") as file:
                    self.assertNotIn(secret.encode(), file.read(), name)
        self.log("verify")
        done = self.log("export")
        self.assertEqual([json.loads(line)["id"] for line in done.stdout.splitlines()], ["e1", "e3", "erase-3"])
        self.assertIn("erased 1", done.stderr)
        rules = self.write("pack.yaml", ['version: 1', 'pack: {id: p, title: {zh: 一, en: One}, timezone: Asia/Shanghai}',
                                         'measures: {n: {count: complaint, over: 30d}}',
                                         'rules: {r: {title: {zh: 一, en: One}, because: "{n}", yellow: "n >= 1"}}'])
        done = self.run_("replay", "--rules", rules, "--data", self.data)
        self.assertIn("read 3 = admitted 2 + duplicate 0 + quarantined 1", done.stderr)
        self.assertIn("erased", done.stderr)
        self.log("erase", "--before", "2026-03-01T10:00:02Z", "--reason", "retention")
        self.log("verify")
        self.assertEqual(len(self.log("export").stdout.splitlines()), 3)

    def test_backup(self):
        self.log("append", self.write("e.jsonl", [event(n) for n in range(1, 50)]))
        copy = self.folder + "/copy"
        self.assertIn("backed up 49 records", self.log("backup", copy).stdout)
        self.assertEqual(self.log("verify", data=copy).stdout, self.log("verify").stdout)
        self.log("backup", copy, code=1)
        self.log("append", self.write("f.jsonl", [event(51)]), data=copy)

    def test_usage(self):
        self.run_("log", "appendd", code=2)
        self.run_("log", "append", code=2)
        self.log("append", code=2)
        self.log("export", code=74)
        self.log("export", "--from", "x", code=2)
        self.run_("replay", "--rules", EXAMPLE + "/pack", "--data", self.folder + "/none", code=74)
        self.assertFalse(os.path.exists(self.folder + "/none"))
        for command in ("append", "export", "verify", "quarantine", "backup", "erase"):
            for lang in ("zh", "en"):
                done = subprocess.run([BINARY, "log", command, "--help", "--lang", lang], capture_output=True, text=True)
                self.assertEqual(done.returncode, 0)
                self.assertIn("--data", done.stdout)


if __name__ == "__main__":
    unittest.main()
