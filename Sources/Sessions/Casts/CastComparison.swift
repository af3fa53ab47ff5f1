import Arith
public import Documents
import Importers
public import QuantGraph

/// One array in several formats, side by side.
public struct CastComparison: Sendable {
  /// What values are divided by before they are cast, and multiplied by afterwards.
  public enum Scale: Sendable {
    /// The largest magnitude becomes the format's largest number.
    case largest
    /// Of the parts 1.00, 0.99, ... 0.20 of the largest magnitude the one with the smallest squared
    /// error, over at most 65,536 values that are evenly drawn.
    case smallestError
    case given(Double)

    /// `max`, `mse`, `none` or a positive number.
    ///
    /// - Throws: `usage.arguments` for what is no scale.
    public init(_ text: String) throws(Failure) {
      switch text {
      case "max": self = .largest
      case "mse": self = .smallestError
      case "none": self = .given(1)
      default:
        guard let value = Double(text), value.isFinite, value > 0 else {
          throw Failure(
            "usage.arguments", "--scale \(text) is none of max, mse, none and a positive number",
            remedy: "leave it out for max.")
        }
        self = .given(value)
      }
    }
  }

  /// One format's result.
  public struct Row: Sendable {
    /// Its name.
    public let format: String
    /// Of a value, with its part of the scales.
    public let bits: Double
    /// Nil where blocks have scales of their own.
    public let scale: Double?
    /// Values without a code.
    public let invalid: Int
    /// What became of the others.
    public let losses: CastLosses
  }

  private let scale: Scale
  private let axis: Int

  /// - Parameters:
  ///   - scale: what values of scalar formats are divided by.
  ///   - axis: the axis along which blocks lie; negative ones count from the last.
  public init(scale: Scale = .largest, axis: Int = -1) {
    self.scale = scale
    self.axis = axis
  }

  private static let drawn = 1 << 16

  /// One row a format; `names` are separated by commas outside of brackets, `modes` are how values of
  /// scalar formats are rounded, `progress` is told of formats.
  ///
  /// - Throws: `format.unknown`, `format.cast`, `format.no-code` of blocks, and what a file that holds no
  ///   values gives.
  public func rows(
    _ names: String, of input: String, modes: CastModes = CastModes(),
    progress: (_ done: Int, _ total: Int) -> Void = { _, _ in }
  ) throws(Failure) -> [Row] {
    let (array, values) = try BlockCast.values(input)
    var rows: [Row] = []
    let names = FormatFacts.names(in: names)
    for (index, name) in names.enumerated() {
      let encoding: Encoding = try .named(name, option: "--compare")
      if case .block(let format) = encoding {
        let made = try BlockCast(format: format, axis: axis, writesValues: true)
          .blocks(of: values, shape: array.shape, input: input)
        var losses = CastLosses(range: nil)
        for (value, result) in zip(values, made.decoded) { losses.add(value, result) }
        rows.append(
          Row(
            format: encoding.name, bits: format.bitsPerValue, scale: nil, invalid: 0,
            losses: losses))
      } else {
        rows.append(try row(encoding, values, modes: modes))
      }
      progress(index + 1, names.count)
    }
    return rows
  }

  private func row(
    _ encoding: Encoding, _ values: [Double], modes: CastModes
  ) throws(Failure) -> Row {
    guard let width = encoding.scalarWidth, width <= 64 else {
      throw Failure(
        "format.cast", "\(encoding.name) has no single codes", at: "--compare",
        remedy: "name a scalar or block format.")
    }
    let rule = try modes.rule(to: encoding)
    let scale = try chosen(encoding, rule, values)
    let range = encoding.finiteRange.map { $0.lowerBound * scale...$0.upperBound * scale }
    var losses = CastLosses(range: range)
    var invalid = 0
    for value in values {
      guard let result = Self.cast(value, scale, rule) else {
        invalid += 1
        continue
      }
      losses.add(value, result)
    }
    return Row(
      format: encoding.name, bits: Double(width), scale: scale, invalid: invalid, losses: losses)
  }

  private static func cast(_ value: Double, _ scale: Double, _ rule: CastRule) -> Double? {
    guard let code = rule.encode(ExactNumber<Int128>(value / scale)) else { return nil }
    let number: ExactNumber<Int128>? = rule.encoding.decode(code)
    return (number?.doubleValue ?? .nan) * scale
  }

  private func chosen(
    _ encoding: Encoding, _ rule: CastRule, _ values: [Double]
  ) throws(Failure) -> Double {
    if case .given(let scale) = scale { return scale }
    guard let range = encoding.finiteRange else {
      throw Failure(
        "format.cast", "\(encoding.name) has no largest number to scale to", at: "--compare",
        remedy: "give --scale none or a number.")
    }
    let largest = values.lazy.filter(\.isFinite).map(\.magnitude).max() ?? 0
    let end = range.upperBound > 0 ? range.upperBound : -range.lowerBound
    guard largest > 0, end > 0, (largest / end).isNormal else { return 1 }
    guard case .smallestError = scale else { return largest / end }
    let step = max(values.count / Self.drawn, 1)
    let sample = stride(from: 0, to: values.count, by: step).map { values[$0] }
    var best = (scale: largest / end, error: Double.infinity)
    for part in 0...80 {
      let scale = largest * (1 - Double(part) / 100) / end
      var error = 0.0
      for value in sample where value.isFinite {
        let difference = value - (Self.cast(value, scale, rule) ?? .infinity)
        error += difference * difference
      }
      if error < best.error { best = (scale, error) }
    }
    return best.scale
  }
}

extension [CastComparison.Row] {
  /// One row a format.
  public var table: Table {
    var table = Table([
      .text("format", isFlexible: true), .number("bits"), .number("scale"), .number("SQNR dB"),
      .number("largest error"), .number("exact", leaves: 1), .number("saturated"),
      .number("flushed to 0"), .number("wrapped", leaves: 2), .number("NaN", leaves: 3),
      .number("no code", leaves: 4),
    ])
    for row in self {
      let losses = row.losses
      table.append([
        .init(row.format), .init(JSON.amount(row.bits).compact),
        .init(
          row.scale.map { Amounts.significant($0) } ?? "a block",
          plain: row.scale.map { "\($0)" } ?? ""),
        .init(
          losses.sqnr.map { "\(($0 * 10).rounded() / 10)" } ?? "exact",
          plain: losses.sqnr.map { "\($0)" } ?? ""),
        .init(
          Amounts.significant(losses.largest?.error ?? 0), plain: "\(losses.largest?.error ?? 0)"),
        .count(losses.exact), .count(losses.saturated), .count(losses.flushed),
        .count(losses.wrapped), .count(losses.becameNaN), .count(row.invalid),
      ])
    }
    return table
  }

  /// The entries of `compared` in the document.
  public var json: JSON {
    .array(
      map { row in
        .object(
          [
            .init(key: "format", value: .string(row.format)),
            .init(key: "bits_per_value", value: .number(row.bits)),
            .init(key: "scale", value: row.scale.map(JSON.number) ?? .null),
            .init(key: "invalid_values", value: .integer(row.invalid)),
          ] + row.losses.members)
      })
  }
}
