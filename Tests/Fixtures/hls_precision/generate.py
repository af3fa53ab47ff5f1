"""Makes the cases of this folder: models that hls4ml builds again with other Precision keys.

    python generate.py [NAME...]

Each folder has `project/` and `model.fml` (the model as it is), `input.npy`, `cases.json` (types that
layers are given, drawn by chance, and the Precision keys that give them) and `outputs.npz` (what the
project that hls4ml writes with these keys computes, one array a case; `model` is the model as it is).
Versions that the stored cases were made with are in README.md.
"""
import copy
import glob
import json
import os
import re
import shutil
import sys
import tempfile

os.environ.setdefault("KERAS_BACKEND", "jax")
import hls4ml
import keras
import numpy as np
from hls4ml.utils.serialization import serialize_model
from keras import layers as L

HERE = os.path.dirname(os.path.abspath(__file__))
SCRATCH = tempfile.mkdtemp(prefix="hls-precision")
MODES = [("TRN", "WRAP")] * 3 + [("RND", "SAT"), ("RND_CONV", "SAT_SYM"), ("TRN_ZERO", "WRAP"),
                                 ("RND_MIN_INF", "SAT_ZERO"), ("RND_ZERO", "WRAP"),
                                 ("RND_INF", "SAT")]
CASES = {}
COUNT = 6


def case(function):
    CASES[function.__name__] = function
    return function


def text(width, integer, signed=True, modes=("TRN", "WRAP")):
    name = f"ap_{'' if signed else 'u'}fixed<{width},{integer}"
    return name + (">" if modes == ("TRN", "WRAP") else f",{modes[0]},{modes[1]}>")


def randomize(model, seed):
    generator = np.random.default_rng(seed)
    for layer in model.layers:
        values = []
        for weight, value in zip(layer.weights, layer.get_weights()):
            path = weight.path.split("/")[-1]
            fan = max(1, int(np.prod(value.shape[:-1])))
            if "kernel" in path:
                values.append(generator.normal(0, np.sqrt(2 / fan), value.shape))
            elif "variance" in path:
                values.append(generator.uniform(0.3, 2, value.shape))
            elif "gamma" in path:
                values.append(generator.uniform(0.5, 1.5, value.shape))
            else:
                values.append(generator.normal(0, 0.3, value.shape))
        if values:
            layer.set_weights([v.astype(np.float32) for v in values])


def build(model, config, folder, io):
    hls = hls4ml.converters.convert_from_keras_model(
        model, hls_config=copy.deepcopy(config), output_dir=folder, backend="Vitis", io_type=io)
    hls.write()
    # The compiler's own optimization takes the time here, and changes nothing.
    script = os.path.join(folder, "build_lib.sh")
    source = open(script).read()
    open(script, "w").write(source.replace("-O3", "-O0"))
    hls._compile()
    return hls


def exact(values):
    """float32 where that loses nothing."""
    values = np.asarray(values)
    single = values.astype(np.float32)
    return single if np.array_equal(single.astype(np.float64), values) else values


def store(name, model, x, inputs, io="io_parallel", types={}, default="fixed<16,6>", strategy=None,
          reuse=None, seed=1):
    """`inputs` names, for each layer with weights, the layer whose result it reads."""
    randomize(model, seed)
    config = hls4ml.utils.config_from_keras_model(
        model, granularity="name", backend="Vitis", default_precision=default)
    if strategy:
        config["Model"]["Strategy"] = strategy
    for layer in config["LayerName"].values():
        if reuse and "ReuseFactor" in layer:
            layer["ReuseFactor"] = reuse
    for layer, precision in types.items():
        config["LayerName"][layer].setdefault("Precision", {}).update(precision)
    base = build(model, config, os.path.join(SCRATCH, name), io)
    outputs = {"model": base.predict(x)}
    generator = np.random.default_rng(seed + 100)
    known = {layer.name: layer for layer in base.get_layers()}
    cases = []
    for number in range(COUNT):
        allocation, precision = {}, {}
        results = {}
        def put(layer, key, value):
            precision.setdefault(layer, {"Precision": {}})["Precision"][key] = value
        for layer, source in inputs.items():
            node = known[layer]
            own = {}
            if generator.random() < 0.75:
                data = np.asarray(node.weights["weight"].data, dtype=np.float64)
                integer = int(np.ceil(np.log2(np.max(np.abs(data))))) + 1
                width = int(generator.integers(2, 10))
                own["weights"] = text(width, integer + int(generator.integers(-1, 2)),
                                      modes=MODES[generator.integers(len(MODES))])
                put(layer, "weight", own["weights"])
            if source is not None and source not in results and generator.random() < 0.7:
                before = known[source].get_output_variable().type.precision
                width = int(generator.integers(2, 12))
                integer = min(before.integer, 6) + int(generator.integers(-3, 1))
                modes = MODES[generator.integers(len(MODES))]
                results[source] = text(width, integer, before.signed, modes)
                put(source, "result", results[source])
            if source in results:
                own["activations"] = results[source]
            if generator.random() < 0.25:
                before = node.get_attr("accum_t").precision
                own["accumulator"] = text(int(generator.integers(max(before.integer, 2),
                                                                 before.width + 1)),
                                          before.integer, before.signed)
                put(layer, "accum", own["accumulator"])
            if own:
                allocation[layer] = own
        changed = copy.deepcopy(config)
        for layer, settings in precision.items():
            changed["LayerName"].setdefault(layer, {}).setdefault("Precision", {}).update(
                settings["Precision"])
        again = build(model, changed, os.path.join(SCRATCH, f"{name}-{number}"), io)
        outputs[str(number)] = again.predict(x)
        cases.append({"allocation": allocation, "precision": precision})
        print(name, number, "differs in", int(np.sum(outputs[str(number)] != outputs["model"])),
              "of", outputs["model"].size, flush=True)
    folder = os.path.join(HERE, name)
    shutil.rmtree(folder, ignore_errors=True)
    firmware = os.path.join(folder, "project", "firmware")
    source = os.path.join(SCRATCH, name, "firmware")
    os.makedirs(os.path.join(firmware, "weights"))
    for file in ("defines.h", "parameters.h", "myproject.cpp"):
        shutil.copy(os.path.join(source, file), firmware)
    for file in glob.glob(source + "/weights/*.txt"):
        shutil.copy(file, os.path.join(firmware, "weights"))
    yaml = open(os.path.join(SCRATCH, name, "hls4ml_config.yml")).read()
    yaml = re.sub(r"(?m)^(\s*OutputDir:).*$", r"\1 project", yaml)
    yaml = re.sub(r"(?m)^(\s*KerasModel:).*$", r"\1 null", yaml)
    open(os.path.join(folder, "project", "hls4ml_config.yml"), "w").write(yaml)
    base.config.config["OutputDir"] = "project"
    serialize_model(base, os.path.join(folder, "model.fml"))
    np.save(os.path.join(folder, "input.npy"), exact(x))
    np.savez_compressed(os.path.join(folder, "outputs.npz"),
                        **{k: exact(v) for k, v in outputs.items()})
    json.dump({"cases": cases}, open(os.path.join(folder, "cases.json"), "w"), indent=1)


def data(shape, samples, seed):
    return np.ascontiguousarray(np.random.default_rng(seed).normal(0, 1, (samples,) + shape))


def sequential(shape, *layers):
    return keras.Sequential([keras.Input(shape, name="inp"), *layers])


@case
def mlp_auto(name):
    """Nearly every type is found by hls4ml, those of a softmax too."""
    model = sequential((8,), L.Dense(12, name="fc1"), L.ReLU(name="act1"), L.Dense(8, name="fc2"),
                       L.Activation("tanh", name="act2"), L.Dense(5, name="out"),
                       L.Softmax(name="last"))
    store(name, model, data((8,), 24, 1), {"fc1": "inp", "fc2": "act1", "out": "act2"},
          types={"act2": dict(result="fixed<5,1,RND,SAT>"),
                 "out": dict(weight="fixed<5,1,RND,SAT>", bias="fixed<5,1>")})


@case
def mlp_explicit(name):
    """Types with modes of their own, accumulators in reuse-factor order."""
    model = sequential((8,), L.Dense(12, name="fc1"), L.ReLU(name="act1"), L.Dense(8, name="fc2"),
                       L.ReLU(name="act2"), L.Dense(5, name="out"))
    precise = dict(weight="fixed<9,3,RND,SAT>", bias="fixed<8,3>", accum="fixed<14,7,RND,SAT>",
                   result="fixed<11,6,RND,SAT>")
    store(name, model, data((8,), 24, 2), {"fc1": "inp", "fc2": "act1", "out": "act2"},
          types={"fc1": precise, "fc2": precise, "out": precise,
                 "act1": dict(result="ufixed<8,4,RND,SAT>"), "inp": dict(result="fixed<10,4>"),
                 "act2": dict(result="ufixed<7,4,RND,SAT>")}, strategy="Resource", reuse=4)


@case
def mlp_direct(name):
    """Layers that read each other's results without an activation between, and one output."""
    model = sequential((6,), L.Dense(8, name="fc1"), L.Dense(6, name="fc2"), L.Dense(1, name="out"),
                       L.Activation("sigmoid", name="last"))
    store(name, model, data((6,), 24, 3), {"fc1": "inp", "fc2": "fc1", "out": "fc2"})


@case
def cnn_parallel(name):
    """Joined normalization, pools, a wide default."""
    model = sequential((6, 6, 2), L.Conv2D(4, 3, padding="same", name="c1"),
                       L.BatchNormalization(name="bn1"), L.ReLU(name="r1"),
                       L.MaxPooling2D(2, name="mp"), L.Conv2D(4, 2, name="c2"), L.ReLU(name="r2"),
                       L.Flatten(name="fl"), L.Dense(3, name="out"), L.Softmax(name="sm"))
    store(name, model, data((6, 6, 2), 16, 4), {"c1": "inp", "c2": "mp", "out": "r2"},
          types={"r2": dict(result="ufixed<5,2,RND,SAT>"),
                 "out": dict(weight="fixed<5,2,RND,SAT>", bias="fixed<5,2>")})


@case
def cnn_stream(name):
    """A residual block: copies, padding that hls4ml puts in, merges, a global pool."""
    inp = keras.Input((6, 6, 2), name="inp")
    a = L.ReLU(name="r1")(L.Conv2D(4, 3, padding="same", name="c1")(inp))
    b = L.ReLU(name="r2")(L.Conv2D(4, 3, padding="same", name="c2")(a))
    c = L.Conv2D(4, 1, name="c3")(a)
    d = L.Add(name="add")([b, c])
    e = L.AveragePooling2D(2, name="ap")(d)
    f = L.ReLU(name="r3")(L.Conv2D(3, 2, name="c4")(e))
    g = L.GlobalAveragePooling2D(name="gap")(f)
    model = keras.Model(inp, L.Dense(3, name="out")(g))
    store(name, model, data((6, 6, 2), 12, 5),
          {"c1": "inp", "c2": "r1", "c3": "r1", "c4": "ap", "out": "gap"}, io="io_stream",
          default="fixed<14,6>")


@case
def depthwise_stream(name):
    """A depthwise layer whose result another layer reads; a rectifier whose parameters have the type
    of its input."""
    model = sequential((10, 3), L.DepthwiseConv1D(3, name="dw"), L.Conv1D(4, 1, name="pw"),
                       L.PReLU(name="pr"), L.MaxPooling1D(2, name="mp"), L.Conv1D(3, 2, name="c2"),
                       L.LeakyReLU(negative_slope=0.3, name="lr"), L.Flatten(name="fl"),
                       L.Dense(2, name="out"))
    store(name, model, data((10, 3), 16, 6),
          {"dw": "inp", "pw": "dw", "c2": "mp", "out": "lr"}, io="io_stream")


@case
def merges_parallel(name):
    """Every merge, each with the type that hls4ml finds."""
    inp = keras.Input((8,), name="inp")
    a = L.ReLU(name="ra")(L.Dense(6, name="a")(inp))
    b = L.Activation("tanh", name="tb")(L.Dense(6, name="b")(inp))
    s = L.Add(name="add")([a, b])
    m = L.Multiply(name="mul")([a, b])
    d = L.Subtract(name="sub")([s, m])
    x = L.Maximum(name="mx")([a, d])
    n = L.Minimum(name="mn")([b, d])
    v = L.Average(name="av")([x, n])
    k = L.Concatenate(name="cat")([v, a])
    h = L.ReLU(name="rh")(L.Dense(5, name="h")(k))
    model = keras.Model(inp, L.Dense(3, name="out")(h))
    store(name, model, data((8,), 24, 7), {"a": "inp", "b": "inp", "h": "cat", "out": "rh"},
          default="fixed<12,5>")


if __name__ == "__main__":
    for name in sys.argv[1:] or CASES:
        CASES[name](name)
