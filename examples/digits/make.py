"""Trains a small classifier on scikit-learn's digits and converts it with hls4ml.

Writes, beside this file: project/ (what hwsim reads of an hls4ml project), project/tb_data/ (the
test bench's inputs and the outputs that its C-simulation printed), input.npy, output.npy and
trace.npz (the same samples' outputs and layer values as binary64), labels.npy.

Versions used: hls4ml 1.3.0, keras 3.15.1 (jax back end), scikit-learn 1.9.1, numpy 2.4.6, g++ 12.2.
Command: python examples/digits/make.py
"""
import os
os.environ.setdefault('KERAS_BACKEND', 'jax')
import re
import shutil
import tempfile

import hls4ml
import keras
import numpy as np
from sklearn.datasets import load_digits

SAMPLES = 200
here = os.path.dirname(os.path.abspath(__file__))

keras.utils.set_random_seed(1)
digits = load_digits()
images = digits.data / 16.0
order = np.random.default_rng(0).permutation(len(images))
train, test = order[:1500], order[1500:]

model = keras.Sequential([
    keras.Input((64,), name='pixels'),
    keras.layers.Dense(32, name='hidden1'), keras.layers.ReLU(name='relu1'),
    keras.layers.Dense(16, name='hidden2'), keras.layers.ReLU(name='relu2'),
    keras.layers.Dense(10, name='scores'), keras.layers.Softmax(name='classes'),
])
model.compile('adam', 'sparse_categorical_crossentropy', metrics=['accuracy'])
model.fit(images[train], digits.target[train], epochs=60, batch_size=32, verbose=0)

config = hls4ml.utils.config_from_keras_model(model, granularity='name', backend='Vitis',
                                              default_precision='fixed<10,4>')
for name in ('hidden1', 'hidden2', 'scores'):
    config['LayerName'][name]['Precision'].update(weight='fixed<7,2,RND,SAT>', bias='fixed<8,3>')
for name in ('relu1', 'relu2'):
    config['LayerName'][name]['Precision']['result'] = 'ufixed<8,4,RND,SAT>'
config['LayerName']['pixels']['Precision']['result'] = 'ufixed<6,1>'
config['LayerName']['hidden1'].update(ReuseFactor=4, Strategy='Resource')
work = tempfile.mkdtemp()
hls = hls4ml.converters.convert_from_keras_model(model, hls_config=config, output_dir=work,
                                                 backend='Vitis', io_type='io_parallel')
for layer in hls.get_layers():
    if layer.get_attr('function_cpp') and layer.class_name != 'Reshape':
        layer.set_attr('trace', True)
hls.compile()
x = np.ascontiguousarray(images[test][:SAMPLES])
outputs, trace = hls.trace(x)
accuracy = np.mean(np.argmax(outputs, 1) == digits.target[test][:SAMPLES])
print(f'{SAMPLES} test images, accuracy of the C-simulation {accuracy:.3f}')

project = os.path.join(here, 'project')
shutil.rmtree(project, ignore_errors=True)
os.makedirs(os.path.join(project, 'firmware', 'weights'))
os.makedirs(os.path.join(project, 'tb_data'))
for name in ('defines.h', 'parameters.h', 'myproject.cpp', 'myproject.h'):
    shutil.copy(os.path.join(work, 'firmware', name), os.path.join(project, 'firmware'))
for name in sorted(os.listdir(os.path.join(work, 'firmware', 'weights'))):
    if name.endswith('.txt'):
        shutil.copy(os.path.join(work, 'firmware', 'weights', name),
                    os.path.join(project, 'firmware', 'weights'))
text = open(os.path.join(work, 'hls4ml_config.yml')).read()
text = re.sub(r'(?m)^(\s*(?:OutputDir|KerasModel):).*$', r'\1 digits', text)
open(os.path.join(project, 'hls4ml_config.yml'), 'w').write(text)
# The test bench reads numbers with 17 digits and prints with the C++ default of 6.
np.savetxt(os.path.join(project, 'tb_data', 'tb_input_features.dat'), x, fmt='%.17g')
with open(os.path.join(project, 'tb_data', 'csim_results.log'), 'w') as log:
    for row in outputs:
        log.write(' '.join(f'{value:g}' for value in row) + ' \n')
np.save(os.path.join(here, 'input.npy'), x)
np.save(os.path.join(here, 'output.npy'), np.asarray(outputs, dtype=np.float64))
np.savez(os.path.join(here, 'trace.npz'),
         **{name: np.asarray(values, dtype=np.float64) for name, values in trace.items()})
np.save(os.path.join(here, 'labels.npy'), digits.target[test][:SAMPLES].astype(np.int64))
