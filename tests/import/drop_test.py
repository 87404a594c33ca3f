#!/usr/bin/python3
"""`lianqing import --drop` and `--new-map`: files are waited for, taken once, put away with a report; a kill at any moment loses and doubles
nothing.

Needs LIANQING_BINARY. LIANQING_NIGHTLY=1: 40 kills instead of 4."""
import csv
import json
import os
import random
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BINARY = os.environ.get("LIANQING_BINARY", os.path.join(ROOT, "build", "dev", "lianqing"))
KILLS = 40 if os.environ.get("LIANQING_NIGHTLY", "") not in ("", "0") else 4

MAP = """version: 1
source: /drop
files: ["letters*"]
id: 编号
unit: 单位
type: letter
time: 日期
"""


class Drop(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="lianqing-drop-")
        for name in ("in", "maps"):
            os.mkdir(self.path(name))
        self.write("maps/letters.map.yaml", MAP)

    def tearDown(self):
        shutil.rmtree(self.folder)

    def path(self, *names):
        return os.path.join(self.folder, *names)

    def write(self, name, text):
        with open(self.path(name), "w", encoding="utf-8") as file:
            file.write(text)

    def letters(self, name, ids, bad=0):
        rows = ["编号,单位,日期"] + ["%s,甲,2026/1/%d" % (id, i % 28 + 1) for i, id in enumerate(ids)] + ["x%d,甲,昨天" % i for i in range(bad)]
        self.write("in/" + name, "\n".join(rows) + "\n")

    def command(self, *more):
        return [BINARY, "import", "--drop", self.path("in"), "--map-dir", self.path("maps"), "--settle", "0s", "--lang", "en", *more]

    def drop(self, *more, code=0):
        done = subprocess.run(self.command("--once", *more), capture_output=True, text=True, timeout=120)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done.stdout + done.stderr

    def logged(self):
        out = self.path("export.jsonl")
        subprocess.run([BINARY, "log", "export", "--data", self.path("data"), "--out", out], check=True, capture_output=True, timeout=60)
        with open(out, encoding="utf-8") as file:
            return sorted(json.loads(line)["id"] for line in file)

    def test_files_are_put_away(self):
        self.letters("letters-1.csv", "ab")
        self.letters("letters-2.csv", "cd", bad=1)
        self.letters("other.csv", "e")
        self.letters("letters-3.csv.part", "f")
        self.letters(".letters-4.csv", "g")
        process = subprocess.Popen(self.command("--data", self.path("data")), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.wait_for(lambda: not [name for name in os.listdir(self.path("in")) if name.endswith(".csv") and not name.startswith(".")])
        os.rename(self.path("in", "letters-3.csv.part"), self.path("in", "letters-3.csv"))
        self.wait_for(lambda: os.path.exists(self.path("in", "done", "letters-3.csv")))
        process.send_signal(signal.SIGTERM)
        said = process.communicate(timeout=60)[0]
        self.assertEqual(process.returncode, 1, said)
        self.assertEqual(self.logged(), list("abcdf"))
        self.assertEqual(sorted(os.listdir(self.path("in", "done"))), ["letters-1.csv", "letters-3.csv"])
        self.assertEqual(sorted(os.listdir(self.path("in", "failed"))), ["letters-2.csv", "letters-2.csv.report.csv", "other.csv",
                                                                         "other.csv.report.csv"])
        with open(self.path("in", "failed", "letters-2.csv.report.csv"), encoding="utf-8-sig", newline="") as file:
            self.assertEqual([row[:3] for row in csv.reader(file)][1:], [["4", "日期", "昨天"]])
        with open(self.path("in", "failed", "other.csv.report.csv"), encoding="utf-8-sig") as file:
            self.assertIn("no map is for it", file.read())
        self.assertIn(".letters-4.csv", os.listdir(self.path("in")))
        self.assertIn("read 3 rows = written 2 + skipped 0 + parked 0 + refused 1", said)
        # Mended and put back: nothing is doubled.
        self.letters("letters-2.csv", "cdh")
        os.remove(self.path("in", ".letters-4.csv"))
        self.drop("--data", self.path("data"))
        self.assertEqual(self.logged(), list("abcdfh"))

    def wait_for(self, done, seconds=60):
        end = time.monotonic() + seconds
        while not done():
            self.assertLess(time.monotonic(), end, "waited in vain")
            time.sleep(0.05)

    def test_into_a_folder_and_a_second_file_of_a_name(self):
        for ids in ("ab", "cd"):
            self.letters("letters.csv", ids)
            self.drop("--out", self.path("out"))
        self.assertEqual(sorted(os.listdir(self.path("in", "done"))), ["letters-2.csv", "letters.csv"])
        with open(self.path("out", "letters.csv.jsonl"), encoding="utf-8") as file:
            self.assertEqual([json.loads(line)["id"] for line in file], ["c", "d"])

    def test_a_file_that_is_being_written_is_waited_for(self):
        process = subprocess.Popen([*self.command("--out", self.path("out")), "--settle", "2s"], stdout=subprocess.DEVNULL)
        try:
            with open(self.path("in", "letters.csv"), "w", encoding="utf-8") as file:
                file.write("编号,单位,日期\n")
                for i in range(8):
                    file.write("%d,甲,2026/1/1\n" % i)
                    file.flush()
                    time.sleep(0.4)
                    self.assertFalse(os.path.exists(self.path("out", "letters.csv.jsonl")))
            self.wait_for(lambda: os.path.exists(self.path("in", "done", "letters.csv")))
            with open(self.path("out", "letters.csv.jsonl"), encoding="utf-8") as file:
                self.assertEqual(len(file.readlines()), 8)
        finally:
            process.terminate()
            process.wait()

    def test_kills(self):
        pick = random.Random(5)
        wanted = []
        for n in range(6):
            ids = ["%d-%d" % (n, i) for i in range(3000)]
            wanted += ids
            self.letters("letters-%d.csv" % n, ids, bad=n % 2)
        for _ in range(KILLS):
            process = subprocess.Popen(self.command("--data", self.path("data")), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            time.sleep(pick.random() * 0.8)
            process.kill()
            process.wait()
        # What is left of the six is done now; nothing may be, on a quick machine.
        left = [name for name in os.listdir(self.path("in")) if name.startswith("letters")]
        self.drop("--data", self.path("data"), code=1 if any(int(name[8]) % 2 for name in left) else 0)
        self.assertEqual(self.logged(), sorted(wanted))
        self.assertEqual([name for name in os.listdir(self.path("in")) if name.startswith("letters")], [])

    def test_a_map_with_mistakes_keeps_the_file_waiting(self):
        self.write("maps/letters.map.yaml", MAP + "tpe: x\n")
        self.letters("letters.csv", "a")
        self.assertIn("has mistakes", self.drop("--out", self.path("out"), code=1))
        self.assertTrue(os.path.exists(self.path("in", "letters.csv")))

    def test_two_at_once(self):
        first = subprocess.Popen(self.command("--out", self.path("out")), stdout=subprocess.DEVNULL)
        try:
            self.wait_for(lambda: os.path.exists(self.path("in", "failed")))
            self.letters("letters.csv", "a")
            self.assertIn("another process", self.drop("--out", self.path("out"), code=74))
        finally:
            first.terminate()
            first.wait()


class NewMap(unittest.TestCase):
    def test_the_example_gets_a_map(self):
        example = os.path.join(ROOT, "examples", "import", "complaints.csv")
        done = subprocess.run([BINARY, "import", example, "--new-map"], capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 0, done.stderr)
        for line in ('sensitive: ["诉求人", "联系电话"]', 'id: ["工单编号"]', 'fill_down: ["承办单位"]', 'unit: {column: "承办单位"}', "type: complaint_received",
                     'time: {column: "受理日期"}', 'level: {column: "管辖层级", refuse: [省级, 中央]}', "态度冷漠\": cold_attitude",
                     'amount_cny: {column: "涉及金额（万元）", type: decimal, unit: 万元}', 'due_date: {column: "办结时限", type: date}'):
            self.assertIn(line, done.stdout)
        with tempfile.TemporaryDirectory() as folder:
            map = os.path.join(folder, "m.yaml")
            with open(map, "w", encoding="utf-8") as file:
                file.write(done.stdout)
            done = subprocess.run([BINARY, "import", example, "--map", map, "--dry-run", "--format", "json"], capture_output=True, text=True,
                                  timeout=60)
            self.assertIn('"read":13', done.stderr)


if __name__ == "__main__":
    unittest.main()
