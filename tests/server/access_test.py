#!/usr/bin/python3
"""Who may see and do what: every operation of /openapi.json with every kind of token and every kind of object, cell by cell;
tokens that are revoked, expired, rotated or bound to a source; the tree of units as it changes. Needs LIANQING_BINARY."""
import json
import os
import sys
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from daemon import REPORTS, Daemon, Stream, event, now  # noqa: E402

BATCH = "application/cloudevents-batch+json"
PACK = REPORTS
# The tree: top > in > deep; out stands beside it, free is in no register.
UNITS = "id,name,parent\ntop,Top,\nin,In,top\ndeep,Deep,in\nout,Out,\n"
SEEN = {"in", "deep"}                                      # by a token limited to `in`
ALL = {"top", "in", "deep", "out", "free"}
ROLES = ("ingester", "viewer", "operator", "rule_editor", "rule_approver", "auditor", "sys_admin", "sec_admin")
LIMITED = ("viewer", "operator")
# What answers about units, and what else a limited token may ask: said here a second time, so that a new endpoint is thought of.
BY_UNIT = {"/v1/units", "/v1/units/{unit}", "/v1/warnings", "/v1/warnings/{warning}", "/v1/stream", "/v1/rules", "/v1/explain",
           "/openapi.json"}
READERS = {"viewer", "operator", "rule_editor", "rule_approver", "auditor"}
MAY = {"/v1/events": {"ingester"}, "/v1/units": READERS, "/v1/units/{unit}": READERS, "/v1/warnings": READERS,
       "/v1/warnings/{warning}": READERS, "/v1/stream": READERS, "/v1/rules": READERS, "/v1/explain": READERS,
       "/v1/rules/check": {"rule_editor", "rule_approver"}, "/v1/rules/activate": {"rule_approver"},
       "/v1/rules/propose": {"rule_editor", "rule_approver"}, "/v1/rules/proposals": {"rule_editor", "rule_approver", "auditor"},
       "/v1/rules/proposals/{proposal}": {"rule_editor", "rule_approver", "auditor"},
       "/v1/tokens": {"sec_admin"}, "/v1/tokens/create": {"sec_admin"}, "/v1/tokens/rotate": {"sec_admin"}, "/v1/tokens/revoke": {"sec_admin"},
       "/v1/quarantine": {"auditor", "operator"}, "/v1/sources": {"auditor", "operator"}, "/v1/audit": {"auditor"}, "/v1/whatif": {"rule_editor", "rule_approver", "auditor", "operator"},
       "/metrics": {"sys_admin", "auditor", "operator"}, "/openapi.json": set(ROLES)}
BODIES = {"/v1/events": (json.dumps(event("cell", unit="top", type="note")), "application/cloudevents+json"),
          "/v1/whatif": (json.dumps({"files": [{"name": "a.yaml", "text": PACK}]}), "application/json"),
          "/v1/rules/activate": (json.dumps({"reason": "a cell"}), "application/json"),
          "/v1/rules/propose": (json.dumps({"reason": "a cell", "files": [{"name": "a.yaml", "text": PACK.replace("n >= 9", "n >= 8")}]}), "application/json"),
          "/v1/tokens/create": (json.dumps({"name": "a cell", "role": "viewer"}), "application/json"),
          "/v1/tokens/rotate": (json.dumps({"name": "a cell"}), "application/json"),
          "/v1/tokens/revoke": (json.dumps({"name": "a cell"}), "application/json"),
          "/v1/rules/check": (json.dumps({"files": [{"name": "a.yaml", "text": PACK}]}), "application/json")}


class Access(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.daemon = Daemon(pack=PACK)
        register = os.path.join(cls.daemon.folder, "units.csv")
        with open(register, "w", encoding="utf-8") as file:
            file.write(UNITS)
        cls.daemon.arguments = ["--units", register]
        cls.daemon.start()
        events = [event("%s-%d" % (unit, i), unit=unit, data={"severity": 3, "reporter_token": "token-%d" % (i % people)})
                  for unit, people in (("top", 1), ("in", 3), ("deep", 2), ("out", 1), ("free", 1)) for i in range(4)]
        assert cls.daemon.post(events, BATCH).status == 200
        assert cls.daemon.post([event("v-" + unit, unit=unit, type="visit", data={}) for unit in sorted(ALL)], BATCH).status == 200
        cls.tokens = {None: None}
        for role in ROLES:
            cls.tokens[role] = cls.daemon.token(role)
        for role in LIMITED:
            cls.tokens["limited " + role] = cls.create("limited-" + role, role, "--units", "in")
        cls.tokens["revoked"] = cls.create("gone", "viewer")
        assert cls.command("revoke", "--name", "gone").returncode == 0
        cls.tokens["nonsense"] = "lq_" + "A" * 43
        cls.description = cls.daemon.get("/openapi.json").json
        cls.warnings = cls.daemon.get("/v1/warnings?limit=1000").json["warnings"]

    @classmethod
    def tearDownClass(cls):
        cls.daemon.__exit__()

    @classmethod
    def command(cls, *args):
        return cls.daemon.run("token", *args, "--data", cls.daemon.data, "--lang", "en")

    @classmethod
    def create(cls, name, role, *more):
        done = cls.command("create", "--role", role, "--name", name, *more)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def ask(self, token, method, path, body=None, type=None):
        return self.daemon.ask(method, path, token=token, body=body, headers={"Content-Type": type} if type else {})

    def objects(self, path):
        """(the path with its object in it, the unit it is about)"""
        if path == "/v1/units/{unit}":
            return [("/v1/units/" + unit, unit) for unit in sorted(ALL)] + [("/v1/units/nobody", "nobody")]
        if path == "/v1/explain":
            return [("/v1/explain?unit=" + unit, unit) for unit in sorted(ALL)] + [
                ("/v1/explain?unit=%s&at=%s" % (unit, self.warnings[0]["time"]), unit) for unit in sorted(ALL)]
        if path == "/v1/warnings/{warning}":
            return [("/v1/warnings/" + warning["id"], warning["unit"]) for warning in self.warnings] + [("/v1/warnings/w-none", "nobody")]
        if path == "/v1/rules/proposals/{proposal}":
            return [("/v1/rules/proposals/none", "nobody")]
        return [(path, None)]

    def test_every_cell(self):
        cells = 0
        for path, operations in self.description["paths"].items():
            for method, operation in operations.items():
                method = method.upper()
                if not operation["security"]:
                    self.assertIn(path, ("/healthz", "/readyz", "/", "/dashboard.js", "/dashboard.css"))
                    continue
                self.assertEqual(set(operation["x-roles"]), MAY[path], path)
                self.assertEqual(operation["x-limited-tokens"], path in BY_UNIT, path)
                for who, token in self.tokens.items():
                    role = who.split()[-1] if who else None
                    for asked, unit in self.objects(path):
                        body, type = BODIES.get(path, (None, None))
                        answer = self.ask(token, "HEAD" if path == "/v1/stream" else method, asked, body, type)
                        limited = who is not None and who.startswith("limited")
                        if role not in ROLES:
                            expected = 401
                        elif role not in MAY[path] or (limited and path not in BY_UNIT):
                            expected = 403
                        elif unit is not None and unit not in (SEEN if limited else ALL):
                            expected = 404
                        else:
                            expected = 200
                        with self.subTest(path=asked, who=who):
                            self.assertEqual(answer.status, expected)
                            if expected == 404:            # not told from one that is not there
                                nobody = self.ask(token, method, asked.replace(unit, "nobody")).json if unit != "nobody" and "warnings" not in path else None
                                if nobody:
                                    self.assertEqual(answer.json["detail"].replace(unit, "nobody"), nobody["detail"])
                        cells += 1
        self.assertGreater(cells, 400)

    def test_limited_lists(self):
        for role in LIMITED:
            token = self.tokens["limited " + role]
            units = self.ask(token, "GET", "/v1/units").json
            self.assertEqual({unit["unit"] for unit in units["units"]}, SEEN)
            self.assertEqual((units["total"], units["colours"]["yellow"], units["grey"]), (2, 2, 0))
            warnings = self.ask(token, "GET", "/v1/warnings?limit=1000").json["warnings"]
            mine = [w["id"] for w in self.warnings if w["unit"] in SEEN]
            if role == "viewer":                           # by names of its own, which the office resolves
                told = [w["id"] for w in warnings]
                self.assertFalse(set(told) & set(mine))
                self.assertEqual([self.daemon.get("/v1/warnings/" + id).json["id"] for id in told], mine)
                self.assertEqual([self.ask(token, "GET", "/v1/warnings/" + id).json["id"] for id in told], told)
            else:
                self.assertEqual([w["id"] for w in warnings], mine)
            for unit in ALL - SEEN:
                self.assertEqual(self.ask(token, "GET", "/v1/warnings?unit=" + unit).json["warnings"], [])
        # A watching operator reads everything of its own; the watched unit does not.
        mine = {w["id"]: w for w in self.warnings}
        for warning in self.ask(self.tokens["limited operator"], "GET", "/v1/warnings?limit=1000").json["warnings"]:
            self.assertEqual(warning, mine[warning["id"]])

    def test_accused_unit(self):
        token = self.tokens["limited viewer"]
        answers = [self.ask(token, "GET", path).bytes.decode() for path in
                   ("/v1/units", "/v1/units/in", "/v1/units/deep", "/v1/warnings?limit=1000", "/v1/explain?unit=in", "/v1/explain?unit=deep")]
        for id in ["%s-%d" % (unit, i) for unit in ALL for i in range(4)] + ["token-"]:
            for answer in answers:
                self.assertNotIn('"%s"' % id, answer)
        explained = {unit: {e["rule"]: e for e in self.ask(token, "GET", "/v1/explain?unit=" + unit).json["explanations"]}
                     for unit in SEEN}
        self.assertEqual(explained["in"]["many"]["values"], {"n": 4, "people": 3})
        self.assertEqual(explained["in"]["many"]["because"]["en"], "4 of 3")
        self.assertEqual(explained["deep"]["many"]["values"], {})
        self.assertEqual(explained["deep"]["many"]["withheld"], "reporters")
        for hidden in ("evidence", "why", "next", "seq"):
            self.assertNotIn(hidden, explained["deep"]["many"])
        self.assertIn("fewer than 3", explained["deep"]["many"]["because"]["en"])
        self.assertTrue(explained["deep"]["many"]["time"].endswith("T16:00:00Z"))  # its day in Shanghai
        self.assertEqual(explained["deep"]["seen"]["values"], {"visits": 1})
        self.assertIn("why", explained["deep"]["seen"])
        levels = {l["rule"]: l for l in self.ask(token, "GET", "/v1/units/deep").json["levels"]}
        self.assertEqual((levels["many"]["level"], levels["many"]["values"]), ("yellow", {}))
        self.assertTrue(levels["many"]["since"].endswith("T16:00:00Z"))

    def stream(self, token):
        saved, self.daemon.tokens["viewer"] = self.daemon.tokens["viewer"], token
        try:
            return Stream(self.daemon)
        finally:
            self.daemon.tokens["viewer"] = saved

    def test_limited_stream(self):
        stream = self.stream(self.tokens["limited viewer"])
        events = stream.wait(lambda e: any(kind == "marker" for _, kind, _ in e))
        self.assertEqual({data["unit"] for _, kind, data in events if kind == "snapshot"}, SEEN)
        self.daemon.post([event("s-%s-%d" % (unit, i), unit=unit, type="visit", data={}) for unit in ("new-out", "in-new") for i in range(2)], BATCH)
        # A unit that comes below the root while the stream is open is seen from then on.
        self.daemon.post([event("move", unit="in-new", type="unit_changed", data={"change": "move", "parent_unit_id": "in"})], BATCH)
        self.daemon.post([event("c-%s-%d" % (unit, i), unit=unit, data={"severity": 1, "reporter_token": "r"})
                          for unit in ("new-out", "in-new") for i in range(2)], BATCH)
        stream.wait(lambda e: any(kind == "warning" and data["rule"] == "many" for _, kind, data in e))
        told = [data for _, data in stream.warnings()]
        self.assertEqual({(w["unit"], w["rule"]) for w in told}, {("in-new", "many")})
        self.assertEqual((told[0]["values"], told[0]["withheld"]), ({}, "reporters"))
        self.assertLessEqual({data["unit"] for _, _, data in stream.colours}, SEEN | {"in-new"})
        stream.close()
        self.assertEqual(self.ask(self.tokens["limited viewer"], "GET", "/v1/units/in-new").status, 200)
        self.assertEqual(self.ask(self.tokens["limited viewer"], "GET", "/v1/units/new-out").status, 404)

    def test_revoked_while_it_streams(self):
        token = self.create("brief", "viewer")
        stream = self.stream(token)
        stream.wait(lambda e: any(kind == "marker" for _, kind, _ in e))
        self.assertEqual(self.command("revoke", "--name", "brief").returncode, 0)
        self.assertEqual(self.ask(token, "GET", "/v1/units").status, 401)
        self.daemon.post([event("after-%d" % i, unit="late", type="visit", data={}) for i in range(2)], BATCH)
        with stream.changed:
            self.assertTrue(stream.changed.wait_for(lambda: stream.ended, 20))
        self.assertNotIn("late", {data.get("unit") for _, _, data in stream.events})

    def test_rotated_and_expired(self):
        old = self.create("turning", "viewer", "--units", "in")
        soon = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 600))
        new = self.command("rotate", "--name", "turning", "--overlap", soon).stdout.strip()
        for token in (old, new):
            self.assertEqual(self.ask(token, "GET", "/v1/units").json["total"], 2 + (1 if self.has_new() else 0))
        last = self.command("rotate", "--name", "turning").stdout.strip()
        self.assertEqual([self.ask(token, "GET", "/v1/units").status for token in (old, new, last)], [401, 401, 200])
        brief = self.create("short", "viewer", "--expires", time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 2)))
        deadline = time.time() + 20
        while self.ask(brief, "GET", "/v1/units").status == 200:
            self.assertLess(time.time(), deadline)
            time.sleep(0.1)
        self.assertEqual(self.ask(brief, "GET", "/v1/units").status, 401)
        listed = self.command("list").stdout
        self.assertIn("limited to", listed)
        self.assertRegex(listed, r"turning +viewer +in ")
        self.assertNotIn(last, listed)

    def has_new(self):
        return self.daemon.get("/v1/units/in-new").status == 200

    def test_a_source_of_its_own(self):
        token = self.create("hotline", "ingester", "--source", "/hotline")
        body = [event("own", source="/hotline", type="note"), event("forged", source="/desk", type="note")]
        answer = self.ask(token, "POST", "/v1/events", json.dumps(body), BATCH)
        self.assertEqual(answer.status, 207)
        self.assertIn("seq", answer.json["results"][0])
        self.assertEqual(answer.json["results"][1]["error"]["code"], "source")

    def test_types_of_its_own(self):
        """A source of visits neither moves units, which would show them to others, nor decides."""
        token = self.create("visits", "ingester", "--source", "/desk", "--types", "visit", "--types", "ping")
        made = self.change("/create", name="pings", role="ingester", types=["ping"]).json["token"]
        last = self.change("/rotate", name="pings").json["token"]
        body = [event("t-1", unit="typed", type="ping", data={}), event("t-2", unit="out", type="unit_changed", data={"change": "move", "parent_unit_id": "in"})]
        for one in (token, last):
            answer = self.ask(one, "POST", "/v1/events", json.dumps(body), BATCH)
            self.assertEqual(answer.status, 207)
            self.assertEqual([sorted(r)[0] for r in answer.json["results"]][1], "error")
            self.assertEqual(answer.json["results"][1]["error"]["code"], "token_type")
        self.assertEqual(self.ask(made, "POST", "/v1/events", json.dumps(body), BATCH).status, 401)
        self.assertEqual(self.ask(self.tokens["limited viewer"], "GET", "/v1/units/out").status, 404)
        self.assertRegex(self.command("list").stdout, r"visits +ingester +/desk visit ping ")
        listed = [t for t in self.ask(self.tokens["sec_admin"], "GET", "/v1/tokens").json["tokens"] if t["name"] == "pings"]
        self.assertEqual([t["types"] for t in listed], [["ping"], ["ping"]])
        self.assertEqual(self.change("/create", name="y", role="viewer", types=["ping"]).status, 409)
        self.assertEqual(self.change("/create", name="y", role="ingester", types="ping").status, 400)

    def test_orders_that_are_refused(self):
        for arguments, words in ((("--role", "auditor", "--units", "in"), "all units"),
                                 (("--role", "viewer", "--source", "/x"), "ingester"),
                                 (("--role", "boss",), "--role expects")):
            done = self.command("create", "--name", "x", *arguments)
            self.assertNotEqual(done.returncode, 0)
            self.assertIn(words, done.stderr)
        self.create("one person", "sec_admin")
        self.assertEqual(self.command("revoke", "--name", "one person").returncode, 0)
        done = self.command("create", "--name", "one person", "--role", "auditor")
        self.assertEqual(done.returncode, 1)
        self.assertIn("has been sec_admin", done.stderr)

    def change(self, what, token=None, **body):
        return self.ask(token or self.tokens["sec_admin"], "POST", "/v1/tokens" + what, json.dumps(body), "application/json")

    def test_tokens_by_the_api(self):
        soon = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 600))
        made = self.change("/create", name="窗口", role="viewer", units=["in"], expires=soon)
        self.assertEqual(made.status, 200)
        first = made.json["token"]
        self.assertEqual(self.ask(first, "GET", "/v1/units/out").status, 404)
        self.assertEqual(self.ask(first, "GET", "/v1/units/in").status, 200)
        second = self.change("/rotate", name="窗口", overlap=soon).json["token"]
        third = self.change("/rotate", name="窗口").json["token"]
        self.assertEqual([self.ask(token, "GET", "/v1/units/in").status for token in (first, second, third)], [401, 401, 200])
        self.assertEqual(self.change("/revoke", name="窗口").status, 200)
        self.assertEqual(self.ask(third, "GET", "/v1/units/in").status, 401)
        listed = self.ask(self.tokens["sec_admin"], "GET", "/v1/tokens")
        mine = [token for token in listed.json["tokens"] if token["name"] == "窗口"]
        self.assertEqual([(t["role"], t["units"], t["in_force"], t["created_by"]) for t in mine], [("viewer", ["in"], False, "sec_admin")] * 3)
        for secret in (first, second, third):
            self.assertNotIn(secret, listed.bytes.decode())
        for what, status, body in (("/create", 400, {"name": "x"}), ("/create", 400, {"name": "x", "role": "boss"}), ("/create", 400, {"name": "x", "role": "viewer", "scope": "all"}),
                                   ("/create", 400, {"name": "os:root", "role": "viewer"}), ("/create", 400, {"name": "x", "role": "viewer", "expires": "2020-01-01T00:00:00Z"}),
                                   ("/create", 409, {"name": "x", "role": "auditor", "units": ["in"]}), ("/create", 409, {"name": "viewer", "role": "viewer"}),
                                   ("/create", 409, {"name": "sec_admin", "role": "auditor"}), ("/rotate", 404, {"name": "窗口"}), ("/revoke", 404, {"name": "窗口"}),
                                   ("/rotate", 400, {"name": "viewer", "role": "sec_admin"}), ("/revoke", 400, {})):
            self.assertEqual(self.change(what, **body).status, status, body)

        def told():
            records = self.daemon.get("/v1/audit?limit=1000", "auditor").json["records"]
            return {(r["record"]["type"].rsplit(".", 1)[1], r["record"]["data"].get("who"), r["record"]["data"].get("object")) for r in records}
        wanted = {(what, "sec_admin", "窗口") for what in ("token_create", "token_rotate", "token_revoke", "token_created", "token_revoked")}
        deadline = time.time() + 30
        while not wanted <= told():
            self.assertLess(time.time(), deadline, wanted - told())
            time.sleep(0.1)
        self.assertIn(("token_create", "sec_admin", None), told())   # what was refused

    def test_a_proposed_pack(self):
        daemon = Daemon(pack=PACK)
        self.addCleanup(daemon.__exit__)
        config = os.path.join(daemon.folder, "serve.yaml")
        with open(config, "w", encoding="utf-8") as file:
            file.write("four_eyes: true\n")
        daemon.arguments = ["--config", config]
        daemon.start()
        ask = lambda role, path, **body: daemon.ask("POST", path, role, json.dumps(body), {"Content-Type": "application/json"})  # noqa: E731
        files = [{"name": "a.yaml", "text": PACK.replace("n >= 9", "n >= 3")}]
        before = daemon.get("/v1/rules").json["running"]
        self.assertEqual(ask("rule_editor", "/v1/rules/propose", reason="broken", files=[{"name": "a.yaml", "text": "version: 2\n"}]).status, 422)
        proposed = ask("rule_editor", "/v1/rules/propose", reason="lower", files=files)
        self.assertEqual((proposed.status, proposed.json["state"]), (200, "proposed"))
        hash = proposed.json["hash"]
        own = ask("rule_approver", "/v1/rules/propose", reason="mine", files=[{"name": "a.yaml", "text": PACK.replace("n >= 9", "n >= 4")}]).json["hash"]
        self.assertEqual(ask("rule_editor", "/v1/rules/activate", reason="mine", proposal=hash).status, 403)
        answer = ask("rule_approver", "/v1/rules/activate", reason="mine", proposal=own)
        self.assertEqual((answer.status, answer.json["code"]), (403, "same_person"))
        self.assertEqual(ask("rule_approver", "/v1/rules/activate", reason="none", proposal="0" * 64).status, 404)
        self.assertEqual(ask("rule_approver", "/v1/rules/activate", reason="both", proposal=hash, files=files).status, 400)
        daemon.kill()
        daemon.start()                                     # kept durably
        listed = daemon.get("/v1/rules/proposals", "rule_approver").json["proposals"]
        self.assertEqual([(p["by"], p["reason"]) for p in listed if p["hash"] == hash], [("rule_editor", "lower")])
        whole = daemon.get("/v1/rules/proposals/" + hash, "auditor").json
        self.assertEqual(whole["files"], files)
        self.assertEqual(daemon.get("/v1/rules").json["running"], before)
        self.assertEqual(ask("rule_approver", "/v1/rules/activate", reason="agreed", proposal=hash).json["state"], "folding")
        deadline = time.time() + 30
        while daemon.get("/v1/rules").json["running"] != hash:
            self.assertLess(time.time(), deadline)
            time.sleep(0.1)
        self.assertNotIn(hash, [p["hash"] for p in daemon.get("/v1/rules/proposals", "rule_editor").json["proposals"]])
        exported = daemon.run("log", "export", "--data", daemon.data).stdout
        self.assertIn('"by":"rule_editor, rule_approver"', exported)
        self.assertIn("lower; agreed", exported)

    def test_two_people_activate(self):
        daemon = Daemon(pack=PACK)
        self.addCleanup(daemon.__exit__)
        config = os.path.join(daemon.folder, "serve.yaml")
        with open(config, "w", encoding="utf-8") as file:
            file.write("four_eyes: true\n")
        daemon.arguments = ["--config", config]
        daemon.start()
        daemon.post([event(i) for i in range(3)], BATCH)
        people = {}
        for name in ("first", "second"):
            people[name] = daemon.run("token", "create", "--data", daemon.data, "--role", "rule_approver", "--name", name).stdout.strip()

        def activate(who, text):
            body = json.dumps({"reason": "by " + who, "files": [{"name": "a.yaml", "text": text}]})
            return daemon.ask("POST", "/v1/rules/activate", token=people[who], body=body, headers={"Content-Type": "application/json"})
        changed, other = PACK.replace("n >= 9", "n >= 3"), PACK.replace("n >= 9", "n >= 4")
        before = daemon.get("/v1/rules").json["running"]
        for _ in range(2):                                 # once more by the same person: nothing
            answer = activate("first", changed)
            self.assertEqual((answer.status, answer.json["state"]), (202, "awaiting_second"))
        self.assertEqual(activate("second", other).json["state"], "awaiting_second")   # another pack: the first one again
        self.assertEqual(daemon.get("/v1/rules").json["awaiting_second"]["by"], "second")
        with open(daemon.pack, "w", encoding="utf-8") as file:   # nor does the folder rule by itself
            file.write(other)
        daemon.process.send_signal(1)
        time.sleep(1.5)
        self.assertEqual(daemon.get("/v1/rules").json["running"], before)
        self.assertEqual(activate("first", other).json["state"], "folding")
        deadline = time.time() + 20
        while daemon.get("/v1/rules").json["running"] == before:
            self.assertLess(time.time(), deadline)
            time.sleep(0.1)
        exported = daemon.run("log", "export", "--data", daemon.data).stdout
        self.assertIn('"by":"second, first"', exported)

    def test_zz_restart(self):
        self.assertTrue(self.has_new())
        self.assertEqual(self.daemon.stop(), 0)
        self.daemon.start()
        token = self.tokens["limited viewer"]
        self.assertEqual({unit["unit"] for unit in self.ask(token, "GET", "/v1/units").json["units"]}, SEEN | {"in-new"})


if __name__ == "__main__":
    unittest.main(argv=["access_test"], verbosity=1)
