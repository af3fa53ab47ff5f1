"""Compare AllocationBench with recorded answers. usage: BENCH TABLE.json... | check_allocation.py TABLE.json..."""
import json, sys

answers = {}
for path in sys.argv[1:]:
    data = json.load(open(path))
    if isinstance(data, dict):
        for p in data["problems"]:
            answers[path, p["id"]] = (p, data)
    else:
        for p in data:
            answers[path, p["id"]] = (p, None)

total, worst, good, bad, highs, kinds = 0.0, (0.0, ""), 0, 0, 0.0, {}
for line in sys.stdin:
    row = json.loads(line)
    if "name" not in row:
        print("read", row["file"].split("/")[-1], "in %.1f ms" % (row["reading_seconds"] * 1e3))
        continue
    p, shared = answers[row["file"], row["name"]]
    seconds = row["seconds"]
    total += seconds
    worst = max(worst, (seconds, row["name"]))
    highs += p.get("highs_ms", 0) / 1e3
    if "frontier" in p:
        ok = row["frontier"] == [[float(v) for v in point] for point in p["frontier"]]
        kind = "%d objectives" % len(p["objectives"])
    elif shared is not None:
        kind = "shared layers"
        losses = [shared["loss"]["int%d" % b] for b in shared["options_bits"]]
        costs = [shared["costs"][p["constraint"]]["int%d" % b] for b in shared["options_bits"]]
        ok = row["status"] == "optimal"
        if ok:
            choice = row["choice"]
            ok = abs(sum(losses[j][i] for i, j in enumerate(choice)) - row["objective"]) < 1e-9
            ok &= sum(costs[j][i] for i, j in enumerate(choice)) <= p["budget"] * (1 + 1e-12)
            ok &= all(choice[m] == choice[t[0]] for t in shared["ties"] for m in t)
            if "objective" in p:
                ok &= abs(row["objective"] - p["objective"]) < 1e-9
                ok &= [shared["options_bits"][j] for j in choice] == p["bits"]
    elif p["status"] == "infeasible":
        kind = "infeasible"
        lows = []
        rep = {m: t[0] for t in p["ties"] for m in t}
        for c in range(len(p["budgets"])):
            groups = {}
            for i, l in enumerate(p["layers"]):
                g = groups.setdefault(rep.get(i, i), [0] * len(l["loss"]))
                for j, v in enumerate(l["costs"][c]):
                    g[j] += v
            lows.append(sum(min(g) for g in groups.values()))
        over = [c for c in range(len(lows)) if lows[c] > p["budgets"][c]]
        ok = row["status"] == "infeasible" and row["reachableMinimum"] == lows
        ok = ok and row.get("infeasibleBudget") == (over[0] if over else None)
    else:
        kind = "%d budgets" % len(p["budgets"])
        ok = row["status"] == "optimal" and row["objective"] == p["objective"]
        if ok:
            choice = row["choice"]
            ok = sum(l["loss"][j] for l, j in zip(p["layers"], choice)) == p["objective"]
            ok &= all(sum(l["costs"][c][j] for l, j in zip(p["layers"], choice)) <= b for c, b in enumerate(p["budgets"]))
            ok &= all(choice[m] == choice[t[0]] for t in p["ties"] for m in t)
    good, bad = good + ok, bad + (not ok)
    k = kinds.setdefault(kind, [0, 0, 0.0])
    k[0] += ok
    k[1] += 1
    k[2] = max(k[2], seconds)
    if not ok or seconds > 0.02:
        print(row["name"], "ok" if ok else "WRONG", "%.1f ms" % (seconds * 1e3), row["status"], row.get("objective"), p.get("objective"))
for kind, (right, count, slowest) in sorted(kinds.items()):
    print("%-16s %d/%d right, slowest %.2f ms" % (kind, right, count, slowest * 1e3))
print("total %.1f ms, worst %.1f ms (%s), HiGHS total as recorded %.1f ms, wrong %d" % (total * 1e3, worst[0] * 1e3, worst[1], highs * 1e3, bad))
sys.exit(1 if bad else 0)
