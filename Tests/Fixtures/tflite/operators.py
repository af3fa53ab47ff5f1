#!/usr/bin/env python3
"""Single operators as .tflite files, what two runtimes compute for them, and the arena of one.

usage: operators.py OUT.npz [PART...]
With parts (functions of this file), only their cases are made; OUT keeps the others.
Needs numpy, flatbuffers, ai-edge-litert 2.3.0 (BUILTIN_REF resolver) and tflite-micro
0.dev20261023182759, whose schema module writes the models. Arrays: CASE/model (bytes of the file),
CASE/inI, CASE/litertI and CASE/tflmI (results; absent where that runtime refuses the file), CASE/arena
(head, tail and total bytes that tflite-micro's recording allocator prints). A case's name is the
operator's, the type's and a number.
"""
import os, pickle, re, subprocess, sys, tempfile, zlib
import numpy as np
os.environ['TF_CPP_MIN_LOG_LEVEL'] = '3'
import flatbuffers
from flatbuffers import flexbuffers
from tflite_micro.tensorflow.lite.micro.python import schema_py_generated as S

TYPES = {'int8': S.TensorType.INT8, 'uint8': S.TensorType.UINT8, 'int16': S.TensorType.INT16,
         'int32': S.TensorType.INT32, 'int64': S.TensorType.INT64, 'bool': S.TensorType.BOOL,
         'float32': S.TensorType.FLOAT32, 'float16': S.TensorType.FLOAT16,
         'resource': S.TensorType.RESOURCE}
NUMPY = {k: np.dtype(k) for k in TYPES if k != 'resource'}
RNG = np.random.default_rng(12)


class Model:
    """One .tflite file in the making."""

    def __init__(self):
        self.buffers = [S.BufferT()]
        self.tensors, self.operators, self.codes, self.metadata = [], [], [], []
        self.graphs = []

    def tensor(self, shape, kind, scale=None, zero=0, data=None, variable=False, axis=0):
        t = S.TensorT()
        t.name = 't%d' % len(self.tensors)
        t.shape, t.type, t.isVariable = list(shape), TYPES[kind], variable
        if scale is not None:
            q = S.QuantizationParametersT()
            q.scale = [float(np.float32(s)) for s in np.atleast_1d(scale)]
            q.zeroPoint = [int(z) for z in np.atleast_1d(zero)] * (
                len(q.scale) if np.ndim(zero) == 0 else 1)
            q.quantizedDimension = axis
            t.quantization = q
        t.buffer = 0
        if data is not None:
            b = S.BufferT()
            b.data = np.frombuffer(np.asarray(data, NUMPY[kind]).tobytes(), np.uint8)
            self.buffers.append(b)
            t.buffer = len(self.buffers) - 1
        self.tensors.append(t)
        return len(self.tensors) - 1

    def op(self, name, inputs, outputs, options=None, version=1, **fields):
        code = getattr(S.BuiltinOperator, name)
        keys = [c.builtinCode for c in self.codes]
        if code not in keys:
            c = S.OperatorCodeT()
            c.builtinCode, c.deprecatedBuiltinCode, c.version = code, min(code, 127), version
            self.codes.append(c)
            keys.append(code)
        o = S.OperatorT()
        o.opcodeIndex, o.inputs, o.outputs = keys.index(code), list(inputs), list(outputs)
        if options:
            o.builtinOptions = getattr(S, options + 'T')()
            o.builtinOptionsType = getattr(S.BuiltinOptions, options)
            for key, value in fields.items():
                assert hasattr(o.builtinOptions, key), key
                setattr(o.builtinOptions, key, value)
        self.operators.append(o)

    def custom(self, name, inputs, outputs, options):
        """An operator of that name; its options become a FlexBuffer map."""
        c = S.OperatorCodeT()
        c.builtinCode = c.deprecatedBuiltinCode = S.BuiltinOperator.CUSTOM
        c.customCode, c.version = name, 1
        self.codes.append(c)
        o = S.OperatorT()
        o.opcodeIndex, o.inputs, o.outputs = len(self.codes) - 1, list(inputs), list(outputs)
        o.customOptions = list(flexbuffers.Dumps(options))
        self.operators.append(o)

    def subgraph(self, inputs, outputs, name='main'):
        g = S.SubGraphT()
        g.tensors, g.operators, g.name = self.tensors, self.operators, name
        g.inputs, g.outputs = list(inputs), list(outputs)
        self.graphs.append(g)
        self.tensors, self.operators = [], []

    def offsets(self, offsets):
        """Metadata OfflineMemoryAllocation: version, subgraph, count, offsets."""
        b = S.BufferT()
        b.data = np.frombuffer(
            np.array([1, 0, len(offsets)] + offsets, np.int32).tobytes(), np.uint8)
        self.buffers.append(b)
        entry = S.MetadataT()
        entry.name, entry.buffer = 'OfflineMemoryAllocation', len(self.buffers) - 1
        self.metadata.append(entry)

    def bytes(self):
        m = S.ModelT()
        m.version, m.description = 3, ''
        m.operatorCodes, m.subgraphs, m.buffers = self.codes, self.graphs, self.buffers
        m.metadata = self.metadata or None
        b = flatbuffers.Builder(4096)
        b.Finish(m.Pack(b), b'TFL3')
        return bytes(b.Output())


CASES = {}


def case(name, model, inputs, outputs, data):
    if inputs is not None:
        model.subgraph(inputs, outputs)
    number = sum(k.rsplit('_', 1)[0] == name for k in CASES)
    CASES['%s_%d' % (name, number)] = (model.bytes(), data)


def codes(shape, kind, low=None, high=None):
    info = np.iinfo(NUMPY[kind]) if kind != 'bool' else None
    if kind == 'bool':
        return RNG.integers(0, 2, shape).astype(bool)
    low = info.min if low is None else low
    high = info.max if high is None else high
    x = RNG.integers(low, high + 1, shape).astype(NUMPY[kind])
    flat = x.reshape(-1)
    if flat.size > 4:
        flat[0], flat[1] = low, high
    return x


def scale(low=-7, high=-3):
    return float(np.float32(2.0 ** RNG.uniform(low, high)))


def zero(kind):
    return 0 if kind == 'int16' else int(RNG.integers(0, 256) - (128 if kind == 'int8' else 0))


def unary(op, kind, s_in, z_in, s_out, z_out, low=None, shape=(2, 37), options=None, **fields):
    m = Model()
    a = m.tensor(shape, kind, s_in, z_in)
    b = m.tensor(shape, kind, s_out, z_out)
    m.op(op, [a], [b], options, **fields)
    case('%s_%s' % (op.lower(), kind), m, [a], [b], [codes(shape, kind, low)])


def binary(op, kind, sa, za, sb, zb, so, zo, shapes=((2, 3, 8), (2, 3, 8)), options=None,
           divisor=False, result=None, **fields):
    m = Model()
    a = m.tensor(shapes[0], kind, sa, za)
    b = m.tensor(shapes[1], kind, sb, zb)
    out = np.broadcast_shapes(*shapes)
    c = m.tensor(out, result or kind, None if result else so, zo)
    m.op(op, [a, b], [c], options, **fields)
    y = codes(shapes[1], kind)
    if divisor:  # neither a divisor of zero nor the code 0, which LiteRT refuses
        y[(y == zb) | (y == 0)] = 3 if zb != 3 else 5
    case('%s_%s' % (op.lower(), kind), m, [a, b], [c], [codes(shapes[0], kind), y])


def elements():
    for kind in ('int8', 'int16'):
        for _ in range(3):
            s = scale()
            unary('ABS', kind, s, zero(kind), s * RNG.uniform(0.7, 1.3), zero(kind))
        s = scale()
        unary('ABS', kind, s, zero(kind), s, zero(kind))
        for _ in range(2):
            z = zero(kind)
            unary('RSQRT', kind, scale(), z, scale(), zero(kind), low=z)
            unary('SQRT', kind, scale(), z, scale(), zero(kind), low=z)
            unary('NEG', kind, s, 0, s, 0)
        top = -12 if kind == 'int16' else -5
        for _ in range(3):
            unary('EXP', kind, scale(top - 2, top), zero(kind), scale(top - 2, top + 2), zero(kind))
            unary('LOG', kind, scale(), zero(kind), scale(top - 1, top + 2), zero(kind))
            s = scale(top - 2, top)
            unary('GELU', kind, s, zero(kind), s, zero(kind), options='GeluOptions',
                  approximate=bool(RNG.integers(2)))
    for _ in range(3):
        s = scale(-6, -4)
        unary('ELU', 'int8', s, zero('int8'), s * 1.1, zero('int8'))
    for shapes in (((2, 3, 8), (2, 3, 8)), ((2, 3, 8), (8,)), ((1, 3, 1), (2, 1, 4))):
        for kind in ('int8', 'int16', 'uint8'):
            sa, sb = scale(), scale()
            binary('SQUARED_DIFFERENCE', kind, sa, zero(kind), sb, zero(kind),
                   max(sa, sb) ** 2 * (30000 if kind == 'int16' else 100), zero(kind), shapes,
                   'SquaredDifferenceOptions')
            binary('DIV', kind, sa, zero(kind), sb, zero(kind), sa / sb / 8, zero(kind), shapes,
                   'DivOptions', divisor=True,
                   fusedActivationFunction=int(RNG.integers(0, 2)))
            if kind == 'int16':
                binary('ADD', kind, sa, 0, sb, 0, (sa + sb) * 0.7, 0, shapes, 'AddOptions')
                binary('SUB', kind, sa, 0, sb, 0, (sa + sb) * 0.7, 0, shapes, 'SubOptions')
    for op in ('ADD', 'SUB'):
        for a, b in ((1 / 4096, 1 / 2048), (1 / 512, 1 / 4096), (1 / 2048, 1 / 2048)):
            binary(op, 'int16', a, 0, b, 0, max(a, b), 0, options=op.title() + 'Options')
    for op in ('EQUAL', 'NOT_EQUAL', 'LESS', 'LESS_EQUAL', 'GREATER', 'GREATER_EQUAL'):
        options = ''.join(w.title() for w in op.split('_')) + 'Options'
        s = scale()
        binary(op, 'int8', s, zero('int8'), s * 1.5, zero('int8'), None, 0,
               ((4, 16), (16,)), options, result='bool')


def select():
    for op, shape in (('SELECT', (3,)), ('SELECT', (3, 5)), ('SELECT_V2', (3, 5)),
                      ('SELECT_V2', (3, 1))):
        for kind in ('int8', 'int16'):
            m = Model()
            s = scale()
            c = m.tensor(shape, 'bool')
            a, b, o = (m.tensor((3, 5), kind, s, 0) for _ in range(3))
            m.op(op, [c, a, b], [o], 'SelectV2Options' if op.endswith('2') else 'SelectOptions')
            case('%s_%s' % (op.lower(), kind), m, [c, a, b], [o],
                 [codes(shape, 'bool'), codes((3, 5), kind), codes((3, 5), kind)])
    for op in ('LOGICAL_AND', 'LOGICAL_OR'):
        m = Model()
        a, b, o = (m.tensor((2, 9), 'bool') for _ in range(3))
        m.op(op, [a, b], [o], 'LogicalAndOptions' if op.endswith('AND') else 'LogicalOrOptions')
        case(op.lower() + '_bool', m, [a, b], [o], [codes((2, 9), 'bool'), codes((2, 9), 'bool')])


def rows():
    for kind in ('int8', 'uint8'):
        for _ in range(3):
            m = Model()
            a = m.tensor((4, 11), kind, scale(-5, -1), zero(kind))
            b = m.tensor((4, 11), kind, 1 / 16, 127 if kind == 'int8' else 255)
            m.op('LOG_SOFTMAX', [a], [b], 'LogSoftmaxOptions')
            case('log_softmax_' + kind, m, [a], [b], [codes((4, 11), kind)])
    for _ in range(3):
        m = Model()
        a = m.tensor((4, 12), 'int8', scale(-5, -1), zero('int8'))
        b = m.tensor((4, 12), 'int16', 1 / 65536, -32768)
        m.op('SOFTMAX', [a], [b], 'SoftmaxOptions', beta=1.0)
        case('softmax_int8_int16', m, [a], [b], [codes((4, 12), 'int8')])
        m = Model()
        a = m.tensor((4, 12), 'int8', scale(), zero('int8'))
        b = m.tensor((4, 12), 'int8', 1 / 128, 0)
        m.op('L2_NORMALIZATION', [a], [b], 'L2NormOptions')
        case('l2_normalization_int8', m, [a], [b], [codes((4, 12), 'int8')])
    for exclusive in (False, True):
        for reverse in (False, True):
            m = Model()
            s = scale()
            a = m.tensor((3, 4, 5), 'int8', s, zero('int8'))
            axis = m.tensor((), 'int32', data=1)
            b = m.tensor((3, 4, 5), 'int8', s * 2, zero('int8'))
            m.op('CUMSUM', [a, axis], [b], 'CumsumOptions', exclusive=exclusive, reverse=reverse)
            case('cumsum_int8', m, [a], [b], [codes((3, 4, 5), 'int8')])
    for kind in ('int8', 'int16'):
        m = Model()
        s = scale()
        a = m.tensor((3, 17), kind, s, 0)
        k = m.tensor((), 'int32', data=5)
        v, i = m.tensor((3, 5), kind, s, 0), m.tensor((3, 5), 'int32')
        m.op('TOPK_V2', [a, k], [v, i], 'TopKV2Options')
        case('topk_v2_' + kind, m, [a], [v, i], [codes((3, 17), kind, -9, 9)])


def movement():
    for kind in ('int8', 'int16'):
        s, z = scale(), zero(kind)
        m = Model()
        a = m.tensor((3, 6, 4), kind, s, z)
        i = m.tensor((2, 2), 'int32', data=[[0, 5], [3, 2]])
        b = m.tensor((3, 2, 2, 4), kind, s, z)
        m.op('GATHER', [a, i], [b], 'GatherOptions', axis=1)
        case('gather_' + kind, m, [a], [b], [codes((3, 6, 4), kind)])
        m = Model()
        a = m.tensor((3, 6, 4), kind, s, z)
        i = m.tensor((4, 2), 'int32')
        b = m.tensor((4, 4), kind, s, z)
        m.op('GATHER_ND', [a, i], [b], 'GatherNdOptions')
        case('gather_nd_' + kind, m, [a, i], [b],
             [codes((3, 6, 4), kind), np.array([[0, 0], [2, 5], [1, 3], [2, 0]], np.int32)])
        m = Model()
        a = m.tensor((2, 3, 4, 5), kind, s, z)
        i = m.tensor((2,), 'int32', data=[1, 2])
        b = m.tensor((2, 3, 4, 5), kind, s, z)
        m.op('REVERSE_V2', [a, i], [b], 'ReverseV2Options')
        case('reverse_v2_' + kind, m, [a], [b], [codes((2, 3, 4, 5), kind)])
        for mode in (0, 1):
            m = Model()
            a = m.tensor((2, 4, 5), kind, s, z)
            p = m.tensor((3, 2), 'int32', data=[[0, 0], [2, 1], [1, 3]])
            b = m.tensor((2, 7, 9), kind, s, z)
            m.op('MIRROR_PAD', [a, p], [b], 'MirrorPadOptions', mode=mode)
            case('mirror_pad_' + kind, m, [a], [b], [codes((2, 4, 5), kind)])
        for block, pads, shape in (((2, 2), ((0, 0), (0, 0)), (1, 4, 6, 3)),
                                   ((2, 3), ((1, 0), (2, 1)), (2, 3, 6, 2)),
                                   ((3,), ((1, 1),), (2, 4, 5))):
            m = Model()
            a = m.tensor(shape, kind, s, z)
            bs = m.tensor((len(block),), 'int32', data=block)
            p = m.tensor((len(block), 2), 'int32', data=pads)
            out = [shape[0] * int(np.prod(block))]
            out += [(n + p0 + p1) // k for n, (p0, p1), k in zip(shape[1:], pads, block)]
            out += list(shape[1 + len(block):])
            b = m.tensor(out, kind, s, z)
            m.op('SPACE_TO_BATCH_ND', [a, bs, p], [b], 'SpaceToBatchNDOptions')
            case('space_to_batch_nd_' + kind, m, [a], [b], [codes(shape, kind)])
            m = Model()
            a = m.tensor(out, kind, s, z)
            bs = m.tensor((len(block),), 'int32', data=block)
            p = m.tensor((len(block), 2), 'int32', data=pads)
            b = m.tensor(shape, kind, s, z)
            m.op('BATCH_TO_SPACE_ND', [a, bs, p], [b], 'BatchToSpaceNDOptions')
            case('batch_to_space_nd_' + kind, m, [a], [b], [codes(out, kind)])
        m = Model()
        a = m.tensor((2, 3, 4), kind, s, z)
        outs = [m.tensor((2, 4), kind, s, z) for _ in range(3)]
        m.op('UNPACK', [a], outs, 'UnpackOptions', num=3, axis=1)
        case('unpack_' + kind, m, [a], outs, [codes((2, 3, 4), kind)])
        m = Model()
        a, c = m.tensor((2, 4), kind, s, z), m.tensor((2, 4), kind, s, z)
        b = m.tensor((2, 2, 4), kind, s, z)
        m.op('PACK', [a, c], [b], 'PackOptions', valuesCount=2, axis=1)
        case('pack_' + kind, m, [a, c], [b], [codes((2, 4), kind), codes((2, 4), kind)])
        m = Model()
        a = m.tensor((2, 7, 4), kind, s, z)
        x = [m.tensor((3,), 'int32', data=d) for d in ([0, 2, 0], [2, 5, 4], [1, 1, 1])]
        b = m.tensor((2, 3, 4), kind, s, z)
        m.op('STRIDED_SLICE', [a] + x, [b], 'StridedSliceOptions')
        case('strided_slice_' + kind, m, [a], [b], [codes((2, 7, 4), kind)])
        m = Model()
        a = m.tensor((2, 7, 4), kind, s, z)
        x = [m.tensor((3,), 'int32', data=d) for d in ([0, 2, 0], [2, 3, 4])]
        b = m.tensor((2, 3, 4), kind, s, z)
        m.op('SLICE', [a] + x, [b], 'SliceOptions')
        case('slice_' + kind, m, [a], [b], [codes((2, 7, 4), kind)])


def products():
    for kind, bias in (('int16', 'int32'), ('int16', 'int64')):
        for op in ('CONV_2D', 'TRANSPOSE_CONV', 'FULLY_CONNECTED'):
            for _ in range(2):
                m = Model()
                s = scale(-10, -8)
                dense = op == 'FULLY_CONNECTED'
                n = 1 if dense else 5
                sw = [scale(-9, -6) for _ in range(n)] if not dense else scale(-9, -6)
                shape = (2, 9) if dense else (1, 4, 4, 3)
                a = m.tensor(shape, kind, s, 0)
                w_shape = (5, 9) if dense else (5, 3, 3, 3)
                w = m.tensor(w_shape, 'int8', sw, 0, codes(w_shape, 'int8', -127))
                b = m.tensor((5,), bias, np.float32(s) * np.float32(sw), 0,
                             codes((5,), bias, -99999, 99999))
                so = s * float(np.mean(sw)) * 9000
                options = dict(quantizedBiasType=TYPES[bias])
                if dense:
                    o = m.tensor((2, 5), kind, so, 0)
                    m.op(op, [a, w, b], [o], 'FullyConnectedOptions', **options)
                elif op == 'CONV_2D':
                    o = m.tensor((1, 4, 4, 5), kind, so, 0)
                    m.op(op, [a, w, b], [o], 'Conv2DOptions', strideW=1, strideH=1, padding=0,
                         dilationWFactor=1, dilationHFactor=1, **options)
                else:
                    o = m.tensor((1, 8, 8, 5), kind, so, 0)
                    size = m.tensor((4,), 'int32', data=[1, 8, 8, 5])
                    m.op(op, [size, w, a, b], [o], 'TransposeConvOptions', strideW=2, strideH=2,
                         padding=0, **options)
                case('%s_%s_bias_%s' % (op.lower(), kind, bias), m, [a], [o],
                     [codes(shape, kind)])
    for left, right in (('int16', 'int8'), ('int16', 'int16'), ('int8', 'int8')):
        for adjoint in (False, True):
            m = Model()
            sa, sb = scale(), scale()
            z = zero(left)
            a = m.tensor((2, 3, 6), left, sa, z)
            b = m.tensor((2, 5, 6) if adjoint else (2, 6, 5), right, sb, 0)
            o = m.tensor((2, 3, 5), left, sa * sb * (9000 if right == 'int16' else 300), z)
            m.op('BATCH_MATMUL', [a, b], [o], 'BatchMatMulOptions', adjY=adjoint)
            case('batch_matmul_%s_%s' % (left, right), m, [a, b], [o],
                 [codes((2, 3, 6), left), codes((2, 5, 6) if adjoint else (2, 6, 5), right)])
    for op in ('CONV_2D', 'DEPTHWISE_CONV_2D', 'FULLY_CONNECTED'):
        for z in (128, 17, 240, 0):
            m = Model()
            dense, deep = op == 'FULLY_CONNECTED', op.startswith('DEPTH')
            s, sw = scale(), scale()
            shape = (3, 9) if dense else (1, 5, 6, 3)
            w_shape = (4, 9) if dense else (1, 3, 3, 6) if deep else (4, 3, 3, 3)
            out = (3, 4) if dense else (1, 5, 6, 6 if deep else 4)
            zi = zero('uint8')
            a = m.tensor(shape, 'uint8', s, zi)
            w = m.tensor(w_shape, 'uint8', sw, z, codes(w_shape, 'uint8'))
            b = m.tensor((out[-1],), 'int32', np.float32(s) * np.float32(sw), 0,
                         codes((out[-1],), 'int32', -999, 999))
            o = m.tensor(out, 'uint8', s * sw * 900, zero('uint8'))
            if dense:
                m.op(op, [a, w, b], [o], 'FullyConnectedOptions')
            elif deep:
                m.op(op, [a, w, b], [o], 'DepthwiseConv2DOptions', strideW=1, strideH=1,
                     padding=0, depthMultiplier=2, dilationWFactor=1, dilationHFactor=1)
            else:
                m.op(op, [a, w, b], [o], 'Conv2DOptions', strideW=1, strideH=1, padding=0,
                     dilationWFactor=1, dilationHFactor=1)
            case('%s_uint8' % op.lower(), m, [a], [o], [codes(shape, 'uint8')])


def programs():
    """Offsets in the file, folded shapes, and state that a program keeps."""
    for offsets in ([0, 64, 0, 128], [-1, -1, 256, -1], [128, 0, -1, 64]):
        m = Model()
        s = scale()
        t = [m.tensor((1, 50), 'int8', s, 0) for _ in range(4)]
        for a, b in zip(t, t[1:]):
            m.op('ABS', [a], [b])
        m.offsets(offsets)
        case('offline_int8', m, [t[0]], [t[3]], [codes((1, 50), 'int8')])
    m = Model()
    s, z = scale(), zero('int8')
    a = m.tensor((1, 4, 6), 'int8', s, z)
    shape = m.tensor((3,), 'int32')
    x = [m.tensor((1,), 'int32', data=[v]) for v in (0, 1, 1)]
    first = m.tensor((), 'int32')
    minus = m.tensor((), 'int32', data=-1)
    packed = m.tensor((2,), 'int32')
    o = m.tensor((1, 24), 'int8', s, z)
    m.op('SHAPE', [a], [shape], 'ShapeOptions', outType=TYPES['int32'])
    m.op('STRIDED_SLICE', [shape] + x, [first], 'StridedSliceOptions', shrinkAxisMask=1)
    m.op('PACK', [first, minus], [packed], 'PackOptions', valuesCount=2, axis=0)
    m.op('RESHAPE', [a, packed], [o], 'ReshapeOptions')
    case('shape_int8', m, [a], [o], [codes((1, 4, 6), 'int8')])
    for steps in (1, 2):
        # A queue of three frames for each variable: new frames come in, the queue goes out.
        m = Model()
        s, z = scale(), zero('int8')
        a = m.tensor((1, 1, 4), 'int8', s, z)
        outs = []
        m.op('CALL_ONCE', [], [], 'CallOnceOptions', initSubgraphIndex=1)
        for v in range(steps):
            h = m.tensor((), 'resource')
            old, new = m.tensor((1, 3, 4), 'int8', s, z), m.tensor((1, 4, 4), 'int8', s, z)
            x = [m.tensor((3,), 'int32', data=d) for d in ([0, 1, 0], [0, 4, 4], [1, 1, 1])]
            cut = m.tensor((1, 3, 4), 'int8', s, z)
            m.op('VAR_HANDLE', [], [h], 'VarHandleOptions', container='', sharedName='v%d' % v)
            m.op('READ_VARIABLE', [h], [old], 'ReadVariableOptions')
            m.op('CONCATENATION', [old, a], [new], 'ConcatenationOptions', axis=1)
            m.op('STRIDED_SLICE', [new] + x, [cut], 'StridedSliceOptions', beginMask=5, endMask=5)
            m.op('ASSIGN_VARIABLE', [h, cut], [], 'AssignVariableOptions')
            outs.append(new)
        m.subgraph([a], outs)
        for v in range(steps):
            h = m.tensor((), 'resource')
            c = m.tensor((1, 3, 4), 'int8', s, z, np.full((1, 3, 4), z + v, np.int8))
            m.op('VAR_HANDLE', [], [h], 'VarHandleOptions', container='', sharedName='v%d' % v)
            m.op('ASSIGN_VARIABLE', [h, c], [], 'AssignVariableOptions')
        m.subgraph([], [], 'init')
        # Several samples follow each other: an array with a leading axis of runs.
        case('stream_int8', m, None, None, [codes((4, 1, 1, 4), 'int8')])


def runs(name, data):
    """The inputs of each run: a stream's arrays have a leading axis of runs."""
    if not name.startswith('stream'):
        return [data]
    return [[x[i] for x in data] for i in range(len(data[0]))]


def litert(path, name, data):
    from ai_edge_litert.interpreter import Interpreter, OpResolverType
    r = Interpreter(path, experimental_op_resolver_type=OpResolverType.BUILTIN_REF,
                    experimental_preserve_all_tensors=False)
    r.allocate_tensors()
    found = []
    for arrays in runs(name, data):
        for d, x in zip(r.get_input_details(), arrays):
            r.set_tensor(d['index'], x.reshape(d['shape']))
        r.invoke()
        found.append([r.get_tensor(d['index']).copy() for d in r.get_output_details()])
    return [np.stack(v) if len(found) > 1 else v[0] for v in zip(*found)]


def tflm(path, name, data):
    from tflite_micro.python.tflite_micro import runtime
    r = runtime.Interpreter.from_file(path, arena_size=1 << 20)
    found = []
    for arrays in runs(name, data):
        for i, x in enumerate(arrays):
            r.set_input(x.reshape(r.get_input_details(i)['shape']), i)
        r.invoke()
        count = len(r._interpreter and found and found[0] or []) or None
        out = []
        for i in range(8 if count is None else count):
            try:
                out.append(np.array(r.get_output(i)))
            except Exception:
                break
        found.append(out)
    return [np.stack(v) if len(found) > 1 else v[0] for v in zip(*found)]


def arena(path, name, data):
    from tflite_micro.python.tflite_micro import runtime
    runtime.Interpreter.from_file(path, arena_size=1 << 20).print_allocations()


def child(kind, path, name, out):
    data = pickle.load(open(path + '.in', 'rb'))
    result = globals()[kind](path, name, data)
    if result is not None:
        pickle.dump(result, open(out, 'wb'))


def integers():
    """Plain integers, which models compute positions with, and quotients rounded down."""
    global RNG
    RNG = np.random.default_rng(13)
    for op, options, kinds in (
            ('ADD', 'AddOptions', ('int32', 'int64')), ('SUB', 'SubOptions', ('int32', 'int64')),
            ('MUL', 'MulOptions', ('int32', 'int64')),
            ('MAXIMUM', 'MaximumMinimumOptions', ('int32', 'int64')),
            ('MINIMUM', 'MaximumMinimumOptions', ('int32', 'int64')),
            ('FLOOR_DIV', 'FloorDivOptions', ('int8', 'int16', 'int32')),
            ('FLOOR_MOD', 'FloorModOptions', ('int8', 'int16', 'int32', 'int64'))):
        divides = op.startswith('FLOOR')
        for kind in kinds:
            for shape in ((3, 5), (5,), (1,)):
                m = Model()
                a = m.tensor((3, 5), kind)
                x = codes(shape, kind, -90, 90)
                if divides:
                    x[x == 0] = -7
                b = m.tensor(shape, kind, data=x) if divides else m.tensor(shape, kind)
                o = m.tensor((3, 5), kind)
                fields = {'fusedActivationFunction': 1} if op == 'ADD' and shape == (5,) else {}
                m.op(op, [a, b], [o], options, **fields)
                y = codes((3, 5), kind, -100, 100)
                case('%s_%s' % (op.lower(), kind), m, [a] if divides else [a, b], [o],
                     [y] if divides else [y, x])
        if divides:
            m = Model()
            a, f = m.tensor((4, 9), 'int8', 0.5, 3), m.tensor((4, 9), 'float32')
            x = RNG.normal(0, 3, (9,)).astype(np.float32)
            b, g = m.tensor((9,), 'float32', data=x), m.tensor((4, 9), 'float32')
            o = m.tensor((4, 9), 'int8', 0.125, -1)
            m.op('DEQUANTIZE', [a], [f], 'DequantizeOptions')
            m.op(op, [f, b], [g], options)
            m.op('QUANTIZE', [g], [o], 'QuantizeOptions')
            case(op.lower() + '_float', m, [a], [o], [codes((4, 9), 'int8')])


def joins():
    """uint8 tensors joined whose scales differ."""
    global RNG
    RNG = np.random.default_rng(14)
    for axis, shapes in ((1, ((2, 3, 5), (2, 1, 5), (2, 4, 5))), (2, ((3, 2, 40), (3, 2, 90))),
                         (0, ((60, 2), (40, 2), (30, 2)))):
        for _ in range(2):
            m = Model()
            s, z = scale(), zero('uint8')
            kinds = [(s * f, zero('uint8')) for f in (0.4, 1.7)] + [(s, z)]
            a = [m.tensor(k, 'uint8', *q) for k, q in zip(shapes, kinds)]
            out = list(shapes[0])
            out[axis] = sum(k[axis] for k in shapes)
            b = m.tensor(out, 'uint8', s, z)
            m.op('CONCATENATION', a, [b], 'ConcatenationOptions', axis=axis)
            case('concatenation_uint8_scaled', m, a, [b], [codes(k, 'uint8') for k in shapes])


def real(shape, spread=2.0):
    return (RNG.normal(size=shape) * spread).astype(np.float32)


def reals():
    """Operators on float32: the order of sums, and the C library's functions."""
    global RNG
    RNG = np.random.default_rng(15)

    def window(op, shape, out, kernel=None, bias=True, options=None, **fields):
        m = Model()
        a, b = m.tensor(shape, 'float32'), m.tensor(out, 'float32')
        inputs = [a]
        if kernel:
            inputs.append(m.tensor(kernel, 'float32', data=real(kernel, 0.4)))
            if bias:
                inputs.append(m.tensor((out[-1],), 'float32', data=real((out[-1],))))
        m.op(op, inputs, [b], options or op.title().replace('_', '').replace('2D', '2D') + 'Options',
             **fields)
        case(op.lower() + '_float32', m, [a], [b], [real(shape)])

    for act in (0, 1, 3):
        window('CONV_2D', (1, 9, 8, 5), (1, 5, 4, 17), (17, 3, 3, 5), act != 1, 'Conv2DOptions',
               strideH=2, strideW=2, fusedActivationFunction=act)
        window('CONV_2D', (2, 6, 5, 3), (2, 6, 5, 4), (4, 3, 2, 3), True, 'Conv2DOptions',
               strideH=1, strideW=1, dilationHFactor=2, fusedActivationFunction=act)
        window('DEPTHWISE_CONV_2D', (1, 7, 7, 6), (1, 7, 7, 6), (1, 3, 3, 6), True,
               'DepthwiseConv2DOptions', strideH=1, strideW=1, depthMultiplier=1,
               fusedActivationFunction=act)
        window('DEPTHWISE_CONV_2D', (1, 7, 7, 3), (1, 3, 3, 6), (1, 3, 3, 6), act != 1,
               'DepthwiseConv2DOptions', strideH=2, strideW=2, depthMultiplier=2, padding=1,
               fusedActivationFunction=act)
        window('FULLY_CONNECTED', (3, 70), (3, 19), (19, 70), act != 1, 'FullyConnectedOptions',
               fusedActivationFunction=act)
        window('MAX_POOL_2D', (1, 7, 8, 3), (1, 4, 4, 3), options='Pool2DOptions', strideH=2,
               strideW=2, filterHeight=3, filterWidth=3, fusedActivationFunction=act)
        window('AVERAGE_POOL_2D', (1, 7, 8, 3), (1, 4, 4, 3), options='Pool2DOptions', strideH=2,
               strideW=2, filterHeight=3, filterWidth=3, fusedActivationFunction=act)
    window('CONV_2D', (1, 6, 6, 8), (1, 6, 6, 8), (8, 3, 3, 2), True, 'Conv2DOptions', strideH=1,
           strideW=1)
    for kernel, out, pad in (((4, 3, 3, 2), (1, 8, 10, 4), 0), ((3, 2, 4, 2), (1, 8, 12, 3), 1)):
        m = Model()
        shape = (1, 4, 5, 2)
        size = m.tensor((4,), 'int32', data=out)
        w = m.tensor(kernel, 'float32', data=real(kernel))
        a, b = m.tensor(shape, 'float32'), m.tensor(out, 'float32')
        c = m.tensor((out[3],), 'float32', data=real((out[3],)))
        m.op('TRANSPOSE_CONV', [size, w, a, c], [b], 'TransposeConvOptions', strideH=2, strideW=2,
             padding=pad)
        case('transpose_conv_float32', m, [a], [b], [real(shape)])
    m = Model()
    a, b = m.tensor((1, 5, 6, 4, 3), 'float32'), m.tensor((1, 3, 3, 4, 7), 'float32')
    w = m.tensor((2, 3, 2, 3, 7), 'float32', data=real((2, 3, 2, 3, 7)))
    c = m.tensor((7,), 'float32', data=real((7,)))
    m.op('CONV_3D', [a, w, c], [b], 'Conv3DOptions', strideD=2, strideH=2, strideW=1,
         fusedActivationFunction=1)
    case('conv_3d_float32', m, [a], [b], [real((1, 5, 6, 4, 3))])
    for adjx, adjy in ((False, False), (True, False), (False, True)):
        m = Model()
        sa = (2, 9, 5) if adjx else (2, 5, 9)
        sb = (4, 9) if adjy else (9, 4)
        a, b, o = m.tensor(sa, 'float32'), m.tensor(sb, 'float32'), m.tensor((2, 5, 4), 'float32')
        m.op('BATCH_MATMUL', [a, b], [o], 'BatchMatMulOptions', adjX=adjx, adjY=adjy)
        case('batch_matmul_float32', m, [a, b], [o], [real(sa), real(sb)])
    for op, options, fields, spread in (
            ('LOGISTIC', None, {}, 8), ('TANH', None, {}, 2), ('HARD_SWISH', None, {}, 4),
            ('ELU', None, {}, 4), ('EXP', None, {}, 20), ('SIN', None, {}, 3),
            ('COS', None, {}, 3), ('SIN', None, {}, 1e6), ('COS', None, {}, 1e6),
            ('ABS', None, {}, 3), ('NEG', None, {}, 3), ('FLOOR', None, {}, 3),
            ('CEIL', None, {}, 3), ('ROUND', None, {}, 3), ('SQUARE', None, {}, 3),
            ('RELU', None, {}, 3), ('RELU6', None, {}, 6), ('RELU_N1_TO_1', None, {}, 3),
            ('LEAKY_RELU', 'LeakyReluOptions', {'alpha': 0.3}, 3), ('SIGN', 'SignOptions', {}, 3),
            ('LOG', None, {}, 0), ('SQRT', None, {}, 0), ('RSQRT', None, {}, 0)):
        m = Model()
        a, b = m.tensor((3, 211), 'float32'), m.tensor((3, 211), 'float32')
        m.op(op, [a], [b], options, **fields)
        x = real((3, 211), spread) if spread else np.exp(real((3, 211), 8))
        case(op.lower() + '_float32', m, [a], [b], [x])
    for op, options in (('ADD', 'AddOptions'), ('SUB', 'SubOptions'), ('MUL', 'MulOptions'),
                        ('DIV', 'DivOptions'), ('MAXIMUM', 'MaximumMinimumOptions'),
                        ('MINIMUM', 'MaximumMinimumOptions'), ('PRELU', None), ('POW', 'PowOptions'),
                        ('SQUARED_DIFFERENCE', 'SquaredDifferenceOptions')):
        m = Model()
        a, b, o = m.tensor((3, 5, 31), 'float32'), m.tensor((31,), 'float32'), m.tensor(
            (3, 5, 31), 'float32')
        x, y = real((3, 5, 31)), real((31,))
        if op == 'POW':
            x = np.abs(x)
        m.op(op, [a, b], [o], options)
        case(op.lower() + '_float32', m, [a, b], [o], [x, y])
    for op in ('MEAN', 'SUM', 'REDUCE_MAX', 'REDUCE_MIN', 'REDUCE_PROD'):
        for axes, out in (((1, 2), (2, 6)), ((3,), (2, 5, 7)), ((0, 2), (5, 6))):
            m = Model()
            a, b = m.tensor((2, 5, 7, 6), 'float32'), m.tensor(out, 'float32')
            x = m.tensor((len(axes),), 'int32', data=axes)
            m.op(op, [a, x], [b], 'ReducerOptions')
            case(op.lower() + '_float32', m, [a], [b], [real((2, 5, 7, 6))])
    for op, options, fields in (('SOFTMAX', 'SoftmaxOptions', {'beta': 1.0}),
                                ('SOFTMAX', 'SoftmaxOptions', {'beta': 0.7}),
                                ('LOG_SOFTMAX', 'LogSoftmaxOptions', {}),
                                ('L2_NORMALIZATION', 'L2NormOptions', {})):
        m = Model()
        a, b = m.tensor((9, 41), 'float32'), m.tensor((9, 41), 'float32')
        m.op(op, [a], [b], options, **fields)
        case(op.lower() + '_float32', m, [a], [b], [real((9, 41), 4)])
    for align, half in ((False, False), (True, False), (False, True)):
        m = Model()
        a, b = m.tensor((1, 5, 7, 3), 'float32'), m.tensor((1, 9, 12, 3), 'float32')
        size = m.tensor((2,), 'int32', data=(9, 12))
        m.op('RESIZE_BILINEAR', [a, size], [b], 'ResizeBilinearOptions', alignCorners=align,
             halfPixelCenters=half)
        case('resize_bilinear_float32', m, [a], [b], [real((1, 5, 7, 3))])
    for exclusive, reverse in ((False, False), (True, True)):
        m = Model()
        a, b = m.tensor((3, 9, 4), 'float32'), m.tensor((3, 9, 4), 'float32')
        axis = m.tensor((), 'int32', data=1)
        m.op('CUMSUM', [a, axis], [b], 'CumsumOptions', exclusive=exclusive, reverse=reverse)
        case('cumsum_float32', m, [a], [b], [real((3, 9, 4))])
    m = Model()
    a, v, i = m.tensor((3, 17), 'float32'), m.tensor((3, 5), 'float32'), m.tensor((3, 5), 'int32')
    k = m.tensor((), 'int32', data=5)
    m.op('TOPK_V2', [a, k], [v, i], 'TopKV2Options')
    case('topk_v2_float32', m, [a], [v, i], [real((3, 17))])
    m = Model()
    a, b = m.tensor((3, 17), 'float32'), m.tensor((3,), 'int32')
    x = m.tensor((), 'int32', data=1)
    m.op('ARG_MAX', [a, x], [b], 'ArgMaxOptions', outputType=S.TensorType.INT32)
    case('arg_max_float32', m, [a], [b], [real((3, 17))])


def hybrids():
    """float32 data with int8 weights, and weights of 16 bits that are widened first."""
    global RNG
    RNG = np.random.default_rng(16)
    for per in (False, True):
        for asymmetric in (False, True):
            for shift in (0.0, 3.0, -9.0):
                m = Model()
                a, b = m.tensor((3, 50), 'float32'), m.tensor((3, 21), 'float32')
                s = [scale(-9, -6) for _ in range(21 if per else 1)]
                w = m.tensor((21, 50), 'int8', s, 0, codes((21, 50), 'int8', -127))
                c = m.tensor((21,), 'float32', data=real((21,)))
                inputs = [a, w] + ([c] if shift >= 0 else [])
                m.op('FULLY_CONNECTED', inputs, [b], 'FullyConnectedOptions',
                     asymmetricQuantizeInputs=asymmetric,
                     fusedActivationFunction=int(shift > 0))
                x = real((3, 50)) + np.float32(shift)
                case('fully_connected_hybrid', m, [a], [b], [x])
    m = Model()
    a, b = m.tensor((2, 8), 'float32'), m.tensor((2, 4), 'float32')
    w = m.tensor((4, 8), 'int8', 0.01, 0, codes((4, 8), 'int8', -127))
    c = m.tensor((4,), 'float32', data=real((4,)))
    m.op('FULLY_CONNECTED', [a, w, c], [b], 'FullyConnectedOptions', asymmetricQuantizeInputs=True)
    case('fully_connected_hybrid', m, [a], [b], [np.zeros((2, 8), np.float32)])
    for per in (False, True):
        for shift in (0.0, 2.0, -4.0):
            m = Model()
            a, b = m.tensor((2, 6, 7, 3), 'float32'), m.tensor((2, 6, 7, 9), 'float32')
            s = [scale(-9, -6) for _ in range(9 if per else 1)]
            w = m.tensor((9, 3, 3, 3), 'int8', s, 0, codes((9, 3, 3, 3), 'int8', -127))
            c = m.tensor((9,), 'float32', data=real((9,)))
            m.op('CONV_2D', [a, w, c], [b], 'Conv2DOptions', strideH=1, strideW=1,
                 fusedActivationFunction=int(shift > 0))
            case('conv_2d_hybrid', m, [a], [b], [real((2, 6, 7, 3)) + np.float32(shift)])
    for shift in (0.0, 2.0):
        m = Model()
        a, b = m.tensor((1, 6, 7, 4), 'float32'), m.tensor((1, 6, 7, 4), 'float32')
        s = [scale(-9, -6) for _ in range(4)]
        w = m.tensor((1, 3, 3, 4), 'int8', s, 0, codes((1, 3, 3, 4), 'int8', -127), axis=3)
        c = m.tensor((4,), 'float32', data=real((4,)))
        m.op('DEPTHWISE_CONV_2D', [a, w, c], [b], 'DepthwiseConv2DOptions', strideH=1, strideW=1,
             depthMultiplier=1)
        case('depthwise_conv_2d_hybrid', m, [a], [b], [real((1, 6, 7, 4)) + np.float32(shift)])
    m = Model()
    a, b = m.tensor((3, 20), 'float32'), m.tensor((3, 5), 'float32')
    h = m.tensor((5, 20), 'float16', data=real((5, 20)))
    w = m.tensor((5, 20), 'float32')
    m.op('DEQUANTIZE', [h], [w], 'DequantizeOptions')
    m.op('FULLY_CONNECTED', [a, w, -1], [b], 'FullyConnectedOptions')
    case('fully_connected_float16', m, [a], [b], [real((3, 20))])


def sums():
    """ADD_N, and products along axes."""
    global RNG
    RNG = np.random.default_rng(17)
    for kind in ('float32', 'int32', 'int8'):
        for count in (2, 3, 5):
            m = Model()
            s, z = (scale(), zero('int8')) if kind == 'int8' else (None, 0)
            a = [m.tensor((3, 7), kind, s, z) for _ in range(count)]
            b = m.tensor((3, 7), kind, s and s * count / 2, z)
            m.op('ADD_N', a, [b], 'AddNOptions')
            data = [real((3, 7)) if kind == 'float32' else codes((3, 7), kind, -128, 127)
                    for _ in a]
            case('add_n_' + kind, m, a, [b], data)
    for kind in ('int8', 'int16'):
        for axes, out in (((1,), (3, 4)), ((0, 1), (4,)), ((2,), (3, 5))):
            m = Model()
            n = int(np.prod((3, 5, 4)) // np.prod(out))
            s = scale(-6, -5) if kind == 'int8' else scale(-14, -12)
            a = m.tensor((3, 5, 4), kind, s, zero(kind))
            b = m.tensor(out, kind, float(np.float32((s * (60 if kind == 'int8' else 9000)) ** n / 60)),
                         zero(kind))
            x = m.tensor((len(axes),), 'int32', data=axes)
            m.op('REDUCE_PROD', [a, x], [b], 'ReducerOptions')
            case('reduce_prod_' + kind, m, [a], [b], [codes((3, 5, 4), kind)])


def control():
    """IF with a computed condition, and WHILE with a counter."""
    global RNG
    RNG = np.random.default_rng(18)
    s, z = scale(), zero('int8')

    def layer(m, op, options=None, **fields):
        x, y = m.tensor((2, 6), 'int8', s, z), m.tensor((2, 6), 'int8', s, z)
        k = m.tensor((6,), 'int8', s, z, codes((6,), 'int8'))
        m.op(op, [x, k], [y], options, **fields)
        m.subgraph([x], [y], op)

    for truth in (True, False):
        m = Model()
        c, x, y = m.tensor((1,), 'bool'), m.tensor((2, 6), 'int8', s, z), m.tensor(
            (2, 6), 'int8', s, z)
        m.op('IF', [c, x], [y], 'IfOptions', thenSubgraphIndex=1, elseSubgraphIndex=2)
        m.subgraph([c, x], [y])
        layer(m, 'ADD', 'AddOptions')
        layer(m, 'MAXIMUM', 'MaximumMinimumOptions')
        case('if_int8', m, None, None, [np.array([truth]), codes((2, 6), 'int8')])
    for rounds in (0, 1, 4):
        m = Model()
        i, x = m.tensor((1,), 'int32', data=[0]), m.tensor((2, 6), 'int8', s, z)
        j, y = m.tensor((1,), 'int32'), m.tensor((2, 6), 'int8', s, z)
        m.op('WHILE', [i, x], [j, y], 'WhileOptions', condSubgraphIndex=1, bodySubgraphIndex=2)
        m.subgraph([x], [y])
        i, x = m.tensor((1,), 'int32'), m.tensor((2, 6), 'int8', s, z)
        n, t = m.tensor((1,), 'int32', data=[rounds]), m.tensor((1,), 'bool')
        m.op('LESS', [i, n], [t], 'LessOptions')
        m.subgraph([i, x], [t], 'cond')
        i, x = m.tensor((1,), 'int32'), m.tensor((2, 6), 'int8', s, z)
        n, j = m.tensor((1,), 'int32', data=[1]), m.tensor((1,), 'int32')
        k, y = m.tensor((6,), 'int8', s, z, codes((6,), 'int8', z - 3, z + 3)), m.tensor(
            (2, 6), 'int8', s, z)
        m.op('ADD', [i, n], [j], 'AddOptions')
        m.op('ADD', [x, k], [y], 'AddOptions')
        m.subgraph([i, x], [j, y], 'body')
        case('while_int8', m, None, None, [codes((2, 6), 'int8')])


DETECTIONS = {}  # options of each case


def written(name, runtime, results):
    """Results without what the fast suppression leaves as it was in memory: 0 there; None where the
    micro runtime writes outside of its results."""
    o = DETECTIONS[name]
    if o.get('use_regular_nms'):
        return results
    step, classes = o['max_classes_per_detection'], o['num_classes']
    if runtime == 'tflm' and min(step, classes) > 1:
        return None
    step = 1 if runtime == 'tflm' else step
    kept = np.zeros(results[2].size, bool)
    for box in range(int(results[3].reshape(-1)[0])):
        kept[box * step:box * step + min(step, classes)] = True
    return [np.where(kept.reshape((1, -1) + (1,) * (x.ndim - 2)), x, np.float32(0))
            for x in results[:3]] + [results[3]]


def detections():
    """TFLite_Detection_PostProcess: fast and regular suppression, ties, thresholds, all types."""
    global RNG
    RNG = np.random.default_rng(19)
    number = 0

    def detection(name, boxes, classes, kind='float32', label=0, levels=None, declared=True,
                  coordinates=4, spread=2.0, flat=False, scores_kind=None, **options):
        o = {'max_detections': 10, 'max_classes_per_detection': 1, 'detections_per_class': 100,
             'use_regular_nms': False, 'nms_score_threshold': 0.3, 'nms_iou_threshold': 0.5,
             'num_classes': classes, 'y_scale': 10.0, 'x_scale': 10.0, 'h_scale': 5.0,
             'w_scale': 5.0}
        o.update(options)
        o = {k: v for k, v in o.items() if v is not None}
        m = Model()
        count = o['max_detections'] * o['max_classes_per_detection']
        grid = np.stack([RNG.uniform(0.2, 0.8, boxes), RNG.uniform(0.2, 0.8, boxes),
                         RNG.uniform(0.2, 0.5, boxes), RNG.uniform(0.2, 0.5, boxes)], 1)
        if flat:  # boxes without height
            grid[::3, 2] = 0
        scores_kind, zero = scores_kind or kind, 120 if kind == 'int8' else 128
        s = (0.04, 0.0061, 0.0039) if kind != 'float32' else (None, None, None)
        t = 0.0039 if scores_kind != 'float32' else None
        a = m.tensor((1, boxes, coordinates), kind, s[0], zero)
        b = m.tensor((1, boxes, classes + label), scores_kind, t, 3)
        anchors = grid if kind == 'float32' else np.clip(np.round(grid / s[1]) + 7, 0, 127)
        c = m.tensor((boxes, 4), kind, s[1], 7, anchors)
        shapes = ((1, count, 4), (1, count), (1, count), (1,))
        out = [m.tensor(shape if declared else (), 'float32') for shape in shapes]
        m.custom('TFLite_Detection_PostProcess', [a, b, c], out, o)
        x = real((1, boxes, coordinates), spread) if kind == 'float32' else codes(
            (1, boxes, coordinates), kind, 100, 127 if kind == 'int8' else 156)
        y = RNG.uniform(0, 1, (1, boxes, classes + label)).astype(np.float32)
        if levels:  # few values: ties
            y = (np.floor(y * levels) / levels).astype(np.float32)
        if scores_kind != 'float32':
            y = np.round(y * 120 if scores_kind == 'int8' else y * 250).astype(NUMPY[scores_kind])
        case('detection_%s_%s' % (name, kind), m, [a, b], out, [x, y])
        DETECTIONS[list(CASES)[-1]] = o

    for kind in ('float32', 'uint8'):
        for levels in (None, 4, 1):
            detection('fast', 60, 5, kind, 1, levels)
            detection('fast', 60, 5, kind, 0, levels, max_detections=30)
            detection('regular', 60, 5, kind, 1, levels, use_regular_nms=True)
            detection('regular', 60, 5, kind, 0, levels, use_regular_nms=True, max_detections=40,
                      detections_per_class=7)
            detection('classes', 60, 5, kind, 1, levels, max_classes_per_detection=3)
            detection('classes', 60, 20, kind, 1, levels, max_classes_per_detection=17)
            detection('classes', 60, 3, kind, 1, levels, max_classes_per_detection=5)
        detection('none', 20, 3, kind, nms_score_threshold=2.0)
        detection('none', 20, 3, kind, nms_score_threshold=2.0, use_regular_nms=True)
        detection('all', 20, 3, kind, nms_score_threshold=-1.0, nms_iou_threshold=1.0)
        detection('all', 20, 3, kind, nms_score_threshold=-1.0, nms_iou_threshold=1.0,
                  use_regular_nms=True, max_detections=70)
        detection('open', 30, 4, kind, 1, declared=False)
        detection('open', 30, 4, kind, 1, declared=False, use_regular_nms=True)
        detection('absent', 30, 4, kind, 1, use_regular_nms=None, detections_per_class=None)
        detection('wide', 30, 4, kind, 1, coordinates=7)
        detection('many', 120, 3, kind, 1, 6, use_regular_nms=True, max_detections=25)
        detection('many', 80, 30, kind, 1, 6, max_classes_per_detection=10)
        detection('many', 120, 1, kind, 1, 3, use_regular_nms=True, max_detections=120)
        detection('one', 30, 4, kind, 1, 4, max_detections=1, use_regular_nms=True)
        detection('flat', 30, 4, kind, 1, flat=True)
    detection('mixed', 30, 4, 'uint8', 1, scores_kind='float32')
    detection('mixed', 30, 4, 'float32', 1, scores_kind='uint8')
    detection('integers', 30, 4, 'int8', 1)


def main():
    parts = [globals()[name] for name in sys.argv[2:]]
    arrays = dict(np.load(sys.argv[1])) if parts else {}
    for part in parts or (elements, select, rows, movement, products, programs, integers, joins,
                          reals, hybrids, sums, control, detections):
        part()
    with tempfile.TemporaryDirectory() as d:
        path, out = os.path.join(d, 'm.tflite'), os.path.join(d, 'out')
        for name, (model, data) in CASES.items():
            open(path, 'wb').write(model)
            pickle.dump(data, open(path + '.in', 'wb'))
            arrays[name + '/model'] = np.frombuffer(model, np.uint8)
            for i, x in enumerate(data):
                arrays['%s/in%d' % (name, i)] = x.astype(np.uint8) if x.dtype == bool else x
            said = []
            # The memory of subgraphs that run under a condition has no rule in hwsim. Where a file leaves
            # a detector's results open, the micro runtime writes past them.
            kinds = ('litert', 'tflm', 'arena')
            if name.startswith(('if_', 'while_')):
                kinds = kinds[:2]
            if name.startswith('detection_open'):
                kinds = kinds[:1]
            for kind in kinds:
                if os.path.exists(out):
                    os.remove(out)
                p = subprocess.run([sys.executable, __file__, 'child', kind, path, name, out],
                                   capture_output=True, text=True)
                text = p.stdout + p.stderr
                if kind == 'arena':
                    found = [re.search('Arena allocation %s (\\d+)' % k, text)
                             for k in ('head', 'tail', 'total')]
                    if all(found):
                        arrays[name + '/arena'] = np.array([int(f[1]) for f in found], np.int32)
                        said.append('arena %s' % [int(f[1]) for f in found])
                elif os.path.exists(out):
                    results = pickle.load(open(out, 'rb'))
                    if name in DETECTIONS:
                        results = written(name, kind, results) or []
                    for i, x in enumerate(results):
                        x = x.astype(np.uint8) if x.dtype == bool else x
                        arrays['%s/%s%d' % (name, kind, i)] = x
                    said.append(kind)
                else:
                    lines = [t for t in text.splitlines() if t and 'INFO' not in t]
                    said.append('no %s: %s' % (kind, ' | '.join(lines[-3:])[-150:]))
            print(name, '; '.join(said), flush=True)
    np.savez_compressed(sys.argv[1], **arrays)


if sys.argv[1] == 'child':
    child(*sys.argv[2:])
else:
    main()
