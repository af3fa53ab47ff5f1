import Arith
import QuantGraph

/// How far another implementation of the same network may be from a run of this one: what the order
/// of float sums and the last places of elementary functions can do, quantizers included.
///
/// Every tensor of the run gets a bound an element, in the numbers that it stores: codes for
/// integers, values for floats. It is 0 where each implementation must agree. The bounds run through
/// the graph as the values do:
///
/// - a sum of n products is within `c(n) * sum |x w|` of the exact one in any order, with or without
///   fused multiplication, `c(n) = n u / (1 - n u)`, u = 2^-24 for float32 (Higham, "Accuracy and
///   Stability of Numerical Algorithms", 2nd edition, sections 3.1 and 4.2), here and there, so twice
///   that; errors of operands add `sum |w| e(x) + |x| e(w) + e(x) e(w)`;
/// - additions, products, quotients and roots of two numbers are rounded correctly by both: equal
///   operands give equal results;
/// - exponentials and their kin are within ``functionULPs`` units of the last place of each other;
/// - a quantizer is monotone: its result lies between those of `x - e` and `x + e`. Only where a tie
///   lies between does the bound of the codes become 1 or more: a ``Tip``.
///
/// - scales and zero points that a run computes have bounds, too: quotients by them lie between those at
///   the ends of both intervals.
///
/// An operator without a rule has the bound infinity where an operand's is not 0.
struct OrderBound {
  /// How the errors of n roundings add up.
  enum Growth: Hashable, Sendable {
    /// All to one side, as far as they can: no implementation is farther away.
    case worst
    /// Independent, with mean 0: `4 sqrt(2 n) u` instead of `2 n u` for two implementations. A sum is
    /// beyond with a probability of at most `2 exp(-8)`, by far less where partial sums grow slowly.
    /// Source: Higham and Mary, "A New Approach to Probabilistic Rounding Error Analysis", SIAM J. Sci.
    /// Comput. 41(5), 2019, theorem 2.4, with lambda = 4.
    case likely
  }

  /// Differences of float functions between libraries that count as rounding, in units of the last
  /// place of float32: a budget, since no standard bounds them.
  static let functionULPs = 4.0
  /// Half the distance of 1 to the next float32.
  static let unit = 0x1p-24

  /// A quantizer of which an element is so near a tie that the order of sums decides.
  struct Tip: Hashable, Sendable {
    let node: Int
    let element: Int
    /// How many codes the element may be moved by.
    let codes: Double
  }

  let graph: Graph
  let datapath: any ArrayDatapath
  let growth: Growth
  /// The numbers of this run, as stored.
  private var numbers: [TensorID: [Double]] = [:]
  private var bounds: [TensorID: [Double]] = [:]
  private(set) var tips: [Tip] = []
  /// Elements of each node that may tip.
  private(set) var tippable: [Int: Int] = [:]

  /// - Parameters:
  ///   - graph: as the datapath runs it.
  ///   - datapath: the rules.
  ///   - growth: how rounding errors add up.
  ///   - observed: numbers that the other implementation has for tensors, which replace their bounds
  ///     by true differences for what follows.
  ///   - codes: the elements of a tensor in this run, one sample.
  init(
    _ graph: Graph, on datapath: any ArrayDatapath, growth: Growth = .worst,
    observed: [TensorID: [Double]], codes: (TensorID) -> Codes?
  ) {
    self.growth = growth
    self.graph = graph
    self.datapath = datapath
    for (index, node) in graph.nodes.enumerated() {
      for id in node.inputs + node.outputs where numbers[id] == nil {
        let tensor = graph[id]
        if let own = tensor.constant ?? codes(id) { numbers[id] = own.stored(tensor) }
      }
      let results = resultBounds(node)
      for (position, id) in node.outputs.enumerated() {
        let count = graph[id].shape.count
        var bound =
          position < results.count && results[position].count == count
          ? results[position] : unknown(node, count: count)
        // Infinity times 0, and infinity less infinity: nothing is known.
        for element in bound.indices where bound[element].isNaN { bound[element] = .infinity }
        // Codes, not the zero point that is found with them.
        if position == 0, case .affine = graph[id].encoding, quantizes(node) {
          note(bound, at: index)
        }
        predicted[id] = bound
        if let other = observed[id], let own = numbers[id], other.count == count {
          bound = zip(other, own).map { abs($0 - $1) }
        }
        bounds[id] = bound
      }
    }
  }

  /// Bounds before observed numbers replaced them.
  private(set) var predicted: [TensorID: [Double]] = [:]

  /// The bound of each element of a tensor, in stored numbers.
  func bound(of id: TensorID) -> [Double]? { predicted[id] }

  private func quantizes(_ node: Node) -> Bool {
    switch node.operation {
    case .quantize, .quantized, .dynamicQuantize: true
    default: false
    }
  }

  private mutating func note(_ bound: [Double], at node: Int) {
    for (element, moved) in bound.enumerated() where moved >= 1 {
      tippable[node, default: 0] += 1
      if tippable[node, default: 0] <= 64 {
        tips.append(Tip(node: node, element: element, codes: moved))
      }
    }
  }

  private func unknown(_ node: Node, count: Int) -> [Double] {
    let isExact = node.inputs.allSatisfy { error($0) == nil }
    return [Double](repeating: isExact ? 0 : .infinity, count: count)
  }

  // MARK: Operands

  /// The bound of an operand; nil if it is 0 everywhere.
  func error(_ id: TensorID) -> [Double]? {
    guard let bound = bounds[id], bound.contains(where: { $0 != 0 }) else { return nil }
    return bound
  }

  func values(_ id: TensorID) -> [Double] {
    numbers[id] ?? [Double](repeating: .nan, count: graph[id].shape.count)
  }

  /// The unit of rounding of a tensor's type.
  func unit(_ id: TensorID) -> Double {
    guard case .float(let format) = graph[id].encoding else { return Self.unit }
    return Double(sign: .plus, exponent: -(format.mantissaBits + 1), significand: 1)
  }

  /// `n u / (1 - n u)`: the relative error of n roundings in a row; less where errors are independent.
  func accumulated(_ count: Int, _ unit: Double = OrderBound.unit) -> Double {
    let product = Double(count) * unit
    let worst = product < 0.5 ? product / (1 - product) : .infinity
    guard growth == .likely else { return worst }
    return min(worst, 4 * (Double(count) / 2).squareRoot() * unit)
  }

  /// What an operator makes of numbers, in float64; nil where the datapath has no such form.
  func evaluate(
    _ node: Node, _ operation: Operator, _ operands: [(numbers: [Double], like: TensorID)]
  ) -> [Double]? {
    var tensors: [Tensor] = []
    for (index, operand) in operands.enumerated() {
      let own = graph[operand.like]
      // Positions stay integers.
      if case .affine = own.encoding, operand.numbers.isEmpty, own.shape.count > 0 {
        guard let integers = numbers[operand.like]?.map({ Int64($0) }) else { return nil }
        guard let format = try? AffineFormat(width: 64, isSigned: true) else { return nil }
        tensors.append(
          Tensor(
            name: "\(index)", shape: own.shape, encoding: .affine(format),
            constant: .int64(integers)))
        continue
      }
      tensors.append(
        Tensor(
          name: "\(index)", shape: own.shape, encoding: .float(.float64),
          constant: .float64(operand.numbers)))
    }
    let result = graph[node.outputs[0]].shape
    tensors.append(Tensor(name: "result", shape: result, encoding: .float(.float64)))
    return Self.run(
      Node(
        name: node.name, operation: operation,
        inputs: operands.indices.map(TensorID.init), outputs: [TensorID(operands.count)]),
      tensors, datapath)
  }

  /// What a node's own operator makes of numbers, in float64.
  func evaluate(
    _ node: Node, _ operands: [(numbers: [Double], like: TensorID)]
  ) -> [Double]? {
    evaluate(node, node.operation, operands)
  }

  /// What a node of the graph makes of other numbers of some operands, by its own rules.
  func rerun(_ node: Node, _ changed: [Int: [Double]], output: Int = 0) -> [Double]? {
    var tensors: [Tensor] = []
    for (index, id) in node.inputs.enumerated() {
      let own = graph[id]
      guard let codes = own.codes(changed[index] ?? values(id)) else { return nil }
      tensors.append(
        Tensor(name: "\(index)", shape: own.shape, encoding: own.encoding, constant: codes))
    }
    for (index, id) in node.outputs.enumerated() {
      tensors.append(
        Tensor(name: "result\(index)", shape: graph[id].shape, encoding: graph[id].encoding))
    }
    let count = node.inputs.count
    return Self.run(
      Node(
        name: node.name, operation: node.operation, inputs: (0..<count).map(TensorID.init),
        outputs: node.outputs.indices.map { TensorID(count + $0) }), tensors, datapath,
      output: output)
  }

  private static func run(
    _ node: Node, _ tensors: [Tensor], _ datapath: any ArrayDatapath, output: Int = 0
  ) -> [Double]? {
    guard let codes = ConstantFolding.constants(node, tensors, datapath) else { return nil }
    return codes[output].stored(tensors[node.outputs[output].index])
  }
}

extension Codes {
  /// The elements as numbers: codes of integers, values of floats.
  func stored(_ tensor: Tensor) -> [Double] {
    switch self {
    case .float32(let values): return values.map(Double.init)
    case .float64(let values): return values
    default:
      let integers = int64 ?? []
      guard case .float(let format) = tensor.encoding else { return integers.map(Double.init) }
      return integers.map { format.doubleValue(of: UInt64(bitPattern: $0)) }
    }
  }
}

extension Tensor {
  /// Codes that stand for numbers, rounded to the tensor's type.
  fileprivate func codes(_ numbers: [Double]) -> Codes? {
    switch encoding {
    case .float(.float32): return .float32(numbers.map { Float($0) })
    case .float(.float64): return .float64(numbers)
    case .float(let format):
      let codes = numbers.map { format.code(of: $0, saturating: false) }
      return format.width <= 8
        ? .uint8(codes.map { UInt8(truncatingIfNeeded: $0) })
        : .uint16(codes.map { UInt16(truncatingIfNeeded: $0) })
    default:
      guard let kind = ElementKind(encoding) else { return nil }
      let range = kind.range ?? Int64.min...Int64.max
      let codes = numbers.map {
        min(max(Int64(clamping: $0), range.lowerBound), range.upperBound)
      }
      return switch kind.storage {
      case .int8: .int8(codes.map { Int8(truncatingIfNeeded: $0) })
      case .uint8: .uint8(codes.map { UInt8(truncatingIfNeeded: $0) })
      case .int16: .int16(codes.map { Int16(truncatingIfNeeded: $0) })
      case .uint16: .uint16(codes.map { UInt16(truncatingIfNeeded: $0) })
      case .int32: .int32(codes.map { Int32(truncatingIfNeeded: $0) })
      default: .int64(codes)
      }
    }
  }
}
