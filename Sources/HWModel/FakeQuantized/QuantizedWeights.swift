internal import Arith
package import QuantGraph
import Synchronization

/// Weights of one layer as formats have them, in the model's order.
///
/// Integers: the largest magnitude of a filter, or of a run of neighbouring weights, over
/// `2^(bits-1) - 1` is what a step is worth, weights are rounded half to even. The scale of a run is
/// rounded to half precision first, as llama.cpp's `Q4_0` stores it, and codes are made with what is
/// stored; GPTQ (Frantar et al., ICLR 2023, "group-size") and AWQ have the same groups. Blocks are
/// those of ``BlockFormat/quantize(_:)`` along each filter's depth, in the order kernel row, kernel
/// column, input channel; a tensor scale is that of all weights of the layer. Other encodings are
/// cast by ``ValueCast``.
package struct QuantizedWeights: Sendable {
  /// Integers, -q to q; nil for encodings that are no plain integers.
  package var codes: [Int32]? { narrow.map { $0.map { Int32($0) } } }
  /// Integers of at most 16 bits.
  private var narrow: [Int16]?
  /// The numbers of other encodings.
  private let numbers: [Float]
  /// What a code is worth in float64, one a filter; empty where runs or blocks have scales.
  package let scales: [Double]
  /// Runs of weights with scales of their own; nil where filters have them.
  let runs: Runs?
  private let parameters: LayerParameters

  /// Bytes that this takes.
  var byteCount: Int { (narrow?.count ?? 0) * 2 + numbers.count * 4 }

  /// What the codes are worth, in float64.
  package var values: [Double] {
    guard let narrow else { return numbers.map { Double($0) } }
    guard let runs else {
      return zip(narrow, parameters.filters).map { Double($0) * scales[$1] }
    }
    let depth = parameters.geometry.depth
    var values = [Double](repeating: 0, count: narrow.count)
    for (position, place) in parameters.order.enumerated() {
      let scale = runs.scales[position % depth / runs.length][position / depth]
      values[place] = Double(narrow[place]) * scale
    }
    return values
  }

  /// Scales along the depth of filters.
  struct Runs: Sendable {
    let length: Int
    /// `[run][filter]`, in float64.
    let scales: [[Double]]
  }

  /// - Throws: ``FormatRefusal/unsupported(layer:role:encoding:)`` for an encoding without
  ///   negative numbers, vectors and planes, and groupings that the encoding or layer cannot have.
  init(
    _ parameters: LayerParameters, _ encoding: Encoding, _ search: ScaleSearch,
    grouping: WeightGrouping = .filters
  ) throws(FormatRefusal) {
    let count = parameters.geometry.filters
    func refusal(_ reason: String = "") -> FormatRefusal {
      .unsupported(
        layer: parameters.name, role: "weights",
        encoding: encoding.name + (reason.isEmpty ? "" : " (\(reason))"))
    }
    switch grouping {
    case .filters: break
    case .runs(let length):
      guard let integer = encoding.plainInteger, integer.isSigned,
        (1...WeightGrouping.longestRun).contains(length)
      else { throw refusal("groups of \(length) with a scale are signed integers of 2 to 16 bits") }
      self.init(parameters, bits: integer.bits, length: length, search)
      return
    case .widths(let bits):
      guard let integer = encoding.plainInteger, integer.isSigned else {
        throw refusal("filters of different widths are signed integers of 2 to 16 bits")
      }
      guard bits.count == count else {
        throw refusal("\(bits.count) widths for \(count) filters")
      }
      try self.init(parameters, widths: bits, search)
      return
    case .unequalFilters: throw refusal("unequal filters need calibration samples")
    }
    if let integer = encoding.plainInteger, integer.isSigned {
      try self.init(
        parameters, widths: [Int](repeating: integer.bits, count: count), search)
      return
    }
    if case .block(let format) = encoding {
      guard format.hasNegatives || parameters.weights.allSatisfy({ $0 >= 0 }) else {
        throw refusal()
      }
      self.init(parameters, format)
      return
    }
    let cast: ValueCast
    do throws(UnitError) {
      cast = try ValueCast.shared(encoding)
    } catch {
      throw refusal()
    }
    guard cast.range.lowerBound < 0 || parameters.weights.allSatisfy({ $0 >= 0 }) else {
      throw refusal()
    }
    self.init(parameters, cast, isScaled: encoding.isScaled, search)
  }

  /// Numbers of a scalar encoding.
  private init(
    _ parameters: LayerParameters, _ cast: ValueCast, isScaled: Bool, _ search: ScaleSearch
  ) {
    let filters = parameters.filters
    let count = parameters.geometry.filters
    var scales = [Double](repeating: 1, count: count)
    if isScaled {
      let largest = parameters.weightsByFilter
      for filter in 0..<count {
        let clip = Self.clip(largest[filter], search) { clip in
          cast.squaredError(
            of: largest[filter], scale: Float(clip / cast.largest))
        }
        scales[filter] = clip > 0 ? clip / cast.largest : 1
      }
    }
    self.parameters = parameters
    narrow = nil
    runs = nil
    self.scales = scales
    numbers = zip(parameters.weights, filters).map { weight, filter in
      cast.value(weight, scale: Float(scales[filter]))
    }
  }

  /// Integers of a width and a scale a filter.
  ///
  /// - Throws: ``FormatRefusal/unsupported(layer:role:encoding:)`` for widths outside 2...16.
  /// - Precondition: a width of each filter.
  init(
    _ parameters: LayerParameters, widths: [Int], _ search: ScaleSearch
  ) throws(FormatRefusal) {
    if let width = widths.first(where: { !(2...16).contains($0) }) {
      throw .unsupported(
        layer: parameters.name, role: "weights", encoding: "int<\(width)>")
    }
    let filters = parameters.filters
    let limits = widths.map { Double((1 << ($0 - 1)) - 1) }
    let scales = zip(parameters.weightsByFilter, limits).map { weights, q in
      Self.scale(weights, q: q, search)
    }
    self.parameters = parameters
    narrow = zip(parameters.weights, filters).map { weight, filter in
      Int16(Self.steps(Double(weight) / scales[filter], q: limits[filter]))
    }
    self.scales = scales
    runs = nil
    numbers = []
  }

  /// Integers with a scale a run.
  private init(_ parameters: LayerParameters, bits: Int, length: Int, _ search: ScaleSearch) {
    let geometry = parameters.geometry
    let q = Double((1 << (bits - 1)) - 1)
    let order = parameters.order
    var codes = [Int16](repeating: 0, count: parameters.weights.count)
    var scales: [[Double]] = []
    for run in geometry.runs(of: length) {
      var row: [Double] = []
      for filter in 0..<geometry.filters {
        let places = run.map { order[filter * geometry.depth + $0] }
        let weights = places.map { parameters.weights[$0] }
        let scale =
          weights.allSatisfy { $0 == 0 } ? 1 : Self.stored(Self.scale(weights, q: q, search))
        row.append(scale)
        for (place, weight) in zip(places, weights) {
          codes[place] = Int16(Self.steps(Double(weight) / scale, q: q))
        }
      }
      scales.append(row)
    }
    self.parameters = parameters
    narrow = codes
    self.scales = []
    runs = Runs(length: length, scales: scales)
    numbers = []
  }

  /// Blocks along the depth of filters.
  private init(_ parameters: LayerParameters, _ format: BlockFormat) {
    let geometry = parameters.geometry
    var rows = parameters.arranged(parameters.weights)
    let tensorScale = format.tensorScale(of: parameters.weights.lazy.map { Double($0) })
    let cast = BlockCast.shared(format)
    rows.withUnsafeMutableBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return }
      cast.values(
        of: base, rows: geometry.filters, length: geometry.depth, tensorScale: tensorScale,
        into: base)
    }
    var values = [Float](repeating: 0, count: rows.count)
    for (value, place) in zip(rows, parameters.order) { values[place] = value }
    self.parameters = parameters
    narrow = nil
    scales = []
    runs = nil
    numbers = values
  }

  /// The same with integers rewritten in groups along the channels of each kernel position; what a
  /// step is worth stays.
  ///
  /// - Throws: ``FormatRefusal/unsupported(layer:role:encoding:)`` for numbers that are no integers,
  ///   filters of different widths, and what the rewrite refuses.
  func rewritten(
    by rewrite: WeightRewrite, as encoding: Encoding, grouping: WeightGrouping
  ) throws(FormatRefusal) -> QuantizedWeights {
    func refusal(_ reason: String) -> FormatRefusal {
      .unsupported(
        layer: parameters.name, role: "weights",
        encoding: "\(encoding.name) rewritten by \(rewrite.name) (\(reason))")
    }
    guard let narrow, let width = encoding.plainInteger?.bits else {
      throw refusal("integers alone are rewritten")
    }
    if case .widths = grouping { throw refusal("filters of different widths") }
    let made: [Int]
    do throws(WeightRewriteError) {
      made = try rewrite(
        parameters.arranged(narrow).map { Int($0) }, width: width,
        channels: parameters.geometry.groupChannels)
    } catch {
      throw refusal(error.reason)
    }
    var result = self
    var codes = narrow
    for (place, code) in zip(parameters.order, made) { codes[place] = Int16(code) }
    result.narrow = codes
    return result
  }

  /// A number of steps, rounded half to even, at most q of either sign.
  package static func steps(_ value: Double, q: Double) -> Double {
    let rounded = value.rounded(.toNearestOrEven)
    return min(max(rounded, -q), q)
  }

  /// What a step of some weights is worth: the clipped magnitude over q, 1 for zeros alone.
  static func scale(_ weights: [Float], q: Double, _ search: ScaleSearch) -> Double {
    let clip = clip(weights, search) { clip in squaredError(of: weights, scale: clip / q, q: q) }
    return clip > 0 ? clip / q : 1
  }

  /// A run's scale as it is stored, in half precision: the smallest and the largest number of it
  /// stand for what lies beyond.
  static func stored(_ scale: Double) -> Double {
    let half = Float16(scale)
    guard half > 0 else { return Double(Float16.leastNonzeroMagnitude) }
    return half.isFinite ? Double(half) : Double(Float16.greatestFiniteMagnitude)
  }

  /// Sum of `(w - steps * scale)^2`.
  package static func squaredError(of weights: [Float], scale: Double, q: Double) -> Double {
    var sum = 0.0
    for weight in weights {
      let value = Double(weight)
      let error = value - steps(value / scale, q: q) * scale
      sum += error * error
    }
    return sum
  }

  /// The clipped magnitude by a search; `error` gives the squared error of one.
  static func clip(
    _ weights: [Float], _ search: ScaleSearch, error: (Double) -> Double
  ) -> Double {
    let largest = Double(weights.reduce(Float(0)) { max($0, $1.magnitude) })
    switch search {
    case .maxAbs: return largest
    case .percentile(let percent):
      guard !weights.isEmpty else { return 0 }
      let sorted = weights.map(\.magnitude).sorted()
      let rank = (percent / 100 * Double(sorted.count)).rounded(.up)
      let index = min(max(Int(rank.isFinite ? rank : 0) - 1, 0), sorted.count - 1)
      // A filter of almost only zeros has no scale by its percentile.
      return sorted[index] > 0 ? Double(sorted[index]) : largest
    case .mse: return largest > 0 ? bestPart(of: largest, error: error).clip : 0
    }
  }

  /// The part of `largest` with the smallest error; of equal ones the larger.
  package static func bestPart(
    of largest: Double, error: (Double) -> Double
  ) -> (part: Double, clip: Double, error: Double) {
    var best = (part: 1.0, clip: largest, error: Double.infinity)
    for part in ScaleSearch.parts {
      let found = error(largest * part)
      if found < best.error { best = (part, largest * part, found) }
    }
    return best
  }
}

extension LayerParameters {
  /// What formats make of the weights; nil if they leave them.
  ///
  /// - Throws: ``FormatRefusal/unsupported(layer:role:encoding:)``.
  package func quantized(
    _ formats: LayerFormats, _ search: ScaleSearch
  ) throws(FormatRefusal) -> QuantizedWeights? {
    if let encoding = formats.weights {
      let made = try QuantizedWeights(self, encoding, search, grouping: formats.grouping)
      guard let rewrite = formats.rewrite else { return made }
      return try made.rewritten(by: rewrite, as: encoding, grouping: formats.grouping)
    }
    if let rewrite = formats.rewrite {
      throw .unsupported(
        layer: name, role: "weights", encoding: "\(rewrite.name) without a format")
    }
    guard formats.grouping == .filters else {
      throw .unsupported(
        layer: name, role: "weights", encoding: "\(formats.grouping.name) without a format")
    }
    return nil
  }
}

extension BlockCast {
  private static let known = Mutex<[BlockFormat: BlockCast]>([:])

  /// The cast of a format, made once: some need large tables.
  static func shared(_ format: BlockFormat) -> BlockCast {
    if let cast = known.withLock({ $0[format] }) { return cast }
    let made = BlockCast(format)
    known.withLock {
      if $0.count >= 64 { $0.removeAll() }
      $0[format] = made
    }
    return made
  }
}

extension BlockFormat {
  /// Whether every block can hold negative numbers.
  var hasNegatives: Bool {
    rule == .halfRange || elements.allSatisfy { ($0.finiteRange?.lowerBound ?? 0) < 0 }
  }
}
