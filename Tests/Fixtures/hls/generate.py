"""Makes the C-simulation cases of this folder: hls4ml converts small models, g++ compiles the
projects, and inputs, outputs and every traced layer are stored beside the text that was compiled.

    python generate.py [NAME...]

Versions that the stored cases were made with are in README.md.
"""
import glob
import os
import re
import shutil
import sys
import tempfile

os.environ.setdefault("KERAS_BACKEND", "jax")
import numpy as np

if not hasattr(np, "product"):  # hls4ml 1.3.0 needs it for power-of-two weights
    np.product = np.prod
import hls4ml
import keras
from hls4ml.model.graph import ModelGraph
from hls4ml.model.quantizers import BinaryQuantizer, TernaryQuantizer
from hls4ml.utils.config import create_config
from hls4ml.utils.serialization import serialize_model
from keras import layers as L

HERE = os.path.dirname(os.path.abspath(__file__))
SCRATCH = tempfile.mkdtemp(prefix="hls-fixtures")
# Types that round and saturate at every addition, so that the order of addition shows.
NARROW = dict(weight="fixed<6,2,RND,SAT>", bias="fixed<6,2,RND,SAT>", accum="fixed<10,5,RND,SAT>",
              result="fixed<8,4,RND,SAT>")
COARSE = dict(weight="fixed<5,2,RND,SAT>", bias="fixed<6,2,RND,SAT>", result="fixed<9,5,RND,SAT>")
CASES = {}


def case(function):
    CASES[function.__name__] = function
    return function


def inputs(shape, samples, seed, large=12.0):
    """Normal values; the last quarter is `large` times larger, the first sample is zero."""
    generator = np.random.default_rng(seed)
    x = generator.normal(0, 1, (samples,) + shape)
    x[-(samples // 4):] *= large
    x[0] = 0
    return np.ascontiguousarray(x)


def randomize(model, seed):
    generator = np.random.default_rng(seed)
    for layer in model.layers:
        values = []
        for weight, value in zip(layer.weights, layer.get_weights()):
            fan = max(1, int(np.prod(value.shape[:-1])))
            scale = np.sqrt(2 / fan) if "kernel" in weight.path else 0.3
            values.append(generator.normal(0, scale, value.shape).astype(np.float32))
        if values:
            layer.set_weights(values)


def from_keras(name, model, x, io="io_parallel", types={}, change=None, default="fixed<16,6>",
               strategy=None, reuse=None, seed=1, **options):
    randomize(model, seed)
    config = hls4ml.utils.config_from_keras_model(
        model, granularity="name", backend="Vitis", default_precision=default)
    if strategy:
        config["Model"]["Strategy"] = strategy
    if reuse:
        config["Model"]["ReuseFactor"] = reuse
        for layer in config["LayerName"].values():
            if "ReuseFactor" in layer:
                layer["ReuseFactor"] = reuse
    for layer, precision in types.items():
        config["LayerName"][layer].setdefault("Precision", {}).update(precision)
    if change:
        change(config["LayerName"])
    store(name, hls4ml.converters.convert_from_keras_model(
        model, hls_config=config, output_dir=os.path.join(SCRATCH, name), backend="Vitis",
        io_type=io, **options), x)


def from_layers(name, layers, x, backend="Vitis", io="io_parallel"):
    config = create_config(output_dir=os.path.join(SCRATCH, name), project_name="myproject",
                           backend=backend, io_type=io, part="xcvu13p-flga2577-2-e", clock_period=5)
    config["HLSConfig"] = {"Model": {"Precision": "fixed<16,6>", "ReuseFactor": 1,
                                     "Strategy": "Latency", "TraceOutput": False}}
    store(name, ModelGraph.from_layer_list(config, layers, ["inp"], [layers[-1]["name"]]), x)


def exact(values):
    """float32 where that loses nothing."""
    values = np.asarray(values)
    single = values.astype(np.float32)
    return single if np.array_equal(single.astype(np.float64), values) else values


def store(name, model, x):
    for layer in model.get_layers():
        if layer.get_attr("function_cpp", None) and layer.class_name not in ("Clone", "Repack", "Reshape"):
            layer.set_attr("trace", True)
    outputs, trace = model.trace(x)
    outputs = outputs if isinstance(outputs, list) else [outputs]
    folder = os.path.join(HERE, name)
    shutil.rmtree(folder, ignore_errors=True)
    firmware = os.path.join(folder, "project", "firmware")
    source = os.path.join(model.config.get_output_dir(), "firmware")
    os.makedirs(os.path.join(firmware, "weights"))
    for file in ("defines.h", "parameters.h", "myproject.cpp"):
        shutil.copy(os.path.join(source, file), firmware)
    texts = glob.glob(source + "/weights/*.txt") or glob.glob(source + "/weights/*.h")
    for file in texts:
        shutil.copy(file, os.path.join(firmware, "weights"))
    generated = os.path.join(source, "nnet_utils", "nnet_code_gen.h")
    if open(generated).read().split("hls4ml insert code")[-1].count("\n") > 4:
        os.makedirs(os.path.join(firmware, "nnet_utils"))
        shutil.copy(generated, os.path.join(firmware, "nnet_utils"))
    text = open(os.path.join(model.config.get_output_dir(), "hls4ml_config.yml")).read()
    text = re.sub(r"(?m)^(\s*OutputDir:).*$", r"\1 project", text)
    text = re.sub(r"(?m)^(\s*KerasModel:).*$", r"\1 null", text)
    open(os.path.join(folder, "project", "hls4ml_config.yml"), "w").write(text)
    try:
        model.config.config["OutputDir"] = "project"
        serialize_model(model, os.path.join(folder, "model.fml"))
    except Exception as error:  # HGQ2 models cannot be saved
        print(name, "has no archive:", error)
    np.save(os.path.join(folder, "input.npy"), exact(x))
    for index, values in enumerate(outputs):
        suffix = "" if len(outputs) == 1 else str(index)
        np.save(os.path.join(folder, f"output{suffix}.npy"), exact(values))
    np.savez_compressed(os.path.join(folder, "trace.npz"), **{k: exact(v) for k, v in trace.items()})


def sequential(shape, *layers):
    return keras.Sequential([keras.Input(shape, name="inp"), *layers])


@case
def permute_parallel(name):
    model = sequential((3, 4, 5), L.Permute((3, 1, 2), name="tr"), L.Conv2D(2, 2, name="c"),
                       L.Flatten(name="f"), L.Dense(3, name="d"))
    from_keras(name, model, inputs((3, 4, 5), 8, 1))


@case
def permute_stream(name):
    model = sequential((4, 5), L.Permute((2, 1), name="tr"), L.Conv1D(3, 2, name="c"),
                       L.Flatten(name="f"), L.Dense(3, name="d"))
    from_keras(name, model, inputs((4, 5), 8, 2), io="io_stream")


@case
def embedding_stream(name):
    model = sequential((5,), L.Embedding(7, 4, name="emb"), L.Conv1D(3, 2, name="c"),
                       L.Flatten(name="f"), L.Dense(3, name="d"))
    x = np.random.default_rng(3).integers(0, 7, (8, 5)).astype(np.float64)
    from_keras(name, model, x, io="io_stream", types={"inp": dict(result="uint<3>")})


@case
def lstm(name):
    model = sequential((4, 3), L.LSTM(5, name="rnn"), L.Dense(3, name="d"))
    from_keras(name, model, inputs((4, 3), 16, 5, 4))


@case
def lstm_sequence_stream(name):
    model = sequential((4, 3), L.LSTM(4, return_sequences=True, name="rnn"), L.Flatten(name="f"),
                       L.Dense(3, name="d"))
    from_keras(name, model, inputs((4, 3), 12, 6, 4), io="io_stream")


@case
def gru(name):
    model = sequential((4, 3), L.GRU(5, name="rnn"), L.Dense(3, name="d"))
    from_keras(name, model, inputs((4, 3), 16, 7, 4))


@case
def gru_sequence_resource(name):
    model = sequential((4, 3), L.GRU(4, return_sequences=True, name="rnn"), L.Flatten(name="f"),
                       L.Dense(2, name="d"))
    types = {"rnn": dict(accum="fixed<12,4,RND,SAT>", result="fixed<10,3,RND,SAT>")}
    from_keras(name, model, inputs((4, 3), 16, 27, 4), strategy="Resource", reuse=3, types=types)


@case
def adder_conv2d_parallel(name):
    model = sequential((4, 4, 2), L.Conv2D(2, 2, name="c"), L.Activation("relu", name="r"),
                       L.Flatten(name="f"), L.Dense(2, name="d"))
    from_keras(name, model, inputs((4, 4, 2), 8, 10), types={"c": COARSE, "d": COARSE},
               strategy="distributed_arithmetic", default="fixed<8,4>")


@case
def adder_conv2d_stream(name):
    model = sequential((4, 4, 2), L.Conv2D(2, 2, name="c"), L.Activation("relu", name="r"),
                       L.Flatten(name="f"), L.Dense(2, name="d"))
    from_keras(name, model, inputs((4, 4, 2), 8, 11), types={"c": COARSE, "d": COARSE},
               io="io_stream", strategy="distributed_arithmetic", default="fixed<8,4>")


@case
def adder_conv1d_same(name):
    model = sequential((7, 2), L.Conv1D(2, 4, strides=2, padding="same", name="c"),
                       L.Activation("tanh", name="r"), L.Flatten(name="f"), L.Dense(2, name="d"))
    from_keras(name, model, inputs((7, 2), 8, 28), types={"c": COARSE, "d": COARSE},
               strategy="distributed_arithmetic", default="fixed<8,4>")


@case
def hgq2_adder_conv2d(name):
    from hgq.config import LayerConfigScope, QuantizerConfigScope
    from hgq.layers import QConv2D, QDense
    from hgq.utils import trace_minmax

    keras.utils.set_random_seed(7)
    with QuantizerConfigScope(place="all", default_q_type="kbi", overflow_mode="SAT_SYM"), \
            QuantizerConfigScope(place="datalane", default_q_type="kif", overflow_mode="WRAP"), \
            LayerConfigScope(enable_ebops=True, beta0=1e-6):
        model = sequential((5, 5, 2), QConv2D(3, 2, activation="relu", name="q1"),
                           L.Flatten(name="f"), QDense(4, name="q3"))
    x = np.random.default_rng(3).normal(0, 1, (128, 5, 5, 2)).astype(np.float32)
    trace_minmax(model, x)
    config = {"Model": {"Precision": "fixed<-1,0>", "ReuseFactor": 1,
                        "Strategy": "distributed_arithmetic"}}
    store(name, hls4ml.converters.convert_from_keras_model(
        model, output_dir=os.path.join(SCRATCH, name), backend="Vitis", io_type="io_parallel",
        hls_config=config), np.ascontiguousarray(x[:8].astype(np.float64)))


@case
def pools_crop_dot(name):
    data = keras.Input((7, 3), name="inp")
    largest = L.MaxPooling1D(2, padding="same", name="mp")(data)
    mean = L.AveragePooling1D(2, padding="same", name="ap")(data)
    joined = L.Concatenate(axis=1, name="cat")([largest, mean])
    flat = L.Flatten(name="f")(L.Cropping1D((1, 2), name="crop")(joined))
    product = L.Dot(1, name="dot")([L.Dense(6, name="u")(flat), L.Dense(6, name="v")(flat)])
    from_keras(name, keras.Model(data, product), inputs((7, 3), 12, 12),
               types={"dot": dict(result="fixed<20,9>", accum="fixed<14,7,RND,SAT>")})


@case
def resource_unrolled(name):
    model = sequential((12,), L.Dense(8, name="d0"), L.Activation("relu", name="r"),
                       L.Dense(4, name="d1"))
    from_keras(name, model, inputs((12,), 16, 13), types={"d0": NARROW, "d1": NARROW},
               strategy="resource_unrolled", reuse=4)


@case
def conv2d_resource(name):
    model = sequential((5, 5, 2), L.Conv2D(3, 3, name="c", padding="same"),
                       L.Activation("relu6", name="r"), L.Conv2D(3, 1, name="pw"),
                       L.GlobalAveragePooling2D(name="g"), L.Dense(3, name="d"))
    from_keras(name, model, inputs((5, 5, 2), 8, 14), types={"c": NARROW, "pw": NARROW},
               strategy="Resource", reuse=6,
               change=lambda layers: [layers[k].update(ReuseFactor=3) for k in ("pw", "d")])


@case
def conv2d_resource_stream(name):
    model = sequential((6, 6, 2), L.Conv2D(4, 3, name="c"), L.DepthwiseConv2D(2, name="dw"),
                       L.Conv2D(3, 1, name="pw"), L.Reshape((3, 9), name="rs"),
                       L.Conv1D(2, 2, name="c1"), L.Flatten(name="f"), L.Dense(3, name="d"))
    reuse = dict(c=6, dw=2, pw=2, c1=3, d=2)
    from_keras(name, model, inputs((6, 6, 2), 8, 15), io="io_stream",
               types={"c": NARROW, "dw": NARROW, "pw": NARROW}, strategy="Resource",
               change=lambda layers: [layers[k].update(ReuseFactor=v) for k, v in reuse.items()])


@case
def depthwise_resource_stream(name):
    model = sequential((6, 2), L.DepthwiseConv1D(3, name="a"), L.DepthwiseConv1D(2, name="b"),
                       L.Flatten(name="f"), L.Dense(2, name="d"))
    reuse = dict(a=4, b=2, d=2)
    from_keras(name, model, inputs((6, 2), 16, 29), io="io_stream",
               types={"a": NARROW, "b": NARROW}, strategy="Resource",
               change=lambda layers: [layers[k].update(ReuseFactor=v) for k, v in reuse.items()])


@case
def depthwise_parallel(name):
    model = sequential((5, 5, 2), L.Conv2D(3, 1, name="pw"),
                       L.DepthwiseConv2D(2, strides=2, padding="same", name="dw"),
                       L.GlobalMaxPooling2D(name="g"), L.Dense(3, name="d"))
    from_keras(name, model, inputs((5, 5, 2), 8, 9), types={"dw": NARROW})


def raw_input(shape):
    return dict(class_name="InputLayer", name="inp", input_shape=shape,
                data_format="channels_last")


def raw_batchnorm(generator, name, source, count, filters):
    return dict(class_name="BatchNormalization", name=name, inputs=[source], n_in=count,
                n_out=count, n_filt=filters, gamma_data=generator.uniform(.5, 1.5, filters),
                beta_data=generator.normal(0, .3, filters),
                mean_data=generator.normal(0, 1, filters),
                variance_data=generator.uniform(.5, 2, filters), epsilon=1e-3, use_gamma=True,
                use_beta=True, data_format="channels_last")


@case
def binary_conv2d(name):
    generator = np.random.default_rng(16)

    def conv(name, source, size, channels, filters, quantizer):
        return dict(class_name="Conv2D", name=name, inputs=[source], in_height=size, in_width=size,
                    n_chan=channels, n_filt=filters, filt_height=3, filt_width=3, stride_height=1,
                    stride_width=1, pad_top=0, pad_bottom=0, pad_left=0, pad_right=0,
                    out_height=size - 2, out_width=size - 2,
                    weight_data=generator.normal(0, 1, (3, 3, channels, filters)),
                    bias_data=np.zeros(filters), use_bias=True, weight_quantizer=quantizer,
                    bias_quantizer=None, data_format="channels_last")

    layers = [
        raw_input([6, 6, 2]), conv("c0", "inp", 6, 2, 3, BinaryQuantizer(bits=2)),
        raw_batchnorm(generator, "bn0", "c0", 48, 3),
        dict(class_name="Activation", name="t0", inputs=["bn0"], activation="binary_tanh"),
        conv("c1", "t0", 4, 3, 3, BinaryQuantizer(bits=1)),
        dict(class_name="Reshape", name="fl", inputs=["c1"], target_shape=[12],
             data_format="channels_last"),
    ]
    from_layers(name, layers, inputs((6, 6, 2), 8, 16), backend="Vivado")


@case
def ternary_conv1d_stream(name):
    generator = np.random.default_rng(17)

    def conv(name, source, size, channels, filters):
        return dict(class_name="Conv1D", name=name, inputs=[source], in_width=size,
                    n_chan=channels, n_filt=filters, filt_width=3, stride_width=1, pad_left=0,
                    pad_right=0, out_width=size - 2,
                    weight_data=generator.normal(0, 1, (3, channels, filters)),
                    bias_data=np.zeros(filters), use_bias=True,
                    weight_quantizer=TernaryQuantizer(), bias_quantizer=None,
                    data_format="channels_last")

    layers = [
        raw_input([8, 2]), conv("c0", "inp", 8, 2, 4),
        raw_batchnorm(generator, "bn0", "c0", 24, 4),
        dict(class_name="TernaryTanh", name="t0", inputs=["bn0"], activation="ternary_tanh"),
        conv("c1", "t0", 6, 4, 3),
        dict(class_name="Activation", name="b1", inputs=["c1"], activation="binary_tanh"),
    ]
    from_layers(name, layers, inputs((8, 2), 12, 17), io="io_stream")


@case
def separable_conv2d(name):
    generator = np.random.default_rng(26)
    layers = [raw_input([5, 5, 2]), dict(
        class_name="SeparableConv2D", name="s", inputs=["inp"], in_height=5, in_width=5, n_chan=2,
        n_filt=3, filt_height=3, filt_width=3, stride_height=1, stride_width=1, pad_top=0,
        pad_bottom=0, pad_left=0, pad_right=0, out_height=3, out_width=3,
        depthwise_data=generator.normal(0, .4, (3, 3, 2, 1)),
        pointwise_data=generator.normal(0, .6, (1, 1, 2, 3)),
        bias_data=generator.normal(0, .3, 3), use_bias=True, data_format="channels_last",
        depth_multiplier=1)]
    from_layers(name, layers, inputs((5, 5, 2), 12, 26))


@case
def softmax_axes(name):
    data = keras.Input((4, 3, 5), name="inp")
    model = keras.Model(data, [L.Softmax(axis=-2, name="s2")(data), L.Softmax(axis=-1, name="s1")(data)])
    from_keras(name, model, inputs((4, 3, 5), 6, 18))


@case
def namespace_headers(name):
    model = sequential((6,), L.Dense(5, name="d0"), L.Activation("elu", name="e"),
                       L.Dense(3, name="d1"))
    from_keras(name, model, inputs((6,), 12, 23), namespace="mine", write_weights_txt=False)


@case
def einsum_dense(name):
    model = sequential((3, 4), L.EinsumDense("abc,cd->abd", (3, 2), bias_axes="d", name="e"),
                       L.Activation("relu", name="r"), L.Flatten(name="f"), L.Dense(2, name="d"))
    from_keras(name, model, inputs((3, 4), 12, 30))


@case
def einsum_dense_moved(name):
    """Axes before and after transposed, another bias a row."""
    model = sequential((4, 3), L.EinsumDense("acb,cd->adb", (5, 3), bias_axes="db", name="e"))
    from_keras(name, model, inputs((4, 3), 16, 31, 6), types={"e": NARROW})


@case
def einsum_dense_blocks(name):
    """A matrix of its own for each index of an axis."""
    model = sequential((3, 2, 4), L.EinsumDense("anbc,bcd->anbd", (3, 2, 5), bias_axes="bd", name="e"))
    from_keras(name, model, inputs((3, 2, 4), 12, 32, 6), types={"e": NARROW})


@case
def layer_normalization(name):
    model = sequential((3, 4), L.LayerNormalization(axis=2, epsilon=1e-3, name="n"), L.Flatten(name="f"),
                       L.Dense(2, name="d"))
    from_keras(name, model, inputs((3, 4), 24, 33, 6))


@case
def layer_normalization_narrow(name):
    """Sums that wrap and round, and a table of few entries."""
    model = sequential((2, 6), L.LayerNormalization(axis=2, epsilon=1e-2, name="n"))

    def change(layers):
        layer = next(value for key, value in layers.items() if key.startswith("n"))
        layer["TableSize"] = 64
        layer["Precision"].update(accum="fixed<9,4>", table="ufixed<7,4>",
                                        result="fixed<8,4,RND,SAT>")
    from_keras(name, model, inputs((2, 6), 40, 34, 6), change=change)


if __name__ == "__main__":
    for name in sys.argv[1:] or CASES:
        CASES[name](name)
        print(name)
    shutil.rmtree(SCRATCH)
