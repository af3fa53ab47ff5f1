import Arith
import QuantGraph

/// Convolutions and matrix products of 8-bit codes with constant weights, packed once.
///
/// Equal to the sums of ``ConvolutionGeometry`` and ``ProductGeometry`` in int32, which wrap, and to
/// the rules by which their results are stored.
struct ArrayByteProduct: NodeKernel {
  /// What becomes of the sums.
  enum Result: Sendable {
    /// Codes `code(sum * factor)`, and values `sum * scale` where a second result is read; one
    /// factor and scale a filter.
    case codes(ByteCoding, factors: [Float], scales: [Float])
    /// Values `sum * scale`, each step in binary32.
    case values(scales: [Float])
    /// The sums in int32.
    case sums
    /// Codes of the sums and a 64-bit bias, one a filter or none, by a dyadic rule.
    case dyadic(DyadicRequantizer, bias: [Int64], storage: Storage)
  }

  /// One product a group of channels.
  private let parts: [ByteConvolution]
  /// The same with codes, where their path has a kernel for the rule.
  private let coded: [ByteConvolution]
  private let input: Int
  private let batch: Int
  /// Whether images are channels first: their planes are turned before and after.
  private let isPlanar: Bool
  private let groupChannels: Int
  private let result: Result
  /// Factors of each group.
  private let factors: [[Float]]
  /// What is taken from weights that do not fit in int8; 0 where they do.
  ///
  /// The sum of the data is one more column then: `w * x = (w - c) * x + c * x`.
  private let offset: Int32
  private let isSigned: Bool
  private let path: KernelPath

  private init(
    parts: [ByteConvolution], input: Int, batch: Int, isPlanar: Bool, groupChannels: Int,
    result: Result, factors: [[Float]], offset: Int32, isSigned: Bool, path: KernelPath
  ) {
    self.parts = parts
    self.input = input
    self.batch = batch
    self.isPlanar = isPlanar
    self.groupChannels = groupChannels
    self.result = result
    self.factors = factors
    self.offset = offset
    self.isSigned = isSigned
    self.path = path
    var coded: [ByteConvolution] = []
    if case .codes(let coding, _, _) = result, offset == 0 {
      for (part, factors) in zip(parts, factors) {
        guard let part = part.coded(by: coding, factors: factors) else { break }
        coded.append(part)
      }
    }
    self.coded = coded.count == parts.count ? coded : []
  }

  private var positions: Int { parts[0].positions }
  /// Filters of one group.
  private var filters: Int { parts[0].filters - (offset == 0 ? 0 : 1) }
  private var pixels: Int { parts[0].imageBytes / max(groupChannels, 1) }
  private var turnsImage: Bool { isPlanar && groupChannels > 1 && pixels > 1 }
  private var turnsResult: Bool { isPlanar && filters > 1 && positions > 1 }

  /// The kernel of a convolution, or nil where only the definition computes it.
  ///
  /// `weights` are in the operator's order; `bias` has one number a filter, or none.
  static func convolution(
    _ g: ConvolutionGeometry, data: ArrayOperand, dataZero: Int64, weights: CenteredWeights,
    bias: [Int64], result: Result, path: KernelPath
  ) -> ArrayByteProduct? {
    guard path != .plain, let (input, isSigned) = data.byteInput,
      let zero = Int32(exactly: dataZero), g.depth > 0, g.positionCount > 0, g.filters > 0,
      g.layout == .channelsFirst || g.groups == 1 || g.isDepthwise,
      bias.isEmpty || bias.count == g.filters
    else { return nil }
    guard weights.offset == 0 || !g.isDepthwise else { return nil }
    let ordered = weights.reordered(g.tapMajorWeights)
    let bias32 = bias.map { Int32(truncatingIfNeeded: $0) }
    // Depthwise filters are one product; other groups have their own.
    let count = g.isDepthwise ? 1 : g.groups
    let share = g.filters / count
    var parts: [ByteConvolution] = []
    for group in 0..<count {
      let filters = group * share..<(group + 1) * share
      var own = Array(ordered.codes[filters.lowerBound * g.depth..<filters.upperBound * g.depth])
      var starts = bias32.isEmpty ? [] : Array(bias32[filters])
      if ordered.offset != 0 {
        own += [Int8](repeating: 1, count: g.depth)
        if !starts.isEmpty { starts.append(0) }
      }
      guard
        let part = ByteConvolution(
          g, addingFilters: ordered.offset == 0 ? 0 : 1, weights: own, bias: starts, dataZero: zero,
          isSigned: isSigned, path: path)
      else { return nil }
      parts.append(part)
    }
    return ArrayByteProduct(
      parts: parts, input: input, batch: g.batch, isPlanar: g.layout == .channelsFirst,
      groupChannels: g.isDepthwise ? g.channels : g.groupChannels, result: result,
      factors: result.factors(groups: count, each: share), offset: ordered.offset,
      isSigned: isSigned, path: path)
  }

  /// The kernel of a matrix product, or nil where only the definition computes it.
  ///
  /// `weights` are `[column][inner]`; `bias` has one number a column, or none.
  static func matrices(
    rows: Int, inner: Int, columns: Int, data: ArrayOperand, dataZero: Int64,
    weights: CenteredWeights,
    bias: [Int64], result: Result, path: KernelPath
  ) -> ArrayByteProduct? {
    guard path != .plain, let (input, isSigned) = data.byteInput,
      let zero = Int32(exactly: dataZero), rows > 0, inner > 0, columns > 0,
      bias.isEmpty || bias.count == columns
    else { return nil }
    var own = weights.codes
    var starts = bias.map { Int32(truncatingIfNeeded: $0) }
    if weights.offset != 0 {
      own += [Int8](repeating: 1, count: inner)
      if !starts.isEmpty { starts.append(0) }
    }
    return ArrayByteProduct(
      parts: [
        ByteConvolution(
          rows: rows, depth: inner, results: columns + (weights.offset == 0 ? 0 : 1), weights: own,
          bias: starts, dataZero: zero, isSigned: isSigned, path: path)
      ], input: input, batch: 1, isPlanar: false, groupChannels: inner, result: result,
      factors: result.factors(groups: 1, each: columns), offset: weights.offset,
      isSigned: isSigned, path: path)
  }

  // Scratch: the turned image, what the sums need, corrected sums, codes before turning.
  private var imageBytes: Int { turnsImage ? (parts[0].imageBytes + 63) / 64 * 64 : 0 }
  private var correctedBytes: Int {
    offset == 0 ? 0 : (parts[0].block * filters * 4 + 63) / 64 * 64
  }
  private var productBytes: Int { parts[0].packedBytes + parts[0].blockBytes }

  func scratchBytes(lanes: Int) -> Int {
    imageBytes + productBytes + correctedBytes + (turnsResult ? positions * filters : 0)
  }

  func run(_ o: KernelOperands) {
    let scratch = o.scratch.memory
    let working = scratch + imageBytes
    let corrected = (working + productBytes).assumingMemoryBound(to: Int32.self)
    let unturned = working + productBytes + correctedBytes
    let source = UnsafeRawPointer(o.inputs[input].memory)
    let filters = filters
    let size = positions * filters
    let onlyCodes = !coded.isEmpty && !(o.outputs.count > 1 && o.isRead(1))
    for sample in 0..<batch {
      for (group, part) in parts.enumerated() {
        let index = sample * parts.count + group
        var image = source + index * part.imageBytes
        if turnsImage {
          ByteCodes(image, isSigned: isSigned).transpose(
            rows: groupChannels, columns: pixels, into: scratch)
          image = UnsafeRawPointer(scratch)
        }
        let base = index * size
        let codes = turnsResult ? unturned : o.outputs[0].memory + base
        if onlyCodes {
          coded[group].codes(of: image, scratch: working, into: codes)
        } else {
          part.forEachBlock(of: image, scratch: working) { block, first, count in
            var sums = block
            if offset != 0 {
              correct(block, count: count, into: corrected)
              sums = corrected
            }
            store(
              sums, first: first, count: count, base: base, group: group, codes: codes, o)
          }
        }
        if turnsResult, case .codes = result, o.isRead(0) {
          ByteCodes(unturned, isSigned: isSigned).transpose(
            rows: positions, columns: filters, into: o.outputs[0].memory + base)
        }
      }
    }
  }

  private func correct(
    _ sums: UnsafePointer<Int32>, count: Int, into result: UnsafeMutablePointer<Int32>
  ) {
    let filters = filters
    for position in 0..<count {
      let from = sums + position * (filters + 1)
      let to = result + position * filters
      let shift = offset &* from[filters]
      for filter in 0..<filters { to[filter] = from[filter] &+ shift }
    }
  }

  /// Stores the sums of `count` positions from `first`; `base` is the group's place in the result.
  private func store(
    _ sums: UnsafePointer<Int32>, first: Int, count: Int, base: Int, group: Int,
    codes: UnsafeMutableRawPointer, _ o: KernelOperands
  ) {
    let filters = filters
    let firstFilter = group * filters
    switch result {
    case .codes(let coding, _, let scales):
      if o.isRead(0) {
        coding.codes(
          ofSums: sums, rows: count, factors: factors[group], into: codes + first * filters,
          path: path)
      }
      guard o.outputs.count > 1, o.isRead(1) else { return }
      let values = o.outputs[1].rows(as: Float.self)
      place(sums, first: first, count: count, base: base) { sum, filter, position in
        values[position] = Float(Double(sum) * Double(scales[firstFilter + filter]))
      }
    case .values(let scales):
      let values = o.outputs[0].rows(as: Float.self)
      place(sums, first: first, count: count, base: base) { sum, filter, position in
        values[position] = Float(sum) * scales[firstFilter + filter]
      }
    case .sums:
      let values = o.outputs[0].rows(as: Int32.self)
      place(sums, first: first, count: count, base: base) { sum, _, position in
        values[position] = sum
      }
    case .dyadic(let requantizer, let bias, let storage):
      func store<Code: FixedWidthInteger & BitwiseCopyable>(_ type: Code.Type) {
        let codes = o.outputs[0].rows(as: type)
        place(sums, first: first, count: count, base: base) { sum, filter, position in
          let channel = firstFilter + filter
          let total = Int64(sum) &+ (bias.isEmpty ? 0 : bias[channel])
          codes[position] = Code(truncatingIfNeeded: requantizer.code(total, channel))
        }
      }
      switch storage.stride {
      case 1: store(UInt8.self)
      case 2: store(UInt16.self)
      case 4: store(UInt32.self)
      default: store(UInt64.self)
      }
    }
  }

  /// Calls `body` with each sum, its filter in the group and its place in the result.
  @inline(__always)
  private func place(
    _ sums: UnsafePointer<Int32>, first: Int, count: Int, base: Int,
    _ body: (Int32, Int, Int) -> Void
  ) {
    let filters = filters
    let positions = positions
    for filter in 0..<filters {
      for index in 0..<count {
        let place =
          turnsResult
          ? filter * positions + first + index : (first + index) * filters + filter
        body(sums[index * filters + filter], filter, base + place)
      }
    }
  }
}

extension ArrayByteProduct.Result {
  /// The factors of each of `groups` groups of `count` filters.
  fileprivate func factors(groups: Int, each count: Int) -> [[Float]] {
    guard case .codes(_, let factors, _) = self else { return [] }
    return (0..<groups).map { Array(factors[$0 * count..<($0 + 1) * count]) }
  }
}

extension ArrayOperand {
  /// Position among the buffers and signedness of computed codes of one byte, else nil.
  var byteInput: (position: Int, isSigned: Bool)? {
    guard case .input(let position) = source, case .integer(_, let isSigned) = kind,
      kind.storage.stride == 1
    else { return nil }
    return (position, isSigned)
  }

  /// The numbers of a constant of floats; nil for what is computed.
  var constantReals: [Float]? {
    guard let constant else { return nil }
    switch constant {
    case .float32(let values): return values
    default: return nil
    }
  }

  /// The codes of a constant of integers; nil for what is computed.
  var constantIntegers: [Int64]? {
    guard kind.isInteger, let constant else { return nil }
    return constant.int64
  }
}
