public import Documents
public import HWModel
import QuantGraph
import TargetFiles

/// GPUs: matrix products in tiles over multiprocessors, in waves.
public struct GPUFamily: DeviceFamily {
  public let schema = GPUTarget.schema
  public let files = TargetFiles.of(family: "gpu")
  public let quantities: [CostQuantity] = [.latency, .deviceMemory, .energy]

  public init() {}

  public func device(
    _ description: TargetDescription, options: DeviceOptions
  ) throws(DeviceProblems) -> any Device {
    do throws(TargetProblems) {
      return GPUDevice(try GPUTarget(description, clockHz: options.clockHz))
    } catch {
      throw DeviceProblems(error, target: description.id)
    }
  }

  public func headline(
    _ description: TargetDescription
  ) throws(TargetProblems) -> TargetHeadline {
    let target = try GPUTarget(description)
    func number(_ value: Double?, _ scale: Double) -> [TargetHeadline.Part] {
      value.map { [.number($0 / scale)] } ?? [.words("-")]
    }
    let errors = target.paths.compactMap { target.constants(of: $0)?.error?.median }
    func optional(_ value: Double?) -> JSON { value.map(JSON.number) ?? .null }
    return TargetHeadline(
      cells: [
        .init("SM", target.multiprocessors.map { [.count($0)] } ?? [.words("-")], isNumber: true),
        .init("GB/s", number(target.dramBytesPerSecond, 1e9), isNumber: true),
        .init("GB", number(target.memoryBytes, 1e9), isNumber: true),
        .init("fp16 T", number(target.peak(.fp16), 1e12), isNumber: true),
        .init("int8 T", number(target.peak(.int8), 1e12), isNumber: true),
        .init(
          "error",
          errors.max().map { [.share($0 / 100)] }
            ?? [.words(target.paths.isEmpty ? "no model" : "not measured")]),
      ],
      members: [
        .init(key: "multiprocessors", value: .optional(target.multiprocessors)),
        .init(key: "dram_bytes_per_second", value: optional(target.dramBytesPerSecond)),
        .init(key: "memory_bytes", value: optional(target.memoryBytes)),
        .init(key: "fp16_ops_per_second", value: optional(target.peak(.fp16))),
        .init(key: "int8_ops_per_second", value: optional(target.peak(.int8))),
        .init(key: "paths", value: .strings(GPUFormat.available(on: target))),
        .init(key: "latency_error_percent", value: optional(errors.max())),
      ])
  }

  public var headlineNote: String? {
    "error: median of the worst kernel path, five folds over (n,k) of GEMMs measured on that GPU"
  }
}

extension CostQuantity {
  /// Memory of a device that is not split into RAM and flash.
  public static let deviceMemory = CostQuantity(
    key: "memory_bytes", name: "memory", unit: "B", isResource: true)
}

/// One GPU.
public struct GPUDevice: Device {
  public let target: GPUTarget

  public init(_ target: GPUTarget) { self.target = target }

  public var description: TargetDescription { target.description }

  public var quantities: [CostQuantity] {
    (target.paths.isEmpty ? [] : [.latency]) + [.deviceMemory]
      + (target.paths.isEmpty || target.powerW == nil ? [] : [.energy])
  }

  public func basis(of quantity: CostQuantity) -> CostBasis {
    switch quantity {
    case .latency:
      .estimate(
        model: "tiles, waves, L2 and memory; 18 constants a kernel path",
        error: GEMMPath.named("w16a16").flatMap { target.constants(of: $0)?.error })
    case .energy: .estimate(model: "at most: thermal design power times latency", error: nil)
    default: .estimate(model: "weights and the largest buffers", error: nil)
    }
  }

  public func deploy(_ workload: Workload) throws(DeviceProblems) -> any DeployedWorkload {
    try GPUDeployment(workload, on: target)
  }
}

extension GPUDevice: AnswersRows {
  public var rowColumns: [RowColumn] {
    [
      RowColumn("latency_seconds", unit: "s"), RowColumn("bound"), RowColumn("path"),
      RowColumn("tile"), RowColumn("split"), RowColumn("waves"), RowColumn("roofline_percent"),
      RowColumn("error_percent", unit: "%"),
    ]
  }

  /// The time of one product as a benchmark of its path measures it: the weights rotate over as many
  /// copies as there.
  public func answer(row: JSON) throws(DeviceProblems) -> [JSON.Member] {
    func extent(_ key: String) throws(DeviceProblems) -> Int {
      if case .integer(let value)? = row[key], (1...1 << 31).contains(value) { return value }
      throw DeviceProblems(
        Diagnostic(
          code: "gpu.extent", message: "\(key) is no extent from 1 to 2^31",
          location: "row \(row["id"]?.text ?? "?")",
          remedy: "give m, n and k of D[m,n] = A[m,k] * W[n,k]^T, each at least 1."))
    }
    let (m, n, k) = (try extent("m"), try extent("n"), try extent("k"))
    guard let quant = row["quant"]?.text else {
      throw DeviceProblems(
        Diagnostic(
          code: "gpu.format", message: "the row names no format", location: "row",
          remedy: "give a column quant: W16A16, W4A16, FP8."))
    }
    let measured = measuredPath(quant)
    let (path, extents): (GEMMPath, (m: Int, n: Int, k: Int))
    var format: GPUFormat?
    if let measured {
      (path, extents) = (measured, (m, n, k))
    } else {
      let found = try GPUFormat(quant, on: target)
      (path, extents) = (found.path, found.extents(m: m, n: n, k: k))
      format = found
    }
    let model = try GEMMModel(target, path: path)
    let estimate = model.estimate(
      m: extents.m, n: extents.n, k: extents.k, residency: .repeated(copies: path.copies))
    var seconds = estimate.microseconds * 1e-6
    if let format, !format.terms.isEmpty, let plain = GEMMPath.named("w16a16") {
      seconds =
        format.term(
          m: m, n: n, k: k, product: (model, estimate), plain: try GEMMModel(target, path: plain)
        ).value
    }
    let roofline = model.rooflineMicroseconds(m: extents.m, n: extents.n, k: extents.k)
    return [
      .init(key: "latency_seconds", value: .number(seconds)),
      .init(key: "bound", value: .string(estimate.bound)),
      .init(key: "path", value: .string("\(path.name) (\(path.kind.rawValue))")),
      .init(
        key: "tile",
        value: .string(
          estimate.isVector ? "vector" : "\(estimate.tileRows)x\(estimate.tileColumns)")),
      .init(key: "split", value: .integer(estimate.splits)),
      .init(key: "waves", value: .number(estimate.waves)),
      .init(key: "roofline_percent", value: .number(100 * roofline * 1e-6 / seconds)),
      .init(
        key: "error_percent", value: model.constants.error.map { .number($0.median) } ?? .null),
    ]
  }

  /// The path that measurements of a format on this device were in truth, where that differs.
  private func measuredPath(_ quant: String) -> GEMMPath? {
    for row in description.table("kernel_paths") ?? []
    where row.text("measured_as") == quant.lowercased() {
      return row.text("path").flatMap(GEMMPath.named)
    }
    return nil
  }
}

extension GEMMModel {
  /// The larger of operations at the peak and bytes at the bandwidth, in microseconds.
  public func rooflineMicroseconds(m: Int, n: Int, k: Int) -> Double {
    let (rows, columns, depth) = (Double(m), Double(n), Double(k))
    let bytes =
      columns * depth * path.weightBytes + rows * depth * path.dataBytes
      + rows * columns * path.resultBytes
    return 1e6 * max(2 * rows * columns * depth / peak, bytes / bandwidth)
  }
}
