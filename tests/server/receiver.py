"""A receiver of HTTP messages for tests of sinks, and files that hold secrets."""
import base64
import http.server
import os
import ssl
import threading

from daemon import SECONDS


class Receiver:
    """Answers with `statuses` in turn (the last one for good), and keeps what came."""

    def __init__(self, statuses=(204,), certificate=None, headers=(), bodies=b""):
        outer = self
        self.got, self.statuses, self.headers, self.body = [], list(statuses), list(headers), bodies
        self.changed = threading.Condition()

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                with outer.changed:
                    status = outer.statuses.pop(0) if len(outer.statuses) > 1 else outer.statuses[0]
                    answer = outer.body(body) if callable(outer.body) else outer.body
                    outer.got.append((self.path, dict(self.headers.items()), body, status))
                    outer.changed.notify_all()
                self.send_response(status)
                for name, value in outer.headers:
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *unused):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*certificate)
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    def wait(self, count):
        with self.changed:
            self.changed.wait_for(lambda: len(self.got) >= count, SECONDS)
            return list(self.got)


def secret_text(folder, name, text):
    path = os.path.join(folder, name)
    with open(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600), "w") as file:
        file.write(text + "\n")
    return path


def secret_file(folder, name, key):
    return secret_text(folder, name, "whsec_" + base64.b64encode(key).decode())
