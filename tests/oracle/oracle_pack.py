"""Reads a rule pack into plain objects: windows, measures, items, rules."""
import glob
import os
import re
import unicodedata
from fractions import Fraction

import yaml

import oracle_expr as ex
from oracle_time import PERIODS, Duration, Moment, PackError, Zone, parse_date

SECTIONS = ("lists", "params", "events", "items", "measures", "rules")
EVENT_KINDS = ("count", "sum", "avg", "min", "max", "first", "last", "distinct", "top", "streak", "age", "median",
               "quantile", "stddev", "decayed")
ITEM_KINDS = ("open", "overdue", "due_within", "closed", "on_time_rate", "extensions")
PEER_STATS = ("median", "q1", "q3", "mean", "stddev", "rank", "percentile", "count")
ROLL_UPS = ("count", "share", "max", "sum")
NUMERIC = ("sum", "avg", "min", "max", "median", "quantile", "stddev", "decayed")
LEVELS = {"yellow": 1, "red": 2}


class Loader(yaml.SafeLoader):
    """YAML 1.2 core scalars: `on` is a word, dates are text, decimals are exact."""
    yaml_implicit_resolvers = {}


def number_of(loader, node):
    v = Fraction(node.value.replace("+", ""))
    return v.numerator if v.denominator == 1 else v


Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"true|false|True|False|TRUE|FALSE"), list("tfTF"))
Loader.add_implicit_resolver("tag:yaml.org,2002:null", re.compile(r"~|null|Null|NULL|$"), ["~", "n", "N", ""])
Loader.add_implicit_resolver("tag:yaml.org,2002:float", re.compile(r"[-+]?\d+(\.\d*)?([eE][-+]?\d+)?$"), list("-+0123456789"))
Loader.add_constructor("tag:yaml.org,2002:float", number_of)


def nfc(x):
    if isinstance(x, str):
        return x if x.isascii() else unicodedata.normalize("NFC", x)
    if isinstance(x, dict):
        return {nfc(k): nfc(v) for k, v in x.items()}
    return [nfc(v) for v in x] if isinstance(x, list) else x


def load_yaml(path):
    with open(path, encoding="utf-8") as f:
        return nfc(yaml.load(f, Loader=Loader))


def path_getter(name):
    """Field of an event by dotted name. The environment of a `where` is the record."""
    if name in ("event.id", "event.source", "event.type"):
        part = name[6:]
        return lambda e: getattr(e, part)
    if "." not in name:
        return lambda e: e.data.get(name)
    parts = name.split(".")

    def deep(e):
        v = e.data
        for p in parts:
            v = v.get(p) if isinstance(v, dict) else None
        return v
    return deep


class Window:
    """`place` says when an event counts; `cut` gives the index range of a sorted array of times."""

    def __init__(self, kind, width=0, offset=0, to_date=False):
        self.kind, self.width, self.offset, self.to_date = kind, width, offset, to_date and offset > 0


class Measure:
    def __init__(self, name, kind):
        self.name, self.kind = name, kind
        self.window = Window("all")
        self.types = self.where = self.per = self.field = self.series = self.tree = None
        self.item = self.margin = self.empty = self.q = self.half_life = self.every = None
        self.steps = self.without = self.on = self.within = None                 # sequence
        self.subject = self.among = self.stat = self.period = None              # peers
        self.scope = self.how = self.covers = self.distinct = self.active = None  # units, warnings
        self.run = None
        self.keyed, self.reads = False, set()
        self.below = set()                 # measures read in other units


class Rule:
    pass


class Level:
    pass


class Pack:
    def __init__(self, folder, calendar):
        raw = self.merge(folder)
        self.raw = raw
        head = raw.get("pack") or {}
        self.zone = Zone(str(head.get("timezone", "Asia/Shanghai")))
        self.moment = Moment(self.zone, calendar)
        self.lists = raw["lists"]
        self.params = {k: (v.get("value") if isinstance(v, dict) else v) for k, v in raw["params"].items()}
        self.max_future = self.duration(head.get("max_future", "1d")).micros
        self.units = [u for u in raw.get("units") or [] if isinstance(u, dict) and "id" in u] \
            if isinstance(raw.get("units"), list) else []
        self.events = raw["events"]
        self.declared = {f for t in self.events.values() for f in ((t or {}).get("fields") or {})}
        self.wheres = {}
        self.items = {k: self.item(k, v) for k, v in raw["items"].items()}
        self.measures = {}
        for name in raw["measures"]:
            self.measures[name] = self.measure(name, raw["measures"][name])
        for m in self.measures.values():
            if m.kind == "value":
                self.resolve_value(m, ())
        for m in self.measures.values():
            if m.kind == "units":
                m.below = {n for n in ex.names(m.tree) if n in self.measures}
                m.run = ex.build(m.tree, self.lower_resolver)
        for m in self.measures.values():
            m.below |= set().union(*(self.measures[n].reads for n in m.below), set())
        self.rules = [r for r in (self.rule(k, v) for k, v in raw["rules"].items()) if r]
        self.cover(raw["measures"])

    @staticmethod
    def merge(folder):
        raw = {s: {} for s in SECTIONS}
        files = sorted(glob.glob(os.path.join(folder, "*.yaml"))) if os.path.isdir(folder) else [folder]
        for path in files:
            if path.endswith(".test.yaml"):
                continue
            doc = load_yaml(path) or {}
            for section, body in doc.items():
                if section in SECTIONS:
                    for k, v in (body or {}).items():
                        if k in raw[section]:
                            raise PackError("%s %s twice" % (section, k))
                        raw[section][k] = v
                elif section == "pack":
                    raw.setdefault("pack", {}).update(body or {})
                elif section == "units":
                    raw["units"] = body
        return raw

    # ------------------------------------------------------------ parts
    def param(self, v):
        return self.params[v] if isinstance(v, str) and v in self.params else v

    def duration(self, v):
        return Duration.parse(self.param(v))

    def const(self, tree):
        """Value of a tree that reads only literals and params, else None."""
        if any(n not in self.params for n in ex.names(tree)):
            return None
        return ex.build(tree, self.constant)(None)

    def constant(self, name):
        if name in self.params or name in self.lists:
            v = self.params[name] if name in self.params else self.lists[name]
            return lambda env: v
        return None

    def field_resolver(self, name):
        if name.split(".")[0] in self.declared:
            return path_getter(name)
        return self.constant(name) or path_getter(name)

    def where_of(self, text):
        if text is None:
            return None
        if text not in self.wheres:
            run = ex.build(ex.parse(text), self.field_resolver)
            self.wheres[text] = lambda e: run(e) is True
        return self.wheres[text]

    @staticmethod
    def types_of(v):
        if v == "*":
            return None
        return frozenset(v if isinstance(v, list) else [v])

    def role(self, v, default_where=None):
        body = v if isinstance(v, dict) else {"event": v}
        return self.types_of(body["event"]), self.where_of(body.get("where", default_where)), body

    def item(self, name, body):
        it = Rule()
        it.name = name
        it.key = path_getter(body["key"])
        it.opens, it.closes = self.role(body["open"])[:2], self.role(body["close"])[:2]
        it.due = path_getter(body["due"]) if "due" in body else None
        it.extends, it.new_due = None, None
        if "extend" in body:
            types, where, ext = self.role(body["extend"])
            it.extends, it.new_due = (types, where), path_getter(ext.get("due", body.get("due")))
        return it

    def window(self, body):
        over, off = self.param(body.get("over")), self.param(body.get("offset", 0))
        if over in PERIODS:
            if not isinstance(off, int):
                n, unit = re.fullmatch(r"(\d+) *([a-z]+?)s?", off).groups()
                if unit != over:
                    raise PackError("offset %r of a window over %s" % (off, over))
                off = int(n)
            return Window(over, 0, off, body.get("to_date") is True)
        off = self.duration(off).micros
        if over is None:
            return Window("all", 0, off)
        width = self.duration(over)
        if width.workdays is not None:
            raise PackError("over: workdays is not supported")
        return Window("sliding", width.micros, off)

    def step(self, body):
        """(types, where): a type, a list of types or {type, where}."""
        body = body if isinstance(body, dict) else {"type": body}
        return self.types_of(body["type"]), self.where_of(body.get("where"))

    def sequence(self, m, body):
        m.steps = [self.step(x) for x in body["sequence"]]
        m.without = self.step(body["without"]) if "without" in body else None
        m.on = path_getter(body["on"]) if "on" in body else None
        m.within = self.duration(body["within"]) if "within" in body else None
        if len(m.steps) not in (1, 2) or len(m.steps) == 1 and (m.without is None or m.within is None):
            raise PackError("measure %s: two steps, or one with without and within" % m.name)
        return m

    def special(self, name, body):
        """peers, units and warnings, or None."""
        if "peers" in body:
            m = Measure(name, "peers")
            m.subject, m.stat, m.among, m.period = body["peers"], body["stat"], body["among"], body["every"]
            if m.stat not in PEER_STATS or m.period not in PERIODS:
                raise PackError("measure %s: %s %s" % (name, m.stat, m.period))
            m.below = {m.subject}
        elif "units" in body:
            m = Measure(name, "units")
            m.scope = body["units"]
            (m.how,) = [k for k in ROLL_UPS if k in body]
            m.tree = ex.parse(body[m.how])
        elif "warnings" in body:
            m = Measure(name, "warnings")
            m.active, m.distinct = {"count": False, "active": True}[body["warnings"]], body.get("distinct")
            m.where = None if body.get("where") is None else ex.build(ex.parse(body["where"]), self.warning_resolver)
            m.window = self.window(body)
        else:
            return None
        return m

    def cover(self, bodies):
        """Which rules the measures over levels read, and the stratum of every rule."""
        strict = {"warnings": lambda m: True, "units": lambda m: "level" in ex.names(m.tree)}
        readers = {m.name for m in self.measures.values() if m.kind in strict and strict[m.kind](m)}
        while True:
            more = {m.name for m in self.measures.values() if (m.reads | m.below) & readers} | readers
            if more == readers:
                break
            readers = more
        named = {r.name: r for r in self.rules}
        for m in self.measures.values():
            if m.kind not in strict or not strict[m.kind](m):
                continue
            body = bodies[m.name]
            if "rules" in body:
                m.covers = {n for n in body["rules"] if n in named}
            else:
                m.covers = {r.name for r in self.rules if r.status == "active" and not r.reads & readers}
            if "group" in body:
                m.covers = {n for n in m.covers if named[n].group == body["group"]}
            elif "rules" not in body:
                m.covers = {n for n in m.covers if not named[n].hint}
        for r in self.rules:
            r.stratum = self.stratum(r.reads, named, ())

    def stratum(self, measures, named, path):
        out = 0
        for n in measures:
            m = self.measures[n]
            if n in path:
                raise PackError("cycle of strata: %s" % " -> ".join(path + (n,)))
            for c in m.covers or ():
                out = max(out, 1 + self.stratum(named[c].reads, named, path + (n,)))
            out = max(out, self.stratum(m.below, named, path + (n,)))
        return out

    def measure(self, name, body):
        special = self.special(name, body)
        if special:
            special.empty = self.param(body.get("empty"))
            return special
        kinds = [k for k in EVENT_KINDS + ITEM_KINDS + ("value", "sequence") if k in body]
        if len(kinds) != 1:
            raise PackError("measure %s: one aggregate expected, got %s" % (name, kinds))
        m = Measure(name, kinds[0])
        main = body[m.kind]
        if "empty" in body:
            m.empty = self.param(body["empty"])
        if m.kind == "value":
            m.tree = ex.parse(main)
            return m
        m.window = self.window(body)
        m.where, m.per = body.get("where"), body.get("per")
        m.keyed = m.per is not None
        if m.kind == "sequence":
            return self.sequence(m, body)
        if m.kind in ITEM_KINDS:
            m.item = self.items[main]
            m.margin = self.duration(body.get({"overdue": "by", "due_within": "in"}.get(m.kind), 0))
            return m
        m.types = self.types_of(main if m.kind in ("count", "age") else body["of"])
        if m.kind == "streak":
            m.field = ("streak", main)
        elif m.kind == "decayed" and ex.is_number(main):
            m.field = ("const", main)
        elif m.kind in NUMERIC:
            m.field = ("number", main)
        elif m.kind not in ("count", "age"):
            m.field = ("any", main)
        if m.kind == "quantile":
            m.q = Fraction(self.param(body["q"]))
        if m.kind == "decayed":
            m.half_life = self.duration(body["half_life"]).micros
            m.every = body.get("every")
        m.series = (m.types, m.where, m.per, m.field)
        return m

    # ------------------------------------------------------------ names in conditions
    def rule_resolver(self, name):
        if name in self.measures:
            return lambda env: env[name]
        if name.startswith("unit."):
            part = name[5:]
            return lambda env: env["unit."].get(part)
        fixed = self.constant(name)
        if fixed is None:
            raise PackError("unknown name %s" % name)
        return fixed

    def lower_resolver(self, name):
        """Names in the expression of a roll-up: of the lower unit."""
        if name == "level":
            return lambda env: env["level"]()
        if name in self.measures:
            return lambda env: env["measure"](name)
        return self.rule_resolver(name)

    def warning_resolver(self, name):
        if name in ("level", "rule", "group", "key"):
            return lambda w: w[name]
        fixed = self.constant(name)
        if fixed is None:
            raise PackError("unknown name %s" % name)
        return fixed

    def resolve_value(self, m, path):
        if m.name in path:
            raise PackError("cycle of measures: %s" % " -> ".join(path + (m.name,)))
        if m.reads:
            return
        for n in ex.names(m.tree):
            if n in self.measures:
                sub = self.measures[n]
                if sub.kind == "value":
                    self.resolve_value(sub, path + (m.name,))
                m.reads |= {n} | sub.reads
                m.keyed = m.keyed or sub.keyed
                if sub.per is not None:
                    if m.per not in (None, sub.per):
                        raise PackError("measure %s mixes per: %s and %s" % (m.name, m.per, sub.per))
                    m.per = sub.per
        m.run = ex.build(m.tree, self.rule_resolver)

    def closure(self, names):
        out = set()
        for n in names:
            if n in self.measures:
                out |= {n} | self.measures[n].reads
        return out

    def condition(self, text):
        tree = ex.parse(text)
        return tree, ex.build(tree, self.rule_resolver)

    def rule(self, name, body):
        if body.get("status", "active") in ("draft", "retired"):
            return None
        r = Rule()
        r.name, r.group, r.status, r.stratum = name, body.get("group"), body.get("status", "active"), 0
        r.needs_tree, r.needs = self.condition(body["needs"]) if "needs" in body else (None, None)
        r.levels, trees = [], [r.needs_tree] if r.needs_tree else []
        shades = (self.raw.get("colours") or {}).get("extra") or {}
        shown = body.get("show") or {}
        r.hint = all((shades.get(shown.get(c)) or {}).get("base") == "green" for c in ("yellow", "red") if c in body)
        grey = []
        for color in ("yellow", "red"):
            if color not in body:
                continue
            spec = body[color] if isinstance(body[color], dict) else {"enter": body[color]}
            lv = Level()
            lv.color, lv.rank = color, LEVELS[color]
            tree, lv.enter = self.condition(spec["enter"])
            trees.append(tree)
            grey += ex.grey_operands(tree)
            lv.exit = None
            if "exit" in spec:
                tree, lv.exit = self.condition(spec["exit"])
                trees.append(tree)
                grey += ex.grey_operands(tree)
            lv.wait, lv.hold = self.duration(spec.get("for", 0)), self.duration(spec.get("hold", 0))
            lv.step_down = spec.get("step_down", body.get("step_down")) is True
            r.levels.append(lv)
        r.grey = [ex.build(t, self.rule_resolver) for t in dict.fromkeys(grey)]
        r.judged = set()
        for t in trees:
            r.judged |= self.closure(ex.names(t))
        r.reads = r.judged | self.closure(self.because_names(body.get("because")))
        r.order = self.in_order(r.reads)
        pers = {self.measures[n].per for n in r.reads if self.measures[n].keyed}
        if len(pers) > 1:
            raise PackError("rule %s mixes keys %s" % (name, pers))
        r.keyed = bool(pers)
        zone = self.zone
        r.start = zone.day_start(parse_date(body["from"])) if body.get("from") else None
        r.stop = zone.day_start(parse_date(body["to"]) + 1) if body.get("to") else None
        r.excused = {}
        for e in body.get("except") or []:
            until = zone.day_start(parse_date(e["until"]) + 1) if e.get("until") else None
            old = r.excused.get(e["unit"], 0)
            r.excused[e["unit"]] = None if until is None or old is None else max(old, until)
        r.ages = {n: self.age_limits(n, trees, r) for n in r.reads if self.measures[n].kind == "age"}
        r.every = {self.measures[n].every for n in r.reads if self.measures[n].every}
        return r

    def in_order(self, names):
        """Value measures after those they read."""
        out = []

        def visit(n):
            if n not in out:
                for s in sorted(self.measures[n].reads):
                    visit(s)
                out.append(n)
        for n in sorted(names):
            visit(n)
        return out

    @staticmethod
    def because_names(because):
        texts = because.values() if isinstance(because, dict) else [because] if because else []
        out = set()
        for t in texts:
            out |= {m.strip() for m in re.findall(r"\{([^{}|]+)(?:\|[^{}]*)?\}", t)}
        return out

    def age_limits(self, name, trees, rule):
        """Numbers of days at which a judged rule can see the age change: a set, or None for every day."""
        if name not in rule.judged:
            return set()
        todo = list(trees) + [self.measures[n].tree for n in rule.judged if self.measures[n].kind == "value"]
        limits = set()
        for tree in todo:
            simple = 0
            for n in ex.walk(tree):
                if n[0] != "bin" or n[1] not in ex.COMPARISONS or n[1] == "in":
                    continue
                for a, b in ((n[2], n[3]), (n[3], n[2])):
                    if a == ("name", name):
                        c = self.const(b)
                        if c is None and not ex.is_null(b):
                            continue
                        simple += 1
                        if ex.is_number(c):
                            low = c.numerator // c.denominator
                            limits |= {low, low + 1}
            if simple != sum(1 for n in ex.walk(tree) if n == ("name", name)):
                return None
        return limits

