import Documents
import Foundation
import Importers
import Sessions
import Synchronization
import TestSupport
import Testing

/// What a check says of data or models that are not what was meant.
///
/// The mistakes are made here, of values that hls4ml's and TensorFlow's own code gave.
@Suite("check: causes of a mismatch")
struct MismatchCauseTests {
  private static let digits = SharedData.packageRoot + "/examples/digits/"
  private static let cnn = SharedData.packageRoot + "/examples/digits_cnn/"
  private static let fixtures = SharedData.packageRoot + "/Tests/Fixtures/hls/"

  private let folder = try? TemporaryFolder()

  private func path(_ name: String) throws -> String { try #require(folder).file(name) }

  private func rows(_ path: String) throws -> (rows: [[Double]], shape: [Int]) {
    let array = try NPY.read(path)
    let values = try #require(array.doubles())
    let width = values.count / array.shape[0]
    return (
      (0..<array.shape[0]).map { Array(values[($0 * width)..<(($0 + 1) * width)]) }, array.shape
    )
  }

  private func write(_ rows: [[Double]], _ shape: [Int], to name: String) throws -> String {
    let file = try path(name)
    try NPY.write(NDArray(shape: shape, rows.flatMap(\.self)), to: file)
    return file
  }

  /// The array at `path` with its rows changed, written to `name`.
  private func changed(
    _ path: String, as name: String, _ change: ([[Double]]) -> [[Double]]
  ) throws -> String {
    let (rows, shape) = try rows(path)
    return try write(change(rows), shape, to: name)
  }

  private func trace(
    as name: String = "trace.npz",
    _ change: ([String: NDArray]) -> [String: NDArray] = { $0 }
  ) throws -> String {
    let archive = try ArrayInput(path: Self.digits + "trace.npz")
    var arrays: [String: NDArray] = [:]
    for name in try #require(archive.names) { arrays[ArrayName.key(name)] = try archive.read(name) }
    let file = try path(name)
    let writer = try NPZWriter(path: file)
    for (name, array) in change(arrays).sorted(by: { $0.key < $1.key }) {
      try writer.add(name, array)
    }
    try writer.finish()
    return file
  }

  private func check(
    _ model: String, inputs: String, expected: String? = nil, layers: String? = nil,
    edit: (inout ModelCheck.Options) -> Void = { _ in }
  ) throws -> (json: JSON, text: String) {
    let file = try ModelFile(path: model)
    var options = ModelCheck.Options()
    options.inputs = [inputs]
    options.expected = expected.map { [$0] } ?? []
    options.layers = layers
    // Ten seconds may be little on a machine that builds.
    options.explain = .full
    edit(&options)
    let check = try ModelCheck(
      file, by: DatapathChoice(file.defaultDatapath), options: options)
    return (check.answer.json, check.answer.text(.plain))
  }

  private func cause(_ json: JSON) -> JSON? { json["first_divergence"]?["cause"] }

  // MARK: Data

  @Test(
    "samples in another order are found, and which",
    arguments: ["in reverse order", "2 later", "2 earlier", "in another order"])
  func sampleOrder(words: String) throws {
    func move<Row>(_ rows: [Row]) -> [Row] {
      switch words {
      case "in reverse order": return rows.reversed()
      case "2 later": return Array(rows[2...] + rows[..<2])
      case "2 earlier": return Array(rows.suffix(2) + rows.dropLast(2))
      default:
        var generator = SeededGenerator(seed: 5)
        return rows.indices.shuffled(using: &generator).map { rows[$0] }
      }
    }
    let layers = try trace { arrays in
      arrays.filter { $0.key == "scores" }.mapValues { array in
        let values = array.doubles() ?? []
        let width = values.count / array.shape[0]
        let rows = (0..<array.shape[0]).map { values[($0 * width)..<(($0 + 1) * width)] }
        return NDArray(shape: array.shape, move(rows).flatMap { Array($0) })
      }
    }
    let (json, text) = try check(
      Self.digits + "project", inputs: Self.digits + "input.npy", layers: layers)
    #expect(cause(json)?["kind"]?.text == "sample-order")
    #expect(cause(json)?["detail"]?.text?.contains(words) == true)
    #expect(text.contains("order of the samples"))
  }

  @Test("rows of a printed log in another order are found")
  func printedOrder() throws {
    let model = Self.fixtures + "separable_conv2d/"
    let (rows, _) = try rows(model + "output.npy")
    // Six significant digits, as logs of C simulations have them.
    func printed(_ value: Double) -> String {
      guard value != 0 else { return "0" }
      let places = 5 - Int(log10(abs(value)).rounded(.down))
      let unit = pow(10, Double(places))
      return "\((value * unit).rounded(.toNearestOrEven) / unit)"
    }
    let log = try path("results.log")
    let text = (rows[3...] + rows[..<3]).map { $0.map(printed).joined(separator: " ") }
      .joined(separator: "\n")
    try Data((text + "\n").utf8).write(to: URL(filePath: log))
    let (json, _) = try check(
      model + "project", inputs: model + "input.npy", expected: log)
    #expect(cause(json)?["kind"]?.text == "sample-order")
    #expect(cause(json)?["detail"]?.text?.contains("3 later") == true)
  }

  @Test("the search of causes says how far it is")
  func searching() throws {
    let steps = Mutex(0)
    let file = try ModelFile(path: Self.digits + "project")
    var options = ModelCheck.Options()
    options.inputs = [Self.digits + "input.npy"]
    options.expected = [
      try changed(Self.digits + "output.npy", as: "other.npy") { rows in
        rows.map { $0.map { 1 - $0 } }
      }
    ]
    let check = try ModelCheck(
      file, by: DatapathChoice(file.defaultDatapath), options: options,
      searching: { count in steps.withLock { $0 = max($0, count) } })
    #expect(check.answer.json["verdict"]?.text == "MISMATCH")
    #expect(steps.withLock { $0 } > 5)
  }

  @Test("classes that many samples share are no samples in another order")
  func sharedResults() throws {
    let expected = try changed(Self.digits + "output.npy", as: "classes.npy") { rows in
      rows.indices.map { index in (0..<10).map { $0 == index % 10 ? 1 : 0 } }
    }
    let (json, _) = try check(
      Self.digits + "project", inputs: Self.digits + "input.npy", expected: expected
    ) { $0.explain = .fast }
    #expect(cause(json)?["kind"]?.text != "sample-order")
  }

  @Test("inputs of another scale are found", arguments: [255.0, 128, 32768])
  func scale(factor: Double) throws {
    let inputs = try changed(Self.digits + "input.npy", as: "x.npy") { rows in
      rows.map { $0.map { $0 * factor } }
    }
    let (json, _) = try check(
      Self.digits + "project", inputs: inputs, expected: Self.digits + "output.npy")
    #expect(cause(json)?["kind"]?.text == "scale")
    #expect(cause(json)?["object"]?.text == "input")
    #expect(cause(json)?["detail"]?.text?.contains("x / \(Int(factor))") == true)
  }

  @Test("images with width and height exchanged are found")
  func layout() throws {
    let array = try NPY.read(Self.cnn + "input.npy")
    let codes = try #require(array.values(as: Int8.self))
    let moved = codes.indices.map { place in
      codes[place / 64 * 64 + place % 8 * 8 + place % 64 / 8]
    }
    let inputs = try path("x.npy")
    try NPY.write(NDArray(shape: array.shape, moved), to: inputs)
    let (json, _) = try check(
      Self.cnn + "model.tflite", inputs: inputs, expected: Self.cnn + "output.npy")
    #expect(cause(json)?["kind"]?.text == "layout")
    #expect(cause(json)?["detail"]?.text?.contains("first two axes") == true)
  }

  @Test("arrays given for each other are found")
  func exchange() throws {
    let layers = try trace { arrays in
      var arrays = arrays
      (arrays["hidden2"], arrays["relu2"]) = (arrays["relu2"], arrays["hidden2"])
      return arrays
    }
    let (json, _) = try check(
      Self.digits + "project", inputs: Self.digits + "input.npy", layers: layers)
    #expect(cause(json)?["kind"]?.text == "exchange")
    #expect(cause(json)?["detail"]?.text?.contains("'relu2'") == true)
  }

  @Test("values of a float model are told by the grid, and nothing else is searched for")
  func floatModel() throws {
    let expected = try changed(Self.digits + "output.npy", as: "y.npy") { rows in
      rows.map { $0.map { $0 * 0.99 + 0.00123456 } }
    }
    let (json, text) = try check(
      Self.digits + "project", inputs: Self.digits + "input.npy", expected: expected)
    #expect(json["off_grid"]?["values"] == .integer(2000))
    #expect(json["off_grid"]?["name"]?.text == "classes")
    #expect(cause(json) == .null)
    #expect(text.contains("expected values come from a float model"))
    let lines: [Substring] = text.split(whereSeparator: \.isNewline)
    #expect(lines[1...].allSatisfy { $0.count <= 100 })
    // Values on the grid are none of them.
    let shifted = try changed(Self.digits + "output.npy", as: "z.npy") { rows in
      rows.map { $0.map { $0 == 0 ? 0.5 : $0 } }
    }
    let other = try check(
      Self.digits + "project", inputs: Self.digits + "input.npy", expected: shifted
    ) { $0.explain = .none }
    #expect(other.json["off_grid"] == .null)
  }

  // MARK: Arrays of fewer bits

  @Test("float32 arrays of wider types are compared as far as they tell")
  func narrowArrays() throws {
    let folder = Self.fixtures + "layer_normalization/"
    let array = try NPY.read(folder + "output.npy")
    let values = try #require(array.doubles())
    // A type of 54 bits: some of its values have more than 24 significant ones.
    #expect(values.contains { Double(Float($0)) != $0 })
    let single = try path("single.npy")
    try NPY.write(NDArray(shape: array.shape, values.map(Float.init)), to: single)
    let (json, text) = try check(
      folder + "project", inputs: folder + "input.npy", expected: single)
    #expect(json["verdict"]?.text == "EXACT AS PRINTED")
    #expect(json["array_bits"] == .integer(24))
    #expect(text.contains("as float32 holds them: 24 bits"))
    let double = try check(
      folder + "project", inputs: folder + "input.npy", expected: folder + "output.npy")
    #expect(double.json["verdict"]?.text == "BIT-EXACT")
    #expect(double.json["array_bits"] == .null)
    // The next number that float32 holds is another one, and so are rounded values as binary64.
    for (name, change) in [
      ("next.npy", { (value: Double) in Double(Float(value).nextUp) }),
      ("rounded.npy", { Double(Float($0)) }),
    ] {
      let wrong = try path(name)
      let changed = values.map(change)
      try NPY.write(
        name == "next.npy"
          ? NDArray(shape: array.shape, changed.map(Float.init))
          : NDArray(shape: array.shape, changed), to: wrong)
      let (json, _) = try check(
        folder + "project", inputs: folder + "input.npy", expected: wrong
      ) { $0.explain = .none }
      #expect(json["verdict"]?.text == "MISMATCH", "\(name)")
    }
  }

  // MARK: Models

  @Test("the first differing layer of a sample is known however many layers differ")
  func firstNode() throws {
    let layers = try trace { arrays in
      arrays.mapValues { array in
        NDArray(shape: array.shape, (array.doubles() ?? []).map { $0 + 0.25 })
      }
    }
    let expected = try changed(Self.digits + "output.npy", as: "y.npy") { rows in
      rows.indices.map { index in index < 150 ? rows[index] : rows[index].map { 1 - $0 } }
    }
    let (json, _) = try check(
      Self.digits + "project", inputs: Self.digits + "input.npy", expected: expected, layers: layers
    ) { $0.explain = .none }
    let listed = try #require(json["mismatches"]?.elements)
    #expect(listed.count >= 5)
    #expect(listed.allSatisfy { ($0["sample"]?.doubleValue ?? 0) >= 150 })
    #expect(listed.allSatisfy { $0["first_differing_node"]?.text == "hidden1" })
  }

  @Test("another implementation of softmax is found")
  func softmax() throws {
    let copy = try path("project")
    let folder = Self.fixtures + "v081_softmax_stable_parallel/"
    try FileManager.default.copyItem(atPath: folder + "project", toPath: copy)
    let file = URL(filePath: copy + "/firmware/parameters.h")
    let text = try String(contentsOf: file, encoding: .utf8)
    #expect(text.contains("softmax_implementation::stable"))
    try Data(text.replacing("::stable", with: "::latency").utf8).write(to: file)
    let (json, _) = try check(
      copy, inputs: folder + "input.npy", expected: folder + "output.npy",
      layers: folder + "trace.npz")
    #expect(cause(json)?["kind"]?.text == "implementation")
    #expect(cause(json)?["object"]?.text == "softmax")
    #expect(cause(json)?["detail"]?.text?.hasSuffix("latency -> stable") == true)
  }

  /// Several bits away from what it was: the difference of the results over the datum solves it.
  @Test("a weight or bias of any other value is found", arguments: ["w6", "b6"])
  func edited(name: String) throws {
    let copy = try path("project")
    try FileManager.default.copyItem(atPath: Self.digits + "project", toPath: copy)
    let file = URL(filePath: copy + "/firmware/weights/\(name).txt")
    var values = try String(contentsOf: file, encoding: .utf8).split(separator: ",")
      .map { String($0.filter { !$0.isWhitespace }) }
    let position = name == "w6" ? 37 : 3
    let written = try #require(Double(values[position]))
    values[position] = String(written > 0 ? written - 0.703125 : written + 0.703125)
    try Data(values.joined(separator: ", ").utf8).write(to: file)
    let (json, text) = try check(
      copy, inputs: Self.digits + "input.npy", expected: Self.digits + "output.npy",
      layers: Self.digits + "trace.npz"
    ) { $0.first = 60 }
    #expect(cause(json)?["kind"]?.text == "value")
    #expect(cause(json)?["object"]?.text == (name == "w6" ? "weight" : "bias"))
    #expect(cause(json)?["detail"]?.text?.hasPrefix("\(name)[\(position)]") == true, "\(text)")
    // As many values as the mismatch has are said to support it.
    #expect((cause(json)?["differing"]?.doubleValue ?? 0) > 10)
  }

  @Test("a layer trained again is told from a changed weight")
  func retrained() throws {
    let copy = try path("project")
    try FileManager.default.copyItem(atPath: Self.digits + "project", toPath: copy)
    let file = URL(filePath: copy + "/firmware/weights/w2.txt")
    let weights = try String(contentsOf: file, encoding: .utf8).split(separator: ",")
    let other = weights.reversed().joined(separator: ",")
    try Data(other.utf8).write(to: file)
    let (json, text) = try check(
      copy, inputs: Self.digits + "input.npy", expected: Self.digits + "output.npy",
      layers: Self.digits + "trace.npz"
    ) {
      $0.first = 40
      $0.explain = .fast
    }
    let divergence = try #require(json["first_divergence"])
    #expect(divergence["node"]?.text == "hidden1")
    #expect(divergence["cause"] == .null)
    #expect(divergence["other_weights"]?["channels"] == .integer(32))
    #expect(divergence["other_weights"]?["channel_count"] == .integer(32))
    #expect(text.contains("its inputs agree, and all 32 output channels differ"))
  }
}
