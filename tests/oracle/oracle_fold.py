"""One unit: at each instant at which something can change, every rule touched is judged once."""
from oracle_correct import ABOUT_OTHERS, CORRECTING, STRENGTH, form_of, kind_of, reaches, retracted
from oracle_item import ItemMeasure, Items
from oracle_measure import EMPTY, Column, Series, aggregate, cut, place
from oracle_sequence import Sequences
from oracle_time import DAY, PERIODS, PackError

NAMES = ("green", "yellow", "red")


class Instance:
    """One (rule, unit, key)."""
    __slots__ = ("rule", "key", "level", "entered", "enter_since", "exit_since", "exit_kinds", "episode", "judged")

    def __init__(self, rule, key):
        self.rule, self.key, self.level, self.entered = rule, key, 0, None
        self.judged = False
        self.episode = []                # rises since it last left green
        self.anew()

    def anew(self):
        self.enter_since = [None, None, None]
        self.exit_since = [None, None, None]
        self.exit_kinds = [set(), set(), set()]


class Touch:
    """By what an instance was touched at one instant."""
    __slots__ = ("kinds", "earliest")

    def __init__(self):
        self.kinds, self.earliest = set(), None

    def add(self, record):
        if record is not None:
            self.kinds.add(kind_of(record))
            self.earliest = record.time if self.earliest is None else min(self.earliest, record.time)

    @staticmethod
    def counted(record):
        """By a record as an event that counts, whatever it also does to others."""
        x = Touch()
        x.kinds, x.earliest = {"event"}, record.time
        return x

    def join(self, other):
        self.kinds |= other.kinds
        if other.earliest is not None:
            self.earliest = other.earliest if self.earliest is None else min(self.earliest, other.earliest)

    def cause(self):
        return max(self.kinds, key=STRENGTH.index, default="timer")


class Plan:
    """What of the pack does not depend on the unit."""

    def __init__(self, pack):
        self.pack, self.zone, self.moment = pack, pack.zone, pack.moment
        self.calendar, self.years = pack.moment.calendar, []          # at first; the records that change it
        self.readers = {n: [r for r in pack.rules if n in r.reads] for n in pack.measures}
        self.series, self.on_series, self.items = {}, {}, {}
        used = {n for n in pack.measures if self.readers[n]}
        while True:
            more = used.union(*(pack.measures[n].below for n in used))
            if more == used:
                break
            used = more
        of_kind = {k: [pack.measures[n] for n in sorted(used) if pack.measures[n].kind == k]
                   for k in ("peers", "units", "warnings", "sequence")}
        self.peers, self.roll_ups, self.warnings, self.sequences = of_kind.values()
        self.strata = max((r.stratum for r in pack.rules), default=0) + 1
        self.rules = {r.name: r for r in pack.rules}
        # What is read from other units, and so must tell them when it changes.
        self.abroad = set().union(*(m.below for m in self.roll_ups))
        self.abroad_ages = [pack.measures[n] for n in sorted(self.abroad) if pack.measures[n].kind == "age"]
        self.cross = bool(self.peers or self.roll_ups)
        for m in (pack.measures[n] for n in pack.measures if n in used):
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


class Rise:
    """One entry of the unit's own warnings."""
    __slots__ = ("time", "inst", "level", "revoked")

    def __init__(self, time, inst, level):
        self.time, self.inst, self.level, self.revoked = time, inst, level, False


class Unit:
    def __init__(self, world, name, attributes, registered_at):
        self.world, self.plan, self.zone, self.name = world, world.plan, world.plan.zone, name
        plan = self.plan
        self.attributes = dict(attributes or {}, id=name)
        self.end, self.registered_at, self.registered = world.end, registered_at, registered_at is not None
        self.activated = registered_at
        self.dissolved, self.falling = False, None         # falling: by what it was dissolved at this instant
        self.emptied = None                                # by what its last event was withdrawn at this instant
        self.columns = {spec: {} for spec in plan.series}
        self.start_deadlines()
        self.peers, self.rolled = {}, {}                   # values of other units, as last seen
        self.instances = {r.name: {} for r in plan.pack.rules}
        self.rises = []
        self.planned = {}
        self.touched, self.values, self.applied = {}, {}, Touch()
        self.queue, self.next = [], 0
        self.seen, self.known, self.entered, self.forgotten = [], [], {}, set()   # by clock; correcting ones; seq -> (record, form)
        self.newcomers, self.correcting = [], []           # of this instant
        self.live = False                                  # has sent something that still stands
        self.out = []

    def start_deadlines(self):
        """What counts by working days, or may."""
        plan = self.plan
        self.item_measures = {m.name: ItemMeasure(m, plan.pack) for ms in plan.items.values() for m in ms}
        self.items = [Items(plan.pack.items[n], [self.item_measures[m.name] for m in ms], plan.pack)
                      for n, ms in plan.items.items()]
        self.sequences = {m.name: Sequences(m, plan.pack) for m in plan.sequences}

    def derive(self, t, record):
        """The same again from all that counts, by another calendar."""
        known = {n: set(x) for n, x in self.instances.items()}
        self.start_deadlines()
        for _, (r, form) in sorted(self.entered.items()):
            if form is not None:
                self.alter_deadlines(None, form, t, None)
        for n, x in self.instances.items():
            for key in set(x) - known[n]:
                del x[key]
        self.touched = {}
        self.touch_everything(t, record)

    # ------------------------------------------------------------ instants to come
    def later(self, t, what):
        if t > self.end:
            return
        todo = self.planned.get(t)
        if todo is None:
            todo = self.planned[t] = set()
            self.world.wake(t, self)
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
        if isinstance(record, Touch):
            x.join(record)
        else:
            x.add(record)
        return x

    def touch_readers(self, m, key, t, record=None, create=False):
        if m.name in self.plan.abroad:
            self.world.spread(self, m)
        for rule in self.plan.readers[m.name]:
            if not rule.keyed:
                self.touch(self.instance(rule, None, t)[0], record)
            elif m.keyed:
                if create or key in self.instances[rule.name]:
                    self.touch(self.instance(rule, key, t)[0], record)
            else:
                for inst in self.instances[rule.name].values():
                    self.touch(inst, record)

    def touch_all(self, t, record=None):
        """Every rule that has no key is to be judged."""
        return [self.touch(self.instance(r, None, t)[0], record) for r in self.plan.pack.rules if not r.keyed]

    def touch_everything(self, t, record=None):
        self.touch_all(t, record)
        for known in self.instances.values():
            for inst in known.values():
                self.touch(inst, record)

    def exist(self, m, key, t, record):
        """A keyed instance begins with the first event taken in."""
        for rule in self.plan.readers[m.name]:
            if rule.keyed:
                inst, new = self.instance(rule, key, t)
                if new:
                    self.touch(inst, record)

    # ------------------------------------------------------------ one instant
    def load(self, records):
        """records: of this unit, in log order."""
        for e in records:
            self.queue.append((e.clock, e.seq, 0, e))              # known
            self.queue.append((max(e.clock, e.time), e.seq, 1, e))  # counts
        self.queue.sort(key=lambda x: x[:3])
        self.wake()
        if self.registered_at is not None:
            self.later(self.registered_at, ("record",))

    def wake(self):
        for x in self.queue[self.next:]:
            self.later(x[0], ("record",))

    def take_over(self, other, t, change):
        """All that the other unit has sent, and will, counts here too."""
        self.known = sorted(self.known + other.known, key=lambda e: e.seq)
        self.seen += other.seen
        for seq, (r, _) in sorted(other.entered.items()):
            form = form_of(r, self.known)
            self.entered[seq] = (r, form)
            self.alter(None, form, t, change)
        self.queue = sorted(self.queue[self.next:] + other.queue[other.next:], key=lambda x: x[:3])
        self.next = 0
        self.wake()

    def dissolve(self, change):
        self.dissolved, self.falling, self.queue = True, change, self.queue[:self.next]

    def advance(self, t):
        """Windows and deadlines move to t, then the records of t are applied."""
        todo = self.planned.pop(t, ())
        self.take(t)
        self.pop(todo, t)
        for m in self.plan.abroad_ages:
            time = self.newest(m.name, None, t)
            if time is not None:
                self.later(time + ((t - time) // DAY + 1) * DAY, ("measure", m.name, None))
        self.begin(t, self.newcomers, self.correcting)

    def take(self, t):
        """Applies the records of t."""
        while self.next < len(self.queue) and self.queue[self.next][0] == t:
            _, _, stage, e = self.queue[self.next]
            self.next += 1
            if e.clock == t:
                self.applied.add(e)
            if stage == 1:
                form = form_of(e, self.known) if self.known else e
                self.entered[e.seq] = (e, form)
                record = Touch.counted(e) if e.clock == t else None
                self.alter(None, form, t, record)
                if form is not e and (form or e.clock == t):
                    self.meet(e, t, record)
                continue
            if e.type not in ABOUT_OTHERS:
                self.newcomers.append(e)
                self.seen.append(e)
            if e.type not in CORRECTING:
                continue
            self.known.append(e)
            self.correcting.append(e)
            for seq, (r, old) in sorted(self.entered.items()):
                if not reaches(e, r, self.known):
                    continue
                new = None if seq in self.forgotten else form_of(r, self.known)
                self.entered[seq] = (r, new)
                self.alter(old, new, t, e)

    def begin(self, t, newcomers, correcting):
        """First judgement; and as if never seen, once all that it ever sent has been retracted."""
        left = [e for e in self.seen if not retracted(e, self.known)] if self.known else self.seen
        if t == self.registered_at:
            self.touch_all(t)
        elif left and not self.live and not self.registered:
            self.touch_all(t, next((Touch.counted(e) for e in newcomers if e in left), None))
        was, self.live = self.live or bool(newcomers), bool(left)
        if was and not left:
            self.emptied = correcting
        elif not left and not self.registered:
            self.touched, self.instances = {}, {r: {} for r in self.instances}

    def forget(self, t, correcting):
        self.emptied, touch = None, Touch()
        for e in correcting:
            touch.add(e)
        levels, other = {}, None
        if self.registered and not self.dissolved:
            other = self.world.without(self, t)
            levels = {(n, k): x.level for n, known in other.instances.items() for k, x in known.items()}
        for name, known in self.instances.items():
            for key, inst in known.items():
                level = levels.pop((name, key), 0)
                if level != inst.level:
                    self.transition(inst, level, t, touch, self.environment(inst, t), "retraction", True)
                inst.anew()
        for seq, (e, form) in self.entered.items():      # and the corrections were of nothing
            if e.type in CORRECTING:
                self.alter(form, None, t, None)
                self.entered[seq] = (e, None)
                self.forgotten.add(seq)
        self.touched = {}
        self.instances, self.rises = {r: {} for r in self.instances}, []
        if other:
            assert not any(levels.values()), "an instance that only the empty history has"
            self.instances, self.rises = other.instances, other.rises
            for at, todo in other.planned.items():
                for what in todo:
                    if what[0] in ("rule", "clock", "age"):
                        self.later(at, what)

    def alter(self, old, new, t, record):
        """An event as it counted and as it counts now, either may be None."""
        if old is new:
            return
        kind = (old or new).type
        for spec, series in self.plan.series_for(kind):
            before, after = (self.contribution(spec, series, f) for f in (old, new))
            if before == after:
                continue
            e = old or new
            for taken, sign in ((before, -1), (after, 1)):
                if taken is None:
                    continue
                key, value, weight = taken
                column = self.columns[spec].get(key)
                if column is None:
                    column = self.columns[spec][key] = Column()
                if sign > 0:
                    column.insert(e.time, e.seq, value, weight)
                else:
                    column.remove(e.time, e.seq)
                for m in self.plan.on_series[spec]:
                    self.placed(m, key, e.time, t, record, sign > 0)
        self.alter_deadlines(old, new, t, record)

    def alter_deadlines(self, old, new, t, record):
        for items in self.items:
            for m, key, now, instants in items.replace(old, new, t, self.zone):
                if now is None:
                    self.exist(m, key, t, record)
                elif now:
                    self.touch_readers(m, key, t, record)
                for x in instants:
                    self.later(x, ("limit" if m.kind in ("overdue", "due_within") else "measure", m.name, key))
        for found in self.sequences.values():
            gone, come = found.replace(old, new)
            for key, time, _ in gone:
                self.placed(found.m, key, time, t, record, False)
            for key, time, seq in come:
                self.placed(found.m, key, time, t, record, time <= t)
                if time > t:
                    self.later(time, ("match", found.m.name, key, seq))

    @staticmethod
    def contribution(spec, series, form):
        taken = series.select(form) if form is not None else None
        if taken is None:
            return None
        key, value = taken
        if spec[3] and spec[3][0] == "any" and isinstance(value, bool):
            value = Flag(value)
        return key, value, form.weight

    def meet(self, e, t, record):
        """The keys that an event as sent brings exist, whatever it counts as."""
        for spec, series in self.plan.series_for(e.type):
            taken = self.contribution(spec, series, e)
            for m in self.plan.on_series[spec] if taken else ():
                if m.keyed:
                    self.exist(m, taken[0], t, record)

    def placed(self, m, key, time, t, record, exists):
        """Something at `time` begins or ceases to count for a measure."""
        if m.keyed and exists:
            self.exist(m, key, t, record)
        now, instants = place(m.window, time, t, self.zone)
        if now:
            self.touch_readers(m, key, t, record)
        for x in instants:
            self.later(x, ("measure", m.name, key))

    def pop(self, todo, t):
        for what in sorted(todo, key=lambda w: w[0] != "match"):
            if what[0] == "record":
                continue
            if what[0] == "rule":
                self.touch(what[1])
            elif what[0] == "clock":
                inst = what[1]
                if self.clock_due(inst, t):
                    self.touch(inst)
            elif what[0] == "age":
                if self.age_due(what[1], t):
                    self.touch(what[1])
            elif what[0] == "match":
                found = self.sequences[what[1]]
                if found.m.keyed and found.stands(what[2], t, what[3]):
                    self.exist(found.m, what[2], t, None)
            else:
                m = self.plan.pack.measures[what[1]]
                if what[0] == "measure" or self.item_measures[m.name].live(what[2], t):
                    self.touch_readers(m, what[2], t)

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
        elif m.kind == "peers":
            v = self.peers.get(name)
        elif m.kind == "units":
            v = self.world.roll_up(m, self, t)
        elif m.kind == "warnings":
            v = self.own_warnings(m, t)
        else:
            column = (self.sequences[name].columns if m.kind == "sequence" else self.columns[m.series]).get(key, EMPTY)
            v = aggregate(m, column, cut(m.window, column, t, self.zone), t)
            if type(v) is Flag:
                v = v.on
        if v is None and m.empty is not None:
            v = m.empty
        self.values[at] = v
        return v

    def own_warnings(self, m, t):
        if m.active:
            found = [(x, x.level) for n in m.covers for x in self.instances[n].values() if x.level]
        else:
            found = [(r.inst, r.level) for r in self.rises
                     if not r.revoked and r.inst.rule.name in m.covers and place(m.window, r.time, t, self.zone)[0]]
        found = [{"level": NAMES[level], "rule": x.rule.name, "group": x.rule.group, "key": x.key} for x, level in found]
        found = [w for w in found if m.where is None or m.where(w) is True]
        return len({w[m.distinct] for w in found} - {None}) if m.distinct else len(found)

    def level(self, rules):
        return max((x.level for n in rules for x in self.instances[n].values()), default=0)

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
    def judge_stratum(self, stratum, t):
        if self.emptied is not None:
            self.forget(t, self.emptied)
        if self.dissolved and self.falling:
            for inst in [x for known in self.instances.values() for x in known.values() if x.rule.stratum == stratum and x.level]:
                self.transition(inst, 0, t, self.falling, self.environment(inst, t), "decision", False)
        if self.dissolved or not (self.registered or self.live):
            return
        for inst in sorted((x for x in self.touched if x.rule.stratum == stratum), key=lambda x: (x.rule.name, x.key or "")):
            if self.instances[inst.rule.name].get(inst.key) is inst:
                self.judge(inst, t, self.touched[inst])
                inst.judged = True

    def environment(self, inst, t):
        env = {n: self.value(n, inst.key, t) for n in inst.rule.order}
        env["unit."] = self.attributes
        return env

    def judge(self, inst, t, touch):
        rule = inst.rule
        until = rule.excused.get(self.name, 0)
        if until is None or t < until:
            return
        if rule.start is not None and t < rule.start:
            return
        env = self.environment(inst, t)
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
                    if since is inst.exit_since:
                        inst.exit_kinds[lv.rank] = set(touch.kinds)
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

    def transition(self, inst, level, t, touch, env, cause=None, revoked=None):
        """revoked: None = by what touched the instance when the exit began to hold."""
        rise, old = level > inst.level, inst.level
        late = None
        if rise and touch.kinds and touch.earliest < t:
            late = t - touch.earliest
        if revoked is None:
            revoked = cause is None and bool(inst.exit_kinds[old] & {"retraction", "correction"})
        if cause is None:
            cause = touch.cause()
            if self.registered and not inst.judged and not inst.rule.keyed:
                cause = "activation"
        ended = None if rise else "revoked" if revoked else "cleared"
        self.out.append((t, self.name, inst.rule.name, inst.key, NAMES[old], NAMES[level], cause, late,
                         {n: env[n] for n in sorted(inst.rule.reads)}, ended))
        inst.level, inst.entered = level, t
        if inst.exit_since[level] is not None:           # counted from now on
            inst.exit_since[level], inst.exit_kinds[level] = t, set(touch.kinds)
        if rise:
            inst.episode.append(Rise(t, inst, level))
            self.rises.append(inst.episode[-1])
        elif revoked:
            for r in inst.episode:
                r.revoked = r.revoked or r.level > level
        if not level:
            inst.episode = []
        for m in self.plan.warnings:
            if inst.rule.name not in m.covers:
                continue
            if m.active or ended == "revoked":
                self.touch_readers(m, None, t, touch)
            elif rise:
                self.placed(m, None, t, t, touch, False)
        self.world.level_moved(self, inst.rule)


class Flag:
    """A boolean of an event inside an array: never equal to a number."""
    __slots__ = ("on",)

    def __init__(self, on):
        self.on = on

    def __eq__(self, other):
        return type(other) is Flag and other.on == self.on

    def __hash__(self):
        return hash(("flag", self.on))
