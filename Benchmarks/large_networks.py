"""Networks of 224 x 224 images with random weights, quantized by onnxruntime's quantizer: milliseconds an
image of onnxruntime (as it is, and with no optimization), and of `hwsim run` from file to file; what
reading costs a weight; and the memory for few and many images. One thread, processor time.

    python Benchmarks/large_networks.py [NAME...] [--hwsim PATH] [--folder DIR] [--activations KIND]

NAME is resnet18, resnet50, mobilenetv2, vgg11 or vit_tiny (default: all). KIND is int8 (default), uint8 or
symmetric; networks with symmetric activations keep their Relu nodes. DIR keeps the files. HWSIM_KERNEL
forces a kernel path. Needs numpy, onnx 1.23, onnxruntime 1.32.
"""
import argparse
import os
import subprocess
import tempfile
import time

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static

here = os.path.dirname(os.path.abspath(__file__))


class Network:
    """A float network, written operator by operator."""

    def __init__(self):
        self.random = np.random.default_rng(0)
        self.nodes, self.constants = [], []

    def constant(self, array):
        name = f'c{len(self.constants)}'
        self.constants.append(numpy_helper.from_array(np.array(array, order='C'), name))
        return name

    def normal(self, deviation, shape):
        return self.constant(self.random.normal(0, deviation, shape).astype(np.float32))

    def op(self, kind, *inputs, **attributes):
        name = f'{kind}_{len(self.nodes)}'
        self.nodes.append(helper.make_node(kind, list(inputs), [name], name=name, **attributes))
        return name

    def conv(self, x, channels, filters, kernel, stride=1, groups=1, activation='Relu'):
        depth = channels // groups * kernel * kernel
        weights = self.normal(np.sqrt(2 / depth), (filters, channels // groups, kernel, kernel))
        y = self.op('Conv', x, weights, self.normal(.05, filters), kernel_shape=[kernel] * 2,
                    strides=[stride] * 2, pads=[kernel // 2] * 4, group=groups)
        if activation == 'Relu':
            return self.op('Relu', y)
        if activation == 'Relu6':
            return self.op('Clip', y, self.constant(np.float32(0)), self.constant(np.float32(6)))
        return y

    def dense(self, x, inputs, outputs, activation=None):
        y = self.op('Gemm', x, self.normal(np.sqrt(1 / inputs), (inputs, outputs)),
                    self.constant(np.zeros(outputs, np.float32)))
        return self.op(activation, y) if activation else y

    def project(self, x, inputs, outputs):
        y = self.op('MatMul', x, self.normal(np.sqrt(1 / inputs), (inputs, outputs)))
        return self.op('Add', y, self.constant(np.zeros(outputs, np.float32)))

    def save(self, y, path):
        x = helper.make_tensor_value_info('x', TensorProto.FLOAT, ['N', 3, 224, 224])
        graph = helper.make_graph(
            self.nodes, 'network', [x], [helper.make_tensor_value_info(y, TensorProto.FLOAT, None)],
            self.constants)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid('', 17)])
        model.ir_version = 8
        onnx.save(model, path)


def resnet(net, blocks, is_deep):
    y = net.op('MaxPool', net.conv('x', 3, 64, 7, 2), kernel_shape=[3, 3], strides=[2, 2],
               pads=[1] * 4)
    channels = 64
    for stage, count in enumerate(blocks):
        width = 64 << stage
        for block in range(count):
            stride = 2 if stage and not block else 1
            filters = width * (4 if is_deep else 1)
            shortcut = y
            if is_deep:
                y = net.conv(net.conv(y, channels, width, 1), width, width, 3, stride)
                y = net.conv(y, width, filters, 1, activation=None)
            else:
                y = net.conv(net.conv(y, channels, width, 3, stride), width, filters, 3,
                             activation=None)
            if stride > 1 or channels != filters:
                shortcut = net.conv(shortcut, channels, filters, 1, stride, activation=None)
            y = net.op('Relu', net.op('Add', y, shortcut))
            channels = filters
    return net.dense(net.op('Flatten', net.op('GlobalAveragePool', y)), channels, 1000)


def mobilenetv2(net):
    y, channels = net.conv('x', 3, 32, 3, 2, activation='Relu6'), 32
    stages = [(1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1),
              (6, 160, 3, 2), (6, 320, 1, 1)]
    for expansion, filters, count, stride in stages:
        for block in range(count):
            shortcut, width = y, channels * expansion
            if expansion > 1:
                y = net.conv(y, channels, width, 1, activation='Relu6')
            y = net.conv(y, width, width, 3, 1 if block else stride, width, 'Relu6')
            y = net.conv(y, width, filters, 1, activation=None)
            if block:
                y = net.op('Add', y, shortcut)
            channels = filters
    y = net.conv(y, channels, 1280, 1, activation='Relu6')
    return net.dense(net.op('Flatten', net.op('GlobalAveragePool', y)), 1280, 1000)


def vgg11(net):
    y, channels = 'x', 3
    for filters in [64, 0, 128, 0, 256, 256, 0, 512, 512, 0, 512, 512, 0]:
        if filters:
            y, channels = net.conv(y, channels, filters, 3), filters
        else:
            y = net.op('MaxPool', y, kernel_shape=[2, 2], strides=[2, 2])
    y = net.dense(net.op('Flatten', y), 512 * 49, 4096, 'Relu')
    return net.dense(net.dense(y, 4096, 4096, 'Relu'), 4096, 1000)


def vit_tiny(net):
    width, heads, tokens = 192, 3, 196
    y = net.op('Conv', 'x', net.normal(.05, (width, 3, 16, 16)),
               net.constant(np.zeros(width, np.float32)), kernel_shape=[16, 16], strides=[16, 16])

    def shape(*extents):
        return net.constant(np.array(extents, np.int64))

    y = net.op('Transpose', net.op('Reshape', y, shape(0, width, tokens)), perm=[0, 2, 1])
    one, zero = (net.constant(np.full(width, v, np.float32)) for v in (1, 0))
    apart, joined = shape(0, tokens, heads, width // heads), shape(0, tokens, width)
    for _ in range(12):
        x = net.op('LayerNormalization', y, one, zero, axis=-1)
        q, k, v = (net.op('Transpose', net.op('Reshape', net.project(x, width, width), apart),
                          perm=perm) for perm in ([0, 2, 1, 3], [0, 2, 3, 1], [0, 2, 1, 3]))
        scores = net.op('Mul', net.op('MatMul', q, k), net.constant(np.float32(.125)))
        x = net.op('MatMul', net.op('Softmax', scores, axis=-1), v)
        x = net.op('Reshape', net.op('Transpose', x, perm=[0, 2, 1, 3]), joined)
        y = net.op('Add', y, net.project(x, width, width))
        x = net.op('LayerNormalization', y, one, zero, axis=-1)
        x = net.project(x, width, 4 * width)
        erf = net.op('Erf', net.op('Mul', x, net.constant(np.float32(.5 ** .5))))
        x = net.op('Mul', x, net.op('Add', erf, net.constant(np.float32(1))))
        x = net.op('Mul', x, net.constant(np.float32(.5)))
        y = net.op('Add', y, net.project(x, 4 * width, width))
    y = net.op('ReduceMean', net.op('LayerNormalization', y, one, zero, axis=-1), axes=[1],
               keepdims=0)
    return net.dense(y, width, 1000)


NETWORKS = {'resnet18': lambda net: resnet(net, [2, 2, 2, 2], False),
            'resnet50': lambda net: resnet(net, [3, 4, 6, 3], True),
            'mobilenetv2': mobilenetv2, 'vgg11': vgg11, 'vit_tiny': vit_tiny}


class Calibration(CalibrationDataReader):
    def __init__(self):
        self.left = [images(1, seed) for seed in (1, 2)]

    def get_next(self):
        return {'x': self.left.pop()} if self.left else None


def images(count, seed):
    return np.random.default_rng(seed).normal(0, 1, (count, 3, 224, 224)).astype(np.float32)


def quantized(name, kind, folder):
    path = os.path.join(folder, f'{name}_{kind}.onnx')
    if not os.path.exists(path):
        plain = os.path.join(folder, f'{name}.onnx')
        net = Network()
        net.save(NETWORKS[name](net), plain)
        quantize_static(
            plain, path, Calibration(), quant_format=QuantFormat.QDQ, per_channel=True,
            activation_type=QuantType.QUInt8 if kind == 'uint8' else QuantType.QInt8,
            weight_type=QuantType.QInt8,
            extra_options={'ActivationSymmetric': kind == 'symmetric', 'WeightSymmetric': True})
    return path


def weights(path):
    return sum(int(np.prod(t.dims)) for t in onnx.load(path).graph.initializer)


def onnxruntime_ms(path, level):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.graph_optimization_level = level
    session = onnxruntime.InferenceSession(path, options, providers=['CPUExecutionProvider'])
    x = {'x': images(1, 9)}
    session.run(None, x)
    times = []
    for _ in range(5):
        start = time.process_time()
        session.run(None, x)
        times.append(time.process_time() - start)
    return sorted(times)[2] * 1e3


def run(tool, path, inputs, folder):
    """Processor seconds and MiB of one run."""
    child = subprocess.Popen(
        [tool, 'run', path, '--inputs', inputs, '--threads', '1', '--output',
         os.path.join(folder, 'outputs.npz')], stdout=subprocess.DEVNULL)
    # The peak that wait4 gives begins with this process's own.
    peak, status = 0, None
    while status is None:
        with open(f'/proc/{child.pid}/status') as file:
            peak = max([peak] + [int(line.split()[1]) for line in file if line.startswith('VmHWM')])
        pid, code, usage = os.wait4(child.pid, os.WNOHANG)
        if pid:
            status = code
        else:
            time.sleep(.01)
    if status:
        raise SystemExit(f'hwsim run {path} failed')
    return usage.ru_utime + usage.ru_stime, peak / 1024


def main():
    options = argparse.ArgumentParser()
    options.add_argument('names', nargs='*', default=list(NETWORKS))
    options.add_argument('--hwsim', default=os.path.join(here, '../.build/release/hwsim'))
    options.add_argument('--folder')
    options.add_argument('--activations', default='int8', choices=['int8', 'uint8', 'symmetric'])
    given = options.parse_args()
    folder = given.folder or tempfile.mkdtemp()
    counts = (4, 20)
    for count in counts:
        np.save(os.path.join(folder, f'images{count}.npy'), images(count, 9))
    levels = onnxruntime.GraphOptimizationLevel
    print(f"kernels: {os.environ.get('HWSIM_KERNEL', 'as the machine has them')}; "
          f'activations {given.activations}')
    print('| network | onnxruntime | without optimization | hwsim | of unoptimized | ns a weight | '
          'MiB, 4 images | 20 |')
    print('| --- | --- | --- | --- | --- | --- | --- | --- |')
    empty = min(run(given.hwsim, *smallest(folder), folder)[0] for _ in range(3))
    for name in given.names:
        path = quantized(name, given.activations, folder)
        fused, plain = (onnxruntime_ms(path, level)
                        for level in (levels.ORT_ENABLE_ALL, levels.ORT_DISABLE_ALL))
        found = []
        for _ in range(3):
            (few, small), (many, large) = (
                run(given.hwsim, path, os.path.join(folder, f'images{count}.npy'), folder)
                for count in counts)
            each = (many - few) / (counts[1] - counts[0])
            found.append((each * 1e3, few - counts[0] * each - empty, small, large))
        each = sorted(row[0] for row in found)[1]
        load = max(min(row[1] for row in found), 0) / weights(path) * 1e9
        print(f'| {name} | {fused:.1f} | {plain:.1f} | {each:.1f} | {plain / each:.2f} | {load:.1f} | '
              f'{found[0][2]:.0f} | {found[0][3]:.0f} |', flush=True)


def smallest(folder):
    """A network of one operator and its input: what a run costs whatever it runs."""
    path, inputs = os.path.join(folder, 'smallest.onnx'), os.path.join(folder, 'smallest.npy')
    x, y = (helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, 4]) for name in 'xy')
    q = [helper.make_node('QuantizeLinear', ['x', 's', 'z'], ['q']),
         helper.make_node('DequantizeLinear', ['q', 's', 'z'], ['y'])]
    constants = [numpy_helper.from_array(np.float32(.5), 's'),
                 numpy_helper.from_array(np.int8(0), 'z')]
    model = helper.make_model(helper.make_graph(q, 'smallest', [x], [y], constants),
                              opset_imports=[helper.make_opsetid('', 17)])
    model.ir_version = 8
    onnx.save(model, path)
    np.save(inputs, np.zeros((1, 4), np.float32))
    return path, inputs


if __name__ == '__main__':
    main()
