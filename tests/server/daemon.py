"""A running `lianqing serve` for tests: starts the real binary on a free port, talks to it with http.client."""
import datetime
import http.client
import json
import os
import signal
import socket
import subprocess
import tempfile
import threading

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BINARY = os.environ.get("LIANQING_BINARY", os.path.join(ROOT, "build", "dev", "lianqing"))
SECONDS = 30

PACK = """version: 1
pack: {id: desk, title: {zh: 窗口, en: Desk}, timezone: Asia/Shanghai, max_future: 1d}
events:
  complaint:
    fields:
      severity: {type: int, min: 1, max: 5, required: true}
measures:
  n: {count: complaint, over: 30d}
  lately: {count: ping, over: 3s}
rules:
  many: {title: {zh: 多, en: Many}, because: {zh: "共{n}件", en: "{n} complaints"}, yellow: "n >= 2", red: "n >= 4"}
  blink: {title: {zh: 闪, en: Blink}, because: "{lately}", yellow: "lately >= 1"}
  trial: {title: {zh: 试, en: Trial}, because: "{n}", status: shadow, yellow: "n >= 1"}
"""

# About reports: who reported is sensitive, and different reporters are counted.
REPORTS = """version: 1
pack: {id: desk, title: {zh: 窗口, en: Desk}, timezone: Asia/Shanghai}
events:
  complaint:
    fields:
      severity: {type: int, min: 1, max: 5}
      reporter_token: {type: string, sensitive: true}
measures:
  n: {count: complaint, over: 30d}
  people: {distinct: reporter_token, of: complaint, over: 30d}
  visits: {count: visit, over: 30d}
rules:
  many: {title: {zh: 多, en: Many}, because: {zh: "共{n}件", en: "{n} of {people}"}, yellow: "n >= 2", red: "n >= 9"}
  seen: {title: {zh: 访, en: Seen}, because: "{visits}", yellow: "visits >= 1"}
"""


def now():
    return datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def event(id, unit="u1", type="complaint", severity=3, **changes):
    out = {"specversion": "1.0", "id": str(id), "source": "/desk", "type": type, "unit": unit,
           "time": now(), "data": {"severity": severity}}
    out.update(changes)
    return {name: value for name, value in out.items() if value is not None}


class Answer:
    def __init__(self, response):
        self.status, self.headers, self.bytes = response.status, response.headers, response.read()

    @property
    def json(self):
        return json.loads(self.bytes)


class Daemon:
    def __init__(self, folder=None, pack=PACK, arguments=(), pack_path=None):
        self.keep = folder is not None
        self.temporary = None if folder else tempfile.TemporaryDirectory()
        self.folder = folder or self.temporary.name
        self.data = os.path.join(self.folder, "data")
        self.pack = pack_path or os.path.join(self.folder, "pack.yaml")
        if pack_path is None:
            with open(self.pack, "w", encoding="utf-8") as file:
                file.write(pack)
        self.arguments = list(arguments)
        self.tokens = {}
        self.process = None
        self.errors = os.path.join(self.folder, "errors.txt")

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *unused):
        if self.process is not None and self.process.poll() is None:
            self.kill()
        if self.temporary:
            self.temporary.cleanup()

    def run(self, *args):
        return subprocess.run([BINARY, *args], cwd=ROOT, capture_output=True, text=True, timeout=SECONDS)

    def token(self, role):
        if role not in self.tokens:
            done = self.run("token", "create", "--data", self.data, "--role", role, "--name", role)
            assert done.returncode == 0, done.stderr
            self.tokens[role] = done.stdout.strip()
        return self.tokens[role]

    def start(self):
        errors = open(self.errors, "ab")
        self.process = subprocess.Popen(
            [BINARY, "serve", "--data", self.data, "--rules", self.pack, "--listen", "127.0.0.1:0", "--lang", "en",
             *self.arguments], cwd=ROOT, stdout=subprocess.PIPE, stderr=errors, text=True)
        errors.close()
        line = self.process.stdout.readline()
        assert line.startswith(("listening on http://127.0.0.1:", "listening on http://0.0.0.0:")), (line, self.said()[-600:])
        self.port = int(line.rsplit(":", 1)[1])

    def said(self):
        with open(self.errors, encoding="utf-8", errors="replace") as file:
            return file.read()

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(SECONDS)
        self.process.stdout.close()
        return code

    def kill(self):
        self.process.kill()
        self.process.wait(SECONDS)
        self.process.stdout.close()

    def connect(self):
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=SECONDS)

    def ask(self, method, path, role=None, body=None, headers=None, token=None):
        headers = dict(headers or {})
        if role or token:
            headers["Authorization"] = "Bearer " + (token or self.token(role))
        connection = self.connect()
        try:
            connection.request(method, path, body=body, headers=headers)
            return Answer(connection.getresponse())
        finally:
            connection.close()

    def get(self, path, role="viewer", **more):
        return self.ask("GET", path, role, **more)

    def post(self, body, type="application/cloudevents+json", role="ingester", headers=None):
        if not isinstance(body, (bytes, str)):
            body = json.dumps(body)
        if isinstance(body, str):
            body = body.encode()
        return self.ask("POST", "/v1/events", role, body, {"Content-Type": type, **(headers or {})})

    def raw(self, data, wait=3.0):
        """Sends bytes as they are; what comes back until the server closes or is silent."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=wait) as connection:
            out = b""
            try:
                connection.sendall(data)
                while True:
                    part = connection.recv(65536)
                    if not part:
                        break
                    out += part
            except OSError:
                pass
            return out


class Stream:
    """A reader of /v1/stream on its own thread; events as (id, event, data), changes of colours apart."""

    def __init__(self, daemon, last=None, path="/v1/stream"):
        self.connection = daemon.connect()
        headers = {"Authorization": "Bearer " + daemon.token("viewer"), "Accept": "text/event-stream"}
        if last is not None:
            headers["Last-Event-ID"] = str(last)
        self.connection.request("GET", path, headers=headers)
        self.socket = self.connection.sock                 # the response takes it over
        self.response = self.connection.getresponse()
        self.events, self.comments, self.texts = [], [], []  # texts: the data of warnings as they came
        self.colours = []
        self.ended = False
        self.changed = threading.Condition()
        self.thread = threading.Thread(target=self.read, daemon=True)
        self.thread.start()

    def read(self):
        id = event = None
        data = []
        try:
            for line in self.response:
                line = line.decode().rstrip("\n")
                if line.startswith(":"):
                    with self.changed:
                        self.comments.append(line)
                        self.changed.notify_all()
                elif line.startswith("id: "):
                    id = line[4:]
                elif line.startswith("event: "):
                    event = line[7:]
                elif line.startswith("data: "):
                    data.append(line[6:])
                elif line == "" and data:
                    with self.changed:
                        if event == "warning":
                            self.texts.append("\n".join(data))
                        (self.colours if event == "colour" else self.events).append((id, event, json.loads("\n".join(data))))
                        self.changed.notify_all()
                    id, event, data = None, None, []
        except (OSError, http.client.HTTPException, ValueError, AttributeError):
            pass
        with self.changed:
            self.ended = True
            self.changed.notify_all()

    def wait(self, done, seconds=SECONDS):
        with self.changed:
            found = self.changed.wait_for(lambda: done(self.events), seconds)
            assert found, "waited in vain; %d events, the last: %.300s" % (len(self.events), self.events[-1:])
            return list(self.events)

    def warnings(self):
        with self.changed:
            return [(int(id), data) for id, event, data in self.events if event == "warning"]

    def close(self):
        try:
            self.socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass                                           # closed by the server
        self.thread.join(SECONDS)
        self.response.close()
        self.connection.close()
