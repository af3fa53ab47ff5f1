import Arith
import QuantGraph

/// Small graphs for tests.
enum GraphFixture {
  static let float = Encoding.float(.float32)

  /// An operand of a node: its shape, and whether it is a parameter.
  struct Operand {
    let shape: [Int]
    var isParameter = false
    var encoding = GraphFixture.float
    var codes: Codes?
  }

  /// A graph of one node whose operands and results have these shapes.
  static func graph(
    _ operation: Operator, _ operands: [Operand], _ results: [[Int]],
    resultEncodings: [Encoding] = []
  ) throws -> Graph {
    var tensors: [Tensor] = []
    for (index, operand) in operands.enumerated() {
      tensors.append(
        Tensor(
          name: "in\(index)", shape: try Shape(operand.shape), encoding: operand.encoding,
          contents: operand.isParameter || operand.codes != nil
            ? .parameter(operand.codes) : .computed))
    }
    for (index, extents) in results.enumerated() {
      tensors.append(
        Tensor(
          name: "out\(index)", shape: try Shape(extents),
          encoding: resultEncodings.indices.contains(index) ? resultEncodings[index] : float))
    }
    let inputs = operands.indices.map(TensorID.init)
    let outputs = results.indices.map { TensorID(operands.count + $0) }
    return try Graph(
      name: "g", tensors: tensors,
      nodes: [Node(name: "node", operation: operation, inputs: inputs, outputs: outputs)],
      inputs: inputs.filter { !tensors[$0.index].isParameter }, outputs: outputs)
  }

  /// A chain of functions of one value: `x -> t0 -> t1 ...`, nodes in the given order.
  static func chain(_ count: Int, order: [Int]? = nil) throws -> Graph {
    let tensors = (0...count).map {
      Tensor(name: "t\($0)", shape: [2, 3], encoding: float)
    }
    let nodes = (order ?? Array(0..<count)).map {
      Node(
        name: "n\($0)", operation: .unary(.identity), inputs: [TensorID($0)],
        outputs: [TensorID($0 + 1)])
    }
    return try Graph(
      name: "chain", tensors: tensors, nodes: nodes, inputs: [TensorID(0)],
      outputs: [TensorID(count)])
  }

  static func affine(
    _ width: Int, _ scales: [Double] = [1], zeroPoints: [Int64] = [], axis: Int? = nil,
    isSigned: Bool = true
  ) throws -> Encoding {
    .affine(
      try AffineFormat(
        width: width, isSigned: isSigned, scales: scales, zeroPoints: zeroPoints, axis: axis))
  }

  static func fixed(_ width: Int, isSigned: Bool = true) throws -> Encoding {
    .fixed(try FixedPointFormat(width: width, integerBits: width, isSigned: isSigned))
  }
}
