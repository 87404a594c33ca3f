"""Judges one unit after the other: at each instant at which something can change, every rule touched, once."""
import heapq

from oracle_item import ItemMeasure, Items
from oracle_measure import EMPTY, Column, Series, aggregate, cut, place
from oracle_time import DAY, PERIODS, PackError

NAMES = ("green", "yellow", "red")


class Instance:
    """One (rule, unit, key)."""
    __slots__ = ("rule", "key", "level", "entered", "enter_since", "exit_since")

    def __init__(self, rule, key):
        self.rule, self.key, self.level, self.entered = rule, key, 0, None
        self.anew()

    def anew(self):
        self.enter_since = [None, None, None]
        self.exit_since = [None, None, None]


class Touch:
    __slots__ = ("record", "earliest", "activation")

    def __init__(self):
        self.record, self.earliest, self.activation = False, None, False


class Plan:
    """What of the pack does not depend on the unit."""

    def __init__(self, pack):
        self.pack, self.zone, self.moment = pack, pack.zone, pack.moment
        self.readers = {n: [r for r in pack.rules if n in r.reads] for n in pack.measures}
        self.series, self.on_series, self.items = {}, {}, {}
        for m in pack.measures.values():
            if not self.readers[m.name]:
                continue
            if m.series:
                self.series.setdefault(m.series, Series(m.series, pack))
                self.on_series.setdefault(m.series, []).append(m)
            elif m.item:
                self.items.setdefault(m.item.name, []).append(m)
        self.by_type = {}

    def series_for(self, kind):
        found = self.by_type.get(kind)
        if found is None:
            found = self.by_type[kind] = [(spec, s) for spec, s in self.series.items()
                                          if s.types is None or kind in s.types]
        return found


class Unit:
    def __init__(self, plan, name, attributes, end, registered_at):
        self.plan, self.zone, self.name = plan, plan.zone, name
        self.attributes = dict(attributes or {}, id=name)
        self.end, self.registered_at = end, registered_at
        self.columns = {spec: {} for spec in plan.series}
        self.item_measures = {m.name: ItemMeasure(m, plan.pack) for ms in plan.items.values() for m in ms}
        self.items = [Items(plan.pack.items[n], [self.item_measures[m.name] for m in ms], plan.pack)
                      for n, ms in plan.items.items()]
        self.instances = {r.name: {} for r in plan.pack.rules}
        self.heap, self.planned = [], {}
        self.touched = {}
        self.out = []

    # ------------------------------------------------------------ instants to come
    def later(self, t, what):
        if t > self.end:
            return
        todo = self.planned.get(t)
        if todo is None:
            todo = self.planned[t] = set()
            heapq.heappush(self.heap, t)
        todo.add(what)

    def instance(self, rule, key, t):
        known = self.instances[rule.name]
        inst = known.get(key)
        if inst is None:
            inst = known[key] = Instance(rule, key)
            for x in (rule.start, rule.stop, rule.excused.get(self.name)):
                if x is not None and x > t:
                    self.later(x, ("rule", inst))
            return inst, True
        return inst, False

    def touch(self, inst, record=None):
        x = self.touched.get(inst)
        if x is None:
            x = self.touched[inst] = Touch()
        if record is not None:
            x.record = True
            x.earliest = record.time if x.earliest is None else min(x.earliest, record.time)
        return x

    def touch_readers(self, m, key, t, record=None, create=False):
        for rule in self.plan.readers[m.name]:
            if not rule.keyed:
                self.touch(self.instance(rule, None, t)[0], record)
            elif m.keyed:
                if create or key in self.instances[rule.name]:
                    self.touch(self.instance(rule, key, t)[0], record)
            else:
                for inst in self.instances[rule.name].values():
                    self.touch(inst, record)

    def exist(self, m, key, t, record):
        """A keyed instance begins with the first event taken in."""
        for rule in self.plan.readers[m.name]:
            if rule.keyed:
                inst, new = self.instance(rule, key, t)
                if new:
                    self.touch(inst, record)

    # ------------------------------------------------------------ one instant
    def apply(self, e, t):
        record = e if e.clock == t else None
        for spec, series in self.plan.series_for(e.type):
            taken = series.select(e)
            if taken is None:
                continue
            key, value = taken
            column = self.columns[spec].get(key)
            if column is None:
                column = self.columns[spec][key] = Column()
            if spec[3] and spec[3][0] == "any" and isinstance(value, bool):
                value = Flag(value)
            column.insert(e.time, e.seq, value)
            for m in self.plan.on_series[spec]:
                if m.keyed:
                    self.exist(m, key, t, record)
                now, instants = place(m.window, e.time, t, self.zone)
                if now:
                    self.touch_readers(m, key, t, record)
                for x in instants:
                    self.later(x, ("measure", m.name, key))
        for items in self.items:
            for m, key, now, instants in items.add(e, t, self.zone):
                if now is None:
                    self.exist(m, key, t, record)
                elif now:
                    self.touch_readers(m, key, t, record)
                for x in instants:
                    self.later(x, ("limit" if m.kind in ("overdue", "due_within") else "measure", m.name, key))

    def pop(self, t):
        for what in self.planned.pop(t, ()):
            if what[0] == "rule":
                self.touch(what[1])
            elif what[0] == "clock":
                inst = what[1]
                if self.clock_due(inst, t):
                    self.touch(inst)
            elif what[0] == "age":
                if self.age_due(what[1], t):
                    self.touch(what[1])
            else:
                m = self.plan.pack.measures[what[1]]
                if what[0] == "measure" or self.item_measures[m.name].live(what[2], t):
                    self.touch_readers(m, what[2], t)

    def run(self, records):
        """records: of this unit, in log order."""
        queue = sorted(records, key=lambda e: (max(e.clock, e.time), e.seq))
        i, first = 0, None
        if records:
            first = records[0]
            self.later(first.clock, ("first",))
        if self.registered_at is not None:
            self.later(self.registered_at, ("first",))
        for e in queue:
            if self.later(max(e.clock, e.time), ("first",)):
                break
        while self.heap:
            t = heapq.heappop(self.heap)
            self.touched = {}
            todo = self.planned[t]
            todo.discard(("first",))
            begin = t == self.registered_at
            if begin or first is not None and t == first.clock:
                for rule in self.plan.pack.rules:
                    if not rule.keyed:
                        x = self.touch(self.instance(rule, None, t)[0], first if first and t == first.clock and not begin else None)
                        x.activation = begin
            while i < len(queue) and max(queue[i].clock, queue[i].time) == t:
                self.apply(queue[i], t)
                i += 1
            self.pop(t)
            self.values = {}
            for inst in sorted(self.touched, key=lambda x: (x.rule.name, x.key or "")):
                self.judge(inst, t, self.touched[inst])
        return self.out

    # ------------------------------------------------------------ values
    def value(self, name, key, t):
        m = self.plan.pack.measures[name]
        if not m.keyed:
            key = None
        at = (name, key)
        if at in self.values:
            return self.values[at]
        if m.item:
            v = self.item_measures[name].value(key, t, self.zone)
        elif m.kind == "value":
            env = {n: self.value(n, key, t) for n in m.reads}
            env["unit."] = self.attributes
            v = m.run(env)
        else:
            column = self.columns[m.series].get(key, EMPTY)
            v = aggregate(m, column, cut(m.window, column, t, self.zone), t)
            if type(v) is Flag:
                v = v.on
        if v is None and m.empty is not None:
            v = m.empty
        self.values[at] = v
        return v

    # ------------------------------------------------------------ timers of a rule
    def held(self, since, duration, t):
        return since is not None and self.plan.moment.after(since, duration) <= t

    def clock_due(self, inst, t):
        """Does a `for` or `hold` of this instance run out exactly now?"""
        for lv in inst.rule.levels:
            since = inst.enter_since[lv.rank]
            if lv.rank > inst.level and since is not None and self.plan.moment.after(since, lv.wait) == t:
                return True
            since = inst.exit_since[lv.rank]
            if lv.rank == inst.level and since is not None and \
                    self.plan.moment.after(max(since, inst.entered), lv.hold) == t:
                return True
        return False

    def newest(self, name, key, t):
        m = self.plan.pack.measures[name]
        column = self.columns[m.series].get(key if m.keyed else None, EMPTY)
        span = cut(m.window, column, t, self.zone)
        if isinstance(span, tuple):
            span = range(*span)
        return column.T[span[-1]] if span else None

    def age_due(self, inst, t):
        for name, limits in inst.rule.ages.items():
            time = self.newest(name, inst.key, t)
            if time is not None and (t - time) % DAY == 0 and (limits is None or (t - time) // DAY in limits):
                return True
        return any(t == self.zone.start(p, self.zone.period(p, t)) for p in inst.rule.every)

    def plan_ahead(self, inst, t):
        rule = inst.rule
        for name, limits in rule.ages.items():
            time = self.newest(name, inst.key, t)
            if time is None:
                continue
            if limits is None:
                self.later(time + ((t - time) // DAY + 1) * DAY, ("age", inst))
            else:
                for n in limits:
                    if time + n * DAY > t:
                        self.later(time + n * DAY, ("age", inst))
        for p in rule.every:
            if p not in PERIODS:
                raise PackError("every: %s is not supported" % p)
            self.later(self.zone.start(p, self.zone.period(p, t) + 1), ("age", inst))
        after = self.plan.moment.after
        for lv in rule.levels:
            since = inst.enter_since[lv.rank]
            if lv.rank > inst.level and since is not None:
                x = after(since, lv.wait)
                if x > t:
                    self.later(x, ("clock", inst))
            since = inst.exit_since[lv.rank]
            if lv.rank == inst.level and since is not None:
                x = after(max(since, inst.entered), lv.hold)
                if x > t:
                    self.later(x, ("clock", inst))

    # ------------------------------------------------------------ judging
    def judge(self, inst, t, touch):
        rule = inst.rule
        until = rule.excused.get(self.name, 0)
        if until is None or t < until:
            return
        if rule.start is not None and t < rule.start:
            return
        env = {n: self.value(n, inst.key, t) for n in rule.order}
        env["unit."] = self.attributes
        if rule.stop is not None and t >= rule.stop:
            inst.anew()
            if inst.level:
                self.transition(inst, 0, t, touch, env, "timer")
            return
        self.decide(inst, t, touch, env)
        self.plan_ahead(inst, t)

    def decide(self, inst, t, touch, env):
        rule = inst.rule
        if rule.needs and rule.needs(env) is not True or any(g(env) is None for g in rule.grey):
            inst.anew()
            return
        exits = {}
        for lv in rule.levels:
            enter = lv.enter(env) is True
            leave = (not enter) if lv.exit is None else lv.exit(env) is True
            exits[lv.rank] = leave
            for since, holds in ((inst.enter_since, enter), (inst.exit_since, leave)):
                if not holds:
                    since[lv.rank] = None
                elif since[lv.rank] is None:
                    since[lv.rank] = t
        for lv in reversed(rule.levels):
            if lv.rank > inst.level and self.held(inst.enter_since[lv.rank], lv.wait, t):
                return self.transition(inst, lv.rank, t, touch, env)
        current = next((lv for lv in rule.levels if lv.rank == inst.level), None)
        if current and exits[inst.level] and \
                self.held(max(inst.exit_since[inst.level], inst.entered), current.hold, t):
            lower = [lv.rank for lv in reversed(rule.levels) if lv.rank < inst.level]
            if not current.step_down:
                lower = [r for r in lower if not exits[r]]
            self.transition(inst, lower[0] if lower else 0, t, touch, env)

    def transition(self, inst, level, t, touch, env, cause=None):
        rise = level > inst.level
        late = None
        if rise and touch.record and touch.earliest < t:
            late = t - touch.earliest
        if cause is None:
            cause = "activation" if touch.activation else "event" if touch.record else "timer"
        self.out.append((t, self.name, inst.rule.name, inst.key, NAMES[inst.level], NAMES[level], cause, late,
                         {n: env[n] for n in sorted(inst.rule.reads)}))
        inst.level, inst.entered = level, t


class Flag:
    """A boolean of an event inside an array: never equal to a number."""
    __slots__ = ("on",)

    def __init__(self, on):
        self.on = on

    def __eq__(self, other):
        return type(other) is Flag and other.on == self.on

    def __hash__(self):
        return hash(("flag", self.on))


def replay(pack, records, register, until=None, sample=None):
    """All transitions, sorted by (time, unit, rule, key)."""
    if not records:
        return []
    end = max(r.clock for r in records)
    if until is not None:
        end = max(end, until)
    start = min(r.clock for r in records)
    by_unit = {}
    for r in records:
        if r.unit is not None:
            by_unit.setdefault(r.unit, []).append(r)
    names = sorted(set(by_unit) | set(register))
    if sample is not None and sample < len(names):
        names = [names[i * len(names) // sample] for i in range(sample)]
    plan, out = Plan(pack), []
    for name in names:
        unit = Unit(plan, name, register.get(name), end, start if name in register else None)
        out += unit.run(by_unit.get(name, []))
    out.sort(key=lambda x: (x[0], x[1], x[2], x[3] is not None, x[3] or ""))
    return out
