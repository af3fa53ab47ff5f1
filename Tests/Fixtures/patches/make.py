"""Patches with encodings of their own, computed a second time in numpy.

Writes, beside this file: three small int8 networks (*.tflite); cases.json, a list of {name, model, grid,
split_after, tensors: {tile: format}, macs, bops, stage_bops, peak, stage_peak}; arrays.npz with
`<model>/input` (codes of samples) and `<case>/output` (codes).

Nothing here is taken from the library or from its graphs. A tile is computed from its definition: the
rectangle that its readers need, without padding (conformance/mcu/patch_ref.py), every product of a window
summed where its position lies in the image. Integer arithmetic is that of TensorFlow Lite's reference
kernels (conformance/mcu/SEMANTICS.md: sections 1, 2 and 4; two roundings). Rules of widths, for
activations of N bits: scale' = float32(scale * 255 / (2^N - 1)), zero' = round_half_away(lowest' - minimum
/ scale'); biases round_half_away(code * (data scale * weight scale) / (data scale' * weight scale)); max
pools and pads keep one encoding. What a tile cuts from the image is converted to its own encoding, and its
result to that of the whole (kernels/quantize.cc).

Memory while a tile runs: operands, result and what later layers of the tile read, codes packed, and the
whole output of the stage; additions overwrite the operand made last that nobody reads later, pads take
no memory, the image counts where a tile holds it in an encoding of its own, a tile's result counts where
it has another encoding than the whole. `inplace-dw`: a depthwise layer of stride 1 overwrites its operand
if nobody reads it later.

Versions used: ai-edge-litert 2.3.0 (the file format only), flatbuffers 25.12.19, numpy 2.4.6.
Command: python Tests/Fixtures/patches/make.py
"""
import json
import math
import os

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as fb

here = os.path.dirname(os.path.abspath(__file__))
B, O = fb.BuiltinOperator, fb.BuiltinOptions
rng = np.random.default_rng(11)
SAMPLES = 3


def away(x): return np.sign(x) * np.floor(np.abs(x) + 0.5)


# ---- networks: lists of layers, written as files below

class Layer:
    """kind: conv, dw, add, pool (max), pad, mean (average pool of everything)."""

    def __init__(self, kind, name, inputs, **more):
        self.kind, self.name, self.inputs = kind, name, inputs
        self.kernel, self.stride, self.pad, self.range = 1, 1, (0, 0), None
        self.__dict__.update(more)


class Net:
    def __init__(self, name, rows, columns, channels):
        self.name, self.layers = name, []
        self.shape = {'x': (rows, columns, channels)}
        self.scale, self.zero = {'x': np.float32(0.05)}, {'x': -11}

    def conv(self, name, data, filters=None, kernel=3, stride=1, same=True, activation=0):
        h, w, c = self.shape[data]
        depthwise = filters is None
        filters = filters or c
        pads = []
        size = []
        for extent in (h, w):
            if same:
                out = -(-extent // stride)
                pads.append(max((out - 1) * stride + kernel - extent, 0))
            else:
                out = (extent - kernel) // stride + 1
                pads.append(0)
            size.append(out)
        shape = (kernel, kernel, filters) if depthwise else (filters, kernel, kernel, c)
        depth = kernel * kernel * (1 if depthwise else c)
        weights = np.clip(np.round(rng.normal(0, 40, shape)), -127, 127).astype(np.int64)
        scales = rng.uniform(0.002, 0.02, filters).astype(np.float32)
        self.shape[name] = (*size, filters)
        self.scale[name] = np.float32(float(self.scale[data]) * float(scales.mean()) * depth ** 0.5 * 60)
        self.zero[name] = -128 if activation == 3 else int(rng.integers(-60, 60))
        if activation == 3: self.scale[name] = np.float32(6.2 / 255)
        self.layers.append(Layer(
            'dw' if depthwise else 'conv', name, [data], weights=weights, scales=scales,
            bias=rng.integers(-3000, 3000, filters), kernel=kernel, stride=stride,
            pad=(pads[0] // 2, pads[1] // 2), same=same, activation=activation))
        return name

    def keep(self, kind, name, data, shape, **more):
        self.shape[name], self.scale[name], self.zero[name] = shape, self.scale[data], self.zero[data]
        self.layers.append(Layer(kind, name, [data], **more))
        return name

    def pool(self, name, data):
        h, w, c = self.shape[data]
        return self.keep('pool', name, data, (h // 2, w // 2, c), kernel=2, stride=2)

    def padded(self, name, data):
        h, w, c = self.shape[data]
        return self.keep('pad', name, data, (h + 2, w + 2, c), pad=(1, 1), after=(1, 1))

    def mean(self, name, data):
        return self.keep('mean', name, data, (1, 1, self.shape[data][2]))

    def add(self, name, a, b):
        self.shape[name] = self.shape[a]
        self.scale[name] = np.float32(1.1 * float(self.scale[a]) + 0.6 * float(self.scale[b]))
        self.zero[name] = int(rng.integers(-40, 40))
        self.layers.append(Layer('add', name, [a, b]))
        return name

    @property
    def output(self): return self.layers[-1].name


def networks():
    n = Net('residual', 12, 13, 3)
    y = n.conv('stem', 'x', 8, stride=2, activation=3)
    z = n.conv('depth', y, activation=3)
    z = n.conv('project', z, 8, kernel=1)
    y = n.add('sum', y, z)
    y = n.conv('expand', y, 12, kernel=1, activation=3)
    y = n.conv('depth2', y, stride=2, activation=3)
    y = n.conv('project2', y, 6, kernel=1)
    y = n.conv('last', y, 10, kernel=1)
    n.mean('scores', y)
    # Stage ends by the number that the library gives its block.
    yield n, {1: 'sum', 2: 'project2'}

    n = Net('pooled', 14, 14, 2)
    y = n.conv('stem', 'x', 6)
    y = n.pool('pooled', y)
    y = n.padded('padded', y)
    y = n.conv('wide', y, 8, kernel=3, same=False, activation=1)
    y = n.conv('depth', y, stride=2)
    y = n.conv('project', y, 7, kernel=1)
    y = n.conv('last', y, 5, kernel=3, stride=2)
    n.mean('scores', y)
    yield n, {1: 'project'}

    n = Net('deep', 15, 11, 4)
    y = n.conv('first', 'x', kernel=3)
    y = n.conv('mix', y, 5, kernel=1, activation=1)
    y = n.conv('depth', y, kernel=5, stride=2)
    y = n.conv('square', y, 9, kernel=3)
    y = n.conv('depth2', y)
    y = n.conv('project', y, 6, kernel=1)
    n.mean('scores', y)
    yield n, {1: 'mix', 2: 'square', 3: 'project'}


# ---- the file

def write(net):
    model, graph = fb.ModelT(), fb.SubGraphT()
    model.version, model.buffers, model.operatorCodes, model.subgraphs = 3, [fb.BufferT()], [], [graph]
    graph.tensors, graph.operators = [], []
    places = {}

    def tensor(name, shape, scale, zero, type=fb.TensorType.INT8, data=None, axis=0):
        t = fb.TensorT()
        t.name, t.shape, t.type, t.buffer = name, list(map(int, shape)), type, 0
        if data is not None:
            buffer = fb.BufferT()
            buffer.data = np.frombuffer(np.ascontiguousarray(data).tobytes(), np.uint8)
            model.buffers.append(buffer)
            t.buffer = len(model.buffers) - 1
        if scale is not None:
            t.quantization = fb.QuantizationParametersT()
            t.quantization.scale = np.atleast_1d(np.asarray(scale, np.float32))
            t.quantization.zeroPoint = np.full(len(t.quantization.scale), zero, np.int64)
            t.quantization.quantizedDimension = axis
        graph.tensors.append(t)
        return len(graph.tensors) - 1

    def operator(code, version, inputs, output, kind, options):
        found = [i for i, c in enumerate(model.operatorCodes) if (c.builtinCode, c.version) == (code, version)]
        if not found:
            c = fb.OperatorCodeT()
            c.builtinCode, c.deprecatedBuiltinCode, c.version = code, code, version
            model.operatorCodes.append(c)
        op = fb.OperatorT()
        op.opcodeIndex = found[0] if found else len(model.operatorCodes) - 1
        op.inputs, op.outputs, op.builtinOptionsType, op.builtinOptions = inputs, [output], kind, options
        graph.operators.append(op)

    for name, shape in net.shape.items():
        places[name] = tensor(name, (1, *shape), net.scale[name], net.zero[name])
    for l in net.layers:
        inputs, out = [places[i] for i in l.inputs], places[l.name]
        if l.kind in ('conv', 'dw'):
            shape = l.weights.shape if l.kind == 'conv' else (1, *l.weights.shape)
            w = tensor(l.name + '/w', shape, l.scales, 0, data=l.weights.astype(np.int8),
                       axis=0 if l.kind == 'conv' else 3)
            b = tensor(l.name + '/b', [len(l.bias)], net.scale[l.inputs[0]] * l.scales, 0,
                       fb.TensorType.INT32, l.bias.astype(np.int32))
            o = fb.Conv2DOptionsT() if l.kind == 'conv' else fb.DepthwiseConv2DOptionsT()
            if l.kind == 'dw': o.depthMultiplier = 1
            o.padding, o.strideH, o.strideW = 0 if l.same else 1, l.stride, l.stride
            o.dilationHFactor = o.dilationWFactor = 1
            o.fusedActivationFunction = l.activation
            code = (B.CONV_2D, O.Conv2DOptions) if l.kind == 'conv' else (B.DEPTHWISE_CONV_2D, O.DepthwiseConv2DOptions)
            operator(code[0], 3, inputs + [w, b], out, code[1], o)
        elif l.kind == 'add':
            operator(B.ADD, 2, inputs, out, O.AddOptions, fb.AddOptionsT())
        elif l.kind == 'pad':
            p = tensor(l.name + '/p', [4, 2], None, 0, fb.TensorType.INT32,
                       np.array([[0, 0], [1, 1], [1, 1], [0, 0]], np.int32))
            operator(B.PAD, 2, inputs + [p], out, O.PadOptions, fb.PadOptionsT())
        else:
            o = fb.Pool2DOptionsT()
            h, w, _ = net.shape[l.inputs[0]]
            o.padding, o.strideH, o.strideW = 1, l.stride, l.stride
            o.filterHeight, o.filterWidth = (h, w) if l.kind == 'mean' else (2, 2)
            operator(B.AVERAGE_POOL_2D if l.kind == 'mean' else B.MAX_POOL_2D, 2, inputs, out,
                     O.Pool2DOptions, o)
    graph.inputs, graph.outputs = [places['x']], [places[net.output]]
    builder = flatbuffers.Builder(1024)
    builder.Finish(model.Pack(builder), b'TFL3')
    open(os.path.join(here, net.name + '.tflite'), 'wb').write(bytes(builder.Output()))


# ---- integer arithmetic of the reference kernels

def multiplier(m):
    f, e = math.frexp(m)
    q = int(math.floor(f * 2 ** 31 + 0.5))
    if q == 2 ** 31: q, e = q // 2, e + 1
    return (0, 0) if e < -31 else (q, e)


def scaled(x, m):
    """MultiplyByQuantizedMultiplier with two roundings, of an array of int64 that hold int32."""
    q, shift = multiplier(m)
    left, right = max(shift, 0), max(-shift, 0)
    p = (x << left) * q
    h = np.where(p >= 0, (p + 2 ** 30) // 2 ** 31, -((-(p + 1 - 2 ** 30)) // 2 ** 31))
    mask = (1 << right) - 1
    return (h >> right) + ((h & mask) > (mask >> 1) + (h < 0))


class Encoding:
    def __init__(self, scale, zero, bits=8):
        self.bits = bits
        self.low, self.high = -2 ** (bits - 1), 2 ** (bits - 1) - 1
        if bits == 8:
            self.scale, self.zero = np.float32(scale), zero
            return
        self.scale = np.float32(float(scale) * 255 / (2 ** bits - 1))
        place = away(self.low - (-128 - zero) * float(scale) / float(self.scale))
        self.zero = int(min(max(place, self.low), self.high))

    def code(self, value): return int(away(np.float32(value) / self.scale)) + self.zero

    def __eq__(self, other): return (self.scale, self.zero, self.bits) == (other.scale, other.zero, other.bits)


def convert(x, a, b):
    y = scaled(x - a.zero, float(a.scale) / float(b.scale)) + b.zero
    return np.clip(y, b.low, b.high)


def bias_of(net, l, own):
    before = float(net.scale[l.inputs[0]]) * l.scales.astype(np.float64)
    after = float(own.scale) * l.scales.astype(np.float64)
    return np.where(before == after, l.bias, away(l.bias * before / after)).astype(np.int64)


# ---- one layer on a rectangle

def needed(l, span, extent, axis):
    """First and last position of the operand that positions `span` of the result need, clipped."""
    if l.kind == 'pad':
        low, high = span[0] - l.pad[axis], span[1] - l.pad[axis]
    elif l.kind == 'add':
        low, high = span
    else:
        low, high = span[0] * l.stride - l.pad[axis], span[1] * l.stride - l.pad[axis] + l.kernel - 1
    return max(low, 0), min(high, extent - 1)


def taps(l, x, held, span, extent, fill):
    """Windows of the result's positions `span` (rows, columns): [r, c, k, k, channels], and which taps are real.
    `x` holds positions `held` of an operand with `extent` positions."""
    (r0, r1), (c0, c1) = span
    k = l.kernel
    out = np.full((r1 - r0 + 1, c1 - c0 + 1, k, k, x.shape[2]), fill, np.int64)
    for r in range(r0, r1 + 1):
        for c in range(c0, c1 + 1):
            for i in range(k):
                for j in range(k):
                    p, q = r * l.stride - l.pad[0] + i, c * l.stride - l.pad[1] + j
                    if 0 <= p < extent[0] and 0 <= q < extent[1]:
                        # What is missing here would be an error of the halo.
                        assert held[0][0] <= p <= held[0][1] and held[1][0] <= q <= held[1][1]
                        out[r - r0, c - c0, i, j] = x[p - held[0][0], q - held[1][0]]
    return out


def run(net, l, operands, spans, span, encodings, result):
    """Codes of a layer's result at positions `span`, its operands holding positions `spans`."""
    if l.kind in ('conv', 'dw'):
        x, own = operands[0], encodings[0]
        windows = taps(l, x, spans[0], span, net.shape[l.inputs[0]], own.zero) - own.zero
        spec = 'rcijd,fijd->rcf' if l.kind == 'conv' else 'rcijd,ijd->rcd'
        sums = np.einsum(spec, windows, l.weights) + bias_of(net, l, own)
        y = np.stack([scaled(sums[..., f], float(own.scale) * float(l.scales[f]) / float(result.scale))
                      for f in range(sums.shape[2])], -1) + result.zero
        low, high = result.low, result.high
        if l.activation in (1, 3): low = max(low, result.zero)
        if l.activation == 3: high = min(high, result.code(6))
        return np.clip(y, low, high)
    if l.kind == 'pool':
        x = operands[0]
        windows = taps(l, x, spans[0], span, net.shape[l.inputs[0]], -10 ** 6)
        return windows.max((2, 3))
    if l.kind == 'pad':
        h, w, _ = net.shape[l.inputs[0]]
        y = np.full((span[0][1] - span[0][0] + 1, span[1][1] - span[1][0] + 1, operands[0].shape[2]), result.zero, np.int64)
        for r in range(span[0][0], span[0][1] + 1):
            for c in range(span[1][0], span[1][1] + 1):
                if 0 <= r - 1 < h and 0 <= c - 1 < w:
                    y[r - span[0][0], c - span[1][0]] = operands[0][r - 1 - spans[0][0][0], c - 1 - spans[0][1][0]]
        return y
    if l.kind == 'add':
        parts, largest = [], max(float(e.scale) for e in encodings)
        for x, held, e in zip(operands, spans, encodings):
            part = x[span[0][0] - held[0][0]:span[0][1] - held[0][0] + 1, span[1][0] - held[1][0]:span[1][1] - held[1][0] + 1]
            parts.append(scaled((part - e.zero) << 20, float(e.scale) / (2 * largest)))
        y = scaled(parts[0] + parts[1], 2 * largest / (2 ** 20 * float(result.scale))) + result.zero
        return np.clip(y, result.low, result.high)
    n = operands[0].shape[0] * operands[0].shape[1]
    total = operands[0].sum((0, 1))
    return (np.where(total > 0, total + n // 2, total - n // 2) / n).astype(np.int64).reshape(1, 1, -1)


# ---- schedules

def whole(shape): return ((0, shape[0] - 1), (0, shape[1] - 1))


def spans_of(net, stage, output, grid, row, column):
    """The rectangle of each tensor that a tile needs."""
    shape = net.shape[output]
    spans = {output: tuple((i * n // grid, (i + 1) * n // grid - 1) for i, n in zip((row, column), shape))}
    for l in reversed(stage):
        for name in l.inputs:
            need = tuple(needed(l, spans[l.name][a], net.shape[name][a], a) for a in range(2))
            old = spans.get(name, need)
            spans[name] = tuple((min(o[0], n[0]), max(o[1], n[1])) for o, n in zip(old, need))
    return spans


def area(span): return (span[0][1] - span[0][0] + 1) * (span[1][1] - span[1][0] + 1)


def layer_macs(net, l): return l.weights.size if l.kind in ('conv', 'dw') else 0


def memory(net, layers, sizes, kept, free):
    """Largest sum of bytes over the layers, plain and with depthwise layers in place.

    `sizes`: bytes by tensor; `kept`: tensors alive to the end; `free`: bytes 0 for what lies elsewhere."""
    owner = {}

    def root(name):
        while name in owner: name = owner[name]
        return name

    last = {}
    for i, l in enumerate(layers):
        for name in l.inputs: last[name] = i
    for name in kept: last[name] = len(layers)
    made = {name: -1 for name in sizes if name not in {l.name for l in layers}}
    alive_until, size = dict(last), dict(sizes)
    runs = []
    for i, l in enumerate(layers):
        made[l.name] = i
        data = l.inputs
        joins = None
        if l.kind == 'pad': joins = data[0]
        if l.kind == 'add':
            candidates = [n for n in data if last[n] == i and n != 'x']
            if candidates: joins = max(candidates, key=lambda n: made[n])
        if joins is not None:
            r = root(joins)
            owner[l.name] = r
            alive_until[r] = max(alive_until.get(r, -1), alive_until.get(l.name, -1))
            # Pads need no memory of their own; an addition needs the wider of both.
            if l.kind == 'add': size[r] = max(size[r], size[l.name])
        else:
            runs.append(i)
    plain = inplace = 0
    for i in runs:
        l = layers[i]
        roots = {root(l.name)} | {root(n) for n in made if made[n] <= i and alive_until.get(root(n), -1) >= i}
        total = sum(0 if r in free else size[r] for r in roots)
        saved = 0
        a, b = root(l.inputs[0]), root(l.name)
        if l.kind == 'dw' and l.stride == 1 and alive_until[a] == i:
            saved = min(*(0 if r in free else size[r] for r in (a, b)))
        plain, inplace = max(plain, total), max(inplace, total - saved)
    return plain, inplace


def packed(elements, bits): return -(-elements * bits // 8)


def case(net, name, output, block, grid, bits, samples):
    """`bits`: by (tile, tensor) of the stage."""
    at = [l.name for l in net.layers].index(output) + 1
    stage, rest = net.layers[:at], net.layers[at:]
    own = {t: Encoding(net.scale[t], net.zero[t]) for t in net.shape}
    outputs = []
    tile_data = []
    for row in range(grid):
        for column in range(grid):
            tile = row * grid + column
            encodings = {t: Encoding(net.scale[t], net.zero[t], bits.get((tile, t), 8)) for t in net.shape}
            tile_data.append((spans_of(net, stage, output, grid, row, column), encodings))
    for x in samples:
        joined = np.zeros(net.shape[output], np.int64)
        for spans, encodings in tile_data:
            span = spans['x']
            part = x[span[0][0]:span[0][1] + 1, span[1][0]:span[1][1] + 1].astype(np.int64)
            held = {'x': convert(part, own['x'], encodings['x'])}
            for l in stage:
                held[l.name] = run(net, l, [held[i] for i in l.inputs], [spans[i] for i in l.inputs], spans[l.name],
                                   [encodings[i] for i in l.inputs], encodings[l.name])
            span = spans[output]
            joined[span[0][0]:span[0][1] + 1, span[1][0]:span[1][1] + 1] = convert(held[output], encodings[output], own[output])
        values = {output: joined}
        for l in rest:
            values[l.name] = run(net, l, [values[i] for i in l.inputs], [whole(net.shape[i]) for i in l.inputs],
                                 whole(net.shape[l.name]), [own[i] for i in l.inputs], own[l.name])
        outputs.append(values[net.output])
    rest_macs = sum(layer_macs(net, l) * area(whole(net.shape[l.name])) for l in rest)
    macs = stage_bops = 0
    peak = [0, 0]
    for spans, encodings in tile_data:
        for l in stage:
            own_macs = layer_macs(net, l) * area(spans[l.name])
            macs += own_macs
            stage_bops += own_macs * 8 * encodings[l.inputs[0]].bits if own_macs else 0
        sizes = {t: packed(area(spans[t]) * net.shape[t][2], encodings[t].bits) for t in spans}
        # In place where encodings agree: the image is read there, the output is written there.
        free = {t for t in ('x',) if encodings[t].bits == 8}
        found = memory(net, stage, sizes, [output], free | in_output(stage, output, encodings))
        peak = [max(a, b) for a, b in zip(peak, found)]
    whole_output = int(np.prod(net.shape[output]))
    peak = [p + whole_output for p in peak]
    sizes = {t: int(np.prod(net.shape[t])) for t in [output] + [l.name for l in rest]}
    after = memory(net, rest, sizes, [net.output], set())
    tensors = {}
    for (tile, t), b in sorted(bits.items()):
        if b != 8: tensors[f'{t}@r{tile // grid}c{tile % grid}'] = f'int<{b}>'
    return {'name': name, 'model': net.name + '.tflite', 'grid': grid, 'split_after': block, 'tensors': tensors,
            'macs': int(macs + rest_macs), 'bops': int(stage_bops + rest_macs * 64), 'stage_bops': int(stage_bops),
            'stage_peak': {'plain': peak[0], 'inplace-dw': peak[1]},
            'peak': {'plain': max(peak[0], after[0]), 'inplace-dw': max(peak[1], after[1])}}, np.stack(outputs)


def in_output(stage, output, encodings):
    """The tensors that lie in the output's memory, if all of them have its encoding's width."""
    chain, l = {output}, stage[-1]
    if l.kind == 'add':
        made = [s.name for s in stage]
        inputs = [n for n in l.inputs if not any(n in s.inputs for s in stage if s is not l and made.index(s.name) > made.index(l.name))]
        chain.add(max((n for n in inputs if n in made), key=made.index))
    return chain if all(encodings[t].bits == 8 for t in chain) else set()


def main():
    cases, arrays = [], {}
    for net, stages in networks():
        write(net)
        samples = rng.integers(-128, 128, (SAMPLES, *net.shape['x'])).astype(np.int8)
        arrays[net.name + '/input'] = samples
        for block, output in stages.items():
            at = [l.name for l in net.layers].index(output) + 1
            stage = net.layers[:at]
            # What layers with weights read; pools and pads share the encoding of their operand.
            maps = sorted({l.inputs[0] for l in stage if l.kind in ('conv', 'dw')})
            for grid in (2, 3):
                for kind in ('equal', 'mixed', 'narrow'):
                    bits = {}
                    for tile in range(grid * grid):
                        # Some patches keep 8 bits, as outliers do.
                        keeps = kind == 'equal' or (kind == 'mixed' and rng.integers(0, 3) == 0)
                        for t in maps:
                            b = 8 if keeps else int(rng.choice([2, 3, 4, 6, 8] if kind == 'mixed' else [2, 4]))
                            for tied in tie(stage, t): bits[tile, tied] = b
                    name = f'{net.name}-{block}-{grid}-{kind}'
                    entry, out = case(net, name, output, block, grid, bits, samples)
                    # Files name what layers read.
                    entry['tensors'] = {k: v for k, v in entry['tensors'].items() if k.split('@')[0] in maps}
                    cases.append(entry)
                    arrays[name + '/output'] = out.astype(np.int8)
    json.dump(cases, open(os.path.join(here, 'cases.json'), 'w'), indent=0)
    np.savez(os.path.join(here, 'arrays.npz'), **arrays)
    print(len(cases), 'cases;', sum(os.path.getsize(os.path.join(here, f)) for f in os.listdir(here)), 'bytes')


def tie(stage, name):
    """Tensors that have one encoding with `name`: through pools and pads."""
    found = {name}
    while True:
        more = {t for l in stage if l.kind in ('pool', 'pad') for t in (l.name, *l.inputs) if found & {l.name, *l.inputs}}
        if more <= found: return found
        found |= more


if __name__ == '__main__':
    main()
