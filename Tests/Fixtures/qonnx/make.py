"""Writes a small float network, what `hwsim search` makes of it, and what qonnx computes from that.

The network has what decides how quantizers stand in a file: inputs with negative numbers, a
depthwise and a grouped convolution, an addition that reads the input tensor of a layer, a tensor that
two layers read, products with both orders of weights, a factor of a product, and a softmax at the end.

Beside this file: network.onnx, inputs.npy, calibration.npy; for each of `cases` below NAME.onnx, the
QONNX model that hwsim search writes with these options, and NAME.npz, what qonnx's own executor makes
of it.

Versions used: onnx 1.23.2, onnxruntime 1.31.1, qonnx 1.0.0, numpy 2.4.6.
Command: python Tests/Fixtures/qonnx/make.py path/to/hwsim
"""
import os
import subprocess
import sys
import tempfile

import numpy as np
import onnx
import qonnx.core.onnx_exec as executor
from onnx import TensorProto, helper, numpy_helper
from qonnx.core.modelwrapper import ModelWrapper
from qonnx.transformation.infer_shapes import InferShapes

here = os.path.dirname(os.path.abspath(__file__))
rng = np.random.default_rng(5)


def constant(name, *shape):
    fan = max(int(np.prod(shape[1:])), 1)
    return numpy_helper.from_array((rng.normal(size=shape) / np.sqrt(fan)).astype(np.float32), name)


def rounds_both_ways():
    """Weights of which the fourth lies between two integers of 4 bits, so that float32 and float64
    round it to different sides."""
    values = rng.normal(size=(3, 3, 1, 1)).astype(np.float32)
    for _ in range(100000):
        largest = np.float32(rng.uniform(0.5, 1))
        scale = np.float64(largest) / 7
        weight = np.float32(2.5 * scale)
        exact = np.rint(np.float64(weight) / scale)
        rounded = np.rint(weight / np.float32(scale))
        if exact != rounded:
            values[1] *= 0.4 * largest / np.abs(values[1]).max()
            values[1, 0, 0, 0], values[1, 1, 0, 0] = largest, weight
            return numpy_helper.from_array(values, 'side.weight')
    raise SystemExit('no such weight')


node = helper.make_node
nodes = [
    node('Conv', ['image', 'first.weight', 'first.bias'], ['first.sum'], 'first', pads=[1] * 4),
    node('Relu', ['first.sum'], ['first.relu']),
    node('Conv', ['first.relu', 'depth.weight', 'depth.bias'], ['depth.sum'], 'depth', group=4, pads=[1] * 4),
    node('Add', ['depth.sum', 'first.relu'], ['joined']),
    node('Conv', ['joined', 'group.weight'], ['group.sum'], 'group', group=2, strides=[2, 2]),
    node('Conv', ['image', 'side.weight'], ['side.sum'], 'side'),
    node('MaxPool', ['side.sum'], ['side.pool'], kernel_shape=[2, 2], strides=[2, 2]),
    node('Flatten', ['group.sum'], ['group.flat'], axis=1),
    node('Flatten', ['side.pool'], ['side.flat'], axis=1),
    node('Gemm', ['group.flat', 'left.weight', 'left.bias'], ['left.sum'], 'left', alpha=0.5),
    node('Gemm', ['side.flat', 'right.weight', 'right.bias'], ['right.sum'], 'right', transB=1),
    node('Add', ['left.sum', 'right.sum'], ['sum']),
    node('Relu', ['sum'], ['sum.relu']),
    node('MatMul', ['sum.relu', 'scores.weight'], ['scores.sum'], 'scores'),
    node('Add', ['scores.sum', 'scores.bias'], ['logits']),
    node('Softmax', ['logits'], ['probabilities'], axis=-1),
]
constants = [
    constant('first.weight', 4, 3, 3, 3), constant('first.bias', 4), constant('depth.weight', 4, 1, 3, 3),
    constant('depth.bias', 4), constant('group.weight', 6, 2, 2, 2), rounds_both_ways(),
    constant('left.weight', 54, 8), constant('left.bias', 8), constant('right.weight', 8, 27),
    constant('right.bias', 8), constant('scores.weight', 8, 5), constant('scores.bias', 5),
]
graph = helper.make_graph(
    nodes, 'joined', [helper.make_tensor_value_info('image', TensorProto.FLOAT, ['N', 3, 6, 6])],
    [helper.make_tensor_value_info('probabilities', TensorProto.FLOAT, ['N', 5])], constants)
network = helper.make_model(
    graph, opset_imports=[helper.make_opsetid('', 13)], ir_version=8, producer_name='Tests/Fixtures/qonnx/make.py')
onnx.checker.check_model(network)
path = os.path.join(here, 'network.onnx')
onnx.save(network, path)
images = rng.normal(size=(40, 3, 6, 6)).astype(np.float32)
np.save(os.path.join(here, 'calibration.npy'), images[:16])
np.save(os.path.join(here, 'inputs.npy'), images[16:])

# The executor builds a model a node with the newest schema version that onnx knows.
make_model = executor.qonnx_make_model


def make_older_model(*arguments, **options):
    model = make_model(*arguments, **options)
    model.ir_version = 10
    return model


executor.qonnx_make_model = make_older_model
cases = {
    'w4a6': ['--candidates', 'w4a6'],
    'w2a3': ['--candidates', 'w2a3'],
    'mixed': ['--candidates', 'w5a4', '--ties', 'none', '--fix', 'side=w3a7', '--fix', 'depth=w8a2',
              '--exclude', 'right'],
}
for candidate, options in cases.items():
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(
            [sys.argv[1], 'search', path, '--inputs', os.path.join(here, 'inputs.npy'), '--calibration',
             os.path.join(here, 'calibration.npy'), '--evaluations', '1', '-o', folder] + options,
            check=True, stdout=subprocess.DEVNULL)
        with open(os.path.join(folder, 'A.qonnx.onnx'), 'rb') as file:
            written = file.read()
    with open(os.path.join(here, candidate + '.onnx'), 'wb') as file:
        file.write(written)
    model = ModelWrapper(onnx.load_from_string(written))
    onnx.checker.check_model(model.model)
    inputs = images[16:]
    model.set_tensor_shape('image', list(inputs.shape))
    model.set_tensor_shape('probabilities', [len(inputs), 5])
    model = model.transform(InferShapes())
    values = executor.execute_onnx(model, {'image': inputs}, return_full_exec_context=True)
    np.savez(os.path.join(here, candidate + '.npz'), **{name: values[name] for name in ['probabilities', 'logits']})
