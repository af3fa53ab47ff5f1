"""Models as users have them, as files that the program reads."""
from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from typing import Any

import numpy as np

from ._errors import Error
from ._workspace import Workspace, is_sequence_of_arrays


def model_path(model: Any, workspace: Workspace) -> str:
    """The path of a model: as it is, of an hls4ml model's project, or of a file that is written.

    Takes a path, the bytes of a TFLite or ONNX file, an `onnx.ModelProto` (or a qonnx
    `ModelWrapper`), an hls4ml `ModelGraph`, and a transformer's configuration (a dict or what has
    `to_dict`).
    """
    if isinstance(model, (str, os.PathLike)):
        path = os.fspath(model)
        return os.path.join(os.curdir, path) if path.startswith("-") else path
    if isinstance(model, (bytes, bytearray, memoryview)):
        content = bytes(model)
        # The file identifier of a flatbuffer stands after its first offset.
        suffix = "tflite" if content[4:8] == b"TFL3" else "onnx"
        return workspace.write(f"model.{suffix}", content)
    if is_hls4ml(model):
        return _project(model)
    proto = _onnx_proto(model)
    if proto is not None:
        return _onnx_file(proto, workspace)
    if isinstance(model, Mapping) or hasattr(model, "to_dict") and hasattr(model, "model_type"):
        return workspace.document("config", model)
    raise _unknown(model)


def is_hls4ml(model: Any) -> bool:
    """Whether `model` is an hls4ml `ModelGraph`."""
    graph = _loaded("hls4ml.model.graph")
    return graph is not None and isinstance(model, graph.ModelGraph)


def simulate(model: Any, x: Any) -> tuple[list[np.ndarray], dict[str, np.ndarray]]:
    """What an hls4ml model's own C-simulation computes: its outputs, and its traced layers by name.

    The model was compiled. Values are computed as float64, which holds every result of at most 53
    bits.
    """
    if isinstance(x, Mapping):
        x = [x[name] for name in _input_names(model, x)]
    inputs = [_simulated(one) for one in x] if is_sequence_of_arrays(x) else _simulated(x)
    if isinstance(inputs, list) and len(inputs) == 1:
        inputs = inputs[0]
    layers = [layer for layer in model.get_layers() if _is_traced(layer)]
    outputs, trace = model.trace(inputs) if layers else (model.predict(inputs), {})
    variables = model.get_output_variables()
    outputs = outputs if len(variables) > 1 else [outputs]
    # Predictions are flat; one sample has lost its axis.
    shaped = [
        np.asarray(one).reshape(-1, *(int(extent) for extent in variable.shape))
        for one, variable in zip(outputs, variables, strict=True)
    ]
    return shaped, trace


def _input_names(model: Any, x: Mapping[str, Any]) -> list[str]:
    names = [str(variable.name) for variable in model.get_input_variables()]
    if set(names) != set(x):
        raise Error(
            "array.names", f"the model's inputs are {', '.join(names)}; given are {', '.join(x)}",
            location="x", remedy="name the arrays as the inputs.", exit_code=65)
    return names


def as_values(model: Any, x: Any) -> Any:
    """Inputs of an hls4ml model, which are numbers: integers are no codes there."""
    if not is_hls4ml(model) or x is None or isinstance(x, (str, os.PathLike)):
        return x
    if isinstance(x, Mapping):
        return {name: as_values(model, one) for name, one in x.items()}
    if is_sequence_of_arrays(x):
        return [as_values(model, one) for one in x]
    return np.asarray(x, dtype=np.float64) if np.asarray(x).dtype.kind in "iub" else x


def _simulated(value: Any) -> np.ndarray:
    if isinstance(value, (str, os.PathLike)):
        value = np.load(value, allow_pickle=False)
    return np.ascontiguousarray(value, dtype=np.float64)


def _is_traced(layer: Any) -> bool:
    return bool(layer.get_attr("function_cpp", None) and layer.get_attr("trace", False))


def is_compiled(model: Any) -> bool:
    """Whether an hls4ml model has a library to simulate with."""
    return getattr(model, "_top_function_lib", None) is not None


def _project(model: Any) -> str:
    folder = model.config.get_output_dir()
    # compile() writes the project; a model that was only converted has none yet.
    if not is_compiled(model):
        model.write()
    return os.fspath(folder)


def _onnx_proto(model: Any) -> Any:
    onnx = _loaded("onnx")
    if onnx is None:
        return None
    for one in (model, getattr(model, "model", None)):
        if isinstance(one, onnx.ModelProto):
            return one
    return None


def _onnx_file(proto: Any, workspace: Workspace) -> str:
    external = [one.name for one in proto.graph.initializer if one.data_location == 1]
    if external:
        raise Error(
            "usage.arguments", f"the weights of '{external[0]}' are in a file beside the model's",
            location="onnx.ModelProto", notes=[f"{len(external)} tensors are"],
            remedy="give the path of the model, or load it with onnx.load(path).")
    return workspace.write("model.onnx", proto.SerializeToString(deterministic=True))


def _loaded(name: str) -> Any:
    # Whoever has an object of a package has imported it.
    return sys.modules.get(name)


def _unknown(model: Any) -> Error:
    kind = f"{type(model).__module__}.{type(model).__qualname__}"
    remedy = "give a path, the bytes of a file, an onnx.ModelProto or an hls4ml ModelGraph."
    package = kind.split(".")[0]
    if package in ("keras", "tf_keras", "tensorflow", "qkeras"):
        remedy = (
            "convert it: hls4ml.converters.convert_from_keras_model(model), or "
            "tf.lite.TFLiteConverter.from_keras_model(model) with a representative data set, and "
            "give the result of convert().")
    elif package == "torch" or hasattr(model, "state_dict"):
        remedy = "export it with torch.onnx.export and give the .onnx file."
    elif kind == "hls4ml.model.graph.MultiModelGraph":
        remedy = "give one of its .graphs."
    return Error(
        "usage.arguments", f"{kind} is no model that hwsim reads", location="model", remedy=remedy)
