#!/usr/bin/python3
"""From an event's sending to its warning in the stream, at a steady rate, beside fdatasync of the same minute.

usage: stream_bench.py [DIRECTORY [SECONDS]]      each for 1,000 and 20,000 events/s

Every batch (one per 10 ms at most) holds one event that makes a warning; the others make none. Batches are due by the
clock, whether earlier ones were answered or not, and times count from when a batch was due. The stream is read by a
process of its own."""
import json
import multiprocessing
import os
import queue
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from daemon_bench import PACK, Daemon, fdatasync_times, share  # noqa: E402

UNITS, SENDERS = 10_000, 8


def follow(port, token, ready, seen):
    import http.client
    connection = http.client.HTTPConnection("127.0.0.1", port)
    connection.request("GET", "/v1/stream", headers={"Authorization": "Bearer " + token})
    for line in connection.getresponse():
        now = time.monotonic()
        if line.startswith(b"event: marker"):
            ready.set()
        elif line.startswith(b"data: ") and b'"unit":"probe-' in line:
            at = line.index(b'"unit":"probe-') + 14
            seen.put((line[at:line.index(b'"', at)].decode(), now))


def batch(number, size):
    events = [{"specversion": "1.0", "id": "%d-%d" % (number, i), "source": "/bench", "type": "complaint", "unit": "u%d" % ((number * size + i) % UNITS),
               "time": "2026-03-01T00:00:00Z", "data": {"amount": i}} for i in range(size - 1)]
    events.append({"specversion": "1.0", "id": "p%d" % number, "source": "/bench", "type": "probe", "unit": "probe-%d" % number,
                   "time": "2026-03-01T00:00:00Z"})
    return "\n".join(map(json.dumps, events)).replace("2026-03-01T00:00:00Z", time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())).encode()


def measure(folder, rate, seconds):
    with Daemon(folder, pack=PACK) as daemon:
        disk = fdatasync_times(folder)
        ready, seen = multiprocessing.Event(), multiprocessing.Queue()
        reader = multiprocessing.Process(target=follow, args=(daemon.port, daemon.token("viewer"), ready, seen), daemon=True)
        reader.start()
        assert ready.wait(30)
        pace = max(0.01, 1 / rate)
        size, count = max(1, round(rate * pace)), int(seconds / pace)
        work, due, refused = queue.Queue(), {}, []

        def send():
            connection = daemon.connect()
            headers = {"Authorization": "Bearer " + daemon.token("ingester"), "Content-Type": "application/x-ndjson"}
            while (body := work.get()) is not None:
                connection.request("POST", "/v1/events", body, headers)
                answer = connection.getresponse()
                answer.read()
                if answer.status != 200:
                    refused.append(answer.status)

        daemon.token("ingester")
        senders = [threading.Thread(target=send) for _ in range(SENDERS)]
        for sender in senders:
            sender.start()
        bodies = [batch(number, size) for number in range(count)]
        start = time.monotonic() + 0.1
        for number, body in enumerate(bodies):
            at = start + number * pace
            time.sleep(max(0.0, at - time.monotonic()))
            due[str(number)] = at
            work.put(body)
        for _ in senders:
            work.put(None)
        for sender in senders:
            sender.join()
        took = time.monotonic() - start
        times = []
        while len(times) < count - len(refused):
            probe, at = seen.get(timeout=30)
            times.append(at - due[probe])
        reader.terminate()
        disk += fdatasync_times(folder)
        ms = [1000 * x for x in (share(times, 0.5), share(times, 0.99), share(disk, 0.5), share(disk, 0.99))]
        print("%6d ev/s (sent %.0f, %d refused): event to stream p50 %.2f ms p99 %.2f ms; fdatasync p50 %.2f ms p99 %.2f ms; ratios %.1f, %.1f"
              % (rate, count * size / took, len(refused), *ms, ms[0] / ms[2], ms[1] / ms[3]))


if __name__ == "__main__":
    for rate in (1_000, 20_000):
        with tempfile.TemporaryDirectory(dir=sys.argv[1] if len(sys.argv) > 1 else None) as folder:
            measure(folder, rate, float(sys.argv[2]) if len(sys.argv) > 2 else 10)
