public import Arith

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
    let name = "w\(weightBits)a\(activationBits)"
    self.init(
      name: name,
      formats: Candidate(
        weights: try Self.format("int<\(weightBits)>", of: name),
        activations: try Self.format("uint<\(activationBits)>", of: name)))
  }

  /// Reads `w4a8`, `w4` (activations as the model has them), `WEIGHTS/ACTIVATIONS` with names of
  /// formats, one format for both, or `float`.
  public init(_ text: String) throws(SpaceError) {
    if text == Self.unchanged.name {
      self = .unchanged
      return
    }
    if text == Self.asModel.name {
      self = .asModel
      return
    }
    if let bits = Self.bits(text) {
      guard let activations = bits.activations else {
        self.init(
          name: text,
          formats: Candidate(
            weights: try Self.format("int<\(bits.weights)>", of: text), activations: nil))
        return
      }
      try self.init(weightBits: bits.weights, activationBits: activations)
      return
    }
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count <= 2 else {
      throw .candidate(text: text, reason: "more than one '/'")
    }
    let weights = try Self.format(String(parts[0]), of: text)
    let activations = parts.count == 2 ? try Self.format(String(parts[1]), of: text) : weights
    self.init(
      name: parts.count == 2 ? "\(weights.name)/\(activations.name)" : weights.name,
      formats: Candidate(weights: weights, activations: activations))
  }

  /// Numbers of bits where both formats are plain integers, whose sign is the evaluator's to choose.
  public var integerBits: (weights: Int, activations: Int)? {
    guard case .fixed(let weights)? = formats.weights, weights.fractionBits == 0,
      case .fixed(let activations)? = formats.activations, activations.fractionBits == 0
    else { return nil }
    return (weights.width, activations.width)
  }

  /// Bits that a weight takes in memory, scales of blocks included.
  public var weightBits: Double { formats.weights?.storedBits ?? 32 }

  /// Bits that a value of the layer's input takes.
  public var activationBits: Double { formats.activations?.storedBits ?? 32 }

  /// The numbers of `w4a8` or `w4`.
  private static func bits(_ text: String) -> (weights: Int, activations: Int?)? {
    guard text.first == "w" else { return nil }
    let parts = text.dropFirst().split(separator: "a", omittingEmptySubsequences: false)
    guard parts.count <= 2, parts.allSatisfy({ $0.allSatisfy(\.isNumber) }),
      let weights = Int(parts[0])
    else { return nil }
    guard parts.count == 2 else { return (weights, nil) }
    guard let activations = Int(parts[1]) else { return nil }
    return (weights, activations)
  }

  private static func format(_ name: String, of text: String) throws(SpaceError) -> Encoding {
    do throws(FormatNameError) {
      return try Encoding(name: name)
    } catch {
      throw .candidate(
        text: text, reason: "'\(name)' is no format; the nearest is \(error.nearest)")
    }
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
}
