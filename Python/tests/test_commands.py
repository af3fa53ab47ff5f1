"""Commands as functions, against what hls4ml's C-simulation, LiteRT and onnxruntime computed."""
import json
import pickle
import subprocess

import numpy as np
import pytest

import hwsim


def test_check_of_arrays_and_paths(digits):
    x, y = np.load(digits / "input.npy"), np.load(digits / "output.npy")
    for given, expected in [(x, y), (digits / "input.npy", str(digits / "output.npy"))]:
        found = hwsim.check(digits / "project", given, expected)
        assert found.verdict == "BIT-EXACT"
        assert (found.equal_values, found.compared_values) == (2000, 2000)
        assert found.ok and found.is_exact
    trace = dict(np.load(digits / "trace.npz"))
    found = hwsim.check(digits / "project", x, y, layers=trace)
    assert [one.name for one in found.layers] == list(trace)
    assert found.equal_values == y.size + sum(one.size for one in trace.values())
    # One sample, another order of memory, lists of the same numbers.
    assert hwsim.check(digits / "project", x[:1], y[:1]).verdict == "BIT-EXACT"
    assert hwsim.check(digits / "project", np.asfortranarray(x), y.tolist()).verdict == "BIT-EXACT"


def test_own_test_bench(digits):
    found = hwsim.check(digits / "project")
    assert found.verdict == "EXACT AS PRINTED" and found.is_exact


def test_a_mismatch_is_an_answer(digits):
    y = np.load(digits / "output.npy")
    y[3, 2] += 0.5
    found = hwsim.check(digits / "project", digits / "input.npy", y)
    assert not found.ok and not found.is_exact
    assert found.first_divergence.index == [3, 2]
    assert found.mismatches[0].lsb == 32


def test_outputs_of_a_network_equal_the_recorded_codes(digits, digits_cnn):
    found = hwsim.run(digits_cnn / "model.tflite", np.load(digits_cnn / "input.npy"))
    expected = np.load(digits_cnn / "output.npy")
    assert found.array.dtype == expected.dtype
    np.testing.assert_array_equal(found.array, expected)
    found = hwsim.run(digits / "project", digits / "input.npy", values=True, trace=True, stats=True)
    np.testing.assert_array_equal(found.array, np.load(digits / "output.npy"))
    for name, values in np.load(digits / "trace.npz").items():
        np.testing.assert_array_equal(found.traced_arrays[name], values)
    assert len(found.to_pandas()) == len(found.tensors) == 6
    # What is named in a document is gone with the call, so it has no folder.
    assert found.output == "outputs.npz"


def test_inputs_by_name_and_in_order(digits):
    x, y = np.load(digits / "input.npy"), np.load(digits / "output.npy")
    for given in ({"pixels": x}, [x], (str(digits / "input.npy"),)):
        assert hwsim.check(digits / "project", given, y).verdict == "BIT-EXACT"
    with pytest.raises(hwsim.Error) as raised:
        hwsim.run(digits / "project", {"pixel": x})
    assert "pixels" in str(raised.value)


def test_estimate(digits_cnn):
    model = digits_cnn / "model.tflite"
    found = hwsim.estimate(model, "nucleo-l4r5zi")
    assert found.fits is True and found.ok
    assert found.latency.seconds > 0 and found.latency.kind == "estimate"
    assert found.memory.arena_total_bytes > 0
    assert list(found.to_pandas()["name"]) == [layer.name for layer in found.layers]
    several = hwsim.estimate(
        model, ["nucleo-l4r5zi", "stm32f746"], bits=("w8a8", "w4a8"), limit={"sram": "64KiB"})
    assert [(one.bits, one.fits) for one in several.results] == [("w8a8", True), ("w4a8", True)] * 2
    tight = hwsim.estimate(model, "nucleo-l4r5zi", limit={"sram": "1KiB", "flash": "1MiB"})
    assert not tight.ok and [one.kept for one in tight.limits] == [False, True]


def test_a_target_as_a_document(digits_cnn):
    own = hwsim.targets("stm32f746+tinyengine").file.to_dict()
    own["id"] = "mine"
    own["aliases"] = []
    assert hwsim.estimate(digits_cnn / "model.tflite", own).target == "mine"


def test_search_and_its_points(digits):
    x, labels = np.load(digits / "images.npy"), np.load(digits / "classes.npy")
    found = hwsim.search(
        digits / "network.onnx", x, labels, calibration=np.load(digits / "calibration.npy"),
        objective=("accuracy", "weight_bits"), bits=(4, 8), space="w_only", evaluations=8,
        screening=20)
    assert found.ok and found.evaluated == 8
    assert list(found.to_pandas()["id"]) == [point.id for point in found.points]
    assert found.knee.knee and found.point("A").id == "A"
    # A point, run as numpy's argmax counts, has the accuracy that the search told.
    for point in (found.knee, found.point("A")):
        scores = hwsim.run(digits / "network.onnx", x, allocation=point, values=True).array
        assert np.count_nonzero(scores.argmax(1) == labels) == point.correct
    assert hwsim.estimate(
        digits / "network.onnx", "nucleo-l4r5zi", allocation=found.knee).latency.seconds > 0


def test_search_keeps_its_folder_where_told(digits, tmp_path):
    options = dict(evaluations=4, screening=4, bits="4,8", space="w_only")
    data = (digits / "network.onnx", digits / "images.npy", digits / "classes.npy")
    found = hwsim.search(*data, output="out", **options)
    again = hwsim.load("out/search.json")
    assert again.points == found.points
    assert again.point("A").allocation_path.endswith("out/A.json")
    # The program goes on from the study, and has nothing left to do.
    assert hwsim.search(*data, output=tmp_path / "out", **options).to_dict() == found.to_dict()
    with pytest.raises(hwsim.Error, match="seed"):
        hwsim.search(*data, output="out", seed=3, **options)


def test_infeasible_is_an_answer(digits):
    found = hwsim.search(
        digits / "network.onnx", digits / "images.npy", digits / "classes.npy", bits=(4, 8),
        evaluations=4, screening=4, budget={"weight_bits": "1%"})
    assert not found.ok and found.infeasible.budget == "weight_bits"
    with pytest.raises(hwsim.Error):
        found.knee


def test_results_side_by_side_and_as_pages(digits_cnn, tmp_path):
    fast = hwsim.estimate(digits_cnn / "model.tflite", "nucleo-l4r5zi")
    slow = hwsim.estimate(digits_cnn / "model.tflite", "nucleo-l4r5zi", clock="60MHz")
    assert hwsim.compare(fast, fast, threshold="2%").ok
    worse = hwsim.compare(fast, slow, threshold="2%")
    assert not worse.ok and worse.worse >= 1
    fast.save("fast.json")
    assert hwsim.compare("fast.json", slow).to_pandas().shape[0] == len(worse.quantities)
    assert hwsim.load("fast.json") == fast
    hwsim.report(fast, "fast.json", output="page.html")
    assert (tmp_path / "page.html").read_text().startswith("<!DOCTYPE html>")
    fast.report("page.md")
    assert "| layer |" in (tmp_path / "page.md").read_text()


def test_a_cell_shows_the_report(digits, digits_cnn):
    for found, words in [
        (hwsim.check(digits / "project"), ["EXACT AS PRINTED", "Layer by layer"]),
        (hwsim.estimate(digits_cnn / "model.tflite", "stm32f746"), ["FITS", "<svg", "stm32f746"]),
        (hwsim.search(digits / "network.onnx", digits / "images.npy", digits / "classes.npy",
                      bits=(4, 8), evaluations=4, screening=4), ["FRONTIER", "<svg", "weight_bi"]),
    ]:
        cell = found._repr_html_()
        assert cell.startswith('<div class="hwsim-report">') and "<script" not in cell
        for word in words:
            assert word in cell
        # The same bytes again: what a notebook keeps has no folder of the day in it.
        assert cell == found._repr_html_()
        assert "hwsim-" not in cell.replace("hwsim-report", "").replace("hwsim-version", "")
        assert str(found).startswith("# ")
    assert hwsim.targets()._repr_html_() is None


def test_arrays_through_formats_and_units(digits):
    codes = hwsim.cast(np.array([1.37, -0.2]), "e4m3", rounding="TiesToEven", overflow="sat")
    # OCP OFP8 E4M3: 1.375 is 0 0111 011; -0.203125 is 1 0100 101.
    assert codes.tolist() == [0b0_0111_011, 0b1_0100_101]
    values = hwsim.cast(codes, "float32", from_="e4m3", values=True)
    assert values.tolist() == [1.375, -0.203125]
    product = hwsim.unit(
        "mul", {"a": np.array([2, 15]), "b": np.array([4, 7])}, a="e2m1", b="e2m1", out="e4m3",
        rounding="TiesToEven", overflow="sat")
    decoded = hwsim.cast(product, "float32", from_="e4m3", values=True)
    # OCP MX E2M1: code 2 is 1, 4 is 2, 15 is -6, 7 is 6.
    assert decoded.tolist() == [2.0, -36.0]


def test_listings():
    assert hwsim.formats("e4m3").maximum == 448
    assert "nucleo-l4r5zi+tflm" in set(hwsim.targets().to_pandas()["id"])
    assert "array.shape" in hwsim.explain("array.shape").explanations[0].code
    assert hwsim.schema("check")["title"]


def test_inspect(digits):
    found = hwsim.inspect(digits / "project", ranges=True)
    assert found.kind == "hls4ml" and [one.name for one in found.nodes][0] == "hidden1"
    assert len(found.to_pandas()) == len(found.nodes)
    assert len(found.to_pandas("ranges")) == len(found.ranges)
    with pytest.raises(hwsim.Error, match="no table"):
        found.to_pandas("kind")


def test_versions():
    line = subprocess.run([hwsim.binary_path(), "--version"], capture_output=True, text=True)
    assert line.stdout == f"hwsim {hwsim.binary_version()}\n"
    assert hwsim.__version__ == hwsim.binary_version()
    assert hwsim.explain().document["hwsim"] == {"version": hwsim.__version__}


def test_records():
    one = hwsim.Record({"a": {"b": [1, {"in": "Infinity"}]}, "inplace-dw": 3, "word": "NaN"})
    assert one.a.b[1]["in"] == float("inf") and one["inplace-dw"] == 3
    assert "a" in one and list(one) == ["a", "inplace-dw", "word"] and len(one) == 3
    assert one.to_dict() == {"a": {"b": [1, {"in": "Infinity"}]}, "inplace-dw": 3, "word": "NaN"}
    with pytest.raises(AttributeError, match="it has: a, inplace-dw, word"):
        one.c
    assert pickle.loads(pickle.dumps(one)) == one
    json.dumps(one.to_dict())


def test_keyword_arguments_are_the_options_of_the_program():
    """Lists of options that the program takes once a value are known to be such."""
    from hwsim._program import ARRAYS, DOCUMENTS, REPEATED

    text = subprocess.run(
        [hwsim.binary_path(), "--experimental-dump-help"], capture_output=True, text=True).stdout
    repeating, single = set(), set()
    for command in json.loads(text)["command"]["subcommands"]:
        for argument in command.get("arguments", []):
            if argument["kind"] != "option":
                continue
            names = {name["name"] for name in argument["names"] if name["kind"] == "long"}
            (repeating if argument.get("isRepeating") else single).update(names)
    assert REPEATED <= repeating
    assert repeating - REPEATED == set(), "options that are new"
    assert (DOCUMENTS | ARRAYS) <= repeating | single
