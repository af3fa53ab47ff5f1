"""Trains a small depthwise-separable CNN on scikit-learn's digits and quantizes it to int8.

Writes, beside this file: model.tflite (full integer quantization by TensorFlow's converter),
input.npy (int8 codes), labels.npy, output.npy and trace.npz (what LiteRT's reference kernels
compute from them; the trace is named #<tensor index>), model.onnx (the same network quantized by
onnxruntime: QuantizeLinear and DequantizeLinear around each operator, uint8 and int8 per channel),
onnx_input.npy (float32), onnx_output.npy (what onnxruntime computes without optimizations).

Versions used: onnx 1.23.2, onnxruntime 1.31.1, tensorflow-cpu 2.21.0, ai-edge-litert 2.3.0, scikit-learn 1.9.1, numpy 2.4.6.
Command: python examples/digits_cnn/make.py
"""
import os
os.environ['TF_CPP_MIN_LOG_LEVEL'] = '3'
os.environ['CUDA_VISIBLE_DEVICES'] = ''

import tempfile

import numpy as np
import onnx
import onnxruntime
import tensorflow as tf
from ai_edge_litert.interpreter import Interpreter, OpResolverType
from onnxruntime.quantization import (CalibrationDataReader, QuantFormat, QuantType,
                                      quantize_static)
from sklearn.datasets import load_digits

SAMPLES = 100
here = os.path.dirname(os.path.abspath(__file__))

tf.keras.utils.set_random_seed(1)
digits = load_digits()
images = (digits.images / 16.0).astype(np.float32)[..., None]
order = np.random.default_rng(0).permutation(len(images))
train, test = order[:1500], order[1500:]

layers = tf.keras.layers
inputs = tf.keras.Input((8, 8, 1), name='image')
x = layers.Conv2D(8, 3, padding='same', activation='relu', name='stem')(inputs)
for number, (filters, stride) in enumerate([(16, 1), (24, 2), (32, 1)], 1):
    x = layers.DepthwiseConv2D(3, stride, padding='same', activation='relu', name=f'depthwise{number}')(x)
    x = layers.Conv2D(filters, 1, activation='relu', name=f'pointwise{number}')(x)
skip = x
x = layers.DepthwiseConv2D(3, padding='same', activation='relu', name='depthwise4')(x)
x = layers.Conv2D(32, 1, name='pointwise4')(x)
x = layers.Add(name='residual')([x, skip])
x = layers.GlobalAveragePooling2D(name='average')(x)
outputs = layers.Dense(10, activation='softmax', name='classes')(x)
model = tf.keras.Model(inputs, outputs)
model.compile('adam', 'sparse_categorical_crossentropy', metrics=['accuracy'])
model.fit(images[train], digits.target[train], epochs=60, batch_size=32, verbose=0)

converter = tf.lite.TFLiteConverter.from_keras_model(model)
converter.optimizations = [tf.lite.Optimize.DEFAULT]
converter.representative_dataset = lambda: ([images[i:i + 1]] for i in train[:200])
converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
converter.inference_input_type = converter.inference_output_type = tf.int8
data = converter.convert()
open(os.path.join(here, 'model.tflite'), 'wb').write(data)

interpreter = Interpreter(
    model_content=data, experimental_op_resolver_type=OpResolverType.BUILTIN_REF,
    experimental_preserve_all_tensors=True)
interpreter.allocate_tensors()
source, result = interpreter.get_input_details()[0], interpreter.get_output_details()[0]
scale, zero = source['quantization']
chosen = test[:SAMPLES]
codes = np.clip(np.round(images[chosen] / scale) + zero, -128, 127).astype(np.int8)
written = sorted({int(t) for op in interpreter._get_ops_details() for t in op['outputs']})
rows, trace = [], {f'#{t}': [] for t in written}
for sample in codes:
    interpreter.set_tensor(source['index'], sample[None])
    interpreter.invoke()
    rows.append(interpreter.get_tensor(result['index']))
    for tensor in written:
        trace[f'#{tensor}'].append(interpreter.get_tensor(tensor))
outputs = np.concatenate(rows)
print('accuracy', np.mean(outputs.argmax(1) == digits.target[chosen]), 'bytes', len(data))
np.save(os.path.join(here, 'input.npy'), codes)
np.save(os.path.join(here, 'labels.npy'), digits.target[chosen])
np.save(os.path.join(here, 'output.npy'), outputs)
np.savez_compressed(os.path.join(here, 'trace.npz'),
                    **{name: np.concatenate(values)[:20] for name, values in trace.items()})

# The same network as ONNX, channels first.
nodes, weights = [], []


def constant(name, value):
    weights.append(onnx.numpy_helper.from_array(np.ascontiguousarray(value, np.float32), name))
    return name


def operator(kind, sources, result, **attributes):
    nodes.append(onnx.helper.make_node(kind, sources, [result], name=result, **attributes))
    return result


def convolution(name, source, relu=True):
    layer = model.get_layer(name)
    kernel, bias = layer.get_weights()
    depthwise = name.startswith('depthwise')
    kernel = kernel.transpose(2, 3, 0, 1) if depthwise else kernel.transpose(3, 2, 0, 1)
    size, stride = kernel.shape[2], layer.strides[0]
    # What TensorFlow calls SAME: all images here have an even size.
    before, after = (size - stride) // 2, (size - stride + 1) // 2
    y = operator('Conv', [source, constant(name + '_w', kernel), constant(name + '_b', bias)],
                 name, kernel_shape=[size, size], strides=[stride, stride],
                 pads=[before, before, after, after], group=kernel.shape[0] if depthwise else 1)
    return operator('Relu', [y], name + '_relu') if relu else y


y = convolution('stem', 'image')
for number in (1, 2, 3):
    y = convolution(f'pointwise{number}', convolution(f'depthwise{number}', y))
skip = y
y = convolution('pointwise4', convolution('depthwise4', y), relu=False)
y = operator('GlobalAveragePool', [operator('Add', [y, skip], 'residual')], 'average')
y = operator('Flatten', [y], 'features', axis=1)
matrix, bias = model.get_layer('classes').get_weights()
operator('Gemm', [y, constant('classes_w', matrix), constant('classes_b', bias)], 'scores')
values = [onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, shape)
          for name, shape in (('image', ['N', 1, 8, 8]), ('scores', ['N', 10]))]
network = onnx.helper.make_model(
    onnx.helper.make_graph(nodes, 'digits', values[:1], values[1:], weights),
    opset_imports=[onnx.helper.make_opsetid('', 17)], ir_version=8, producer_name='make.py')
onnx.checker.check_model(network)


class Calibration(CalibrationDataReader):
    def __init__(self):
        self.rows = iter(train[:200])

    def get_next(self):
        row = next(self.rows, None)
        return None if row is None else {'image': images[row].transpose(2, 0, 1)[None]}


with tempfile.TemporaryDirectory() as folder:
    onnx.save(network, os.path.join(folder, 'float.onnx'))
    quantize_static(os.path.join(folder, 'float.onnx'), os.path.join(here, 'model.onnx'),
                    Calibration(), quant_format=QuantFormat.QDQ, per_channel=True,
                    activation_type=QuantType.QUInt8, weight_type=QuantType.QInt8)
options = onnxruntime.SessionOptions()
options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
session = onnxruntime.InferenceSession(os.path.join(here, 'model.onnx'), options,
                                       providers=['CPUExecutionProvider'])
source = np.ascontiguousarray(images[chosen].transpose(0, 3, 1, 2))
scores = session.run(None, {'image': source})[0]
print('ONNX accuracy', np.mean(scores.argmax(1) == digits.target[chosen]))
np.save(os.path.join(here, 'onnx_input.npy'), source)
np.save(os.path.join(here, 'onnx_output.npy'), scores)
