"""End a search at random moments, resume it, and compare with one that was not ended.

usage: search_survives_kill.py HWSIM [KILLS] [SEED] [SIGKILL|SIGINT]
SIGINT is what Ctrl-C sends: the search must end with code 130 within a second. The search is that of examples/digits.  After every kill the last line of the study may be torn as
well, as a power cut would; the resumed search must end in the same study, byte for byte, and the
same frontier, and at most one finished evaluation may be lost by a kill.
"""
import json, os, random, shutil, signal, subprocess, sys, tempfile, time

tool = os.path.abspath(sys.argv[1])
kills = int(sys.argv[2]) if len(sys.argv) > 2 else 20
rng = random.Random(int(sys.argv[3]) if len(sys.argv) > 3 else 0)
how = signal.Signals[sys.argv[4] if len(sys.argv) > 4 else 'SIGKILL']
here = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'examples', 'digits')
folder = tempfile.mkdtemp()


def command(name):
    return [tool, 'search', os.path.join(here, 'network.onnx'), '--inputs', os.path.join(here, 'images.npy'),
            '--labels', os.path.join(here, 'classes.npy'), '--calibration', os.path.join(here, 'calibration.npy'),
            '--bits', '2,3,4,8', '--evaluations', '60', '--study', os.path.join(folder, name), '--json', '--quiet']


def finish(name):
    run = subprocess.run(command(name), capture_output=True, text=True, check=True)
    return json.loads(run.stdout)['result']


def lines(name):
    path = os.path.join(folder, name)
    return open(path, 'rb').read().count(b'\n') if os.path.exists(path) else 0


start = time.time()
whole = finish('whole')
seconds = time.time() - start
expected = open(os.path.join(folder, 'whole'), 'rb').read()
failures = 0
for number in range(kills):
    name = f'study{number}'
    rounds = 1 + number % 3
    kept = []
    for _ in range(rounds):
        before = lines(name)
        process = subprocess.Popen(command(name), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        # Wait for a random number of evaluations, so that kills fall on all of the search.
        target = before + rng.randrange(1, 25)
        deadline = time.time() + 4 * seconds
        while lines(name) < target and process.poll() is None and time.time() < deadline:
            time.sleep(0.0005)
        seen = lines(name)
        sent = time.time()
        process.send_signal(how)
        code = process.wait()
        if how == signal.SIGINT and (code not in (0, 130) or time.time() - sent > 1):
            failures += 1
            print(f'interrupt {number}: code {code} after {time.time() - sent:.2f} s')
        after = lines(name)
        kept.append(after - 1)
        if after < seen:
            failures += 1
            print(f'kill {number}: {seen - after} evaluations were lost')
    path = os.path.join(folder, name)
    if how == signal.SIGKILL and number % 2 and os.path.exists(path):
        # Only the last line: everything before it was on the disk when it was begun.
        data = open(path, 'rb').read()
        last = len(data) - (data.rstrip(b'\n').rfind(b'\n') + 1)
        os.truncate(path, len(data) - rng.randrange(0, max(last, 1)))
    result = finish(name)
    same = open(path, 'rb').read() == expected and result['points'] == whole['points']
    failures += not same
    print(f'{how.name} {number}: {kept} evaluations before, {"identical" if same else "DIFFERENT"} after')
shutil.rmtree(folder)
print(f'{kills} searches ended, {failures} failures; one search takes {seconds:.1f} s')
sys.exit(1 if failures else 0)
