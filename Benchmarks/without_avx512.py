"""Runs a benchmark with runtimes that see a processor without AVX-512 and VNNI, so that AVX2 meets AVX2.

    python Benchmarks/without_avx512.py COMMAND...

Copies of ai_edge_litert and onnxruntime get an undefined instruction for every CPUID; a preloaded
library answers those with the bits of AVX-512, AVX-VNNI and AMX cleared. hwsim, which the benchmark starts,
is told by HWSIM_KERNEL=avx2. Needs Linux on x86-64, objdump, readelf and cc.
"""
import glob
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile

MASK = r'''
#define _GNU_SOURCE
#include <cpuid.h>
#include <signal.h>
#include <string.h>
#include <ucontext.h>

// CPUID leaf 7: AVX-512 and its extensions, AMX, AVX-VNNI.
enum { EBX = 1u << 16 | 1u << 17 | 1u << 21 | 1u << 26 | 1u << 27 | 1u << 28 | 1u << 30,
       ECX = 1u << 1 | 1u << 6 | 1u << 11 | 1u << 12 | 1u << 14,
       EDX = 1u << 2 | 1u << 3 | 1u << 8 | 1u << 22 | 1u << 23 | 1u << 24 | 1u << 25,
       EAX_1 = 1u << 4 | 1u << 5 | 1u << 21 | 1u << 23, EDX_1 = 1u << 4 | 1u << 5 | 1u << 10 };

static void answer(int number, siginfo_t *info, void *context) {
  greg_t *r = ((ucontext_t *)context)->uc_mcontext.gregs;
  const unsigned char *at = (const unsigned char *)r[REG_RIP];
  if (at[0] != 0x0f || at[1] != 0x0b) { signal(number, SIG_DFL); return; }
  unsigned leaf = (unsigned)r[REG_RAX], part = (unsigned)r[REG_RCX], a, b, c, d;
  __cpuid_count(leaf, part, a, b, c, d);
  if (leaf == 7 && part == 0) { b &= ~(EBX | 1u << 31); c &= ~ECX; d &= ~EDX; }
  if (leaf == 7 && part == 1) { a &= ~EAX_1; d &= ~EDX_1; }
  r[REG_RAX] = a; r[REG_RBX] = b; r[REG_RCX] = c; r[REG_RDX] = d; r[REG_RIP] += 2;
  (void)info;
}

__attribute__((constructor)) static void begin(void) {
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_sigaction = answer;
  action.sa_flags = SA_SIGINFO | SA_NODEFER;
  sigaction(SIGILL, &action, 0);
}
'''


def hide(path):
    """Replaces every CPUID of a library; returns how many there were."""
    listing = subprocess.run(['objdump', '-d', '--no-show-raw-insn', path], capture_output=True,
                             text=True, check=True).stdout
    addresses = [int(line.split(':')[0], 16) for line in listing.splitlines()
                 if line.rstrip().endswith('cpuid')]
    if not addresses:
        return 0
    headers = subprocess.run(['readelf', '-lW', path], capture_output=True, text=True,
                             check=True).stdout
    loads = [(int(fields[2], 16), int(fields[1], 16), int(fields[4], 16))
             for fields in map(str.split, headers.splitlines()) if fields[:1] == ['LOAD']]
    with open(path, 'rb') as file:
        data = bytearray(file.read())
    for address in addresses:
        start, offset, _ = next(load for load in loads if load[0] <= address < load[0] + load[2])
        place = address - start + offset
        assert data[place:place + 2] == b'\x0f\xa2', hex(address)
        data[place:place + 2] = b'\x0f\x0b'
    with open(path, 'wb') as file:
        file.write(data)
    return len(addresses)


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    with tempfile.TemporaryDirectory() as folder:
        for name in ('ai_edge_litert', 'onnxruntime'):
            found = importlib.util.find_spec(name)
            if found is None or found.origin is None:
                continue
            copy = os.path.join(folder, name)
            shutil.copytree(os.path.dirname(found.origin), copy)
            count = sum(hide(path) for path in glob.glob(f'{copy}/**/*.so*', recursive=True))
            print(f'{name}: {count} instructions hidden', file=sys.stderr)
        source, library = os.path.join(folder, 'mask.c'), os.path.join(folder, 'mask.so')
        with open(source, 'w') as file:
            file.write(MASK)
        subprocess.run(['cc', '-O1', '-shared', '-fPIC', source, '-o', library], check=True)
        environment = {**os.environ, 'HWSIM_KERNEL': 'avx2', 'LD_PRELOAD': library}
        path = environment.get('PYTHONPATH')
        environment['PYTHONPATH'] = folder + (os.pathsep + path if path else '')
        sys.exit(subprocess.run(sys.argv[1:], env=environment).returncode)


if __name__ == '__main__':
    main()
