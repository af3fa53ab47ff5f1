import Arith
import QuantGraph

/// Maximum or average over windows; an average's multiplier holds the division by its members.
struct DyadicPool: NodeKernel {
  let operand: ArrayOperand
  let zeroPoint: Int64
  let geometry: PoolGeometry
  let isMaximum: Bool
  let kind: ElementKind
  let count: Int
  /// One multiplier a number of members, from 1.
  let requantizer: DyadicRequantizer

  func run(_ o: KernelOperands) {
    var results = [Int64](repeating: 0, count: count)
    geometry.forEachWindow(operand.integers(o)) { offset, window, members in
      if isMaximum {
        results[offset] = requantizer.code((window.max() ?? zeroPoint) &- zeroPoint, 0)
      } else {
        let sum = window.reduce(0) { $0 &+ $1 &- zeroPoint }
        results[offset] = requantizer.code(sum, members - 1)
      }
    }
    o.outputs[0].store(wrapping: results, kind: kind)
  }
}

/// Values along axes combined; a mean's multiplier holds the division.
struct DyadicReduce: NodeKernel {
  let operand: ArrayOperand
  let zeroPoint: Int64
  /// Puts what is combined last.
  let copy: StridedCopy
  let length: Int
  let function: Reduction.Function
  let kind: ElementKind
  let count: Int
  let requantizer: DyadicRequantizer

  func run(_ o: KernelOperands) {
    let rows = ArrayNode.arranged(operand.integers(o), copy)
    o.outputs[0].store(
      wrapping: (0..<count).map { row in
        let values = rows[row * length..<(row + 1) * length]
        let combined: Int64 =
          switch function {
          case .maximum: (values.max() ?? zeroPoint) &- zeroPoint
          case .minimum: (values.min() ?? zeroPoint) &- zeroPoint
          default: values.reduce(0) { $0 &+ $1 &- zeroPoint }
          }
        return requantizer.code(combined, 0)
      }, kind: kind)
  }
}

/// Softmax along an axis by I-BERT's integer exponential, requantized.
struct DyadicSoftmax: NodeKernel {
  let operand: ArrayOperand
  /// Puts the normalized axis last.
  let copy: StridedCopy
  let length: Int
  let exponential: IntegerTransformer.Exponential
  let bits: Int64
  let kind: ElementKind
  let requantizer: DyadicRequantizer

  func run(_ o: KernelOperands) {
    // Differences to the maximum do not depend on the zero point.
    let rows = ArrayNode.arranged(operand.integers(o), copy)
    var results: [Int64] = []
    results.reserveCapacity(rows.count)
    for start in stride(from: 0, to: rows.count, by: max(length, 1)) {
      let row = IntegerTransformer.softmax(
        Array(rows[start..<start + length]), exponential, bits: bits)
      results += row.map { requantizer.code($0, 0) }
    }
    let back = StridedCopy(extents: copy.extents, source: copy.target, target: copy.source)
    o.outputs[0].store(wrapping: ArrayNode.arranged(results, back), kind: kind)
  }
}

/// Tensors joined along an axis, each requantized to the result's scale.
struct DyadicConcatenate: NodeKernel {
  struct Part: Sendable {
    let operand: ArrayOperand
    let zeroPoint: Int64
    let copy: StridedCopy
    let requantizer: DyadicRequantizer
  }

  let parts: [Part]
  let kind: ElementKind
  let count: Int

  func run(_ o: KernelOperands) {
    var results = [Int64](repeating: 0, count: count)
    for part in parts {
      let codes = part.operand.integers(o).map {
        part.requantizer.code($0 &- part.zeroPoint, 0)
      }
      codes.withUnsafeBufferPointer { source in
        results.withUnsafeMutableBufferPointer { target in
          if let from = source.baseAddress, let to = target.baseAddress { part.copy.run(from, to) }
        }
      }
    }
    o.outputs[0].store(wrapping: results, kind: kind)
  }
}

/// A transformer's function on integers, its result not requantized.
struct DyadicTransformer: NodeKernel {
  enum Rule: Sendable {
    case gelu(IntegerTransformer.GELU)
    case exponential(IntegerTransformer.Exponential)
    case softmax(IntegerTransformer.Exponential, bits: Int64)
    case squareRoot
    case layerNormalization
  }

  let operand: ArrayOperand
  let zeroPoint: Int64
  /// Extent of the last axis.
  let length: Int
  let rule: Rule
  let kind: ElementKind

  func run(_ o: KernelOperands) {
    let codes = operand.integers(o).map { $0 &- zeroPoint }
    let results: [Int64]
    switch rule {
    case .gelu(let gelu): results = codes.map(gelu.applied)
    case .exponential(let exponential): results = codes.map(exponential.applied)
    case .squareRoot: results = codes.map(IntegerTransformer.squareRoot)
    case .softmax(let exponential, let bits):
      results = rows(codes) { IntegerTransformer.softmax($0, exponential, bits: bits) }
    case .layerNormalization:
      results = rows(codes) { IntegerTransformer.normalized($0).values }
    }
    o.outputs[0].store(wrapping: results, kind: kind)
  }

  private func rows(_ codes: [Int64], _ function: ([Int64]) -> [Int64]) -> [Int64] {
    stride(from: 0, to: codes.count, by: max(length, 1)).flatMap {
      function(Array(codes[$0..<$0 + length]))
    }
  }
}
