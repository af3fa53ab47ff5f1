import Arith
import QuantGraph

/// A convolution: integer sums, one dyadic requantization each.
struct DyadicConvolution<Sum: ProductSum & FixedWidthInteger>: NodeKernel {
  let data: ArrayOperand
  let weights: ArrayOperand
  let bias: ArrayOperand?
  let geometry: ConvolutionGeometry
  let dataZero: Int64
  let weightZeros: [Int64]
  let weightAxis: Int
  let kind: ElementKind
  let count: Int
  let requantizer: DyadicRequantizer

  func run(_ o: KernelOperands) {
    let values = data.centered(as: Sum.self, dataZero, o)
    var filters = weights.centered(as: Sum.self, 0, o)
    ArrayNode.subtract(weightZeros, from: &filters, shape: weights.shape, axis: weightAxis)
    var sums = [Sum](repeating: 0, count: count)
    sums.withUnsafeMutableBufferPointer { target in
      if let base = target.baseAddress {
        geometry.sums(values, matrix: geometry.weightMatrix(filters), into: base)
      }
    }
    let biases = bias?.integers(o) ?? []
    o.outputs[0].store(
      wrapping: sums.indices.map { index in
        let channel = geometry.filter(ofResult: index)
        let sum = Int64(sums[index]) &+ (biases.isEmpty ? 0 : biases[channel])
        return requantizer.code(sum, channel)
      }, kind: kind)
  }
}

/// A matrix product: integer sums, one dyadic requantization each.
struct DyadicProduct<Sum: ProductSum & FixedWidthInteger>: NodeKernel {
  let left: ArrayOperand
  let right: ArrayOperand
  let bias: ArrayOperand?
  let geometry: ProductGeometry
  let leftZero: Int64
  let rightZeros: [Int64]
  let rightAxis: Int
  let kind: ElementKind
  let requantizer: DyadicRequantizer

  func run(_ o: KernelOperands) {
    let a = left.centered(as: Sum.self, leftZero, o)
    var b = right.centered(as: Sum.self, 0, o)
    ArrayNode.subtract(rightZeros, from: &b, shape: right.shape, axis: rightAxis)
    let sums = geometry.sums(a, b)
    let biases = bias?.integers(o) ?? []
    o.outputs[0].store(
      wrapping: sums.indices.map { index in
        let column = index % geometry.columns
        // A bias has one number a column, or one an element of the trailing axes.
        let sum =
          Int64(sums[index])
          &+ (biases.isEmpty ? 0 : biases[biases.count == 1 ? 0 : index % biases.count])
        return requantizer.code(sum, column)
      }, kind: kind)
  }
}

/// One operand of a sum with its own multiplier.
struct DyadicBranch: Sendable {
  let operand: ArrayOperand
  let zeroPoint: Int64
  /// Which multiplier each element has; nil if there is one.
  let channels: [Int]?
  let scales: [DyadicScale]

  /// Codes less the zero point.
  func centered(_ o: KernelOperands) -> [Int64] {
    operand.integers(o).map { $0 &- zeroPoint }
  }

  /// Values at the result's scale, each rounded.
  func rounded(_ o: KernelOperands, _ ties: TieRule) -> [Int64] {
    let codes = centered(o)
    return codes.indices.map { index in
      scales[channels.map { $0[index] } ?? 0].applied(to: codes[index], ties: ties)
    }
  }
}

/// Two tensors combined: branches of a sum are rounded apart, a product once.
struct DyadicCombine: NodeKernel {
  enum Rule: Sendable { case sum, difference, product, maximum, minimum }

  let rule: Rule
  let branches: [DyadicBranch]
  let shape: Shape
  let kind: ElementKind
  let requantizer: DyadicRequantizer

  func run(_ o: KernelOperands) {
    func operands(_ values: (DyadicBranch) -> [Int64]) -> ([Int64], [Int64]) {
      ArrayNode.broadcast(
        values(branches[0]), branches[0].operand.shape, values(branches[1]),
        branches[1].operand.shape, to: shape)
    }
    if rule == .product {
      let (a, b) = operands { $0.centered(o) }
      o.outputs[0].store(
        wrapping: a.indices.map { requantizer.code(a[$0] &* b[$0], 0) }, kind: kind)
      return
    }
    let (a, b) = operands { $0.rounded(o, requantizer.ties) }
    o.outputs[0].store(
      wrapping: a.indices.map { index in
        let value: Int64 =
          switch rule {
          case .sum, .product: a[index] &+ b[index]
          case .difference: a[index] &- b[index]
          case .maximum: max(a[index], b[index])
          case .minimum: min(a[index], b[index])
          }
        return requantizer.clamped(value)
      }, kind: kind)
  }
}

/// Codes of one scale to codes of another.
struct DyadicMap: NodeKernel {
  let operand: ArrayOperand
  let zeroPoint: Int64
  let channels: [Int]?
  let kind: ElementKind
  let requantizer: DyadicRequantizer

  func run(_ o: KernelOperands) {
    let codes = operand.integers(o)
    o.outputs[0].store(
      wrapping: codes.indices.map { index in
        requantizer.code(codes[index] &- zeroPoint, channels.map { $0[index] } ?? 0)
      }, kind: kind)
  }
}

/// A function of one code as a table of codes.
struct DyadicTable: NodeKernel {
  let operand: ArrayOperand
  /// The code of the first entry.
  let first: Int64
  let table: [Int64]
  let kind: ElementKind

  func run(_ o: KernelOperands) {
    o.outputs[0].store(
      wrapping: operand.integers(o).map { code in
        table[min(max(Int(code &- first), 0), table.count - 1)]
      }, kind: kind)
  }
}

/// GELU by I-BERT's polynomial, requantized.
struct DyadicGELU: NodeKernel {
  let operand: ArrayOperand
  let zeroPoint: Int64
  let gelu: IntegerTransformer.GELU
  let kind: ElementKind
  let requantizer: DyadicRequantizer

  func run(_ o: KernelOperands) {
    o.outputs[0].store(
      wrapping: operand.integers(o).map {
        requantizer.code(gelu.applied(to: $0 &- zeroPoint), 0)
      }, kind: kind)
  }
}
