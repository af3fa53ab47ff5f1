import QuantGraph

/// Two tensors of plain integers combined element by element, with numpy's broadcasting.
///
/// Models compute positions and shapes with them. Sums and products wrap.
///
/// Source: TensorFlow Lite, `kernels/{add,sub,mul,maximum_minimum,floor_div,floor_mod}.cc`.
struct MCUIntegerBinary<Data: FixedWidthInteger & SignedInteger & BitwiseCopyable & Sendable>:
  NodeKernel
{
  let function: Binary.Function
  let left: MCUSource
  let right: MCUSource
  let walk: BroadcastWalk
  let range: ClosedRange<Data>

  func run(_ operands: KernelOperands) {
    let result = operands.outputs[0].elements(as: Data.self)
    left.withCodes(operands, as: Data.self) { left in
      right.withCodes(operands, as: Data.self) { right in
        walk.forEach { position, a, b in
          result[position] = min(max(value(left[a], right[b]), range.lowerBound), range.upperBound)
        }
      }
    }
  }

  /// - Precondition: the second operand of a quotient or remainder is not 0.
  private func value(_ a: Data, _ b: Data) -> Data {
    switch function {
    case .add: return a &+ b
    case .subtract: return a &- b
    case .multiply: return a &* b
    case .maximum: return max(a, b)
    case .minimum: return min(a, b)
    case .floorDivide:
      let quotient = a.dividedReportingOverflow(by: b).partialValue
      return remainder(a, b) != 0 && (a < 0) != (b < 0) ? quotient - 1 : quotient
    default:
      let rest = remainder(a, b)
      return rest != 0 && (b < 0) != (rest < 0) ? rest + b : rest
    }
  }

  private func remainder(_ a: Data, _ b: Data) -> Data { b == -1 ? 0 : a % b }
}

extension MCURules {
  /// Operators between integers that are no codes of numbers; quotients and remainders read codes as
  /// plain integers, too.
  func planIntegers(_ binary: Binary, _ node: MCUNode) throws(DatapathError) -> PlannedNode {
    let (left, right, result) = (node.inputs[0], node.inputs[1], node.result)
    let isQuotient = binary.function == .floorDivide || binary.function == .modulo
    var storages: Set<Storage> = [.int32, .int64]
    switch binary.function {
    case .floorDivide: storages = isMicro ? [] : [.int8, .int16, .int32]
    case .modulo: storages = isMicro ? [] : [.int8, .int16, .int32, .int64]
    case .add, .subtract, .multiply: if isMicro { storages = [.int32] }
    case .maximum, .minimum: break
    default:
      throw .parameter("function", reason: "\(binary.function.rawValue) of integers has no rule")
    }
    guard storages.contains(left.storage) else {
      throw .encoding(
        operand: "operands",
        expected: storages.isEmpty
          ? "float32" : storages.map(\.rawValue).sorted().joined(separator: ", "))
    }
    for operand in [right, result] where operand.storage != left.storage {
      throw .encoding(operand: "the second operand and the result", expected: left.storage.rawValue)
    }
    if isQuotient { try requireDivisor(right) }
    let walk = BroadcastWalk(result: result.shape, left: left.shape, right: right.shape)
    // The micro runtime's sum of plain integers has no fused activation (`micro/kernels/add.cc`).
    let range = isMicro && binary.function == .add ? ValueRange.unbounded : binary.range
    func kernel<Data: FixedWidthInteger & SignedInteger & BitwiseCopyable & Sendable>(
      _ type: Data.Type
    ) -> any NodeKernel {
      // Bounds of a fused activation are small integers; open ends are the type's.
      let low = range.minimum.map { Data(clamping: Int64($0)) } ?? .min
      return MCUIntegerBinary<Data>(
        function: binary.function, left: node.source(0), right: node.source(1), walk: walk,
        range: low...max(low, range.maximum.map { Data(clamping: Int64($0)) } ?? .max))
    }
    switch left.storage {
    case .int8: return node.planned(kernel(Int8.self))
    case .int16: return node.planned(kernel(Int16.self))
    case .int32: return node.planned(kernel(Int32.self))
    default: return node.planned(kernel(Int64.self))
    }
  }

  /// The runtimes stop at a division by 0, so that a divisor must be known not to be 0.
  func requireDivisor(_ divisor: MCUTensor) throws(DatapathError) {
    let isKnown: Bool
    switch divisor.tensor.constant {
    case .float32(let values): isKnown = !values.contains(0)
    case let codes: isKnown = codes?.int64.map { !$0.contains(0) } ?? false
    }
    guard isKnown else {
      throw .parameter(
        "divisor", reason: "must be a constant without 0, at which the runtimes stop")
    }
  }
}
