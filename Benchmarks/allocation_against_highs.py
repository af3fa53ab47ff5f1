"""Time AllocationBench and HiGHS on the same knapsacks in one run, and compare their optima.

usage: allocation_against_highs.py BENCH MCKP.json...     needs numpy and highspy
HiGHS runs in process, one thread, zero gap, model building not counted; AllocationBench does not
count reading.  Problems alternate, so that both see the same load of the machine.
"""
import json, subprocess, sys, tempfile, time
import highspy


def highs(p, limit=60.0):
    """(status, objective, seconds)"""
    rep = {m: t[0] for t in p["ties"] for m in t}
    groups = {}
    for i in range(len(p["layers"])):
        groups.setdefault(rep.get(i, i), []).append(p["layers"][i])
    table = []
    for members in groups.values():
        options = range(len(members[0]["loss"]))
        table.append([(sum(m["loss"][j] for m in members),
                       [sum(m["costs"][c][j] for m in members) for c in range(len(p["budgets"]))]) for j in options])
    h = highspy.Highs()
    h.silent()
    for k, v in (("mip_rel_gap", 0.0), ("mip_abs_gap", 0.0), ("threads", 1), ("time_limit", limit),
                 ("mip_feasibility_tolerance", 1e-9)):
        h.setOptionValue(k, v)
    x = [[h.addBinary() for _ in options] for options in table]
    for row in x:
        h.addConstr(h.qsum(row) == 1)
    for c, budget in enumerate(p["budgets"]):
        scale = max(1.0, abs(budget)) / 1e4      # coefficients near 1
        h.addConstr(h.qsum(float(o[1][c] / scale) * v for row, options in zip(x, table) for v, o in zip(row, options)) <= budget / scale)
    objective = h.qsum(float(o[0]) * v for row, options in zip(x, table) for v, o in zip(row, options))
    start = time.perf_counter()
    h.minimize(objective)
    seconds = time.perf_counter() - start
    status = h.modelStatusToString(h.getModelStatus())
    if status != "Optimal":
        return status, None, seconds
    return status, sum(max(zip((h.val(v) for v in row), (o[0] for o in options)))[1] for row, options in zip(x, table)), seconds


bench, total, wrong = sys.argv[1], [0.0, 0.0], 0
worst = [0.0, 0.0]
for path in sys.argv[2:]:
    for p in json.load(open(path)):
        with tempfile.NamedTemporaryFile("w", suffix=".json") as one:
            json.dump([p], one)
            one.flush()
            row = json.loads(subprocess.run([bench, one.name], capture_output=True, text=True, check=True).stdout.splitlines()[0])
        status, objective, seconds = highs(p)
        same = (status == "Optimal") == (row["status"] == "optimal") and (objective is None or abs(objective - row["objective"]) <= 1e-9 * max(1, abs(objective)))
        wrong += not same
        for k, s in enumerate((row["seconds"], seconds)):
            total[k] += s
            worst[k] = max(worst[k], s)
        print("%-12s %8.2f ms  HiGHS %8.2f ms  %s" % (row["name"], row["seconds"] * 1e3, seconds * 1e3, "same" if same else "DIFFERENT %s %s %s" % (status, objective, row.get("objective"))))
print("total %.1f ms (worst %.1f), HiGHS %.1f ms (worst %.1f), ratio %.1f, different %d" % (
    total[0] * 1e3, worst[0] * 1e3, total[1] * 1e3, worst[1] * 1e3, total[1] / total[0], wrong))
sys.exit(1 if wrong or total[0] >= total[1] else 0)
