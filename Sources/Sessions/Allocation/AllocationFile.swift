package import Arith
import Documents
package import HWModel
import Importers
package import QuantGraph
import Schedules
package import Search

/// What `--allocation` gives: formats of layers and tensors that differ from the model's.
///
/// `{"schema": "hwsim.allocation/1", "model": {"sha256": "..."}, "layers": {"conv1": {"weights":
/// "int<4>", "activations": "uint<8>", "accumulator": "int<32>", "grouping": "runs<32>",
/// "input_range": [0, 2.5], "weight_scale": "mse"}}, "tensors": {"name": "int<8>"}}`. What it does not name stays as the
/// model has it; null is the same as nothing.
package struct AllocationFile: Sendable {
  package static let schema = "hwsim.allocation/1"

  /// The formats of one layer.
  package struct Layer: Sendable {
    package let name: String
    package var weights: Encoding?
    /// Of the layer's input.
    package var activations: Encoding?
    /// Of the sums of products.
    package var accumulator: Encoding?
    package var grouping = WeightGrouping.filters
    /// What calibration saw of the input; scales of a float network follow from it.
    package var inputRange: InputRange?
    /// How scales of a float network's weights follow from them.
    package var weightScale = ScaleSearch.maxAbs

    /// The formats as a search has them.
    package var candidate: Candidate {
      Candidate(
        weights: weights, activations: activations, accumulator: accumulator, grouping: grouping)
    }
  }

  /// The format of one tensor.
  package struct TensorFormat: Sendable {
    package let name: String
    package let encoding: Encoding
  }

  package let path: String
  /// SHA-256 of the model that it was made for; nil if it does not say.
  package let modelSum: String?
  /// In the file's order, each name once.
  package let layers: [Layer]
  /// In the file's order, each name once.
  package let tensors: [TensorFormat]

  /// - Throws: a ``Failure`` with every problem of the file.
  package init(path: String) throws(Failure) {
    self.path = path
    let bytes = try TargetChoice.contents(path)
    let document: JSON
    do throws(JSONSyntaxError) {
      document = try JSON(parsing: bytes)
    } catch {
      throw Failure(
        "allocation.syntax", error.reason,
        at: "\(path): line \(error.line), column \(error.column)",
        remedy: "correct the JSON text; hwsim search writes such files.")
    }
    var reader = AllocationReader(path: path)
    reader.read(document)
    guard reader.problems.isEmpty else { throw Failure(reader.problems) }
    modelSum = reader.modelSum
    layers = reader.layers
    tensors = reader.tensors
  }

  /// Refuses a file that was made for another model; one that names none fits every model.
  package func checkModel(_ file: ModelFile) throws(Failure) {
    guard let modelSum, let found = try file.record.record()["sha256"]?.text, found != modelSum
    else { return }
    throw Failure(
      "allocation.model", "the allocation was made for another model", at: "\(path): model.sha256",
      notes: ["made for \(modelSum)", "\(file.path) is \(found)"],
      remedy:
        "give the model that was searched, search this one, or take \"model\" out of the file "
        + "if the layers are the same.")
  }

  /// One candidate a layer: what the file says of it, and nothing for layers that it does not name.
  ///
  /// A tensor stands for the layers that read it: as weights, or as their input.
  ///
  /// - Parameters:
  ///   - layers: whose formats can be chosen, by the names of nodes of `graph`.
  ///   - graph: the model.
  /// - Returns: a candidate a layer, in their order.
  /// - Throws: a ``Failure`` with every name that is none, and every format that contradicts another.
  package func candidates(of layers: [SearchLayer], in graph: Graph) throws(Failure) -> [Candidate]
  {
    var result = [Candidate](
      repeating: Candidate(weights: nil, activations: nil), count: layers.count)
    var problems: [Diagnostic] = []
    for entry in self.layers {
      if let index = layers.firstIndex(where: { $0.name == entry.name }) {
        result[index] = entry.candidate
      } else if graph.nodes.contains(where: { $0.name == entry.name }) {
        problems.append(
          Diagnostic(
            code: "allocation.unknown-name",
            message: "'\(entry.name)' has no weights, so no format can be chosen there",
            location: "\(path): layers.\(entry.name)",
            notes: ["layers with weights: \(Self.list(layers.map(\.name)))"],
            remedy: "take it out of the file."))
      } else {
        problems.append(unknown("layer", "layers", entry.name, among: layers.map(\.name)))
      }
    }
    for entry in tensors {
      guard let id = graph.tensor(named: entry.name) else {
        problems.append(unknown("tensor", "tensors", entry.name, among: graph.tensors.map(\.name)))
        continue
      }
      var isRead = false
      for (index, layer) in layers.enumerated() {
        guard let node = graph.nodes.first(where: { $0.name == layer.name }) else { continue }
        let place: WritableKeyPath<Candidate, Encoding?>
        if graph.weights(of: node) == id {
          place = \.weights
        } else if node.inputs.first == id {
          place = \.activations
        } else {
          continue
        }
        isRead = true
        if let other = result[index][keyPath: place], other != entry.encoding {
          problems.append(
            Diagnostic(
              code: "allocation.value",
              message: "'\(entry.name)' is \(entry.encoding.name), and layer '\(layer.name)' takes "
                + "it as \(other.name)", location: "\(path): tensors.\(entry.name)",
              remedy: "keep one of both."))
        }
        result[index][keyPath: place] = entry.encoding
      }
      if !isRead {
        problems.append(
          Diagnostic(
            code: "allocation.unknown-name",
            message: "no layer with weights reads tensor '\(entry.name)'",
            location: "\(path): tensors.\(entry.name)",
            remedy: "name weights or the input of a layer, or take it out of the file."))
      }
    }
    guard problems.isEmpty else { throw Failure(problems) }
    return result
  }

  /// A name that the model does not have.
  package func unknown(
    _ what: String, _ place: String, _ name: String, among names: [String]
  ) -> Diagnostic {
    Diagnostic(
      code: "allocation.unknown-name", message: "the model has no \(what) '\(name)'",
      location: "\(path): \(place).\(name)",
      remedy: Suggestion.sentence(for: name, among: names)
        ?? "hwsim inspect MODEL lists the names.")
  }

  private static func list(_ names: [String]) -> String {
    names.prefix(8).joined(separator: ", ") + (names.count > 8 ? ", ... (\(names.count))" : "")
  }
}

/// Collects what an allocation says and everything that is wrong with it.
private struct AllocationReader {
  let path: String
  var problems: [Diagnostic] = []
  var modelSum: String?
  var layers: [AllocationFile.Layer] = []
  var tensors: [AllocationFile.TensorFormat] = []

  private static let keys = ["schema", "model", "layers", "tensors"]
  private static let roles = [
    "weights", "activations", "accumulator", "grouping", "input_range", "weight_scale",
  ]

  init(path: String) { self.path = path }

  private mutating func problem(_ place: String, _ message: String, _ remedy: String) {
    problems.append(
      Diagnostic(
        code: "allocation.value", message: message,
        location: place.isEmpty ? path : "\(path): \(place)", remedy: remedy))
  }

  private mutating func unknownKey(
    _ key: String, in place: String, _ owner: String, among known: [String]
  ) {
    problem(
      place.isEmpty ? key : "\(place).\(key)", "\(owner) has no '\(key)'",
      Suggestion.sentence(for: key, among: known) ?? "known: \(known.joined(separator: ", ")).")
  }

  /// The members of an object; none for null or nothing, and a problem for anything else.
  private mutating func members(_ value: JSON?, _ place: String) -> [JSON.Member] {
    switch value {
    case nil, .null?: return []
    case .object(let members)?: return members
    case let value?:
      problem(place, "expected an object, found \(value.kind)", "write it in braces: {}.")
      return []
    }
  }

  mutating func read(_ document: JSON) {
    guard let all = document.members else {
      problem("", "expected an object, found \(document.kind)", "hwsim search writes such files.")
      return
    }
    for member in all where !Self.keys.contains(member.key) {
      unknownKey(member.key, in: "", "an allocation", among: Self.keys)
    }
    if document["schema"]?.text != AllocationFile.schema {
      problem(
        "schema", "this is no allocation", "write \"schema\": \"\(AllocationFile.schema)\".")
    }
    readModel(document["model"])
    for member in members(document["layers"], "layers") { readLayer(member) }
    for member in members(document["tensors"], "tensors") where member.value != .null {
      if let encoding = encoding(member.value, "tensors.\(member.key)") {
        tensors.append(.init(name: member.key, encoding: encoding))
      }
    }
  }

  private mutating func readModel(_ value: JSON?) {
    for member in members(value, "model") where member.value != .null {
      guard member.key == "sha256" else {
        unknownKey(member.key, in: "model", "a model", among: ["sha256"])
        continue
      }
      guard let text = member.value.text, text.count == 64, text.allSatisfy(\.isHexDigit) else {
        problem(
          "model.sha256", "expected 64 hexadecimal digits", "take it out to fit every model.")
        continue
      }
      modelSum = text.lowercased()
    }
  }

  private mutating func readLayer(_ member: JSON.Member) {
    let place = "layers.\(member.key)"
    var layer = AllocationFile.Layer(name: member.key)
    for role in members(member.value, place) where role.value != .null {
      let inner = "\(place).\(role.key)"
      switch role.key {
      case "weights": layer.weights = encoding(role.value, inner)
      case "activations": layer.activations = encoding(role.value, inner)
      case "accumulator": layer.accumulator = encoding(role.value, inner)
      case "grouping": layer.grouping = grouping(role.value, inner) ?? .filters
      case "input_range": layer.inputRange = range(role.value, inner)
      case "weight_scale": layer.weightScale = weightScale(role.value, inner) ?? .maxAbs
      default: unknownKey(role.key, in: place, "a layer", among: Self.roles)
      }
    }
    layers.append(layer)
  }

  private mutating func encoding(_ value: JSON, _ place: String) -> Encoding? {
    guard let name = value.text else {
      problem(
        place, "expected the name of a format, found \(value.kind)", "write it as \"int<4>\".")
      return nil
    }
    do {
      return try Encoding(name: name)
    } catch {
      problem(place, "'\(name)' is no format", "hwsim formats lists the names.")
      return nil
    }
  }

  private mutating func grouping(_ value: JSON, _ place: String) -> WeightGrouping? {
    if let text = value.text, let grouping = WeightGrouping(name: text) { return grouping }
    problem(
      place, "\(value.text.map { "'\($0)'" } ?? value.kind) is no grouping of weights",
      "write \"filters\", \"runs<32>\" for 32 neighbours a scale, or \"widths<4,5,3>\" for filters of "
        + "their own widths.")
    return nil
  }

  private mutating func weightScale(_ value: JSON, _ place: String) -> ScaleSearch? {
    if let text = value.text, let scale = ScaleSearch(name: text) { return scale }
    problem(
      place, "\(value.text.map { "'\($0)'" } ?? value.kind) is no rule for scales",
      "write \"max\", \"mse\" or \"percentile:99.9\".")
    return nil
  }

  private mutating func range(_ value: JSON, _ place: String) -> InputRange? {
    var ends: [Float] = []
    for element in value.elements ?? [] {
      switch element {
      case .integer(let number): ends.append(Float(number))
      case .number(let number): ends.append(Float(number))
      default: break
      }
    }
    guard value.elements?.count == 2, ends.count == 2, ends[0] <= ends[1],
      ends.allSatisfy(\.isFinite)
    else {
      problem(
        place, "expected the smallest and the largest value, in this order",
        "write it as [0, 2.5]; hwsim search writes what calibration saw.")
      return nil
    }
    return InputRange(minimum: ends[0], maximum: ends[1])
  }
}
