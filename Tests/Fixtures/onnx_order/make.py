"""Writes networks with float sums before quantizers as NAME.onnx, with what onnxruntime makes of them.

NAME.npz has the inputs (in0), the results of the network (right0), those of the same network with the terms
of its first product in other orders (right1, ... where they differ), and those with one weight of its first
product changed by one step, of 256 the one that changes results most (wrong0). onnxruntime 1.32.0 (CPU,
ORT_DISABLE_ALL, so unfused kernels); models are made here with onnx 1.23.2.

    python make.py
"""
import copy
import os

import numpy as np
import onnx
import onnxruntime as ort
from onnx import TensorProto as T, helper as h, numpy_helper as nh

here = os.path.dirname(os.path.abspath(__file__))
rng = np.random.default_rng(9)
node = h.make_node
options = ort.SessionOptions()
options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
options.log_severity_level = 3


def f(*shape):
    return rng.standard_normal(shape).astype(np.float32)


def scalar(value, dtype=np.float32):
    return np.array(value, dtype=dtype)


def tenths(*shape):
    """Multiples of 0.1, so that sums of products lie on ties of a quantizer now and then."""
    return np.round(8 * f(*shape)) * np.float32(0.1)


def int8(*shape):
    return rng.integers(-127, 128, shape).astype(np.int8)


def case(name, nodes, inputs, constants, axis):
    """`axis`: that of the weights along which the first product sums; of the input it is the second."""
    infos = [h.make_tensor_value_info(k, T.FLOAT, v.shape) for k, v in inputs.items()]
    graph = h.make_graph(nodes, 'g', infos, [onnx.ValueInfoProto(name='y')],
                         [nh.from_array(v, k) for k, v in constants.items()])
    model = h.make_model(graph, ir_version=10, opset_imports=[h.make_opsetid('', 21)])

    def results(weights, x):
        other = copy.deepcopy(model)
        for tensor in other.graph.initializer:
            if tensor.name == 'w':
                tensor.CopyFrom(nh.from_array(weights, 'w'))
        session = ort.InferenceSession(
            other.SerializeToString(), options, providers=['CPUExecutionProvider'])
        return session.run(None, {'x': x})[0]

    x, weights = inputs['x'], constants['w']
    right = [results(weights, x)]
    for _ in range(100):
        order = rng.permutation(x.shape[1])
        found = results(weights.take(order, axis), np.ascontiguousarray(x.take(order, 1)))
        if len(right) < 6 and not any(np.array_equal(found, other) for other in right):
            right.append(found)
    changes = []
    for index in range(min(weights.size, 256)):
        changed = weights.copy()
        changed.reshape(-1)[index] += 1 if changed.reshape(-1)[index] < 127 else -1
        changes.append(results(changed, x))
    wrong = max(changes, key=lambda found: np.abs(found - right[0]).sum())
    print(name, right[0].shape, [np.count_nonzero(v != right[0]) for v in right + [wrong]])
    arrays = {'in0': x, 'wrong0': wrong} | {f'right{i}': v for i, v in enumerate(right)}
    arrays = {f'{k}__{T.DataType.Name(h.np_dtype_to_tensor_dtype(v.dtype))}': v
              for k, v in arrays.items()}
    onnx.save(model, os.path.join(here, name + '.onnx'))
    np.savez_compressed(os.path.join(here, name + '.npz'), **arrays)


def weights(name, values, scale):
    """int8 weights as floats: nodes and constants."""
    return ([node('DequantizeLinear', [name, name + '.s', name + '.z'], [name + '.f'])],
            {name: values, name + '.s': scalar(scale), name + '.z': scalar(0, np.int8)})


def dynamic(x, out):
    return [node('DynamicQuantizeLinear', [x], [out, out + '.s', out + '.z'])]


# Scales at run time: codes of a float product's result times codes, scaled, and once more.
first, constants = weights('w', int8(64, 48), 0.01)
dense = first + [node('MatMul', ['x', 'w.f'], ['p'])] + dynamic('p', 'q') + [
    node('MatMulInteger', ['q', 'v', 'q.z', 'v.z'], ['i']), node('Cast', ['i'], ['c'], to=T.FLOAT),
    node('Mul', ['q.s', 'v.s'], ['s']), node('Mul', ['c', 's'], ['m']), node('Add', ['m', 'b'], ['a']),
    node('Relu', ['a'], ['r'])]
constants |= {'v': int8(48, 24), 'v.z': scalar(0, np.int8), 'v.s': scalar(0.004), 'b': f(24)}
case('dynamic_matmul', dense + [node('Identity', ['r'], ['y'])], {'x': f(4, 64)}, constants, 0)
case('dynamic_twice', dense + dynamic('r', 't') + [
    node('MatMulInteger', ['t', 'u', 't.z', 'u.z'], ['j']), node('Cast', ['j'], ['d'], to=T.FLOAT),
    node('Mul', ['t.s', 'u.s'], ['e']), node('Mul', ['d', 'e'], ['k']), node('Softmax', ['k'], ['y'])],
    {'x': f(2, 64)}, constants | {'u': int8(24, 10), 'u.z': scalar(0, np.int8), 'u.s': scalar(0.0002)}, 0)
case('dynamic_codes', dense + dynamic('r', 't') + [
    node('DequantizeLinear', ['t', 't.s', 't.z'], ['y'])], {'x': f(4, 64)}, constants, 0)

# Either of two values, by a condition.
case('dynamic_where', dense + [
    node('Greater', ['r', 'b'], ['g']), node('Where', ['g', 'r', 'b'], ['y'])], {'x': f(4, 64)},
    constants, 0)

# An image: convolution, a quantizer, resampling, a second convolution, a second quantizer.
for name, how in (
        ('nearest', dict(mode='nearest', nearest_mode='floor', coordinate_transformation_mode='asymmetric')),
        ('linear', dict(mode='linear', coordinate_transformation_mode='half_pixel'))):
    for kind in ('static', 'dynamic'):
        one, constants = weights('w', int8(8, 4, 5, 5), 0.004)
        two, more = weights('v', int8(6, 8, 3, 3), 0.004)
        if kind == 'static':
            steps = [node('QuantizeLinear', ['p', 'p.s', 'p.z'], ['q']),
                     node('DequantizeLinear', ['q', 'p.s', 'p.z'], ['d'])]
        else:
            steps = dynamic('p', 'q') + [node('DequantizeLinear', ['q', 'q.s', 'q.z'], ['d'])]
        case(f'resize_{name}_{kind}', one + two + [
            node('Conv', ['x', 'w.f', 'b'], ['p'], pads=[2] * 4)] + steps + [
            node('Resize', ['d', '', 'n'], ['e'], **how),
            node('Conv', ['e', 'v.f'], ['o'], pads=[1] * 4),
            node('QuantizeLinear', ['o', 'o.s', 'o.z'], ['r']),
            node('DequantizeLinear', ['r', 'o.s', 'o.z'], ['y'])],
            {'x': tenths(1, 4, 12, 12)}, constants | more | {
                'b': tenths(8), 'n': np.array([1, 1, 2, 2], np.float32), 'p.s': scalar(0.1),
                'p.z': scalar(128, np.uint8), 'o.s': scalar(0.15), 'o.z': scalar(128, np.uint8)}, 1)
