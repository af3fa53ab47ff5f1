"""Trains a small float network on scikit-learn's digits and writes it as ONNX, for hwsim search.

Writes, beside this file: network.onnx (4 convolutions, one of them depthwise, and 2 dense layers),
calibration.npy (200 training images), images.npy and classes.npy (297 test images and their labels).

Versions used: keras 3.15.1 (jax back end), onnx 1.23.2, scikit-learn 1.9.1, numpy 2.4.6.
Command: python examples/digits/make_float.py
"""
import os
os.environ.setdefault('KERAS_BACKEND', 'jax')

import keras
import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from sklearn.datasets import load_digits

here = os.path.dirname(os.path.abspath(__file__))
keras.utils.set_random_seed(1)
digits = load_digits()
images = (digits.images / 16.0).astype(np.float32)[..., None]
order = np.random.default_rng(0).permutation(len(images))
train, test = order[:1500], order[1500:]

L = keras.layers
model = keras.Sequential([
    keras.Input((8, 8, 1)),
    L.Conv2D(8, 3, padding='same', activation='relu', name='conv1'),
    L.DepthwiseConv2D(3, padding='same', activation='relu', name='depth2'),
    L.Conv2D(16, 1, activation='relu', name='point3'),
    L.MaxPooling2D(2),
    L.Conv2D(16, 3, padding='same', activation='relu', name='conv4'),
    L.MaxPooling2D(2),
    L.Flatten(),
    L.Dense(24, activation='relu', name='dense5'),
    L.Dense(10, name='scores6'),
])
model.compile(keras.optimizers.Adam(3e-3), keras.losses.SparseCategoricalCrossentropy(from_logits=True),
              metrics=['accuracy'])
model.fit(images[train], digits.target[train], epochs=40, batch_size=32, verbose=0)
accuracy = model.evaluate(images[test], digits.target[test], verbose=0)[1]

nodes, constants, current = [], [], 'image'
for layer in model.layers:
    kind = type(layer).__name__
    name = layer.name
    if kind == 'MaxPooling2D':
        nodes.append(helper.make_node('MaxPool', [current], [name], name=name, kernel_shape=[2, 2], strides=[2, 2]))
        current = name
        continue
    if kind == 'Flatten':
        nodes.append(helper.make_node('Flatten', [current], [name], name=name, axis=1))
        current = name
        continue
    weights, bias = [np.asarray(value, dtype=np.float32) for value in layer.get_weights()]
    inputs = [current, name + '.weight', name + '.bias']
    if kind == 'Dense':
        if name == 'dense5':  # rows in the order height, width, channel; ONNX flattens channel first
            weights = weights.reshape(2, 2, 16, -1).transpose(2, 0, 1, 3).reshape(64, -1)
        weights = weights.T
        node = helper.make_node('Gemm', inputs, [name + '.sum'], name=name, transB=1)
    else:
        weights = weights.transpose(2, 3, 0, 1) if kind == 'DepthwiseConv2D' else weights.transpose(3, 2, 0, 1)
        size = weights.shape[2]
        node = helper.make_node('Conv', inputs, [name + '.sum'], name=name, kernel_shape=[size, size],
                                pads=[size // 2] * 4, group=8 if kind == 'DepthwiseConv2D' else 1)
    constants += [numpy_helper.from_array(np.ascontiguousarray(weights), inputs[1]),
                  numpy_helper.from_array(bias, inputs[2])]
    nodes.append(node)
    current = name + '.sum'
    if name != 'scores6':
        nodes.append(helper.make_node('Relu', [current], [name + '.relu'], name=name + '.relu'))
        current = name + '.relu'
graph = helper.make_graph(
    nodes, 'digits', [helper.make_tensor_value_info('image', TensorProto.FLOAT, ['N', 1, 8, 8])],
    [helper.make_tensor_value_info(current, TensorProto.FLOAT, ['N', 10])], constants)
network = helper.make_model(graph, opset_imports=[helper.make_opsetid('', 13)], ir_version=8,
                            producer_name='examples/digits/make_float.py')
onnx.checker.check_model(network)
onnx.save(network, os.path.join(here, 'network.onnx'))

channels_first = np.ascontiguousarray(images.transpose(0, 3, 1, 2))
np.save(os.path.join(here, 'calibration.npy'), channels_first[train][:200])
np.save(os.path.join(here, 'images.npy'), channels_first[test])
np.save(os.path.join(here, 'classes.npy'), digits.target[test].astype(np.int64))
print(f'{len(test)} test images, float accuracy {accuracy:.3f}, {model.count_params()} parameters')
