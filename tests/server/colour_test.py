#!/usr/bin/python3
"""Colours as the casebook has them: cases, vetoes, overrides, silent sources, in /v1/units and on the stream, and what
`explain` tells of them; what-if. Needs LIANQING_BINARY."""
import json
import os
import sys
import tempfile
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from daemon import Daemon, Stream, event, now  # noqa: E402

BATCH = "application/cloudevents-batch+json"
PACK = """version: 1
pack: {id: desk, title: {zh: 窗口, en: Desk}, timezone: Asia/Shanghai}
params:
  yellow_at: {value: 2, min: 1, max: 50}
  red_at: {value: 4, min: 2, max: 50}
measures:
  n: {count: complaint, over: 30d}
rules:
  many: {title: {zh: 多, en: Many}, because: "{n}", yellow: "n >= yellow_at", red: "n >= red_at", duty: quick}
duties:
  quick:
    yellow: {steps: [{name: sign, title: {zh: 签收, en: Sign}, role: unit_head, within: 3h}]}
    red: {steps: [{name: sign, title: {zh: 签收, en: Sign}, role: main_leader, within: 3h}]}
    ladder: [{name: leader, title: {zh: 报分管领导, en: To the leader}, role: leader, after: 1h}]
sources:
  /hotline: {silent_after: 2s}
"""


class Colours(unittest.TestCase):
    def setUp(self):
        self.daemon = Daemon(pack=PACK)
        self.daemon.start()
        self.number = 0

    def tearDown(self):
        self.daemon.__exit__()

    def send(self, *events):
        answer = self.daemon.post(list(events), BATCH)
        self.assertEqual(answer.status, 200, answer.bytes)

    def complaints(self, count, unit="u1", source="/desk"):
        self.number += count
        self.send(*[event("c%d" % (self.number - i), unit, data={}, source=source) for i in range(count)])

    def act(self, type, unit="u1", **data):
        self.number += 1
        self.send(event("a%d" % self.number, unit, type, data=data))

    def unit(self, id="u1"):
        return self.daemon.get("/v1/units/" + id).json

    def wait_for(self, what, done):
        until = time.monotonic() + 20
        while not done(value := what()):
            self.assertLess(time.monotonic(), until, "waited in vain, last: %s" % value)
            time.sleep(0.05)
        return value

    def agree(self):
        """The list, the unit and `explain` of the exported log tell the same colour and cases."""
        rows = {row["unit"]: row for row in self.daemon.get("/v1/units").json["units"]}
        for id, row in rows.items():
            unit = self.unit(id)
            for member in ("colour", "computed", "grey", "pending", "origin", "since", "override_until", "cases"):
                self.assertEqual(row[member], unit[member], (id, member))
        return rows

    def test_people_decide_over_cases_and_all_views_agree(self):
        self.complaints(2)
        unit = self.unit()
        self.assertEqual((unit["colour"], unit["origin"], unit["grey"]), ("yellow", "warning", False))
        case, = unit["open_cases"]
        self.assertEqual((case["state"], case["rule"], unit["cases"]), ("issued", "many", [case["case"]]))
        duty, = case["duties"]
        self.assertEqual((duty["name"], duty["late"], duty["next"]["step"]), ("sign", False, "overdue"))
        self.assertEqual(duty["next"]["at"], duty["due"])
        self.act("warning_action", warning_id=case["case"], action="revoke", actor_role="desk", reason="wrong")
        unit = self.unit()
        # The rule stands at yellow; the colour follows the case.
        self.assertEqual((unit["colour"], unit["levels"][0]["level"], unit["open_cases"]), ("green", "yellow", []))
        self.act("veto_declared", ground="g", approved_by="board")
        self.assertEqual((self.unit()["colour"], self.unit()["origin"]), ("red", "veto"))
        expires = time.strftime("%Y-%m-%d", time.gmtime(time.time() + 5 * 86400))
        self.act("manual_override", level="green", reason="r", approved_by=["a", "b"], expires_at=expires)
        unit = self.unit()
        self.assertEqual((unit["colour"], unit["computed"], unit["origin"]), ("green", "red", "override"))
        self.assertTrue(unit["override_until"])
        self.complaints(2, "u2")
        before = self.agree()
        totals = self.daemon.get("/v1/units").json
        self.assertEqual(totals["colours"], {"green": 1, "yellow": 1, "red": 0})
        self.assertEqual([row["unit"] for row in self.daemon.get("/v1/units?colour=yellow").json["units"]], ["u2"])
        explained = self.daemon.get("/v1/explain?unit=u1").json
        self.assertEqual((explained["colour"], explained["computed"]), ("green", "red"))
        past = self.daemon.get("/v1/explain?unit=u1&at=" + unit["since"].replace("+", "%2B")).json
        self.assertEqual((past["colour"], past["computed"]), ("green", "red"))
        # What a restart makes of it: behind a checkpoint, and without one.
        for end in (self.daemon.stop, self.daemon.kill):
            end()
            self.daemon.start()
            self.assertEqual(self.agree(), before)
        self.daemon.stop()
        told = self.daemon.run("explain", "--data", self.daemon.data, "--rules", self.daemon.pack, "--unit", "u2",
                               "--lang", "en").stdout
        self.assertIn("yellow since", told)
        self.assertIn(before["u2"]["cases"][0], told)

    def test_a_silent_source_makes_grey_as_time_passes(self):
        self.complaints(1, source="/hotline")
        stream = Stream(self.daemon)
        self.assertFalse(self.unit()["grey"])
        grey = self.wait_for(self.unit, lambda unit: unit["grey"])
        self.assertEqual(grey["colour"], "green")
        self.assertEqual(self.daemon.get("/v1/units").json["grey"], 1)
        metrics = self.daemon.get("/metrics", "auditor").bytes.decode()
        self.assertIn('lianqing_source_stale{source="/hotline"} 1', metrics)
        self.assertIn('lianqing_source_last_record_timestamp_seconds{source="/hotline"} ', metrics)
        self.assertIn("lianqing_units_grey 1", metrics)
        # An end with a checkpoint: it is grey still.
        self.assertEqual(self.daemon.stop(), 0)
        self.daemon.start()
        self.assertTrue(self.unit()["grey"])
        self.complaints(1, source="/hotline")
        self.assertFalse(self.unit()["grey"])
        stream.close()
        self.assertEqual([(c["unit"], c["to"], c["grey"]) for _, _, c in stream.colours],
                         [("u1", "green", True)])

    def test_changes_of_colours_are_on_the_stream(self):
        stream = Stream(self.daemon)
        stream.wait(lambda events: any(name == "marker" for _, name, _ in events))
        self.complaints(2)
        case = self.unit()["cases"][0]
        self.act("warning_action", warning_id=case, action="revoke", actor_role="desk", reason="wrong")
        stream.wait(lambda _: len(stream.colours) == 2)
        self.assertEqual([(id, c["from"], c["to"]) for id, _, c in stream.colours],
                         [(None, "green", "yellow"), (None, "yellow", "green")])
        stream.close()

    def what_if(self, body, status=200, role="rule_editor"):
        answer = self.daemon.ask("POST", "/v1/whatif", role, json.dumps(body).encode(), {"Content-Type": "application/json"})
        self.assertEqual(answer.status, status, answer.bytes)
        return answer.json

    def test_what_if(self):
        self.complaints(3, "u1")
        self.complaints(1, "u2")
        same = self.what_if({"params": {"yellow_at": 2}, "days": 30})
        self.assertEqual((same["now"]["changes"], same["period"]["changes"]), ([], []))
        self.assertEqual(same["now"]["units"]["running"], {"green": 1, "yellow": 1, "red": 0})
        lower = self.what_if({"params": {"yellow_at": 1, "red_at": 3}, "days": 30})
        self.assertEqual([(c["unit"], c["rule"], c["key"], c["from"], c["to"]) for c in lower["now"]["changes"]],
                         [("u1", "many", None, "yellow", "red"), ("u2", "many", None, "green", "yellow")])
        self.assertEqual(lower["now"]["units"]["changed"], {"green": 0, "yellow": 1, "red": 1})
        self.assertEqual(lower["now"]["rules"], {"running": {"yellow": 1, "red": 0}, "changed": {"yellow": 1, "red": 1}})
        self.assertEqual(lower["period"]["changes_total"], 2)
        higher = self.what_if({"params": {"yellow_at": 20, "red_at": 50}})
        self.assertEqual([(c["unit"], c["from"], c["to"]) for c in higher["now"]["unit_changes"]], [("u1", "yellow", "green")])
        self.assertNotIn("period", higher)
        pack = PACK.replace("n >= yellow_at", "n >= 1").replace("many:", "often:")
        other = self.what_if({"files": [{"name": "p.yaml", "text": pack}]})
        self.assertEqual([(c["unit"], c["rule"], c["to"]) for c in other["now"]["changes"]],
                         [("u1", "many", "green"), ("u1", "often", "yellow"), ("u2", "often", "yellow")])
        self.assertIn("there are: red_at, yellow_at", self.what_if({"params": {"yelow_at": 1}}, 400)["detail"])
        self.assertIn("do not compile", self.what_if({"params": {"yellow_at": 1000}}, 400)["detail"])
        self.what_if({}, 400)
        self.what_if({"params": {"yellow_at": 1}, "days": 0}, 400)
        self.what_if({"params": {"yellow_at": 1}}, 403, "ingester")
        # Nothing of the running rules has changed by all that.
        self.assertEqual(self.unit()["colour"], "yellow")


if __name__ == "__main__":
    unittest.main()
