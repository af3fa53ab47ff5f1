"""Count one transformer three ways: transformers with torch, LLM-Viewer, hwsim.

usage: transformer_counts.py HWSIM CONFIG.json [--batch B] [--sequence S] [--llm-viewer CHECKOUT]
needs transformers 5.24 and torch 2.15 (the meta device: no weights, no network).  MACs are half of
what torch.utils.flop_counter counts, and half of LLM-Viewer's OPs of its linear and matmul rows
(github hahnyuan/LLM-Viewer 472f71f1).  The row is one of the README's table.
"""
import argparse, importlib, json, os, subprocess, sys, tempfile


def torch_counts(config, batch, sequence):
    import torch, transformers
    from torch.utils.flop_counter import FlopCounterMode
    from transformers import AutoConfig, AutoModelForCausalLM
    transformers.logging.set_verbosity_error()
    with tempfile.TemporaryDirectory() as folder:
        json.dump({k: v for k, v in config.items() if k != "quantization_config"}, open(folder + "/config.json", "w"))
        loaded = AutoConfig.from_pretrained(folder)
    loaded._attn_implementation = "eager"
    if hasattr(loaded, "num_experts_per_tok"):
        loaded._experts_implementation = "batched_mm"
    with torch.device("meta"):
        model = AutoModelForCausalLM.from_config(loaded).eval()
        counter = FlopCounterMode(display=False)
        with counter, torch.no_grad():
            kept = model(torch.zeros(batch, sequence, dtype=torch.long), use_cache=True).past_key_values
        prefill = counter.get_total_flops() // 2
        counter = FlopCounterMode(display=False)
        with counter, torch.no_grad():
            model(torch.zeros(batch, 1, dtype=torch.long), past_key_values=kept, use_cache=True)
        return sum(p.numel() for p in model.parameters()), prefill, counter.get_total_flops() // 2


def viewer_counts(checkout, config, batch, sequence):
    names = {"llama": "Llama", "mistral": "Llama", "qwen2": "Llama", "opt": "opt", "gptj": "gpt-j-6B"}
    family = names.get(config["model_type"])
    if family is None:
        return None
    here = os.getcwd()
    sys.path.insert(0, checkout)
    os.chdir(checkout)
    try:
        with tempfile.TemporaryDirectory() as folder:
            json.dump({k: v for k, v in config.items() if k != "quantization_config"}, open(folder + "/config.json", "w"))
            analyzer = importlib.import_module("model_analyzer").ModelAnalyzer(
                folder, "nvidia_A6000", f"configs/{family}.py")
            found = analyzer.analyze(seqlen=sequence, batchsize=batch)
    finally:
        os.chdir(here)
    layers = config.get("num_hidden_layers")
    macs = {}
    for phase in ("prefill", "decode"):
        # Rows are of one layer, and of the head.
        macs[phase] = sum(
            int(row["OPs"]) * (1 if name == "lm_head" else layers) for name, row in found[phase].items()
            if name.endswith(("proj", "matmul", "lm_head", "fc1", "fc2"))) // 2
    return macs["prefill"], macs["decode"]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("hwsim")
    parser.add_argument("config")
    parser.add_argument("--batch", type=int, default=1)
    parser.add_argument("--sequence", type=int, default=2048)
    parser.add_argument("--llm-viewer")
    args = parser.parse_args()
    config = json.load(open(args.config))
    own = json.loads(subprocess.run(
        [args.hwsim, "inspect", args.config, "--batch", str(args.batch), "--sequence", str(args.sequence), "--json"],
        check=True, capture_output=True, text=True).stdout)["result"]
    parameters, prefill, decode = torch_counts(config, args.batch, args.sequence)
    viewer = viewer_counts(args.llm_viewer, config, args.batch, args.sequence) if args.llm_viewer else None
    name = os.path.basename(args.config).removesuffix(".json")
    print("| " + " | ".join([
        name, f"{parameters:,}", f"{own['parameters'] - parameters:+,}",
        f"{prefill:,}", f"{own['macs']['prefill']['total'] - prefill:+,}",
        f"{decode:,}", f"{own['macs']['decode']['total'] - decode:+,}",
        "not known" if viewer is None else f"{viewer[0] - prefill:+,}",
        "not known" if viewer is None else f"{viewer[1] - decode:+,}"]) + " |")


main()
