"""Parameters, work and cache of a configuration: hwsim, transformers on the meta device, LLM-Viewer.

    python Benchmarks/transformers_against_counters.py CONFIG... [--tool PATH] [--viewer FOLDER]
        [--sequence N]

Prints a row of a table for each CONFIG: parameters by hwsim and by the model class of transformers;
multiply-accumulates of a prefill and of a decode step, batch 1, and bytes of a bfloat16 cache by hwsim
and by LLM-Viewer (half of its operations; without softmax, norms, sums and the head, for which it counts
one operation a weight and one position). FOLDER is a checkout of github hahnyuan/LLM-Viewer
(472f71f1), whose `configs/Llama.py` describes every decoder with a gated block. Needs transformers
5.24 and torch 2.15.
"""
import argparse
import json
import os
import subprocess
import sys
import tempfile

parser = argparse.ArgumentParser()
parser.add_argument('configs', nargs='+')
parser.add_argument('--tool', default='.build/release/hwsim')
parser.add_argument('--viewer')
parser.add_argument('--sequence', type=int, default=2048)
arguments = parser.parse_args()


def hwsim(path):
    """Parameters, work of blocks in a prefill and in a step, bytes of the cache."""
    run = subprocess.run(
        [arguments.tool, 'inspect', path, '--sequence', str(arguments.sequence), '--json'],
        capture_output=True, text=True)
    if run.returncode:
        sys.exit(run.stderr)
    result = json.loads(run.stdout)['result']
    head = sum(row['in'] * row['out'] for row in result['linears'] if row['name'] == 'lm_head')
    prefill, decode = (result['macs'][phase]['total'] for phase in ('prefill', 'decode'))
    return (result['parameters'], prefill - head * arguments.sequence, decode - head,
            result['cache']['bytes'])


def transformers_parameters(folder):
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM
    config = AutoConfig.from_pretrained(folder)
    with torch.device('meta'):
        model = AutoModelForCausalLM.from_config(config)
    # What is tied is one parameter.
    model.tie_weights()
    return sum(parameter.numel() for parameter in model.parameters())


def viewer(folder):
    """The same three numbers by LLM-Viewer; nothing where it does not take the configuration."""
    from model_analyzer import ModelAnalyzer
    try:
        analyzer = ModelAnalyzer(folder, 'nvidia_A100', 'configs/Llama.py')
        results = analyzer.analyze(arguments.sequence, 1)
    except AttributeError as problem:
        return str(problem)
    layers = analyzer.config.get_num_hidden_layers(analyzer.model_params)
    products = list(analyzer.config.get_linear_layers(analyzer.model_params))
    work = [
        sum(results[phase][name]['OPs'] for name in products + ['qk_matmul', 'sv_matmul'])
        * layers / 2 for phase in ('prefill', 'decode')]
    return work + [results['total_results']['prefill']['store_kv_cache']]


if arguments.viewer:
    sys.path.insert(0, arguments.viewer)
print('| configuration | parameters, hwsim | transformers | prefill, hwsim | LLM-Viewer '
      '| step, hwsim | LLM-Viewer | cache, hwsim | LLM-Viewer |')
print('| --- |' + ' --- |' * 8)
for path in arguments.configs:
    with tempfile.TemporaryDirectory() as folder:
        with open(path) as file:
            document = json.load(file)
        # Classes of the package count, not code that lies beside the weights.
        document.pop('auto_map', None)
        with open(os.path.join(folder, 'config.json'), 'w') as file:
            json.dump(document, file)
        parameters, prefill, decode, cache = hwsim(path)
        others = [None] * 3
        if arguments.viewer:
            sys.stdout, out = sys.stderr, sys.stdout
            found = viewer(folder)
            sys.stdout = out
            others = ['-'] * 3 if isinstance(found, str) else found
        row = [parameters, transformers_parameters(folder), prefill, others[0], decode, others[1],
               cache, others[2]]
        words = [f'{round(value):,}' if isinstance(value, (int, float)) else value or ''
                 for value in row]
        print('| ' + os.path.basename(path).removesuffix('.json') + ' | ' + ' | '.join(words) + ' |')
