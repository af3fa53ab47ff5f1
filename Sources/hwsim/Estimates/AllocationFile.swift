import Arith
import QuantGraph
import Schedules

/// What `--allocation` gives: encodings of layers and tensors that differ from the model's.
struct AllocationFile: Sendable {
  static let schema = "hwsim.allocation/1"

  let path: String
  /// Sum of the model that it was made for; nil if it does not say.
  let modelSum: String?
  private let layers: [(name: String, weights: Encoding?, activations: Encoding?)]
  private let tensors: [(name: String, encoding: Encoding)]

  /// - Throws: a ``Failure`` with every problem of the file.
  init(path: String) throws(Failure) {
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
    var problems: [Diagnostic] = []
    func problem(_ place: String, _ message: String, _ remedy: String) {
      problems.append(
        Diagnostic(
          code: "allocation.value", message: message, location: "\(path): \(place)",
          remedy: remedy))
    }
    let known = ["schema", "model", "layers", "tensors"]
    for member in document.members ?? [] where !known.contains(member.key) {
      problem(
        member.key, "no key is called '\(member.key)'",
        Suggestion.sentence(for: member.key, among: known)
          ?? "known: \(known.joined(separator: ", ")).")
    }
    if document["schema"]?.text != Self.schema {
      problem("schema", "this is no allocation", "write \"schema\": \"\(Self.schema)\".")
    }
    func encoding(_ value: JSON, _ place: String) -> Encoding? {
      guard let name = value.text else {
        problem(place, "expected the name of a format, found \(value.kind)", "write \"int<4>\".")
        return nil
      }
      do {
        return try Encoding(name: name)
      } catch {
        problem(place, "'\(name)' is no format", "hwsim formats lists the names.")
        return nil
      }
    }
    let roles = ["weights", "activations", "accumulator"]
    var layers: [(name: String, weights: Encoding?, activations: Encoding?)] = []
    for layer in document["layers"]?.members ?? [] {
      let place = "layers.\(layer.key)"
      guard let members = layer.value.members else {
        problem(place, "expected an object, found \(layer.value.kind)", "name roles and formats.")
        continue
      }
      var entry: (name: String, weights: Encoding?, activations: Encoding?) = (layer.key, nil, nil)
      for member in members {
        let format = encoding(member.value, "\(place).\(member.key)")
        switch member.key {
        case "weights": entry.weights = format
        case "activations": entry.activations = format
        case "accumulator": break
        default:
          problem(
            "\(place).\(member.key)", "a layer has no '\(member.key)'",
            Suggestion.sentence(for: member.key, among: roles)
              ?? "known: \(roles.joined(separator: ", ")).")
        }
      }
      layers.append(entry)
    }
    var tensors: [(name: String, encoding: Encoding)] = []
    for tensor in document["tensors"]?.members ?? [] {
      if let format = encoding(tensor.value, "tensors.\(tensor.key)") {
        tensors.append((tensor.key, format))
      }
    }
    guard problems.isEmpty else { throw Failure(problems) }
    self.layers = layers
    self.tensors = tensors
    modelSum = document["model"]?["sha256"]?.text
  }

  /// The allocation of `graph`.
  ///
  /// - Throws: a ``Failure`` with every name that the model does not have, and every format without
  ///   a width.
  func allocation(_ graph: Graph) throws(Failure) -> MCUAllocation {
    var result = MCUAllocation(graph)
    var problems: [Diagnostic] = []
    func unknown(_ what: String, _ name: String, _ names: [String]) {
      problems.append(
        Diagnostic(
          code: "allocation.unknown-name", message: "the model has no \(what) '\(name)'",
          location: path,
          remedy: Suggestion.sentence(for: name, among: names)
            ?? "hwsim inspect MODEL lists the names."))
    }
    func bits(_ encoding: Encoding, _ name: String) -> Int? {
      if let width = encoding.scalarWidth, (1...64).contains(width) { return width }
      problems.append(
        Diagnostic(
          code: "allocation.value", message: "'\(name)': \(encoding.name) has no width of one code",
          location: path, remedy: "take an integer format such as int<4>."))
      return nil
    }
    for layer in layers {
      guard let index = graph.nodes.firstIndex(where: { $0.name == layer.name }) else {
        unknown("layer", layer.name, graph.nodes.map(\.name))
        continue
      }
      if let weights = layer.weights { result.weightBits[index] = bits(weights, layer.name) }
      if let activations = layer.activations, let input = graph.nodes[index].inputs.first {
        result.tensorBits[input.index] = bits(activations, layer.name)
      }
    }
    for tensor in tensors {
      guard let id = graph.tensor(named: tensor.name) else {
        unknown("tensor", tensor.name, graph.tensors.map(\.name))
        continue
      }
      let width = bits(tensor.encoding, tensor.name)
      result.tensorBits[id.index] = width
      for (index, node) in graph.nodes.enumerated() where graph.weights(of: node) == id {
        result.weightBits[index] = width
      }
    }
    guard problems.isEmpty else { throw Failure(problems) }
    return result
  }
}
