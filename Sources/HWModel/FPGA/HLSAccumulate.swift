import Arith
import QuantGraph

/// Where the products of a dense layer or a convolution come from and in which order they are added.
struct AccumulationGeometry: Hashable, Sendable {
  /// One product of an output: which of a position's inputs, and which stored weight.
  struct Term: Hashable, Sendable {
    let input: Int
    let weight: Int
  }

  /// Where the data elements are that a position reads.
  private enum Source: Hashable, Sendable {
    /// The data in their order.
    case vector
    /// A window of a channels-last image of this shape; the index of each tap, axis by axis.
    case window(Convolution, data: Shape, taps: [Int32])
  }

  private let source: Source
  /// Extents of the result's spatial axes; none of a dense layer.
  private let spatial: [Int]
  let positions: Int
  let inputsPerPosition: Int
  /// Terms of each output in order; the same for every position.
  let terms: [[Term]]

  var outputsPerPosition: Int { terms.count }

  /// A dense layer of `inputs` and `outputs`.
  static func dense(
    inputs: Int, outputs: Int, order: AccumulationOrder, weightsAreOutputMajor: Bool
  ) -> AccumulationGeometry {
    AccumulationGeometry(
      source: .vector, spatial: [], positions: inputs == 0 ? 0 : 1, inputsPerPosition: inputs,
      terms: terms(
        inputs: inputs, outputs: outputs, order: order,
        weightsAreOutputMajor: weightsAreOutputMajor))
  }

  /// A convolution of a channels-last tensor of shape `data` to one of shape `result`.
  static func convolution(
    _ convolution: Convolution, data: Shape, result: Shape
  ) -> AccumulationGeometry {
    let axes = convolution.kernel.count
    let channels = data[axes]
    let taps = convolution.kernel.reduce(1, *)
    var indices: [Int32] = []
    indices.reserveCapacity(taps * axes)
    for tap in 0..<taps {
      var (rest, inner) = (tap, taps)
      for extent in convolution.kernel {
        inner /= extent
        indices.append(Int32(rest / inner))
        rest %= inner
      }
    }
    let spatial = Array(result.extents.prefix(axes))
    let inputs = taps * channels
    let order = convolution.accumulation?.order ?? .inputOrder
    return AccumulationGeometry(
      source: .window(convolution, data: data, taps: indices), spatial: spatial,
      positions: inputs == 0 ? 0 : spatial.reduce(1, *), inputsPerPosition: inputs,
      terms: convolution.isDepthwise
        ? depthwiseTerms(inputs: inputs, channels: channels, order: order)
        : terms(
          inputs: inputs, outputs: result[axes], order: order,
          weightsAreOutputMajor: convolution.weightsAreFilterMajor))
  }

  /// Writes the data elements that `position` reads, ``inputsPerPosition`` of them; -1 is padding.
  func gather(position: Int, into list: UnsafeMutablePointer<Int32>) {
    guard case .window(let convolution, let data, let taps) = source else {
      for input in 0..<inputsPerPosition { list[input] = Int32(input) }
      return
    }
    let axes = spatial.count
    let channels = data[axes]
    withUnsafeTemporaryAllocation(of: (start: Int, extent: Int, dilation: Int).self, capacity: axes)
    { axis in
      var rest = position
      for index in (0..<axes).reversed() {
        let place = rest % spatial[index]
        rest /= spatial[index]
        axis.initializeElement(
          at: index,
          to: (
            place * convolution.strides[index] - convolution.paddingBefore[index], data[index],
            convolution.dilations[index]
          ))
      }
      var target = list
      for tap in stride(from: 0, to: taps.count, by: axes) {
        var pixel = 0
        for index in 0..<axes {
          let place = axis[index].start + Int(taps[tap + index]) * axis[index].dilation
          guard place >= 0, place < axis[index].extent else {
            pixel = -1
            break
          }
          pixel = pixel * axis[index].extent + place
        }
        for channel in 0..<channels {
          target[channel] = pixel < 0 ? -1 : Int32(pixel * channels + channel)
        }
        target += channels
      }
    }
  }

  /// The data elements that `position` reads; -1 is padding.
  func gathered(position: Int) -> [Int32] {
    [Int32](unsafeUninitializedCapacity: inputsPerPosition) { list, count in
      if let base = list.baseAddress { gather(position: position, into: base) }
      count = inputsPerPosition
    }
  }

  /// Terms of `nnet::dense_latency` and the three loops of `nnet::dense_resource`.
  private static func terms(
    inputs: Int, outputs: Int, order: AccumulationOrder, weightsAreOutputMajor: Bool
  ) -> [[Term]] {
    var terms = [[Term]](repeating: [], count: outputs)
    for output in terms.indices { terms[output].reserveCapacity(inputs) }
    guard case .reuse(let factor) = order else {
      for output in 0..<outputs {
        for input in 0..<inputs {
          terms[output].append(
            Term(
              input: input,
              weight: weightsAreOutputMajor ? output * inputs + input : input * outputs + output))
        }
      }
      return terms
    }
    let total = inputs * outputs
    let blocks = (total + factor - 1) / factor
    if factor <= inputs {
      // dense_resource_rf_leq_nin: the flat weight index steps by the reuse factor.
      let multipliers = (total + min(inputs, factor) - 1) / min(inputs, factor)
      let scale = multipliers / outputs
      for start in 0..<factor {
        var (input, output, step) = (start, 0, 0)
        for block in 0..<blocks where output < outputs {
          let weight = start + block * factor
          if weight < total { terms[output].append(Term(input: input, weight: weight)) }
          input += factor
          if input >= inputs { input = start }
          if step + 1 >= scale {
            step = 0
            output += 1
          } else {
            step += 1
          }
        }
      }
      return terms
    }
    // dense_resource_rf_gt_nin (with and without remainder): weights in flat order modulo the factor.
    for start in 0..<min(factor, total) {
      for weight in stride(from: start, to: total, by: factor) {
        terms[weight / inputs].append(Term(input: weight % inputs, weight: weight))
      }
    }
    return terms
  }

  /// Terms of `nnet::depthwise_product_*`: weights `[taps][channels]`, a channel sees its own inputs.
  private static func depthwiseTerms(
    inputs: Int, channels: Int, order: AccumulationOrder
  ) -> [[Term]] {
    var terms = [[Term]](repeating: [], count: channels)
    let factor = if case .reuse(let factor) = order { min(max(factor, 1), inputs) } else { 1 }
    for start in 0..<factor {
      for input in stride(from: start, to: inputs, by: factor) {
        terms[input % channels].append(Term(input: input, weight: input))
      }
    }
    return terms
  }
}

/// What every position of a geometry reads, kept where that is little.
struct GatherLists: Sendable {
  private let geometry: AccumulationGeometry
  /// The lists one after the other; empty where they are made anew.
  private let lists: [Int32]

  init(_ geometry: AccumulationGeometry) {
    self.geometry = geometry
    let (count, overflow) = geometry.positions.multipliedReportingOverflow(
      by: geometry.inputsPerPosition)
    lists =
      overflow || count > 1 << 20
      ? [] : (0..<geometry.positions).flatMap { geometry.gathered(position: $0) }
  }

  /// Calls `body` with every position and its list; `spare` has room for one.
  func each(
    _ spare: UnsafeMutablePointer<Int32>, _ body: (Int, UnsafePointer<Int32>) -> Void
  ) {
    if lists.isEmpty {
      for position in 0..<geometry.positions {
        geometry.gather(position: position, into: spare)
        body(position, spare)
      }
      return
    }
    lists.withUnsafeBufferPointer { lists in
      guard let lists = lists.baseAddress else { return }
      for position in 0..<geometry.positions {
        body(position, lists + position * geometry.inputsPerPosition)
      }
    }
  }
}

/// The types along an accumulation: data, weight, product, sum, result.
struct AccumulationTypes: Hashable, Sendable {
  let data: FixedPointFormat
  let rule: ProductRule
  /// Fraction bits of a product before it is assigned to the accumulator.
  let productFractionBits: Int
  /// Signed bits of a product.
  let productBits: Int
  let accumulator: FixedPointFormat
  let bias: FixedPointFormat?
  let result: FixedPointFormat
  /// The type that a shift product is computed in.
  let shiftType: FixedPointFormat?
  /// `x * 2 - n` and its type, where both operands are one bit (`nnet::cast`).
  let binarySum: FixedPointFormat?
  /// Whether that sum is `(x - n / 2) * 2`.
  let halvesBinarySum: Bool
  /// The type that a negated operand is assigned to; nil where it keeps its value.
  let negation: FixedPointFormat?
  /// Whether a shift product is in the accumulator's type.
  let shiftsIntoAccumulator: Bool
  let inputs: Int

  /// Whether a product is cast to a type that may not hold it: the operand that is negated, or what is
  /// shifted.
  var wrapsProducts: Bool { negation != nil || shiftsIntoAccumulator && shiftType != nil }

  init(
    data: FixedPointFormat, weight: Encoding, bias: FixedPointFormat?,
    accumulation: Accumulation, result: FixedPointFormat, inputs: Int
  ) throws(DatapathError) {
    self.data = data
    self.bias = bias
    self.result = result
    self.inputs = inputs
    accumulator = accumulation.encoding
    rule = accumulation.product
    let revision = accumulation.revision
    halvesBinarySum = revision < .v1_2
    shiftsIntoAccumulator = revision == .v0_6
    switch weight {
    case .fixed(let weight):
      shiftType = nil
      negation =
        revision > .v0_6 ? nil : rule == .dataBinary ? weight : rule == .multiply ? nil : data
      switch accumulation.product {
      case .multiply:
        productFractionBits = data.fractionBits + weight.fractionBits
        productBits = data.signedWidth + weight.signedWidth
      case .weightBinary, .weightTernary:
        productFractionBits = data.fractionBits
        productBits = data.signedWidth + 1
      case .dataBinary:
        productFractionBits = weight.fractionBits
        productBits = weight.signedWidth + 1
      case .bothBinary:
        productFractionBits = data.fractionBits
        productBits = 2
      case .weightExponential:
        throw .encoding(operand: "weights", expected: "signed powers of two")
      }
    case .powerOfTwo(let exponent):
      guard accumulation.product == .weightExponential else {
        throw .encoding(operand: "weights", expected: "fixed point")
      }
      negation = nil
      do throws(FormatError) {
        let type = try Self.shiftType(data, exponentBits: exponent.exponentBits, revision)
        shiftType = type
        let product = revision == .v0_6 ? accumulator : type
        productFractionBits = product.fractionBits
        productBits = product.signedWidth + 1
      } catch {
        throw .format(error)
      }
    default:
      throw .encoding(operand: "weights", expected: "fixed point")
    }
    if accumulation.product == .bothBinary {
      // nnet::ceillog2(n) + 2 bits.
      let bits = inputs <= 1 ? 0 : Int.bitWidth - (inputs - 1).leadingZeroBitCount
      do throws(FormatError) {
        binarySum = try FixedPointFormat(width: bits + 2, integerBits: bits + 2)
      } catch {
        throw .format(error)
      }
    } else {
      binarySum = nil
    }
  }

  /// The type that data are shifted in.
  private static func shiftType(
    _ data: FixedPointFormat, exponentBits: Int, _ revision: ProductRevision
  ) throws(FormatError) -> FixedPointFormat {
    switch revision {
    case .v0_6: return data
    case .v0_7:
      // data * (ap_int<p> + ap_fixed<p, 0>) with p = 2^(E - 1) - 1, but for exponents of any width.
      let power = 1 << min(max(exponentBits - 1, 0), 20) - 1
      return try FixedPointFormat(
        width: data.width + 2 * power + 1, integerBits: data.integerBits + power + 1)
    case .v0_8, .v1_2:
      let half = exponentBits + data.width
      return try FixedPointFormat(width: 2 * half, integerBits: half)
    }
  }

  /// Signed bits of the widest exact intermediate.
  var width: Int {
    var width = HLSWidth()
    width.include(productBits)
    if let negation {
      width.include(negation.signedWidth + 1)
    }
    if let shiftType {
      if shiftsIntoAccumulator {
        width.include(
          Assignment(to: accumulator, fromFractionBits: shiftType.fractionBits),
          sourceBits: shiftType.signedWidth)
      }
      width.include(
        Assignment(to: shiftType, fromFractionBits: data.fractionBits), sourceBits: data.signedWidth
      )
      width.include(2 * shiftType.width)
    }
    width.include(
      Assignment(to: accumulator, fromFractionBits: productFractionBits), sourceBits: productBits)
    if let bias {
      width.include(
        Assignment(to: accumulator, fromFractionBits: bias.fractionBits),
        sourceBits: bias.signedWidth)
    }
    width.include(accumulator.signedWidth + 1)
    let sumBits = accumulator.signedWidth + 2 + max(0, -accumulator.fractionBits)
    if let binarySum {
      width.include(
        Assignment(to: binarySum, fromFractionBits: accumulator.fractionBits),
        sourceBits: max(sumBits, 66 + max(0, accumulator.fractionBits)))
      width.include(
        Assignment(to: result, fromFractionBits: 0), sourceBits: binarySum.signedWidth)
    } else {
      width.include(
        Assignment(to: result, fromFractionBits: accumulator.fractionBits), sourceBits: sumBits)
    }
    return width.bits
  }

  /// One exact product, with ``productFractionBits`` fraction bits.
  @inline(__always)
  func product<Raw: RawInteger>(_ data: Raw, _ weight: Raw) -> Raw {
    switch rule {
    case .multiply: return data * weight
    case .weightBinary: return weight == Raw.zero ? negated(data) : data
    case .dataBinary: return data == Raw.zero ? negated(weight) : weight
    case .bothBinary: return data == weight ? Raw.one : Raw.zero
    case .weightTernary:
      if weight == Raw.zero { return Raw.zero }
      return weight < Raw.zero ? negated(data) : data
    case .weightExponential:
      guard let shiftType else { preconditionFailure("a shift product has its type") }
      let wide = shiftType.cast(raw: data, sourceFractionBits: self.data.fractionBits)
      let exponent = Int((weight >> 1).low64)
      let shifted = FixedPointArithmetic.shifted(wide, by: exponent, in: shiftType)
      guard shiftsIntoAccumulator else {
        if !weight.bit(at: 0) { return shifted }
        return shiftType.cast(raw: -shifted, sourceFractionBits: shiftType.fractionBits)
      }
      let product = accumulator.cast(raw: shifted, sourceFractionBits: shiftType.fractionBits)
      if !weight.bit(at: 0) { return product }
      return accumulator.cast(raw: -product, sourceFractionBits: accumulator.fractionBits)
    }
  }

  @inline(__always)
  private func negated<Raw: RawInteger>(_ operand: Raw) -> Raw {
    guard let negation else { return -operand }
    return negation.cast(raw: -operand, sourceFractionBits: negation.fractionBits)
  }
}

/// Dense layers and convolutions, one product after the other.
struct AccumulateStep<Raw: RawInteger>: HLSStep {
  let geometry: AccumulationGeometry
  let types: AccumulationTypes
  let weights: [Raw]
  /// Biases already assigned to the accumulator's type; empty if there are none.
  let initial: [Raw]

  @specialized(where Raw == Int64)
  func evaluate(_ inputs: [[Raw]], events: inout NodeEvents) -> [[Raw]] {
    let data = inputs[0]
    var result: [Raw] = []
    result.reserveCapacity(geometry.positions * geometry.outputsPerPosition)
    for position in 0..<geometry.positions {
      let elements = geometry.gathered(position: position)
      for output in 0..<geometry.outputsPerPosition {
        result.append(
          finish(accumulate(data, elements, output: output, events: &events), events: &events))
      }
    }
    return [result]
  }

  /// One result element.
  @specialized(where Raw == Int64)
  func value(_ data: [Raw], position: Int, output: Int, events: inout NodeEvents) -> Raw {
    finish(
      accumulate(
        data, geometry.gathered(position: position), output: output, events: &events),
      events: &events)
  }

  private func accumulate(
    _ data: [Raw], _ elements: [Int32], output: Int, events: inout NodeEvents
  ) -> Raw {
    let accumulator = types.accumulator
    let fraction = accumulator.fractionBits
    var sum = initial.isEmpty ? Raw.zero : initial[output]
    var overflowed = false
    for term in geometry.terms[output] {
      let element = elements[term.input]
      let value = element < 0 ? Raw.zero : data[Int(element)]
      let product = accumulator.castReporting(
        raw: types.product(value, weights[term.weight]),
        sourceFractionBits: types.productFractionBits)
      if product.isInexact { events.roundedSums += 1 }
      let exact = sum + product.raw
      let next = accumulator.castReporting(raw: exact, sourceFractionBits: fraction)
      if product.isOverflow || next.isOverflow {
        overflowed = true
        events.accumulatorBitsNeeded = max(
          events.accumulatorBitsNeeded, exact.significantBits - (accumulator.isSigned ? 0 : 1))
      }
      sum = next.raw
    }
    if overflowed { events.overflowedAccumulations += 1 }
    return sum
  }

  private func finish(_ sum: Raw, events: inout NodeEvents) -> Raw {
    let fraction = types.accumulator.fractionBits
    guard let binarySum = types.binarySum else {
      return Assignment(to: types.result, fromFractionBits: fraction).result(sum, events: &events)
    }
    // Matches minus mismatches: 2 * matches - n, in its own integer type. Conversion to an integer
    // truncates toward zero.
    let halves = types.halvesBinarySum
    let exact = FixedPointArithmetic.difference(
      halves ? sum : sum << 1, fractionBits: fraction,
      Raw(Int64(halves ? types.inputs / 2 : types.inputs)), fractionBits: 0)
    var integer = binarySum.cast(
      raw: FixedPointArithmetic.integerPart(exact, fractionBits: max(fraction, 0)),
      sourceFractionBits: 0)
    if halves { integer = binarySum.cast(raw: integer << 1, sourceFractionBits: 0) }
    return Assignment(to: types.result, fromFractionBits: 0).result(integer, events: &events)
  }
}
