#!/usr/bin/python3
"""Broken, huge and malicious input: a documented exit code, a message with the file's name, no crash, no half result.

Needs LIANQING_BINARY. LIANQING_SANITIZED=1: no limit on memory (the sanitizers reserve terabytes)."""
import gzip
import json
import os
import random
import resource
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BINARY = os.environ.get("LIANQING_BINARY", os.path.join(ROOT, "build", "dev", "lianqing"))
SANITIZED = os.environ.get("LIANQING_SANITIZED", "") not in ("", "0")
SECONDS = 20
PEAK = 600 * 1024                                        # KiB
FINDINGS, USAGE, FILES = 1, 2, 74

PACK = """version: 1
pack: {id: hostile, title: {zh: 敌意输入, en: Hostile input}, timezone: Asia/Shanghai}
measures:
  n: {count: complaint, over: 30d}
rules:
  many: {title: {zh: 多, en: Many}, because: "{n}", yellow: "n >= 1", red: "n >= 1000"}
"""
EVENT = {"specversion": "1.0", "id": "e1", "source": "/s", "type": "complaint", "time": "2026-03-01T10:00:00+08:00",
         "unit": "u1", "data": {"n": 1}}


def event(**changes):
    return json.dumps({**EVENT, **changes}).encode()


def limits():
    if not SANITIZED:
        resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


class Ended:
    """A finished process: exit code (negative: signal), messages, peak memory in KiB."""

    def __init__(self, args, errors, cwd):
        with open(errors, "wb") as err:
            p = subprocess.Popen([BINARY, *args], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=err,
                                 preexec_fn=limits, cwd=cwd)
        end, self.late = time.monotonic() + SECONDS, False
        while True:
            pid, status, usage = os.wait4(p.pid, os.WNOHANG)
            if pid:
                break
            if time.monotonic() > end and not self.late:
                self.late = True
                p.kill()
            time.sleep(0.005)
        self.code = p.returncode = os.waitstatus_to_exitcode(status)
        self.peak = usage.ru_maxrss
        with open(errors, "rb") as f:
            self.raw = f.read()
        self.messages = self.raw.decode("utf-8", "replace")


class Hostile(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        if not os.access(BINARY, os.X_OK):
            raise AssertionError("no program at LIANQING_BINARY (%s)" % BINARY)

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="lianqing-hostile-")
        self.addCleanup(shutil.rmtree, self.folder, True)
        self.pack = self.file("good.yaml", PACK)
        self.good = self.file("good.jsonl", event() + b"\n")
        self.out = os.path.join(self.folder, "result.jsonl")

    def file(self, name, content):
        path = os.path.join(self.folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as f:
            f.write(content.encode() if isinstance(content, str) else content)
        return path

    def end(self, code, args, names=None, out=None):
        r = Ended(args, os.path.join(self.folder, "stderr"), self.folder)
        said = "\nlianqing %s\nexit %d, %d MiB\n%s" % (" ".join(args), r.code, r.peak // 1024, r.messages[-1500:])
        self.assertFalse(r.late, "longer than %d s%s" % (SECONDS, said))
        if r.code < 0:
            self.fail("died of %s%s" % (signal.Signals(-r.code).name, said))
        self.assertEqual(r.code, code, said)
        if not SANITIZED:
            self.assertLess(r.peak, PEAK, "memory" + said)
        if names:
            self.assertIn(names, r.messages, "the file is not named" + said)
        self.assertNotIn(b"\0", r.raw, "a NUL in the messages" + said)
        self.assertLess(len(r.raw), 1 << 20, "more than 1 MiB of messages")
        if out:
            self.assertEqual(os.path.exists(out), code == 0, "the final file" + said)
        return r

    def replay(self, code, events=None, pack=None, units=None, out=None, names=None, more=()):
        out = out or self.out
        if os.path.isfile(out):
            os.remove(out)
        args = ["replay", "--rules", pack or self.pack, "--events", events or self.good, "--out", out, *more]
        if units:
            args += ["--units", units]
        return self.end(code, args, names, out)

    def quarantined(self, content, reason, name="bad.jsonl"):
        """Each line is kept aside: exit 0, the last line is named with its place and reason."""
        path, kept = self.file(name, content), os.path.join(self.folder, "kept.jsonl")
        for mode in ((), ("--sort",), ("--as-occurred",)):
            r = self.replay(0, path, names=name + ":", more=("--quarantine", kept, *mode))
            with open(kept, "rb") as f:
                codes = [json.loads(line)["code"] for line in f]
            self.assertTrue(codes, r.messages)
            if reason:
                self.assertEqual(set(codes), {reason})
            os.remove(self.out)
        return codes

    def wrong_pack(self, path, code=FINDINGS, names=None):
        """Refused by check in both languages and formats, and by replay, which writes nothing."""
        names = names or os.path.basename(path)
        self.replay(code, pack=path, names=names)
        for more in (["--format", "json"], ["--format", "text", "--lang", "zh"], ["--format", "text", "--lang", "en"]):
            self.end(code, ["check", path, *more])

    # ------------------------------------------------------------------ events
    def test_good_input(self):
        self.replay(0)

    def test_events_random_bytes(self):
        for seed in range(5):
            self.quarantined(random.Random(seed).randbytes(300000), None)

    def test_events_mutated(self):
        rng = random.Random(1)
        lines = []
        for _ in range(3000):
            line = bytearray(event())
            for _ in range(rng.randrange(1, 4)):
                line[rng.randrange(len(line))] = rng.choice(b'{}[]":,\\0e-.\x00\xff\xc3 truefalsn')
            lines.append(bytes(line))
        self.file("mutated.jsonl", b"\n".join(lines))
        self.replay(0, os.path.join(self.folder, "mutated.jsonl"), more=("--sort",))

    def test_events_truncated_gzip(self):
        whole = gzip.compress(b"\n".join(event(id="e%d" % i) for i in range(50000)))
        for cut in (2, 3, 10, 17, len(whole) // 2, len(whole) - 8, len(whole) - 1):
            with self.subTest(cut=cut):
                for more in ((), ("--sort",), ("--threads", "3")):
                    self.replay(FILES, self.file("cut.jsonl.gz", whole[:cut]), names="cut.jsonl.gz", more=more)

    def test_events_damaged_gzip(self):
        whole = bytearray(gzip.compress(b"\n".join(event(id="e%d" % i) for i in range(5000))))
        for at in (3, len(whole) // 2, len(whole) - 6):
            with self.subTest(at=at):
                bad = bytearray(whole)
                bad[at] ^= 0xff
                self.replay(FILES, self.file("bad.jsonl.gz", bytes(bad)), names="bad.jsonl.gz")
        self.replay(FILES, self.file("tail.jsonl.gz", bytes(whole) + b"tail"), names="tail.jsonl.gz")

    def test_events_gzip_bomb(self):
        bomb = gzip.compress(b"x" * (300 << 20), 9)
        self.quarantined(bomb, "size", "bomb.jsonl.gz")
        self.replay(0, self.file("blank.jsonl.gz", gzip.compress(b"\n" * (50 << 20), 9)))

    def test_events_deep_nesting(self):
        for open_, close in ((b"[", b"]"), (b'{"a":', b"}")):
            deep = open_ * 100000 + b"1" + close * 100000
            self.quarantined(event(data=0).replace(b'"data": 0', b'"data": {"a": ' + deep + b"}"), "depth")
            self.quarantined(deep[:90000], None)

    def test_events_huge_numbers(self):
        for number in (b"9" * 400, b"1e400", b"-1e999999999", b"1" + b"0" * 5000, b"99999999999999999999"):
            with self.subTest(number=number[:20]):
                self.quarantined(event(data=0).replace(b'"data": 0', b'"data": {"n": ' + number + b"}"), "number")
        for number in (b"1e-400", b"0." + b"0" * 5000 + b"1", b"-0", b"9223372036854775807"):
            with self.subTest(number=number[:20]):
                line = event(data=0).replace(b'"data": 0', b'"data": {"n": ' + number + b"}")
                self.replay(0, self.file("number.jsonl", line))

    def test_events_long_line(self):
        self.quarantined(event(data={"text": "x" * (10 << 20)}) + b"\n" + event(data={"text": "y" * (10 << 20)}), "size")

    def test_events_many_long_lines(self):
        line = event(unit=None, data={"text": "x" * 1000000}) + b"\n"
        self.replay(0, self.file("many.jsonl", line * 300), names="many.jsonl:")

    def test_events_many_fields(self):
        self.quarantined(event(data={"f%d" % i: i for i in range(50000)}), "size")

    def test_events_nul(self):
        self.quarantined(b"\0" * 100000, None)
        self.quarantined(event().replace(b"u1", b"u\0"), None)
        self.quarantined(event(unit="u\0"), "type")
        self.quarantined(event() .replace(b'"e1"', b'"e1\0"') + b"\n" + b"\0\0", None)

    def test_events_wrong_types(self):
        for changes in ({"id": 7}, {"source": []}, {"type": {}}, {"unit": 5}, {"unit": ["u"]}, {"id": True}):
            with self.subTest(changes=changes):
                self.quarantined(event(**changes), "type")
        for data in ([], "x", 7, True):
            with self.subTest(data=data):
                self.quarantined(event(data=data), "data")
        for when in ("yesterday", "2026-03-01", "2026-02-30T10:00:00Z", "2026-03-01T10:00:00", "99999-01-01T00:00:00Z",
                     "2026-03-01T25:00:00Z", "0000-00-00T00:00:00Z"):
            with self.subTest(when=when):
                self.quarantined(event(time=when), "time")
        self.quarantined(b"[]\n1\nnull\n\"x\"\ntrue", None)
        self.quarantined(b'{"id":"a","id":"b"}', "duplicate_key")

    def test_events_far_times(self):
        for first, last in (("0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"), ("1970-01-01T00:00:00Z", "2262-04-12T00:00:00Z")):
            far = event(time=first) + b"\n" + event(id="e2", time=last)
            for more in ((), ("--as-occurred",), ("--sort",)):
                self.replay(0, self.file("far.jsonl", far), more=more)

    def test_events_invalid_utf8(self):
        for bad in (b"\xff", b"\xc0\xaf", b"\xed\xa0\x80", b"\xf5\x80\x80\x80", b"\xe8\xb0"):
            self.quarantined(event().replace(b"u1", bad), "utf8")

    def test_events_empty(self):
        self.replay(0, self.file("empty.jsonl", b""))
        self.replay(0, self.file("blank.jsonl", b"\n\n  \n"))
        self.replay(0, self.file("empty.jsonl.gz", gzip.compress(b"")))

    def test_events_directory(self):
        os.mkdir(os.path.join(self.folder, "folder.jsonl"))
        self.replay(FILES, os.path.join(self.folder, "folder.jsonl"), names="folder.jsonl")

    def test_events_missing(self):
        self.replay(FILES, os.path.join(self.folder, "absent.jsonl"), names="absent.jsonl")

    def test_events_out_of_order(self):
        path = self.file("order.jsonl", event() + b"\n" + event(id="e2", time="2026-02-01T10:00:00+08:00"))
        self.replay(FINDINGS, path, names="order.jsonl:2")
        self.replay(0, path, more=("--sort",))

    def test_events_many_units_and_ids(self):
        lines = [event(id="e%d" % i + "x" * 900, unit="u%d" % i + "y" * 200) for i in range(50000)]
        self.replay(0, self.file("units.jsonl", b"\n".join(lines)))

    def test_explain_of_hostile_input(self):
        bad = self.file("noise.jsonl", random.Random(3).randbytes(100000))
        for name in ("w-0", "", "\x01", "x" * 100000):
            with self.subTest(name=name[:20]):
                self.end(FINDINGS, ["explain", name or "-", "--rules", self.pack, "--events", bad])
                self.end(FINDINGS, ["explain", "--rules", self.pack, "--events", bad, name or "-"])   # as in README.md
        self.end(FILES, ["explain", "--rules", self.pack, "--events", "absent.jsonl", "--unit", "u1"], "absent.jsonl")

    # ------------------------------------------------------------------ packs
    def test_pack_alias_bomb(self):
        bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n"
        for i in range(1, 30):
            bomb += "a%d: &a%d [%s]\n" % (i, i, ", ".join(["*a%d" % (i - 1)] * 9))
        self.wrong_pack(self.file("bomb.yaml", PACK + bomb))
        self.wrong_pack(self.file("loop.yaml", PACK + "x: &x [*x]\n"))

    def test_pack_small_oddities(self):
        for n, text in enumerate((",z", "", "\n", "---\n---\n", "- 1", "null", "{", "}", "[", "'", '"', "? ", "*a", "&a", "!!x", "|", "@",
                                  "%YAML 9", "a: b: c", "{a: 1, a: 2}", ": ", "a\n b\nc:", "version: 1\n", "<<: *a", "\ufeff", "...")):
            with self.subTest(text=text):
                self.wrong_pack(self.file("odd%d.yaml" % n, text))

    def test_pack_binary(self):
        for seed in range(3):
            self.wrong_pack(self.file("binary.yaml", random.Random(seed).randbytes(100000)))
        self.wrong_pack(self.file("nul.yaml", PACK + "\0"))
        with open("/bin/true", "rb") as f:
            self.wrong_pack(self.file("elf.yaml", f.read()))

    def test_pack_mutated(self):
        """Whatever is changed: found or harmless, never worse."""
        rng, path = random.Random(2), os.path.join(self.folder, "mutated.yaml")
        for n in range(150):
            text = bytearray(PACK.encode())
            for _ in range(rng.randrange(1, 6)):
                at = rng.randrange(len(text))
                text[at:at + rng.randrange(3)] = rng.choice([b"", b"{", b"}", b"[", b"\"", b":", b"&a ", b"*a", b"\n", b"- ", b"\xff", b"\t", b"99999999999999999999"])
            with open(path, "wb") as f:
                f.write(text)
            r = Ended(["check", path], os.path.join(self.folder, "stderr"), self.folder)
            self.assertIn(r.code, (0, FINDINGS), "mutation %d of seed 2\n%s\n%s" % (n, bytes(text), r.messages))
            self.assertFalse(r.late)

    def test_pack_directory_without_yaml(self):
        os.mkdir(os.path.join(self.folder, "nothing"))
        self.file("nothing/readme.txt", "x")
        self.wrong_pack(os.path.join(self.folder, "nothing"))

    def test_pack_missing(self):
        self.wrong_pack(os.path.join(self.folder, "absent"), FILES)

    def test_pack_large(self):
        self.wrong_pack(self.file("large.yaml", PACK + "# " + "x" * (2 << 20) + "\n"))
        rules = "".join("  r%d: {title: {zh: 多, en: Many}, because: \"{n}\", yellow: \"n >= 1\"}\n" % i for i in range(30000))
        self.wrong_pack(self.file("rules.yaml", PACK + rules))

    def test_pack_deep(self):
        self.wrong_pack(self.file("deep.yaml", PACK + "x: " + "[" * 20000 + "]" * 20000))
        self.wrong_pack(self.file("open.yaml", PACK + "x: " + "[" * 100000))
        self.wrong_pack(self.file("maps.yaml", PACK + "x: " + "{a: " * 20000 + "}" * 20000))
        self.wrong_pack(self.file("block.yaml", PACK + "".join(" " * i + "a:\n" for i in range(1200))))
        self.wrong_pack(self.file("dashes.yaml", "- " * 100000))

    def test_pack_deep_expression(self):
        for n, text in enumerate(("(" * 50000 + "n" + ")" * 50000, "!" * 50000 + "true", "-" * 50000 + "1 > n",
                                  "n >= 1" + " && n >= 1" * 20000, "n > 1 ? true : " * 20000 + "false", "((((((((((", "\\",
                                  "n >= 1" + "0" * 5000, "[" * 20000)):
            with self.subTest(n=n):
                self.wrong_pack(self.file("expr%d.yaml" % n, PACK.replace('"n >= 1"', json.dumps(text))))

    def test_pack_regex(self):
        for n, text in enumerate(("(" * 1000, "(a{1000}){1000}", "((((a*)*)*)*)*(", "[")):
            with self.subTest(n=n):
                self.wrong_pack(self.file("regex%d.yaml" % n, PACK.replace("count: complaint", "count: complaint, where: %s" %
                                                                          json.dumps("x.matches('%s')" % text))))

    def test_pack_invalid_utf8(self):
        self.wrong_pack(self.file("latin.yaml", PACK.encode().replace("敌意输入".encode(), b"Einl\xe4\xdfe")))
        self.wrong_pack(self.file("gbk.yaml", PACK.encode("gb18030")))
        self.wrong_pack(self.file("utf16.yaml", PACK.encode("utf-16")))

    def test_pack_tabs(self):
        self.wrong_pack(self.file("tabs.yaml", PACK.replace("  n:", "\tn:")))

    # ------------------------------------------------------------------ registers and outputs
    def test_units_wrong(self):
        for name, content in {
                "empty.csv": b"", "nohead.csv": b"u1,First\nu2,Second\n", "noid.csv": b"name,parent\nFirst,\n",
                "twice.csv": b"id,name\nu1,First\nu1,Second\n", "quote.csv": b"id,name\nu1,\"First\n",
                "columns.csv": b"id,name\nu1,First,more\n", "short.csv": b"id,name,parent\nu1\n",
                "noise.csv": random.Random(4).randbytes(100000), "utf8.csv": b"id,name\nu1,\xff\n",
                "circle.csv": b"id,name,parent\nu1,First,u2\nu2,Second,u1\n", "self.csv": b"id,parent\nu1,u1\n",
                "head.csv": b"id,name,name\nu1,a,b\n", "nul.csv": b"id,name\nu1,\0\n",
                "long.csv": b"id,name\nu1," + b"x" * (10 << 20)}.items():
            with self.subTest(name=name):
                self.replay(FINDINGS, units=self.file(name, content), names=name)

    def test_units_of_unknown_parents(self):
        self.replay(0, units=self.file("parent.csv", b"id,name,parent\nu1,First,u7\n"))

    def test_units_files(self):
        self.replay(FILES, units=os.path.join(self.folder, "absent.csv"), names="absent.csv")
        os.mkdir(os.path.join(self.folder, "folder.csv"))
        self.replay(FILES, units=os.path.join(self.folder, "folder.csv"), names="folder.csv")

    def test_units_large(self):
        rows = "id,name,parent\n" + "".join("r%d,Unit %d,%s\n" % (i, i, "r%d" % (i - 1) if i else "") for i in range(20000))
        self.replay(0, units=self.file("chain.csv", rows))

    def test_out_unwritable(self):
        self.replay(FILES, out=os.path.join(self.folder, "absent", "out.jsonl"), names="out.jsonl")
        self.replay(FILES, out=os.path.join(self.good, "out.jsonl"), names="out.jsonl")
        os.mkdir(os.path.join(self.folder, "taken"))
        r = Ended(["replay", "--rules", self.pack, "--events", self.good, "--out", os.path.join(self.folder, "taken")],
                  os.path.join(self.folder, "stderr"), self.folder)
        self.assertEqual(r.code, FILES, r.messages)
        self.assertIn("taken", r.messages)
        self.replay(FILES, more=("--quarantine", os.path.join(self.folder, "absent", "q.jsonl")), names="q.jsonl")
        self.replay(FILES, more=("--state", os.path.join(self.good, "state")), names="state")

    def test_out_full(self):
        if not os.path.exists("/dev/full"):
            self.skipTest("no /dev/full")
        os.symlink("/dev/full", self.out + ".partial")
        self.replay(FILES, names="result.jsonl")

    def test_usage(self):
        for args in ([], ["nonsense"], ["replay"], ["replay", "--rules", self.pack], ["check"], ["check", self.pack, "--format", "xml"],
                     ["replay", "--rules", self.pack, "--events", self.good, "--until", "soon", "--out", self.out],
                     ["replay", "--rules", self.pack, "--events", self.good, "--threads", "-1", "--out", self.out],
                     ["replay", "--rules", self.pack, "--events", self.good, "--threads", "many", "--out", self.out],
                     ["explain", "--rules", self.pack, "--events", self.good]):
            with self.subTest(args=args):
                self.end(USAGE, args)
                self.assertFalse(os.path.exists(self.out))

    def test_state_of_other_bytes(self):
        state = os.path.join(self.folder, "state")
        os.mkdir(state)
        for name in ("CURRENT", "MANIFEST-000001"):
            self.file("state/" + name, b"\xff" * 100)
        self.replay(FILES, more=("--state", state), names="state")


if __name__ == "__main__":
    unittest.main()
