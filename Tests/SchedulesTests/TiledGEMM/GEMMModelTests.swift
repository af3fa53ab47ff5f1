import Documents
import FoundationEssentials
import HWModel
import QuantGraph
import Schedules
import TestSupport
import Testing

/// Shipped GPUs by name.
enum GPUs {
  static func target(_ name: String) throws -> GPUTarget {
    let description = try DeviceFamilies.shipped.library.description(named: name)
    return try GPUTarget(try #require(description, "no target \(name)"))
  }

  static func model(_ name: String, _ path: String) throws -> GEMMModel {
    try GEMMModel(try target(name), path: try #require(GEMMPath.named(path)))
  }

  static func row(_ quant: String, _ m: Int, _ n: Int, _ k: Int) -> JSON {
    [
      "id": "row", "quant": .string(quant), "m": .integer(m), "n": .integer(n), "k": .integer(k),
    ]
  }
}

@Suite("matrix products on GPUs")
struct GEMMModelTests {
  /// Microseconds by `Targets/gpu/fit.py` with the constants of the files (numpy 2.4.6).
  private static let fitted: [(String, String, Int, Int, Int, Double)] = [
    ("a100-80", "w16a16", 1, 4096, 4096, 26.32249),
    ("a100-80", "w16a16", 4096, 4096, 4096, 526.44741),
    ("a100-80", "w4a16", 8, 11008, 4096, 34.91548),
    ("a100-80", "w8a8", 3, 4096, 11008, 33.95945),
    ("l40s", "fp8", 4, 8192, 8192, 98.14353),
    ("l40s", "fp8-block", 300, 2048, 7168, 63.54772),
    ("l40s", "w16a16", 129, 1000, 513, 5.85307),
    ("h100-sxm", "fp8", 2048, 8192, 28672, 797.65699),
    ("h100-sxm", "w8a8-dynamic", 64, 4096, 4096, 39.14070),
    ("b200", "nvfp4", 512, 7168, 2048, 12.52886),
    ("t4", "w4a4", 64, 1024, 1024, 8.64194),
    ("rtx4090", "w4a16", 1, 4096, 14336, 45.47947),
  ]

  @Test("the formula is that of the fit")
  func formula() throws {
    for (device, path, m, n, k, expected) in Self.fitted {
      let model = try GPUs.model(device, path)
      let estimate = model.estimate(
        m: m, n: n, k: k, residency: .repeated(copies: model.path.copies))
      // The fit reads hit shares from a table of 4,000 entries.
      #expect(
        abs(estimate.microseconds / expected - 1) < 2e-3,
        "\(device) \(path) \(m)x\(n)x\(k): \(estimate.microseconds), expected \(expected)")
    }
  }

  @Test("more rows, columns or terms never take less time", arguments: ["w16a16", "w4a16", "w8a8"])
  func monotony(path: String) throws {
    let model = try GPUs.model("a100", path)
    for (m, n, k) in [(1, 4096, 4096), (64, 1024, 4096), (2048, 4096, 8192)] {
      func time(_ m: Int, _ n: Int, _ k: Int) -> Double {
        model.estimate(m: m, n: n, k: k, residency: .cold).microseconds
      }
      let base = time(m, n, k)
      #expect(time(8 * m, n, k) >= base && time(m, 8 * n, k) > base && time(m, n, 8 * k) > base)
    }
  }

  @Test("every description decodes, and the list of files is the folder")
  func files() throws {
    let library = DeviceFamilies.shipped.library
    let folder = SharedData.packageRoot + "/Targets/gpu"
    let names = try FileManager.default.contentsOfDirectory(atPath: folder)
      .filter { $0.hasSuffix(".json") }.map { String($0.dropLast(5)) }.sorted()
    #expect(GPUFamily().files.keys.sorted() == names)
    #expect(names.count == 30)
    for name in names {
      let target = try GPUTarget(try #require(try library.description(named: name)))
      #expect(target.generation != nil || name == "mi300x")
    }
  }

  @Test("what a GPU lacks is refused, with what it has")
  func refusals() throws {
    for (device, format) in [
      ("h100", "w4a4"), ("h200", "w4a4"), ("b300", "w8a8"), ("a100", "fp8"), ("v100", "w8a8"),
      ("l40s", "nvfp4"), ("mi300x", "w16a16"),
    ] {
      let target = try GPUs.target(device)
      let error = #expect(throws: DeviceProblems.self) { try GPUFormat(format, on: target) }
      #expect(error?.problems.first?.code == "gpu.no-path", "\(device) \(format)")
    }
    for text in ["w4", "w4a9", "w9a8", "fp9", "w4a16kv5", "w16a8", ""] {
      let target = try GPUs.target("a100")
      let error = #expect(throws: DeviceProblems.self) { try GPUFormat(text, on: target) }
      #expect(error?.problems.first?.code == "gpu.format", "\(text)")
    }
    // A fact that no source states stays missing.
    let target = try GPUs.target("h100-nvl")
    let error = #expect(throws: DeviceProblems.self) {
      try GEMMModel(target, path: try GPUFormat("w16a16", on: target).path)
    }
    #expect(error?.problems.first?.message.contains("fp16_ops_per_second") == true)
    let device = GPUDevice(try GPUs.target("a100"))
    for row in [GPUs.row("W16A16", 0, 1, 1), GPUs.row("W16A16", 1, 1, 0)] {
      #expect(throws: DeviceProblems.self) { try device.answer(row: row) }
    }
  }

  @Test("what methods add to a path: more time, its own bytes, a name that reads back")
  func terms() throws {
    let a100 = try GPUs.target("a100")
    let plain = try GPUs.model("a100", "w16a16")
    func seconds(_ text: String, m: Int = 64) throws -> Double {
      let format = try GPUFormat(text, on: a100)
      #expect(try GPUFormat(format.name, on: a100) == format, "\(text) is \(format.name)")
      let model = try GEMMModel(a100, path: format.path)
      let extents = format.extents(m: m, n: 4096, k: 4096)
      let estimate = model.estimate(m: extents.m, n: extents.n, k: extents.k, residency: .cold)
      return format.term(m: m, n: 4096, k: 4096, product: (model, estimate), plain: plain).value
    }
    for m in [1, 64, 4096] {
      for (base, term) in [
        ("w4a4", "w4a4+lowrank<32>"), ("w4a4", "w4a4+lowrank-fused<32>"),
        ("w4a4", "w4a4+hadamard"), ("w4a4", "w4a4+kronecker"), ("w4a8", "w4g64a8"),
        ("w4a16", "w4a16+sparse<0.0045>"),
      ] {
        #expect(try seconds(term, m: m) > seconds(base, m: m), "\(term), \(m) rows")
      }
      #expect(try seconds("w4a4+mixed-k<0.5>", m: m) >= seconds("w4a4", m: m))
      #expect(
        try seconds("w4a4+lowrank-fused<32>", m: m) < seconds("w4a4+lowrank<32>", m: m))
      #expect(try seconds("w4g64a8+two-step", m: m) < seconds("w4g64a8", m: m))
    }
    // The parts say where they come from.
    #expect(try GPUFormat("w4g64a8kv4+two-step", on: a100).name == "w4g64a8kv4+two-step")
    let coded = try GPUFormat("w2a16+entropy<0.8>", on: a100)
    #expect(coded.weightBytes == 0.1 && coded.path.weightBytes == 0.1)
    for text in [
      "w4a4+foo", "w4a4+", "w4a16+sparse<1>", "w16a16+sparse<0.1>", "w8a8+mixed-k<0.2>",
      "w4a16+two-step", "w4a4+lowrank<0>", "w4a4+lowrank<1.5>", "w4g2a8", "w2a8+entropy<1>",
      "w4a4+lowrank<nan>", "w4a4+hadamard+hadamard",
    ] {
      let error = #expect(throws: DeviceProblems.self, "\(text)") {
        try GPUFormat(text, on: a100)
      }
      #expect(error?.problems.first?.code == "gpu.format" && error?.problems.first?.remedy != nil)
    }
  }

  @Test("paths are named: native, converted, emulated")
  func paths() throws {
    let a100 = try GPUs.target("a100")
    #expect(try GPUFormat("W8A8", on: a100).path.kind == .native)
    #expect(try GPUFormat("w4a8kv4", on: a100).path.kind == .converted)
    #expect(try GPUFormat("w4a8kv4", on: a100).name == "w4a8kv4")
    let planes = try GPUFormat("w2a8", on: a100)
    #expect(planes.path.kind == .emulated)
    // Planes of one row fill an instruction's eight.
    let extents = planes.extents(m: 1, n: 4096, k: 4096)
    #expect(extents.m == 8 && extents.n == 8192 && extents.k == 4096)
    // Hopper has no single-bit rate: few bits are converted.
    #expect(try GPUFormat("w2a8", on: try GPUs.target("h100")).path.kind == .converted)
  }
}

@Suite("measured matrix products", .enabled(if: SharedData.root != nil, "no ../shared"))
struct MeasuredGEMMTests {
  private struct Row {
    let group: String
    let predicted: Double
    let roofline: Double
    let measured: Double
    var error: Double { abs(predicted / measured - 1) * 100 }
  }

  private func rows() throws -> [Row] {
    let path = try #require(SharedData.path("conformance/gpu/gemm_measured.csv"))
    let text = try String(contentsOfFile: path, encoding: .utf8)
    var devices: [String: GPUDevice] = [:]
    return try text.split(separator: "\n").dropFirst().map { line in
      let cells = line.split(separator: ",").map(String.init)
      let name = cells[1].lowercased()
      let device = try devices[name] ?? GPUDevice(try GPUs.target(name))
      devices[name] = device
      let (m, n, k) = (
        try #require(Int(cells[3])), try #require(Int(cells[4])), try #require(Int(cells[5]))
      )
      let answer = JSON.object(try device.answer(row: GPUs.row(cells[2], m, n, k)))
      let seconds = try #require(number(answer["latency_seconds"]))
      let share = try #require(number(answer["roofline_percent"]))
      return Row(
        group: "\(name) \(cells[2])", predicted: seconds * 1e3, roofline: seconds * share * 10,
        measured: try #require(Double(cells[6])))
    }
  }

  private func number(_ value: JSON?) -> Double? {
    if case .number(let number)? = value { number } else { nil }
  }

  private func ranks(_ values: [Double]) -> [Double] {
    var ranks = [Double](repeating: 0, count: values.count)
    for (rank, index) in values.indices.sorted(by: { values[$0] < values[$1] }).enumerated() {
      ranks[index] = Double(rank)
    }
    return ranks
  }

  private func correlation(_ x: [Double], _ y: [Double]) -> Double {
    let (a, b) = (x.reduce(0, +) / Double(x.count), y.reduce(0, +) / Double(y.count))
    let covariance = zip(x, y).reduce(0) { $0 + ($1.0 - a) * ($1.1 - b) }
    let (u, v) = (
      x.reduce(0) { $0 + ($1 - a) * ($1 - a) }, y.reduce(0) { $0 + ($1 - b) * ($1 - b) }
    )
    return covariance / (u * v).squareRoot()
  }

  /// The constants were fitted to these rows; five folds over (n,k) gave 8.06 % mean, 5.04 % median,
  /// 14.3 % at most a GPU and format (`fit.py --folds`).
  @Test("6,000 products of four GPUs, beside the plain roofline")
  func products() throws {
    let rows = try rows()
    #expect(rows.count == 6000)
    let mean = rows.reduce(0) { $0 + $1.error } / Double(rows.count)
    #expect(mean <= 9, "mean error \(mean) %")
    let sorted = rows.map(\.error).sorted()
    #expect(sorted[sorted.count / 2] <= 6)
    let spearman = correlation(ranks(rows.map(\.predicted)), ranks(rows.map(\.measured)))
    #expect(spearman >= 0.993, "Spearman \(spearman)")
    for group in Set(rows.map(\.group)).sorted() {
      let part = rows.filter { $0.group == group }
      let mean = part.reduce(0) { $0 + $1.error } / Double(part.count)
      #expect(mean <= 16, "\(group): \(mean) %")
    }
    let plain = rows.reduce(0) { $0 + abs($1.roofline / $1.measured - 1) } / Double(rows.count)
    #expect(plain > 0.5, "the plain roofline is off by \(plain)")
  }

  private struct Latencies: Decodable {
    struct Row: Decodable {
      let kind: String
      let source: String
      let net: String?
      let quant: String?
      let batch: Int?
      let in_ch: Int?
      let out_ch: Int?
      let kernel: Int?
      let out_hw: Int?
      let macs: Int?
      let latency_ms: Double?
    }
    let rows: [Row]
  }

  @Test("convolutions of ResNet50 on a T4, constants fitted to ResNet18 alone")
  func convolutions() throws {
    let path = try #require(SharedData.path("conformance/gpu/latency.json"))
    let data = try Data(contentsOf: URL(filePath: path))
    let all = try JSONDecoder().decode(Latencies.self, from: data).rows
    let target = try GPUs.target("t4")
    for (source, software, net, bound) in [
      ("hawq_ilp", "layer", "ResNet50", 14.0), ("hawq_tvm", "kernel", "resnet50", 18.0),
    ] {
      let constants = try #require(target.convolutions.first { $0.software == software })
      var errors: [Double] = []
      var pairs: [Int: [String: (predicted: Double, measured: Double)]] = [:]
      let rows = all.filter { $0.kind == "conv2d" && $0.source == source && $0.net == net }
      for row in rows {
        let quant = try #require(row.quant)
        let (inputs, kernel) = (try #require(row.in_ch), try #require(row.kernel))
        let outputs =
          try #require(row.batch) * (try #require(row.out_ch))
          * (try #require(row.out_hw)) * (try #require(row.out_hw))
        let seconds = constants.seconds(
          bits: quant == "W4A4" ? 4 : 8, macs: try #require(row.macs), outputs: outputs,
          k: inputs * kernel * kernel)
        let measured = try #require(row.latency_ms)
        errors.append(abs(seconds * 1e3 / measured - 1) * 100)
        let index = (pairs.values.filter { $0[quant] != nil }).count
        pairs[index, default: [:]][quant] = (seconds * 1e3, measured)
      }
      #expect(!errors.isEmpty)
      let mean = errors.reduce(0, +) / Double(errors.count)
      #expect(mean <= bound, "\(source): \(mean) %")
      guard software == "layer" else { continue }
      let ratios = pairs.values.compactMap { pair -> Double? in
        guard let four = pair["W4A4"], let eight = pair["W8A8"] else { return nil }
        return abs(
          (four.predicted / eight.predicted) / (four.measured / eight.measured) - 1) * 100
      }
      #expect(ratios.count == 52)
      let ratio = ratios.reduce(0, +) / Double(ratios.count)
      #expect(ratio <= 13, "ratio of INT4 to INT8: \(ratio) %")
    }
  }
}
