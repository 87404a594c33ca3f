#!/usr/bin/python3
"""`lianqing import`: the shipped example says what it said before; of a ledger with every mistake each row's fate is checked.

Needs LIANQING_BINARY. LIANQING_NIGHTLY=1: the ledger has 100,000 rows instead of 5,000."""
import csv
import io
import json
import os
import shutil
import subprocess
import sys
import tempfile
import unittest
import zipfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import ledger  # noqa: E402
import workbook  # noqa: E402

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BINARY = os.environ.get("LIANQING_BINARY", os.path.join(ROOT, "build", "dev", "lianqing"))
EXAMPLE = os.path.join(ROOT, "examples", "import")
SHARED = os.environ.get("LIANQING_SHARED", os.path.join(ROOT, "..", "shared"))
NIGHTLY = os.environ.get("LIANQING_NIGHTLY", "") not in ("", "0")

MAP = """version: 1
source: /t
id: 编号
unit: 单位
type: note
time: 日期
"""


class Import(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="lianqing-import-")

    def tearDown(self):
        shutil.rmtree(self.folder)

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, text, encoding="utf-8"):
        with open(self.path(name), "wb") as file:
            file.write(text if isinstance(text, bytes) else text.encode(encoding))
        return self.path(name)

    def run_import(self, file, map, *more, code=0):
        done = subprocess.run([BINARY, "import", file, "--map", map, "--out", self.path("e.jsonl"), "--report", self.path("r.csv"),
                               "--format", "json", *more], capture_output=True, text=True, timeout=300)
        self.assertEqual(done.returncode, code, done.stderr)
        return json.loads(done.stderr) if done.stderr.startswith("{") else done.stderr

    def refused(self, file, map, *more, code=1):
        done = subprocess.run([BINARY, "import", file, "--map", map, "--dry-run", "--lang", "en", *more], capture_output=True, text=True,
                              timeout=300)
        self.assertEqual(done.returncode, code, done.stderr)
        return done.stderr

    def events(self):
        with open(self.path("e.jsonl"), encoding="utf-8") as file:
            return [json.loads(line) for line in file]

    def report(self):
        with open(self.path("r.csv"), "rb") as file:
            text = file.read()
        self.assertTrue(text.startswith(b"\xef\xbb\xbf"))
        return list(csv.reader(io.StringIO(text.decode("utf-8-sig"), newline="")))

    def one(self, text, map=MAP, name="t.csv", code=0, encoding="utf-8"):
        """Of a small table: the summary and the events."""
        summary = self.run_import(self.write(name, text, encoding), self.write("m.yaml", map), code=code)
        return summary, self.events()

    def test_example(self):
        for name in ("complaints.csv", "complaints.xlsx"):
            if name.endswith("xlsx"):
                with open(os.path.join(EXAMPLE, "complaints.csv"), encoding="gb18030", newline="") as file:
                    file = self.write(name, workbook.xlsx([row for row in csv.reader(file)]))
            else:
                file = os.path.join(EXAMPLE, name)
            self.run_import(file, os.path.join(EXAMPLE, "complaints.map.yaml"), "--lang", "zh", code=1)
            for made, kept in (("e.jsonl", "expected.jsonl"), ("r.csv", "expected-report.csv")):
                with open(self.path(made), "rb") as file:
                    found = file.read()
                if os.environ.get("UPDATE_GOLDEN"):
                    with open(os.path.join(EXAMPLE, kept), "wb") as file:
                        file.write(found)
                with open(os.path.join(EXAMPLE, kept), "rb") as file:
                    self.assertEqual(file.read().decode(), found.decode(), name)

    def test_example_is_taken_by_replay_and_by_the_log(self):
        self.run_import(os.path.join(EXAMPLE, "complaints.csv"), os.path.join(EXAMPLE, "complaints.map.yaml"), code=1)
        pack = self.write("p.yaml", "version: 1\npack: {id: p}\nmeasures: {n: {count: complaint_received, over: 30d}}\n"
                          "rules: {many: {title: T, because: '{n}', yellow: n >= 2}}\n")
        done = subprocess.run([BINARY, "replay", "--rules", pack, "--events", self.path("e.jsonl"), "--lang", "en"], capture_output=True,
                              text=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(json.loads(done.stdout.splitlines()[0])["unit"], "u-urban")
        for said in ("read 4 = appended 4 + there already 0", "read 4 = appended 0 + there already 4"):
            done = subprocess.run([BINARY, "log", "append", "--data", self.path("data"), "--lang", "en", self.path("e.jsonl")],
                                  capture_output=True, text=True)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn(said, done.stdout)

    def with_every_mistake(self, rows):
        """(ledger, its map)"""
        made = ledger.Ledger(rows, seed=7)
        self.assertEqual(set(made.mistakes), {*ledger.MISTAKES, "unit", "total", "same", "conflict", "wide", "no unit", "more", "blank"})
        self.write("units.csv", "编号,名称\r\n" + "".join("%s,%s\r\n" % (id, name) for name, id in ledger.UNITS.items()), "gbk")
        return made, self.write("m.yaml", ledger.MAP)

    def check_fates(self, made, summary):
        """Each row's fate, and that the report tells it row for row."""
        verdicts = {}
        rank = ["written", "skipped", "parked", "refused"]
        for note in summary["notes"]:
            verdicts.setdefault(note["row"], []).append((note["verdict"], note["column"]))
        for row, (verdict, column) in made.verdicts.items():
            found = verdicts.pop(row, [("written", "")])
            self.assertEqual(max((one[0] for one in found), key=rank.index), verdict, (row, made.lines[row - 1], found))
            if column:
                self.assertIn(column, [one[1] for one in found], (row, made.lines[row - 1]))
        self.assertEqual(verdicts, {})
        for verdict in rank:
            self.assertEqual(summary[verdict], sum(1 for one in made.verdicts.values() if one[0] == verdict))
        self.assertEqual(summary["read"], len(made.verdicts))
        events = self.events()
        self.assertEqual({one["id"]: {key: one[key] for key in ("unit", "time", "data")} for one in events}, made.events)
        self.assertEqual([one["time"] for one in events], sorted(one["time"] for one in events))
        self.assertNotIn("王某", json.dumps(events, ensure_ascii=False) + json.dumps(summary, ensure_ascii=False))
        report = self.report()
        self.assertEqual(report[0], ["行号", "列", "值", "原因", "处理"])
        words = {"skipped": "跳过", "parked": "待核", "refused": "拒收"}
        self.assertEqual([(row[0], row[1], row[3], row[4]) for row in report[1:]],
                         [(str(note["row"]), note["column"], note["reason"]["zh"], words[note["verdict"]]) for note in summary["notes"]])
        for row in report[1:]:
            cells = made.cells[int(row[0]) - 1]
            if row[1] in ledger.HEADER and row[2] and row[4] == "拒收":
                self.assertIn(row[2].lstrip("'"), [cells[ledger.HEADER.index(row[1])], cells[ledger.HEADER.index(row[1])].replace("\n", " ")])

    def test_workbook_with_every_mistake(self):
        made, map = self.with_every_mistake(20_000 if NIGHTLY else 1_000)
        summary = self.run_import(self.write("ledger.xlsx", workbook.xlsx(made.workbook_rows())), map, "--lang", "zh", code=1)
        self.check_fates(made, summary)

    def test_ledger_with_every_mistake(self):
        made, map = self.with_every_mistake(100_000 if NIGHTLY else 5_000)
        first = None
        for encoding, stated in (("gb18030", "GBK/GB18030"), ("utf-8-sig", "UTF-8 (BOM)"), ("utf-16", "UTF-16")):
            if NIGHTLY and first and encoding != "gb18030":
                break
            summary = self.run_import(self.write("ledger.csv", made.text, encoding), map, "--lang", "zh", code=1)
            self.assertEqual((summary["encoding"], summary["delimiter"]), (stated, ","))
            self.check_fates(made, summary)
            with open(self.path("e.jsonl"), "rb") as file:
                found = file.read()
            self.assertEqual(first or found, found)
            first = found

    def test_encodings_and_delimiters(self):
        table = "编号;单位;日期\n1;市局;2026-1-2\n"
        expected = [{"specversion": "1.0", "id": "1", "source": "/t", "type": "note", "time": "2026-01-02T00:00:00+08:00", "unit": "市局",
                     "data": {}}]
        for delimiter in ";,\t|":
            for encoding in ("utf-8", "utf-8-sig", "gbk", "utf-16"):
                summary, events = self.one(table.replace(";", delimiter), encoding=encoding)
                self.assertEqual(events, expected)
                self.assertEqual(summary["delimiter"], delimiter)
        self.assertEqual(self.one(table.replace("\n", "\r"))[1], expected)
        _, events = self.one("編號,單位,日期\n1,市局,2026-1-2\n", MAP.replace("编号", "編號").replace("单位", "單位") + "encoding: big5\n",
                             encoding="big5")
        self.assertEqual(events, expected)
        self.assertIn("neither UTF-8 nor", self.refused(self.write("t.csv", ("é,à,û\n" * 50).encode("latin-1")), self.write("m.yaml", MAP)))

    def test_damaged_bytes_cost_one_row(self):
        rows = "编号,单位,日期\r\n" + "".join("%d,市城管局,2026/1/2\r\n" % i for i in range(40))
        for encoding in ("gbk", "utf-8"):
            text = rows.encode(encoding)
            at = text.index(b"\r\n7,") + 5
            summary, events = self.one(text[:at] + b"\xff" + text[at:], code=1)
            self.assertEqual((summary["written"], summary["refused"]), (39, 1))
            self.assertEqual([(note["row"], note["column"]) for note in summary["notes"]], [(9, "单位")])

    def test_a_stray_quote_costs_one_row(self):
        summary, events = self.one('编号,单位,日期\n1,甲,2026/1/2\n2,"乙,2026/1/2\n3,丙,2026/1/2\n4,丁"局",2026/1/2\n5,戊,2026/1/2\n', code=1)
        self.assertEqual([one["id"] for one in events], ["1", "3", "5"])
        self.assertEqual([note["row"] for note in summary["notes"]], [3, 5])

    def test_dates(self):
        for written, time in {
                "2024/3/5": "2024-03-05T00:00:00", "2024年3月5日": "2024-03-05T00:00:00", "2024-03-05 08:30": "2024-03-05T08:30:00",
                "45356": "2024-03-05T00:00:00", "45356.354166666664": "2024-03-05T08:30:00", "２０２４．３．５": "2024-03-05T00:00:00",
                "2024年3月5日 下午3时5分": "2024-03-05T15:05:00", "2024/3/5 3:05 PM": "2024-03-05T15:05:00", "20240305": "2024-03-05T00:00:00",
                "2024-03-05T00:30:00Z": "2024-03-05T08:30:00", "2024-3-5 (周二) 8:30:15": "2024-03-05T08:30:15",
                "2024/3/5 24:00": "2024-03-06T00:00:00", "20240305083015": "2024-03-05T08:30:15"}.items():
            _, events = self.one("编号,单位,日期\n1,甲,%s\n" % written)
            self.assertEqual(events[0]["time"], time + "+08:00", written)
        for written in ("2024/13/1", "2023/2/29", "24/3/5", "3/5/2024", "60", "2024", "5月", "2024/3/5 25:00", "2024-3"):
            summary, events = self.one("编号,单位,日期\n1,甲,%s\n" % written, code=1)
            self.assertEqual((events, summary["notes"][0]["column"]), ([], "日期"), written)

    def test_serials_around_the_leap_year_that_never_was(self):
        for system, serial, day in ((1900, 1, "1900-01-01"), (1900, 59, "1900-02-28"), (1900, 60, None), (1900, 61, "1900-03-01"),
                                    (1904, 1, "1904-01-02"), (1904, 60, "1904-03-01")):
            _, events = self.one("编号,单位,日期\n1,甲,%d\n" % serial, MAP + "date_system: %d\n" % system, code=0 if day else 1)
            self.assertEqual([one["time"][:10] for one in events], [day] if day else [], (system, serial))

    def test_dates_by_pattern(self):
        map = MAP.replace("time: 日期", "time: {column: 日期, formats: [d/M/yyyy H:mm, M.d.yy], at: '09:00'}")
        _, events = self.one("编号,单位,日期\n1,甲,5/3/2024 8:05\n2,甲,3.5.24\n", map)
        self.assertEqual([one["time"][:16] for one in events], ["2024-03-05T08:05", "2024-03-05T09:00"])
        self.one("编号,单位,日期\n1,甲,2024/3/5\n", map, code=1)

    def test_numbers(self):
        map = MAP + "fields: {n: {column: 数, type: decimal, unit: 万元}, k: {column: 件, type: int}}\n"
        for written, n in {"1.5": 15000, "1,234.5": 12345000, "3亿元": 300000000, "200元": 200, "（２）": -20000, "—３": -30000, "￥1": 10000,
                           "0.000001": 0.01}.items():
            _, events = self.one('编号,单位,日期,数,件\n1,甲,2026/1/1,"%s",12件\n' % written, map)
            self.assertEqual(events[0]["data"], {"n": n, "k": 12}, written)
        for written in ("1,23", ",123", "1,234,5", "1..2", "十二", "1e400", "12,345.6,7"):
            self.one('编号,单位,日期,数,件\n1,甲,2026/1/1,"%s",1\n' % written, map, code=1)
        self.one("编号,单位,日期,数,件\n1,甲,2026/1/1,1,1.5\n", map, code=1)

    def test_one_row_tells_several_events(self):
        map = """version: 1
source: /t
id: 编号
unit: 单位
time: 交办日期
fields: {item_id: 编号}
events:
  - {type: item_assigned, when: 交办日期, fields: {due_date: {column: 时限, type: date}}}
  - {type: item_closed, when: 销号日期, time: 销号日期}
"""
        summary, events = self.one("编号,单位,交办日期,时限,销号日期\nA,甲,2026/1/1,2026/2/1,2026/1/20\nB,甲,2026/1/5,2026/2/5,\nC,甲,,,\n", map)
        self.assertEqual([(one["id"], one["type"], one["time"][:10], one["data"]) for one in events], [
            ("A/item_assigned", "item_assigned", "2026-01-01", {"item_id": "A", "due_date": "2026-02-01"}),
            ("B/item_assigned", "item_assigned", "2026-01-05", {"item_id": "B", "due_date": "2026-02-05"}),
            ("A/item_closed", "item_closed", "2026-01-20", {"item_id": "A"})])
        self.assertEqual((summary["written"], summary["skipped"]), (2, 1))

    def test_ids_of_the_content(self):
        map = MAP.replace("id: 编号", "id: content")
        summary, events = self.one("单位,日期\n甲,2026/1/1\n甲,2026/1/2\n甲,2026/1/1\n", map)
        self.assertEqual((summary["written"], summary["skipped"]), (2, 1))
        self.assertEqual(len({one["id"] for one in events}), 2)

    def test_levels(self):
        map = MAP + "level: {column: 层级, admit: [市级, 县级]}\n"
        summary, events = self.one("编号,单位,日期,层级\n1,甲,2026/1/1,市级\n2,甲,2026/1/1,省级\n3,甲,2026/1/1,\n", map, code=1)
        self.assertEqual(([one["id"] for one in events], summary["refused"]), (["1"], 2))

    def test_units(self):
        map = MAP.replace("unit: 单位", "unit: {column: 单位, names: units.yaml}")
        self.write("units.yaml", "u-1: [市城市管理局, 市城管局]\nu-2: {name: {zh: 市交通局, en: Traffic}, aliases: [交通]}\n")
        summary, events = self.one("编号,单位,日期\n1,市 城管局,2026/1/1\n2,traffic,2026/1/1\n3,市城营局,2026/1/1\n4,u-2,2026/1/1\n", map, code=1)
        self.assertEqual([one["unit"] for one in events], ["u-1", "u-2", "u-2"])
        self.assertEqual(summary["parked"], 1)
        self.assertIn("市城管局 (u-1)", summary["notes"][0]["reason"]["zh"])
        self.write("units.yaml", "u-1: 市局\nu-2: 市局\n")
        self.assertIn("is both u-1 and u-2", self.refused(self.path("t.csv"), self.path("m.yaml")))

    def test_header(self):
        self.one("编号,单位,日期\n1,甲,2026/1/1\n")
        self.assertIn("lacks: 日期", self.refused(self.write("t.csv", "编号,单位,日朝\n1,甲,2026/1/1\n"), self.path("m.yaml")))
        self.assertIn("Is '日朝' what you call '日期'?", self.refused(self.path("t.csv"), self.path("m.yaml")))
        self.assertIn("twice", self.refused(self.write("t.csv", "编号,单位,日期,单 位\n1,甲,2026/1/1,乙\n"), self.path("m.yaml")))
        self.assertIn("no header", self.refused(self.write("t.csv", ""), self.path("m.yaml")))
        _, events = self.one("大标题\n\n 编 号*,单位,日期\n1,甲,2026/1/1\n")
        self.assertEqual(len(events), 1)

    def test_what_cannot_be_read_is_said_in_chinese(self):
        map = self.write("m.yaml", MAP)
        for name in ("none.csv", "none.jsonl"):
            done = subprocess.run([BINARY, "import", self.path(name), "--map", map, "--dry-run", "--lang", "zh"], capture_output=True, text=True)
            self.assertEqual(done.returncode, 74, done.stderr)
            self.assertIn("没有这个文件或文件夹", done.stderr)

    def test_headers_of_two_rows(self):
        table = ("2026年台账,,,,,,\n编号,单位,交办情况,,办结情况,,备注\n,,日期,时限,日期,结果,\n1,甲,2026/1/1,2026年2月1日前,2026/1/20,好,\n"
                 "编号,单位,交办情况,,办结情况,,备注\n,,日期,时限,日期,结果,\n2,乙,2026.1.2.,2026-02-03之前,,,无\n")
        map = MAP.replace("日期", "交办情况/日期") + ("fields: {due: {column: 时限, type: date}, closed: {column: 办结情况/日期, type: date},"
                                                     " result: 结果}\n")
        summary, events = self.one(table, map)
        self.assertEqual((summary["header_row"], summary["header_rows"], summary["skipped"], summary["unused"]), (2, 2, 2, ["备注"]))
        self.assertEqual([(one["time"][:10], one["data"]) for one in events], [
            ("2026-01-01", {"due": "2026-02-01", "closed": "2026-01-20", "result": "好"}), ("2026-01-02", {"due": "2026-02-03"})])
        self.assertIn("Write it in full: 交办情况/日期、办结情况/日期", self.refused(self.path("t.csv"), self.write("m.yaml", MAP)))
        # A title, alone or with more beside it, is none.
        for title in ("台账\n", "单位：市局,,填报：王\n"):
            summary, events = self.one(title + "编号,单位,日期\n1,甲,2026/1/1\n")
            self.assertEqual((summary["header_row"], summary["header_rows"], len(events)), (2, 1, 1))
        # Drafted as it is read.
        self.write("t.csv", table)
        done = subprocess.run([BINARY, "import", self.path("t.csv"), "--new-map", "--out", self.path("m.yaml")], capture_output=True, text=True)
        self.assertEqual((done.returncode, done.stdout), (0, ""), done.stderr)
        with open(self.path("m.yaml"), encoding="utf-8") as file:
            draft = file.read()
        self.assertIn('"交办情况/日期"', draft)
        self.assertIn('"时限"', draft)
        summary = self.run_import(self.path("t.csv"), self.path("m.yaml"))
        self.assertEqual((summary["written"], summary["header_rows"]), (2, 2))

    def test_the_map_is_checked(self):
        table = self.write("t.csv", "a\n")
        said = self.refused(table, self.write("m.yaml", MAP + "sensitve: [电话]\nfields: {a: {column: 电话, type: integer}}\n"))
        self.assertIn("m.yaml:7:1: error R012", said)
        self.assertIn("did you mean 'sensitive'?", said)
        self.assertIn("did you mean 'int'?", said)
        said = self.refused(table, self.write("m.yaml", MAP + "sensitive: [电话]\ncolumns: {电话: [手机]}\nfields: {a: 手机}\n"))
        self.assertIn("sensitive column", said)
        for wrong in ("timezone: Mars/Base\n", "delimiter: ab\n", "header_row: 0\n", "date_system: 1901\n", "level: {column: a}\n",
                      "events: []\n", "version: 2\n"):
            self.refused(table, self.write("m.yaml", MAP + wrong))

    def test_report_holds_no_formulas(self):
        map = MAP.replace("type: note", "type: note\nfields: {a: {column: 甲, values: {一: x}}}")
        self.one('编号,单位,日期,甲\n1,u,2026/1/1,"=HYPERLINK(""x"")"\n2,u,2026/1/1,＋1\n', map, code=1)
        self.assertEqual([row[2] for row in self.report()[1:]], ["'=HYPERLINK(\"x\")", "'＋1"])

    def test_json_lines(self):
        map = MAP.replace("编号", "no").replace("单位", "place.unit").replace("日期", "day") + "fields: {tags: {column: tags, type: list}}\n"
        summary, events = self.one('{"no":1,"place":{"unit":"u"},"day":"2026-01-01","tags":["a","b"]}\n{"no":2\n[1]\n', map, name="t.jsonl",
                                   code=1)
        self.assertEqual(events[0]["data"], {"tags": ["a", "b"]})
        self.assertEqual([note["row"] for note in summary["notes"]], [2, 3])

    def test_workbook(self):
        date, time, percent, own = (("n", "45356", style) for style in (1, 2, 3, 4))
        rows = [["标题"], ["编号", "单位", "日期", "率", "文"],
                ["1", "甲", ("n", "45356.354166666664", 2), ("n", "0.85", 3), "富&文本"], ["2", "甲", date, ("n", "1234.5699999999999", 0), own],
                ["3", "甲", ("n", "45357", 4), ("e", "#DIV/0!", 0), "x"]]
        map = MAP + "fields: {rate: {column: 率, type: decimal}, text: {column: 文}}\n"
        summary, events = self.one(workbook.xlsx(rows), map, name="t.xlsx", code=1)
        self.assertEqual([(one["time"], one["data"]) for one in events], [
            ("2024-03-05T00:00:00+08:00", {"rate": 1234.57, "text": "2024-03-05"}),
            ("2024-03-05T08:30:00+08:00", {"rate": 85, "text": "富&文本"})])
        self.assertEqual([(note["row"], note["column"]) for note in summary["notes"]], [(5, "率")])
        rows = [["编号", "单位", "日期"], ["1", "甲", ("n", "43894", 1)]]
        _, events = self.one(workbook.xlsx(rows, since_1904=True), name="t.xlsx")
        self.assertEqual(events[0]["time"][:10], "2024-03-05")
        self.assertIn("no sheet '二'; there are: 一", self.refused(self.path("t.xlsx"), self.write("m.yaml", MAP + "sheet: 二\n")))

    def test_hostile_workbooks(self):
        map = self.write("m.yaml", MAP)
        good = workbook.parts([["编号", "单位", "日期"]])

        def packed(parts):
            out = io.BytesIO()
            with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
                for name, text in parts.items():
                    file.writestr(name, text)
            return out.getvalue()

        sheet = "xl/worksheets/sheet1.xml"
        bomb = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;">]>'
        for text, said in (
                (packed({**good, sheet: bomb + good[sheet]}), "document type"),
                (packed({**good, sheet: good[sheet] + " " * (66 << 20)}), "too large"),
                (packed({**good, sheet: good[sheet] + " " * (8 << 20)}), "too large"),
                (packed({**good, **{"x/%d" % i: "" for i in range(1000)}}), "1,000 parts"),
                (packed({**good, sheet: "<a>" * 100}), "not well-formed"), (packed({**good, sheet: "<a>"}), "not well-formed"),
                (packed({name: text for name, text in good.items() if name != sheet}), "lacks"), (packed(good)[:200], "not a sound"),
                (packed({"word/document.xml": "<a/>"}), "a document of Word"), (b"%PDF-1.4", "is a PDF"),
                (b"PK\x03\x04" + b"\0" * 500, "not a sound"), (b"\xd0\xcf\x11\xe0" + b"\0" * 500, "old .xls")):
            self.assertIn(said, self.refused(self.write("t.xlsx", text), map))

    def test_real_tables(self):
        """Holidays as CSV, permits as JSON lines: tables that others made."""
        holidays = os.path.join(SHARED, "data", "cn_holidays", "cn_holidays_2018_2026.csv")
        permits = os.path.join(SHARED, "data", "wabo_receipt", "events.jsonl.gz")
        for path in (holidays, permits):
            if not os.path.exists(path):
                self.skipTest("no " + path)
        map = self.write("m.yaml", "version: 1\nsource: /holidays\nid: [source_year, date]\nunit: {value: cn}\ntype: holiday\ntime: date\n"
                         "fields: {name: name, off: {column: is_off_day, type: bool}, year: {column: source_year, type: int}}\n")
        summary = self.run_import(holidays, map)
        self.assertEqual((summary["read"], summary["written"], summary["unused"]), (315, 315, []))
        self.assertEqual(self.events()[0], {"specversion": "1.0", "id": "2018-2018-01-01", "source": "/holidays", "type": "holiday",
                                            "time": "2018-01-01T00:00:00+08:00", "unit": "cn",
                                            "data": {"name": "元旦", "off": True, "year": 2018}})
        map = self.write("m.yaml", "version: 1\nsource: /permits\ntimezone: Europe/Amsterdam\nid: id\nunit: unit\n"
                         "type: {column: type, values: {case_opened: opened, rectification_assigned: assigned, rectification_closed: closed,"
                         " activity: activity}}\ntime: time\nfields: {item: data.item, due: {column: data.due, type: time}}\n")
        summary = self.run_import(permits, map)
        self.assertEqual((summary["read"], summary["written"]), (12774, 12774))
        self.assertEqual({one["type"] for one in self.events()}, {"opened", "assigned", "closed", "activity"})


if __name__ == "__main__":
    unittest.main()
