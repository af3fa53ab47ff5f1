import Arith
import QuantGraph

/// Elementwise functions of one operand (`nnet_activation.h`), and plain assignments.
struct ActivationStep<Raw: RawInteger>: HLSStep, HLSElementStep {
  let activation: Activation
  let data: FixedPointFormat
  let result: FixedPointFormat
  /// Formats and codes of the parameter tensors, one code or one an element.
  let parameterFormats: [FixedPointFormat]
  let parameters: [[Raw]]
  /// Entries of the function's table, if it has one.
  let table: [Raw]
  let tableFormat: FixedPointFormat

  @specialized(where Raw == Int64)
  func evaluate(_ inputs: [[Raw]], events: inout NodeEvents) -> [[Raw]] {
    var output: [Raw] = []
    output.reserveCapacity(inputs[0].count)
    for (index, value) in inputs[0].enumerated() {
      let (exact, fraction) = apply(value, element: index)
      output.append(
        Assignment(to: result, fromFractionBits: fraction).result(exact, events: &events))
    }
    return [output]
  }

  @specialized(where Raw == Int64)
  func element(_ index: Int, _ a: Raw, _ b: Raw) -> Raw {
    let (exact, fraction) = apply(a, element: index)
    return result.cast(raw: exact, sourceFractionBits: fraction)
  }

  private func parameter(_ index: Int, element: Int) -> Raw {
    let values = parameters[index]
    return values.count == 1 ? values[0] : values[element]
  }

  /// The exact value that is assigned to the result, and its fraction bits.
  private func apply(_ x: Raw, element: Int) -> (Raw, Int) {
    let fraction = data.fractionBits
    let isPositive = x > Raw.zero
    switch activation {
    case .linear:
      return (x, fraction)
    case .relu:
      return (isPositive ? x : Raw.zero, fraction)
    case .clippedReLU(let maximum):
      let limit = Raw(Int64(maximum))
      if x < Raw.zero { return (Raw.zero, 0) }
      let isAbove = FixedPointArithmetic.isLess(
        limit, fractionBits: 0, than: x, fractionBits: fraction)
      return isAbove ? (limit, 0) : (x, fraction)
    case .leakyReLU, .prelu:
      if isPositive { return (x, fraction) }
      let alpha = parameter(0, element: element)
      return (alpha * x, fraction + parameterFormats[0].fractionBits)
    case .thresholdedReLU:
      let theta = parameter(0, element: element)
      let isAbove = FixedPointArithmetic.isLess(
        theta, fractionBits: parameterFormats[0].fractionBits, than: x, fractionBits: fraction)
      return isAbove ? (x, fraction) : (Raw.zero, 0)
    case .elu:
      if x >= Raw.zero { return (x, fraction) }
      let alpha = parameter(0, element: element)
      return (
        alpha * table[negativeIndex(x, wrapped: table.count - 1)],
        parameterFormats[0].fractionBits + tableFormat.fractionBits
      )
    case .selu:
      if x >= Raw.zero {
        return (
          Raw(Int64(HLSTables.seluScale.raw)) * x, fraction + HLSTables.seluScale.fractionBits
        )
      }
      return (table[negativeIndex(x, wrapped: 0)], tableFormat.fractionBits)
    case .sigmoid, .softplus, .softsign:
      return (table[symmetricIndex(x, divisor: 16)], tableFormat.fractionBits)
    case .tanh:
      return (table[symmetricIndex(x, divisor: 8)], tableFormat.fractionBits)
    case .hardSigmoid:
      return clampedLine(x)
    case .hardTanh:
      let (value, fraction) = clampedLine(x)
      return (
        FixedPointArithmetic.difference(
          value << 1, fractionBits: fraction, Raw.one, fractionBits: 0), max(fraction, 0)
      )
    case .binaryTanh:
      // An ap_int<2> of +-1; a one-bit unsigned result takes 0 for -1.
      if x >= Raw.zero { return (Raw.one, 0) }
      let isBit = result.width == 1 && !result.isSigned && result.integerBits == 1
      return (isBit ? Raw.zero : -Raw.one, 0)
    case .ternaryTanh:
      let doubled = data.cast(raw: x << 1, sourceFractionBits: fraction)
      if FixedPointArithmetic.isLess(
        Raw.one, fractionBits: 0, than: doubled, fractionBits: fraction)
      {
        return (Raw.one, 0)
      }
      let isAbove = FixedPointArithmetic.isLess(
        -Raw.one, fractionBits: 0, than: doubled, fractionBits: fraction)
      return (isAbove ? Raw.zero : -Raw.one, 0)
    case .lookup:
      let code = x.truncated(toWidth: data.width, isSigned: false).low64
      return (table[Int(code)], tableFormat.fractionBits)
    }
  }

  /// `slope * x + shift` clamped to [0, 1] in the exact type of the sum.
  private func clampedLine(_ x: Raw) -> (Raw, Int) {
    let productFraction = parameterFormats[0].fractionBits + data.fractionBits
    let shiftFraction = parameterFormats[1].fractionBits
    let sum = FixedPointArithmetic.sum(
      parameters[0][0] * x, fractionBits: productFraction, parameters[1][0],
      fractionBits: shiftFraction)
    let fraction = max(productFraction, shiftFraction)
    if FixedPointArithmetic.isLess(Raw.one, fractionBits: 0, than: sum, fractionBits: fraction) {
      return (Raw.one, 0)
    }
    return sum < Raw.zero ? (Raw.zero, 0) : (sum, fraction)
  }

  /// `int(x * size / divisor) + size / 2`, clamped; `int` truncates toward zero and keeps 32 bits.
  private func symmetricIndex(_ x: Raw, divisor: Int64) -> Int {
    let size = Int64(table.count)
    let scaled = (x * Raw(size)).quotient(dividingBy: Raw(divisor))
    let offset = Int32(
      truncatingIfNeeded: FixedPointArithmetic.integerPart(
        scaled, fractionBits: data.fractionBits
      ).low64)
    // 8 * size / 16 and 4 * size / 8 are unsigned 32-bit expressions.
    let half = divisor / 2 * size / divisor
    let index = Int64(Int32(truncatingIfNeeded: Int64(offset) + half))
    return Int(min(max(index, 0), size - 1))
  }

  /// `int(x * size / -8)`, clamped to the last entry; an `int` that wrapped below zero selects
  /// `wrapped`: `selu` clamps it to 0, `elu` compares it unsigned.
  private func negativeIndex(_ x: Raw, wrapped: Int) -> Int {
    let size = Int64(table.count)
    let scaled = (x * Raw(size)).quotient(dividingBy: Raw(-8))
    let index = Int64(
      Int32(
        truncatingIfNeeded: FixedPointArithmetic.integerPart(
          scaled, fractionBits: data.fractionBits
        ).low64))
    return index < 0 ? wrapped : Int(min(index, size - 1))
  }

  /// Signed bits of the widest exact intermediate.
  static func width(
    _ activation: Activation, data: FixedPointFormat, parameters: [FixedPointFormat],
    table: LookupTable?, result: FixedPointFormat
  ) -> Int {
    var width = HLSWidth()
    let x = data.signedWidth
    let pad = max(0, -data.fractionBits)
    width.include(Assignment(to: result, fromFractionBits: data.fractionBits), sourceBits: x + 1)
    width.include(Assignment(to: result, fromFractionBits: 0), sourceBits: 9)
    if let table {
      let sizeBits = Int.bitWidth - table.size.leadingZeroBitCount
      width.include(x + sizeBits + 1 + pad)
      width.include(
        Assignment(to: result, fromFractionBits: table.entry.fractionBits),
        sourceBits: table.entry.signedWidth)
    }
    switch activation {
    case .leakyReLU, .prelu:
      width.include(
        Assignment(
          to: result, fromFractionBits: data.fractionBits + parameters[0].fractionBits),
        sourceBits: x + parameters[0].signedWidth)
    case .thresholdedReLU:
      let gap = data.fractionBits - parameters[0].fractionBits
      width.include(max(x + max(-gap, 0), parameters[0].signedWidth + max(gap, 0)))
    case .elu:
      if let table {
        width.include(
          Assignment(
            to: result, fromFractionBits: parameters[0].fractionBits + table.entry.fractionBits),
          sourceBits: parameters[0].signedWidth + table.entry.signedWidth)
      }
    case .selu:
      width.include(
        Assignment(
          to: result, fromFractionBits: data.fractionBits + HLSTables.seluScale.fractionBits),
        sourceBits: x + HLSTables.seluScale.width + 1)
    case .hardSigmoid, .hardTanh:
      let fraction = data.fractionBits + parameters[0].fractionBits
      let gap = abs(fraction - parameters[1].fractionBits)
      let sum = max(x + parameters[0].signedWidth, parameters[1].signedWidth) + gap + 2
      let grid = max(fraction, parameters[1].fractionBits)
      width.include(max(sum, 3 + max(grid, 0)) + max(0, -grid) + 2)
      width.include(Assignment(to: result, fromFractionBits: max(grid, 0)), sourceBits: sum + 2)
    case .clippedReLU, .ternaryTanh:
      // Comparisons with an integer align both to the finer grid.
      width.include(max(x + 1 + pad, 9 + max(0, data.fractionBits)))
    case .linear, .relu, .sigmoid, .tanh, .softplus, .softsign, .binaryTanh, .lookup:
      break
    }
    return width.bits
  }
}

/// `out[i] = T_i(in[i])`: assignments, each by way of a type of its own if there are any.
struct ConvertStep<Raw: RawInteger>: HLSStep, HLSElementStep {
  let data: FixedPointFormat
  let elements: [FixedPointFormat]
  let result: FixedPointFormat
  /// Element of the input that each element of the output takes; -1 is the constant 0.
  let source: [Int32]

  @specialized(where Raw == Int64)
  func evaluate(_ inputs: [[Raw]], events: inout NodeEvents) -> [[Raw]] {
    var output: [Raw] = []
    output.reserveCapacity(source.count)
    for (index, element) in source.enumerated() {
      var value = element < 0 ? Raw.zero : inputs[0][Int(element)]
      var fraction = data.fractionBits
      if !elements.isEmpty {
        value = Assignment(to: elements[index], fromFractionBits: fraction)
          .result(value, events: &events)
        events.results -= 1
        fraction = elements[index].fractionBits
      }
      output.append(
        Assignment(to: result, fromFractionBits: fraction).result(value, events: &events))
    }
    return [output]
  }

  /// - Precondition: element `index` of the result takes element `index` of the data.
  @specialized(where Raw == Int64)
  func element(_ index: Int, _ a: Raw, _ b: Raw) -> Raw {
    if elements.isEmpty { return result.cast(raw: a, sourceFractionBits: data.fractionBits) }
    let own = elements[index]
    return result.cast(
      raw: own.cast(raw: a, sourceFractionBits: data.fractionBits),
      sourceFractionBits: own.fractionBits)
  }

  static func width(
    data: FixedPointFormat, elements: [FixedPointFormat], result: FixedPointFormat
  ) -> Int {
    var width = HLSWidth()
    if elements.isEmpty {
      width.include(
        Assignment(to: result, fromFractionBits: data.fractionBits), sourceBits: data.signedWidth)
    }
    for element in Set(elements) {
      width.include(
        Assignment(to: element, fromFractionBits: data.fractionBits), sourceBits: data.signedWidth)
      width.include(
        Assignment(to: result, fromFractionBits: element.fractionBits),
        sourceBits: element.signedWidth)
    }
    return width.bits
  }
}

/// Elementwise operations on two operands (`nnet_merge.h`); the shorter one repeats.
struct ArithmeticStep<Raw: RawInteger>: HLSStep, HLSElementStep {
  let operation: Arithmetic
  let left: FixedPointFormat
  let right: FixedPointFormat
  let result: FixedPointFormat
  let count: Int

  @specialized(where Raw == Int64)
  func evaluate(_ inputs: [[Raw]], events: inout NodeEvents) -> [[Raw]] {
    let (a, b) = (inputs[0], inputs[1])
    var output: [Raw] = []
    output.reserveCapacity(count)
    for index in 0..<count {
      let (exact, fraction) = combine(a[index % a.count], b[index % b.count])
      output.append(
        Assignment(to: result, fromFractionBits: fraction).result(exact, events: &events))
    }
    return [output]
  }

  @specialized(where Raw == Int64)
  func element(_ index: Int, _ a: Raw, _ b: Raw) -> Raw {
    let (exact, fraction) = combine(a, b)
    return result.cast(raw: exact, sourceFractionBits: fraction)
  }

  /// The exact result and its fraction bits.
  private func combine(_ x: Raw, _ y: Raw) -> (Raw, Int) {
    let (fa, fb) = (left.fractionBits, right.fractionBits)
    let common = max(fa, fb)
    switch operation {
    case .add:
      return (FixedPointArithmetic.sum(x, fractionBits: fa, y, fractionBits: fb), common)
    case .subtract:
      return (FixedPointArithmetic.difference(x, fractionBits: fa, y, fractionBits: fb), common)
    case .multiply:
      return (x * y, fa + fb)
    case .average:
      // Times an ap_ufixed<1,0> of one half: exact.
      return (FixedPointArithmetic.sum(x, fractionBits: fa, y, fractionBits: fb), common + 1)
    case .maximum:
      let isGreater = FixedPointArithmetic.isLess(y, fractionBits: fb, than: x, fractionBits: fa)
      return isGreater ? (x, fa) : (y, fb)
    case .minimum:
      let isLess = FixedPointArithmetic.isLess(x, fractionBits: fa, than: y, fractionBits: fb)
      return isLess ? (x, fa) : (y, fb)
    }
  }

  static func width(
    _ operation: Arithmetic, _ left: FixedPointFormat, _ right: FixedPointFormat,
    result: FixedPointFormat
  ) -> Int {
    var width = HLSWidth()
    let (fa, fb) = (left.fractionBits, right.fractionBits)
    let aligned = max(
      left.signedWidth + max(fb - fa, 0), right.signedWidth + max(fa - fb, 0))
    width.include(aligned)
    switch operation {
    case .add, .subtract, .average:
      let fraction = max(fa, fb) + (operation == .average ? 1 : 0)
      width.include(Assignment(to: result, fromFractionBits: fraction), sourceBits: aligned + 1)
    case .multiply:
      width.include(
        Assignment(to: result, fromFractionBits: fa + fb),
        sourceBits: left.signedWidth + right.signedWidth)
    case .maximum, .minimum:
      width.include(Assignment(to: result, fromFractionBits: fa), sourceBits: left.signedWidth)
      width.include(Assignment(to: result, fromFractionBits: fb), sourceBits: right.signedWidth)
    }
    return width.bits
  }
}

/// `data * scale + bias`, exact, then assigned (`nnet::normalize`).
struct NormalizeStep<Raw: RawInteger>: HLSStep, HLSElementStep {
  let types: AccumulationTypes
  let biasFormat: FixedPointFormat
  let scale: [Raw]
  let bias: [Raw]

  @specialized(where Raw == Int64)
  func evaluate(_ inputs: [[Raw]], events: inout NodeEvents) -> [[Raw]] {
    var output: [Raw] = []
    output.reserveCapacity(inputs[0].count)
    let assignment = Assignment(to: types.result, fromFractionBits: fractionBits)
    for (index, value) in inputs[0].enumerated() {
      output.append(assignment.result(line(index, value), events: &events))
    }
    return [output]
  }

  @specialized(where Raw == Int64)
  func element(_ index: Int, _ a: Raw, _ b: Raw) -> Raw {
    types.result.cast(raw: line(index, a), sourceFractionBits: fractionBits)
  }

  private var fractionBits: Int { max(types.productFractionBits, biasFormat.fractionBits) }

  private func line(_ index: Int, _ value: Raw) -> Raw {
    FixedPointArithmetic.sum(
      types.product(value, scale[index % scale.count]), fractionBits: types.productFractionBits,
      bias[index % bias.count], fractionBits: biasFormat.fractionBits)
  }

  static func width(_ types: AccumulationTypes, bias: FixedPointFormat) -> Int {
    var width = HLSWidth()
    width.include(types.width)
    let gap = abs(types.productFractionBits - bias.fractionBits)
    width.include(
      Assignment(
        to: types.result, fromFractionBits: max(types.productFractionBits, bias.fractionBits)),
      sourceBits: max(types.productBits, bias.signedWidth) + gap + 1)
    return width.bits
  }
}

/// Batch normalization merged with a binary or ternary tanh: comparisons with stored thresholds.
struct ThresholdStep<Raw: RawInteger>: HLSStep, HLSElementStep {
  let data: FixedPointFormat
  /// `>= t` gives 1, else 0; or `> high` gives 1, `<= low` gives -1, else 0.
  let thresholds: [(format: FixedPointFormat, codes: [Raw])]
  let result: FixedPointFormat

  @specialized(where Raw == Int64)
  func evaluate(_ inputs: [[Raw]], events: inout NodeEvents) -> [[Raw]] {
    var output: [Raw] = []
    output.reserveCapacity(inputs[0].count)
    let assignment = Assignment(to: result, fromFractionBits: 0)
    for (index, value) in inputs[0].enumerated() {
      output.append(assignment.result(level(of: value, at: index), events: &events))
    }
    return [output]
  }

  @specialized(where Raw == Int64)
  func element(_ index: Int, _ a: Raw, _ b: Raw) -> Raw {
    result.cast(raw: level(of: a, at: index), sourceFractionBits: 0)
  }

  private func level(of value: Raw, at index: Int) -> Raw {
    if thresholds.count == 1 { return isLess(value, 0, index) ? Raw.zero : Raw.one }
    if isGreater(value, 0, index) { return Raw.one }
    return isGreater(value, 1, index) ? Raw.zero : -Raw.one
  }

  private func isLess(_ value: Raw, _ threshold: Int, _ index: Int) -> Bool {
    let (format, codes) = thresholds[threshold]
    return FixedPointArithmetic.isLess(
      value, fractionBits: data.fractionBits, than: codes[index % codes.count],
      fractionBits: format.fractionBits)
  }

  private func isGreater(_ value: Raw, _ threshold: Int, _ index: Int) -> Bool {
    let (format, codes) = thresholds[threshold]
    return FixedPointArithmetic.isLess(
      codes[index % codes.count], fractionBits: format.fractionBits, than: value,
      fractionBits: data.fractionBits)
  }
}
