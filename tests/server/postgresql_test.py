#!/usr/bin/python3
"""The source `postgresql` against a real PostgreSQL: late commits with lower ids, long transactions, restarts of the
server and of the daemon, and the page's own example. Needs LIANQING_BINARY and CONNECTORS_TEST; without a server from
Debian (postgresql-15) it is left out and says so."""
import os
import random
import subprocess
import sys
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from daemon import ROOT  # noqa: E402
from postgres import Postgres, binaries  # noqa: E402
from sources_test import WithSources, block  # noqa: E402

SETUP = """  db:
    kind: postgresql
    connection: "%s"
    query: SELECT id, at, unit, severity FROM complaints WHERE id > :cursor
    cursor: id
    source: /desk
    type: complaint
    event: {id: id, time: at, unit: unit}
    every: 1s
    hold: %s
"""
TABLE = """DROP TABLE IF EXISTS complaints;
CREATE TABLE complaints (id bigserial PRIMARY KEY, at timestamptz DEFAULT now(), unit text, severity int)"""
ROW = "INSERT INTO complaints (unit, severity) SELECT 'u' || n, 3 FROM generate_series(1, %d) n"


@unittest.skipIf(binaries() is None, "no PostgreSQL server is installed (postgresql-15)")
class PostgreSql(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Postgres()

    @classmethod
    def tearDownClass(cls):
        cls.server.end()

    def daemon(self, hold="0s"):
        self.server.ask(TABLE)
        return WithSources(SETUP % (self.server.connection, hold))

    def ids(self, daemon):
        self.assertEqual(daemon.stop(), 0)
        events, kept = daemon.log_events()
        return [int(one["id"]) for one in events if one["type"] == "complaint"], kept

    def taken(self, daemon, count):
        return daemon.wait(lambda: (lambda d: d["appended"] == count and d)(daemon.sources()["db"]), "%d rows" % count)

    def test_the_source_alone(self):
        done = subprocess.run([os.environ["CONNECTORS_TEST"], "--gtest_filter=PostgreSql*"], capture_output=True, text=True,
                              env={**os.environ, "LIANQING_POSTGRES": self.server.connection}, timeout=120)
        self.assertEqual(done.returncode, 0, done.stdout[-3000:])
        self.assertNotIn("SKIPPED", done.stdout)

    def test_late_commits_with_lower_ids_are_not_passed_over(self):
        with self.daemon() as daemon:
            daemon.start()
            self.server.ask(ROW % 2)
            self.taken(daemon, 2)
            late, lost = self.server.session(), self.server.session()
            late.ask("BEGIN")
            late.ask(ROW % 1)                                   # id 3, not committed
            lost.ask("BEGIN")
            lost.ask(ROW % 1)                                   # id 4, never committed
            self.server.ask(ROW % 2)                            # ids 5 and 6 are there at once
            time.sleep(2.5)
            self.assertEqual(daemon.sources()["db"]["cursor"], "2")
            late.ask("COMMIT")
            time.sleep(1.5)
            self.assertEqual(daemon.sources()["db"]["cursor"], "2")   # the other may still commit 4
            lost.ask("ROLLBACK")
            self.taken(daemon, 5)
            late.end()
            lost.end()
            ids, _ = self.ids(daemon)
            self.assertEqual(ids, [1, 2, 3, 5, 6])

    def test_a_prepared_transaction_counts_too(self):
        with self.daemon() as daemon:
            self.server.ask("BEGIN; %s; PREPARE TRANSACTION 'later'" % (ROW % 1))
            self.server.ask(ROW % 1)
            daemon.start()
            time.sleep(2.5)
            self.assertEqual(daemon.sources()["db"]["appended"], 0)
            self.server.ask("COMMIT PREPARED 'later'")
            self.taken(daemon, 2)
            self.assertEqual(self.ids(daemon)[0], [1, 2])

    def test_the_server_restarts(self):
        with self.daemon() as daemon:
            self.server.ask(ROW % 3)
            daemon.start()
            self.taken(daemon, 3)
            self.server.stop("immediate")
            failing = daemon.wait(lambda: (lambda d: d["state"] == "failing" and d)(daemon.sources()["db"]), "the failure")
            self.assertIn("PostgreSQL: ", failing["error"])
            self.server.start()
            self.server.ask(ROW % 2)
            self.taken(daemon, 5)
            self.assertEqual(daemon.sources()["db"]["state"] in ("reading", "waiting"), True)
            ids, _ = self.ids(daemon)
            self.assertEqual(len(ids), 5)
            self.assertEqual(ids, sorted(ids))

    def test_the_daemon_is_killed_anywhere(self):
        chance, kills = random.Random(11), 30 if os.environ.get("LIANQING_NIGHTLY") else 3
        with self.daemon() as daemon:
            written = 0
            for _ in range(kills):
                count = chance.randrange(500, 2500)
                self.server.ask(ROW % count)
                written += count
                daemon.start()
                time.sleep(chance.random() * 0.5)
                daemon.kill()
            self.server.ask("INSERT INTO complaints (id, unit, severity) VALUES (%d, 'u', 99)" % (written + 1))  # refused
            daemon.start()
            daemon.wait(lambda: daemon.sources()["db"]["cursor"] == str(written + 1), "the last row")
            ids, kept = self.ids(daemon)
            self.assertEqual(ids, list(range(1, written + 1)))
            self.assertIn("(db: row %d)" % (written + 1), kept)

    def test_the_example_of_the_page_works(self):
        for page in ("postgresql.md", "postgresql.zh-CN.md"):
            path = os.path.join(ROOT, "docs", "connectors", page)
            self.server.ask("DROP TABLE IF EXISTS complaints")
            self.server.ask(block(path, "sql"))
            text = block(path, "yaml").split("sources:\n", 1)[1]
            self.assertIn("host=db.example dbname=hotline user=lianqing_reader", text)
            text = text.replace("host=db.example dbname=hotline user=lianqing_reader", self.server.connection)
            with WithSources(text) as daemon:
                done = daemon.run("connect", "test", "hotline", "--config", daemon.config, "--lang", "en")
                self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
                self.assertIn("1 records read: 1 events, 0 bad ones", done.stdout)


if __name__ == "__main__":
    unittest.main()
