"""Writes node cases of the onnx package as NAME.onnx and NAME.npz.

The cases are those of onnx 1.23.2 (`onnx.backend.test.case.node`) for ConvTranspose and Resize; the
expected results are the package's own. Cases of modes that hwsim refuses are left out: antialiasing,
cubic interpolation, cropping, aspect ratios, axes other than all spatial ones.

    python make.py
"""
import os
import sys

import numpy as np
import onnx
from onnx.backend.test.case.node import collect_testcases

here = os.path.dirname(os.path.abspath(__file__))
LEFT_OUT = ('cubic', 'antialias', 'tf_crop', 'aspect_ratio', 'axes', 'symmetric', 'not_larger',
            'not_smaller')


def wanted(name):
    return name.startswith(('test_convtranspose', 'test_resize_')) and not any(
        word in name for word in LEFT_OUT)


def key(prefix, index, array):
    return f'{prefix}{index}__{onnx.TensorProto.DataType.Name(onnx.helper.np_dtype_to_tensor_dtype(array.dtype))}'


count = 0
for case in collect_testcases():
    if not wanted(case.name):
        continue
    arrays = {}
    inputs, outputs = case.data_sets[0]
    model = case.model
    # Scales and sizes decide shapes: they are constants here.
    kept = []
    for info, array in zip(model.graph.input, inputs):
        if info.name in ('scales', 'sizes', 'roi'):
            model.graph.initializer.append(onnx.numpy_helper.from_array(array, info.name))
        else:
            kept.append((info, array))
    del model.graph.input[:]
    model.graph.input.extend(info for info, _ in kept)
    for index, (_, array) in enumerate(kept):
        arrays[key('in', index, array)] = array
    for index, array in enumerate(outputs):
        arrays[key('out', index, array)] = array
    onnx.save(model, os.path.join(here, case.name + '.onnx'))
    np.savez_compressed(os.path.join(here, case.name + '.npz'), **arrays)
    count += 1
print(count, 'cases', file=sys.stderr)
