"""Solve knapsacks with `hwsim search --table` and with HiGHS in one run; compare optima and time.

usage: allocation_against_highs.py HWSIM MCKP.json...     needs numpy and highspy
Files in the layout of conformance/search/mckp.json; answers in them are compared too, if they are there.
HiGHS runs in process, one thread, zero gap, model building not counted; hwsim counts neither reading
nor writing.  Problems alternate, so that both see the same load of the machine.
"""
import json, subprocess, sys, tempfile, time
import highspy


def groups(p):
    """(members, [(loss, costs)] an option) of each group of tied layers"""
    leader = {m: t[0] for t in p["ties"] for m in t}
    members = {}
    for i in range(len(p["layers"])):
        members.setdefault(leader.get(i, i), []).append(i)
    found = []
    for group in members.values():
        layers = [p["layers"][i] for i in group]
        found.append((group, [
            (sum(l["loss"][j] for l in layers), [sum(l["costs"][c][j] for l in layers) for c in range(len(p["budgets"]))])
            for j in range(len(layers[0]["loss"]))]))
    return found


def highs(p, limit=60.0):
    """(status, objective, seconds)"""
    table = [options for _, options in groups(p)]
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
        return status.lower(), None, seconds
    return "optimal", sum(max(zip((h.val(v) for v in row), (o[0] for o in options)))[1] for row, options in zip(x, table)), seconds


def is_allowed(p, row):
    """whether a choice respects ties and budgets and has the objective that is claimed"""
    total = [0] * (len(p["budgets"]) + 1)
    for members, options in groups(p):
        picks = {row["choice"][i] for i in members}
        if len(picks) != 1:
            return False
        loss, costs = options[picks.pop()]
        total = [a + b for a, b in zip(total, [loss] + costs)]
    return total[0] == row["objective"] and all(a <= b for a, b in zip(total[1:], p["budgets"]))


hwsim, total, worst, wrong, count = sys.argv[1], [0.0, 0.0], [0.0, 0.0], 0, 0
for path in sys.argv[2:]:
    for p in json.load(open(path)):
        with tempfile.NamedTemporaryFile("w", suffix=".json") as one:
            json.dump([p], one)
            one.flush()
            run = subprocess.run([hwsim, "search", "--table", one.name, "--json", "--quiet"], capture_output=True, text=True)
        row = json.loads(run.stdout)["result"]["problems"][0]
        status, objective, seconds = highs(p)
        same = status == row["status"] and objective == row.get("objective")
        if "status" in p:
            same = same and p["status"] == row["status"] and p.get("objective") == row.get("objective")
        if row["status"] == "optimal":
            same = same and is_allowed(p, row)
        wrong += not same
        count += 1
        for k, s in enumerate((row["seconds"], seconds)):
            total[k] += s
            worst[k] = max(worst[k], s)
        if not same or row["seconds"] > 0.1:
            print("%-12s %8.2f ms  HiGHS %8.2f ms  %s" % (row["name"], row["seconds"] * 1e3, seconds * 1e3, "same" if same else
                  "DIFFERENT: HiGHS %s %s, hwsim %s %s" % (status, objective, row["status"], row.get("objective"))), flush=True)
print("%d problems, %d different; hwsim %.1f ms (worst %.1f), HiGHS %.1f ms (worst %.1f), ratio %.1f" % (
    count, wrong, total[0] * 1e3, worst[0] * 1e3, total[1] * 1e3, worst[1] * 1e3, total[1] / total[0]))
sys.exit(1 if wrong or total[0] >= total[1] else 0)
