#!/usr/bin/python3
"""A deadline in a year that the calendar lacks: the daemon goes on, says so, and takes the year when it comes."""
import json
import os
import sys
import tempfile
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from daemon import Daemon, event  # noqa: E402

# The calendar ends with 2020: whatever year it is, what is due now needs a year that is not there.
PACK = """version: 1
pack: {id: due, timezone: Asia/Shanghai, calendar: old}
items:
  task: {key: item_id, open: opened, close: closed, due: due}
measures:
  late: {overdue: task, by: 5 workdays}
  pings: {count: ping, over: 30d}
rules:
  lateness: {because: "{late}", yellow: "late >= 1"}
  many: {because: "{pings}", yellow: "pings >= 1", duty: standard}
"""
CALENDAR = "calendar: old\nyears:\n  2020: {}\n"


class MissingYears(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        pack = os.path.join(self.folder.name, "pack")
        os.makedirs(os.path.join(pack, "calendars"))
        for name, text in (("pack.yaml", PACK), ("calendars/old.yaml", CALENDAR)):
            with open(os.path.join(pack, name), "w", encoding="utf-8") as file:
                file.write(text)
        self.daemon = Daemon(self.folder.name, pack_path=pack)
        self.daemon.start()

    def tearDown(self):
        self.daemon.__exit__()
        self.folder.cleanup()

    def level(self, unit):
        levels = self.daemon.get("/v1/units/" + unit).json["levels"]
        return next(level for level in levels if level["rule"] == "lateness")

    def wait_for(self, done):
        until = time.monotonic() + 20
        while not done():
            self.assertLess(time.monotonic(), until, "waited in vain: " + self.daemon.said()[-500:])
            time.sleep(0.05)

    def test_a_record_that_needs_one_stops_nothing(self):
        year = time.gmtime(time.time() + 8 * 3600).tm_year
        due = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - 2 * 86400))
        records = [event("poison", "u1", "opened", item_id="a"), event("far", "u2", "opened", item_id="b"),
                   event("ping", "u3", "ping")]
        records[0]["data"] = {"item_id": "a", "due": due}
        records[1]["data"] = {"item_id": "b", "due": "2199-06-01T00:00:00Z"}
        answer = self.daemon.post(records, "application/cloudevents-batch+json")
        self.assertEqual(answer.status, 200, answer.bytes)
        for again in range(2):
            # The day after the due is in a year without data: from its end on nobody can say.
            grey = self.level("u1")
            self.assertTrue(grey["grey"], grey)
            self.assertRegex(grey["unknown"]["en"], r"no data for \d{4}")
            self.assertFalse(self.level("u2")["grey"])  # certainly not overdue yet
            self.assertEqual(self.daemon.get("/v1/units/u3").json["colour"], "yellow")
            ready = self.daemon.ask("GET", "/readyz").json
            self.assertTrue(ready["ready"])
            self.assertIn(2199, ready["calendar_lacks"])
            self.assertIn("error: the calendar has no data for 2199", self.daemon.said())
            self.assertIn("send a calendar_updated record", self.daemon.said())
            metrics = self.daemon.get("/metrics", "auditor").bytes.decode()
            self.assertIn('lianqing_calendar_missing_year_deadlines{year="2199"} 1', metrics)
            self.assertEqual(self.daemon.post(event("more%d" % again, "u3", "ping")).status, 200)
            if again == 0:
                self.daemon.kill()
                self.daemon.start()
        exported = os.path.join(self.folder.name, "log.jsonl")
        # With the years that are missing up to now nothing is grey any more.
        for missing in range(2021, year + 2):
            update = event("y%d" % missing, None, "calendar_updated", data={"year": missing, "off": [], "work": []})
            self.assertEqual(self.daemon.post(update).status, 200)
        self.wait_for(lambda: not self.level("u1")["grey"])
        self.assertEqual(self.daemon.ask("GET", "/readyz").json["calendar_lacks"], [2199])
        self.assertEqual(self.daemon.stop(), 0)
        done = self.daemon.run("log", "export", "--data", self.daemon.data, "--out", exported)
        self.assertEqual(done.returncode, 0, done.stderr)
        replayed = self.daemon.run("replay", "--rules", self.daemon.pack, "--events", exported, "--format", "json",
                                   "--lang", "en")
        self.assertIn("note: the calendar has no data for 2199", replayed.stderr)
        self.daemon.start()
        kept = self.daemon.get("/v1/warnings?limit=1000").json["warnings"]
        self.assertEqual([json.loads(line)["id"] for line in replayed.stdout.splitlines()],
                         [warning["id"] for warning in reversed(kept)])


if __name__ == "__main__":
    unittest.main()
