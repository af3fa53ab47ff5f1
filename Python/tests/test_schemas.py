"""The keys that the module reads are those of the program's schemas."""
import inspect
import re

import pytest

import hwsim
from hwsim import _commands, _results


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


@pytest.mark.parametrize("owner, names", [
    (hwsim.Check, ["check"]), (hwsim.Run, ["run"]), (hwsim.Estimate, ["estimate"]),
    (hwsim.Search, ["search"]), (hwsim.Point, ["search"]), (hwsim.Comparison, ["compare"]),
    (_commands.diagnosis, ["check"]), (hwsim.onnx.quantized, ["search"]),
])
def test_attributes_that_the_module_reads_are_keys(owner, names):
    """Every `self.key`, `found.key`, ... in the source that no class has."""
    source = inspect.getsource(owner)
    read = set(re.findall(r"\b(?:self|found|first|one|point|cause|latency|search)\.([a-z][a-z_]*)", source))
    read |= set(re.findall(r"_members(?:\.get\(|\[)\"([a-z_]+)\"", source))
    keys = {key for name in names for one in objects(result(name)) for key in one.get("properties", {})}
    known = set(dir(owner)) | set(dir(hwsim.Search)) | {"folder", "document", "arrays",
                                                        "traced_arrays", "exit_code", "file"}
    assert read - known <= keys | {"cause"}
    assert read & keys


def test_errors_are_read_by_their_schema():
    error = hwsim.schema("error")["properties"]["error"]["properties"]
    assert set(error) == {"code", "message", "location", "notes", "help", "exit_code", "problems"}
    assert set(error["problems"]["items"]["properties"]) == {
        "code", "message", "location", "notes", "help"}


def test_the_envelope():
    for name in CLASSES:
        assert {"schema", "hwsim", "arguments", "inputs", "target", "warnings", "result"} == set(
            hwsim.schema(name)["required"])
