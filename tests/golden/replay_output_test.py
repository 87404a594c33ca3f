#!/usr/bin/python3
"""What `lianqing replay` writes, and where: brief rows, pipes that have the name of the output. Needs LIANQING_BINARY."""
import gzip
import itertools
import json
import os
import stat
import subprocess
import tempfile
import threading
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BINARY = os.environ.get("LIANQING_BINARY", os.path.join(ROOT, "build", "dev", "lianqing"))
EXAMPLE = "examples/ningbo-style"
BRIEF = ("id", "unit", "rule", "key", "from", "to", "cause", "ended", "shadow", "time", "seq", "values")


def replay(*args):
    return subprocess.run([BINARY, "replay", "--rules", EXAMPLE + "/pack", "--events", EXAMPLE + "/events.jsonl.gz", "--units",
                           EXAMPLE + "/units.csv", "--lang", "en", *args], cwd=ROOT, capture_output=True, text=True, timeout=300)


class ReplayOutput(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.out = os.path.join(folder.name, "w.jsonl")

    def rows(self, *args):
        done = replay("--out", self.out, *args)
        self.assertEqual(done.returncode, 0, done.stderr)
        with open(self.out, encoding="utf-8") as file:
            return file.read().splitlines()

    def test_brief_rows_say_the_same_with_less(self):
        for order in ((), ("--as-occurred",)):
            full = [json.loads(row) for row in self.rows(*order)]
            brief = self.rows("--brief", "--threads", "1", *order)
            self.assertGreater(len(full), 200)
            self.assertEqual([{k: row[k] for k in BRIEF if row.get(k) is not None} for row in full], [json.loads(row) for row in brief])
            self.assertEqual(brief, self.rows("--brief", "--threads", "3", *order))

    def test_brief_goes_with_one_pack(self):
        done = replay("--brief", "--rules", EXAMPLE + "/pack")
        self.assertEqual(done.returncode, 2)
        self.assertIn("--brief goes with one --rules", done.stderr)

    def test_a_pipe_is_written_to_and_not_replaced(self):
        plain = self.rows("--brief")
        os.unlink(self.out)
        os.mkfifo(self.out)
        read = []

        def drain():
            with open(self.out, encoding="utf-8") as pipe:
                read.extend(pipe.read().splitlines())

        reader = threading.Thread(target=drain, daemon=True)
        reader.start()
        done = replay("--brief", "--out", self.out)
        reader.join(timeout=60)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(read, plain)
        self.assertTrue(stat.S_ISFIFO(os.lstat(self.out).st_mode))
        self.assertFalse(os.path.exists(self.out + ".partial"))

    def test_the_summary_tells_what_somebody_should_look_at(self):
        folder = os.path.dirname(self.out)
        pack, events, units = (os.path.join(folder, name) for name in ("pack.yaml", "events.jsonl", "units.csv"))
        with open(pack, "w", encoding="utf-8") as file:
            file.write("version: 1\npack: {id: t, title: T}\n"
                       "items: {i: {key: k, open: opened, close: closed, due: due, extend: {event: extended, due: due}}}\n"
                       "measures: {n: {open: i}}\nrules: {r: {title: R, yellow: \"n >= 1\"}}\n")
        with open(events, "w", encoding="utf-8") as file:
            for n, (kind, key, unit) in enumerate((("opened", "a", "u1"), ("opened", "a", "u1"), ("closed", "b", "u1"), ("extended", "b", "u2"),
                                                   ("closed", "a", "u1"), ("closed", "a", "u1"), ("opened", "a", "u1"))):
                file.write(json.dumps({"id": str(n), "source": "s", "type": kind, "time": "2026-01-01T00:00:%02dZ" % n, "unit": unit,
                                       "data": {"k": key, "due": "2026-02-01"}}) + "\n")
        with open(units, "wb") as file:
            file.write("id,name,code\nu1,甲单位,007\n".encode("gb18030"))
        for more in ((), ("--state", os.path.join(folder, "state"), "--checkpoint-every", "2")):
            for _ in more or (1,):                       # also when nothing is left to read
                done = subprocess.run([BINARY, "replay", "--rules", pack, "--events", events, "--units", units, "--lang", "en", "--out", self.out,
                                       *more], capture_output=True, text=True, timeout=60)
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertIn("ignored in items: 4 (", done.stderr)
                self.assertIn("unregistered units: 1: u2\n", done.stderr)

    def test_standard_output_that_is_full_is_no_success(self):
        for command in (["version"], ["schema"], ["check", EXAMPLE + "/pack", "--format", "json"], ["--help"]):
            with open("/dev/full", "w", encoding="utf-8") as full:
                done = subprocess.run([BINARY, *command], cwd=ROOT, stdout=full, stderr=subprocess.PIPE, text=True, timeout=60)
            self.assertEqual(done.returncode, 74, command)
            self.assertIn("No space left on device", done.stderr)

    def test_a_state_directory_whose_making_was_killed(self):
        """Killed at its first start, anywhere: the next start goes on with what is there."""
        folder = os.path.dirname(self.out)
        events = os.path.join(folder, "events.jsonl")
        with gzip.open(os.path.join(ROOT, EXAMPLE, "events.jsonl.gz"), "rt", encoding="utf-8") as log, open(events, "w", encoding="utf-8") as few:
            few.writelines(itertools.islice(log, 100))
        for number in range(20):
            state = os.path.join(folder, "state-%d" % number)
            command = [BINARY, "replay", "--rules", EXAMPLE + "/pack", "--events", events, "--state", state, "--out", self.out, "--lang", "en"]
            with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as first:
                while first.poll() is None and not os.path.exists(os.path.join(state, "CURRENT")):
                    pass
                for _ in range(number * 200):          # a little later each time
                    first.poll()
                first.kill()
            done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)
            self.assertEqual(done.returncode, 0, done.stderr)

    def test_explain_takes_the_id_behind_any_option(self):
        warning = json.loads(self.rows("--brief")[0])["id"]
        told = set()
        events, rules = ["--events", EXAMPLE + "/events.jsonl.gz"], ["--rules", EXAMPLE + "/pack"]
        for order in ([warning, *events, *rules], [*events, *rules, warning], [*rules, *events, warning]):
            done = subprocess.run([BINARY, "explain", "--units", EXAMPLE + "/units.csv", "--lang", "en", *order], cwd=ROOT, capture_output=True,
                                  text=True, timeout=300)
            self.assertEqual(done.returncode, 0, done.stderr)
            told.add(done.stdout)
        self.assertEqual(len(told), 1)
        self.assertIn(warning, told.pop())


if __name__ == "__main__":
    unittest.main()
