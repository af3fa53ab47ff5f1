"""Time of one inference, one thread each: LiteRT's default kernels (XNNPACK), its reference kernels,
onnxruntime int8 and hwsim, on the MLPerf Tiny models.

The graph for onnxruntime is rebuilt from the .tflite file as a QDQ graph with channels first, as
onnxruntime's own quantizer writes it; its outputs are compared with LiteRT's before anything is timed. The runtimes
take turns, so that what else the machine does falls on all of them; medians are printed.

    swift build -c release --package-path Benchmarks --product ModelBench
    python Benchmarks/models_against_runtimes.py MODELS [NAME...] [--bench PATH] [--rounds N]
        [--seconds S] [--keep FOLDER] [--path PATH]

MODELS holds NAME_int8.tflite (by default resnet8, vww_96, kws and ad01); of other names the graph for
onnxruntime is left out where its operators have no rule here. Needs ai-edge-litert 2.3, onnx 1.23,
onnxruntime 1.31 and numpy. FOLDER keeps the ONNX files.
"""
import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time

import numpy as np
import onnx
import onnxruntime
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.interpreter import Interpreter, OpResolverType
from onnx import TensorProto, helper, numpy_helper

here = os.path.dirname(os.path.abspath(__file__))
TYPES = {schema.TensorType.INT8: (np.int8, TensorProto.INT8),
         schema.TensorType.INT32: (np.int32, TensorProto.INT32)}


class Converter:
    """A .tflite file of 8-bit layers as a QDQ graph with channels first."""

    def __init__(self, path):
        with open(path, 'rb') as file:
            self.model = schema.ModelT.InitFromPackedBuf(file.read(), 0)
        self.graph = self.model.subgraphs[0]
        self.nodes, self.constants, self.values = [], [], {}

    def tensor(self, index):
        return self.graph.tensors[index]

    def data(self, index):
        tensor = self.tensor(index)
        raw = self.model.buffers[tensor.buffer].data
        return np.frombuffer(bytes(raw), TYPES[tensor.type][0]).reshape(tensor.shape)

    def shape(self, index):
        """The tensor's shape with channels first."""
        shape = [int(extent) for extent in self.tensor(index).shape]
        return [shape[0], shape[3], shape[1], shape[2]] if len(shape) == 4 else shape

    def constant(self, name, array):
        self.constants.append(numpy_helper.from_array(np.array(array, order='C'), name))
        return name

    def node(self, kind, inputs, name, **attributes):
        self.nodes.append(helper.make_node(kind, inputs, [name], name=name, **attributes))
        return name

    def quantization(self, index, name):
        q = self.tensor(index).quantization
        kind = TYPES[self.tensor(index).type][0]
        scale, zero = np.array(q.scale, np.float32), np.array(q.zeroPoint, kind)
        if len(scale) == 1:
            scale, zero = scale[0], zero[0]
        return [self.constant(name + '_scale', np.asarray(scale)),
                self.constant(name + '_zero', np.asarray(zero))]

    def value(self, index):
        """The float value of a tensor of codes."""
        if index not in self.values:
            codes = f't{index}'
            self.values[index] = self.node(
                'DequantizeLinear', [codes] + self.quantization(index, codes), codes + '_value')
        return self.values[index]

    def weights(self, index, array):
        """The float value of constant codes in another order of axes; axis 0 has the scales."""
        name = self.constant(f't{index}', array)
        axis = {'axis': 0} if len(self.tensor(index).quantization.scale) > 1 else {}
        return self.node('DequantizeLinear', [name] + self.quantization(index, name),
                         name + '_value', **axis)

    def store(self, index, value):
        """Codes of the tensor from its float value."""
        codes = f't{index}'
        self.node('QuantizeLinear', [value] + self.quantization(index, codes + '_out'), codes)

    def activated(self, value, index, function):
        """The activation where the codes' range does not imply it already."""
        q = self.tensor(index).quantization
        low = (-128 - int(q.zeroPoint[0])) * float(q.scale[0])
        high = (127 - int(q.zeroPoint[0])) * float(q.scale[0])
        bounds = {schema.ActivationFunctionType.NONE: (-np.inf, np.inf),
                  schema.ActivationFunctionType.RELU: (0, np.inf),
                  schema.ActivationFunctionType.RELU6: (0, 6)}[function]
        step = float(q.scale[0]) / 2
        if low >= bounds[0] - step and high <= bounds[1] + step:
            return value
        if bounds == (0, np.inf):
            return self.node('Relu', [value], value + '_relu')
        limits = [self.constant(f't{index}_{name}', np.float32(bound))
                  for name, bound in zip(('low', 'high'), bounds)]
        return self.node('Clip', [value] + limits, value + '_clip')

    def margins(self, options, source, target, kernel, dilations=(1, 1)):
        """Padding as ONNX takes it, computed as TensorFlow's SAME and VALID do."""
        if options.padding == schema.Padding.VALID:
            return [0, 0, 0, 0]
        before, after = [], []
        for axis, stride in enumerate((options.strideH, options.strideW)):
            extent = self.shape(source)[2 + axis]
            span = (kernel[axis] - 1) * dilations[axis] + 1
            total = max((self.shape(target)[2 + axis] - 1) * stride + span - extent, 0)
            before.append(total // 2)
            after.append(total - total // 2)
        return before + after

    def convert(self):
        names = {value: name for name, value in vars(schema.BuiltinOperator).items()
                 if isinstance(value, int)}
        for record in self.graph.operators:
            code = self.model.operatorCodes[record.opcodeIndex]
            name = names[max(code.builtinCode, code.deprecatedBuiltinCode)]
            getattr(self, 'convert_' + name)(record, record.builtinOptions)
        inputs = [helper.make_tensor_value_info(f't{i}', TensorProto.INT8, self.shape(i))
                  for i in self.graph.inputs]
        outputs = [helper.make_tensor_value_info(f't{i}', TensorProto.INT8, self.shape(i))
                   for i in self.graph.outputs]
        graph = helper.make_graph(self.nodes, 'converted', inputs, outputs, self.constants)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid('', 17)])
        model.ir_version = 9
        onnx.checker.check_model(model, full_check=True)
        return model

    def convolve(self, record, options, weights, group):
        source, filters, *bias = record.inputs
        target = record.outputs[0]
        inputs = [self.value(source), self.weights(filters, weights)]
        if bias:
            inputs.append(self.weights(bias[0], self.data(bias[0])))
        kernel = list(weights.shape[2:])
        dilations = [options.dilationHFactor, options.dilationWFactor]
        value = self.node(
            'Conv', inputs, f't{target}_sum', kernel_shape=kernel, group=group,
            strides=[options.strideH, options.strideW], dilations=dilations,
            pads=self.margins(options, source, target, kernel, dilations))
        self.store(target, self.activated(value, target, options.fusedActivationFunction))

    def convert_CONV_2D(self, record, options):
        self.convolve(record, options, self.data(record.inputs[1]).transpose(0, 3, 1, 2), 1)

    def convert_DEPTHWISE_CONV_2D(self, record, options):
        weights = self.data(record.inputs[1]).transpose(3, 0, 1, 2)
        self.convolve(record, options, weights, self.shape(record.inputs[0])[1])

    def convert_FULLY_CONNECTED(self, record, options):
        source, filters, *bias = record.inputs
        target = record.outputs[0]
        inputs = [self.value(source), self.weights(filters, self.data(filters))]
        if bias and bias[0] >= 0:
            inputs.append(self.weights(bias[0], self.data(bias[0])))
        value = self.node('Gemm', inputs, f't{target}_sum', transB=1)
        self.store(target, self.activated(value, target, options.fusedActivationFunction))

    def convert_ADD(self, record, options):
        target = record.outputs[0]
        value = self.node('Add', [self.value(i) for i in record.inputs], f't{target}_sum')
        self.store(target, self.activated(value, target, options.fusedActivationFunction))

    def convert_AVERAGE_POOL_2D(self, record, options):
        source, target = record.inputs[0], record.outputs[0]
        kernel = [options.filterHeight, options.filterWidth]
        if self.shape(source)[2:] == kernel and self.shape(target)[2:] == [1, 1]:
            value = self.node('GlobalAveragePool', [self.value(source)], f't{target}_mean')
        else:
            value = self.node(
                'AveragePool', [self.value(source)], f't{target}_mean', kernel_shape=kernel,
                strides=[options.strideH, options.strideW],
                pads=self.margins(options, source, target, kernel))
        self.store(target, self.activated(value, target, options.fusedActivationFunction))

    def convert_RESHAPE(self, record, options):
        source, target = record.inputs[0], record.outputs[0]
        value, shape = self.value(source), self.shape(source)
        if len(shape) == 4 and shape[1] > 1 and shape[2] * shape[3] > 1:
            value = self.node('Transpose', [value], f't{target}_last', perm=[0, 2, 3, 1])
        shape = self.constant(f't{target}_shape', np.array(self.shape(target), np.int64))
        self.store(target, self.node('Reshape', [value, shape], f't{target}_reshaped'))

    def convert_SOFTMAX(self, record, options):
        assert options.beta == 1
        target = record.outputs[0]
        self.store(target, self.node('Softmax', [self.value(record.inputs[0])],
                                     f't{target}_softmax', axis=-1))


class LiteRT:
    def __init__(self, path, resolver):
        self.interpreter = Interpreter(path, num_threads=1, experimental_op_resolver_type=resolver)
        self.interpreter.allocate_tensors()
        self.input = self.interpreter.get_input_details()[0]
        self.output = self.interpreter.get_output_details()[0]['index']

    def codes(self, x):
        self.interpreter.set_tensor(self.input['index'], x)
        self.interpreter.invoke()
        return self.interpreter.get_tensor(self.output)

    def call(self):
        return self.interpreter.invoke


class ONNXRuntime:
    def __init__(self, path, shape):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        self.session = onnxruntime.InferenceSession(path, options,
                                                    providers=['CPUExecutionProvider'])
        self.input, self.output = self.session.get_inputs()[0], self.session.get_outputs()[0]
        # Buffers are bound once: a plain run copies and checks them at every call.
        self.binding = self.session.io_binding()
        self.x = onnxruntime.OrtValue.ortvalue_from_numpy(np.zeros(shape, np.int8))
        self.y = onnxruntime.OrtValue.ortvalue_from_numpy(np.zeros(self.output.shape, np.int8))
        self.binding.bind_ortvalue_input(self.input.name, self.x)
        self.binding.bind_ortvalue_output(self.output.name, self.y)

    def codes(self, x):
        return self.session.run(None, {self.input.name: x})[0]

    def call(self):
        run, binding = self.session._sess.run_with_iobinding, self.binding._iobinding
        return lambda: run(binding, None)


def microseconds(call, budget):
    """Median time of one call, of batches that together take the budget."""
    call()
    calls, taken = 1, 0.0
    while True:
        begin = time.perf_counter()
        for _ in range(calls):
            call()
        taken = time.perf_counter() - begin
        if taken > budget / 20:
            break
        calls *= 2
    times, end = [], time.perf_counter() + budget
    while True:
        begin = time.perf_counter()
        for _ in range(calls):
            call()
        now = time.perf_counter()
        times.append((now - begin) / calls)
        if now > end:
            return statistics.median(times) * 1e6


def mean_difference(reference, runtime):
    """Codes that two runtimes differ by on random inputs."""
    generator = np.random.default_rng(1)
    differences = []
    for _ in range(20):
        x = generator.integers(-128, 128, reference.input['shape']).astype(np.int8)
        first = x.transpose(0, 3, 1, 2) if x.ndim == 4 else x
        y, z = reference.codes(x).astype(int), runtime.codes(first).astype(int)
        differences.append(np.abs(y - z.reshape(y.shape)).mean())
    return float(np.mean(differences))


def hwsim(bench, path, budget, kernels):
    command = [bench, path, str(budget)] + (['--path', kernels] if kernels else [])
    answer = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return json.loads(answer.splitlines()[0])['median_us']


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('models')
    parser.add_argument('names', nargs='*', default=['resnet8', 'vww_96', 'kws', 'ad01'])
    parser.add_argument('--bench', default=os.path.join(here, '.build', 'release', 'ModelBench'))
    parser.add_argument('--rounds', type=int, default=7)
    parser.add_argument('--seconds', type=float, default=0.3)
    parser.add_argument('--keep', default=None)
    parser.add_argument('--path', default=None)
    arguments = parser.parse_args()
    folder = arguments.keep or tempfile.mkdtemp()
    os.makedirs(folder, exist_ok=True)
    onnxruntime.set_default_logger_severity(3)

    header = ['XNNPACK', 'reference', 'onnxruntime', 'hwsim', 'hwsim ONNX']
    print('microseconds a sample, one thread, medians of', arguments.rounds, 'rounds')
    print(f'{"model":8}' + ''.join(f'{name:>13}' for name in header)
          + f'{"x reference":>13}{"x ort":>8}{"x XNNPACK":>11}{"ONNX x ort":>12}')
    for name in arguments.names:
        path = os.path.join(arguments.models, name + '_int8.tflite')
        fast = LiteRT(path, OpResolverType.AUTO)
        reference = LiteRT(path, OpResolverType.BUILTIN_REF)
        calls = {
            'XNNPACK': lambda s, call=fast.call(): microseconds(call, s),
            'reference': lambda s, call=reference.call(): microseconds(call, s),
            'hwsim': lambda s, path=path: hwsim(arguments.bench, path, s, arguments.path),
        }
        converter = Converter(path)
        converted = os.path.join(folder, name + '_qdq.onnx')
        try:
            onnx.save(converter.convert(), converted)
        except AttributeError as missing:
            note = str(missing).split("'")[-2].removeprefix('convert_')
            note = f'no ONNX graph: no rule for {note}'
        else:
            runtime = ONNXRuntime(converted, converter.shape(converter.graph.inputs[0]))
            difference = mean_difference(reference, runtime)
            # Both round differently; a softmax spreads one code of its input over several.
            if difference > 3:
                sys.exit(f'{name}: the ONNX graph differs from LiteRT by {difference} codes on average')
            note = f'mean difference of the ONNX graph from LiteRT: {difference:.2f} codes'
            calls['onnxruntime'] = lambda s, call=runtime.call(): microseconds(call, s)
            calls['hwsim ONNX'] = lambda s, path=converted: hwsim(
                arguments.bench, path, s, arguments.path)
        times = {key: [] for key in calls}
        for _ in range(arguments.rounds):
            for key, call in calls.items():
                times[key].append(call(arguments.seconds))

        def median(key, width):
            return f'{statistics.median(times[key]):{width}.1f}' if key in times else ' ' * width

        def ratio(slow, quick, width, digits=2):
            if slow not in times or quick not in times:
                return ' ' * width
            quotients = [a / b for a, b in zip(times[slow], times[quick])]
            return f'{statistics.median(quotients):{width}.{digits}f}'

        print(f'{name:8}' + ''.join(median(key, 13) for key in header)
              + ratio('reference', 'hwsim', 13, 1) + ratio('onnxruntime', 'hwsim', 8)
              + ratio('XNNPACK', 'hwsim', 11) + ratio('onnxruntime', 'hwsim ONNX', 12)
              + f'   ({note})', flush=True)


main()
