#!/usr/bin/python3
"""Manual pages (en, zh_CN) and bash completion of lianqing, made of what the program says of itself with --help.

usage: manual.py BINARY FOLDER    writes FOLDER/man/man1/lianqing.1.gz, FOLDER/man/zh_CN/man1/lianqing.1.gz and
                                  FOLDER/completion/lianqing"""
import gzip
import os
import re
import subprocess
import sys
from dataclasses import dataclass, field

LOCALES = {"en": "C.UTF-8", "zh": "zh_CN.UTF-8"}


@dataclass
class Option:
    name: str
    value: str  # "", "VALUE" or "VALUE..."
    text: str


@dataclass
class Command:
    words: list
    summary: str
    usage: str = ""
    options: list = field(default_factory=list)
    below: list = field(default_factory=list)  # commands of a command

    @property
    def name(self):
        return " ".join(self.words)


# ---- what the program says ------------------------------------------------------------------------

def help_of(binary, language, words):
    environment = dict(os.environ, LC_ALL=LOCALES[language])
    done = subprocess.run([binary, *words, "--help"], env=environment, capture_output=True, encoding="utf-8", timeout=60)
    if done.returncode != 0:
        sys.exit(f"manual: lianqing {' '.join(words)} --help ended with {done.returncode}: {done.stderr}")
    return done.stdout


def rows(text):
    """The lines `  left  right`; a line that is only indented further goes on with the one before."""
    found = []
    for line in text.splitlines():
        row = re.match(r"  (\S.*?)(?:  +(\S.*))?$", line)
        if row:
            found.append((row.group(1), row.group(2) or ""))
    return found


def command(binary, language, words, summary):
    text = help_of(binary, language, words)
    out = Command(words, summary)
    usage = re.match(r"(?:usage: |用法：)(.*)", text)
    if not usage:  # a command that takes no options
        out.usage = "lianqing " + out.name
        return out
    out.usage = usage.group(1)
    for left, right in rows(text):
        option = re.match(r"--(\S+)(?: (\S+))?$", left)
        if option:
            out.options.append(Option(option.group(1), option.group(2) or "", right))
        elif re.fullmatch(r"[a-z][a-z0-9-]*", left):
            out.below.append(command(binary, language, [*words, left], right))
    return out


def all_commands(binary, language):
    return [command(binary, language, [name], summary) for name, summary in rows(help_of(binary, language, []))]


# ---- the manual page --------------------------------------------------------------------------------

WORDS = {
    "en": {
        "name": "rule-driven integrity early-warning engine",
        "sections": ("NAME", "SYNOPSIS", "DESCRIPTION", "COMMANDS", "EXIT STATUS", "ENVIRONMENT", "FILES", "EXAMPLES", "SEE ALSO"),
        "synopsis": ("COMMAND", "OPTIONS"),
        "about": ["Events about units (complaints, inspection findings, rectifications, surveys, duty reports) go in; rules that staff "
                  "write in YAML turn each unit green, yellow or red; every change of colour comes out as a warning that says why.",
                  "State is a fold of one ordered log: the same log and the same rules give the same warnings, to the byte, on any "
                  "machine. A colour is a prompt to look, not a finding of guilt; its subject is always a unit, never a person.",
                  "Results go to standard output, everything for people to standard error. Long options only; --x VALUE and --x=VALUE "
                  "mean the same."],
        "value": {"VALUE": "VALUE", "VALUE...": "VALUE..."},
        "exits": [("0", "all right"), ("1", "findings: mistakes in the rules, a log that is refused, no such warning"),
                  ("2", "wrong usage"), ("70", "our bug; a log that had to stop while serving"), ("74", "files, disk or port cannot be used")],
        "environment": [("LC_ALL, LC_MESSAGES, LANG", "the first that is set decides: Chinese if it begins with zh, else English"),
                        ("LIANQING_TOKEN", "the access token for commands that ask the daemon")],
        "files": [("/etc/lianqing/serve.yaml", "configuration of the daemon"), ("/etc/lianqing/pack", "the rule pack of this office"),
                  ("/var/lib/lianqing", "log, state and tokens of the daemon"), ("/usr/share/lianqing/packs", "shipped rule packs"),
                  ("/usr/share/lianqing/calendars", "shipped calendars of working days"), ("/usr/share/doc/lianqing", "documents and examples")],
        "examples": [("any mistakes in a rule pack?", "lianqing check /etc/lianqing/pack"),
                     ("what would last year have looked like?", "lianqing replay --rules /etc/lianqing/pack --events last-year.jsonl.gz --units units.csv --out warnings.jsonl"),
                     ("why is this unit red?", "lianqing explain --rules /etc/lianqing/pack --data /var/lib/lianqing --unit u-017"),
                     ("run the daemon by hand", "lianqing serve --data /tmp/lq --rules /usr/share/lianqing/packs/all")],
        "see": "Documents in /usr/share/doc/lianqing: README.md, docs/install.md, docs/operations.md, docs/rules/README.md.",
    },
    "zh": {
        "name": "规则驱动的廉情预警引擎",
        "sections": ("名称", "用法", "说明", "命令", "退出码", "环境变量", "文件", "例子", "参见"),
        "synopsis": ("命令", "选项"),
        "about": ["关于单位的事件（投诉、检查发现、整改、回访、履职报告）进来，工作人员用 YAML 写的规则把每个单位判为绿、黄、红；"
                  "每次变色都给出一条带完整理由的预警。",
                  "状态由一份有序日志推演而来：同样的日志和规则，在任何机器上得出逐字节相同的预警。颜色是提示，不是结论；对象是单位，不是个人。",
                  "结果写到标准输出，给人看的话写到标准错误。只有长选项；--x 值 与 --x=值 相同。"],
        "value": {"VALUE": "值", "VALUE...": "值..."},
        "exits": [("0", "正常"), ("1", "有发现：规则有错、日志被拒、没有这条预警"), ("2", "用法不对"),
                  ("70", "程序的错；服务中日志被迫停止"), ("74", "文件、磁盘或端口不可用")],
        "environment": [("LC_ALL、LC_MESSAGES、LANG", "第一个有值的为准：以 zh 开头为中文，否则为英文"),
                        ("LIANQING_TOKEN", "向守护进程提问的命令所用的访问令牌")],
        "files": [("/etc/lianqing/serve.yaml", "守护进程的配置"), ("/etc/lianqing/pack", "本单位的规则包"),
                  ("/var/lib/lianqing", "守护进程的日志、状态、令牌"), ("/usr/share/lianqing/packs", "随附的规则包"),
                  ("/usr/share/lianqing/calendars", "随附的工作日日历"), ("/usr/share/doc/lianqing", "文档和例子")],
        "examples": [("规则包有没有错", "lianqing check /etc/lianqing/pack"),
                     ("去年会怎样", "lianqing replay --rules /etc/lianqing/pack --events 去年.jsonl.gz --units 单位.csv --out 预警.jsonl"),
                     ("这个单位为什么红", "lianqing explain --rules /etc/lianqing/pack --data /var/lib/lianqing --unit u-017"),
                     ("手工运行守护进程", "lianqing serve --data /tmp/lq --rules /usr/share/lianqing/packs/all")],
        "see": "/usr/share/doc/lianqing 里的文档：README.zh-CN.md、docs/install.zh-CN.md、docs/operations.zh-CN.md、docs/rules/README.zh-CN.md。",
    },
}


def roff(text):
    """Text as roff takes it: no control lines, hyphens that can be copied."""
    text = text.replace("\\", "\\e").replace("-", "\\-")
    return "\\&" + text if text.startswith((".", "'")) else text


def described(pairs):
    return [line for left, right in pairs for line in (".TP", f".B {roff(left)}", roff(right) or "\\&")]


def command_section(item, value_words):
    out = [f'.SS {roff("lianqing " + item.name)}', roff(item.summary), ".PP", ".nf", roff(item.usage), ".fi"]
    for option in item.options:
        value = f" \\fI{roff(value_words[option.value])}\\fR" if option.value else ""
        out += [".TP", f"\\fB\\-\\-{roff(option.name)}\\fR{value}", roff(option.text) or "\\&"]
    for below in item.below:
        out += command_section(below, value_words)
    return out


def manual_page(commands, language, version):
    words = WORDS[language]
    name, synopsis, description, command_list, exits, environment, files, examples, see = words["sections"]
    what, options = words["synopsis"]
    out = [f'.TH LIANQING 1 "" "lianqing {version}" "lianqing"', ".nh", ".ad l",
           f".SH {name}", f"lianqing \\- {words['name']}",
           f".SH {synopsis}", f".B lianqing\n.I {what}\n.RI [ {options} ]", f".SH {description}"]
    for paragraph in words["about"]:
        out += [".PP", roff(paragraph)]
    out += [f".SH {command_list}"]
    for item in commands:
        out += command_section(item, words["value"])
    out += [f".SH {exits}", *described(words["exits"]), f".SH {environment}", *described(words["environment"]),
            f".SH {files}", *described(words["files"]), f".SH {examples}"]
    for what, line in words["examples"]:
        out += [".TP", roff(what), f".B {roff(line)}"]
    out += [f".SH {see}", roff(words["see"])]
    return "\n".join(out) + "\n"


# ---- completion -------------------------------------------------------------------------------------

COMPLETION = r"""# bash completion for lianqing, made of what `lianqing COMMAND --help` says
_lianqing() {
  local cur=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]}
  local at=1 key= below= options= values=
  # `--format=json` comes as three words.
  if [[ $cur == = ]]; then cur=; elif [[ $previous == = ]]; then previous=${COMP_WORDS[COMP_CWORD-2]}; fi
  below='@TOP@'
  while ((at < COMP_CWORD)) && [[ -n $below && " $below " == *" ${COMP_WORDS[at]} "* ]]; do
    key="${key:+$key }${COMP_WORDS[at]}"
    below= options=
    case $key in
@COMMANDS@
    esac
    ((at++))
  done
  case $previous in
@VALUES@
  esac
  if [[ $values == DIRECTORY ]]; then
    compopt -o filenames 2>/dev/null
    mapfile -t COMPREPLY < <(compgen -d -- "$cur")
  elif [[ -n $values ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$values" -- "$cur")
  elif [[ $cur == -* ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$options" -- "$cur")
  elif [[ -n $below && $at -eq $COMP_CWORD ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$below" -- "$cur")
  else
    compopt -o filenames 2>/dev/null
    mapfile -t COMPREPLY < <(compgen -f -- "$cur")
  fi
}
complete -F _lianqing lianqing
"""
FOLDERS = ("data", "state")


def choices(text):
    """What an option takes, if its help says so: `text or json`, `role (viewer, operator)`."""
    some = r"[a-z0-9_]+(?:(?:, | or )[a-z0-9_]+)+"
    found = re.search(rf"(?:^|: )({some})(?=$|[;,])|\((?!default)({some})\)", text)
    return re.split(r", | or ", found.group(1) or found.group(2)) if found else []


def spoken_words(item):
    """Fixed words of the usage line: `token create|list|revoke`, `schema [pack|layer|test]`, `new rule`."""
    rest = re.sub(r"^lianqing " + re.escape(item.name), "", item.usage).strip()
    first = re.match(r"\[?\(?([a-z]+(?: ?\| ?[a-z]+)*)\)?\]?(?= |$)", rest)
    return [w.strip() for w in first.group(1).split("|")] if first else []


def completion(commands):
    cases, values = [], {}

    def add(item):
        below = [b.words[-1] for b in item.below] or spoken_words(item)
        options = " ".join("--" + o.name for o in item.options)
        cases.append(f"      '{item.name}') below='{' '.join(below)}' options='{options}' ;;")
        for option in item.options:
            taken = ["DIRECTORY"] if option.name in FOLDERS else choices(option.text)
            if option.value:
                values.setdefault(option.name, {}).update(dict.fromkeys(taken))
        for below_item in item.below:
            add(below_item)

    for item in commands:
        add(item)
    top = " ".join(c.name for c in commands) + " help"
    taken = "\n".join(f"    --{name}) values='{' '.join(some)}' ;;" for name, some in values.items() if some)
    return COMPLETION.replace("@TOP@", top).replace("@COMMANDS@", "\n".join(cases)).replace("@VALUES@", taken)


def write(path, content):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(content)


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    binary, folder = sys.argv[1:]
    version = subprocess.run([binary, "version"], capture_output=True, text=True, check=True, timeout=60).stdout.split()[1]
    for language, place in (("en", "man1"), ("zh", "zh_CN/man1")):
        commands = all_commands(binary, language)
        page = manual_page(commands, language, version)
        write(f"{folder}/man/{place}/lianqing.1.gz", gzip.compress(page.encode(), 9, mtime=0))
        if language == "en":
            write(f"{folder}/completion/lianqing", completion(commands).encode())


if __name__ == "__main__":
    main()
