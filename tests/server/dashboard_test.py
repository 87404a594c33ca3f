#!/usr/bin/python3
"""The dashboard's files: every word in both languages, colours that can be read, and what the page takes from the API:
what is overdue in working days, counts of cases that reconcile, the tree, how fresh the sources are.

Needs LIANQING_BINARY."""
import datetime
import json
import os
import re
import unittest

import yaml

import daemon as support
from daemon import Daemon, event

FOLDER = os.path.join(support.ROOT, "dashboard")
LEAST_CONTRAST = 4.5  # WCAG 2.2, AA

PACK = """version: 1
pack: {id: desk, title: {zh: 窗口, en: Desk}, timezone: Asia/Shanghai, max_future: 1d, calendar: cn}
sources:
  /desk: {title: {zh: 窗口, en: Desk}, silent_after: 3d}
  /never: {title: {zh: 从未, en: Never}, silent_after: 3d}
events:
  complaint: {fields: {severity: {type: int, required: true}}}
measures:
  n: {count: complaint, over: 30d}
rules:
  many: {title: {zh: 多, en: Many}, because: "{n}", yellow: "n >= 1", red: "n >= 3", duty: quick}
duties:
  quick:
    yellow: {steps: [{name: sign, title: {zh: 签收, en: Sign}, role: unit_head, within: 2 workdays}]}
    red: {steps: [{name: sign, title: {zh: 签收, en: Sign}, role: main_leader, within: 2 workdays}]}
"""
CHINA = datetime.timezone(datetime.timedelta(hours=8))


def working_days():
    """Of the shipped calendar: a function of the day; None where it has no data."""
    with open(os.path.join(support.ROOT, "calendars", "cn.yaml"), encoding="utf-8") as file:
        years = yaml.safe_load(file)["years"]
    listed = {}
    for year, holidays in years.items():
        for holiday in holidays.values():
            for kind in ("off", "work"):
                spans = holiday.get(kind, [])
                for span in spans if isinstance(spans, list) else [spans]:
                    first, last = [datetime.date.fromisoformat(f"{year}-{part}") for part in (span.split("..") * 2)[:2]]
                    for n in range((last - first).days + 1):
                        listed[first + datetime.timedelta(n)] = kind == "work"
    return lambda day: listed.get(day, day.weekday() < 5) if day.year in years else None


def text_of(name):
    with open(os.path.join(FOLDER, name), encoding="utf-8") as file:
        return file.read()


def brightness(colour):
    digits = colour[1:] if len(colour) == 7 else "".join(2 * c for c in colour[1:])
    parts = [int(digits[i:i + 2], 16) / 255 for i in (0, 2, 4)]
    red, green, blue = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one, other):
    light, dark = sorted((brightness(one), brightness(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


class Files(unittest.TestCase):
    def words(self):
        script = text_of("dashboard.js")
        parts = re.search(r"\n  zh: \{\n(.*?)\n  \},\n  en: \{\n(.*?)\n  \},\n\};", script, re.DOTALL)
        # What stands in quotes or braces is no name.
        plain = [re.sub(r'"[^"]*"|`[^`]*`|\{[^{}]*\}', "_", part) for part in parts.groups()]
        return [re.findall(r"(?:^|,)\s*(\w+): ", part, re.MULTILINE) for part in plain]

    def test_both_languages_have_the_same_words_and_the_page_has_no_others(self):
        zh, en = self.words()
        self.assertGreater(len(zh), 50)
        self.assertEqual(zh, en)
        self.assertEqual(len(zh), len(set(zh)))
        page, script = text_of("index.html"), text_of("dashboard.js")
        asked = set(re.findall(r'data-[tl]="(\w+)"', page)) | set(re.findall(r'\bt\("(\w+)"\)', script))
        self.assertEqual(asked - set(zh), set())

    def test_nothing_is_loaded_from_elsewhere(self):
        for name in ("index.html", "dashboard.css", "dashboard.js"):
            self.assertEqual(re.findall(r"https?://[^\s\"'`)]+", text_of(name).replace("http://www.w3.org/2000/svg", "")), [], name)

    def test_colours_can_be_read_by_day_by_night_and_on_paper(self):
        schemes = [dict(re.findall(r"--(\w+): (#[0-9a-f]{3,6})\b", block)) for block in
                   re.findall(r":root \{(.*?)\}", text_of("dashboard.css"), re.DOTALL)]
        self.assertEqual(len(schemes), 3)
        for scheme in schemes:
            for ink in ("ink", "dim", "red", "yellow", "green", "grey", "mark"):
                for ground in ("paper", "ground", "current"):
                    if ink in scheme:
                        self.assertGreaterEqual(contrast(scheme[ink], scheme[ground]), LEAST_CONTRAST, (ink, ground, scheme))


class Answers(unittest.TestCase):
    def setUp(self):
        self.daemon = Daemon(pack=PACK).__enter__()
        self.addCleanup(self.daemon.__exit__)

    def test_what_is_overdue_is_counted_in_working_days(self):
        self.daemon.stop()
        first = datetime.datetime.now(CHINA) - datetime.timedelta(days=25)
        record = event("c1", "u1", "complaint", time=first.isoformat(), recordedtime=first.isoformat())
        path = os.path.join(self.daemon.folder, "old.jsonl")
        with open(path, "w", encoding="utf-8") as file:
            file.write(json.dumps(record) + "\n")
        done = self.daemon.run("log", "append", path, "--data", self.daemon.data)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.daemon.start()
        works = working_days()
        today = datetime.datetime.now(CHINA).date()
        span = [works(first.date() + datetime.timedelta(n)) for n in range(1, (today - first.date()).days + 1)]
        row, = self.daemon.get("/v1/units?cases=true").json["units"]
        if None in span:
            self.skipTest("the shipped calendar has no data for this year")
        duty, = row["overdue"]
        self.assertEqual((duty["rule"], duty["duty"], duty["role"], duty["workdays"]), ("many", "sign", "unit_head", sum(span) - 2))
        due = datetime.datetime.fromisoformat(duty["due"].replace("Z", "+00:00")).astimezone(CHINA)
        self.assertEqual((due.hour, due.minute), (0, 0))  # the end of the second working day

    def test_counts_reconcile_and_what_is_not_asked_for_is_not_told(self):
        units = os.path.join(self.daemon.folder, "units.csv")
        with open(units, "w", encoding="utf-8") as file:
            file.write("id,name_zh,parent\ncity,市,\nu1,甲,city\nu2,乙,city\n")
        self.daemon.stop()
        self.daemon.arguments += ["--units", units]
        self.daemon.start()
        answer = self.daemon.post([event("c%d" % i, unit, "complaint") for i, unit in enumerate(("u1", "u1", "u1", "u2"))],
                                  "application/cloudevents-batch+json")
        self.assertEqual(answer.status, 200, answer.bytes)
        plain = self.daemon.get("/v1/units").json
        self.assertEqual({u["unit"]: u["parent"] for u in plain["units"]}, {"city": None, "u1": "city", "u2": "city"})
        self.assertFalse({"cases", "sources"} & set(plain) or any("overdue" in u for u in plain["units"]))
        case = self.daemon.get("/v1/units/u2").json["open_cases"][0]["case"]
        self.daemon.post([event("a1", "u2", "warning_action", data={"warning_id": case, "action": "revoke", "actor_role": "desk",
                                                                   "reason": "wrong"})], "application/cloudevents-batch+json")
        told = self.daemon.get("/v1/units?cases=true").json
        counts = told["cases"]
        self.assertEqual((counts["opened"], counts["open"], counts["revoked"]), (2, 1, 1))
        self.assertEqual(counts["opened"], sum(n for name, n in counts.items() if name != "opened"))
        self.assertEqual([u["overdue"] for u in told["units"]], [[], [], []])
        self.assertEqual([(s["source"], s["stale"], s["last"] is not None) for s in told["sources"]],
                         [("/desk", False, True), ("/never", False, False)])
        self.assertEqual(self.daemon.get("/v1/units?cases=perhaps").status, 400)


if __name__ == "__main__":
    unittest.main()
