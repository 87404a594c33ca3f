#!/usr/bin/python3
"""`lianqing ledger` on the example city: columns, encodings, and the same cases as `replay --cases`. Needs LIANQING_BINARY."""
import csv
import io
import json
import os
import subprocess
import tempfile
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BINARY = os.environ.get("LIANQING_BINARY", os.path.join(ROOT, "build", "dev", "lianqing"))
STORY = os.path.join(ROOT, "examples", "ningbo-style")
INPUT = ["--rules", os.path.join(STORY, "pack"), "--units", os.path.join(STORY, "units.csv"),
         "--events", os.path.join(STORY, "events.jsonl.gz")]
HEAD = "序号 编号 单位 预警等级 触发规则 依据事项 发出日期 签收日期 整改时限 剩余/逾期工作日 状态 责任人角色 销号日期 备注".split(" ")


class LedgerTest(unittest.TestCase):
    def ledger(self, folder, *more):
        path = os.path.join(folder, "ledger.csv")
        done = subprocess.run([BINARY, "ledger", *INPUT, "--out", path, "--lang", "zh", *more], capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        with open(path, "rb") as file:
            return file.read()

    def test_rows_are_the_cases(self):
        with tempfile.TemporaryDirectory() as folder:
            steps = os.path.join(folder, "cases.jsonl")
            subprocess.run([BINARY, "replay", *INPUT, "--cases", steps, "--out", os.path.join(folder, "w.jsonl")], check=True,
                           capture_output=True)
            bytes_ = self.ledger(folder)
            self.assertTrue(bytes_.startswith(b"\xef\xbb\xbf"))
            rows = list(csv.reader(io.StringIO(bytes_.decode("utf-8-sig"), newline="")))
            gb = self.ledger(folder, "--encoding", "gb18030")
            self.assertEqual(gb.decode("gb18030"), bytes_.decode("utf-8-sig"))
            with open(steps, encoding="utf-8") as file:
                opened = [s["case"] for s in map(json.loads, file) if s["step"] == "opened"]
        self.assertEqual(rows[0], HEAD)
        self.assertGreater(len(rows), 20)
        self.assertEqual([row[0] for row in rows[1:]], [str(i + 1) for i in range(len(rows) - 1)])
        self.assertEqual(sorted(row[1] for row in rows[1:]), sorted(opened))
        for row in rows[1:]:
            self.assertIn(row[3], ("红", "黄", "绿"))
            self.assertRegex(row[6], r"^20\d\d-\d\d-\d\d$")


if __name__ == "__main__":
    unittest.main(verbosity=2)
