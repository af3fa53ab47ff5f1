"""The keys that the module reads are those of the program's schemas."""
import numpy as np
import pytest

import hwsim
from hwsim import _results


def alternatives(schema):
    return [one for part in schema["anyOf"] for one in alternatives(part)] if "anyOf" in schema \
        else [schema]


def objects(schema):
    """Every object that a schema describes."""
    for one in alternatives(schema):
        if one.get("type") == "object":
            yield one
            for part in one.get("properties", {}).values():
                yield from objects(part)
        if one.get("type") == "array":
            yield from objects(one.get("items", {}))


def result(name):
    return hwsim.schema(name)["properties"]["result"]


CLASSES = {**_results.CLASSES, "run": hwsim.Run}


@pytest.mark.parametrize("name", CLASSES)
def test_no_key_of_a_result_is_hidden_by_a_name_of_its_class(name):
    keys = {key for one in alternatives(result(name)) for key in one.get("properties", {})}
    assert keys
    assert not keys & set(dir(CLASSES[name])), name


@pytest.mark.parametrize("name", ["check", "run", "inspect", "estimate", "targets", "search",
                                  "compare", "formats", "cast"])
def test_no_key_inside_a_result_is_hidden_by_a_method(name):
    names = {key for one in objects(result(name)) for key in one.get("properties", {})}
    assert not names & {key for key in dir(hwsim.Record) if not key.startswith("_")}


@pytest.mark.parametrize("name", CLASSES)
def test_tables_are_lists_of_the_schema(name):
    lists = {
        key for one in alternatives(result(name)) for key, part in one.get("properties", {}).items()
        if any(each.get("type") == "array" for each in alternatives(part))
    }
    assert set(CLASSES[name].tables) <= lists


# What the module itself reads of documents, by schema; the rest it passes on.
READ = {
    "check": [
        "verdict", "equal_values", "compared_values", "max_lsb", "distinguishable_values",
        "first_divergence.node", "first_divergence.index", "first_divergence.expected",
        "first_divergence.actual", "first_divergence.cause.kind", "first_divergence.cause.object",
        "first_divergence.cause.node", "first_divergence.cause.detail",
        "first_divergence.cause.reproduces", "mismatches.name", "mismatches.sample",
        "mismatches.index", "mismatches.expected", "mismatches.actual", "mismatches.lsb",
        "overflows.node", "overflows.object", "overflows.values", "overflows.bits",
        "overflows.bits_needed",
    ],
    "run": ["samples"],
    "estimate": ["fits", "target", "latency.seconds"],
    "search": [
        "problems", "infeasible", "evaluated", "points.id", "points.knee", "points.allocation",
        "points.qonnx",
    ],
    "compare": ["verdict", "worse", "better"],
}


def members(schema):
    """The properties of an object, of the objects of a list, of all alternatives."""
    found = {}
    for one in alternatives(schema):
        inner = members(one["items"]) if one.get("type") == "array" else one.get("properties", {})
        found.update(inner)
    return found


@pytest.mark.parametrize("name, path", [(name, path) for name in READ for path in READ[name]])
def test_keys_that_the_module_reads_are_in_the_schema(name, path):
    schema = result(name)
    for key in path.split("."):
        assert key in members(schema), path
        schema = members(schema)[key]


def test_the_module_reads_no_other_keys(monkeypatch, digits, digits_cnn):
    read = set()
    real = hwsim.Record._wrapped

    def noted(self, key, value):
        read.add(key)
        return real(self, key, value)

    y = np.load(digits / "output.npy")
    y[:, 2] += 0.5
    found = [
        hwsim.check(digits / "project", digits / "input.npy", y),
        hwsim.estimate(digits_cnn / "model.tflite", "stm32f746"),
        hwsim.run(digits / "project", digits / "input.npy"),
        hwsim.search(
            digits / "network.onnx", digits / "images.npy", digits / "classes.npy",
            calibration=digits / "calibration.npy", bits="4,8", evaluations=4, screening=4),
        hwsim.compare(*2 * [hwsim.estimate(digits_cnn / "model.tflite", "stm32f746")]),
    ]
    monkeypatch.setattr(hwsim.Record, "_wrapped", noted)
    for one in found:
        repr(one)
    hwsim._commands.diagnosis(found[0])
    hwsim.onnx.quantized(found[3].point("A"))
    assert read
    assert read <= {key for paths in READ.values() for path in paths for key in path.split(".")} | {
        "points"}


def test_errors_are_read_by_their_schema():
    error = hwsim.schema("error")["properties"]["error"]["properties"]
    assert set(error) == {"code", "message", "location", "notes", "help", "exit_code", "problems"}
    assert set(error["problems"]["items"]["properties"]) == {
        "code", "message", "location", "notes", "help"}


def test_the_envelope():
    for name in CLASSES:
        assert {"schema", "hwsim", "arguments", "inputs", "target", "warnings", "result"} == set(
            hwsim.schema(name)["required"])
