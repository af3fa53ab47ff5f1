#!/usr/bin/env python3
"""Arena figures of tflite-micro's Python package (0.dev20261023182759) for the shared models and operator cases.
usage: measure_arena.py SHARED OUT.json      SHARED = the shared data folder (models/, conformance/mcu/ops/ops.npz)
Each entry: [total, head, tail, {part: bytes}] as the recording allocator prints them; a model that the package refuses is left out."""
import glob, json, os, re, subprocess, sys, tempfile
import numpy as np

CODE = ("import sys;from tflite_micro.python.tflite_micro import runtime;"
        "runtime.Interpreter.from_bytes(open(sys.argv[1],'rb').read(),arena_size=32<<20).print_allocations()")


def measure(path):
    run = subprocess.run([sys.executable, '-c', CODE, path], capture_output=True, text=True)
    text = run.stdout + run.stderr
    number = lambda key: re.search(r'Arena allocation ' + key + r' (\d+)', text)
    if number('total') is None:
        return None
    parts = {re.sub(r'[^a-z]+', '_', name.lower()).strip('_'): int(used)
             for name, used in re.findall(r"'([^']+)' used (\d+) bytes", text)}
    return [int(number(k).group(1)) for k in ('total', 'head', 'tail')] + [parts]


shared, out = sys.argv[1:]
found = {}
for path in sorted(glob.glob(shared + '/models/*/*.tflite')):
    found[path.split('/models/')[1][:-7]] = measure(path)
archive = np.load(shared + '/conformance/mcu/ops/ops.npz')
with tempfile.TemporaryDirectory() as folder:
    for key in archive.files:
        if key.endswith('/model'):
            path = os.path.join(folder, 'case.tflite')
            open(path, 'wb').write(archive[key].tobytes())
            found['ops/' + key[:-6]] = measure(path)
lines = ['%s: %s' % (json.dumps(k), json.dumps(v, separators=(',', ':'))) for k, v in found.items() if v]
open(out, 'w').write('{\n' + ',\n'.join(lines) + '\n}\n')
