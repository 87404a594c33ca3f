#!/usr/bin/python3
"""/metrics as Prometheus sees it: promtool finds nothing to say, a real Prometheus scrapes it.
Needs LIANQING_BINARY; without promtool and prometheus (Debian: prometheus) these tests are skipped."""
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import unittest
import urllib.parse
import urllib.request

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from daemon import SECONDS, Daemon, event  # noqa: E402

BATCH = "application/cloudevents-batch+json"


def values(page):
    out = {}
    for line in page.splitlines():
        if line and not line.startswith("#"):
            name, value = line.rsplit(" ", 1)
            out[name] = float(value)
    return out


def have(program):
    if shutil.which(program):
        return True
    print("SKIPPED: no %s on this machine (Debian: apt-get install prometheus)" % program, file=sys.stderr)
    return False


class Metrics(unittest.TestCase):
    def metrics(self, daemon):
        answer = daemon.get("/metrics", "sys_admin")
        self.assertEqual(answer.status, 200)
        return answer.bytes.decode()

    def wait_for(self, daemon, done):
        end = time.monotonic() + SECONDS
        while True:
            found = values(self.metrics(daemon))
            if done(found):
                return found
            self.assertLess(time.monotonic(), end, found)
            time.sleep(0.05)

    def feed(self, daemon):
        answer = daemon.post([event(i, unit="u%d" % (i % 3)) for i in range(12)] + [event("x", type="ping", unit="u1")], BATCH)
        self.assertEqual(answer.status, 200)
        self.assertEqual(daemon.post(event(1, severity=9)).status, 207)

    def test_what_is_counted(self):
        with Daemon() as daemon:
            self.feed(daemon)
            found = self.wait_for(daemon, lambda v: v.get('lianqing_transitions_by_cause_total{cause="timer"}') == 1)
            found = self.wait_for(daemon, lambda v: any(name.startswith("lianqing_source_last") for name in v))
            self.assertEqual(found["lianqing_ingest_appended_total"], 13)
            self.assertEqual(found['lianqing_ingest_quarantined_total{reason="conflict"}']
                             + found.get('lianqing_ingest_quarantined_total{reason="field"}', 0), 1)
            self.assertEqual(found["lianqing_ingest_latency_seconds_count"], 2)
            self.assertEqual(found["lianqing_commit_seconds_count"], 2)
            self.assertLess(found["lianqing_fold_lag_seconds"], SECONDS)
            evaluated = {name: found['lianqing_rule_evaluations_total{rule="%s"}' % name] for name in ("many", "blink", "trial")}
            self.assertEqual((evaluated["many"], evaluated["trial"]), (3, 3))   # once per unit and instant
            self.assertEqual(evaluated["blink"], 4)                             # and once more when its window empties
            cost = [found['lianqing_rule_fold_seconds_total{rule="%s"}' % name] for name in evaluated]
            self.assertGreater(min(cost), 0)
            # The windows of 30 days empty one day: three units wait for that.
            self.wait_for(daemon, lambda v: v["lianqing_timers"] == 3)
            heard = found['lianqing_source_last_record_timestamp_seconds{source="/desk"}']
            self.assertAlmostEqual(heard, time.time(), delta=SECONDS)
            # A source is as old as its newest record, also after a restart.
            daemon.stop()
            daemon.start()
            self.assertEqual(values(self.metrics(daemon))['lianqing_source_last_record_timestamp_seconds{source="/desk"}'], heard)

    @unittest.skipUnless(have("promtool"), "no promtool")
    def test_promtool_has_nothing_to_say(self):
        with Daemon() as daemon:
            self.feed(daemon)
            page = self.metrics(daemon)
            done = subprocess.run(["promtool", "check", "metrics"], input=page, capture_output=True, text=True, timeout=SECONDS)
            self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""))

    @unittest.skipUnless(have("prometheus"), "no prometheus")
    def test_a_prometheus_scrapes_it(self):
        with Daemon() as daemon, socket.socket() as free:
            self.feed(daemon)
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
            free.close()
            folder = os.path.join(daemon.folder, "prometheus")
            os.mkdir(folder)
            for name, text in (("token", daemon.token("sys_admin")), ("prometheus.yml", """
global: {scrape_interval: 1s}
scrape_configs:
  - job_name: lianqing
    authorization: {credentials_file: %s/token}
    static_configs: [{targets: ["127.0.0.1:%d"]}]
""" % (folder, daemon.port))):
                with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
                    file.write(text)
            with open(os.path.join(folder, "said"), "wb") as said:
                prometheus = subprocess.Popen(["prometheus", "--config.file=%s/prometheus.yml" % folder, "--storage.tsdb.path=%s/data" % folder,
                                               "--web.listen-address=127.0.0.1:%d" % port], stdout=said, stderr=said)
            try:
                def ask(query):
                    try:
                        with urllib.request.urlopen("http://127.0.0.1:%d/api/v1/query?query=%s" % (port, urllib.parse.quote(query)), timeout=5) as answer:
                            return {json.dumps(one["metric"], sort_keys=True): float(one["value"][1]) for one in json.load(answer)["data"]["result"]}
                    except OSError:
                        return {}

                end = time.monotonic() + SECONDS
                while list(ask('up{job="lianqing"}').values()) != [1.0]:
                    with open(os.path.join(folder, "said"), encoding="utf-8") as said:
                        self.assertLess(time.monotonic(), end, said.read()[-3000:])
                    time.sleep(0.2)
                self.assertEqual(list(ask("lianqing_log_records").values()), [14.0])
                self.assertEqual(sum(ask("lianqing_units_by_colour").values()), 3)
                bound = ask("histogram_quantile(0.99, sum by (le) (lianqing_ingest_latency_seconds_bucket))")
                self.assertRegex(str(list(bound.values())[0]), re.compile(r"^[0-9.]+$"))
            finally:
                prometheus.terminate()
                prometheus.wait(SECONDS)


if __name__ == "__main__":
    unittest.main()
