#!/usr/bin/env python3
"""Fits the latency constants of the microcontroller targets and measures their errors.

usage: fit.py [--hwsim PATH] [--shared DIR] [--write] [--folds]

Reads ../shared/conformance/mcu/latency.json (beside the repository) and the descriptions in this folder,
whose "measurements" name their rows. The work of each network is what `hwsim estimate --json` counts
(result.layers[].work), so that fit and tool cannot differ. Needs numpy. With --write the constants, the
errors and the mean power are written into the descriptions; without it the figures are only printed.

Model (Sources/HWModel/MCU/Cost/MCULatencyModel.swift), cycles of a reference core times a core factor:
    cycles = (1.25 / DMIPS per MHz) * core_factor * sum over kinds of work (constant * count)
with seven constants a software stack. Rows of one board, stack and network (repeated submissions) are one
observation, their geometric mean. Constants are positive: the fit is of their logarithms, least squares on
log(cycles) with Huber weights, and Gaussian priors that make few rows enough:
    constant of a stack = PRIOR * exp(common + speed of the stack + deviation)
The priors' widths below are round numbers. They were looked at together with the folds: doubling SPEED from
1 to 2 moved the error on networks left out everywhere from 7.6 to 7.3 %, halving and doubling COMMON moves it
between 6.0 and 9.3 %.
Products of convolutions take 1 / vector_beats of it: cores with Helium execute two beats of 32 bits of a
vector in a cycle where others read one word. Fully connected layers use each weight once and depthwise ones
few values a weight, so theirs stay. Without it the two rows of the Helium core predict each other 16 and 19 %
off, with it 11 and 10 %; no number of it is fitted, but that convolutions alone gain was chosen with these
rows in view, which makes them no proof: the interval is that of a stack whose kernels may gain nothing or all
(STACK_VECTOR). Nine kernels of MobileNetV2 on a Cortex-M55 that others published (pytorch/executorch, issue 17651, 2026-03-03) are
predicted 40 % too slow by the common constants with it, 70 % without. Tried and left out: a term for
weights fetched from flash (wait states a line, again for each pair of columns where a layer's weights exceed
the cache, a common weight of 0.1 to 0.7) moved boards with DSP that were left out from 7.4 to 7.5 to 8.9 %
in the mean, since every board with rows has a cache or a prefetch unit; a gain of four made the rows of the
Helium core predict each other 24 and 32 % off, one of fully connected layers too 39 to 128 %.
A stack on a board without rows is predicted from its rows elsewhere. Seven constants want as many
observations: with fewer, the stack's error on other boards counts as unknown and is listed apart.
PRIOR: instruction counts of CMSIS-NN-like kernels with two products an instruction.
"""
import argparse
import glob
import json
import os
import subprocess
import sys

import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
KINDS = ["convolution_mac", "depthwise_mac", "fully_connected_mac", "gathered_input", "output",
         "element", "call"]
PRIOR = np.array([1.4, 3.0, 2.0, 2.0, 20.0, 8.0, 1500.0])
# Standard deviations of logarithms.
COMMON, SPEED, STACK, ROW, ROW_BY_MACS = 0.5, 2.0, 0.3, 0.05, 0.15
# Of stacks that ran on cores with Helium only: kernels may gain nothing from vectors or all that their width
# gives (128 bits of registers against 32); half of log(4).
STACK_VECTOR = 0.7
# Of a core's factor: cores with the DSP extension, and others, whose instructions differ more.
FACTOR, FACTOR_OTHER = 0.05, 0.7
REFERENCE_DMIPS = 1.25
# Networks of the rows and their files in ../shared/models.
FILES = {
    "ad01": "mlperf_tiny/ad01_int8", "kws": "mlperf_tiny/kws_int8",
    "resnet8": "mlperf_tiny/resnet8_int8", "vww_96": "mlperf_tiny/vww_96_int8",
    "strm_ww": "mlperf_tiny/strm_ww_int8", "mcunet-vww1": "tinyengine/mcunet_vww",
    "mobilenet_v1_0.25|224x224x3": "mobilenet/mobilenet_v1_0.25_224_int8",
    "mobilenet_v1_0.25|96x96x3": "mobilenet/mobilenet_v1_0.25_96_int8",
    "mobilenet_v2_0.35|128x128x3": "mobilenet/mobilenet_v2_0.35_128_int8",
}
# Networks without a file: millions of multiplications as the read-me of mit-han-lab/mcunet (commit
# 9c164f84) states them; taken to be made up like mcunet-vww1, which is in the same table.
MACS_ONLY = {
    "mcunet-vww0": 6.0, "mcunet-vww2": 55.8, "mcunet-in0": 6.4, "mcunet-in1": 12.8,
    "mcunet-in2": 67.3, "mcunet-in3": 81.8, "mcunet-in4": 125.9, "proxyless-w0.3-r176": 38.3,
}


class Target:
    """A description with its base's constants."""

    def __init__(self, path):
        self.path = path
        self.file = json.load(open(path))
        self.id = self.file["id"]
        self.board = self.id.split("+")[0]

    def resolve(self, all_targets):
        base = self.file.get("base")
        self.constants = dict(all_targets[base].resolve(all_targets)) if base else {}
        self.constants.update({k: v for k, v in self.file.items() if isinstance(v, dict)})
        return self.constants

    def get(self, key, default=None):
        return self.constants[key]["value"] if key in self.constants else default


class Observation:
    """One network on one target: cycles, all rows of it together."""

    def __init__(self, target, network, cycles, rows):
        self.target, self.network, self.cycles, self.rows = target, network, cycles, rows
        self.board, self.stack = target.board, target.get("stack")
        self.key = (self.board, self.stack, network)
        self.by_macs = network in MACS_ONLY
        self.sigma = ROW_BY_MACS if self.by_macs else ROW


def network_work(hwsim, shared):
    """Counts of each kind of work, of all channels and without constant ones."""
    work = {}
    for network, name in FILES.items():
        path = f"{shared}/models/{name}.tflite"
        if not os.path.exists(path):
            sys.exit(f"missing: {path}")
        out = subprocess.run([hwsim, "estimate", path, "--target", "nucleo-l4r5zi+tflm", "--json"],
                             capture_output=True, text=True)
        layers = json.loads(out.stdout)["result"]["layers"]
        for live in (False, True):
            pre = "live_" if live else ""
            f = dict.fromkeys(KINDS, 0.0)
            for layer in layers:
                kernel, w = layer["kernel"], layer["work"]
                if kernel == "none":
                    continue
                f["call"] += 1
                f["output"] += w[pre + "outputs"]
                f["gathered_input"] += w[pre + "gathered_inputs"]
                f["element"] += w[pre + "elements"]
                kind = {"depthwise": "depthwise_mac", "fully-connected": "fully_connected_mac"}
                f[kind.get(kernel, "convolution_mac")] += w[pre + "macs"]
            work[network, live] = np.array([f[k] for k in KINDS])
    macs = work["mcunet-vww1", False][:3].sum()
    for network, millions in MACS_ONLY.items():
        for live in (False, True):
            work[network, live] = work["mcunet-vww1", live] * (millions * 1e6 / macs)
    return work


def load_rows(shared):
    """Latency in ms, energy and board clock of every row, by the key that descriptions use."""
    data = json.load(open(f"{shared}/conformance/mcu/latency.json"))
    rows = {}
    for r in data["mlperf_tiny"]:
        if "latency_ms" in r:
            rows[r["key"]] = (r["model"], r["latency_ms"], r.get("energy_uJ"),
                              r.get("energy_run_latency_ms"))
    te = data["tinyengine"]
    for network, values in te["latency_ms"].items():
        for column, ms in zip(te["columns"], values):
            if ms is not None:
                rows[f"tinyengine|{column}|{network}"] = (network, ms, None, None)
    for r in data["stm32_model_zoo"]:
        network = f"{r['model']}|{r['resolution']}"
        rows[f"stm32_model_zoo|{network}"] = (network, r["latency_ms"], None, None)
    return rows


class Fit:
    """The model fitted to some observations."""

    def __init__(self, train, work, targets):
        self.work = work
        self.stacks = sorted({t.get("stack") for t in targets})
        self.boards = sorted({t.board for t in targets})
        self.other = {t.board: t.get("core_class") not in ("M4/M33", "M7") for t in targets}
        ns, nk, nb = len(self.stacks), len(KINDS), len(self.boards)
        n = nk + ns + ns * nk + nb
        self.widths = np.repeat(
            [STACK_VECTOR if all(t.get("simd") == "mve" for t in targets if t.get("stack") == x)
             else STACK for x in self.stacks], nk)
        counts = np.array([self.counts(o) for o in train])
        y = np.log([o.cycles for o in train]) - np.array([self.dhrystone(o.target) for o in train])
        s = np.array([self.stacks.index(o.stack) for o in train])
        b = np.array([self.boards.index(o.board) for o in train])
        sigma = np.array([o.sigma for o in train])
        prior = np.concatenate([
            np.full(nk, COMMON ** -2), np.full(ns, SPEED ** -2), self.widths ** -2.0,
            np.array([(FACTOR_OTHER if self.other[x] else FACTOR) ** -2 for x in self.boards])])
        p, rows = np.zeros(n), np.arange(len(train))
        for _ in range(100):
            self.unpack(p, ns, nk)
            parts = counts * self.constants[s]
            total = parts.sum(1)
            share = parts / total[:, None]
            r = y - np.log(total) - self.factors[b]
            jacobian = np.zeros((len(train), n))
            jacobian[:, :nk] = share
            jacobian[rows, nk + s] = 1
            for k in range(nk):
                jacobian[rows, nk + ns + s * nk + k] = share[:, k]
            jacobian[rows, n - nb + b] = 1
            weight = 1 / np.maximum(1, np.abs(r) / (2 * sigma)) / sigma ** 2
            a = (jacobian.T * weight) @ jacobian + np.diag(prior)
            step = np.linalg.solve(a, jacobian.T @ (weight * r) - prior * p)
            p = p + step * min(1, 0.5 / max(np.abs(step).max(), 1e-12))
            if np.abs(step).max() < 1e-9:
                break
        self.unpack(p, ns, nk)
        # Of the logarithms of constants and factors, around what was found.
        self.covariance = np.linalg.inv(a)

    def unpack(self, p, ns, nk):
        common, speed = p[:nk], p[nk:nk + ns]
        deviation = p[nk + ns:nk + ns + ns * nk].reshape(ns, nk)
        self.common = PRIOR * np.exp(common)
        self.constants = self.common * np.exp(deviation + speed[:, None])
        self.factors = p[nk + ns + ns * nk:]

    def counts(self, o):
        counts = self.work[o.network, bool(o.target.get("removes_constant_channels", False))].copy()
        counts[KINDS.index("convolution_mac")] /= o.target.get("vector_beats", 1)
        return counts

    @staticmethod
    def dhrystone(target):
        return np.log(REFERENCE_DMIPS / target.get("dmips_per_mhz"))

    def predict(self, o):
        board = np.exp(self.factors[self.boards.index(o.board)] + self.dhrystone(o.target))
        return float(self.counts(o) @ self.constants[self.stacks.index(o.stack)] * board)

    def deviation(self, o, board_is_new=False):
        """Standard deviation of the logarithm of a prediction, by priors and rows alone."""
        ns, nk, nb = len(self.stacks), len(KINDS), len(self.boards)
        s = self.stacks.index(o.stack)
        parts = self.counts(o) * self.constants[s]
        share = parts / parts.sum()
        row = np.zeros(len(self.covariance))
        row[:nk] = share
        row[nk + s] = 1
        row[nk + ns + s * nk:nk + ns + (s + 1) * nk] = share
        variance = o.sigma ** 2
        if board_is_new:
            variance += (FACTOR_OTHER if self.other[o.board] else FACTOR) ** 2
        else:
            row[len(row) - nb + self.boards.index(o.board)] = 1
        return float(np.sqrt(row @ self.covariance @ row + variance))


def summary(pairs):
    e = np.array([abs(p / t - 1) * 100 for p, t in pairs])
    return f"n={len(e):3d}  median {np.median(e):5.1f}%  mean {e.mean():5.1f}%  worst {e.max():5.1f}%"


def scaled_by_clock(o, others):
    """Baseline: the same stack and network on another board of the core class (any core if there is
    none), cycles unchanged: time scaled by clock alone."""
    same = [q for q in others if q.stack == o.stack and q.network == o.network]
    near = [q for q in same if q.target.get("core_class") == o.target.get("core_class")] or same
    return float(np.exp(np.mean([np.log(q.cycles) for q in near]))) if near else None


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--hwsim", default=f"{ROOT}/.build/release/hwsim")
    parser.add_argument("--shared", default=f"{ROOT}/../shared")
    parser.add_argument("--write", action="store_true", help="write constants into the descriptions")
    parser.add_argument("--folds", action="store_true", help="print every left-out prediction")
    args = parser.parse_args()

    targets = {t.id: t for t in map(Target, sorted(glob.glob(f"{HERE}/*.json")))}
    for t in targets.values():
        t.resolve(targets)
    rows = load_rows(args.shared)
    work = network_work(args.hwsim, args.shared)
    fitted = [t for t in targets.values() if "dmips_per_mhz" in t.constants
              and "accelerator" not in t.constants]
    observations, power = [], {}
    for t in fitted:
        by_network = {}
        for key in t.file.get("measurements", []):
            network, ms, energy, energy_ms = rows[key]
            # A run for energy at another clock or voltage says nothing about this one.
            if energy and abs(energy_ms / ms - 1) < 0.05:
                power.setdefault(t.id, []).append(energy * 1e-6 / (energy_ms * 1e-3))
            if network in FILES or network in MACS_ONLY:
                by_network.setdefault(network, []).append((key, ms * 1e-3 * t.get("clock_hz")))
        for network, entries in by_network.items():
            cycles = float(np.exp(np.mean([np.log(c) for _, c in entries])))
            observations.append(Observation(t, network, cycles, [k for k, _ in entries]))
    print(f"{len(observations)} observations from {sum(len(o.rows) for o in observations)} rows, "
          f"{len({o.board for o in observations})} boards, {len({o.stack for o in observations})} stacks")

    full = Fit(observations, work, fitted)
    print("fit itself              ", summary([(full.predict(o), o.cycles) for o in observations]))
    print("constants, all stacks   ", dict(zip(KINDS, full.common.round(2).tolist())))
    print("core factors            ", {b: round(float(np.exp(f)), 3) for b, f in zip(full.boards, full.factors)
                                       if any(o.board == b for o in observations)})

    print("\nLEAVE ONE MODEL OUT, board and stack known (all its rows there left out)")
    def near(t):
        """Observations of the target's stack on cores of its class."""
        return sum(q.stack == t.get("stack") and q.target.get("core_class") == t.get("core_class")
                   for q in observations)

    model_out, scores, board_scores = {}, {"few rows": [], "none": []}, {}
    for o in observations:
        if sum(q.board == o.board and q.stack == o.stack for q in observations) < 2:
            continue
        fit = Fit([q for q in observations if q.key != o.key], work, fitted)
        model_out[o.key] = fit.predict(o)
        if near(o.target) < 4:
            # Measured in the deviation that the interval is made of: that of the fit with all rows.
            scores["few rows"].append(abs(np.log(model_out[o.key] / o.cycles)) / full.deviation(o))
    tested = [o for o in observations if o.key in model_out]
    print("all                     ", summary([(model_out[o.key], o.cycles) for o in tested]))
    whole = [o for o in tested if not o.by_macs]
    print("networks with a file    ", summary([(model_out[o.key], o.cycles) for o in whole]))
    for t in fitted:
        mine = [o for o in tested if o.target is t]
        if mine:
            print(f"  {t.id:38s}", summary([(model_out[o.key], o.cycles) for o in mine]))

    print("\nLEAVE ONE MODEL OUT, everywhere (no board or stack has seen the network)")
    everywhere = {}
    for network in sorted({o.network for o in whole}):
        rest = [q for q in observations if q.network != network
                and not (network == "mcunet-vww1" and q.by_macs)]
        fit = Fit(rest, work, fitted)
        for o in whole:
            if o.network == network and any(q.stack == o.stack for q in rest):
                everywhere[o.key] = fit.predict(o)
        print(f"  {network:32s}", summary([(everywhere[o.key], o.cycles) for o in whole
                                           if o.network == network and o.key in everywhere]))
    seen = [o for o in whole if o.key in everywhere]
    print("all                     ", summary([(everywhere[o.key], o.cycles) for o in seen]))

    print("\nLEAVE ONE BOARD OUT (board's rows all left out; stack measured on others); baseline: scaled by clock")
    board_out, base = {}, {}
    for board in sorted({o.board for o in observations}):
        rest = [q for q in observations if q.board != board]
        fit = Fit(rest, work, fitted)
        for o in observations:
            if o.board == board and any(q.stack == o.stack for q in rest):
                board_out[o.key] = fit.predict(o)
                if not any(q.stack == o.stack and q.target.get("core_class") == o.target.get("core_class")
                           for q in rest):
                    scores["none"].append(abs(np.log(board_out[o.key] / o.cycles)) / fit.deviation(o))
                board_scores.setdefault(board, []).append(
                    abs(np.log(board_out[o.key] / o.cycles)) / full.deviation(o, board_is_new=True))
                base[o.key] = scaled_by_clock(o, rest)
    pairs = []
    for t in fitted:
        mine = [o for o in observations if o.target is t and o.key in board_out]
        if not mine:
            continue
        elsewhere = sum(q.stack == mine[0].stack and q.board != t.board for q in observations)
        class_peers = any(q.stack == mine[0].stack and q.board != t.board
                          and q.target.get("core_class") == t.get("core_class") for q in observations)
        enough = elsewhere >= len(KINDS)
        kind = ("" if class_peers else "  [other core classes only]") \
            + ("" if enough else f"  [too few rows: {elsewhere} elsewhere]")
        p = [(board_out[o.key], o.cycles) for o in mine]
        c = [(base[o.key], o.cycles) for o in mine if base[o.key]]
        pairs.append((t, p, c, class_peers, enough))
        print(f"  {t.id:38s}", summary(p), "| clock", summary(c) if c else "-", kind)
    for label, keep in (
            ("same core class, enough rows", lambda t, same, enough: same and enough),
            ("same core class, all", lambda t, same, enough: same),
            ("cores with DSP, any class", lambda t, same, enough: t.get("simd") == "dsp"),
            ("all folds", lambda t, same, enough: True)):
        p = [x for t, q, _, same, enough in pairs if keep(t, same, enough) for x in q]
        c = [x for t, _, q, same, enough in pairs if keep(t, same, enough) for x in q]
        print(f"  {label:38s}", summary(p), "| clock", summary(c))
    # Networks and boards differ more than the fit's own deviations say: intervals are widened until they hold
    # 90 % of what folds left out where there are few rows of the class, or none, and 90 % of each board that
    # folds left out where a board has no rows at all: rows of a board are off together.
    widen = {k: max(1.0, float(np.quantile(v, 0.9)) / 1.645) for k, v in scores.items()}
    of_boards = {b: float(np.quantile(v, 0.9)) / 1.645 for b, v in board_scores.items()}
    for kind, other in (("new board", False), ("new board of another class", True)):
        widen[kind] = max([1.0] + [v for b, v in of_boards.items() if full.other[b] == other])
    print("\nINTERVALS OF 90 %, where fewer than four rows of the stack are of the target's core class, and of a")
    print("board without rows that is described like this one; of ad01, kws, resnet8, vww_96 the least certain")
    print("  widened so that they hold 90 % of the folds:", {k: round(v, 2) for k, v in widen.items()})
    print("  by board:", {b: round(v, 2) for b, v in of_boards.items()})
    intervals, board_intervals = {}, {}
    for t in fitted:
        if not any(o.stack == t.get("stack") for o in observations):
            continue
        networks = [Observation(t, n, 1.0, []) for n in ("ad01", "kws", "resnet8", "vww_96")]
        def factor(kind, **new):
            deviation = max(full.deviation(o, **new) for o in networks)
            return float(np.exp(1.645 * widen[kind] * deviation))
        board_intervals[t.id] = factor(
            "new board of another class" if full.other[t.board] else "new board", board_is_new=True)
        rows_near, words = near(t), ""
        if rows_near < 4 and any(o.board == t.board for o in observations):
            intervals[t.id] = (factor("few rows" if rows_near else "none"), rows_near)
            words = f"x / {intervals[t.id][0]:5.2f}   rows of its core class: {rows_near}"
        print(f"  {t.id:38s} new board x / {board_intervals[t.id]:5.2f}   {words}")
    inside = [o for o in tested if o.target.id in intervals]
    held = sum(abs(np.log(model_out[o.key] / o.cycles)) <= np.log(intervals[o.target.id][0]) for o in inside)
    print(f"  left-out networks inside: {held} of {len(inside)}")
    if args.folds:
        print("\nevery left-out prediction: model out, model out everywhere, board out, clock baseline")
        for o in observations:
            def error(table):
                return f"{(table[o.key] / o.cycles - 1) * 100:+6.1f}%" if table.get(o.key) else "      -"
            print(f"  {o.target.id:38s} {o.network:28s} {o.cycles / o.target.get('clock_hz') * 1e3:9.3f} ms",
                  error(model_out), error(everywhere), error(board_out), error(base))
    unused = [t.id for t in targets.values() if t not in fitted or not any(o.target is t for o in observations)]
    print("\nerror unknown (accelerator, other core, or nothing measured):", ", ".join(unused))

    if args.write:
        write(targets, fitted, observations, full, model_out, board_out, power, intervals, board_intervals)


def write(targets, fitted, observations, full, model_out, board_out, power, intervals, board_intervals):
    """Puts what was fitted into the descriptions."""
    def put(t, key, value, source):
        t.file[key] = {"value": float(f"{value:.4g}"), "source": source}

    # Cores without measurements take the factor of measured ones of their class, if there is one.
    classes = {}
    for o in observations:
        classes.setdefault(o.target.get("core_class"), set()).add(o.board)
    fitted_keys = ["core_factor", "latency_error_percent", "latency_worst_error_percent",
                   "latency_board_error_percent", "latency_interval_factor",
                   "latency_board_interval_factor", "active_power_w"] + ["cycles_per_" + k for k in KINDS]
    for t in targets.values():
        for key in fitted_keys:
            t.file.pop(key, None)
        stack = t.get("stack")
        if t not in fitted or not any(o.stack == stack for o in observations):
            continue
        used = [o for o in observations if o.stack == stack]
        where = sorted({o.board for o in used})
        source = (f"fit: Targets/mcu/fit.py, {len(used)} networks on {', '.join(where)}, with common "
                  "priors; conformance/mcu/latency.json")
        for k, value in zip(KINDS, full.constants[full.stacks.index(stack)]):
            put(t, "cycles_per_" + k, value, source)
        mine = [o for o in observations if o.target is t]
        boards = [t.board] if any(o.board == t.board for o in observations) \
            else sorted(classes.get(t.get("core_class"), []))
        if boards:
            factor = np.exp(np.mean([full.factors[full.boards.index(b)] for b in boards]))
            put(t, "core_factor", factor,
                f"fit: Targets/mcu/fit.py, what the Dhrystone ratio leaves on {', '.join(boards)}")
        errors = [abs(model_out[o.key] / o.cycles - 1) * 100 for o in mine if o.key in model_out]
        if len(errors) >= 2:
            by_macs = sum(o.by_macs for o in mine if o.key in model_out)
            source = (f"Targets/mcu/fit.py: {len(errors)} networks of this board and stack, each predicted "
                      "without its rows there"
                      + (f"; {by_macs} of them known by their multiplications only" if by_macs else ""))
            put(t, "latency_error_percent", np.median(errors), source)
            put(t, "latency_worst_error_percent", max(errors), source)
        errors = [abs(board_out[o.key] / o.cycles - 1) * 100 for o in mine if o.key in board_out]
        if errors and sum(o.stack == stack and o.board != t.board for o in observations) >= len(KINDS):
            put(t, "latency_board_error_percent", np.median(errors),
                f"Targets/mcu/fit.py: {len(errors)} networks, every row of this board left out")
        if t.id in intervals:
            factor, near = intervals[t.id]
            put(t, "latency_interval_factor", factor,
                f"Targets/mcu/fit.py: {near} rows of the stack on cores of this class; deviations of the fit, "
                "widened until they hold 90 % of what folds left out")
        if t.id in board_intervals:
            put(t, "latency_board_interval_factor", board_intervals[t.id],
                "Targets/mcu/fit.py: deviations of the fit for a board without rows, widened until they hold "
                "90 % of the rows of each board that folds left out")
        if power.get(t.id):
            put(t, "active_power_w", np.median(power[t.id]),
                f"median of energy / time over {len(power[t.id])} energy runs at the clock of the latency "
                "runs; conformance/mcu/latency.json")
    for t in targets.values():
        with open(t.path, "w") as f:
            json.dump(t.file, f, indent=2, ensure_ascii=False)
            f.write("\n")
    print(f"wrote {len(targets)} descriptions")


if __name__ == "__main__":
    main()
