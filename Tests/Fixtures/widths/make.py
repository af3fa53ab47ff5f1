"""TensorFlow Lite models in other widths, rewritten as files and run by LiteRT's reference kernels.

Writes, beside this file: small models (*.tflite) of the operators that keep or fix encodings;
cases.json, a list of {model, layers: {name: {weights, activations}}, inputs, outputs}; arrays.npz
with each case's codes. Inputs are codes in the model's own encoding. `<case>/input`, `<case>/output`,
and `<case>/#<tensor>` for the tensors that operators of the model write.

The rules are written down here a second time, in numpy, and not taken from the library:
- weights of N bits: scale' = float32(max|code| * scale / (2^(N-1) - 1)) a channel,
  code' = round_half_even(code * scale / scale'); 8 bits leave the tensor as it is;
- activations of N bits: scale' = float32(scale * (2^W - 1) / (2^N - 1)),
  zero' = round_half_away(lowest' - minimum / scale'), clamped; 16-bit tensors symmetric;
  all tensors of one encoding that reshapes, pools, pads, concatenations, extrema and resizing join;
- biases: round_half_away(code * (data scale * weight scale) / (data scale' * weight scale')).

The rewritten file keeps int8 (int16) tensors; a MINIMUM and a MAXIMUM after every operator that
writes a narrowed tensor hold it to N bits. A narrowed input is quantized here, in float32, ties away
from zero.

Versions used: ai-edge-litert 2.3.0 (BUILTIN_REF), flatbuffers 25.12.19, numpy 2.4.6.
Command: python Tests/Fixtures/widths/make.py
"""
import copy
import json
import os

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as fb
from ai_edge_litert.interpreter import Interpreter, OpResolverType

here = os.path.dirname(os.path.abspath(__file__))
root = os.path.join(here, '..', '..', '..')
B, O = fb.BuiltinOperator, fb.BuiltinOptions
INT8, INT16, INT32, INT64 = fb.TensorType.INT8, fb.TensorType.INT16, fb.TensorType.INT32, fb.TensorType.INT64
NUMPY = {INT8: np.int8, INT16: np.int16, INT32: np.int32, INT64: np.int64}
rng = np.random.default_rng(7)


# ---- a small writer of models

class Net:
    def __init__(self, name, type=INT8):
        self.name, self.type = name, type
        self.model = fb.ModelT()
        self.model.version = 3
        self.model.buffers = [fb.BufferT()]
        self.model.operatorCodes = []
        self.graph = fb.SubGraphT()
        self.graph.tensors, self.graph.operators = [], []
        self.graph.inputs, self.graph.outputs = [], []
        self.model.subgraphs = [self.graph]

    def tensor(self, name, shape, scale=None, zero=0, type=None, data=None, axis=0):
        t = fb.TensorT()
        t.name, t.shape, t.type = name, list(map(int, shape)), self.type if type is None else type
        t.buffer = 0
        if data is not None:
            buffer = fb.BufferT()
            buffer.data = np.frombuffer(np.ascontiguousarray(data).tobytes(), np.uint8)
            self.model.buffers.append(buffer)
            t.buffer = len(self.model.buffers) - 1
        if scale is not None:
            q = fb.QuantizationParametersT()
            q.scale = np.atleast_1d(np.asarray(scale, np.float32))
            q.zeroPoint = np.full(len(q.scale), zero, np.int64)
            q.quantizedDimension = axis
            t.quantization = q
        self.graph.tensors.append(t)
        return len(self.graph.tensors) - 1

    def op(self, code, inputs, outputs, kind=None, options=None, version=1):
        add_op(self.model, code, inputs, outputs, kind, options, version)
        return outputs[0]

    # Scale and zero point of a tensor.
    def q(self, t):
        q = self.graph.tensors[t].quantization
        return float(q.scale[0]), int(q.zeroPoint[0])

    def shape(self, t): return list(self.graph.tensors[t].shape)

    def input(self, shape, scale=0.05, zero=-11):
        t = self.tensor('x', shape, scale, 0 if self.type == INT16 else zero)
        self.graph.inputs = [t]
        return t

    def result(self, name, shape, scale, zero=None):
        if self.type == INT16: zero = 0
        elif zero is None: zero = int(rng.integers(-60, 60))
        return self.tensor(name, shape, scale, zero)

    def like(self, name, shape, t):
        return self.tensor(name, shape, *self.q(t))

    def weights(self, name, shape, channels, axis, depth, t, bits=7):
        codes = np.clip(np.round(rng.normal(0, 40, shape)), -127, 127).astype(np.int8)
        scale = rng.uniform(0.002, 0.02, channels).astype(np.float32)
        w = self.tensor(name + '/w', shape, scale, 0, INT8, codes, axis)
        data = np.float32(self.q(t)[0])
        bias = rng.integers(-3000, 3000, channels)
        wide = self.type == INT16
        b = self.tensor(name + '/b', [channels], data * scale, 0, INT64 if wide else INT32,
                        bias.astype(np.int64 if wide else np.int32))
        step = self.q(t)[0] * float(scale.mean()) * depth ** 0.5
        return w, b, step * (60 if not wide else 60)

    def conv(self, name, t, filters, kernel=3, stride=1, activation=0, same=True):
        n, h, w, c = self.shape(t)
        k, b, step = self.weights(name, [filters, kernel, kernel, c], filters, 0, kernel * kernel * c, t)
        size = [-(-h // stride), -(-w // stride)] if same else [(h - kernel) // stride + 1, (w - kernel) // stride + 1]
        y = self.result(name, [n, *size, filters], step)
        o = fb.Conv2DOptionsT()
        o.padding, o.strideH, o.strideW, o.fusedActivationFunction = 0 if same else 1, stride, stride, activation
        o.dilationHFactor = o.dilationWFactor = 1
        return self.op(B.CONV_2D, [t, k, b], [y], O.Conv2DOptions, o, 3)

    def depthwise(self, name, t, stride=1, activation=0):
        n, h, w, c = self.shape(t)
        k, b, step = self.weights(name, [1, 3, 3, c], c, 3, 9, t)
        y = self.result(name, [n, -(-h // stride), -(-w // stride), c], step)
        o = fb.DepthwiseConv2DOptionsT()
        o.padding, o.strideH, o.strideW, o.depthMultiplier, o.fusedActivationFunction = 0, stride, stride, 1, activation
        o.dilationHFactor = o.dilationWFactor = 1
        return self.op(B.DEPTHWISE_CONV_2D, [t, k, b], [y], O.DepthwiseConv2DOptions, o, 3)

    def transposed(self, name, t, filters):
        n, h, w, c = self.shape(t)
        k, b, step = self.weights(name, [filters, 3, 3, c], filters, 0, 9 * c, t)
        y = self.result(name, [n, h * 2, w * 2, filters], step)
        size = self.tensor(name + '/shape', [4], type=INT32, data=np.array([n, h * 2, w * 2, filters], np.int32))
        o = fb.TransposeConvOptionsT()
        o.padding, o.strideH, o.strideW = 0, 2, 2
        return self.op(B.TRANSPOSE_CONV, [size, k, t, b], [y], O.TransposeConvOptions, o, 3)

    def dense(self, name, t, results, activation=0, weights=None):
        n, depth = self.shape(t)
        if weights is None:
            k, b, step = self.weights(name, [results, depth], 1, 0, depth, t)
            wide = self.type == INT16
            bias = rng.integers(-3000, 3000, results)
            b = self.tensor(name + '/bias', [results], self.graph.tensors[b].quantization.scale[0], 0,
                            INT64 if wide else INT32, bias.astype(np.int64 if wide else np.int32))
        else:
            k, b, step = weights
        y = self.result(name, [n, results], step)
        o = fb.FullyConnectedOptionsT()
        o.fusedActivationFunction = activation
        self.op(B.FULLY_CONNECTED, [t, k, b], [y], O.FullyConnectedOptions, o, 4)
        self.last = (k, b, step)
        return y

    def reshape(self, name, t, shape):
        s = self.tensor(name + '/shape', [len(shape)], type=INT32, data=np.array(shape, np.int32))
        o = fb.ReshapeOptionsT()
        o.newShape = shape
        return self.op(B.RESHAPE, [t, s], [self.like(name, shape, t)], O.ReshapeOptions, o)

    def pool(self, name, t, code, activation=0):
        n, h, w, c = self.shape(t)
        o = fb.Pool2DOptionsT()
        o.padding, o.strideH, o.strideW, o.filterHeight, o.filterWidth = 1, 2, 2, 2, 2
        o.fusedActivationFunction = activation
        return self.op(code, [t], [self.like(name, [n, h // 2, w // 2, c], t)], O.Pool2DOptions, o, 2)

    def pad(self, name, t):
        n, h, w, c = self.shape(t)
        p = self.tensor(name + '/p', [4, 2], type=INT32, data=np.array([[0, 0], [1, 0], [2, 1], [0, 0]], np.int32))
        return self.op(B.PAD, [t, p], [self.like(name, [n, h + 1, w + 3, c], t)], O.PadOptions, fb.PadOptionsT(), 2)

    def mean(self, name, t, zero=None):
        n, h, w, c = self.shape(t)
        a = self.tensor(name + '/axes', [2], type=INT32, data=np.array([1, 2], np.int32))
        y = self.result(name, [n, c], self.q(t)[0] * 0.4, zero)
        return self.op(B.MEAN, [t, a], [y], O.ReducerOptions, fb.ReducerOptionsT(), 2)

    def unary(self, name, t, code, scale=None, zero=None, kind=None, options=None):
        y = self.result(name, self.shape(t), self.q(t)[0] * 0.9 if scale is None else scale, zero)
        return self.op(code, [t], [y], kind, options)

    def binary(self, name, a, b, code, scale, kind, options, version=2):
        y = self.result(name, self.shape(a), scale)
        return self.op(code, [a, b], [y], kind, options, version)

    def add(self, name, a, b, activation=0, code=B.ADD):
        o = fb.AddOptionsT() if code == B.ADD else fb.SubOptionsT()
        o.fusedActivationFunction = activation
        if code == B.ADD and self.type == INT16: o.potScaleInt16 = False
        return self.binary(name, a, b, code, 1.3 * (self.q(a)[0] + self.q(b)[0]),
                           O.AddOptions if code == B.ADD else O.SubOptions, o)

    def constant(self, name, shape, scale=None, zero=None, like=None):
        if like is not None: scale, zero = self.q(like)
        return self.tensor(name, shape, scale, zero, data=rng.integers(-128, 128, shape).astype(np.int8))

    def softmax(self, name, t):
        o = fb.SoftmaxOptionsT()
        wide = self.type == INT16
        o.beta = 4 / (100 * self.q(t)[0] * (200 if wide else 1))
        y = self.tensor(name, self.shape(t), 2.0 ** (-15 if wide else -8), 0 if wide else -128)
        return self.op(B.SOFTMAX, [t], [y], O.SoftmaxOptions, o, 2)

    def finish(self, *outputs):
        self.graph.outputs = list(outputs)
        path = os.path.join(here, self.name + '.tflite')
        open(path, 'wb').write(pack(self.model))
        return self.name + '.tflite'


def add_op(model, code, inputs, outputs, kind=None, options=None, version=1, at=None):
    index = next((i for i, c in enumerate(model.operatorCodes)
                  if c.builtinCode == code and c.version == version), None)
    if index is None:
        c = fb.OperatorCodeT()
        c.builtinCode, c.deprecatedBuiltinCode, c.version = code, min(code, 127), version
        model.operatorCodes.append(c)
        index = len(model.operatorCodes) - 1
    op = fb.OperatorT()
    op.opcodeIndex, op.inputs, op.outputs = index, list(inputs), list(outputs)
    if options is not None: op.builtinOptionsType, op.builtinOptions = kind, options
    operators = model.subgraphs[0].operators
    operators.insert(len(operators) if at is None else at, op)


def pack(model):
    builder = flatbuffers.Builder(1024)
    builder.Finish(model.Pack(builder), b'TFL3')
    return bytes(builder.Output())


def networks():
    n = Net('chain')
    x = n.input([1, 9, 8, 4])
    y = n.conv('stem', x, 6, activation=1)
    y = n.pool('pooled', y, B.MAX_POOL_2D)
    y = n.depthwise('depth', y, activation=3)
    y = n.pad('padded', y)
    y = n.conv('strided', y, 10, stride=2, same=False)
    y = n.pool('averaged', y, B.AVERAGE_POOL_2D, 1)
    y = n.reshape('flat', y, [1, int(np.prod(n.shape(y)))])
    y = n.dense('scores', y, 7)
    yield n.finish(n.softmax('probabilities', y))

    n = Net('branches')
    x = n.input([1, 6, 6, 3], 0.04, 5)
    y = n.conv('stem', x, 8)
    axis = n.tensor('axis', [], type=INT32, data=np.array(3, np.int32))
    parts = [n.like(f'part{i}', [1, 6, 6, 4], y) for i in range(2)]
    o = fb.SplitOptionsT()
    o.numSplits = 2
    n.op(B.SPLIT, [axis, y], parts, O.SplitOptions, o, 2)
    a = n.unary('rectified', parts[0], B.RELU, n.q(y)[0] * 0.6)
    o = fb.LeakyReluOptionsT()
    o.alpha = 0.3
    b = n.unary('leaky', parts[1], B.LEAKY_RELU, n.q(y)[0] * 0.7, 3, O.LeakyReluOptions, o)
    b2 = n.conv('inner', b, 4, kernel=1)
    c = n.constant('offsets', [1, 6, 6, 2], like=b2)
    joined = n.like('joined', [1, 6, 6, 6], b2)
    o = fb.ConcatenationOptionsT()
    o.axis = 3
    n.op(B.CONCATENATION, [b2, c], [joined], O.ConcatenationOptions, o, 2)
    y1 = n.conv('left', joined, 5)
    y2 = n.conv('right', joined, 5, kernel=1)
    y = n.add('sum', y1, y2, 1)
    y3 = n.conv('rectifier', a, 5)
    y = n.add('difference', y, y3, 0, B.SUB)
    limit = n.constant('limit', [1, 1, 1, 5], like=y)
    bounded = n.like('bounded', n.shape(y), y)
    n.op(B.MAXIMUM, [y, limit], [bounded], O.MaximumMinimumOptions, fb.MaximumMinimumOptionsT(), 2)
    perm = n.tensor('perm', [4], type=INT32, data=np.array([0, 3, 1, 2], np.int32))
    turned = n.like('turned', [1, 5, 6, 6], bounded)
    n.op(B.TRANSPOSE, [bounded, perm], [turned], O.TransposeOptions, fb.TransposeOptionsT(), 2)
    y = n.conv('last', turned, 4, stride=2)
    gate = n.unary('gate', y, B.LOGISTIC, 2.0 ** -8, -128)
    y = n.conv('gated', gate, 3, kernel=1)
    yield n.finish(y, n.mean('means', bounded))

    n = Net('sampled')
    x = n.input([1, 5, 4, 3], 0.03, -3)
    y = n.transposed('spread', x, 4)
    y = n.unary('swish', y, B.HARD_SWISH, n.q(y)[0], 2, O.HardSwishOptions, fb.HardSwishOptionsT())
    size = n.tensor('size', [2], type=INT32, data=np.array([7, 9], np.int32))
    big = n.like('bilinear', [1, 7, 9, 4], y)
    o = fb.ResizeBilinearOptionsT()
    n.op(B.RESIZE_BILINEAR, [y, size], [big], O.ResizeBilinearOptions, o, 2)
    y = n.conv('first', big, 6, activation=3)
    near = n.like('nearest', [1, 7, 9, 6], y)
    n.op(B.RESIZE_NEAREST_NEIGHBOR, [y, size], [near], O.ResizeNearestNeighborOptions,
         fb.ResizeNearestNeighborOptionsT(), 2)
    y = n.unary('bound', near, B.RELU6, n.q(near)[0], n.q(near)[1])
    factor = n.constant('factor', [1, 1, 1, 6], 0.02, 7)
    o = fb.MulOptionsT()
    y = n.binary('product', y, factor, B.MUL, n.q(y)[0] * 2, O.MulOptions, o)
    y = n.unary('tangent', y, B.TANH, 2.0 ** -7, 0)
    y = n.depthwise('after', y)
    y = n.unary('again', y, B.QUANTIZE, n.q(y)[0] * 1.7, -20, O.QuantizeOptions, fb.QuantizeOptionsT())
    begin, end, step = [n.tensor(f'slice{i}', [4], type=INT32, data=np.array(v, np.int32))
                        for i, v in enumerate(([0, 1, 0, 0], [1, 7, 9, 6], [1, 2, 3, 1]))]
    cut = n.like('cut', [1, 3, 3, 6], y)
    n.op(B.STRIDED_SLICE, [y, begin, end, step], [cut], O.StridedSliceOptions, fb.StridedSliceOptionsT(), 2)
    alpha = n.constant('alpha', [1, 1, 6], 0.01, -4)
    y = n.result('parametric', [1, 3, 3, 6], n.q(cut)[0] * 1.1)
    n.op(B.PRELU, [cut, alpha], [y])
    y = n.reshape('flat', y, [1, 54])
    yield n.finish(n.dense('scores', y, 5, 1))

    n = Net('shared')
    x = n.input([1, 24], 0.02, 17)
    a = n.dense('one', x, 24, 1)
    b = n.dense('two', a, 24, weights=n.last)
    c = n.dense('three', a, 24)
    y = n.add('sum', b, c)
    yield n.finish(n.dense('four', y, 6), n.softmax('probabilities', c))

    n = Net('wide', INT16)
    x = n.input([1, 6, 6, 3], 0.0004)
    y = n.conv('stem', x, 6, activation=1)
    y = n.pool('pooled', y, B.MAX_POOL_2D)
    z = n.depthwise('depth', y, activation=3)
    y = n.add('sum', z, y)
    y = n.conv('mixed', y, 5, kernel=1)
    y = n.mean('means', y)
    y = n.dense('scores', y, 6)
    yield n.finish(n.softmax('probabilities', y))


# ---- the rules

def away(x): return np.sign(x) * np.floor(np.abs(x) + 0.5)


MOVES = {B.RESHAPE, B.TRANSPOSE, B.PAD, B.STRIDED_SLICE, B.MAX_POOL_2D, B.AVERAGE_POOL_2D,
         B.RESIZE_BILINEAR, B.RESIZE_NEAREST_NEIGHBOR}
ALL = {B.CONCATENATION, B.MAXIMUM, B.MINIMUM}
OWN = {B.SOFTMAX, B.LOGISTIC, B.TANH}
LAYERS = {B.CONV_2D: 0, B.DEPTHWISE_CONV_2D: 0, B.FULLY_CONNECTED: 0, B.TRANSPOSE_CONV: 2}


def code_of(model, op): return model.operatorCodes[op.opcodeIndex].builtinCode


def groups(model):
    graph = model.subgraphs[0]
    parent = list(range(len(graph.tensors)))

    def find(i):
        while parent[i] != i: i = parent[i]
        return i

    for op in graph.operators:
        code = code_of(model, op)
        if code in MOVES: members = [op.inputs[0], *op.outputs]
        elif code == B.SPLIT: members = [op.inputs[1], *op.outputs]
        elif code in ALL: members = [*op.inputs, *op.outputs]
        elif code == B.RELU6:
            a, b = (graph.tensors[t].quantization for t in (op.inputs[0], op.outputs[0]))
            same = a.scale[0] == b.scale[0] and a.zeroPoint[0] == b.zeroPoint[0]
            members = [op.inputs[0], op.outputs[0]] if same else []
        else: members = []
        for m in members[1:]: parent[find(int(m))] = find(int(members[0]))
    return [[j for j in range(len(parent)) if find(j) == find(i)] for i in range(len(parent))]


def fixed_tensors(model):
    return {int(t) for op in model.subgraphs[0].operators if code_of(model, op) in OWN for t in op.outputs}


def layer_list(model):
    """(operator, name, data tensor, whether its activations can change)"""
    graph, same, fixed = model.subgraphs[0], groups(model), fixed_tensors(model)
    out = []
    for i, op in enumerate(graph.operators):
        code = code_of(model, op)
        if code in LAYERS:
            data = int(op.inputs[LAYERS[code]])
            name = graph.tensors[op.outputs[0]].name
            out.append((i, name.decode() if isinstance(name, bytes) else name, data,
                        not fixed & set(same[data])))
    return out


def rewrite(model, layers):
    """The model with {name: (weight bits, activation bits)}, and {tensor: bits} that changed."""
    graph, same = model.subgraphs[0], groups(model)
    widths, weights = {}, {}
    for index, name, data, changes in layer_list(model):
        if name not in layers: continue
        w, a = layers[name]
        k = int(graph.operators[index].inputs[1])
        weights[k] = max(weights.get(k, 0), w)
        if changes:
            for t in same[data]: widths[t] = max(widths.get(t, 0), a)
    old = {i: (t.quantization.scale.astype(np.float64) if t.quantization is not None and t.quantization.scale is not None else None)
           for i, t in enumerate(graph.tensors)}
    changed = {}
    for t, bits in widths.items():
        tensor = graph.tensors[t]
        width = 16 if tensor.type == INT16 else 8
        if bits == width: continue
        s, z = np.float64(tensor.quantization.scale[0]), int(tensor.quantization.zeroPoint[0])
        if width == 16:
            scale, zero = np.float32(s * (2 ** 15 - 1) / (2 ** (bits - 1) - 1)), 0
        else:
            scale = np.float32(s * 255 / (2 ** bits - 1))
            low = -2 ** (bits - 1)
            zero = int(np.clip(away(low - (-128 - z) * s / np.float64(scale)), low, -low - 1))
        buffer = model.buffers[tensor.buffer]
        if tensor.buffer and buffer.data is not None and len(buffer.data):
            codes = np.frombuffer(bytes(buffer.data), np.int8).astype(np.int64)
            value = np.float32((codes - z) * s)
            codes = np.clip(away(value / scale) + zero, -2 ** (bits - 1), 2 ** (bits - 1) - 1)
            buffer.data = np.frombuffer(codes.astype(np.int8).tobytes(), np.uint8)
        tensor.quantization.scale = np.array([scale], np.float32)
        tensor.quantization.zeroPoint = np.array([zero], np.int64)
        changed[t] = bits
    for t, bits in weights.items():
        if bits == 8: continue
        tensor = graph.tensors[t]
        buffer = model.buffers[tensor.buffer]
        shape = list(tensor.shape)
        codes = np.frombuffer(bytes(buffer.data), np.int8).astype(np.float64).reshape(shape)
        s = tensor.quantization.scale.astype(np.float64)
        axis = tensor.quantization.quantizedDimension
        view = np.ones(len(shape), int)
        if len(s) > 1:
            largest = np.abs(codes).max(axis=tuple(i for i in range(len(shape)) if i != axis))
            view[axis] = len(s)
        else:
            largest = np.abs(codes).max(keepdims=True).reshape(1)
        limit = 2 ** (bits - 1) - 1
        new = np.where(largest > 0, np.float32(largest * s / limit), s).astype(np.float32)
        ratio = (codes * s.reshape(view)) / new.astype(np.float64).reshape(view)
        codes = np.clip(np.round(ratio), -limit, limit)
        # A buffer of its own: others may refer to the same one.
        made = fb.BufferT()
        made.data = np.frombuffer(codes.astype(np.int8).tobytes(), np.uint8)
        model.buffers.append(made)
        tensor.buffer = len(model.buffers) - 1
        tensor.quantization.scale = new
    for op in graph.operators:
        code = code_of(model, op)
        if code not in LAYERS: continue
        data, k, b = int(op.inputs[LAYERS[code]]), int(op.inputs[1]), int(op.inputs[3 if code == B.TRANSPOSE_CONV else 2])
        before = old[data][0] * old[k]
        after = np.float64(graph.tensors[data].quantization.scale[0]) * graph.tensors[k].quantization.scale.astype(np.float64)
        if np.array_equal(before, after): continue
        tensor = copy.copy(graph.tensors[b])
        type = NUMPY[tensor.type]
        codes = np.frombuffer(bytes(model.buffers[tensor.buffer].data), type).astype(np.float64)
        codes = away(codes * before / after)
        assert np.abs(codes).max() < 2 ** 31
        tensor.quantization = copy.copy(tensor.quantization)
        tensor.quantization.scale = np.float32(after)
        made = fb.BufferT()
        made.data = np.frombuffer(codes.astype(type).tobytes(), np.uint8)
        model.buffers.append(made)
        tensor.buffer = len(model.buffers) - 1
        graph.tensors.append(tensor)
        inputs = list(op.inputs)
        inputs[3 if code == B.TRANSPOSE_CONV else 2] = len(graph.tensors) - 1
        op.inputs = inputs
    # Clamps after the operators that write narrowed tensors.
    position = 0
    while position < len(graph.operators):
        op = graph.operators[position]
        outputs = list(map(int, op.outputs))
        inserted = 0
        for place, t in enumerate(outputs):
            if t not in changed: continue
            tensor, bits = graph.tensors[t], changed[t]
            made = []
            for what, value in (('raw', None), ('high', 2 ** (bits - 1) - 1), ('half', None), ('low', -2 ** (bits - 1))):
                new = copy.copy(tensor)
                new.name = f'{t}/{what}'
                if value is not None:
                    new.shape = []
                    buffer = fb.BufferT()
                    buffer.data = np.frombuffer(np.array([value], NUMPY[tensor.type]).tobytes(), np.uint8)
                    model.buffers.append(buffer)
                    new.buffer = len(model.buffers) - 1
                graph.tensors.append(new)
                made.append(len(graph.tensors) - 1)
            raw, high, half, low = made
            outputs[place] = raw
            for code, ins, out in ((B.MINIMUM, [raw, high], half), (B.MAXIMUM, [half, low], t)):
                inserted += 1
                add_op(model, code, ins, [out], O.MaximumMinimumOptions, fb.MaximumMinimumOptionsT(), 2,
                       at=position + inserted)
        op.outputs = outputs
        position += 1 + inserted
    return changed


# ---- runs

def run(content, inputs, tensors):
    i = Interpreter(model_content=content, experimental_op_resolver_type=OpResolverType.BUILTIN_REF,
                    experimental_preserve_all_tensors=True)
    i.allocate_tensors()
    source = i.get_input_details()[0]['index']
    out = {t: [] for t in tensors}
    for sample in inputs:
        i.set_tensor(source, sample[None] if sample.ndim < len(i.get_tensor(source).shape) else sample)
        i.invoke()
        for t in tensors: out[t].append(i.get_tensor(t))
    return {t: np.concatenate(v) for t, v in out.items()}


def narrow_input(codes, model, changed, original):
    t = int(model.subgraphs[0].inputs[0])
    if t not in changed: return codes
    s, z = original
    q, bits = model.subgraphs[0].tensors[t].quantization, changed[t]
    value = np.float32((codes.astype(np.float64) - z) * np.float64(s))
    new = away(value / np.float32(q.scale[0])) + int(q.zeroPoint[0])
    return np.clip(new, -2 ** (bits - 1), 2 ** (bits - 1) - 1).astype(codes.dtype)


def load(path): return fb.ModelT.InitFromPackedBuf(bytearray(open(path, 'rb').read()), 0)


def main():
    cases, arrays = [], {}
    paths = [os.path.join('Tests/Fixtures/widths', name) for name in networks()]
    for path in paths + ['examples/digits_cnn/model.tflite']:
        full = os.path.join(root, path)
        base = load(full)
        names = [name for _, name, _, _ in layer_list(base)]
        graph = base.subgraphs[0]
        source = graph.tensors[int(graph.inputs[0])]
        wide = source.type == INT16
        own = 16 if wide else 8
        plans = [{n: (4, own) for n in names}, {n: (8, 10 if wide else 4) for n in names}]
        for _ in range(4):
            plans.append({n: (int(rng.integers(2, 9)), int(rng.integers(9, 17) if wide else rng.integers(2, 9)))
                          for n in names if rng.random() < 0.85})
        for number, layers in enumerate(plans):
            model = load(full)
            original = (source.quantization.scale[0], int(source.quantization.zeroPoint[0]))
            changed = rewrite(model, layers)
            key = f"{os.path.basename(path).split('.')[0]}{number}"
            if 'digits' in path:
                inputs = np.load(os.path.join(root, 'examples/digits_cnn/input.npy'))[:12]
            else:
                low, high = (-32768, 32768) if wide else (-128, 128)
                inputs = rng.integers(low, high, [3] + list(source.shape[1:])).astype(NUMPY[source.type])
            written = sorted({int(t) for op in graph.operators for t in op.outputs})
            outputs = [int(t) for t in graph.outputs]
            traced = outputs if 'digits' in path and number else written
            results = run(pack(model), narrow_input(inputs, model, changed, original), traced)
            arrays[f'{key}/input'] = inputs
            for t, codes in results.items(): arrays[f'{key}/#{t}'] = codes
            spread = [len(np.unique(results[t])) for t in outputs]
            print(key, len(layers), 'layers', len(changed), 'tensors changed, outputs take', spread, 'codes')
            cases.append({'name': key, 'model': path, 'tensors': traced, 'widths': {str(t): b for t, b in sorted(changed.items())},
                          'layers': {n: {'weights': w, 'activations': a} for n, (w, a) in layers.items()}})
    json.dump(cases, open(os.path.join(here, 'cases.json'), 'w'), indent=1)
    np.savez_compressed(os.path.join(here, 'arrays.npz'), **arrays)


if __name__ == '__main__':
    main()
