"""Random measures beyond one unit's plain events: sequences, peers, roll-ups, own warnings."""
FEATURES = ("sequence", "peers", "units", "warnings", "corrections", "register", "calendar")
REGISTER = "id,name,parent,headcount,peer_group\nu1,First,,12,g\nu2,Second,u1,30,g\nu3,Third,u2,7,h\nu7,Fourth,u2,7,\nu9,Silent,u1,4,g\n"


def some(rng, known):
    """One or two of the features; sometimes all."""
    if not known:
        return ()
    return tuple(known if rng.random() < 0.15 else sorted(rng.sample(known, min(len(known), rng.choice([1, 1, 2])))))


def step(maker, kinds):
    rng = maker.rng
    kind = rng.choice(kinds)
    p = rng.random()
    if p < 0.15 and len(set(kinds)) > 1:
        return "[%s]" % ", ".join(rng.sample(sorted(set(kinds)), 2))
    if p < 0.35 and kind in ("complaint", "visit"):
        return '{type: %s, where: "%s"}' % (kind, maker.where(kind))
    return kind


def sequence(maker, per):
    rng = maker.rng
    on = rng.choice([None, "cat", "cat", "who"] + ([] if per in ("place.district", "who") else ["item"]))
    kinds = {"item": ["item_open", "item_close", "item_extend"], "who": ["visit", "visit", "misc", "item_open"]}.get(
        on, ["complaint", "visit", "visit", "item_open", "item_close", "misc"])
    last = kinds if per not in ("place.district", "who") else ["visit"]
    spans = ["6h", "1d", "3d", "5d", "1 workdays", "3 workdays"]
    window = maker.window()
    if rng.random() < 0.35:
        text = "sequence: [%s], without: %s, within: %s" % (step(maker, last), step(maker, kinds), maker.param(rng.choice(spans)))
    else:
        text = "sequence: [%s, %s]" % (step(maker, kinds), step(maker, last))
        if rng.random() < 0.4:
            text += ", without: " + step(maker, kinds)
        if rng.random() < 0.6:
            text += ", within: " + maker.param(rng.choice(spans))
    if on:
        text += ", on: " + on
    if rng.random() < 0.2:
        text += ', where: "%s"' % rng.choice(["cat != 'b'", "cat in hot", "event.source == '/s1'"])
    return "{%s%s%s}" % (text, window, ", per: " + per if per else "")


def of_corrections(maker):
    rng = maker.rng
    return "{%s%s}" % (rng.choice(["count: event_retracted", "count: [complaint_verdict, tolerance_decision]", "count: complaint_received",
                                   "count: complaint_received, where: \"verdict == 'substantiated'\"", "distinct: complaint_id, of: complaint_received"]),
                       maker.window())


def numeric(maker, small=False):
    out = [n for n in maker.measures if maker.values.get(n) and n not in maker.texts and not maker.per[n]]
    # age and decay change by themselves: not read from other units here
    return [n for n in out if "age:" not in maker.measures[n] and "value:" not in maker.measures[n] and not (small and "q:" in maker.measures[n])]


def put(maker, text, values=None):
    name = "x%d" % len(maker.measures)
    maker.measures[name], maker.per[name] = text, None
    if values:
        maker.values[name] = values
    return name


def across(maker):
    """Peers and roll-ups over values."""
    rng = maker.rng
    names = numeric(maker)
    if not names:
        return
    for _ in range(rng.randrange(2, 5)):
        n = rng.choice(names)
        if "peers" in maker.features and rng.random() < 0.6:
            put(maker, "{peers: %s, stat: %s, among: peer_group, every: %s%s}" % (
                n, rng.choice(["median", "q1", "q3", "mean", "stddev", "rank", "percentile", "count"]), rng.choice(["day", "day", "week", "month"]),
                rng.choice(["", "", ", empty: 0"])))
        elif "units" in maker.features:
            scope = rng.choice(["children", "descendants", "descendants"])
            lim = maker.decimal(maker.limit(n))
            how = rng.choice(["count: '%s >= %s'" % (n, lim), "share: '%s < %s'" % (n, lim), "max: %s" % n, "sum: %s" % n,
                              "sum: '%s * unit.headcount'" % n, "count: 'unit.headcount > 5 and %s > %s'" % (n, lim), "max: '%s - %s'" % (n, rng.choice(names))])
            put(maker, "{units: %s, %s}" % (scope, how))


def over_levels(maker, rules):
    """Rules that read levels, in one or two strata."""
    rng = maker.rng
    ids = [r.split(":")[0].strip() for r in rules if "draft" not in r and "retired" not in r]
    out, above = [], []
    for i in range(rng.randrange(2, 6)):
        named = ids + above if rng.random() < 0.4 else ids
        limit = ", rules: [%s]" % ", ".join(rng.sample(named, min(len(named), rng.randrange(1, 4)))) if named and (named != ids or rng.random() < 0.4) else ""
        if not limit and rng.random() < 0.2 and any("group: g1" in r for r in rules):
            limit = ", group: g1"
        if "units" in maker.features and ("warnings" not in maker.features or rng.random() < 0.5):
            expr = rng.choice(["level == 'red'", "level != 'green'", "level in ['yellow', 'red'] and unit.headcount > 5"])
            name = put(maker, '{units: %s, %s: "%s"%s}' % (rng.choice(["children", "descendants"]), rng.choice(["count", "count", "share"]), expr, limit),
                       [0, 1, 1, 2])
        else:
            limit = limit if "group" not in limit else ""
            where = rng.choice(["", "", ", where: \"level == 'red'\"", ", where: \"group == 'g1'\"", ", where: \"key == 'a' or key == null\"",
                                ", where: \"level in ['yellow'] and rule != 'r1'\""])
            distinct = rng.choice(["", "", "", ", distinct: " + rng.choice(["rule", "group", "key", "level"])])
            active = rng.random() < 0.4
            name = put(maker, "{warnings: %s%s%s%s%s}" % ("active" if active else "count", where, distinct, limit, "" if active else maker.window()),
                       [0, 1, 2, 3])
        before = dict(maker.measures)
        if named != ids or above or rng.random() < 0.7:      # keep the strata apart: a rule of its own for each
            for n in list(maker.measures):
                if n.startswith("x") and n != name and ("warnings:" in before[n] or "level" in before[n]):
                    maker.values.pop(n, None)
        text = maker.rule(100 + i, name)
        if text:
            out.append(text)
            if "status" not in text:
                above.append("r%d" % (100 + i))
    return out
