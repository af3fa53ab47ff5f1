public import Documents
import Glibc
public import QuantGraph

/// What values lose when they are cast to a format, counted one by one.
public struct CastLosses: Sendable {
  /// Values that are the same afterwards.
  public private(set) var exact = 0
  /// Values within the format's range that became another number than 0.
  public private(set) var rounded = 0
  /// Numbers other than 0 that became 0.
  public private(set) var flushed = 0
  /// Values beyond the largest or smallest number that became it, or an infinity.
  public private(set) var saturated = 0
  /// Values beyond the range that became some other number.
  public private(set) var wrapped = 0
  /// Numbers that became NaN.
  public private(set) var becameNaN = 0
  /// The largest difference, and the position of the first value that has it; nil where there is none.
  public private(set) var largest: (error: Double, index: Int)?
  private var signal = 0.0
  private var noise = 0.0
  /// Values that were counted.
  public private(set) var count = 0
  /// Of the format; nil where its blocks have ranges of their own.
  private let range: ClosedRange<Double>?

  public init(range: ClosedRange<Double>?) { self.range = range }

  /// Counts one value, in the order of the array.
  ///
  /// - Parameters:
  ///   - value: what was cast.
  ///   - result: the number that the code stands for, NaN for a code of NaN.
  public mutating func add(_ value: Double, _ result: Double) {
    defer { count += 1 }
    if value == result || value.isNaN && result.isNaN {
      exact += 1
      if value.isFinite { signal += value * value }
      return
    }
    if result.isNaN {
      becameNaN += 1
      return
    }
    let isBeyond = range.map { !$0.contains(value) } ?? value.isInfinite
    if isBeyond {
      let end = value > 0 ? range?.upperBound : range?.lowerBound
      if result == end || result.isInfinite { saturated += 1 } else { wrapped += 1 }
    } else if result == 0 {
      flushed += 1
    } else {
      rounded += 1
    }
    let error = abs(value - result)
    if error > largest?.error ?? 0 { largest = (error, count) }
    guard error.isFinite else { return }
    signal += value * value
    noise += error * error
  }

  /// Signal power over the power of the differences, in dB; nil without either.
  ///
  /// Values or results that are not finite do not count.
  public var sqnr: Double? {
    noise > 0 && signal > 0 ? 10 * log10(signal / noise) : nil
  }

  /// Clauses of the summary line.
  public var words: String {
    let counts = [
      (exact, "exact"), (rounded, "rounded"), (flushed, "flushed to 0"), (saturated, "saturated"),
      (wrapped, "wrapped"), (becameNaN, "became NaN"),
    ].filter { $0.0 > 0 }
    if counts.count == 1, exact > 0 { return "all exact" }
    var text = counts.map { "\(Quantity.count($0.0)) \($0.1)" }.joined(separator: ", ")
    if let largest {
      text += "; largest error \(JSON.amount(largest.error).compact) at \(largest.index)"
    }
    if let sqnr { text += ", SQNR \((sqnr * 10).rounded() / 10) dB" }
    return text
  }

  /// Members of the result.
  public var members: [JSON.Member] {
    [
      .init(key: "exact", value: .integer(exact)), .init(key: "rounded", value: .integer(rounded)),
      .init(key: "flushed_to_zero", value: .integer(flushed)),
      .init(key: "saturated", value: .integer(saturated)),
      .init(key: "wrapped", value: .integer(wrapped)),
      .init(key: "became_nan", value: .integer(becameNaN)),
      .init(key: "largest_error", value: .amount(largest?.error ?? 0)),
      .init(key: "largest_error_index", value: .optional(largest?.index)),
      .init(key: "sqnr_db", value: sqnr.map(JSON.amount) ?? .null),
    ]
  }

  /// A warning about values that are not merely rounded; nil if there are none.
  public func warning(at path: String, of format: String) -> Diagnostic? {
    let lost = [
      (saturated, "saturate"), (wrapped, "wrap"), (becameNaN, "become NaN"),
      (flushed, "become 0"),
    ].filter { $0.0 > 0 }
    guard !lost.isEmpty else { return nil }
    return Diagnostic(
      code: "cast.losses",
      message: "\(lost.map { "\(Quantity.count($0.0)) \($0.1)" }.joined(separator: ", ")) of "
        + Quantity.count(count, "value"),
      location: path,
      notes: range.map { ["\(format) holds \($0.lowerBound) to \($0.upperBound)"] } ?? [],
      remedy: "choose a format with a larger range, or scale the values first.")
  }
}
