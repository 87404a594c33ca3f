#!/usr/bin/python3
"""`lianqing lsp` as an editor drives it: the same findings as `check`, hover, completion, definition, rename.

Needs LIANQING_BINARY."""
import json
import os
import shutil
import subprocess
import tempfile
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BINARY = os.environ.get("LIANQING_BINARY", os.path.join(ROOT, "build", "dev", "lianqing"))

PACK = """\
version: 1
pack: {id: demo, calendar: cn}
params:
  surge: {value: 3, min: 1, max: 9, title: {zh: 投诉线, en: Line}}
  calm: 9d
lists:
  hot: [hotline, letter]
events:
  complaint:
    title: {zh: 收到投诉, en: Complaint}
    fields: {channel: {type: code, codes: hot, required: true}}
measures:
  n: {count: complaint, where: "channel in hot", over: 30d}
  twice: {value: "2 * n"}
rules:
  r:
    title: T
    owner: o
    basis: b
    yellow: {enter: "n >= surge", hold: calm}
    red: "twice >= 18"
    because: "n: {n} of {surge}"
"""
TESTS = """\
version: 1
tests:
  - name: t
    start: 2026-03-01
    params: {surge: 4}
    expect: [{rule: r, unit: u, timeline: []}]
"""


class Editor:
    def __init__(self, locale="en", arguments=()):
        self.process = subprocess.Popen([BINARY, "lsp", *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.count = 0
        self.told = {}
        self.ask("initialize", {"locale": locale, "capabilities": {}})

    def send(self, message):
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        self.process.stdin.flush()

    def receive(self):
        length = 0
        while (line := self.process.stdout.readline()) not in (b"\r\n", b""):
            if line.startswith(b"Content-Length:"):
                length = int(line.split(b":")[1])
        return json.loads(self.process.stdout.read(length))

    def ask(self, method, parameters):
        self.count += 1
        self.send({"id": self.count, "method": method, "params": parameters})
        while True:
            message = self.receive()
            if message.get("id") == self.count:
                return message
            self.told[message["params"]["uri"]] = message["params"]["diagnostics"]

    def tell(self, method, parameters):
        self.send({"method": method, "params": parameters})

    def open(self, path, text):
        self.tell("textDocument/didOpen", {"textDocument": {"uri": "file://" + path, "text": text}})

    def close(self):
        self.ask("shutdown", {})
        self.tell("exit", {})
        self.process.stdin.close()
        self.process.stdout.close()
        return self.process.wait(timeout=20)


class Lsp(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.folder)
        self.path = os.path.join(self.folder, "pack.yaml")
        for name, text in (("pack.yaml", PACK), ("pack.test.yaml", TESTS)):
            with open(os.path.join(self.folder, name), "w", encoding="utf-8") as file:
                file.write(text)
        self.editor = Editor()
        self.editor.open(self.path, PACK)

    def tearDown(self):
        if self.editor.process.poll() is None:
            self.assertEqual(self.editor.close(), 0)

    def at(self, needle, offset=0, text=PACK):
        before = text[: text.index(needle) + offset]
        line = before.count("\n")
        return {"textDocument": {"uri": "file://" + self.path},
                "position": {"line": line, "character": len(before.split("\n")[-1])}}

    def hover(self, *place):
        result = self.editor.ask("textDocument/hover", self.at(*place))["result"]
        return result and result["contents"]["value"]

    def labels(self, place):
        return [one["label"] for one in self.editor.ask("textDocument/completion", place)["result"]]

    def test_findings_are_those_of_check(self):
        text = PACK.replace("n >= surge", "m >= surge").replace("title: T", "titel: 😀😀 T")
        self.editor.tell("textDocument/didChange", {"textDocument": {"uri": "file://" + self.path},
                                                    "contentChanges": [{"text": text}]})
        self.editor.ask("textDocument/hover", self.at("version"))
        found = self.editor.told["file://" + self.path]
        with open(self.path, "w", encoding="utf-8") as file:
            file.write(text)
        done = subprocess.run([BINARY, "check", self.folder, "--format", "json"], capture_output=True, text=True)
        checked = json.loads(done.stdout)
        self.assertGreaterEqual(len(checked), 2)
        self.assertEqual([(one["code"], one["range"]["start"]["line"] + 1) for one in found],
                         [(one["code"], one["line"]) for one in checked])
        for one in found:
            line = text.split("\n")[one["range"]["start"]["line"]].encode("utf-16-le")
            start, end = one["range"]["start"]["character"], one["range"]["end"]["character"]
            self.assertIn(line[2 * start: 2 * end].decode("utf-16-le"), ("m", "titel", "r"))
        # Mended, nothing is left.
        self.editor.tell("textDocument/didChange", {"textDocument": {"uri": "file://" + self.path},
                                                    "contentChanges": [{"text": PACK}]})
        self.editor.ask("textDocument/hover", self.at("version"))
        self.assertEqual(self.editor.told["file://" + self.path], [])

    def test_findings_in_tests(self):
        path = os.path.join(self.folder, "pack.test.yaml")
        self.editor.open(path, TESTS.replace("rule: r", "rule: q"))
        self.editor.ask("textDocument/hover", self.at("version"))
        found = self.editor.told["file://" + path]
        self.assertEqual([(one["code"], one["range"]["start"]["line"]) for one in found], [("R150", 5)])

    def test_hover(self):
        said = self.hover('"n >= surge', 1)
        for part in ("**n** (measure)", "the number of events", "Complaint `complaint`", "`channel in hot`", "`30d`"):
            self.assertIn(part, said)
        self.assertIn("may be set from 1 to 9", self.hover("surge\", hold", 2))
        self.assertIn("hotline, letter", self.hover("hot\", over", 1))
        self.assertIn("how long exit must have held", self.hover("hold: calm", 1))
        self.assertIn("the condition that raises", self.hover("enter:", 1))
        self.assertIsNone(self.hover("demo", 1))

    def test_hover_tells_values_on_a_log(self):
        log = os.path.join(self.folder, "events.jsonl")
        with open(log, "w", encoding="utf-8") as file:
            for i, unit in enumerate(["u1", "u2", "u2", "u3", "u3", "u3"]):
                file.write(json.dumps({"id": str(i), "source": "/t", "type": "complaint", "unit": unit,
                                       "time": f"2026-03-0{i + 1}T10:00:00Z", "data": {"channel": "letter"}}) + "\n")
        self.editor.close()
        self.editor = Editor(arguments=["--events", log])
        self.editor.open(self.path, PACK)
        self.assertIn("at the end of the log 3 values: least 1 (u1), middle 2, greatest 3 (u3)", self.hover('"n >= surge', 1))
        self.assertIn("least 2 (u1), middle 4, greatest 6 (u3)", self.hover("twice >= 18", 1))

    def test_hover_in_chinese(self):
        self.editor.close()
        self.editor = Editor("zh-cn")
        self.editor.open(self.path, PACK)
        said = self.hover('"n >= surge', 1)
        for part in ("指标", "事件件数", "收到投诉", "时间窗口"):
            self.assertIn(part, said)

    def test_completion(self):
        self.assertIn("because", self.labels(self.at("    owner", 4)))
        self.assertIn("measures", self.labels(self.at("rules:", 0)))
        in_condition = self.labels(self.at("n >= surge"))
        for name in ("n", "twice", "surge", "hot", "max"):
            self.assertIn(name, in_condition)
        self.assertIn("channel", self.labels(self.at("channel in")))
        self.assertEqual(self.labels(self.at("complaint, where")), ["complaint"])
        self.assertEqual(sorted(self.labels(self.at("calm}"))), ["calm", "surge"])
        self.assertIn("half_life", self.labels(self.at("over: 30d")))

    def test_definition(self):
        found = self.editor.ask("textDocument/definition", self.at("surge\", hold", 2))["result"]
        self.assertEqual(found["uri"], "file://" + self.path)
        self.assertEqual(found["range"], {"start": {"line": 3, "character": 2}, "end": {"line": 3, "character": 7}})
        self.assertIsNone(self.editor.ask("textDocument/definition", self.at("demo", 1))["result"])

    def renamed(self, place, to):
        answer = self.editor.ask("textDocument/rename", {**place, "newName": to})
        if "error" in answer:
            return answer["error"]["message"]
        texts = {"pack.yaml": PACK, "pack.test.yaml": TESTS}
        for uri, edits in answer["result"]["changes"].items():
            name = os.path.basename(uri)
            lines = texts[name].split("\n")
            for edit in reversed(edits):
                start, end = edit["range"]["start"], edit["range"]["end"]
                line = lines[start["line"]]
                lines[start["line"]] = line[: start["character"]] + edit["newText"] + line[end["character"]:]
            texts[name] = "\n".join(lines)
        return texts

    def test_rename(self):
        texts = self.renamed(self.at('"n >= surge', 1), "近30天投诉")
        self.assertEqual(texts["pack.yaml"], PACK.replace("  n: {", "  近30天投诉: {").replace("2 * n", "2 * 近30天投诉")
                         .replace('"n >=', '"近30天投诉 >=').replace("{n}", "{近30天投诉}"))
        texts = self.renamed(self.at("surge: {value"), "limit")
        self.assertEqual(texts["pack.yaml"], PACK.replace("surge", "limit"))
        self.assertEqual(texts["pack.test.yaml"], TESTS.replace("surge", "limit"))
        texts = self.renamed(self.at("hot: ["), "channels")
        self.assertEqual(texts["pack.yaml"], PACK.replace("hot:", "channels:").replace("codes: hot,", "codes: channels,")
                         .replace("in hot\"", "in channels\""))

    def test_rename_refuses(self):
        self.assertIn("cannot be a name", self.renamed(self.at("surge: {value"), "3d"))
        self.assertIn("taken", self.renamed(self.at("surge: {value"), "n"))
        self.assertIn("would not be right", self.renamed(self.at("surge: {value"), "unit"))
        self.assertIn("no measure", self.renamed(self.at("demo"), "x"))

    def test_protocol(self):
        self.assertEqual(self.editor.ask("workspace/nothing", {})["error"]["code"], -32601)
        self.editor.process.stdin.write(b"Content-Length: 3\r\n\r\n{{{")
        self.editor.process.stdin.flush()
        self.assertEqual(self.editor.process.wait(timeout=20), 74)
        self.editor.process.stdin.close()
        self.editor.process.stdout.close()


if __name__ == "__main__":
    unittest.main()
