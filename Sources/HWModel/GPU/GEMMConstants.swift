/// The constants of one kernel path on one GPU, as `Targets/gpu/fit.py` fits them.
public struct GEMMConstants: Sendable, Hashable {
  /// Launch of a kernel, or the floor of the way it was timed.
  public let launchUs: Double
  /// Sustained share of the peak.
  public let mmaEfficiency: Double
  /// Bytes a clock and multiprocessor out of L2, and of what misses it.
  public let l2BytesPerClock: Double
  public let dramBytesPerClock: Double
  /// Latency of 128 bytes along k.
  public let kStepNs: Double
  /// Fill and drain of a kernel.
  public let prologueNs: Double
  /// Share of the memory's bandwidth.
  public let dramEfficiency: Double
  /// What splitting the sum adds.
  public let splitUs: Double
  /// Exponent of the smooth maximum of computing and memory.
  public let overlap: Double
  /// Share of L2 that holds data from one kernel to the next.
  public let l2Share: Double
  /// Kernels that quantize the data: floor, and elements of the pass for the largest value.
  public let quantizeUs: Double
  public let amaxElementsPerClock: Double
  /// The path on ordinary cores: floor, and share of their peak.
  public let gemvUs: Double
  public let gemvEfficiency: Double
  /// What written bytes cost against read ones.
  public let writeEfficiency: Double
  /// 0: whole waves; 1: no tail.
  public let waveSmoothing: Double
  /// Start and end of a tile.
  public let tileNs: Double
  /// Energy of a 16-bit operation, which caps the rate by the power.
  public let picojoulesPerOperation: Double
  /// Mean and median error of five folds in percent; nil where the path was not measured here.
  public let error: MeasuredError?
  public let source: String

  /// Columns of the table `kernel_paths`: name, unit, physical range, meaning.
  static let columns: [TargetKey.Column] = [
    .init("path", .text([]), "kernel path, such as w4a16 or fp8"),
    .init(
      "measured_as", .text([]), required: false,
      "format by which measurements of this device call the path"),
    .init(
      "launch_us", .number(0.1...100), unit: "us", "launch of a kernel, or floor of its timing"),
    .init("mma_efficiency", .number(0.01...1.5), "sustained share of the peak"),
    .init(
      "l2_bytes_per_clock", .number(0.1...1e4), unit: "B/clock/SM", "what L2 feeds to one SM"),
    .init(
      "dram_bytes_per_clock", .number(0.1...1e4), unit: "B/clock/SM",
      "what memory feeds to one SM"),
    .init("k_step_ns", .number(0...1e5), unit: "ns", "latency of 128 bytes along k"),
    .init("prologue_ns", .number(0...1e5), unit: "ns", "fill and drain of a kernel"),
    .init("dram_efficiency", .number(0.01...1.2), "share of the memory's bandwidth"),
    .init("split_us", .number(0...1e3), unit: "us", "what splitting the sum over k adds"),
    .init("overlap", .number(1...20), "exponent of the smooth maximum of computing and memory"),
    .init("l2_share", .number(1e-4...10), "share of L2 that keeps data between kernels"),
    .init("quantize_us", .number(0...1e3), unit: "us", "floor of kernels that quantize data"),
    .init(
      "amax_elements_per_clock", .number(1e-4...1e4), unit: "4/clock/SM",
      "elements of the pass for the largest value"),
    .init("gemv_us", .number(0...1e3), unit: "us", "floor of the path on ordinary cores"),
    .init("gemv_efficiency", .number(1e-3...2), "share of the ordinary cores' peak"),
    .init("write_efficiency", .number(0.01...10), "cost of a read byte over that of a written one"),
    .init("wave_smoothing", .number(0...10), "0: whole waves of tiles, 1: no tail"),
    .init("tile_ns", .number(0...1e5), unit: "ns", "start and end of a tile"),
    .init("pj_per_op", .number(0...100), unit: "pJ", "energy of a 16-bit operation"),
    .init(
      "error_percent", .number(0...1e4), unit: "%", required: false,
      "mean error, five folds over (n,k)"),
    .init("median_error_percent", .number(0...1e4), unit: "%", required: false, "median error"),
  ]

  /// Columns that hold constants, in the order of ``values``.
  public static let names = columns.map(\.name).filter {
    !["path", "measured_as", "error_percent", "median_error_percent"].contains($0)
  }

  /// The physical range of a constant.
  public static func range(of name: String) -> ClosedRange<Double> {
    guard let column = columns.first(where: { $0.name == name }),
      case .number(let range) = column.kind
    else { return 0...Double.greatestFiniteMagnitude }
    return range
  }

  /// The constants in the order of ``names``.
  public var values: [Double] {
    [
      launchUs, mmaEfficiency, l2BytesPerClock, dramBytesPerClock, kStepNs, prologueNs,
      dramEfficiency, splitUs, overlap, l2Share, quantizeUs, amaxElementsPerClock, gemvUs,
      gemvEfficiency, writeEfficiency, waveSmoothing, tileNs, picojoulesPerOperation,
    ]
  }

  /// Constants in the order of ``names``.
  ///
  /// - Precondition: one value a name.
  public init(values: [Double], source: String, error: MeasuredError? = nil) {
    precondition(values.count == Self.names.count, "a value a constant")
    launchUs = values[0]
    mmaEfficiency = values[1]
    l2BytesPerClock = values[2]
    dramBytesPerClock = values[3]
    kStepNs = values[4]
    prologueNs = values[5]
    dramEfficiency = values[6]
    splitUs = values[7]
    overlap = values[8]
    l2Share = values[9]
    quantizeUs = values[10]
    amaxElementsPerClock = values[11]
    gemvUs = values[12]
    gemvEfficiency = values[13]
    writeEfficiency = values[14]
    waveSmoothing = min(values[15], 1)
    tileNs = values[16]
    picojoulesPerOperation = values[17]
    self.source = source
    self.error = error
  }

  /// - Throws: ``TargetProblems`` if the row lacks a constant, which its schema rules out.
  init(_ row: TargetRow, of description: TargetDescription) throws(TargetProblems) {
    var values: [Double] = []
    for name in Self.names {
      values.append(try description.required({ row.number($0) }, name))
    }
    self.init(
      values: values, source: row.source,
      error: row.number("error_percent").map {
        MeasuredError(
          median: row.number("median_error_percent") ?? $0, worst: nil,
          scope: "mean \($0) % over five folds", source: row.source)
      })
  }
}
