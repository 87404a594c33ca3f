#!/usr/bin/python3
"""Events over HTTP: the four forms, answers per record, who may send. Needs LIANQING_BINARY."""
import json
import os
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from daemon import Daemon, event  # noqa: E402

BATCH, LINES = "application/cloudevents-batch+json", "application/x-ndjson"


class Ingest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.daemon = Daemon()
        cls.daemon.start()

    @classmethod
    def tearDownClass(cls):
        cls.daemon.__exit__()

    def results(self, answer, status=200):
        self.assertEqual(answer.status, status, answer.bytes)
        return answer.json["results"]

    def test_the_four_forms(self):
        one = self.results(self.daemon.post(event("form-1")))
        self.assertEqual(list(one[0]), ["seq"])
        first = one[0]["seq"]
        two = self.results(self.daemon.post([event("form-2"), event("form-3")], BATCH))
        self.assertEqual(two, [{"seq": first + 1}, {"seq": first + 2}])
        lines = json.dumps(event("form-4")) + "\n\n" + json.dumps(event("form-5", unit=None, subject="u1")) + "\r\n"
        self.assertEqual(self.results(self.daemon.post(lines, LINES)), [{"seq": first + 3}, {"seq": first + 4}])
        headers = {"ce-specversion": "1.0", "ce-id": "form-6", "ce-source": "/desk", "ce-type": "complaint",
                   "ce-time": "2026-03-05T10:00:00+08:00", "ce-unit": "u%E5%8D%95"}
        self.assertEqual(self.results(self.daemon.post({"severity": 1}, "application/json", headers=headers)),
                         [{"seq": first + 5}])
        self.assertEqual(self.daemon.get("/v1/units/u%E5%8D%95").json["unit"], "u单")
        # The same event in structured mode is the same event.
        again = event("form-6", unit="u单", time="2026-03-05T02:00:00Z", severity=1)
        self.assertEqual(self.results(self.daemon.post(again, "application/json; charset=utf-8")),
                         [{"duplicate_of": first + 5}])
        self.assertEqual(self.results(self.daemon.post([event("form-7")], "application/json")), [{"seq": first + 6}])
        pretty = json.dumps(event("form-8"), indent=2)
        self.assertEqual(self.results(self.daemon.post(pretty)), [{"seq": first + 7}])
        self.assertEqual(self.results(self.daemon.post("[]", BATCH)), [])

    def test_the_same_again_and_a_conflict(self):
        seq = self.results(self.daemon.post(event("twice", time="2026-03-01T00:00:00Z")))[0]["seq"]
        same = event("twice", time="2026-03-01T08:00:00+08:00")
        self.assertEqual(self.results(self.daemon.post(same)), [{"duplicate_of": seq}])
        within = event("within", time="2026-03-01T00:00:00Z")
        both = self.results(self.daemon.post([within, within], BATCH))
        self.assertEqual(both[1], {"duplicate_of": both[0]["seq"]})
        other = self.results(self.daemon.post(event("twice", severity=5, time="2026-03-01T00:00:00Z")), 207)
        self.assertEqual(other[0]["error"]["code"], "conflict")
        kept = self.daemon.get("/v1/quarantine?limit=1000", "auditor").json["records"]
        self.assertIn("conflict", [record["code"] for record in kept])

    def test_what_cannot_be_admitted_is_kept_with_its_reason(self):
        bad = [event("b1"), event("b2", severity=9), event("b3", unit=None), {"specversion": "1.0", "id": "b4"},
               event("b5", specversion=None), event("b6", time="2099-01-01T00:00:00Z"),
               event("b7", data="text"), event("b8")]
        results = self.results(self.daemon.post(bad, BATCH), 207)
        codes = [result.get("error", {}).get("code", "ok") for result in results]
        self.assertEqual(codes, ["ok", "field", "unit", "missing", "missing", "future", "data", "ok"])
        for result in results:
            if "error" in result:
                self.assertIsInstance(result["error"]["position"], int)
                self.assertTrue(result["error"]["detail"])
        lines = json.dumps(event("b9")) + "\nnot json\n" + json.dumps(event("b10"))
        results = self.results(self.daemon.post(lines, LINES), 207)
        self.assertEqual(results[1]["error"]["code"], "json")
        self.assertEqual(results[2]["seq"], results[0]["seq"] + 1)
        page = self.daemon.get("/v1/quarantine?limit=2", "auditor").json
        self.assertEqual(len(page["records"]), 2)
        rest = self.daemon.get("/v1/quarantine?limit=1000&cursor=" + page["next"], "auditor").json
        raw = [record["raw"] for record in page["records"] + rest["records"]]
        self.assertIn("not json", raw)

    def test_bodies_that_are_not_taken(self):
        daemon = self.daemon
        before = daemon.get("/readyz", None).json["records"]
        for body, type in ((b'{"a":', "application/cloudevents+json"), (b"", "application/cloudevents+json"),
                           (b'[{"a":1},]', BATCH), (b"{}", BATCH), (b'[{"a":1}] x', BATCH), (b"[NaN]", BATCH),
                           (b'{"id":"\xff"}', "application/json"), (b"[" * 100000, "application/json")):
            answer = daemon.post(body, type)
            self.assertEqual(answer.status, 400, (body[:20], answer.bytes))
            self.assertEqual(answer.headers["Content-Type"], "application/problem+json")
            self.assertEqual(answer.json["status"], 400)
        for type, more in (("text/plain", {}), ("application/json; charset=gbk", {}),
                           ("application/json", {"Content-Encoding": "gzip"})):
            self.assertEqual(daemon.post(event("type"), type, headers=more).status, 415)
        self.assertEqual(daemon.post(b" " * (17 << 20), LINES).status, 413)
        self.assertEqual(daemon.get("/readyz", None).json["records"], before)

    def test_who_may(self):
        daemon = self.daemon
        self.assertEqual(daemon.ask("POST", "/v1/events", body=b"{}").status, 401)
        answer = daemon.ask("GET", "/v1/units", token="lq_nobody")
        self.assertEqual(answer.status, 401)
        self.assertEqual(answer.headers["WWW-Authenticate"], "Bearer")
        self.assertEqual(daemon.post(event("no"), role="viewer").status, 403)
        for role, path, status in (("ingester", "/v1/units", 403), ("viewer", "/v1/units", 200),
                                   ("auditor", "/v1/warnings", 200), ("viewer", "/v1/quarantine", 403),
                                   ("sys_admin", "/metrics", 200), ("sys_admin", "/v1/warnings", 403),
                                   ("viewer", "/metrics", 403), ("sec_admin", "/v1/units", 403)):
            self.assertEqual(daemon.get(path, role).status, status, (role, path))
        self.assertEqual(daemon.get("/healthz", None).status, 200)
        # Revoked while the daemon runs.
        daemon.token("operator")
        self.assertEqual(daemon.get("/v1/units", "operator").status, 200)
        self.assertEqual(daemon.run("token", "revoke", "--data", daemon.data, "--name", "operator").returncode, 0)
        self.assertEqual(daemon.get("/v1/units", "operator").status, 401)
        with open(os.path.join(daemon.data, "tokens.tsv"), encoding="utf-8") as file:
            text = file.read()
        for token in daemon.tokens.values():
            self.assertNotIn(token, text)
        self.assertEqual(os.stat(os.path.join(daemon.data, "tokens.tsv")).st_mode & 0o777, 0o600)


if __name__ == "__main__":
    unittest.main()
