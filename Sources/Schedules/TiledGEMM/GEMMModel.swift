#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif
public import HWModel
import QuantGraph

/// The time of matrix products on one GPU by one kernel path.
///
/// `D[m,n] = A[m,k] * W[n,k]^T` takes a launch, kernels that quantize A where the path has them, and the
/// fastest of the library's tiles and splits of k: a smooth maximum of computing (waves of tiles,
/// each step along k bound by multiplying, by what L2 feeds, or by its own latency) and of memory
/// (bytes that miss L2). Terms, and what leaving each out costs: conformance/gpu/PHYSICS.md;
/// constants: `Targets/gpu/fit.py`, which states the same formula.
public struct GEMMModel: Sendable {
  public let target: GPUTarget
  public let path: GEMMPath
  public let constants: GEMMConstants
  private let multiprocessors: Double
  private let clock: Double
  let bandwidth: Double
  private let l2: Double
  let peak: Double
  private let power: Double

  /// - Parameters:
  ///   - target: the device.
  ///   - path: the kernel path.
  ///   - given: other constants than the description's.
  /// - Throws: ``DeviceProblems`` naming the facts that the description lacks.
  public init(
    _ target: GPUTarget, path: GEMMPath, constants given: GEMMConstants? = nil
  ) throws(DeviceProblems) {
    let id = target.description.id
    guard let constants = given ?? target.constants(of: path) else {
      throw DeviceProblems(.noPath(path.name, on: target))
    }
    guard let multiprocessors = target.multiprocessors, let clock = target.clockHz,
      let bandwidth = target.dramBytesPerSecond, let l2 = target.l2Bytes,
      let peak = target.peak(path.units), let power = target.powerW
    else {
      let facts: [(String, Bool)] = [
        ("multiprocessors", target.multiprocessors == nil),
        ("tensor_clock_hz", target.clockHz == nil),
        ("dram_bytes_per_second", target.dramBytesPerSecond == nil),
        ("l2_bytes", target.l2Bytes == nil), (path.units.key, target.peak(path.units) == nil),
        ("power_w", target.powerW == nil),
      ]
      throw DeviceProblems(
        Diagnostic(
          code: "gpu.missing-fact",
          message: "\(id) states no \(facts.filter(\.1).map(\.0).joined(separator: ", "))",
          location: id,
          remedy: "extend the target in a file of your own (\"base\": \"\(id)\") with the number "
            + "and its source."))
    }
    self.target = target
    self.path = path
    self.constants = constants
    self.multiprocessors = Double(multiprocessors)
    self.clock = clock
    self.bandwidth = bandwidth
    self.l2 = l2
    self.peak = peak
    self.power = power
  }

  /// Where the weights are when a product starts.
  public enum Residency: Sendable, Hashable {
    /// In memory: a layer of a network, whose weights the others have pushed out.
    case cold
    /// As in a benchmark that repeats over so many copies of the weights.
    case repeated(copies: Int)
  }

  /// A product's time and how it comes about; microseconds.
  public struct Estimate: Sendable, Hashable {
    public var microseconds: Double
    public var launch: Double
    public var quantize: Double
    /// Of the chosen tile: 0 on the ordinary cores.
    public var compute: Double
    public var memory: Double
    public var split: Double
    public var tileRows: Int
    public var tileColumns: Int
    public var splits: Int
    public var waves: Double
    /// What bounds a step along k.
    public var step: Step
    /// Whether the ordinary cores run it.
    public var isVector: Bool
    /// Bytes from memory.
    public var dramBytes: Double

    /// What a step along k waits for.
    public enum Step: String, Sendable, Hashable { case multiply, feed, latency }

    /// The largest part: `launch`, `memory` or `compute`.
    public var bound: String {
      let fixed = launch + quantize + split
      if fixed >= max(compute, memory) { return "launch" }
      return memory >= compute ? "memory" : "compute"
    }
  }

  /// Share of accesses that hit when a footprint of `x` caches is walked over and over with random
  /// replacement: `h = exp(-x (1 - h))`.
  static func hitShare(_ x: Double) -> Double {
    guard x > 1 else { return 1 }
    // The smaller solution, below 1/x; Newton from the left converges.
    var h = 0.0
    for _ in 0..<60 {
      let e = exp(-x * (1 - h))
      let next = h - (h - e) / (1 - x * e)
      if abs(next - h) < 1e-14 || !next.isFinite { break }
      h = min(max(next, 0), 1)
    }
    return h
  }

  private static let tiles = [16, 32, 64, 128, 256]
  private static let splitMenu = [1, 2, 4, 8, 16, 32]

  /// The time of a product.
  ///
  /// - Parameters:
  ///   - m: rows of data; at least 1, as n and k.
  ///   - n: rows of weights.
  ///   - k: terms of a sum.
  ///   - residency: where the weights are.
  /// - Returns: the fastest of the path's kernels.
  public func estimate(m: Int, n: Int, k: Int, residency: Residency) -> Estimate {
    let (rows, columns, depth) = (Double(m), Double(n), Double(k))
    let c = constants
    let launch = c.launchUs
    let capacity = l2
    let weights = columns * depth * path.weightBytes
    let data = rows * depth * path.dataBytes
    let results = rows * columns * path.resultBytes
    let source = rows * depth * 2
    let extra = path.quantizes ? source : 0
    var weightHit = 0.0
    if case .repeated(let copies) = residency, copies > 0 {
      let rotated = min(Double(copies), (capacity / weights).rounded(.up))
      weightHit = Self.hitShare(
        (rotated * weights + data + results + extra) / capacity / c.l2Share)
    }
    let around = (data + results + extra + min(weights, 0.5 * capacity)) / capacity
    let dataHit = Self.hitShare(around / c.l2Share)
    let l2Rate = c.l2BytesPerClock * clock
    let dramRate = bandwidth * c.dramEfficiency
    let bytes = weights * (1 - weightHit) + (data + results / c.writeEfficiency) * (1 - dataHit)
    let memory = bytes / dramRate
    var best = tiled(
      rows, columns, depth, weightHit: weightHit, memory: memory, l2Rate: l2Rate)
    best.dramBytes = bytes
    best.launch = launch
    best.microseconds += launch
    if m <= path.vectorRows {
      let work = max(
        rows * columns * depth / (multiprocessors * 128 * clock * c.gemvEfficiency),
        (weights + data) / (multiprocessors * l2Rate))
      let floor = c.gemvUs
      let vector = floor + 1e6 * max(memory, work)
      if path.vectorIsForced || vector < best.microseconds {
        best = Estimate(
          microseconds: vector, launch: floor, quantize: 0, compute: work * 1e6,
          memory: memory * 1e6, split: 0, tileRows: 1, tileColumns: 1, splits: 1, waves: 1,
          step: .multiply, isVector: true, dramBytes: bytes)
      }
    }
    if path.quantizes {
      let quantizeHit = Self.hitShare((around + 0.5 * source / capacity) / c.l2Share)
      func stream(_ bytes: Double) -> Double {
        bytes / (multiprocessors * l2Rate) * quantizeHit + bytes / dramRate * (1 - quantizeHit)
      }
      let pass =
        path.findsLargest
        ? max(
          rows * depth / (multiprocessors * clock * c.amaxElementsPerClock * 4), stream(source)) : 0
      best.quantize = c.quantizeUs + 1e6 * (stream(source + data) + pass)
      best.microseconds += best.quantize
    }
    return best
  }

  /// Operations a second and multiprocessor, capped by the power.
  private var rate: Double {
    let c = constants
    let cap =
      peak * 1e-12 * c.mmaEfficiency * c.picojoulesPerOperation * path.relativeEnergy
      / (0.85 * power)
    return peak / multiprocessors * c.mmaEfficiency * pow(1 + pow(cap, 6), -1 / 6)
  }

  /// The fastest tile and split, without launch.
  private func tiled(
    _ rows: Double, _ columns: Double, _ depth: Double, weightHit: Double, memory: Double,
    l2Rate: Double
  ) -> Estimate {
    let c = constants
    let rate = rate
    let missRate = c.dramBytesPerClock * clock
    let latency = c.kStepNs * 1e-9 * path.dataBytes / 128
    var best = Estimate(
      microseconds: .infinity, launch: 0, quantize: 0, compute: 0, memory: memory * 1e6, split: 0,
      tileRows: 0, tileColumns: 0, splits: 1, waves: 0, step: .multiply, isVector: false,
      dramBytes: 0)
    for tileRows in Self.tiles where Double(tileRows) < 2 * max(rows, 16) {
      for tileColumns in Self.tiles where Double(tileColumns) < 2 * max(columns, 16) {
        let area = tileRows * tileColumns
        guard (512...256 * 128).contains(area) else { continue }
        let (a, b) = (Double(tileRows), Double(tileColumns))
        let base = (rows / a).rounded(.up) * (columns / b).rounded(.up)
        for splits in Self.splitMenu {
          let s = Double(splits)
          if splits > 1 {
            guard path.splits, depth / s >= 256, base < 2 * multiprocessors else { break }
          }
          let steps = (depth / s / 64).rounded(.up) * 64
          let tiles = base * s
          let whole = (tiles / multiprocessors).rounded(.up)
          let sharing = min(whole, min(max((128.0 * 128 / (a * b)).rounded(.down), 1), 4))
          let hard = (whole / sharing).rounded(.up)
          let soft = max(1, tiles / multiprocessors / sharing)
          let waves = hard + (soft - hard) * c.waveSmoothing
          let multiply = sharing * 2 * a * b / rate
          let feed =
            sharing
            * (a * path.dataBytes / l2Rate + b * path.weightBytes
              * (weightHit / l2Rate + (1 - weightHit) / missRate))
          let step = Self.norm4(multiply, feed, latency)
          let epilogue = sharing * a * b * path.resultBytes / l2Rate + c.tileNs * 1e-9
          let compute = waves * (steps * step + epilogue) + c.prologueNs * 1e-9
          let extra =
            splits > 1
            ? c.splitUs * 1e-6 + s * rows * columns * 8 / (multiprocessors * l2Rate) : 0
          let total = 1e6 * (Self.norm(compute, memory, c.overlap) + extra)
          guard total < best.microseconds else { continue }
          best.microseconds = total
          best.compute = compute * 1e6
          best.split = extra * 1e6
          (best.tileRows, best.tileColumns, best.splits) = (tileRows, tileColumns, splits)
          best.waves = waves
          best.step =
            multiply >= max(feed, latency) ? .multiply : feed >= latency ? .feed : .latency
        }
      }
    }
    return best
  }

  private static func norm4(_ a: Double, _ b: Double, _ c: Double) -> Double {
    let (x, y, z) = (a * a, b * b, c * c)
    return (x * x + y * y + z * z).squareRoot().squareRoot()
  }

  private static func norm(_ a: Double, _ b: Double, _ exponent: Double) -> Double {
    let largest = max(a, b)
    guard largest > 0 else { return 0 }
    return largest * pow(1 + pow(min(a, b) / largest, exponent), 1 / exponent)
  }
}

extension Diagnostic {
  /// A format that a GPU has no kernels for, with those that it has.
  static func noPath(_ format: String, on target: GPUTarget) -> Diagnostic {
    let names = GPUFormat.available(on: target)
    return Diagnostic(
      code: "gpu.no-path",
      message: "\(target.description.id) has no kernel path for \(format)",
      location: target.description.id,
      remedy: names.isEmpty
        ? "no path is known for this device: state its missing facts in a file of your own."
        : "choose one that it has: \(names.joined(separator: ", ")).")
  }
}
