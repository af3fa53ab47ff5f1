"""hls4ml: what makes it write a point of a search."""
from __future__ import annotations

import copy
import json
from typing import Any

from ._results import Point


def precision(point: Point) -> dict[str, Any]:
    """The `Precision` keys of a point of an hls4ml model's search, by layer.

    `{"LayerName": {"fc1": {"Precision": {"weight": "ap_fixed<4,1>"}}}}`, the form of the
    `hls_config` of `convert_from_keras_model`; `apply` puts them into one. A type that the model
    has already needs no key.
    """
    with open(point.file(f"{point.id}.hls4ml.json"), "rb") as file:
        return json.load(file)


def apply(config: dict[str, Any], point: Point) -> dict[str, Any]:
    """A copy of the configuration that the model was converted with, with a point's types.

    Convert and compile with it again: the project computes what the search ran.
    """
    result = copy.deepcopy(config)
    for layer, new in precision(point)["LayerName"].items():
        own = result.setdefault("LayerName", {}).setdefault(layer, {})
        types = own.get("Precision", {})
        # One word stands for the type of everything in the layer.
        own["Precision"] = {**(types if isinstance(types, dict) else {"default": types}),
                            **new["Precision"]}
    return result
