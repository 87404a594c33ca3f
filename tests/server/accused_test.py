#!/usr/bin/python3
"""What the viewers of an accused unit, and others whose tokens see some units only, can find out by asking often and comparing:
no time of day, no event of another unit, not even its number. Needs LIANQING_BINARY."""
import json
import os
import re
import sys
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from daemon import REPORTS, Daemon, Stream, event, now  # noqa: E402

BATCH = "application/cloudevents-batch+json"
# Rules on warnings and on other units rise with those on reports.
PACK = REPORTS.replace("  visits:", """  warned: {warnings: active, rules: [many]}
  twice: {value: "n * 2"}
  visits:""") + """  again: {title: {zh: 又, en: Again}, because: "{warned}", yellow: "warned >= 1"}
  derived: {title: {zh: 倍, en: Twice}, because: "{twice}", yellow: "twice >= 4"}
"""
UNITS = "id,name,parent\ntop,Top,\nin,In,top\ndeep,Deep,in\nout,Out,\n"
SEEN = {"in", "deep"}


def explained(answer):
    """What an explanation says. Its own id is that of the moment it was made at, and sealed."""
    for one in answer.json.get("explanations", []):
        del one["id"]
    return json.dumps(answer.json)


class Accused(unittest.TestCase):
    def setUp(self):
        self.daemon = Daemon(pack=PACK)
        self.addCleanup(self.daemon.__exit__)
        register = os.path.join(self.daemon.folder, "units.csv")
        with open(register, "w", encoding="utf-8") as file:
            file.write(UNITS)
        self.daemon.arguments = ["--units", register]
        self.daemon.start()
        for unit, people in (("out", 1), ("in", 3), ("deep", 2)):
            self.daemon.post([event("%s-%d" % (unit, i), unit=unit, data={"reporter_token": "token-%d" % (i % people)}) for i in range(4)], BATCH)
        self.daemon.post([event("v-" + unit, unit=unit, type="visit", data={}) for unit in sorted(SEEN)], BATCH)
        self.tokens = {}
        for role in ("viewer", "operator"):
            done = self.daemon.run("token", "create", "--data", self.daemon.data, "--role", role, "--name", "limited-" + role, "--units", "in")
            self.tokens[role] = done.stdout.strip()

    def ask(self, token, method, path):
        return self.daemon.ask(method, path, token=token)

    def stream(self, role, last=None):
        self.daemon.token("viewer")
        saved, self.daemon.tokens["viewer"] = self.daemon.tokens["viewer"], self.tokens[role]
        try:
            return Stream(self.daemon, last)
        finally:
            self.daemon.tokens["viewer"] = saved

    def test_days_only(self):
        """The accused unit never reads at what time of day something happened, however often it asks."""
        token = self.tokens["viewer"]
        stream = self.stream("viewer")
        stream.wait(lambda e: any(kind == "marker" for _, kind, _ in e))
        self.daemon.post([event("day-%d" % i, unit="deep", data={"severity": 1, "reporter_token": "day-%d" % i}) for i in range(9)], BATCH)
        stream.wait(lambda e: any(kind == "warning" and data["unit"] == "deep" for _, kind, data in e))
        stream.close()
        told = json.dumps(stream.events + stream.colours)
        for path in ("/v1/units", "/v1/units?cases=true", "/v1/units/in", "/v1/units/deep", "/v1/warnings?limit=1000", "/v1/explain?unit=in",
                     "/v1/explain?unit=deep", "/v1/explain?unit=deep&at=" + now(), "/v1/explain?unit=deep&at=2020-01-01T03:04:05Z", "/v1/rules"):
            told += self.ask(token, "GET", path).bytes.decode()
        self.assertIn('"open_cases":[{', told)
        self.assertIn('"next":[{', told)
        midnight = "T16:00:00Z"                            # in Shanghai
        self.assertEqual(set(re.findall(r"\d{4}-\d\d-\d\d(T[0-9:.]+(?:Z|[+-]\d\d:\d\d)|[ T]\d\d:\d\d)", told)), {midnight})
        for word in ('"seq"', '"late_by"', '"evidence"'):
            self.assertNotIn(word, told)
        for warning in self.daemon.get("/v1/warnings?limit=1000").json["warnings"]:
            self.assertNotIn(warning["id"], told)

    def test_no_bisection(self):
        token = self.tokens["viewer"]
        instants = sorted({w["time"] for w in self.daemon.get("/v1/warnings?limit=1000").json["warnings"] if w["unit"] in SEEN})
        start = instants[0][:10] + "T00:00:00+08:00"
        at = lambda t: time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(t))  # noqa: E731
        first = time.mktime(time.strptime(instants[0][:19], "%Y-%m-%dT%H:%M:%S")) - time.timezone
        day = (int(first) + 8 * 3600) // 86400 * 86400 - 8 * 3600
        moments = [at(day + seconds) for seconds in (0, 1, 3600, int(first) - day, int(first) - day + 1, 86399)]
        for path in ("/v1/explain?unit=in&at=%s", "/v1/explain?unit=deep&at=%s"):
            answers = {explained(self.ask(token, "GET", path % t)) for t in moments}
            self.assertEqual(len(answers), 1, answers)
        answers = {json.dumps(self.ask(token, "GET", "/v1/warnings?limit=1000&since=" + t).json["warnings"]) for t in moments}
        self.assertEqual(len(answers), 1)
        self.assertNotEqual(answers, {"[]"}, start)
        for path in ("/v1/explain?unit=in&at=%s",):        # the day before, and long after all windows
            self.assertIn(self.ask(token, "GET", path % at(day - 5)).status, (200, 404))
            self.assertEqual(len({explained(self.ask(token, "GET", path % at(day + 30 * 86400 + s))) for s in (0, 40000, 86399)}), 1)

    def test_others_do_not_show(self):
        """What happens in other units changes nothing of what a limited token is told, not even places, tags or totals."""
        for role in ("viewer", "operator"):
            token = self.tokens[role]
            paths = ("/v1/units?limit=1", "/v1/units?cases=true", "/v1/warnings?limit=1000", "/v1/units/in")

            def told():
                answers = [self.ask(token, "GET", path) for path in paths]
                return [(a.headers["ETag"], {k: v for k, v in a.json.items() if k != "at"}) for a in answers]
            before = told()
            tag = before[1][0]
            self.assertNotIn("position", self.ask(token, "GET", "/v1/warnings").json)
            self.daemon.post([event("%s-alone-%d" % (role, i), unit="alone-" + role, data={"severity": 1, "reporter_token": "z"}) for i in range(3)], BATCH)
            self.assertEqual(self.daemon.get("/v1/units/alone-" + role).json["colour"], "yellow")
            self.assertEqual(told(), before)
            again = self.daemon.ask("GET", "/v1/units?cases=true", token=token, headers={"If-None-Match": tag})
            self.assertEqual((again.status, again.bytes), (304, b""))
            guessed = self.daemon.ask("GET", "/v1/warnings", token=token, headers={"If-None-Match": ", ".join('"w1-%d"' % i for i in range(300))})
            self.assertEqual(guessed.status, 200)
            page, seen, cursor = None, [], ""
            while cursor is not None:                      # pages by places that say nothing
                page = self.ask(token, "GET", "/v1/warnings?limit=1" + cursor).json
                seen += [w["id"] for w in page["warnings"]]
                cursor = page["next"] and "&cursor=" + page["next"]
            self.assertEqual(seen, [w["id"] for w in self.ask(token, "GET", "/v1/warnings?limit=1000").json["warnings"]])
            for cursor in ("1", "2", str(2 ** 64 - 1)):
                self.assertEqual(self.ask(token, "GET", "/v1/warnings?cursor=" + cursor).status, 400)
            units = self.ask(token, "GET", "/v1/units?limit=1&cursor=in").json
            self.assertIsNone(units["next"])               # though others come behind

    def test_resumes(self):
        stream = self.stream("viewer")
        again = self.stream("viewer")
        marker = [id for id, kind, _ in stream.wait(lambda e: any(kind == "marker" for _, kind, _ in e)) if kind == "marker"][0]
        other = [id for id, kind, _ in again.wait(lambda e: any(kind == "marker" for _, kind, _ in e)) if kind == "marker"][0]
        self.assertNotEqual(marker, other)                 # says nothing about what happened in between
        stream.close()
        again.close()
        self.daemon.post([event("r-%d" % i, unit="late", data={"reporter_token": "r"}) for i in range(2)], BATCH)
        self.daemon.post([event("move", unit="late", type="unit_changed", data={"change": "move", "parent_unit_id": "in"})], BATCH)
        self.daemon.kill()
        self.daemon.start()                                # places are known again
        resumed = self.stream("viewer", last=marker)
        events = resumed.wait(lambda e: any(kind == "warning" and data["unit"] == "late" for _, kind, data in e))
        self.assertEqual({kind for _, kind, _ in events}, {"warning"})
        resumed.close()
        lost = self.stream("viewer", last="1")             # a place that was never given out
        lost.wait(lambda e: any(kind == "marker" for _, kind, _ in e))
        lost.close()


if __name__ == "__main__":
    unittest.main(argv=["accused_test"], verbosity=1)
