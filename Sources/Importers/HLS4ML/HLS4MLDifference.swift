public import Arith
public import QuantGraph

/// One thing in which two graphs of the same model differ.
public struct HLS4MLDifference: Hashable, Sendable {
  public enum Aspect: Hashable, Sendable {
    /// Names of the graph's inputs or outputs, in order.
    case arguments([String], [String])
    /// A node or tensor that only the first (`true`) or only the second graph has.
    case missing(inFirst: Bool)
    /// Position of the node in execution order.
    case order(Int, Int)
    case operation(QuantGraph.Operator, QuantGraph.Operator)
    /// Names of a node's inputs or outputs.
    case operands([String], [String])
    case shape(Shape, Shape)
    case encoding(Encoding, Encoding)
    /// Constants differ in `count` elements, of which the first is at `index`.
    case constant(index: Int, count: Int)
  }

  /// Name of the node or tensor; of the graph for its arguments.
  public let name: String
  public let aspect: Aspect
}

extension HLS4ML {
  /// Everything in which two graphs of one model differ; empty if they compute the same.
  ///
  /// Operators, order, operands, shapes, encodings and every constant are compared. Origins are
  /// left out; nodes and tensors are matched by name.
  public static func difference(_ first: Graph, _ second: Graph) -> [HLS4MLDifference] {
    var found: [HLS4MLDifference] = []
    for (a, b) in [(first.inputs, second.inputs), (first.outputs, second.outputs)] {
      let names = (a.map { first[$0].name }, b.map { second[$0].name })
      if names.0 != names.1 {
        found.append(.init(name: first.name, aspect: .arguments(names.0, names.1)))
      }
    }
    compareNodes(first, second, into: &found)
    compareTensors(first, second, into: &found)
    return found
  }

  private static func compareNodes(
    _ first: Graph, _ second: Graph, into found: inout [HLS4MLDifference]
  ) {
    var others: [String: Int] = [:]
    for (index, node) in second.nodes.enumerated() { others[node.name] = index }
    for (index, node) in first.nodes.enumerated() {
      guard let position = others.removeValue(forKey: node.name) else {
        found.append(.init(name: node.name, aspect: .missing(inFirst: true)))
        continue
      }
      let other = second.nodes[position]
      if position != index {
        found.append(.init(name: node.name, aspect: .order(index, position)))
      }
      if node.operation != other.operation {
        found.append(.init(name: node.name, aspect: .operation(node.operation, other.operation)))
      }
      let operands = (
        (node.inputs + node.outputs).map { first[$0].name },
        (other.inputs + other.outputs).map { second[$0].name }
      )
      if operands.0 != operands.1 {
        found.append(.init(name: node.name, aspect: .operands(operands.0, operands.1)))
      }
    }
    for name in others.keys.sorted() {
      found.append(.init(name: name, aspect: .missing(inFirst: false)))
    }
  }

  private static func compareTensors(
    _ first: Graph, _ second: Graph, into found: inout [HLS4MLDifference]
  ) {
    var others: [String: Tensor] = [:]
    for tensor in second.tensors { others[tensor.name] = tensor }
    for tensor in first.tensors {
      guard let other = others.removeValue(forKey: tensor.name) else {
        found.append(.init(name: tensor.name, aspect: .missing(inFirst: true)))
        continue
      }
      if tensor.shape != other.shape {
        found.append(.init(name: tensor.name, aspect: .shape(tensor.shape, other.shape)))
      }
      if tensor.encoding != other.encoding {
        found.append(.init(name: tensor.name, aspect: .encoding(tensor.encoding, other.encoding)))
      }
      if let difference = constantDifference(tensor.constant, other.constant) {
        found.append(.init(name: tensor.name, aspect: difference))
      }
    }
    for name in others.keys.sorted() {
      found.append(.init(name: name, aspect: .missing(inFirst: false)))
    }
  }

  private static func constantDifference(
    _ first: Codes?, _ second: Codes?
  ) -> HLS4MLDifference.Aspect? {
    guard first != second else { return nil }
    guard let a = first?.wide, let b = second?.wide else { return .constant(index: 0, count: 0) }
    let differing = zip(a, b).enumerated().filter { $0.element.0 != $0.element.1 }.map(\.offset)
    let extra = abs(a.count - b.count)
    guard let index = differing.first ?? (extra > 0 ? min(a.count, b.count) : nil) else {
      return nil
    }
    return .constant(index: index, count: differing.count + extra)
  }
}

extension HLS4MLDifference {
  /// The difference in one line, `first` and `second` being the places compared.
  public func words(first: String, second: String) -> String {
    switch aspect {
    case .arguments(let a, let b):
      "inputs or outputs: \(a.joined(separator: ", ")) against \(b.joined(separator: ", "))"
    case .missing(let inFirst): "'\(name)' is only in \(inFirst ? first : second)"
    case .order(let a, let b): "'\(name)' runs as number \(a + 1) against \(b + 1)"
    case .operation(let a, let b):
      a.name == b.name
        ? "'\(name)' has other parameters" : "'\(name)' is \(a.name) against \(b.name)"
    case .operands(let a, let b):
      "'\(name)' reads or writes \(a.joined(separator: ", ")) against \(b.joined(separator: ", "))"
    case .shape(let a, let b): "'\(name)' has shape \(a) against \(b)"
    case .encoding: "'\(name)' has another type"
    case .constant(let index, let count): "'\(name)' differs in \(count) values, first at \(index)"
    }
  }
}
