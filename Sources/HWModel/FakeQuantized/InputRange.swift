internal import Arith
import QuantGraph

/// What calibration saw of a layer's input.
public struct InputRange: Sendable, Hashable {
  public private(set) var minimum: Float = .infinity
  public private(set) var maximum: Float = -.infinity
  /// Magnitudes by the upper bits of their patterns: 8 exponent and 9 mantissa bits; empty if the
  /// rule needs none.
  private(set) var counts: [Int]

  private static let droppedBits = 14

  /// A range by its ends, without the magnitudes in between.
  public init(minimum: Float, maximum: Float) {
    self.minimum = minimum
    self.maximum = maximum
    counts = []
  }

  init(keepsHistogram: Bool) {
    counts = keepsHistogram ? [Int](repeating: 0, count: 1 << (31 - Self.droppedBits)) : []
  }

  /// Whether every value was 0 or more.
  public var isNonNegative: Bool { minimum >= 0 }
  /// The largest magnitude; 0 if nothing was seen.
  public var largest: Double { Double(max(maximum, -minimum, 0)) }

  mutating func add(_ values: UnsafeBufferPointer<Float>) {
    var (low, high) = (minimum, maximum)
    for value in values {
      low = value < low ? value : low
      high = value > high ? value : high
    }
    (minimum, maximum) = (low, high)
    guard !counts.isEmpty else { return }
    for value in values where value.isFinite {
      counts[Int(value.magnitude.bitPattern >> UInt32(Self.droppedBits))] += 1
    }
  }

  mutating func merge(_ other: InputRange) {
    minimum = min(minimum, other.minimum)
    maximum = max(maximum, other.maximum)
    for (index, count) in other.counts.enumerated() { counts[index] += count }
  }

  /// The magnitude at which a format of integers -q...q or 0...q clips.
  ///
  /// A percentile is the upper end of its bin (1/512 of the value wide), at most the largest value;
  /// squared errors take values as the middle of their bins.
  func clip(_ search: ScaleSearch, q: Double) -> Double {
    let (values, held) = search == .mse ? magnitudes : ([], [])
    return clip(search) { clip in
      let scale = Float(clip / q)
      var sum = 0.0
      for (value, count) in zip(values, held) {
        let steps = min((value / scale).rounded(.toNearestOrEven), Float(q))
        let error = Double(value) - Double(steps * scale)
        sum += Double(count) * error * error
      }
      return sum
    }
  }

  func clip(_ search: ScaleSearch, error: (Double) -> Double) -> Double {
    let largest = largest
    guard largest > 0, !counts.isEmpty else { return largest }
    switch search {
    case .maxAbs: return largest
    case .percentile(let percent):
      let total = counts.reduce(0, +)
      let wanted = (percent / 100 * Double(total)).rounded(.up)
      var seen = 0
      for (bin, count) in counts.enumerated() {
        seen += count
        guard Double(seen) >= wanted, count > 0 || seen > 0 else { continue }
        let end = Float(bitPattern: UInt32(bin + 1) << UInt32(Self.droppedBits))
        return min(Double(end), largest)
      }
      return largest
    case .mse:
      // A float32 number, so that a range says it.
      return Double(Float(QuantizedWeights.bestPart(of: largest, error: error).clip))
    }
  }

  /// The middles of bins that hold something, and how much they hold; zeros are left out.
  var magnitudes: (values: [Float], counts: [Int]) {
    var (values, held): ([Float], [Int]) = ([], [])
    for (bin, count) in counts.enumerated() where count > 0 && bin > 0 {
      let middle = UInt32(bin) << UInt32(Self.droppedBits) | 1 << UInt32(Self.droppedBits - 1)
      values.append(Float(bitPattern: middle))
      held.append(count)
    }
    return (values, held)
  }
}
