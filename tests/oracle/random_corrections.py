"""Random corrections, decisions and changes of the register for the events of random_log.py."""
HOUR = 3600
DAY = 24 * HOUR


def changes(log, e):
    """Fields that differ, such that the event would still be admitted."""
    rng, kind = log.rng, e["type"]
    options = {
        "complaint": [{"sev": rng.randrange(1, 6)}, {"cat": rng.choice("abc")}, {"cat": None}, {"amount": rng.randrange(100) / 10},
                      {"amount": None, "sev": 1}],
        "visit": [{"score": rng.randrange(40)}, {"ok": rng.random() < 0.5}, {"who": rng.choice(["w1", "w2", None])},
                  {"place": {"district": rng.choice(["n", "s", None])}}, {"place": {"extra": 1}, "cat": rng.choice("abc")}],
        "misc": [{"score": rng.choice([3, None, "x"])}, {"cat": rng.choice(["a", ["b"]])}],
        "complaint_received": [{"cat": rng.choice("abc")}, {"verdict": rng.choice(["substantiated", "unfounded"])}],
    }
    return rng.choice(options.get(kind, [{"cat": rng.choice("abc")}, {"item": "i%d" % rng.randrange(4)}, {"granted": rng.random() < 0.5},
                                         {"due": log.due(log.begin + rng.randrange(log.days * DAY))}, {"due": None}, {"big": True}]))


def correcting(log, row):
    """[clock, micros, record] that concerns an event, or None."""
    rng, e = log.rng, row[2]
    kind = rng.choice(["event_retracted"] * 4 + ["event_corrected"] * 5 + ["tolerance_decision"] * 3 + ["clarification_issued"])
    if e["type"] == "complaint_received" and rng.random() < 0.6:
        kind = rng.choice(["complaint_verdict"] * 3 + ["clarification_issued"])
    if e["type"] == "event_corrected":
        kind = "event_retracted"
    elif e["type"] in ("tolerance_decision", "complaint_verdict"):
        kind = rng.choice(["event_retracted", "event_corrected"])
    elif e["type"] in ("event_retracted", "clarification_issued"):
        if rng.random() < 0.7:
            return None
        kind = "event_retracted"
    after = rng.random() < 0.85 or kind == "event_retracted" and e["type"] in ("event_retracted", "clarification_issued")
    clock = row[0] + (rng.choice([0, HOUR, 5 * HOUR, DAY, 2 * DAY, 6 * DAY]) if after else -rng.choice([HOUR, DAY, 3 * DAY]))
    if clock > row[0] and rng.random() < 0.5:
        clock = max(row[0] + 1, clock // log.grid * log.grid)
    clock = min(clock, log.begin + log.days * DAY)
    if after:
        clock = max(clock, row[0] + (1 if row[1] else 0))
    time = clock if log.style == "plain" or rng.random() < 0.7 else clock - rng.choice([60, HOUR, 30 * HOUR])
    unit = e.get("unit", e.get("subject"))
    r = {"id": "k%d" % log.n, "source": rng.choice(["/s1", "/s2"]), "type": kind, "time": log.stamp(time), "unit": unit}
    log.n += 1
    if log.style != "plain":
        r["recordedtime"] = log.stamp(clock)
    if kind in ("event_retracted", "event_corrected"):
        data = {"target_event_id": e["id"]}
        if rng.random() < 0.8:
            data["target_source"] = e["source"]
        else:
            r["source"] = e["source"]
        if kind == "event_corrected":
            data["changes"] = changes(log, e)
            if e["type"] == "tolerance_decision":
                data["changes"] = {"granted": rng.random() < 0.5}
            elif e["type"] == "complaint_verdict":
                data["changes"] = {"verdict": "unfounded"}
    elif kind == "tolerance_decision":
        data = {"targets": [e["id"], "none"], "granted": rng.random() < 0.85, "factor": rng.choice([0, 0.5, 0.25, 1, 0.1])}
    elif kind == "complaint_verdict":
        data = {"complaint_id": e["data"].get("complaint_id", "k1"), "verdict": rng.choice(["substantiated", "unfounded"])}
    else:
        data = {"targets": [e["data"].get("complaint_id", e["id"])]}
    r["data"] = data
    return [clock, 0, r]


def added(log, rows):
    """The rows with corrections among them, in the order of the clock."""
    rng, more = log.rng, []
    share = rng.choice([0.05, 0.2, 0.5])
    for row in rows:
        while row and rng.random() < share:
            row = correcting(log, row)
            if row:
                more.append(row)
    if rng.random() < 0.5:                               # a unit that has nothing but corrections of what never comes
        for i in range(rng.randrange(1, 4)):
            ghost = log.event()
            ghost[2]["id"], ghost[2]["unit"] = "never%d" % i, rng.choice(["u6", "u6", "u9"])
            ghost[2].pop("subject", None)
            ghost = correcting(log, ghost)
            if ghost:
                more.append(ghost)
    if rng.random() < 0.5:                               # a unit that in the end has sent nothing
        t = log.begin + rng.randrange(log.days * DAY // 2)
        for i in range(rng.randrange(1, 4)):
            e = log.event()[2]
            e["unit"] = "u8" if rng.random() < 0.9 else "u9"
            e.pop("subject", None)
            e["time"] = log.stamp(t)
            row = [t, 0, e]
            if log.style != "plain":
                e["recordedtime"] = e["time"]
            more.append(row)
            r = {"id": "w%d" % log.n, "source": e["source"], "type": "event_retracted", "time": log.stamp(t + DAY + i * 7 * HOUR),
                 "unit": e["unit"], "data": {"target_event_id": e["id"]}}
            more.append([t + DAY + i * 7 * HOUR, 0, r])
            t += rng.choice([0, HOUR, DAY])
    return sorted(rows + more, key=lambda r: r[:2])


def register_changed(log, rows):
    rng, more = log.rng, []
    bodies = [(u, {"change": "update", k: v}) for u in ("u1", "u3", "u9") for k, v in (("headcount", rng.randrange(40)), ("peer_group", rng.choice("ghx")))]
    bodies += [("u7", {"change": "move", "parent_unit_id": "u1"}), ("u5", {"change": "create", "peer_group": "g", "parent_unit_id": "u2"})]
    bodies = rng.sample(bodies, 4)
    bodies += rng.choice([[], [("m1", {"change": "merge", "from": ["u2", "u3"], "parent_unit_id": "u1", "peer_group": "g"})],
                          [("u1", {"change": "split", "into": ["s1", "s2"]}), ("s1", {"change": "update", "headcount": 9})],
                          [("u3", {"change": "dissolve"})],
                          [("m1", {"change": "merge", "from": ["u1", "u3"]}), ("m1", {"change": "split", "into": ["s1", "s2"]})]])
    clocks = sorted(log.begin + rng.randrange(1, log.days * DAY) for _ in bodies)
    for clock, (unit, body) in zip(clocks, bodies):
        log.n += 1
        ahead = [-5, 0, 0, 3] if body["change"] in ("create", "update", "move") else [-1]
        effective = log.day(clock + rng.choice(ahead) * DAY)
        r = {"id": "g%d" % log.n, "source": "/register", "type": "unit_changed", "time": log.stamp(clock), "unit": unit, "data": dict(body, effective=effective)}
        if log.style != "plain":
            r["recordedtime"] = r["time"]
        more.append([clock, 0, r])
    return sorted(rows + more, key=lambda r: r[:2])


def calendar_changed(log, rows):
    """A year's working days told anew, once or more; sometimes with nothing that can be read."""
    rng, more = log.rng, []
    for i in range(rng.choice([1, 2, 2, 3])):
        clock = log.begin + rng.randrange(1, log.days * DAY)
        if rng.random() < 0.5:
            clock = max(log.begin + 1, clock // log.grid * log.grid)
        year = rng.choice([2026] * 9 + [2025])
        days = sorted({log.day(log.begin + rng.randrange(-5, log.days + 9) * DAY) for _ in range(rng.randrange(12))})
        days = [d for d in days if d.startswith(str(year))]
        cut = rng.randrange(len(days) + 1)
        data = {"year": year, "off": days[:cut], "work": days[cut:]}
        if rng.random() < 0.2:
            data.update(rng.choice([{"off": ["2024-01-01"]}, {"off": None}, {"year": "soon"}, {"work": days[:1] + ["x"]}, {"off": 5}]))
        elif rng.random() < 0.2 and not data["work"]:
            del data["work"]
        r = {"id": "y%d" % log.n, "source": "/calendar", "type": "calendar_updated", "time": log.stamp(clock), "data": data}
        log.n += 1
        if log.style != "plain":
            r["recordedtime"] = r["time"]
        more.append([clock, 0, r])
    return sorted(rows + more, key=lambda r: r[:2])
