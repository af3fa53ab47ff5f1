"""Every speed table of the README on this machine, under each kernel path that it has.

    swift build -c release --product hwsim
    swift build -c release --package-path Benchmarks
    python Benchmarks/tables.py MODELS [--hwsim PATH] [--only files,models,large,hls]

MODELS holds the int8 networks of MLPerf Tiny (`models_against_runtimes.py`). Peers take turns with hwsim;
what each part needs stands in its own file.
"""
import argparse
import os
import subprocess
import sys
import tempfile
import time

import numpy as np

here = os.path.dirname(os.path.abspath(__file__))
FEATURES = ('avx2', 'avx_vnni', 'avx512f', 'avx512_vnni', 'avx512_vpopcntdq')


def machine():
    name, features = 'unknown processor', []
    with open('/proc/cpuinfo') as file:
        for line in file:
            key, _, value = line.partition(':')
            if key.strip() == 'model name':
                name = value.strip()
            if key.strip() == 'flags':
                features = [each for each in FEATURES if each in value.split()]
                break
    return name, features


def processor_seconds(command, kernels):
    """User and system seconds, and seconds on the clock, of a command."""
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL,
                             env={**os.environ, 'HWSIM_KERNEL': kernels})
    begin = time.perf_counter()
    _, status, usage = os.wait4(child.pid, 0)
    if status:
        sys.exit(f'{" ".join(command)} failed')
    return usage.ru_utime + usage.ru_stime, time.perf_counter() - begin


def files(tool, models, kernels):
    """ad01 from an .npy file of 10^5 samples to an .npz file."""
    with tempfile.TemporaryDirectory() as folder:
        inputs, outputs = os.path.join(folder, 'x.npy'), os.path.join(folder, 'y.npz')
        count = 100_000
        x = np.random.default_rng(1).normal(0, 1, (count, 640)).astype(np.float32)
        np.save(inputs, x)

        def run(threads):
            command = [tool, 'run', os.path.join(models, 'ad01_int8.tflite'), '--inputs', inputs,
                       '--output', outputs, '--threads', str(threads)]
            return min(processor_seconds(command, kernels) for _ in range(3))

        (one, alone), (_, together) = run(1), run(2)
        size = x.nbytes + os.path.getsize(outputs)
        print(f'ad01, file to file: {one / count * 1e6:.1f} us of processor time a sample, '
              f'{size / one / 1e6:.0f} MB/s read and written; two threads {alone / together:.2f} '
              'times one', flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('models')
    parser.add_argument('--hwsim', default=os.path.join(here, '../.build/release/hwsim'))
    parser.add_argument('--only', default='files,models,large,hls')
    given = parser.parse_args()
    parts = given.only.split(',')
    name, features = machine()
    print(f'{name}, {os.cpu_count()} cores: {" ".join(features) or "no vectors of these kinds"}')
    paths = (['vnni'] if 'avx512_vnni' in features else []) + (
        ['avx2'] if 'avx2' in features else []) + ['portable']

    def script(script, *arguments, kernels=''):
        subprocess.run([sys.executable, os.path.join(here, script), *arguments], check=True,
                       env={**os.environ, **({'HWSIM_KERNEL': kernels} if kernels else {})})

    for kernels in paths:
        print(f'\nkernels: {kernels}', flush=True)
        if 'files' in parts:
            files(given.hwsim, given.models, kernels)
        if 'models' in parts:
            script('models_against_runtimes.py', given.models, '--path', kernels)
        if 'large' in parts and kernels != 'portable':
            script('large_networks.py', '--hwsim', given.hwsim, kernels=kernels)
    if 'hls' in parts:
        with tempfile.TemporaryDirectory() as folder:
            script('hls_against_library.py', folder, ','.join(paths[:2]))


if __name__ == '__main__':
    main()
