public import Arith
import HWModel
public import QuantGraph

/// A choice for one layer, with the name that people and files use.
public struct SpaceCandidate: Sendable, Hashable {
  public let name: String
  public let formats: Candidate

  public init(name: String, formats: Candidate) {
    self.name = name
    self.formats = formats
  }

  /// Leaves the layer as the model has it; counted with 32 bits a value.
  public static let unchanged = SpaceCandidate(
    name: "float", formats: Candidate(weights: nil, activations: nil))

  /// The same of a quantized model.
  public static let asModel = SpaceCandidate(
    name: "model", formats: Candidate(weights: nil, activations: nil))

  /// Integers of so many bits: two's complement weights and unsigned activations.
  public init(weightBits: Int, activationBits: Int) throws(SpaceError) {
    let integers = IntegerCandidate(weights: weightBits, activations: activationBits)
    self.init(name: integers.name, formats: try integers.formats(of: integers.name))
  }

  /// Reads a candidate; the name that it gets is canonical and reads back as the same.
  ///
  /// The forms:
  /// - `w4`, `w4a8`: integers of so many bits; activations as the model has them if not named;
  /// - `a4`: activations of so many bits, weights as the model has them;
  /// - `w4g32a8`: a scale for every 32 weights of a filter along its depth;
  /// - `w4ua8`: filters of 3, 4 and 5 bits, 4 in the mean (`WeightGrouping.unequalFilters`);
  /// - `w8a8p16`, `w4g32a8p16`: sums in two's complement of 16 bits that wraps;
  /// - `WEIGHTS/ACTIVATIONS[/ACCUMULATOR]` by the names of formats (`mxfp4/mxfp8`,
  ///   `int<8>/uint<8>/int<16>`); weights may be `w4`, `w4g32` or `w4u` too, and `float` leaves a
  ///   part as the model has it;
  /// - one format for weights and activations (`e4m3`, `nvfp4`), `float`, or `model` for a layer of a
  ///   quantized model as it is;
  /// - any of these, `+` and a rewrite of integer weights (`w8a8+bit-flip<3,32>`, `WeightRewrite`);
  /// - any of these, `+` and how hardware folds the products: `+reuse<16>`, `+latency`, `+resource`
  ///   (`ProductStrategy`), as in `w6a8+resource+reuse<16>` or `model+reuse<4>`.
  ///
  /// - Throws: ``SpaceError/candidate(text:reason:)``.
  public init(_ text: String) throws(SpaceError) {
    if let plus = Self.rewriteSign(in: text) {
      let name = text[text.index(after: plus)...]
      if let folded = try Self.folded(name, of: text, plain: text[..<plus]) {
        self = folded
        return
      }
      guard let rewrite = WeightRewrite(name: name) else {
        throw .candidate(
          text: text,
          reason: "'\(name)' is no rewrite of weights: \(WeightRewrite.grammar); and none of "
            + "reuse<N>, latency, resource")
      }
      let plain = try SpaceCandidate(String(text[..<plus]))
      guard plain.formats.weightRewrite == nil else {
        throw .candidate(text: text, reason: "two rewrites")
      }
      var formats = plain.formats
      formats.weightRewrite = rewrite
      self.init(name: "\(plain.name)+\(rewrite.name)", formats: formats)
      return
    }
    if text == Self.unchanged.name {
      self = .unchanged
      return
    }
    if text == Self.asModel.name {
      self = .asModel
      return
    }
    if text.first == "a", let bits = Int(text.dropFirst()), text == "a\(bits)" {
      self.init(
        name: text,
        formats: Candidate(weights: nil, activations: try Self.format("uint<\(bits)>", of: text)))
      return
    }
    if let integers = IntegerCandidate(text) {
      self.init(name: integers.name, formats: try integers.formats(of: text))
      return
    }
    let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    guard parts.count <= 3 else {
      throw .candidate(text: text, reason: "more than two '/'")
    }
    var formats = Candidate(weights: nil, activations: nil)
    var names: [String] = []
    if let integers = IntegerCandidate(parts[0]), integers.isWeightsAlone {
      formats = try integers.formats(of: text)
      names.append(
        formats.grouping == .filters ? formats.weights?.name ?? integers.name : integers.name)
    } else {
      formats.weights = try Self.part(parts[0], of: text)
      names.append(formats.weights?.name ?? Self.unchanged.name)
    }
    if parts.count == 1 {
      formats.activations = formats.weights
    } else {
      formats.activations = try Self.part(parts[1], of: text)
      names.append(formats.activations?.name ?? Self.unchanged.name)
    }
    if parts.count == 3 {
      formats.accumulator = try Self.part(parts[2], of: text)
      if let accumulator = formats.accumulator { names.append(accumulator.name) }
    }
    let isUnchanged = formats == Self.unchanged.formats
    self.init(
      name: isUnchanged ? Self.unchanged.name : names.joined(separator: "/"), formats: formats)
  }

  /// The candidate before a `+` with a strategy or a reuse factor; nil for other words.
  private static func folded(
    _ word: Substring, of text: String, plain: Substring
  ) throws(SpaceError) -> SpaceCandidate? {
    if word.hasPrefix("reuse<"), word.hasSuffix(">") {
      let digits = word.dropFirst(6).dropLast()
      guard let factor = Int(digits), (1...1 << 40).contains(factor) else {
        throw .candidate(text: text, reason: "'\(digits)' is no reuse factor, a number from 1 on")
      }
      var candidate = try SpaceCandidate(String(plain))
      guard candidate.formats.reuseFactor == nil else {
        throw .candidate(text: text, reason: "two reuse factors")
      }
      var formats = candidate.formats
      formats.reuseFactor = factor
      candidate = SpaceCandidate(name: "\(candidate.name)+reuse<\(factor)>", formats: formats)
      return candidate
    }
    guard let strategy = ProductStrategy(rawValue: String(word)) else { return nil }
    let candidate = try SpaceCandidate(String(plain))
    guard candidate.formats.strategy == nil else {
      throw .candidate(text: text, reason: "two strategies")
    }
    var formats = candidate.formats
    formats.strategy = strategy
    return SpaceCandidate(name: "\(candidate.name)+\(strategy.rawValue)", formats: formats)
  }

  /// The last `+` of a text outside of `<>`.
  private static func rewriteSign(in text: String) -> String.Index? {
    var depth = 0
    return text.indices.last { index in
      if text[index] == ">" { depth += 1 }
      if text[index] == "<" { depth -= 1 }
      return depth == 0 && text[index] == "+"
    }
  }

  /// Numbers of bits where both formats are plain integers, whose sign is the evaluator's to choose,
  /// and weights stay as these have them.
  public var integerBits: (weights: Int, activations: Int)? {
    guard case .fixed(let weights)? = formats.weights, weights.fractionBits == 0,
      case .fixed(let activations)? = formats.activations, activations.fractionBits == 0,
      formats.weightRewrite == nil
    else { return nil }
    return (weights.width, activations.width)
  }

  /// Bits that a weight takes in memory, scales of blocks and runs of full length included.
  ///
  /// Scales of filters and of tensors are not counted.
  public var weightBits: Double {
    guard let weights = formats.weights else { return 32 }
    guard case .runs(let count) = formats.grouping else { return weights.storedBits }
    return weights.storedBits + Double(WeightGrouping.runScaleBits) / Double(max(count, 1))
  }

  /// Bits of all weights of a layer in memory, scales of blocks and runs included.
  ///
  /// Blocks and runs end with their filter, so that the last one of each may be shorter than the
  /// others and has a scale all the same; for a layer that does not say how many filters it has,
  /// all count as full.
  public func weightBits(in layer: SearchLayer) -> Double {
    let count = Double(layer.weightCount)
    guard let filters = layer.filters, filters > 0, let weights = formats.weights else {
      return count * weightBits
    }
    let length: Int
    let scale: Double
    switch (weights, formats.grouping) {
    case (_, .runs(let run)): (length, scale) = (run, Double(WeightGrouping.runScaleBits))
    case (.block(let format), _):
      length = format.blockSize
      scale = (format.bitsPerValue - weights.operandBits) * Double(format.blockSize)
    default: return count * weightBits
    }
    let depth = (layer.weightCount + filters - 1) / filters
    let scales = filters * ((depth + max(length, 1) - 1) / max(length, 1))
    return count * weights.operandBits + Double(scales) * scale
  }

  /// Bits that a value of the layer's input takes, scales of full blocks included.
  public var activationBits: Double { formats.activations?.storedBits ?? 32 }

  private static func part(_ name: String, of text: String) throws(SpaceError) -> Encoding? {
    name == unchanged.name ? nil : try format(name, of: text)
  }

  fileprivate static func format(_ name: String, of text: String) throws(SpaceError) -> Encoding {
    do throws(FormatNameError) {
      return try Encoding(name: name)
    } catch {
      throw .candidate(
        text: text, reason: "'\(name)' is no format; the nearest is \(error.nearest)")
    }
  }
}

/// Integers by their numbers of bits: `w4`, `w4a8`, `w4g32a8`, `w4ua8`, `w8a8p16`.
private struct IntegerCandidate {
  var weights: Int
  var grouping = WeightGrouping.filters
  var activations: Int?
  var accumulator: Int?

  init(weights: Int, activations: Int) {
    self.weights = weights
    self.activations = activations
  }

  /// Nil for a text of another form.
  init?(_ text: String) {
    var rest = Substring(text)
    var (width, run): (Int?, Int?)
    guard rest.first == "w", Self.read("w", into: &width, from: &rest), let width else {
      return nil
    }
    weights = width
    if rest.first == "u" {
      rest = rest.dropFirst()
      grouping = .unequalFilters
    }
    guard rest.first != "g" || grouping == .filters, Self.read("g", into: &run, from: &rest),
      Self.read("a", into: &activations, from: &rest),
      Self.read("p", into: &accumulator, from: &rest), rest.isEmpty
    else { return nil }
    if let run { grouping = .runs(run) }
  }

  /// Takes a letter and its number off the front; false for a letter without one.
  private static func read(
    _ letter: Character, into number: inout Int?, from text: inout Substring
  ) -> Bool {
    guard text.first == letter else { return true }
    let digits = text.dropFirst().prefix { $0.isASCII && $0.isNumber }
    text = text.dropFirst(digits.count + 1)
    number = Int(digits)
    return number != nil
  }

  var isWeightsAlone: Bool { activations == nil && accumulator == nil }

  var name: String {
    var text = "w\(weights)"
    switch grouping {
    case .runs(let count): text += "g\(count)"
    case .unequalFilters: text += "u"
    case .filters, .widths: break
    }
    if let activations { text += "a\(activations)" }
    if let accumulator { text += "p\(accumulator)" }
    return text
  }

  func formats(of text: String) throws(SpaceError) -> Candidate {
    switch grouping {
    case .runs(let count) where !(1...WeightGrouping.longestRun).contains(count):
      throw .candidate(
        text: text, reason: "a scale is shared by 1 to \(WeightGrouping.longestRun) weights")
    case .unequalFilters where !UnequalFilters.widths.contains(weights):
      throw .candidate(
        text: text,
        reason: "filters of one bit more and less need \(UnequalFilters.widths.lowerBound) to "
          + "\(UnequalFilters.widths.upperBound) bits")
    default: break
    }
    var candidate = Candidate(
      weights: try SpaceCandidate.format("int<\(weights)>", of: text), activations: nil,
      grouping: grouping)
    if let activations {
      candidate.activations = try SpaceCandidate.format("uint<\(activations)>", of: text)
    }
    if let accumulator {
      candidate.accumulator = try SpaceCandidate.format("int<\(accumulator)>", of: text)
    }
    return candidate
  }
}

extension Encoding {
  /// Bits that one value takes in memory; of blocks the mean, scales included.
  public var storedBits: Double {
    switch self {
    case .fixed(let format): Double(format.width)
    case .affine(let format): Double(format.width)
    case .float(let format): Double(format.width)
    case .powerOfTwo(let format): Double(format.exponentBits + 1)
    case .codebook(let codebook): Double(codebook.width)
    case .vectors(let codebook): Double(codebook.width) / Double(max(codebook.dimensions, 1))
    case .planes(let format): Double(format.width)
    case .block(let format): format.bitsPerValue
    }
  }

  /// Bits of what a multiplication reads: of blocks their elements without the scales.
  public var operandBits: Double {
    guard case .block(let format) = self else { return storedBits }
    return Double(format.elements.compactMap(\.scalarWidth).max() ?? 0)
  }
}
