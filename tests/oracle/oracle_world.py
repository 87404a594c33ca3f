"""All units in step: instants in time order, peers, roll-ups, strata."""
import heapq
from fractions import Fraction

import oracle_expr as ex
import oracle_fold
from oracle_fold import NAMES, Plan, Touch
from oracle_log import check_year
from oracle_measure import ranked, root6


class World:
    def __init__(self, plan, by_unit, register, names, start, end):
        self.plan, self.by_unit, self.register, self.start, self.end = plan, by_unit, register, start, end
        self.heap, self.units, self.fixed = [], {}, None
        self.samples, self.moved = {}, set()
        for m in plan.peers:
            self.plan_sample(m, start)
        for name in names:
            self.units[name] = oracle_fold.Unit(self, name, register.get(name), start if name in register else None)
            self.units[name].load(by_unit.get(name, []))
        self.changes = register_changes(by_unit)
        self.calendar, self.years = plan.calendar, calendar_changes(plan.years)
        for t in (*self.changes, *self.years):
            if t <= end:
                heapq.heappush(self.heap, (t, ""))

    def wake(self, t, unit):
        heapq.heappush(self.heap, (t, unit.name))

    def plan_sample(self, m, t):
        """The first instant of the local period after the one that contains t."""
        zone = self.plan.zone
        at = zone.start(m.period, zone.period(m.period, t) + 1)
        if at <= self.end:
            self.samples.setdefault(at, []).append(m)
            heapq.heappush(self.heap, (at, ""))

    def run(self, stop=None):
        while self.heap and (stop is None or self.heap[0][0] <= stop):
            t, names = self.heap[0][0], set()
            while self.heap and self.heap[0][0] == t:
                names.add(heapq.heappop(self.heap)[1])
            self.step(t, names)
        return self

    def step(self, t, names):
        units = [self.units[n] for n in sorted(self.units)]
        for r in self.years.get(t, ()):
            self.calendar = self.calendar.replaced(*check_year(r.data))
        self.plan.moment.calendar = self.calendar
        for u in units:
            u.touched, u.values, u.applied, u.newcomers, u.correcting = {}, {}, Touch(), [], []
            u.falling = u.emptied = None
        self.moved = set()
        for r in self.years.pop(t, ()):                  # every deadline anew, every rule judged
            touch = Touch()
            touch.add(r)
            for u in units:
                u.derive(t, touch)
            names |= set(self.units)
            self.moved = {(u, m) for u in units for m in self.plan.roll_ups}
        for change in self.changes.pop(t, ()):
            names |= self.change(change, t)
        while self.heap and self.heap[0][0] == t:
            names.add(heapq.heappop(self.heap)[1])
        for u in units:
            if u.name in names:
                u.advance(t)
        if t == self.start:
            self.moved = {(u, m) for u in units for m in self.plan.roll_ups}
        for m in self.samples.pop(t, ()):
            self.sample(m, t)
            self.plan_sample(m, t)
        for stratum in range(self.plan.strata):
            while self.moved:
                self.roll(*min(self.moved, key=lambda x: (x[0].name, x[1].name)), t)
            for u in units:
                u.values = {}
            for u in units:
                if u.touched or u.falling or u.emptied is not None:
                    u.judge_stratum(stratum, t)

    def without(self, unit, t):
        """The unit as it would be at t had it only been registered, by what other units are to it now."""
        alone = World(self.plan, {}, {unit.name: unit.attributes}, [unit.name], unit.activated, self.end)
        alone.samples, alone.years, alone.calendar, alone.fixed = {}, {}, self.calendar, unit.rolled
        alone.units[unit.name].peers = dict(unit.peers)
        return alone.run(t).units[unit.name]

    # ------------------------------------------------------------ the register
    def change(self, record, t):
        """One change of the register. -> names of the units to be looked at."""
        data, unit = record.data, self.units[record.unit]
        touch = Touch()
        touch.add(record)
        touch.earliest = min(t, record.time) if record.clock == t else t
        kind, olds, news = data["change"], [], [unit]
        if kind == "merge":
            olds = [self.units[n] for n in data["from"]]
        elif kind == "split":
            olds, news = [unit], [self.units[n] for n in data["into"]]
        elif kind == "dissolve":
            olds, news = [unit], []
        for u in olds + news:
            u.take(t)
        self.tell(olds + news)
        for u in news:
            if kind != "split":                          # parts are seen by the records they get
                u.registered = True
                u.activated = t if u.activated is None else u.activated
            u.touch_everything(t, touch)
        if kind not in ("split", "dissolve"):
            unit.attributes.update({NAMED.get(k, k): v for k, v in data.items() if k not in ("change", "effective", "into", "from")})
        for new in news:
            for old in olds:
                new.take_over(old, t, touch)
        for old in olds:
            old.dissolve(touch)
        self.tell(news)
        return {u.name for u in news}

    def tell(self, units):
        """What the units above may see differently."""
        for u in units:
            for m in self.plan.roll_ups:
                self.moved |= {(upper, m) for upper in self.uppers(u, m.scope)}

    # ------------------------------------------------------------ peers
    def sample(self, m, t):
        registered = [u for u in self.units.values() if u.registered and not u.dissolved]
        groups, new = {}, {}
        for u in registered:
            group = u.attributes.get(m.among)
            if group is not None:
                groups.setdefault(str(group), []).append(u)
        for members in groups.values():
            own = {u.name: u.value(m.subject, None, t) for u in members}
            values = [v for v in own.values() if ex.is_number(v)]
            for u in members:
                new[u.name] = peer_value(m.stat, values, own[u.name])
        for u in registered:
            old, u.peers[m.name] = u.peers.get(m.name), new.get(u.name)
            if u.peers[m.name] != old:
                u.touch_readers(m, None, t)
        for u in self.units.values():
            u.values = {}

    # ------------------------------------------------------------ the tree
    def uppers(self, unit, scope):
        out, name = [], unit.name
        while True:
            name = self.units[name].attributes.get("parent") if name in self.units else None
            if name is None or name in out or name == unit.name:
                return [self.units[n] for n in out if n in self.units]
            out.append(name)
            if scope == "children":
                name = None

    def roll_up(self, m, unit, t):
        if self.fixed is not None:
            return self.fixed.get(m.name, 0 if m.how in ("count", "sum") else None)
        results = []
        for u in self.units.values():
            if u.registered and not u.dissolved and unit in self.uppers(u, m.scope):
                results.append(m.run({"unit.": u.attributes, "measure": lambda n, u=u: u.value(n, None, t),
                                      "level": lambda u=u: NAMES[u.level(m.covers)]}))
        true = sum(1 for v in results if v is True)
        numbers = [v for v in results if ex.is_number(v)]
        if m.how == "count":
            return true
        if m.how == "share":
            return ex.fit(ex.plain(Fraction(true, len(results)))) if results else None
        if m.how == "max":
            return max(numbers, default=None)
        total = 0
        for v in numbers:
            total += v
        return ex.fit(ex.plain(Fraction(total)))

    def applied_below(self, unit, scope):
        """The records of this instant in the units below: by them a roll-up that changed is touched."""
        touch = Touch()
        for u in self.units.values():
            if unit in self.uppers(u, scope):
                touch.join(u.applied)
        return touch

    def spread(self, unit, measure):
        """A measure of a lower unit changed, or could have."""
        for m in self.plan.roll_ups:
            if measure.name in m.below:
                self.moved |= {(u, m) for u in self.uppers(unit, m.scope)}

    def level_moved(self, unit, rule):
        for m in self.plan.roll_ups:
            if m.covers and rule.name in m.covers:
                self.moved |= {(u, m) for u in self.uppers(unit, m.scope)}

    def roll(self, upper, m, t):
        """Touches the readers if the value is another one."""
        self.moved.discard((upper, m))
        for u in self.units.values():
            u.values = {}
        value = upper.value(m.name, None, t)
        if m.name not in upper.rolled or upper.rolled[m.name] != value:
            upper.rolled[m.name] = value
            upper.touch_readers(m, None, t, self.applied_below(upper, m.scope))


NAMED = {"parent_unit_id": "parent"}


def register_changes(by_unit):
    """Instant -> changes, in log order: from the start of the day on, or when it becomes known."""
    out = {}
    for r in sorted((r for rs in by_unit.values() for r in rs if r.type == "unit_changed"), key=lambda r: r.seq):
        out.setdefault(max(r.clock, r.time), []).append(r)
    return out


def calendar_changes(records):
    out = {}
    for r in records:
        out.setdefault(r.clock, []).append(r)
    return out


def peer_value(stat, values, own):
    n = len(values)
    if stat == "count":
        return n
    if not n or stat in ("rank", "percentile") and not ex.is_number(own):
        return None
    if stat == "rank":
        return 1 + sum(1 for v in values if v > own)
    if stat == "percentile":
        return ex.fit(ex.plain(Fraction(100 * sum(1 for v in values if v <= own), n)))
    mean = Fraction(sum(values)) / n
    if stat == "mean":
        return ex.fit(ex.plain(mean))
    if stat == "stddev":
        return root6(Fraction(sum((v - mean) ** 2 for v in values)) / n)
    return ranked(values, {"q1": Fraction(1, 4), "median": Fraction(1, 2), "q3": Fraction(3, 4)}[stat])


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
    changed = [r for r in records if r.type == "unit_changed"]
    names = sorted(set(by_unit).union(register, *(r.data.get(k) or () for r in changed for k in ("into", "from"))))
    if sample is not None and sample < len(names):
        names = [names[i * len(names) // sample] for i in range(sample)]
    plan, out = Plan(pack), []
    plan.years = [r for r in records if r.type == "calendar_updated"]
    for group in [names] if plan.cross or changed else [[n] for n in names]:
        for unit in World(plan, by_unit, register, group, start, end).run().units.values():
            out += unit.out
    pack.moment.calendar = plan.calendar
    out.sort(key=lambda x: (x[0], x[1], x[2], x[3] is not None, x[3] or ""))
    return out
