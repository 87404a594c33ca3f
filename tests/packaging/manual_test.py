#!/usr/bin/python3
"""The manual pages and the completion of bash have every command and every option that the program has.

Needs LIANQING_BINARY."""
import gzip
import os
import re
import shutil
import subprocess
import tempfile
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BINARY = os.environ.get("LIANQING_BINARY", os.path.join(ROOT, "build", "dev", "lianqing"))

COMPLETE = r"""
source "$1"; shift
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMPREPLY=()
_lianqing
printf '%s\n' "${COMPREPLY[@]}"
"""


def help_of(*words, locale="C.UTF-8"):
    done = subprocess.run([BINARY, *words, "--help"], env=dict(os.environ, LC_ALL=locale), capture_output=True,
                          encoding="utf-8", timeout=60, check=True)
    return done.stdout


def names(text):
    """The first words of an indented table."""
    return re.findall(r"^  ([a-z][a-z0-9-]*)(?=  )", text, re.MULTILINE)


def every_command():
    """(words, the options of its own help) of every command and command of a command."""
    for command in names(help_of()):
        text = help_of(command)
        below = names(text)
        if below:
            for word in below:
                yield (command, word), re.findall(r"^  (--[a-z0-9-]+)", help_of(command, word), re.MULTILINE)
        else:
            yield (command,), re.findall(r"^  (--[a-z0-9-]+)", text, re.MULTILINE)


class Manual(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        subprocess.run(["/usr/bin/python3", os.path.join(ROOT, "packaging", "manual.py"), BINARY, cls.folder.name], check=True,
                       timeout=120)
        cls.completion = os.path.join(cls.folder.name, "completion", "lianqing")
        cls.commands = list(every_command())

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def page(self, place):
        with gzip.open(os.path.join(self.folder.name, "man", place, "lianqing.1.gz"), "rt", encoding="utf-8") as file:
            return file.read()

    def complete(self, *words):
        done = subprocess.run(["bash", "--norc", "-c", COMPLETE, "complete", self.completion, *words], capture_output=True,
                              text=True, timeout=60, check=True, cwd=os.path.join(ROOT, "packaging"))
        self.assertEqual(done.stderr, "")
        return done.stdout.split()

    def test_there_are_commands_with_options(self):
        self.assertGreater(len(self.commands), 15)
        self.assertGreater(sum(len(options) for words, options in self.commands), 80)

    def test_both_pages_have_every_command_and_option(self):
        for place in ("man1", "zh_CN/man1"):
            page = self.page(place).replace("\\-", "-").replace("\\fB", "").replace("\\fR", "").replace("\\fI", "")
            sections = dict(re.findall(r"^\.SS lianqing ([^\n]*)\n(.*?)(?=^\.S[SH] )", page, re.MULTILINE | re.DOTALL))
            for words, options in self.commands:
                section = sections.get(" ".join(words), "")
                self.assertTrue(section, f"{place}: no section on lianqing {' '.join(words)}")
                self.assertEqual(re.findall(r"^\.TP\n(--[a-z0-9-]+)", section, re.MULTILINE), options, (place, words))

    def test_the_pages_differ_in_language_only(self):
        en, zh = self.page("man1"), self.page("zh_CN/man1")
        self.assertEqual(en.count("\n.SS "), zh.count("\n.SS "))
        self.assertEqual(en.count("\n.TP"), zh.count("\n.TP"))
        self.assertNotRegex(en.replace("廉情", ""), "[\u4e00-\u9fff]")
        for name in re.findall(r"^\.SS \S+ (.*)", zh, re.MULTILINE):
            self.assertRegex(re.search(rf"^\.SS \S+ {re.escape(name)}\n(.*)", zh, re.MULTILINE).group(1), "[\u4e00-\u9fff]", name)

    @unittest.skipUnless(shutil.which("groff"), "no groff")
    def test_the_pages_are_good_roff(self):
        for place in ("man1", "zh_CN/man1"):
            done = subprocess.run(["groff", "-man", "-Tutf8", "-ww", "-k", "-z"], input=self.page(place), capture_output=True,
                                  text=True, timeout=60)
            # A Chinese paragraph may have no place to break.
            told = [line for line in done.stderr.splitlines() if not line.endswith("can't break line")]
            self.assertEqual((done.returncode, told), (0, []), place)

    def test_completion_knows_every_command_and_option(self):
        self.assertEqual(self.complete("lianqing", ""), names(help_of()) + ["help"])
        for words, options in self.commands:
            self.assertEqual(self.complete("lianqing", *words, "--"), options, words)
            if len(words) == 2:
                self.assertIn(words[1], self.complete("lianqing", words[0], ""))

    def test_completion_knows_fixed_words(self):
        self.assertEqual(self.complete("lianqing", "token", "cr"), ["create"])
        self.assertEqual(self.complete("lianqing", "log", "ver"), ["verify"])
        self.assertEqual(self.complete("lianqing", "schema", ""), ["pack", "layer", "test"])
        self.assertEqual(self.complete("lianqing", "check", "x", "--format", ""), ["text", "json"])
        self.assertEqual(self.complete("lianqing", "log", "verify", "--format", "=", "j"), ["json"])
        self.assertEqual(self.complete("lianqing", "token", "create", "--role", "view"), ["viewer"])

    def test_completion_offers_files_elsewhere(self):
        self.assertEqual(self.complete("lianqing", "check", "serve.y"), ["serve.yaml"])
        self.assertEqual(self.complete("lianqing", "replay", "--rules", "star"), ["starter"])
        self.assertEqual(self.complete("lianqing", "serve", "--data", "s"), ["starter"])  # not serve.yaml
        self.assertEqual(self.complete("lianqing", "check", "x", "--units", "serve.y"), ["serve.yaml"])


if __name__ == "__main__":
    unittest.main()
