#!/usr/bin/python3
"""Server-sent events: snapshot, marker, deltas; resuming exactly, also across restarts. Needs LIANQING_BINARY."""
import os
import socket
import sys
import tempfile
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from daemon import Daemon, Stream, event  # noqa: E402

BATCH = "application/cloudevents-batch+json"


def marked(events):
    return any(event == "marker" for _, event, _ in events)


class Streams(unittest.TestCase):
    def test_snapshot_marker_deltas(self):
        with Daemon() as daemon:
            daemon.post([event(i) for i in range(2)], BATCH)
            stream = Stream(daemon)
            events = stream.wait(marked)
            # The rule on trial is not told.
            self.assertEqual([(id, event, data["rule"], data["level"]) for id, event, data in events[:-1]],
                             [(None, "snapshot", "many", "yellow")])
            position = int(events[-1][0])
            self.assertEqual(events[-1][2], {"position": position})
            daemon.post([event(i) for i in range(2, 4)], BATCH)
            events = stream.wait(lambda events: events[-1][1] == "warning")
            self.assertEqual((events[-1][2]["from"], events[-1][2]["to"]), ("yellow", "red"))
            self.assertGreater(int(events[-1][0]), position)
            stream.close()

    def test_time_alone_moves_a_level_without_records(self):
        with Daemon() as daemon:
            stream = Stream(daemon)
            stream.wait(marked)
            daemon.post(event("p", type="ping"))
            events = stream.wait(lambda events: len([e for e in events if e[1] == "warning"]) == 2)
            found = [(data["rule"], data["to"], data["cause"]) for _, event, data in events if event == "warning"]
            self.assertEqual(found, [("blink", "yellow", "event"), ("blink", "green", "timer")])
            stream.close()

    def test_resumes_exactly_across_restarts_and_kills(self):
        with tempfile.TemporaryDirectory() as folder, Daemon(folder) as daemon:
            seen, last, sent = [], 0, 0
            for life in range(4):
                stream = Stream(daemon, last=last)
                for _ in range(3):
                    daemon.post([event("%d" % (sent + i), unit="u%d" % (sent // 4)) for i in range(4)], BATCH)
                    sent += 4
                head = daemon.get("/v1/warnings?limit=1").json["position"]
                if life != 2:                              # once, the stream is behind when it ends
                    stream.wait(lambda events: events and int(events[-1][0]) >= head - 1)
                if life % 2:
                    daemon.kill()
                else:
                    self.assertEqual(daemon.stop(), 0)
                stream.thread.join(10)
                self.assertTrue(stream.ended)
                seen += stream.warnings()
                last = seen[-1][0] if seen else 0
                daemon.start()
            stream = Stream(daemon, last=last)
            daemon.post([event("end-%d" % i, unit="end") for i in range(2)], BATCH)
            stream.wait(lambda events: events and events[-1][2]["unit"] == "end")
            seen += stream.warnings()
            stream.close()
            positions = [position for position, _ in seen]
            self.assertEqual(positions, sorted(set(positions)), "told twice, or out of order")
            whole = Stream(daemon, last=0)
            whole.wait(lambda events: events and events[-1][2]["unit"] == "end")
            self.assertEqual(whole.warnings(), seen)
            whole.close()
            self.assertEqual(len({warning["id"] for _, warning in seen}), len(seen))

    def test_a_slow_reader_is_cut_and_the_others_go_on(self):
        with Daemon() as daemon:
            slow = socket.socket()
            slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            slow.connect(("127.0.0.1", daemon.port))
            token = daemon.token("viewer")
            slow.sendall(("GET /v1/stream HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer %s\r\n\r\n" % token).encode())
            quick = Stream(daemon)
            quick.wait(marked)
            daemon.token("sys_admin")
            count = 0
            end = time.monotonic() + 25
            while time.monotonic() < end:
                units = [event("s-%d-%d" % (count, i), unit="s%d-%d" % (count, i // 2)) for i in range(800)]
                self.assertEqual(daemon.post(units, BATCH).status, 200)
                count += 1
                text = daemon.get("/metrics", "sys_admin").bytes.decode()
                if "lianqing_streams_cut_total 1" in text:
                    break
                time.sleep(0.2 if count < 8 else 0.5)
            self.assertIn("lianqing_streams_cut_total 1", text)
            self.assertIn("lianqing_stream_clients 1", text)
            head = daemon.get("/v1/warnings?limit=1").json["position"]
            quick.wait(lambda events: int(events[-1][0]) >= head - 1)
            quick.close()
            slow.close()

    def test_bad_starts(self):
        with Daemon() as daemon:
            self.assertEqual(daemon.get("/v1/stream", headers={"Last-Event-ID": "x"}).status, 400)
            self.assertEqual(daemon.get("/v1/stream", "ingester").status, 403)
            far = Stream(daemon, last=10 ** 9)             # from another log: begins anew
            self.assertEqual(far.wait(marked)[-1][0], "0")
            far.close()


if __name__ == "__main__":
    unittest.main()
