"""Quantized layers in NumPy, written from the definitions alone: blocks (OCP MX 1.0; NVFP4 with its two levels of
scales), groups of weights with a half-precision scale (llama.cpp's Q4_0, GPTQ), MPQ-DM's filters of unequal widths, and
sums that wrap in two's complement (A2Q). Elements of blocks are cast by ml_dtypes."""
import ml_dtypes
import numpy as np

f4 = np.float32
# name: element type of ml_dtypes (None: multiples of 1/64), largest element, exponent of the largest element
MX = {
    "mxfp4": (ml_dtypes.float4_e2m1fn, 6.0, 2), "mxfp6_e3m2": (ml_dtypes.float6_e3m2fn, 28.0, 4),
    "mxfp6_e2m3": (ml_dtypes.float6_e2m3fn, 7.5, 2), "mxfp8_e4m3": (ml_dtypes.float8_e4m3fn, 448.0, 8),
    "mxfp8_e5m2": (ml_dtypes.float8_e5m2, 57344.0, 15), "mxint8": (None, 127 / 64, 0),
}


def cast(x, kind, largest):
    x = np.clip(x, -largest, largest)
    return np.rint(x * 64) / 64 if kind is None else x.astype(kind).astype(np.float64)


def blocks(x, size):
    """Rows (last axis) in blocks that end with the row: pairs of index ranges."""
    n = x.shape[-1]
    return [slice(i, min(i + size, n)) for i in range(0, n, size)]


def quantize_blocks(x, name, tensor_max):
    """float32 `[..., n]` to float32, blocks along the last axis."""
    x = np.asarray(x, f4)
    out = np.zeros_like(x)
    if name in MX:
        kind, largest, emax = MX[name]
        for s in blocks(x, 32):
            b = x[..., s].astype(np.float64)
            m = np.abs(b).max(-1, keepdims=True)
            e = np.clip(np.floor(np.log2(np.where(m > 0, m, 1))) - emax, -127, 127)
            e = np.where(m > 0, e, -127)
            out[..., s] = (cast(b / 2.0**e, kind, largest) * 2.0**e).astype(f4)
        return out
    assert name in ("nvfp4", "nvfp4-block")
    g = f4(f4(tensor_max) / f4(448 * 6)) if name == "nvfp4" else f4(1)
    for s in blocks(x, 16):
        b = x[..., s]
        m = np.abs(b).max(-1, keepdims=True)
        step = np.minimum((m / f4(6)) / g, f4(448)).astype(ml_dtypes.float8_e4m3fn).astype(f4) * g
        q = np.divide(b, step, out=np.zeros_like(b), where=step > 0)
        out[..., s] = cast(q.astype(np.float64), ml_dtypes.float4_e2m1fn, 6.0).astype(f4) * step
    return out


def e4m3_tensor(x, largest):
    """Float8 with one scale: the largest magnitude is 448."""
    s = f4(largest / 448.0)
    return cast((np.asarray(x, f4) / s).astype(np.float64), ml_dtypes.float8_e4m3fn, 448.0).astype(f4) * s


def wrap(s, bits):
    half = 1 << (bits - 1)
    return (s + half) % (1 << bits) - half


class Layer:
    """A convolution `[filters, channels of the group, rows, columns]` or a dense layer `[filters, features]`."""

    def __init__(self, name, weights, bias, groups=1, stride=1, pad=((0, 0), (0, 0))):
        self.name, self.w, self.b, self.groups, self.stride, self.pad = name, weights, bias, groups, stride, pad
        self.filters = len(weights)
        # filters in the order kernel row, kernel column, channel
        self.rows = weights.reshape(self.filters, -1) if weights.ndim == 2 else \
            weights.transpose(0, 2, 3, 1).reshape(self.filters, -1)

    def patches(self, x):
        """`[samples, positions, groups, depth]` of an input `[samples, channels, rows, columns]` or `[samples, n]`."""
        if self.w.ndim == 2:
            return x[:, None, None, :]
        (t, d), (l, r) = self.pad
        x = np.pad(x, ((0, 0), (0, 0), (t, d), (l, r)))
        _, share, kr, kc = self.w.shape
        h = (x.shape[2] - kr) // self.stride + 1
        v = (x.shape[3] - kc) // self.stride + 1
        s = self.stride
        taps = [x[:, :, i:i + s * (h - 1) + 1:s, j:j + s * (v - 1) + 1:s] for i in range(kr) for j in range(kc)]
        p = np.stack(taps, 1).reshape(len(x), kr * kc, self.groups, share, h * v)
        self.shape = (h, v)
        return p.transpose(0, 4, 2, 1, 3).reshape(len(x), h * v, self.groups, -1)

    def folded(self, y):
        """`[samples, positions, filters]` as the next layer reads it."""
        return y[:, 0] if self.w.ndim == 2 else y.transpose(0, 2, 1).reshape(len(y), self.filters, *self.shape)

    def sums(self, x, rows, part=slice(None)):
        """Sums of products in order, in the type of the operands: `[samples, positions, filters]`."""
        p = self.patches(x)
        rows = rows.reshape(self.groups, self.filters // self.groups, -1)
        out = np.zeros(p.shape[:2] + (self.groups, rows.shape[1]), p.dtype)
        for i in range(*part.indices(rows.shape[2])):
            out += p[:, :, :, i, None] * rows[None, None, :, :, i]
        return out.reshape(p.shape[0], p.shape[1], self.filters)


def steps(w, s, q):
    return np.clip(np.rint(w.astype(np.float64) / s), -q, q)


def scales(w, q):
    m = np.abs(w.astype(np.float64)).max(-1)
    return np.where(m > 0, m / q, 1.0)


def half(s):
    """As stored: the ends of half precision stand for what lies beyond."""
    return np.clip(s.astype(np.float16).astype(np.float64), 2.0**-24, 65504.0)


def integer_input(x, largest, signed, bits):
    q = 2 ** (bits - 1) - 1 if signed else 2**bits - 1
    scale = largest / q if largest > 0 else 1.0
    codes = np.clip(np.rint(x / f4(scale)), -q if signed else 0, q).astype(np.int64)
    return codes, scale, f4(scale)


def parse(name):
    """`w4g32a8p16`, `w4u`, or WEIGHTS/ACTIVATIONS."""
    import re
    m = re.fullmatch(r"w(\d+)(?:g(\d+)|(u))?(?:a(\d+))?(?:p(\d+))?", name)
    if m:
        n = [int(t) if t and t != "u" else None for t in m.groups()]
        return ("int", n[0], n[1], m[3] == "u"), ("int", n[3]) if n[3] else None, n[4]
    if name == "float":
        return None, None, None
    w, a = name.split("/") if "/" in name else (name, name)
    weights = parse(w)[0] if w[0] == "w" else None if w == "float" else w
    if a.startswith("uint<"):
        a = ("int", int(a[5:-1]))
    return weights, None if a == "float" else a, None


def quantize_input(x, a, largest, signed):
    """Values as the layer sees them."""
    if a is None:
        return x
    if isinstance(a, tuple):
        codes, _, step = integer_input(x, largest, signed, a[1])
        return codes.astype(f4) * step
    if a == "e4m3":
        return e4m3_tensor(x, largest)
    y = x if x.ndim == 2 else x.transpose(0, 2, 3, 1)
    y = quantize_blocks(y, a, largest)
    return y if x.ndim == 2 else y.transpose(0, 3, 1, 2)


def kurtosis(rows):
    w = rows.astype(np.float64)
    d = w - w.mean(-1, keepdims=True)
    m2 = (d**2).mean(-1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return (d**4).mean(-1) / m2**2


def unequal(layer, bits, a, largest, signed, inputs):
    """MPQ-DM: widths of the filters by kurtosis and the squared error on float64 inputs; and the number of tenths."""
    k = kurtosis(layer.rows)
    order = np.argsort(-np.where(np.isnan(k), -np.inf, k), kind="stable")
    x = inputs
    if isinstance(a, tuple):
        q = 2 ** (a[1] - 1) - 1 if signed else 2 ** a[1] - 1
        step = float(f4(largest / q))
        x = np.clip(np.rint(inputs / step), -q if signed else 0, q) * step
    elif a is not None:
        x = quantize_input(inputs.astype(f4), a, largest, signed).astype(np.float64)
    y = layer.sums(inputs, layer.rows.astype(np.float64))
    best = None
    for t in range(6):
        width = np.full(layer.filters, bits)
        n = layer.filters // 10 * t
        width[order[:n]] += 1
        width[order[layer.filters - n:]] -= 1
        q = 2.0 ** (width - 1) - 1
        s = scales(layer.rows, q)
        w = steps(layer.rows, s[:, None], q[:, None]) * s[:, None]
        error = ((y - layer.sums(x, w)) ** 2).sum()
        if best is None or error < best[0]:
            best = (error, width, t)
    return best[1], best[2]


def run_layer(layer, x, candidate, largest, signed, widths=None):
    """One layer under one candidate, in float32: `[samples, positions, filters]`, bias included."""
    w, a, accumulator = parse(candidate)
    integers = isinstance(w, tuple)
    if integers:
        _, bits, group, is_unequal = w
        if group:
            q = 2.0 ** (bits - 1) - 1
            parts = [slice(i, min(i + group, layer.rows.shape[1])) for i in range(0, layer.rows.shape[1], group)]
            s = [np.where(np.abs(layer.rows[:, p]).max(-1) > 0, half(scales(layer.rows[:, p], q)), 1.0) for p in parts]
            codes = np.concatenate([steps(layer.rows[:, p], t[:, None], q) for p, t in zip(parts, s)], 1)
            values = np.concatenate([codes[:, p] * t[:, None] for p, t in zip(parts, s)], 1)
        else:
            width = np.array(widths if is_unequal else [bits] * layer.filters)
            q = 2.0 ** (width - 1) - 1
            parts, s = [slice(0, layer.rows.shape[1])], [scales(layer.rows, q)]
            codes = steps(layer.rows, s[0][:, None], q[:, None])
            values = codes * s[0][:, None]
    elif w == "e4m3":
        m = np.abs(layer.rows.astype(np.float64)).max(-1)
        values = np.stack([e4m3_tensor(r, t) if t > 0 else r for r, t in zip(layer.rows, m)])
    else:
        values = layer.rows if w is None else quantize_blocks(layer.rows, w, np.abs(layer.rows).max())
    if integers and isinstance(a, tuple):
        data, scale, _ = integer_input(x, largest, signed, a[1])
        total = None
        for part, own in zip(parts, s):
            sums = layer.sums(data, codes.astype(np.int64), part)
            if accumulator:
                sums = wrap(sums, accumulator)
            scaled = sums.astype(f4) * (own * scale).astype(f4)
            total = scaled if total is None else total + scaled
        return total + layer.b
    return layer.sums(quantize_input(x, a, largest, signed), values.astype(f4)) + layer.b
