"""ONNX: a point of a search as a model."""
from __future__ import annotations

from typing import Any

from ._errors import Error
from ._results import Point


def quantized(point: Point) -> Any:
    """A point of a float network's search as a QONNX model (`onnx.ModelProto`, `Quant` nodes)."""
    import onnx

    name = point.qonnx
    if name is None:
        raise Error(
            "search.unsupported", f"the search wrote no QONNX model of point {point.id}",
            remedy="search a float ONNX network with qonnx='all'; what a format has no Quant node "
            "for stays an allocation file.", exit_code=65)
    return onnx.load(point.file(name))
