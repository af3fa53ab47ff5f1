"""Models of other packages, each against what that package computes itself."""
import pathlib

import numpy as np
import pytest

import hwsim

ROOT = pathlib.Path(__file__).resolve().parents[2]


# MARK: hls4ml


def mlp(keras):
    layers = keras.layers
    return keras.Sequential([
        keras.Input((16,), name="features"), layers.Dense(12, activation="relu", name="fc1"),
        layers.Dense(8, activation="tanh", name="fc2"), layers.Dense(5, name="fc3"),
        layers.Softmax(name="classes"),
    ])


def cnn(keras):
    layers = keras.layers
    return keras.Sequential([
        keras.Input((8, 8, 2), name="image"),
        layers.Conv2D(4, 3, padding="same", activation="relu", name="conv1"),
        layers.MaxPooling2D(2, name="pool"), layers.Conv2D(6, 3, activation="relu", name="conv2"),
        layers.Flatten(name="flat"), layers.Dense(4, name="scores"),
    ])


def heads(keras):
    layers = keras.layers
    left, right = keras.Input((6,), name="left"), keras.Input((6,), name="right")
    both = layers.Concatenate(name="both")([left, layers.Dense(6, name="mix")(right)])
    a = layers.Dense(3, activation="sigmoid", name="a")(both)
    b = layers.Dense(2, name="b")(layers.ReLU(name="cut")(both))
    return keras.Model([left, right], [a, b])


MODELS = {
    "mlp": (mlp, "io_parallel", "fixed<12,5>", [(24, 16)]),
    "cnn": (cnn, "io_stream", "fixed<14,6,RND,SAT>", [(6, 8, 8, 2)]),
    "heads": (heads, "io_parallel", "fixed<10,4>", [(16, 6), (16, 6)]),
}


@pytest.fixture(scope="module")
def keras():
    pytest.importorskip("hls4ml")
    return pytest.importorskip("keras")


@pytest.fixture(scope="module", params=MODELS)
def compiled(request, keras, tmp_path_factory):
    """An hls4ml model that was converted and compiled on the spot, and inputs."""
    import hls4ml

    build, io_type, default, shapes = MODELS[request.param]
    keras.utils.set_random_seed(7)
    network = build(keras)
    generator = np.random.default_rng(3)
    # Weights and biases that use the types' ranges.
    network.set_weights([
        generator.normal(0, 0.6, one.shape).astype(np.float32) for one in network.get_weights()])
    config = hls4ml.utils.config_from_keras_model(
        network, granularity="name", backend="Vitis", default_precision=default)
    for layer in config["LayerName"].values():
        layer["Trace"] = True
    model = hls4ml.converters.convert_from_keras_model(
        network, hls_config=config, backend="Vitis", io_type=io_type,
        output_dir=str(tmp_path_factory.mktemp(request.param)))
    model.compile()
    x = [generator.uniform(-2, 2, shape) for shape in shapes]
    return model, x if len(x) > 1 else x[0], network, config


def test_hls4ml_model_equals_its_own_simulation(compiled):
    model, x, _, _ = compiled
    found = hwsim.check(model, x)
    assert found.verdict == "BIT-EXACT", hwsim._commands.diagnosis(found)
    traced = [one.name for one in model.get_layers() if one.get_attr("function_cpp", None)]
    assert {one.name for one in found.layers} <= set(traced)
    assert len(found.layers) >= 3, "the layers that hls4ml traced are compared"
    hwsim.assert_bit_exact(model, x)
    # Outputs that were predicted before, float32 as hls4ml gives them for float32.
    y = model.predict([one.astype(np.float32) for one in x] if isinstance(x, list)
                      else x.astype(np.float32))
    x32 = [one.astype(np.float32) for one in x] if isinstance(x, list) else x.astype(np.float32)
    if isinstance(y, list) or y.ndim == 2:
        # Outputs of more bits than float32 has are compared as far as it tells.
        assert hwsim.check(model, x32, y).verdict in ("BIT-EXACT", "EXACT AS PRINTED")


def test_the_diagnosis_of_a_changed_model(compiled):
    model, x, _, _ = compiled
    outputs, trace = hwsim._models.simulate(model, x)
    name = next(iter(trace))
    trace = {key: np.array(value) for key, value in trace.items()}
    trace[name].reshape(-1)[3] += 1
    with pytest.raises(AssertionError) as raised:
        hwsim.assert_bit_exact(model, x, outputs if len(outputs) > 1 else outputs[0], layers=trace)
    text = str(raised.value)
    assert text.startswith("MISMATCH: ") and f"first differs at {name}[" in text


def test_hls4ml_model_that_is_not_compiled_is_written(keras, tmp_path):
    import hls4ml

    network = mlp(keras)
    config = hls4ml.utils.config_from_keras_model(network, granularity="name", backend="Vitis")
    model = hls4ml.converters.convert_from_keras_model(
        network, hls_config=config, backend="Vitis", output_dir=str(tmp_path / "project"))
    assert not (tmp_path / "project").exists()
    assert {one.name for one in hwsim.inspect(model).nodes} >= {"fc1", "fc2", "fc3"}
    with pytest.raises(hwsim.Error, match="check.no-data"):
        hwsim.check(model, np.zeros((3, 16)))


def test_a_point_of_a_search_is_what_hls4ml_writes_of_it(keras, tmp_path):
    import hls4ml

    network = mlp(keras)
    config = hls4ml.utils.config_from_keras_model(
        network, granularity="name", backend="Vitis", default_precision="fixed<12,5>")
    options = dict(backend="Vitis", io_type="io_parallel")
    model = hls4ml.converters.convert_from_keras_model(
        network, hls_config=config, output_dir=str(tmp_path / "first"), **options)
    model.compile()
    generator = np.random.default_rng(5)
    x = generator.uniform(-2, 2, (48, 16))
    labels = model.predict(x).argmax(1)
    found = hwsim.search(
        model, x, labels, calibration=x[:16], bits=(3, 5, 8), evaluations=8, screening=8)
    assert len(found.points) >= 2
    for point in (found.points[0], found.points[-1]):
        keys = hwsim.hls4ml.precision(point)["LayerName"]
        assert keys and all(set(one) == {"Precision"} for one in keys.values())
        other = hls4ml.converters.convert_from_keras_model(
            network, hls_config=hwsim.hls4ml.apply(config, point),
            output_dir=str(tmp_path / point.id), **options)
        other.compile()
        y = other.predict(x)
        assert np.count_nonzero(y.argmax(1) == labels) == point.correct
        np.testing.assert_array_equal(
            hwsim.run(model, x, allocation=point, values=True).array, y)
        hwsim.assert_bit_exact(other, x)
    assert "LayerName" in config and config != hwsim.hls4ml.apply(config, found.points[0])


# MARK: TFLite


def test_a_flatbuffer_in_memory_equals_the_interpreter(keras):
    tf = pytest.importorskip("tensorflow")
    if keras.backend.backend() != "tensorflow":
        pytest.skip("Keras runs on another back end")
    keras.utils.set_random_seed(2)
    network = cnn(keras)
    generator = np.random.default_rng(4)
    samples = generator.uniform(-1, 1, (64, 8, 8, 2)).astype(np.float32)
    converter = tf.lite.TFLiteConverter.from_keras_model(network)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = lambda: ([one[None]] for one in samples)
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.inference_input_type = converter.inference_output_type = tf.int8
    content = converter.convert()
    interpreter = tf.lite.Interpreter(
        model_content=content,
        experimental_op_resolver_type=tf.lite.experimental.OpResolverType.BUILTIN_REF)
    interpreter.allocate_tensors()
    source, result = interpreter.get_input_details()[0], interpreter.get_output_details()[0]
    codes = generator.integers(-128, 128, (16, 8, 8, 2)).astype(np.int8)
    expected = []
    for one in codes:
        interpreter.set_tensor(source["index"], one[None])
        interpreter.invoke()
        expected.append(interpreter.get_tensor(result["index"])[0])
    for given in (content, bytearray(content), memoryview(content)):
        found = hwsim.run(given, codes)
        np.testing.assert_array_equal(found.array, np.array(expected))
    assert found.document["inputs"][0]["kind"] == "tflite"
    hwsim.assert_bit_exact(content, codes, np.array(expected))


# MARK: ONNX


def onnx_model(onnx, helper):
    """A float network of two layers."""
    generator = np.random.default_rng(6)
    weights = [
        # Raw bytes: only these can be kept in a file beside the model.
        onnx.numpy_helper.from_array(generator.normal(0, 0.5, shape).astype(np.float32), name)
        for name, shape in [("w1", (6, 8)), ("b1", (8,)), ("w2", (8, 3)), ("b2", (3,))]
    ]
    nodes = [
        helper.make_node("Gemm", ["x", "w1", "b1"], ["h"], name="fc1"),
        helper.make_node("Relu", ["h"], ["r"], name="relu"),
        helper.make_node("Gemm", ["r", "w2", "b2"], ["y"], name="fc2"),
    ]
    graph = helper.make_graph(
        nodes, "net", [helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT, ["N", 6])],
        [helper.make_tensor_value_info("y", onnx.TensorProto.FLOAT, ["N", 3])], weights)
    return helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)


def test_an_onnx_model_in_memory(tmp_path):
    onnx = pytest.importorskip("onnx")
    from onnx import helper
    from onnx.reference import ReferenceEvaluator

    model = onnx_model(onnx, helper)
    x = np.random.default_rng(1).normal(size=(40, 6)).astype(np.float32)
    expected = ReferenceEvaluator(model).run(None, {"x": x})[0]
    np.testing.assert_allclose(
        hwsim.run(model, x, datapath="onnx-reference").array, expected, rtol=1e-5, atol=1e-6)
    same = hwsim.run(model.SerializeToString(), x, datapath="onnx-reference").array
    np.testing.assert_array_equal(same, hwsim.run(model, x, datapath="onnx-reference").array)
    found = hwsim.search(
        model, x, expected.argmax(1), calibration=x[:8], bits=(3, 8), evaluations=4, screening=4)
    point = found.points[-1]
    quantized = hwsim.onnx.quantized(point)
    assert isinstance(quantized, onnx.ModelProto)
    assert "Quant" in {node.op_type for node in quantized.graph.node}
    scores = hwsim.run(quantized, x, values=True).array
    assert np.count_nonzero(scores.argmax(1) == expected.argmax(1)) == point.correct
    # Weights in a file beside the model are not in the object.
    path = tmp_path / "model.onnx"
    onnx.save(model, path, save_as_external_data=True, size_threshold=0, location="weights")
    with pytest.raises(hwsim.Error, match="beside"):
        hwsim.run(onnx.load(path, load_external_data=False), x)
    np.testing.assert_array_equal(hwsim.run(path, x, datapath="onnx-reference").array, same)


def test_a_float_model_is_told_how_to_become_one_that_is_read(keras):
    with pytest.raises(hwsim.Error) as raised:
        hwsim.check(mlp(keras), np.zeros((2, 16)))
    assert "convert_from_keras_model" in raised.value.remedy


def test_a_configuration_of_a_transformer():
    import json

    config = json.loads((ROOT / "examples" / "transformer" / "config.json").read_text())
    path = ROOT / "examples" / "transformer" / "config.json"
    assert hwsim.inspect(config).parameters == hwsim.inspect(path).parameters
    rows = hwsim.estimate(config, "a100", bits="w8a8", batch=(1, 8), sequence=128).to_pandas()
    assert rows["batch"].tolist() == [1, 8]
