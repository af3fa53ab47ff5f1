"""Samples a second: hls4ml's own compiled C-simulation library against hwsim, one thread each.

Builds two networks with random weights, the 16-64-32-32-5 jet tagger in ap_fixed<16,6> and a small
2-D CNN in io_stream, with accumulators by layer and of the model's type, compiles hls4ml's library
with g++, and runs both on the same samples in turn. hwsim's time includes reading the input file.

    swift build -c release --package-path Benchmarks --product HLSBench
    python Benchmarks/hls_against_library.py [FOLDER [PATHS]]

Needs hls4ml 1.3, keras 3 (jax back end), numpy and g++. FOLDER keeps the projects (default: a
temporary one); PATHS are values of HWSIM_KERNEL (default vnni,avx2).
"""
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time

os.environ.setdefault('KERAS_BACKEND', 'jax')
import hls4ml
import keras
import numpy as np
from keras import layers as L

here = os.path.dirname(os.path.abspath(__file__))
bench = os.path.join(here, '.build', 'release', 'HLSBench')
folder = sys.argv[1] if len(sys.argv) > 1 else tempfile.mkdtemp()


def mlp():
    return keras.Sequential([
        keras.Input((16,)),
        L.Dense(64), L.Activation('relu'), L.Dense(32), L.Activation('relu'),
        L.Dense(32), L.Activation('relu'), L.Dense(5), L.Activation('softmax')])


def cnn():
    return keras.Sequential([
        keras.Input((12, 12, 1)),
        L.Conv2D(8, 3), L.ReLU(), L.MaxPooling2D(2), L.Conv2D(8, 3), L.ReLU(), L.Flatten(),
        L.Dense(16), L.ReLU(), L.Dense(5)])


def seconds(call, least=3.0):
    """Best of repeated calls that together take at least so long."""
    best, total = float('inf'), 0.0
    while total < least:
        begin = time.perf_counter()
        call()
        took = time.perf_counter() - begin
        best, total = min(best, took), total + took
    return best


paths = sys.argv[2].split(',') if len(sys.argv) > 2 else ['vnni', 'avx2']
# By layer, accumulators are as wide as the sums; by model, of the type of everything else.
for granularity in ('name', 'model'):
    for name, build, io, samples in (('mlp', mlp, 'io_parallel', 20000), ('cnn', cnn, 'io_stream', 2000)):
        keras.utils.set_random_seed(3)
        model = build()
        config = hls4ml.utils.config_from_keras_model(model, granularity=granularity, backend='Vitis',
                                                      default_precision='fixed<16,6>')
        project = os.path.join(folder, f'{name}-{granularity}')
        hls = hls4ml.converters.convert_from_keras_model(model, hls_config=config, output_dir=project,
                                                         backend='Vitis', io_type=io)
        hls.compile()
        x = np.random.default_rng(0).normal(0, 1, (samples,) + model.input_shape[1:]).astype(np.float32)
        np.save(project + '.npy', np.tile(x, (10,) + (1,) * (x.ndim - 1)))
        theirs, ours = [], {path: [] for path in paths}
        for _ in range(3):
            theirs.append(samples / seconds(lambda: hls.predict(x)))
            for path in paths:
                answer = json.loads(subprocess.run(
                    [bench, project, project + '.npy', '7'], env=dict(os.environ, HWSIM_KERNEL=path),
                    check=True, capture_output=True, text=True).stdout.splitlines()[-1])
                ours[path].append(answer['median_samples_per_second'])
        rate = statistics.median(theirs)
        words = [f'{path} {statistics.median(rates):,.0f}/s ({statistics.median(rates) / rate:.0f} times)'
                 for path, rates in ours.items()]
        print(f'{name}, precision by {granularity}: hls4ml library {rate:,.0f}/s, hwsim ' + ', '.join(words),
              flush=True)
