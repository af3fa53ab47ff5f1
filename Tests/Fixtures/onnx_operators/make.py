"""Writes one-operator models as NAME.onnx with what they compute as NAME.npz.

Expected values: onnxruntime 1.32.0 (CPU, ORT_DISABLE_ALL, so unfused kernels) for ai.onnx and
com.microsoft, qonnx 1.0.0 (`execute_onnx`) for qonnx_*. Models are made here with onnx 1.23.2.

    python make.py
"""
import os

import numpy as np
import onnx
import onnxruntime as ort
from onnx import TensorProto as T, helper as h, numpy_helper as nh
from qonnx.core.modelwrapper import ModelWrapper
from qonnx.core.onnx_exec import execute_onnx

here = os.path.dirname(os.path.abspath(__file__))
rng = np.random.default_rng(12)
MS = 'com.microsoft'
QONNX = 'qonnx.custom_op.general'
LAST = 'qonnx.custom_op.channels_last'
node = h.make_node
options = ort.SessionOptions()
options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
options.log_severity_level = 3


def f(*shape):
    return rng.standard_normal(shape).astype(np.float32)


def codes(dtype, *shape):
    info = np.iinfo(dtype)
    return rng.integers(info.min, info.max + 1, shape).astype(dtype)


def scalar(value, dtype=np.float32):
    return np.array(value, dtype=dtype)


def key(prefix, index, array):
    return f'{prefix}{index}__{T.DataType.Name(h.np_dtype_to_tensor_dtype(array.dtype))}'


def case(name, nodes, inputs, constants={}, outputs=('y',), opset=21, qonnx=False,
         result=None):
    infos = [h.make_tensor_value_info(k, h.np_dtype_to_tensor_dtype(v.dtype), v.shape)
             for k, v in inputs.items()]
    results = [onnx.ValueInfoProto(name=o) for o in outputs]
    if qonnx:
        results = [h.make_tensor_value_info(outputs[0], T.FLOAT, result)]
    graph = h.make_graph(nodes, 'g', infos, results,
                         [nh.from_array(v, k) for k, v in constants.items()])
    model = h.make_model(graph, ir_version=10, opset_imports=[
        h.make_opsetid('', opset), h.make_opsetid(MS, 1), h.make_opsetid(QONNX, 1),
        *([h.make_opsetid(LAST, 14)] if nodes[0].domain == LAST else [])])
    if qonnx:
        results = list(execute_onnx(ModelWrapper(model), inputs).values())
    else:
        results = ort.InferenceSession(
            model.SerializeToString(), options, providers=['CPUExecutionProvider']).run(None, inputs)
    arrays = {key('in', i, v): v for i, v in enumerate(inputs.values())}
    arrays |= {key('out', i, np.asarray(v)): np.asarray(v) for i, v in enumerate(results)}
    onnx.save(model, os.path.join(here, name + '.onnx'))
    np.savez_compressed(os.path.join(here, name + '.npz'), **arrays)


x = {'x': f(2, 6, 5)}
for op, attributes in [('Celu', {'alpha': 0.7}), ('Mish', {}), ('Tan', {}),
                       ('Shrink', {'lambd': 0.4, 'bias': 0.1}), ('LpNormalization', {'axis': 1}),
                       ('MeanVarianceNormalization', {'axes': [0, 2]}), ('Trilu', {'upper': 0})]:
    case(op.lower(), [node(op, ['x'], ['y'], **attributes)], x)
case('lrn', [node('LRN', ['x'], ['y'], size=3, alpha=0.1, beta=0.6)], {'x': f(1, 6, 3, 2)})
image = {'x': f(2, 6, 5, 3)}
case('instance_normalization', [node('InstanceNormalization', ['x', 's', 'b'], ['y'])], image,
     {'s': f(6), 'b': f(6)})
case('group_normalization', [node('GroupNormalization', ['x', 's', 'b'], ['y'], num_groups=3)],
     image, {'s': f(6), 'b': f(6)})
case('group_normalization_18', [node('GroupNormalization', ['x', 's', 'b'], ['y'], num_groups=3)],
     image, {'s': f(3), 'b': f(3)}, opset=18)
case('rms_normalization', [node('RMSNormalization', ['x', 's'], ['y'])], x, {'s': f(5)}, opset=23)
case('layer_normalization', [node('LayerNormalization', ['x', 's', 'b'], ['y', 'm', 'i'], axis=1)],
     x, {'s': f(6, 5), 'b': f(6, 5)}, ('y', 'm', 'i'), opset=17)
case('skip_layer_normalization',
     [node('SkipLayerNormalization', ['x', 'k', 's', 'b', 'c'], ['y'], domain=MS)],
     {'x': f(2, 3, 8), 'k': f(2, 3, 8)}, {'s': f(8), 'b': f(8), 'c': f(8)})
case('skip_simplified',
     [node('SkipSimplifiedLayerNormalization', ['x', 'k', 's'], ['y', '', '', 'z'], domain=MS)],
     {'x': f(2, 3, 8), 'k': f(2, 3, 8)}, {'s': f(8)}, ('y', 'z'))
for op in ('BiasGelu', 'FastGelu'):
    case(op.lower(), [node(op, ['x', 'b'], ['y'], domain=MS)], {'x': f(2, 6)}, {'b': f(6)})
case('quickgelu', [node('QuickGelu', ['x'], ['y'], domain=MS)], {'x': f(2, 6)})
case('fused_matmul', [node('FusedMatMul', ['x', 'b'], ['y'], domain=MS, transB=1, alpha=0.5)],
     {'x': f(2, 4, 6), 'b': f(2, 5, 6)})
for index, (equation, a, b) in enumerate([
        ('bhqd,bhkd->bhqk', f(1, 2, 3, 4), f(1, 2, 5, 4)),
        ('bnm,mhd->bnhd', f(2, 3, 4), f(4, 2, 3)), ('ij,jk', f(3, 4), f(4, 2)),
        ('bqhd,bkhd->bhqk', f(1, 3, 2, 4), f(1, 5, 2, 4)), ('i,j->ij', f(3), f(4))]):
    case(f'einsum_{index}', [node('Einsum', ['a', 'b'], ['y'], equation=equation)],
         {'a': a, 'b': b})
case('einsum_transpose', [node('Einsum', ['a'], ['y'], equation='ijk->ki')], {'a': f(2, 3, 4)})
case('gather_elements', [node('GatherElements', ['x', 'i'], ['y'], axis=1)],
     x | {'i': rng.integers(-6, 6, (2, 3, 5))})
case('gather_nd', [node('GatherND', ['x', 'i'], ['y'])], x,
     {'i': np.array([[0, 1], [1, -2]])})
case('gather_nd_batch', [node('GatherND', ['x', 'i'], ['y'], batch_dims=1)],
     x | {'i': np.array([[[1], [2]], [[0], [5]]])})
case('scatter_nd', [node('ScatterND', ['x', 'i', 'u'], ['y'])], {'x': f(4, 5), 'u': f(2, 5)},
     {'i': np.array([[1], [3]])})
case('scatter_elements', [node('ScatterElements', ['x', 'i', 'u'], ['y'], axis=1)],
     {'x': f(4, 5), 'u': f(4, 2)}, {'i': np.array([[1, 3], [0, 2], [4, -2], [2, 1]])})
case('one_hot', [node('OneHot', ['i', 'd', 'v'], ['y'])], {'i': np.array([[1, 3], [0, -2]])},
     {'d': scalar(5, np.int64), 'v': np.array([0.5, 2], np.float32)})
case('cumsum', [node('CumSum', ['x', 'a'], ['y'], exclusive=1, reverse=1)],
     {'x': rng.integers(-9, 9, (3, 7))}, {'a': scalar(1, np.int64)})
case('topk', [node('TopK', ['x', 'k'], ['y', 'z'], axis=1)], x, {'k': np.array([3])}, ('y', 'z'))
case('topk_smallest', [node('TopK', ['x', 'k'], ['y', 'z'], axis=0, largest=0)], {'x': f(6, 5)},
     {'k': np.array([2])}, ('y', 'z'))

# Attention with computed operands.
packed = {'w': f(8, 24), 'b': f(24)}
case('attention', [node('Attention', ['x', 'w', 'b'], ['y'], domain=MS, num_heads=2)],
     {'x': f(1, 4, 8)}, packed)
case('attention_causal',
     [node('Attention', ['x', 'w', 'b'], ['y'], domain=MS, num_heads=2, unidirectional=1)],
     {'x': f(1, 4, 8)}, packed)
case('attention_mask', [node('Attention', ['x', 'w', 'b', 'm'], ['y'], domain=MS, num_heads=2)],
     {'x': f(1, 4, 8), 'm': np.array([[1, 1, 1, 0]], np.int32)}, packed)
case('multi_head', [node('MultiHeadAttention', ['q', 'k', 'v', 'b'], ['y'], domain=MS, num_heads=2)],
     {'q': f(1, 4, 8), 'k': f(1, 5, 8), 'v': f(1, 5, 8)}, {'b': f(24)})
case('attention_23', [node('Attention', ['q', 'k', 'v'], ['y'], is_causal=1)],
     {'q': f(1, 4, 3, 8), 'k': f(1, 2, 3, 8), 'v': f(1, 2, 3, 8)}, opset=23)
case('attention_23_mask',
     [node('Attention', ['q', 'k', 'v', 'm'], ['y'], q_num_heads=2, kv_num_heads=2)],
     {'q': f(1, 3, 8), 'k': f(1, 5, 8), 'v': f(1, 5, 8), 'm': f(3, 5)}, opset=23)
case('quantized_attention',
     [node('QAttention', ['x', 'w', 'b', 'xs', 'ws', '', 'xz', 'wz'], ['y'], domain=MS,
           num_heads=2)], {'x': codes(np.uint8, 1, 4, 8)},
     {'w': codes(np.int8, 8, 24), 'b': f(24), 'xs': scalar(0.02), 'ws': scalar(0.01),
      'xz': scalar(120, np.uint8), 'wz': scalar(0, np.int8)})

# Between codes.
for dtype in (np.uint8, np.int8):
    short = np.dtype(dtype).name
    for index, (shape, axis, opset, scale, zero) in enumerate([
            ((3, 12), -1, 13, 1 / 256, np.iinfo(dtype).min), ((2, 4, 7), 1, 13, 0.004, 3),
            ((2, 3, 4), 1, 12, 1 / 250, 0)]):
        case(f'qlinear_softmax_{short}_{index}',
             [node('QLinearSoftmax', ['x', 'xs', 'xz', 'ys', 'yz'], ['y'], domain=MS, axis=axis,
                   opset=opset)], {'x': codes(dtype, *shape)},
             {'xs': scalar(0.031), 'xz': scalar(7, dtype), 'ys': scalar(scale),
              'yz': scalar(zero, dtype)})
    case(f'qlinear_where_{short}',
         [node('QLinearWhere', ['c', 'x', 'xs', 'xz', 'z', 'zs', 'zz', 'ys', 'yz'], ['y'],
               domain=MS)],
         {'c': rng.integers(0, 2, (3, 4)).astype(bool), 'x': codes(dtype, 3, 4),
          'z': codes(dtype, 3, 4)},
         {'xs': scalar(0.03), 'xz': scalar(7, dtype), 'zs': scalar(0.05), 'zz': scalar(3, dtype),
          'ys': scalar(0.04), 'yz': scalar(9, dtype)})
    case(f'matmul_integer_to_float_{short}',
         [node('MatMulIntegerToFloat', ['x', 'w', 'xs', 'ws', 'xz', 'wz', 'b'], ['y'], domain=MS)],
         {'x': codes(dtype, 3, 8)},
         {'w': codes(np.int8, 8, 5), 'xs': scalar(0.03), 'ws': f(5)**2 + 0.01,
          'xz': scalar(7, dtype), 'wz': np.zeros(5, np.int8), 'b': f(5)})
case('dynamic_matmul', [node('DynamicQuantizeMatMul', ['x', 'w', 'ws', 'wz', 'b'], ['y'], domain=MS)],
     {'x': f(3, 8)}, {'w': codes(np.int8, 8, 5), 'ws': scalar(0.03), 'wz': scalar(2, np.int8),
                      'b': f(5)})

# Blocks of packed integers; K = 40 leaves the last block of 16 incomplete.
for bits in (2, 4, 8):
    for zero in ('none', 'packed', 'float'):
        if (bits, zero) == (8, 'float'):
            continue  # onnxruntime has no kernel
        constants = {'B': codes(np.uint8, 6, 3, 2 * bits), 's': f(18)}
        names = ['x', 'B', 's']
        if zero == 'packed':
            constants['z'] = codes(np.uint8, 6 * ((3 * bits + 7) // 8))
        if zero == 'float':
            constants['z'] = f(18) + 8
        names += ['z'] if zero != 'none' else []
        case(f'matmul_nbits_{bits}_{zero}',
             [node('MatMulNBits', names, ['y'], domain=MS, K=40, N=6, bits=bits, block_size=16)],
             {'x': f(2, 3, 40)}, constants)
    case(f'gather_block_quantized_{bits}',
         [node('GatherBlockQuantized', ['t', 'i', 's'], ['y'], domain=MS, bits=bits, block_size=16,
               gather_axis=0, quantize_axis=1)], {'i': np.array([[1, 9], [3, 3]])},
         {'t': codes(np.uint8, 10, 4 * bits), 's': f(10, 2)})

# QONNX quantizers whose parameters have other types than float32.
values = {'x': (f(4, 6) * 3).astype(np.float32)}
for index, (scale, zero, bits) in enumerate([
        (np.float64(0.1), np.int64(0), np.int64(4)), (np.float32(0.3), np.int64(1), np.int64(5)),
        (np.float64(0.125), np.int32(-2), np.float32(6)), (np.float32(0.1), np.int8(3), np.int32(4)),
        (np.float64(1 / 3), np.float64(0.5), np.float64(3)), (np.float32(0.7), np.int16(0), np.int64(1))]):
    parameters = {'s': np.array(scale), 'z': np.array(zero), 'n': np.array(bits)}
    for signed, narrow, mode in ((1, 0, 'ROUND'), (0, 0, 'HALF_UP'), (1, 1, 'FLOOR')):
        case(f'qonnx_quant_{index}_{mode.lower()}',
             [node('Quant', ['x', 's', 'z', 'n'], ['y'], domain=QONNX, signed=signed, narrow=narrow,
                   rounding_mode=mode)], values, parameters, qonnx=True)
case('qonnx_trunc',
     [node('Trunc', ['x', 's', 'z', 'n', 'm'], ['y'], domain=QONNX, rounding_mode='FLOOR')],
     {'x': np.round(f(4, 6) * 20).astype(np.float32) / 8},
     {'s': scalar(0.125), 'z': scalar(0, np.int64), 'n': scalar(8, np.int64),
      'm': scalar(6, np.int64)}, qonnx=True)

# A product whose exact sums lie on ties of the result's scale half of the time, in float32 between
# QuantizeLinear and DequantizeLinear: the order of the sums decides the codes.
case('qdq_ties',
     [node('QuantizeLinear', ['x', 'xs', 'xz'], ['xq']),
      node('DequantizeLinear', ['xq', 'xs', 'xz'], ['xd']),
      node('DequantizeLinear', ['w', 'ws', 'wz'], ['wd']),
      node('MatMul', ['xd', 'wd'], ['p']),
      node('QuantizeLinear', ['p', 'ys', 'yz'], ['yq']),
      node('DequantizeLinear', ['yq', 'ys', 'yz'], ['y'])], {'x': f(16, 24)},
     {'xs': scalar(0.1), 'xz': scalar(128, np.uint8), 'w': rng.integers(-3, 4, (24, 10)).astype(np.int8),
      'ws': scalar(0.1), 'wz': scalar(0, np.int8), 'ys': scalar(0.02), 'yz': scalar(128, np.uint8)})

# The channels on the last axis: integers, so that no sum is rounded.
image = {'x': np.round(8 * f(2, 7, 5, 6))}
case('channels_last_conv',
     [node('Conv', ['x', 'w', 'b'], ['y'], domain=LAST, kernel_shape=[3, 2], strides=[2, 1],
           pads=[1, 0, 1, 1], group=2, dilations=[1, 1])], image,
     {'w': np.round(4 * f(8, 3, 2, 3)), 'b': np.round(9 * f(8))}, qonnx=True,
     result=(2, 4, 5, 8))
case('channels_last_maxpool',
     [node('MaxPool', ['x'], ['y'], domain=LAST, kernel_shape=[3, 3], strides=[2, 2],
           pads=[1, 1, 1, 1])], image, qonnx=True, result=(2, 4, 3, 6))
case('channels_last_batchnorm',
     [node('BatchNormalization', ['x', 's', 'b', 'm', 'v'], ['y'], domain=LAST)], image,
     {'s': f(6), 'b': f(6), 'm': f(6), 'v': np.abs(f(6)) + 1}, qonnx=True,
     result=(2, 7, 5, 6))

# Ranges of floats, whose numbers are sums of the step.
for name, bounds in (('grid', (0, 20, 1)), ('tenths', (-0.3, 1, 0.1)), ('down', (2, -1, -0.7))):
    constants = dict(zip('sld', (scalar(v) for v in bounds)))
    size = len(np.arange(*bounds))
    case('range_' + name, [node('Range', ['s', 'l', 'd'], ['r']), node('Add', ['x', 'r'], ['y'])],
         {'x': f(2, size)}, constants)

# Images with the channels on the last axis.
for mode in ('nearest', 'linear'):
    case('resize_last_' + mode, [node('Resize', ['x', '', 's'], ['y'], mode=mode)],
         {'x': f(2, 3, 4, 5)}, {'s': np.array([1, 2, 1.5, 1], np.float32)})

# Coordinates of an image's extents, as exports with dynamic shapes have them.
case('range_shape',
     [node('Shape', ['x'], ['n'], start=1, end=2), node('Squeeze', ['n'], ['k']),
      node('Cast', ['k'], ['l'], to=T.FLOAT), node('Range', ['s', 'l', 'd'], ['r']),
      node('Add', ['x', 'r'], ['y'])], {'x': f(2, 7)}, {'s': scalar(0), 'd': scalar(1)})

# Recurrent operators: directions, layouts, gates, initial states, functions and weights in codes.
rng = np.random.default_rng(13)
for op, gates in (('RNN', 1), ('GRU', 3), ('LSTM', 4)):
    H, I, N, S = 5, 4, 2, 6
    W, R, B = f(1, gates * H, I), f(1, gates * H, H), f(1, 2 * gates * H)
    W2, R2, B2 = f(2, gates * H, I), f(2, gates * H, H), f(2, 2 * gates * H)
    memory = op == 'LSTM'
    outs = ['y', 'h', 'c'] if memory else ['y', 'h']
    x = {'x': f(S, N, I)}
    case(f'{op.lower()}', [node(op, ['x', 'W', 'R', 'B'], outs, hidden_size=H)], x,
         {'W': W, 'R': R, 'B': B}, outs)
    case(f'{op.lower()}_reverse', [node(op, ['x', 'W', 'R'], outs[:1], hidden_size=H,
                                        direction='reverse', clip=0.6)], x, {'W': W, 'R': R})
    initial = {'h0': f(2, N, H)} | ({'c0': f(2, N, H)} if memory else {})
    more = {'linear_before_reset': 1} if op == 'GRU' else {'input_forget': 1} if memory else {}
    case(f'{op.lower()}_bidirectional',
         [node(op, ['x', 'W', 'R', 'B', '', 'h0'] + (['c0'] if memory else []), outs, hidden_size=H,
               direction='bidirectional', **more)], x | initial,
         {'W': W2, 'R': R2, 'B': B2}, outs)
    functions = {'RNN': ['Relu'], 'GRU': ['HardSigmoid', 'Softsign'],
                 'LSTM': ['HardSigmoid', 'Relu', 'Tanh']}[op]
    case(f'{op.lower()}_functions',
         [node(op, ['x', 'W', 'R', 'B'], outs, hidden_size=H, activations=functions)], x,
         {'W': W / 4, 'R': R / 4, 'B': B}, outs)
    scale = np.float32(0.004)
    q = {'W8': codes(np.int8, 1, gates * H, I), 'R8': codes(np.int8, 1, gates * H, H), 'B': B,
         's': scale, 'z': np.int8(0)}
    case(f'{op.lower()}_qdq',
         [node('DequantizeLinear', ['W8', 's', 'z'], ['W']),
          node('DequantizeLinear', ['R8', 's', 'z'], ['R']),
          node(op, ['x', 'W', 'R', 'B'], outs, hidden_size=H)], x, q, outs)
x = {'x': f(6, 2, 4)}
case('lstm_peephole', [node('LSTM', ['x', 'W', 'R', 'B', '', '', '', 'P'], ['y', 'h', 'c'],
                            hidden_size=5)], x,
     {'W': f(1, 20, 4), 'R': f(1, 20, 5), 'B': f(1, 40), 'P': f(1, 15)}, ['y', 'h', 'c'])
# On several threads onnxruntime quantizes the states of a batch's rows apart.
options.intra_op_num_threads = 1
for dtype in (np.int8, np.uint8):
    zero = np.array([0, 0] if dtype == np.int8 else [120, 131], dtype)
    case(f'dynamic_lstm_{np.dtype(dtype).name}',
         [node('DynamicQuantizeLSTM',
               ['x', 'W', 'R', 'B', '', 'h0', 'c0', '', 'ws', 'wz', 'rs', 'rz'], ['y', 'h', 'c'],
               domain=MS, hidden_size=5, direction='bidirectional')],
         x | {'h0': f(2, 2, 5), 'c0': f(2, 2, 5)},
         {'W': codes(dtype, 2, 4, 20), 'R': codes(dtype, 2, 5, 20), 'B': f(2, 40),
          'ws': np.array([.004, .005], np.float32), 'wz': zero,
          'rs': np.array([.003, .004], np.float32), 'rz': zero}, ['y', 'h', 'c'])
