#!/usr/bin/python3
"""A drop directory as a source of the daemon, configured as the page says: tables become events, bad rows are kept without what stands in
them, files are put away; a kill at any moment loses and doubles nothing. Needs LIANQING_BINARY."""
import json
import os
import random
import sys
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from daemon import ROOT, SECONDS, Daemon  # noqa: E402

PAGES = [os.path.join(ROOT, "docs", "connectors", name) for name in ("import.md", "import.zh-CN.md")]
MAP = """version: 1
source: /desk
files: ["letters*"]
sensitive: [诉求人]
id: 编号
unit: 单位
type: complaint
time: 日期
fields: {severity: {value: 3}}
"""


def configuration(page, folder):
    """The `sources:` section of the page."""
    with open(page, encoding="utf-8") as file:
        blocks = [part.split("```", 1)[0] for part in file.read().split("```yaml\n")[1:]]
    text = next(block for block in blocks if block.startswith("sources:"))
    lines = [line for line in text.splitlines() if "units:" not in line]
    out = []
    for line in lines:
        key = line.strip().split(":", 1)[0]
        values = {"path": os.path.join(folder, "in"), "maps": os.path.join(folder, "maps"), "settle": "0s"}
        out.append(line if key not in values else "    %s: %s" % (key, values[key]))
    return "\n".join(out) + "\n"


class Office(Daemon):
    def __init__(self, page=PAGES[0]):
        super().__init__()
        for name in ("in", "maps"):
            os.mkdir(os.path.join(self.folder, name))
        with open(os.path.join(self.folder, "maps", "letters.map.yaml"), "w", encoding="utf-8") as file:
            file.write(MAP)
        config = os.path.join(self.folder, "config.yaml")
        with open(config, "w", encoding="utf-8") as file:
            file.write("data: %s\nrules: %s\n" % (self.data, self.pack) + configuration(page, self.folder))
        self.arguments = ["--config", config]

    def __enter__(self):
        return self

    def letters(self, name, ids, bad=0):
        rows = ["编号,单位,日期,诉求人"] + ["%s,u1,2026/1/%d,王某" % (id, i % 28 + 1) for i, id in enumerate(ids)]
        rows += ["x%d,u1,昨天,王某" % i for i in range(bad)]
        path = os.path.join(self.folder, "in", name)
        with open(path + ".part", "w", encoding="gbk") as file:
            file.write("\n".join(rows) + "\n")
        os.rename(path + ".part", path)

    def left(self, *below):
        folder = os.path.join(self.folder, "in", *below)
        return sorted(name for name in os.listdir(folder) if name.startswith("letters"))

    def wait(self, done):
        end = time.monotonic() + SECONDS
        while not done():
            if time.monotonic() > end:
                raise AssertionError("waited in vain\n" + self.said()[-1500:])
            time.sleep(0.05)

    def ids(self):
        done = self.run("log", "export", "--data", self.data)
        assert done.returncode == 0, done.stderr
        return sorted(one["id"] for one in map(json.loads, done.stdout.splitlines()) if one["type"] == "complaint")


class Drop(unittest.TestCase):
    def test_as_the_pages_say(self):
        for page in PAGES:
            with Office(page) as daemon:
                daemon.letters("letters-1.csv", "ab", bad=1)
                daemon.start()
                daemon.wait(lambda: not daemon.left())
                daemon.letters("letters-2.csv", "cd")
                daemon.wait(lambda: not daemon.left() and os.path.exists(os.path.join(daemon.folder, "in", "done", "letters-2.csv")))
                self.assertEqual(daemon.left("failed"), ["letters-1.csv", "letters-1.csv.report.csv"])
                kept = daemon.get("/v1/quarantine?limit=10", "auditor").bytes.decode()
                self.assertIn("letters-1.csv", kept)
                self.assertNotIn("王某", kept)
                self.assertEqual(daemon.stop(), 0)
                self.assertEqual(daemon.ids(), list("abcd"))

    def test_kills(self):
        chance, kills = random.Random(int(os.environ.get("LIANQING_SEED", "7"))), 20 if os.environ.get("LIANQING_NIGHTLY") else 3
        with Office() as daemon:
            wanted = []
            for n in range(4):
                ids = ["%d-%d" % (n, i) for i in range(2500)]
                wanted += ids
                daemon.letters("letters-%d.csv" % n, ids, bad=n % 2)
            daemon.start()
            for _ in range(kills):
                time.sleep(chance.random() * 0.3)
                daemon.kill()
                daemon.start()
            daemon.wait(lambda: not daemon.left())
            self.assertEqual(daemon.stop(), 0)
            self.assertEqual(daemon.ids(), sorted(wanted))


if __name__ == "__main__":
    unittest.main()
