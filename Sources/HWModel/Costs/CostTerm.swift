#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// One part of what a step or a network costs: a number, and how it comes about.
///
/// A term is a count of work times a constant of the device, or it is made of other terms: their sum,
/// how often one occurs, the largest of them, or a smooth maximum. Everything that is said of a cost (totals, `--explain`,
/// JSON, tables) is read from terms, so that a formula stands in one place, where its term is made.
public struct CostTerm: Sendable, Hashable {
  /// How ``value`` follows.
  public enum Form: Sendable, Hashable {
    /// `count * constant * factor`.
    case product(count: Double, constant: Double, factor: Double)
    /// The sum of the parts, in order.
    case sum([CostTerm])
    /// `count` times the sum of the parts: kernels that run alike.
    case repeated([CostTerm], count: Double)
    /// The largest part: work that overlaps completely.
    case maximum([CostTerm])
    /// `(sum part^exponent)^(1/exponent)`: work that overlaps in part; at least the largest part.
    case norm([CostTerm], exponent: Double)
  }

  /// What is counted, in words: `multiplications`.
  public let what: String
  public let form: Form
  /// Key of the constant in the device's description; nil for what no description states.
  public let key: String?
  /// Where the constant was read, if it is not the description's constant ``key``: a row of a table.
  public let source: String?
  /// How far the number can be trusted, if that is not what its quantity says: `exact plan`.
  public let note: String?
  /// In the unit of the quantity that the term belongs to.
  public let value: Double

  public init(
    _ what: String, _ form: Form, key: String? = nil, source: String? = nil, note: String? = nil
  ) {
    self.what = what
    self.form = form
    self.key = key
    self.source = source
    self.note = note
    value =
      switch form {
      case .product(let count, let constant, let factor): count * constant * factor
      case .sum(let parts): parts.reduce(0) { $0 + $1.value }
      case .repeated(let parts, let count): count * parts.reduce(0) { $0 + $1.value }
      case .maximum(let parts): parts.reduce(0) { max($0, $1.value) }
      case .norm(let parts, let exponent): Self.norm(parts.map(\.value), exponent)
      }
  }

  /// `count` pieces of work at `constant` each.
  ///
  /// - Parameters:
  ///   - what: what is counted.
  ///   - count: how many there are.
  ///   - constant: what one takes.
  ///   - factor: what the device makes of it, such as a core's speed over that of the core that the
  ///     constant was fitted on.
  ///   - key: the constant in the description.
  ///   - source: where it was read, for rows of tables.
  /// - Returns: the term.
  public static func product(
    _ what: String, count: Double, each constant: Double, factor: Double = 1, key: String? = nil,
    source: String? = nil
  ) -> CostTerm {
    CostTerm(
      what, .product(count: count, constant: constant, factor: factor), key: key, source: source)
  }

  /// A number that is counted, not multiplied: bytes of a buffer, cycles of a simulated tile.
  public static func count(_ what: String, _ count: Double, note: String? = nil) -> CostTerm {
    CostTerm(what, .product(count: count, constant: 1, factor: 1), note: note)
  }

  public static func sum(_ what: String, _ parts: [CostTerm]) -> CostTerm {
    CostTerm(what, .sum(parts))
  }

  /// Work that occurs `count` times alike; the term itself if that is once.
  public static func repeated(_ term: CostTerm, count: Double) -> CostTerm {
    count == 1 ? term : CostTerm(term.what, .repeated([term], count: count))
  }

  public static func maximum(_ what: String, _ parts: [CostTerm]) -> CostTerm {
    CostTerm(what, .maximum(parts))
  }

  /// Parts that it is made of, each as often as it occurs once; none of a product.
  public var parts: [CostTerm] {
    switch form {
    case .product: []
    case .sum(let parts), .repeated(let parts, _), .maximum(let parts), .norm(let parts, _): parts
    }
  }

  /// The products that it is made of, in order.
  public var products: [CostTerm] {
    if case .product = form { [self] } else { parts.flatMap(\.products) }
  }

  /// A part by its words, at any depth.
  public func part(_ what: String) -> CostTerm? {
    if self.what == what { return self }
    return parts.lazy.compactMap { $0.part(what) }.first
  }

  /// Scaled by the largest part, so that no power overflows.
  private static func norm(_ values: [Double], _ exponent: Double) -> Double {
    let largest = values.reduce(0, max)
    guard largest > 0, largest.isFinite, exponent >= 1, exponent.isFinite else { return largest }
    return largest * pow(values.reduce(0) { $0 + pow($1 / largest, exponent) }, 1 / exponent)
  }
}
