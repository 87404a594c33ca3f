#!/usr/bin/python3
"""Bytes that mean harm: every one is answered with 4xx or cut, none crashes the daemon, and good requests go on.
Needs LIANQING_BINARY. LIANQING_SEED: of the random bytes."""
import json
import os
import random
import re
import socket
import sys
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from daemon import Daemon, event  # noqa: E402

# As the n_ files of JSONTestSuite: no JSON, in every way that parsers have got wrong.
NOT_JSON = [
    b'[1 true]', b'["": 1]', b'[1,,]', b'[1,]', b'[,1]', b'[1]]', b'["",]', b'["x"', b'[x', b'[3[4]]', b'["a",\n4\n,1,',
    b'[1:2]', b'[,]', b'[-]', b'[   , ""]', b'["a"\n', b'[1,\n1\n,1', b'[*]', b'[""', b'[nul]', b'[tru]', b'[fals]',
    b'[++1234]', b'[+1]', b'[+Inf]', b'[-01]', b'[-1.0.]', b'[-2.]', b'[-NaN]', b'[.-1]', b'[.2e-3]', b'[0.1.2]',
    b'[0.3e+]', b'[0.3e]', b'[0.e1]', b'[0_1]', b'[0e+]', b'[0e]', b'[1.0e+]', b'[1.0e-]', b'[1.0e]', b'[1 000.0]',
    b'[1eE2]', b'[2.e+3]', b'[2.e-3]', b'[2.e3]', b'[9.e+]', b'[Inf]', b'[NaN]', b'[Infinity]', b'[-Infinity]', b'[1+2]',
    b'[0x1]', b'[0x42]', b'[- 1]', b'[-012]', b'[-.123]', b'[-1x]', b'[1ea]', b'[1.]', b'[.123]', b'[1.2a-3]',
    b'[1.8011670033376514H-308]', b'[012]', b'["x", truth]', b'{[: "x"}\n', b'{"x", null}', b'{"x"::"b"}', b'{a:"b"}',
    b'{key: \'value\'}', b'{"a":"a" 123}', b'{"a" b}', b'{:"b"}', b'{"a" "b"}', b'{"a":', b'{"a"', b'{1:1}', b'{null:1}',
    b'{"id":0,,,,,}', b"{'a':0}", b'{"id":0,}', b'{"a":"b"}/**/', b'{"a":"b"}/**//', b'{"a":"b"}//', b'{"a":"b"}/',
    b'{"a":"b",,"c":"d"}', b'{a: "b"}', b'{"a":"a', b'{ "foo" : "bar", "a" }', b'{"a":"b"}#', b' ', b'["\\uD800\\"]',
    b'["\\uD800\\u"]', b'["\\uD800\\u1"]', b'["\\uD800\\u1x"]', b'["\\x00"]', b'["\\\\\\"]', b'["\\\t"]', b'["\\"]',
    b'["\\u00A"]', b'["\\a"]', b'["\\uqqqq"]', b'[\\u0020"asd"]', b'[\\n]', b'"', b"['single quote']", b'abc', b'["\\',
    b'["a\x00a"]', b'["new\nline"]', b'["\t"]', b'"\\UA66D"', b'""x', b'<.>', b'[<null>]', b'[1]x', b'1]', b'aa\xc3',
    b'{"": "\xff"}', b'["asd]', b'a\xc3\xa5', b'[True]', b'1]', b'{"x": true,', b'[][]', b']', b'\xef\xbb{}',
    b'\xc3\xa5', b'[', b'', b'2@', b'{}}', b'{"":', b'{"a":/*comment*/"b"}', b'{"a": true} "x"', b"['", b'["a', b'["a"',
    b'[,', b'[1', b'{]', b'{,', b'{[', b'{"a', b"{'a'", b'["\\{["\\{["\\{["\\{', b'*', b'{"a":"b"}#{}', b'[\\u000A""]',
    b'[1', b'[ false, tru', b'[ true, nul', b'{"asd":"asd"', b'\xe2\x81\xa0', b'\xef\xbb\xbf', b'[\x0c]', b'[\xe2\x81\xa0]',
    b'[' * 100000, b'[{"":' * 50000, b'{"a":' * 40000]


def request(head, body=b"", method="POST", target="/v1/events", host="Host: a\r\n"):
    return ("%s %s HTTP/1.1\r\n%s%s\r\n" % (method, target, host, head)).encode("latin-1") + body


def smuggling():
    """Heads that two programs could read in two ways."""
    chunks = b"3\r\nabc\r\n0\r\n\r\n"
    yield request("Content-Length: 3\r\nTransfer-Encoding: chunked\r\n", chunks)
    yield request("Transfer-Encoding: chunked\r\nContent-Length: 3\r\n", chunks)
    yield request("Content-Length: 3\r\nContent-Length: 3\r\n", b"abc")
    yield request("Content-Length: 3\r\nContent-Length: 4\r\n", b"abc")
    yield request("Content-Length: 3, 3\r\n", b"abc")
    for bad in ("+3", "-3", "3 3", "0x3", "", "3a", "99999999999999999999", "３"):
        yield request("Content-Length: %s\r\n" % bad.encode().decode("latin-1"), b"abc")
    for bad in ("xchunked", "identity", "", "gzip", "chunked, chunked", "gzip, chunked", "chunked;q=1", "\x0bchunked",
                "chunked\r\nTransfer-Encoding: chunked", "chunked\r\nTransfer-Encoding: identity"):
        yield request("Transfer-Encoding: %s\r\n" % bad, chunks)
    for bad in (b"3;a=b\r\nabc\r\n0\r\n\r\n", b"3 \r\nabc\r\n0\r\n\r\n", b"0x3\r\nabc\r\n0\r\n\r\n", b"+3\r\nabc\r\n0\r\n\r\n",
                b"3\nabc\n0\n\n", b"3\r\nabcd\r\n0\r\n\r\n", b"3\r\nabc\r\n0\r\nX: y\r\n\r\n", b"g\r\n", b"\r\n",
                b"ffffffffffffffffff\r\nabc", b"3\r\nabc0\r\n\r\n", b"3\r\nabc\r\n0\r\n\n", b"-1\r\n"):
        yield request("Transfer-Encoding: chunked\r\n", bad)
    yield request("Content-Length : 3\r\n", b"abc")
    yield request(" Content-Length: 3\r\n", b"abc")
    yield request("X: a\r\n folded\r\nContent-Length: 0\r\n")
    yield request("X: a\x00b\r\nContent-Length: 0\r\n")
    yield request("X: a\x01b\r\nContent-Length: 0\r\n")
    yield request("X: a\x7fb\r\nContent-Length: 0\r\n")
    yield request("X: a\rb\r\nContent-Length: 0\r\n")
    yield request("NoColon\r\nContent-Length: 0\r\n")
    yield request(": empty\r\nContent-Length: 0\r\n")
    yield request("", host="")
    yield request("Host: b\r\n")
    yield request("", host="Host: a b\r\n")
    yield request("", host="Host: a/b\r\n")
    yield request("", host="Host: \r\n")
    yield request("Expect: 200-ok\r\nContent-Length: 0\r\n")
    yield request("Content-Length: 3\r\n", b"abc", method="GET", target="/healthz")
    yield request("Transfer-Encoding: chunked\r\n", chunks, method="GET", target="/healthz")
    yield request("", method="GET", target="http://other/healthz")
    yield request("", method="GET", target="healthz")
    yield request("", method="GET", target="/healthz#x")
    yield request("", method="GET", target="/health\x80z")
    yield request("", method="GET", target="/%zz")
    yield request("", method="GET", target="/%00")
    yield request("", method="GET", target="/%ff")
    yield request("", method="GET", target="/v1/units?limit=1&limit=2")
    yield request("", method="G\x00T", target="/healthz")
    yield request("", method="G(T", target="/healthz")
    yield b"GET /healthz HTTP/1.1\nHost: a\n\n"
    yield b"GET /healthz HTTP/1.1\r\nHost: a\n\r\n"
    yield b"GET  /healthz HTTP/1.1\r\nHost: a\r\n\r\n"
    yield b"GET /healthz  HTTP/1.1\r\nHost: a\r\n\r\n"
    yield b"GET /healthz HTTP/1.1 \r\nHost: a\r\n\r\n"
    yield b"GET /healthz\r\nHost: a\r\n\r\n"
    yield b"GET /healthz HTTP/2.0\r\nHost: a\r\n\r\n"
    yield b"GET /healthz http/1.1\r\nHost: a\r\n\r\n"
    yield b"GET /healthz HTTP/1.11\r\nHost: a\r\n\r\n"
    yield b"POST /v1/events HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks
    yield b"\r\n\r\n"
    yield b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"           # a TLS greeting
    yield b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
    yield b"GET /" + b"a" * 3000 + b" HTTP/1.1\r\nHost: a\r\n\r\n"
    yield b"GET /" + b"a" * 30000
    yield b"GET /healthz HTTP/1.1\r\nHost: a\r\n" + b"X: y\r\n" * 70 + b"\r\n"
    yield b"GET /healthz HTTP/1.1\r\nHost: a\r\nX: " + b"y" * 20000 + b"\r\n\r\n"
    yield request("Content-Length: 99999999999\r\n")


class Hostile(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.daemon = Daemon()
        cls.daemon.start()
        cls.token = cls.daemon.token("ingester")

    @classmethod
    def tearDownClass(cls):
        cls.daemon.__exit__()

    def alive(self):
        self.assertIsNone(self.daemon.process.poll(), self.daemon.said()[-500:])
        self.assertEqual(self.daemon.get("/healthz", None).status, 200)

    def statuses(self, raw):
        return [int(s) for s in re.findall(rb"(?:^|\n|\})HTTP/1\.1 (\d\d\d) ", raw)]

    def test_bodies_that_are_not_json(self):
        connection = self.daemon.connect()
        for body in NOT_JSON:
            for type in ("application/json", "application/cloudevents+json"):
                connection.request("POST", "/v1/events", body,
                                   {"Content-Type": type, "Authorization": "Bearer " + self.token})
                response = connection.getresponse()
                text = response.read()
                self.assertEqual(response.status, 400, (body[:60], text))
                json.loads(text)
        # As the data of an event in binary mode.
        for body in NOT_JSON:
            headers = {"ce-specversion": "1.0", "ce-id": "x", "ce-source": "/s", "ce-type": "t", "ce-unit": "u",
                       "ce-time": "2026-01-01T00:00:00Z"}
            if body.strip():
                answer = self.daemon.post(body, "application/json", headers=headers)
                self.assertEqual(answer.status, 400, (body[:60], answer.bytes))
        self.alive()

    def test_heads_that_could_be_read_in_two_ways(self):
        token = ("Authorization: Bearer %s\r\n" % self.token).encode()
        before = self.daemon.get("/readyz", None).json["records"]
        for message in smuggling():
            line = message.find(b"\r\n") + 2
            for bytes in (message, message[:line] + token + message[line:] if line > 1 else message):
                answer = self.daemon.raw(bytes)
                found = self.statuses(answer)
                self.assertEqual(len(found), 1, (bytes[:200], answer[:300]))
                self.assertIn(found[0], (400, 413, 414, 417, 431, 505), bytes[:200])
                self.assertIn(b"Connection: close", answer)
        self.assertEqual(self.daemon.get("/readyz", None).json["records"], before)
        self.alive()

    def test_what_is_allowed_though_odd(self):
        good = [b"GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
                b"GET /healthz HTTP/1.0\r\n\r\n",
                b"GET http://a/healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
                b"GET /healthz? HTTP/1.1\r\nhOST:a\r\nConnection: close\r\nX:\r\n\r\n",
                b"GET /%68ealthz HTTP/1.1\r\nHost: [::1]:80\r\nConnection: close\r\n\r\n"]
        for message in good:
            self.assertEqual(self.statuses(self.daemon.raw(message)), [200], message)
        piped = b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n" * 50 + good[0]
        self.assertEqual(self.statuses(self.daemon.raw(piped)), [200] * 51)

    def test_the_probes_of_h1spec(self):
        """What uNetworking/h1spec asks of a server: 15 pieces of a message that are waited for, 18 messages judged."""
        whole = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r"
        waits = [whole[:at] for at in (1, 4, 12, 13, 17, 21, 22, 23, 26, 28, 29, 38, 39, 40, 41)]
        open_ones = []
        for piece in waits:
            connection = socket.create_connection(("127.0.0.1", self.daemon.port), timeout=5)
            connection.sendall(piece)
            open_ones.append((piece, connection))
        time.sleep(0.3)
        for piece, connection in open_ones:
            connection.setblocking(False)
            with self.assertRaises(BlockingIOError, msg=piece):
                connection.recv(1)
            connection.setblocking(True)
            connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"[len(piece):])
            if piece != whole:
                self.assertEqual(self.statuses(connection.recv(65536)), [200], piece)
            connection.close()
        body = json.dumps(event("h1")).encode()
        sent = "Authorization: Bearer %s\r\nContent-Type: application/json\r\nConnection: close\r\n" % self.token
        get = "Connection: close\r\n"
        bad, good = range(400, 600), range(200, 300)
        probes = [
            (b"GET / \r\n\r\n", bad),
            (request("Expect: 100-continue\r\n" + get, method="GET", target="/"), [100, *good]),
            (request(get, method="GET", target="/"), good),
            (b"GET / HTTP/1.1\r\nhoSt:\texample.com\r\nempty:\r\nConnection: close\r\n\r\n", good),
            (request("X-Invalid[]: test\r\n", method="GET", target="/"), bad),
            (request("Content-Length: 5\r\n", method="GET", target="/", host=""), bad),
            (request("Host: example.org\r\n", method="GET", target="/"), bad),
            (request("Content-Length: -123456789123456789123456789\r\n", method="GET", target="/"), bad),
            (request("Content-Length: -1234\r\n", method="GET", target="/"), bad),
            (request("Content-Length: abc\r\n", method="GET", target="/"), bad),
            (request("X-Empty: \r\n" + get, method="GET", target="/"), good),
            (request("X-Bad: test\x07\r\n", method="GET", target="/"), bad),
            (b"GET / HTTP/9.9\r\nHost: a\r\n\r\n", bad),
            (b"Extra lineGET / HTTP/1.1\r\nHost: a\r\n\r\n", bad),
            (b"GET / HTTP/1.1\r\nHost: a\r\n\rSome: x\r\n\r\n", bad),
            (request(sent + "Content-Length: %d\r\n" % len(body), body), good),
            (request(sent + "Transfer-Encoding: chunked\r\n", b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)), good),
            (request(sent + "content-LengtH: 5\r\nTransFer-Encoding: chunked\r\n",
                     b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)), bad)]
        self.assertEqual(len(waits) + len(probes), 33)
        for message, expected in probes:
            found = self.statuses(self.daemon.raw(message))
            self.assertTrue(found and found[0] in expected, (message, found))

    def test_a_chunked_body_in_pieces_and_a_wait_for_100(self):
        body = json.dumps(event("chunked")).encode()
        pieces = b"".join(b"%x\r\n%s\r\n" % (len(body[i:i + 7]), body[i:i + 7]) for i in range(0, len(body), 7))
        head = request("Authorization: Bearer %s\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n"
                       "Expect: 100-continue\r\nConnection: close\r\n" % self.token)
        with socket.create_connection(("127.0.0.1", self.daemon.port), timeout=5) as connection:
            for at in range(0, len(head), 5):
                connection.sendall(head[at:at + 5])
            self.assertEqual(connection.recv(100), b"HTTP/1.1 100 Continue\r\n\r\n")
            for at in range(0, len(pieces), 11):
                connection.sendall(pieces[at:at + 11])
            connection.sendall(b"0\r\n\r\n")
            answer = b""
            while part := connection.recv(65536):
                answer += part
        self.assertEqual(self.statuses(answer), [200])
        self.assertIn(b'{"seq":', answer)

    def test_random_bytes(self):
        seed = int(os.environ.get("LIANQING_SEED", random.randrange(1 << 30)))
        rng = random.Random(seed)
        whole = request("Authorization: Bearer %s\r\nContent-Type: application/json\r\nContent-Length: 5\r\n"
                        % self.token, b"[NaN]")
        with self.subTest(seed=seed):
            for _ in range(300):
                if rng.random() < 0.3:
                    data = rng.randbytes(rng.randrange(1, 400))
                else:                                      # a good message with a few bytes changed, cut or doubled
                    data = bytearray(whole)
                    for _ in range(rng.randrange(1, 4)):
                        at = rng.randrange(len(data))
                        choice = rng.random()
                        if choice < 0.6:
                            data[at] = rng.randrange(256)
                        elif choice < 0.8:
                            del data[at:at + rng.randrange(1, 20)]
                        else:
                            data[at:at] = data[at:at + rng.randrange(1, 20)]
                        if not data:
                            data = bytearray(b"x")
                answer = self.daemon.raw(bytes(data), wait=0.05)
                for status in self.statuses(answer):
                    self.assertTrue(400 <= status < 500 or status == 505, (status, bytes(data)))
            self.alive()

    def test_slow_clients_do_not_hold_the_others(self):
        slow = []
        for i in range(100):
            connection = socket.create_connection(("127.0.0.1", self.daemon.port), timeout=20)
            if i % 3 == 0:
                connection.sendall(b"GET /healthz HTTP/1.1\r\nHo")
            elif i % 3 == 1:
                connection.sendall(request("Authorization: Bearer %s\r\nContent-Length: 100000\r\n" % self.token, b"{"))
            slow.append(connection)
        start = time.monotonic()
        for _ in range(20):
            self.alive()
        self.assertLess(time.monotonic() - start, 5)
        answers = []
        for connection in slow:
            answer = b""
            try:
                while part := connection.recv(65536):
                    answer += part
            except OSError:
                pass
            answers += self.statuses(answer)
            connection.close()
        self.assertLess(time.monotonic() - start, 18, "a slow client was waited for")
        self.assertEqual(set(answers), {408})

    def test_more_connections_than_there_is_room_for(self):
        held = []
        try:
            for _ in range(1100):
                held.append(socket.create_connection(("127.0.0.1", self.daemon.port), timeout=5))
            turned = 0
            for connection in held[-20:]:
                connection.settimeout(1)
                try:
                    turned += connection.recv(1) == b""
                except OSError:
                    pass
            self.assertGreater(turned, 0)
        finally:
            for connection in held:
                connection.close()
        time.sleep(0.3)
        self.alive()


if __name__ == "__main__":
    unittest.main()
