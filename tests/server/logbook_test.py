#!/usr/bin/python3
"""What the daemon tells on standard error: one line each, as text or JSON, and nothing confidential.
Needs LIANQING_BINARY."""
import json
import os
import re
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from daemon import Daemon, event  # noqa: E402

CANARY = "王小明-330203198001011234"


class Logbook(unittest.TestCase):
    def said(self, *arguments):
        with Daemon(arguments=arguments) as daemon:
            daemon.post(event(CANARY, unit=CANARY, data={"severity": 3, "reporter": CANARY}))
            daemon.post(event("x", data={"severity": CANARY}))
            daemon.post("{" + CANARY)
            daemon.raw(("GET /%s HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer %s\r\n\r\n" % (CANARY, CANARY)).encode())
            daemon.get("/v1/units/" + "".join("%%%02x" % b for b in CANARY.encode()))
            daemon.get("/v1/units", None, token=CANARY.encode().hex())
            self.assertEqual(daemon.stop(), 0)
            said = daemon.said()
            for secret in (CANARY, CANARY[:3], CANARY[4:], *daemon.tokens.values()):
                self.assertNotIn(secret, said)
            return said.splitlines()

    def test_as_text(self):
        lines = self.said()
        for line in lines:
            self.assertRegex(line, r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} [+-]\d\d:\d\d (info|warning|error): \S")
        self.assertRegex(lines[-1], r" info: ended$")

    def test_as_json(self):
        lines = [json.loads(line) for line in self.said("--log", "json")]
        self.assertGreater(len(lines), 3)
        for line in lines:
            self.assertEqual(set(line), {"time", "level", "message"})
            self.assertTrue(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}[+-]\d\d:\d\d", line["time"]), line)
            self.assertIn(line["level"], ("info", "warning", "error"))
        self.assertEqual(lines[-1]["message"], "ended")

    def test_in_chinese(self):
        lines = [json.loads(line)["message"] for line in self.said("--log", "json", "--lang", "zh")]
        self.assertEqual(lines[-1], "已结束")


if __name__ == "__main__":
    unittest.main()
