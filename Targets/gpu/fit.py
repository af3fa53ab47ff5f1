#!/usr/bin/env python3
"""Fits the constants of Targets/gpu/*.json and writes the files.

  fit.py DATA_DIR OUT_DIR            descriptions of every GPU of DATA_DIR/devices.json
  fit.py DATA_DIR --folds            five-fold over (n,k), and leaving one GPU out
Needs numpy and scipy. DATA_DIR holds devices.json, gemm_measured.csv and latency.json.

The model is that of Schedules/TiledGEMM (GEMMModel.swift); a test there compares the two.
D[m,n] = A[m,k] W[n,k]^T takes
  launch + quantize(m,k) + min over {tile_m x tile_n, split} (compute^p + dram^p)^(1/p) + split cost
  compute = waves * (k/split * (mma^4 + feed^4 + step^4)^(1/4) + epilogue + tile) + prologue
    mma   = 2 tile_m tile_n / (peak/SMs * efficiency * power cap)
    feed  = (tile_m bytesA + tile_n bytesW) / (L2 bytes a clock and SM); weights that miss come slower
    step  = latency of 128 bytes along k; up to 4 small tiles share an SM and hide it
    waves = between ceil(tiles/SMs) and tiles/SMs
  dram    = bytes that miss L2 / (bandwidth * efficiency); cyclic reuse hits by h = exp(-x (1-h))
Few rows take a path on the ordinary cores where the library has one.
"""
import collections, csv, json, os, sys, zlib
import numpy as np
from scipy.optimize import least_squares

# name, unit, start, prior width (natural log), range
CONSTANTS = [
    ("launch_us", "us", 3, .3), ("mma_efficiency", "", .8, .15),
    ("l2_bytes_per_clock", "B/clock/SM", 50, .5), ("dram_bytes_per_clock", "B/clock/SM", 50, .5),
    ("k_step_ns", "ns", 90, .4), ("prologue_ns", "ns", 450, .3), ("dram_efficiency", "", .82, .08),
    ("split_us", "us", 2, .4), ("overlap", "", 2.5, .25), ("l2_share", "", .5, .4),
    ("quantize_us", "us", 3, .5), ("amax_elements_per_clock", "1/clock/SM/4", 1, .5),
    ("gemv_us", "us", 4, .5), ("gemv_efficiency", "", .25, .5), ("write_efficiency", "", .75, .3),
    ("wave_smoothing", "", .15, .5), ("tile_ns", "ns", 100, .5), ("pj_per_op", "pJ", 1e-4, .3)]
NAMES = [c[0] for c in CONSTANTS]
INIT = np.log([c[2] for c in CONSTANTS])
SIGMA = np.array([c[3] for c in CONSTANTS])
at = NAMES.index

# How the collector's library ran a format: bytes of weights, data and results, the peak it uses,
# energy of an operation relative to 16 bits, rows that take the ordinary cores, whether kernels
# quantize the data before (amax: with a pass for the largest value), whether k is split, copies that
# the weights rotated over (0: cold), what stands for the software.
Path = collections.namedtuple(
    "Path", "name bw ba bo peak energy gemv quantize amax split copies software")
PATHS = {p.name: p for p in [
    Path("w16a16", 2, 2, 2, "FP16", 1, 0, False, False, True, 5, "TensorRT-LLM under a CUDA graph"),
    Path("w8a16", 1, 2, 2, "FP16", 1, 15, False, False, True, 0, "TensorRT layer, one inference"),
    Path("w4a16", .5, 2, 2, "FP16", 1, 15, False, False, True, 0, "TensorRT layer, one inference"),
    Path("w8a8", 1, 1, 2, "INT8", .56, 4, False, False, True, 0, "TensorRT layer, one inference"),
    Path("w8a8-dynamic", 1, 1, 2, "INT8", .56, 0, True, True, True, 6, "SGLang, unfused quantization"),
    Path("w4a4", .5, .5, 2, "INT4", .31, 0, True, False, True, 5, "no GEMM of it was measured"),
    Path("fp8", 1, 1, 2, "FP8", .56, 8, True, True, True, 5, "TensorRT-LLM under a CUDA graph"),
    Path("fp8-block", 1, 1, 2, "FP8", .56, 0, True, False, False, 5, "TensorRT-LLM under a CUDA graph"),
    Path("nvfp4", .5625, .5625, 2, "FP4", .31, 0, True, False, True, 5, "TensorRT-LLM under a CUDA graph")]}
QUANTS = {"W16A16": "w16a16", "W8A16": "w8a16", "W4A16": "w4a16", "W8A8": "w8a8", "FP8": "fp8",
          "FP8B": "fp8-block", "NVFP4": "nvfp4"}
TILES, SPLITS = [16, 32, 64, 128, 256], (1, 2, 4, 8, 16, 32)
# Sustained clocks of tensor work where the measurements need them (PHYSICS.md, prototype).
CLOCKS = {"H100-SXM": 1.755, "H200": 1.755, "B200": 1.85, "RTXPRO6000": 2.43}
# A die whose constants another part takes.
SAME_DIE = {"H200": "H100-SXM", "H100-PCIe": "H100-SXM", "H100-NVL": "H100-SXM",
            "A100-40": "A100-80", "A100-PCIe-40": "A100-80", "A100-PCIe-80": "A100-80",
            "L40": "L40S", "RTX4090": "L40S", "GB200": "B200", "B300": "B200", "GB300": "B200"}
# DRAM efficiency of a kind of memory where the die's own does not hold: GeForce and workstation
# cards with GDDR6X (PHYSICS.md).
MEMORY = {"RTX3090": .93, "RTX3090Ti": .93, "RTX4080": .93, "RTX4090": .93}

_X = np.concatenate([[0., 1.], np.exp(np.linspace(.0005, 4, 4000))])
_H = np.ones_like(_X); _H[2:] = 0
for _ in range(3000): _H[2:] = np.exp(-_X[2:] * (1 - _H[2:]))
def hits(x): return np.interp(x, _X, _H)

def number(d, key):
    v = d.get(key)
    return v if v is not None else d.get("derived", {}).get(key)

class Facts:
    """A device as one path sees it; None where a fact is missing."""
    def __init__(s, devices, name, path):
        d = devices[name]; s.name, s.path = name, PATHS[path]
        s.S, s.B, s.L2 = d["sms"], d["dram_GBps"], d["l2_MB"]
        mhz = d.get("tensor_mhz") or d["boost_mhz"]
        s.f = CLOCKS.get(name) or (mhz / 1e3 if mhz else None)
        s.R, s.W = number(d, s.path.peak), d["power_W"]
        cc = d["cc"] or ""
        s.family = "tma" if cc.startswith(("9.", "10.")) else "mma"
        s.die = "hbm" if cc in ("7.0", "8.0", "9.0", "10.0", "10.3") else "gddr"
    def known(s): return None not in (s.S, s.B, s.L2, s.f, s.R, s.W)

def prior(F, joint=False):
    p = INIT.copy(); q = F.path
    if q.name == "w8a8-dynamic": p[at("amax_elements_per_clock")] = np.log(.06); p[at("quantize_us")] = np.log(16)
    if q.name == "fp8": p[at("quantize_us")] = np.log(9)
    if q.copies == 0: p[at("launch_us")] = np.log(9); p[at("gemv_us")] = np.log(10)
    if F.family == "mma": p[at("k_step_ns")] = np.log(220)
    if joint:
        p[at("pj_per_op")] = np.log(1.2 if F.family == "mma" else .7)
        if q.copies == 0: p[at("split_us")] = np.log(12)
        p[at("l2_share")] = np.log(.7 if F.die == "gddr" else .1)
        if F.die == "gddr": p[at("l2_bytes_per_clock")] = np.log(13)
        if q.name == "fp8-block" and F.family == "mma": p[at("mma_efficiency")] = np.log(.4)
        if q.name == "nvfp4": p[at("k_step_ns")] = np.log(250)
    return p

class Shapes:
    """What does not depend on the constants; a ragged list of candidates."""
    def __init__(s, F, m, n, k):
        s.F, s.m, s.n, s.k = F, m, n, k; S, q = F.S, F.path
        tm, tn, sp = [a.ravel() for a in np.meshgrid(TILES, TILES, SPLITS, indexing="ij")]
        M, N, K = m[:, None], n[:, None], k[:, None]; a, b, c = tm[None] * 1., tn[None] * 1., sp[None] * 1.
        base = np.ceil(M / a) * np.ceil(N / b)
        ok = (a * b <= 256 * 128) & (a * b >= 512) & (a < 2 * np.maximum(M, 16)) & (b < 2 * np.maximum(N, 16)) \
            & ((c == 1) | ((K / c >= 256) & (base < 2 * S) & q.split))
        s.start = np.concatenate([[0], np.cumsum(ok.sum(1))[:-1]]); r, cc = np.nonzero(ok); s.r = r
        s.tm, s.tn, s.sp = tm[cc] * 1., tn[cc] * 1., sp[cc] * 1.
        s.ks = np.ceil(k[r] / s.sp / 64) * 64; tiles = base[r, cc] * s.sp; W = np.ceil(tiles / S)
        s.o = np.minimum(W, np.clip(np.floor(128 * 128 / (s.tm * s.tn)), 1, 4))
        s.wo = np.ceil(W / s.o); s.wf = np.maximum(1, tiles / S / s.o)
        s.mn = m[r] * n[r]
        s.wb, s.ab, s.ob, s.xb = n * k * q.bw, m * k * q.ba, m * n * q.bo, m * k * 2
        L2 = F.L2 * 1e6; copies = np.minimum(q.copies, np.ceil(L2 / s.wb)) if q.copies else 1e3
        x = s.xb if q.quantize else 0
        s.fp = (copies * s.wb + s.ab + s.ob + x) / L2
        s.fa = (s.ab + s.ob + x + np.minimum(s.wb, .5 * L2)) / L2; s.fq = s.fa + .5 * s.xb / L2

def latency(theta, p):
    """Microseconds."""
    F = p.F; q = F.path; P = dict(zip(NAMES, np.exp(theta))); S, f = F.S, F.f * 1e9
    cap = F.R * P["mma_efficiency"] * P["pj_per_op"] * q.energy / (.85 * F.W)
    rate = F.R * 1e12 / S * P["mma_efficiency"] * (1 + cap**6)**(-1 / 6)
    L2, Fd, B = P["l2_bytes_per_clock"] * f, P["dram_bytes_per_clock"] * f, F.B * 1e9 * P["dram_efficiency"]
    hit = np.zeros(len(p.m)) if q.copies == 0 else hits(p.fp / P["l2_share"])
    hita = hits(p.fa / P["l2_share"]); h = hit[p.r]
    mma = p.o * 2 * p.tm * p.tn / rate
    feed = p.o * (p.tm * q.ba / L2 + p.tn * q.bw * (h / L2 + (1 - h) / Fd))
    step = P["k_step_ns"] * 1e-9 * q.ba / 128
    waves = p.wo + (p.wf - p.wo) * min(P["wave_smoothing"], 1)
    compute = waves * (p.ks * (mma**4 + feed**4 + step**4)**.25 + p.o * p.tm * p.tn * q.bo / L2 + P["tile_ns"] * 1e-9) \
        + P["prologue_ns"] * 1e-9
    dram = p.wb * (1 - hit) + (p.ab + p.ob / P["write_efficiency"]) * (1 - hita); mem = dram[p.r] / B; o = P["overlap"]
    T = (compute**o + mem**o)**(1 / o) + np.where(p.sp > 1, P["split_us"] * 1e-6 + p.sp * p.mn * 8 / (S * L2), 0)
    t = np.minimum.reduceat(T, p.start) * 1e6 + P["launch_us"]
    if q.gemv:
        g = P["gemv_us"] + 1e6 * np.maximum(dram / B, np.maximum(
            p.m * p.n * p.k / (S * 128 * f * P["gemv_efficiency"]), (p.wb + p.ab) / (S * L2)))
        t = np.where(p.m <= q.gemv, np.minimum(g, t) if q.ba == 2 else g, t)
    if q.quantize:
        hq = hits(p.fq / P["l2_share"]); stream = lambda b: b / (S * L2) * hq + b / B * (1 - hq)
        amax = np.maximum(p.m * p.k / (S * f * P["amax_elements_per_clock"] * 4), stream(p.xb)) if q.amax else 0
        t = t + P["quantize_us"] + 1e6 * (stream(p.xb + p.ab) + amax)
    return t

Rows = collections.namedtuple("Rows", "m n k y")
def sub(x, s): return Rows(*[a[s] for a in x])
def load(folder):
    G = collections.defaultdict(list)
    for r in csv.DictReader(open(folder + "/gemm_measured.csv")):
        # SGLang's int8_wo on H100 is dynamic W8A8 (PHYSICS.md).
        path = "w8a8-dynamic" if (r["device"], r["quant"]) == ("H100-SXM", "W8A16") else QUANTS[r["quant"]]
        G[r["device"], path].append([float(r[c]) for c in "mnk"] + [1e3 * float(r["latency_ms"])])
    return {g: Rows(*np.array(v).T) for g, v in G.items()}

def fit(F, x, start=None, steps=40, weight=.05):
    """Constants of one GPU and path; the energy is not separable from the efficiency and stays out."""
    p = Shapes(F, x.m, x.n, x.k); ly = np.log(x.y); base = prior(F); free = np.arange(len(NAMES) - 1)
    if not F.path.amax: free = free[free != at("amax_elements_per_clock")]
    if not F.path.quantize: free = free[free != at("quantize_us")]
    if not F.path.gemv: free = free[(free != at("gemv_us")) & (free != at("gemv_efficiency"))]
    N = np.sqrt(len(ly)); begin = base if start is None else start
    def full(v): t = base.copy(); t[free] = v; return t
    r = least_squares(lambda v: np.concatenate([np.log(latency(full(v), p)) - ly, weight * N * (v - base[free]) / SIGMA[free] / 10]),
                      begin[free], loss="soft_l1", f_scale=.06, max_nfev=steps, diff_step=2e-3, x_scale=SIGMA[free])
    return full(r.x)

# Which constants share by what in the joint fit (none: one value for all).
SHARED = dict(launch_us="path", mma_efficiency="path", l2_bytes_per_clock="die", dram_bytes_per_clock="die",
              k_step_ns="family path", dram_efficiency="die", split_us="path", l2_share="die", quantize_us="path",
              amax_elements_per_clock="path", gemv_us="path", gemv_efficiency="path", wave_smoothing="family",
              pj_per_op="family")
def kind(F, by): return F.path.name if by == "path" else getattr(F, by)
class Joint:
    def __init__(s, facts):
        s.c = {}
        for F in facts:
            for n in NAMES:
                s.c.setdefault((n, "all"), len(s.c))
                for by in SHARED.get(n, "").split(): s.c.setdefault((n, by, kind(F, by)), len(s.c))
    def matrix(s, F):
        M = np.zeros((len(NAMES), len(s.c)))
        for i, n in enumerate(NAMES):
            M[i, s.c[n, "all"]] = 1
            for by in SHARED.get(n, "").split():
                j = s.c.get((n, by, kind(F, by)))
                if j is not None: M[i, j] = 1
        return M
    def theta(s, F): return s.matrix(F) @ s.phi + prior(F, True)
    def fit(s, data, steps=14, weight=.05):
        it = [(Shapes(F, x.m, x.n, x.k), np.log(x.y), s.matrix(F), prior(F, True)) for F, x in data]
        sig = np.array([SIGMA[at(c[0])] for c in s.c]); N = np.sqrt(sum(len(i[1]) for i in it))
        def res(phi): return np.concatenate([np.log(latency(A @ phi + b, p)) - l for p, l, A, b in it] + [weight * N * phi / sig / 10])
        def jac(phi):
            out = []
            for p, l, A, b in it:
                t = A @ phi + b; r0 = np.log(latency(t, p)); J = np.empty((len(l), len(NAMES)))
                for i in range(len(NAMES)): u = t.copy(); u[i] += 2e-3; J[:, i] = (np.log(latency(u, p)) - r0) / 2e-3
                out.append(J @ A)
            return np.vstack(out + [np.diag(weight * N / sig / 10)])
        s.phi = least_squares(res, np.zeros(len(s.c)), jac=jac, loss="soft_l1", f_scale=.06, max_nfev=steps, x_scale=sig).x
        return s

def predict(t, F, x): return latency(t, Shapes(F, x.m, x.n, x.k))
def errors(p, y): a = abs(p / y - 1) * 100; return a.mean(), np.median(a)
def rank(v): return np.argsort(np.argsort(v))
def fold(x): return np.array([zlib.crc32(f"{int(a)}x{int(b)}".encode()) % 5 for a, b in zip(x.n, x.k)])
def report(title, rows):
    p, y = (np.concatenate([r[i] for r in rows]) for i in (1, 2)); e = errors(p, y)
    print(f"{title}: n={len(y)} MAPE {e[0]:.2f} median {e[1]:.2f} Spearman {np.corrcoef(rank(p), rank(y))[0, 1]:.4f}")
    for g, pp, yy in rows: e = errors(pp, yy); print(f"   {g[0]:10s}{g[1]:14s} MAPE {e[0]:5.1f} median {e[1]:5.1f}", flush=True)

def folds(devices, data):
    """Five-fold by (n,k) of each GPU and path: its rows and their predictions."""
    out = {}
    for g, x in data.items():
        F = Facts(devices, *g); theta = fit(F, x); f = fold(x); p = np.empty(len(x.y))
        for i in range(5):
            t = fit(F, sub(x, f != i), .5 * theta + .5 * prior(F), 25); p[f == i] = predict(t, F, sub(x, f == i))
        out[g] = (theta, p)
    return out

def roofline(F, x): q = F.path; return np.maximum(2 * x.m * x.n * x.k / F.R / 1e6, (x.n * x.k * q.bw + x.m * x.k * q.ba + x.m * x.n * q.bo) / F.B / 1e3)

def has_format(cc, peak):
    """Tensor instructions by compute capability (SEMANTICS.md, TENSOR_CORE_NUMERICS.md)."""
    if not cc: return False
    v = float(cc)
    return {"FP16": True, "INT8": v >= 7.5, "INT4": 7.5 <= v < 9, "FP8": v >= 8.9, "FP4": v >= 10}[peak]

def significant(v): return float(f"{v:.4g}")

def conv_rows(folder, source, net):
    R = [r for r in json.load(open(folder + "/latency.json"))["rows"] if r["kind"] == "conv2d" and r["source"] == source and r["net"].lower() == net]
    c = {q: np.array([[r["macs"], r["batch"] * r["out_ch"] * r["out_hw"]**2, r["in_ch"] * r["kernel"]**2, r["latency_ms"] * 1e3] for r in R if r["quant"] == q]) for q in ("W4A4", "W8A8")}
    return c
def conv_latency(v, c, bits):
    t0, r4, r8, out, step = np.exp(v)
    return t0 + c[:, 0] / (r4 if bits == 4 else r8) / 1e6 + out * c[:, 1] * 1e-6 + step * c[:, 2] * 1e-3
def fit_conv(folder, source):
    """t = t0 + MACs/rate(bits) + c outputs + d k: ResNet18 alone."""
    rows = conv_rows(folder, source, "resnet18"); base = np.log([5, 4.7, 2.6, 6, 2])
    def res(v): return np.concatenate([np.log(conv_latency(v, rows["W4A4"], 4) / rows["W4A4"][:, 3]), np.log(conv_latency(v, rows["W8A8"], 8) / rows["W8A8"][:, 3]), .05 * (v - base)])
    v = least_squares(res, base, loss="soft_l1", f_scale=.1).x
    test = conv_rows(folder, source, "resnet50")
    p = np.concatenate([conv_latency(v, test["W4A4"], 4), conv_latency(v, test["W8A8"], 8)]); y = np.concatenate([test["W4A4"][:, 3], test["W8A8"][:, 3]])
    ratio = None
    if len(test["W4A4"]) == len(test["W8A8"]):
        a = conv_latency(v, test["W4A4"], 4) / conv_latency(v, test["W8A8"], 8); b = test["W4A4"][:, 3] / test["W8A8"][:, 3]; ratio = float(np.mean(abs(a / b - 1)) * 100)
    return np.exp(v), errors(p, y), ratio

def describe(name, devices, doc, own, joint, folder, conv):
    d = devices[name]; ident = name.lower()
    src = ", ".join(d["src"]) if "src" in d else "devices.json"
    full = "; ".join(doc["sources"][s] for s in d.get("src", []) if s in doc["sources"]) or src
    out = {"schema": "hwsim.target/1", "id": ident, "family": "gpu", "name": f"{'' if name.startswith(('MI', 'Jetson')) else 'NVIDIA '}{name}"}
    alias = {"H100-SXM": ["h100"], "A100-80": ["a100"], "Jetson-AGX-Orin-64": ["orin"], "RTX4090": ["rtx-4090"]}.get(name)
    if alias: out["aliases"] = alias
    out["notes"] = [n for n in d.get("disagree", [])] + ([d["note"]] if "note" in d else [])
    if not out["notes"]: del out["notes"]
    def put(key, value, source): out[key] = {"value": value, "source": source}
    put("architecture", d["arch"], full)
    if d["cc"]: put("compute_capability", d["cc"], full)
    if d["sms"]: put("multiprocessors", d["sms"], full)
    F0 = Facts(devices, name, "w16a16")
    if F0.f: put("tensor_clock_hz", round(F0.f * 1e9), "sustained under tensor load (prototype of PHYSICS.md)" if name in CLOCKS else full)
    put("dram_bytes_per_second", round(d["dram_GBps"] * 1e9), full)
    if d["l2_MB"]: put("l2_bytes", round(d["l2_MB"] * 1e6), full)
    if d.get("mem_GB"): put("memory_bytes", round(d["mem_GB"] * 1e9), full)
    if d.get("power_W"): put("power_w", d["power_W"], full)
    if d.get("smem_KB_per_SM"): put("shared_memory_bytes", d["smem_KB_per_SM"] * 1024, full)
    for key, peak in (("fp16", "FP16"), ("int8", "INT8"), ("int4", "INT4"), ("fp8", "FP8"), ("fp4", "FP4")):
        v = d.get(peak)
        if v is not None: put(f"{key}_ops_per_second", round(v * 1e12), full + " (dense)")
        elif peak in d.get("derived", {}): put(f"{key}_ops_per_second", round(d["derived"][peak] * 1e12), "derived: " + {"rule_ga10x": doc["rule_ga10x"], "rule_ada": doc["rule_ada"]}.get(d["derived"]["rule"], d["derived"]["rule"]))
    if number(d, "INT4") is not None and d["cc"] and d["cc"] >= "7.5":
        put("b1_ops_per_second", round(4e12 * number(d, "INT4")), "assumed: 4 x INT4 (practice of CUTLASS; no source that was read states a peak of single bits)")
    rows = []
    for path in PATHS:
        F = Facts(devices, name, path)
        if not has_format(d["cc"], PATHS[path].peak): continue
        # B300: an INT8 peak far below that of 16 bits is no path.
        if path.startswith("w8a8") and F.R is not None and F.R < .5 * (F0.R or 0): continue
        theta, note, err = None, None, None
        if (name, path) in own:
            theta, p, y = own[name, path]; err = errors(p, y)
            note = f"fitted to {len(y)} measured GEMMs ({PATHS[path].software}); error five-fold over (n,k)"
        elif (SAME_DIE.get(name), path) in own:
            theta = own[SAME_DIE[name], path][0].copy()
            note = f"constants of {SAME_DIE[name]}, the same die or generation, with this part's clock, bandwidth and power"
        else:
            theta = joint.theta(F)
            note = "joint fit of A100, L40S, H100 and B200: shared by path, memory kind and instruction kind"
            if path == "w4a4": note += "; no GEMM of this path was measured, its efficiency is that of all paths"
        if name in MEMORY: theta[at("dram_efficiency")] = np.log(MEMORY[name])
        row = {"path": path}
        # What the collector called W8A16 on Hopper is this path (PHYSICS.md).
        if path == "w8a8-dynamic" and "H100-SXM" in (name, SAME_DIE.get(name)): row["measured_as"] = "w8a16"
        row.update({n: significant(v) for n, v in zip(NAMES, np.exp(theta))})
        if err: row["error_percent"], row["median_error_percent"] = significant(err[0]), significant(err[1])
        row["source"] = note
        rows.append(row)
    if rows: out["kernel_paths"] = {"rows": rows, "source": "Targets/gpu/fit.py"}
    if name in conv:
        crow = []
        for kind_, (v, e, ratio) in conv[name].items():
            crow.append({"software": kind_, "launch_us": significant(v[0]), "int4_macs_per_us": significant(v[1] * 1e6), "int8_macs_per_us": significant(v[2] * 1e6),
                         "ns_per_output": significant(v[3] * 1e-3), "ns_per_k": significant(v[4]), "error_percent": significant(e[0]),
                         "source": f"fitted to ResNet18 ({kind_}), error on ResNet50; latency.json"})
        out["convolutions"] = {"rows": crow, "source": "Targets/gpu/fit.py"}
    return ident, out

if __name__ == "__main__":
    folder, second = sys.argv[1], sys.argv[2]
    doc = json.load(open(folder + "/devices.json")); devices = doc["devices"]; data = load(folder)
    facts = {g: Facts(devices, *g) for g in data}
    if second == "--folds":
        out = folds(devices, data); report("five-fold over (n,k)", [(g, out[g][1], data[g].y) for g in sorted(data)])
        rl = [(g, roofline(facts[g], data[g]), data[g].y) for g in sorted(data)]; report("plain roofline", rl)
        rows = []
        shared = {"w16a16", "fp8", "fp8-block"}
        for d in sorted({g[0] for g in data}):
            tr = [(facts[g], x) for g, x in data.items() if g[0] != d]; J = Joint([F for F, _ in tr]).fit(tr)
            rows += [(g, predict(J.theta(facts[g]), facts[g], x), x.y) for g, x in sorted(data.items()) if g[0] == d and g[1] in shared]
        report("leave one GPU out", rows)
        for s in ("hawq_ilp", "hawq_tvm"): print(s, fit_conv(folder, s))
    else:
        out = folds(devices, data); own = {g: (t, p, data[g].y) for g, (t, p) in out.items()}
        joint = Joint(list(facts.values())).fit([(facts[g], x) for g, x in data.items()])
        conv = {"T4": {"layer": fit_conv(folder, "hawq_ilp"), "kernel": fit_conv(folder, "hawq_tvm")}}
        for name in devices:
            ident, text = describe(name, devices, doc, own, joint, folder, conv)
            json.dump(text, open(os.path.join(second, ident + ".json"), "w"), indent=2); open(os.path.join(second, ident + ".json"), "a").write("\n")
