import FoundationEssentials

/// Time and memory that reading a damaged file may take.
public struct Limits: Sendable {
  private let clock = ContinuousClock()
  private let before = Limits.peakBytes

  public init() {}

  /// Longest time of one file, without optimization on a busy machine.
  public static let time = Duration.seconds(20)
  /// Most memory beyond what the process had, for files of up to a megabyte.
  public static let memory = 1 << 30

  /// Whether `body` returned in time.
  public func isInTime(_ body: () throws -> Void) rethrows -> Bool {
    let began = clock.now
    try body()
    return clock.now - began < Self.time
  }

  /// How far the process's peak has risen since this value was made; 0 where that is not known.
  public var grownBytes: Int { max(Self.peakBytes - before, 0) }

  /// The largest resident size so far, from `/proc`.
  private static var peakBytes: Int {
    guard let text = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8),
      let line = text.split(separator: "\n").first(where: { $0.hasPrefix("VmHWM:") }),
      let number = line.split(whereSeparator: { !$0.isNumber }).first.flatMap({ Int($0) })
    else { return 0 }
    return number << 10
  }
}
