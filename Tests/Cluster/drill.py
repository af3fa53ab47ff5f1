"""Searches on a scheduler against the same searches on one machine, with and without kills.

usage: drill.py HWSIM same  [EXECUTOR]           three kinds of models: result files equal byte for byte
       drill.py HWSIM kill  [KILLS] [SEED]       tasks, slurmd and the coordinator killed at random moments
       drill.py HWSIM time  [SECONDS] [COUNT]    overhead for evaluations of so many seconds

`same` and `time` take slurm (default; SLURM_CONF as `Tests/Cluster/slurm start DIR` prints it) or a
template such as 'parallel -q -j 2 {task} ::: $(seq 0 {last})'. `kill` needs the folder of that Slurm in
SLURM_DRILL.
"""
import ast, glob, json, os, random, shutil, signal, struct, subprocess, sys, tempfile, time

tool = os.path.abspath(sys.argv[1])
mode = sys.argv[2]
here = os.path.dirname(os.path.abspath(__file__))
examples = os.path.join(here, '..', '..', 'examples')
work = tempfile.mkdtemp(prefix='drill')
env = dict(os.environ, HWSIM_CACHE=os.path.join(work, 'cache'))


def tiled(name, times):
    """An .npy file of the example, its samples repeated."""
    source = os.path.join(examples, 'digits', name)
    data = open(source, 'rb').read()
    size = struct.unpack('<H', data[8:10])[0]
    header = ast.literal_eval(data[10:10 + size].decode())
    header['shape'] = (header['shape'][0] * times,) + tuple(header['shape'][1:])
    text = str(header).encode()
    text += b' ' * (-(len(text) + 11) % 64) + b'\n'
    path = os.path.join(work, f'{times}-{name}')
    with open(path, 'wb') as file:
        file.write(b'\x93NUMPY\x01\x00' + struct.pack('<H', len(text)) + text + data[10 + size:] * times)
    return path


def digits(times, evaluations, screening=None):
    words = [os.path.join(examples, 'digits/network.onnx'), '--inputs', tiled('images.npy', times),
             '--labels', tiled('classes.npy', times),
             '--calibration', os.path.join(examples, 'digits/calibration.npy'), '--bits', '2,3,4,8',
             '--evaluations', str(evaluations)]
    return words + (['--screening', str(screening)] if screening is not None else [])


kinds = {
    'float ONNX': digits(1, 60, 100),
    'hls4ml': [os.path.join(examples, 'digits/project'), '--inputs', os.path.join(examples, 'digits/input.npy'),
               '--labels', os.path.join(examples, 'digits/labels.npy'), '--bits', '4,6,8', '--evaluations', '40',
               '--screening', '60'],
    'TFLite': [os.path.join(examples, 'digits_cnn/model.tflite'), '--inputs',
               os.path.join(examples, 'digits_cnn/input.npy'), '--labels',
               os.path.join(examples, 'digits_cnn/labels.npy'), '--target', 'nucleo-l4r5zi', '--objective',
               'accuracy,flash', '--candidates', 'w4a8,w8a8', '--evaluations', '30', '--screening', '40'],
}


def command(words, folder, executor=None, extra=()):
    line = [tool, 'search', *words, '-o', os.path.join(work, folder), '--quiet', '--no-cache', *extra]
    return line + (['--executor', executor] if executor else [])


def run(words, folder, executor=None, extra=()):
    start = time.time()
    done = subprocess.run(command(words, folder, executor, extra), env=env, capture_output=True, text=True)
    if done.returncode not in (0, 1):
        sys.exit(f'{done.args}\n{done.stdout}{done.stderr}')
    return time.time() - start


def files(folder):
    """Contents of a search's files by name, the folder of its tasks aside."""
    base = os.path.join(work, folder)
    return {name: open(os.path.join(base, name), 'rb').read() for name in sorted(os.listdir(base))
            if os.path.isfile(os.path.join(base, name))}


def differing(a, b):
    one, other = files(a), files(b)
    return [name for name in sorted(set(one) | set(other)) if one.get(name) != other.get(name)]


def measured(folder):
    """How often items were measured, and how many there are."""
    lines = []
    for path in glob.glob(os.path.join(work, folder, 'study.jsonl.tasks', '*', '*.result')) + \
            glob.glob(os.path.join(work, folder, 'study.jsonl.tasks', '*', '*.part')):
        batch = json.load(open(os.path.join(os.path.dirname(path), 'batch.json')))
        whole = open(path, 'rb').read().split(b'\n')[:-1]
        lines += [(json.dumps(batch['work']), tuple(json.loads(line)['item'])) for line in whole]
    return len(lines), len(set(lines))


def same(executor):
    for kind, words in kinds.items():
        local = run(words, kind + ' local')
        remote = run(words, kind + ' tasks', executor)
        differ = differing(kind + ' local', kind + ' tasks')
        total, distinct = measured(kind + ' tasks')
        print(f'{kind}: {len(files(kind + " local"))} files, differing: {differ or "none"}; '
              f'{local:.1f} s here, {remote:.1f} s by tasks, {total} items measured, {distinct} distinct')
        if differ or total != distinct:
            sys.exit(1)


def processes(pattern):
    found = subprocess.run(['pgrep', '-f', pattern], capture_output=True, text=True).stdout.split()
    return [int(number) for number in found if int(number) != os.getpid()]


def kill(kills, seed):
    rng = random.Random(seed)
    cluster = os.environ['SLURM_DRILL']
    # Tasks of a second or so: long enough to be hit.
    words = digits(40, 60, 80)
    extra = ['--task-seconds', '1', '--heartbeat', '0.3', '--retries', '5']
    seconds = run(words, 'whole')
    bad = 0
    for number in range(kills):
        folder = f'drill {number}'
        victim = ['task', 'slurmd', 'coordinator'][number % 3]
        moment = rng.uniform(0.1, 1) * seconds * 1.5
        process = subprocess.Popen(command(words, folder, 'slurm', extra), env=env,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        time.sleep(moment)
        hit = 'nothing'
        if victim == 'task':
            # The one that writes: the tool itself, not its shell.
            tasks = processes(f'^{tool} search --task')
            if tasks:
                os.kill(rng.choice(tasks), signal.SIGKILL)
                hit = 'a task'
        elif victim == 'slurmd':
            node = rng.randrange(1, 3)
            path = os.path.join(cluster, f'node{node}.pid')
            if os.path.exists(path):
                # The machine: its daemon, the steps and what they run.
                for step in processes(rf'slurmstepd: \[.*'):
                    os.kill(step, signal.SIGKILL)
                for task in processes(f'^{tool} search --task'):
                    os.kill(task, signal.SIGKILL)
                os.kill(int(open(path).read()), signal.SIGKILL)
                time.sleep(0.5)
                subprocess.run([os.path.join(here, 'slurm'), 'node', cluster, str(node)], check=False)
                hit = f'node {node}'
        else:
            if process.poll() is None:
                process.kill()
                hit = 'the coordinator'
            process.wait()
            process = subprocess.Popen(command(words, folder, 'slurm', extra), env=env,
                                       stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        error = process.communicate()[1]
        differ = differing('whole', folder)
        total, distinct = measured(folder)
        ok = process.returncode == 0 and not differ
        bad += not ok
        print(f'drill {number}: after {moment:.1f} s killed {hit}: '
              f'{"same" if ok else f"code {process.returncode}, differing {differ} {error}"}; '
              f'{total - distinct} items twice of {distinct}', flush=True)
    print(f'{kills - bad} of {kills} ended in the same files')
    sys.exit(bad > 0)


def overhead(seconds, count, executor):
    # How many samples one evaluation of that length has on this machine.
    start = time.time()
    run(digits(20, 41, 0), 'probe', extra=['--threads', '1'])
    each = max((time.time() - start) / 41, 1e-4)
    words = digits(max(1, round(20 * seconds / each)), count, 0)
    extra = []
    if executor == 'slurm':
        sizes = subprocess.run(['sinfo', '-h', '-N', '-o', '%c'], capture_output=True, text=True).stdout.split()
        extra = ['--executor-options', f'--cpus-per-task={sizes[0]}']
        executor_words = f'{len(sizes)} nodes of {sizes[0]} processors'
    else:
        executor_words = executor
    local = run(words, 'time local')
    remote = run(words, 'time tasks', executor, extra)
    print(f'{count} evaluations of {each * round(20 * seconds / each) / 20:.2f} s of a core: {local:.1f} s here on '
          f'{os.cpu_count()} cores, {remote:.1f} s by tasks on {executor_words} '
          f'({100 * (remote / local - 1):+.1f} %), differing: {differing("time local", "time tasks") or "none"}')


try:
    if mode == 'same':
        same(sys.argv[3] if len(sys.argv) > 3 else 'slurm')
    elif mode == 'kill':
        kill(int(sys.argv[3]) if len(sys.argv) > 3 else 20, int(sys.argv[4]) if len(sys.argv) > 4 else 0)
    elif mode == 'time':
        overhead(float(sys.argv[3]) if len(sys.argv) > 3 else 1, int(sys.argv[4]) if len(sys.argv) > 4 else 100,
                 sys.argv[5] if len(sys.argv) > 5 else 'slurm')
    else:
        sys.exit(__doc__)
finally:
    if not os.environ.get('DRILL_KEEP'):
        shutil.rmtree(work, ignore_errors=True)
