/// What a vendor tool reported of a design.
///
/// Formats: C synthesis of Vivado HLS 2018 to 2020 and Vitis HLS 2020 to 2025 (`csynth.xml`,
/// `*_csynth.rpt`), utilization of Vivado after logic synthesis (`vivado_synth.rpt`). A number that a
/// report does not have is nil.
public struct SynthesisReport: Hashable, Sendable {
  public enum Stage: String, Hashable, Sendable {
    /// Estimated by high-level synthesis.
    case csynth
    /// Counted after logic synthesis.
    case postSynthesis = "post_synth"
  }

  public let stage: Stage
  /// Relative to the project.
  public let path: String
  /// The top function or device, as the report calls it.
  public internal(set) var top: String?
  public internal(set) var part: String?
  /// Tool and version in words.
  public internal(set) var tool: String?
  public internal(set) var lut: Double?
  public internal(set) var ff: Double?
  public internal(set) var dsp: Double?
  public internal(set) var bram18: Double?
  public internal(set) var uram: Double?
  /// Cycles, least and most.
  public internal(set) var latency: ClosedRange<Double>?
  public internal(set) var interval: ClosedRange<Double>?
  /// Target and estimated period in nanoseconds.
  public internal(set) var clockPeriod: Double?
  public internal(set) var estimatedPeriod: Double?
  /// Modules of the design, of C synthesis, as far as the report lists them.
  public internal(set) var modules: [Module] = []

  /// One module of a design, what it contains included.
  public struct Module: Hashable, Sendable {
    /// As the report calls it: `dense_latency_ap_fixed_ap_fixed_config2_s`.
    public let name: String
    public internal(set) var lut: Double?
    public internal(set) var ff: Double?
    public internal(set) var dsp: Double?
    public internal(set) var bram18: Double?
    /// Most cycles.
    public internal(set) var latency: Double?
    public internal(set) var interval: Double?

    init(name: String) { self.name = name }

    /// Whether it is what became of a configuration struct of hls4ml, whose name ends the module's.
    public func has(configuration: String) -> Bool {
      let own = name.hasSuffix("_s") ? name.dropLast(2) : name[...]
      return own == configuration || own.hasSuffix("_" + configuration)
    }
  }

  init(stage: Stage, path: String) {
    self.stage = stage
    self.path = path
  }

  /// Whether anything was read.
  var isEmpty: Bool { lut == nil && ff == nil && dsp == nil && latency == nil }

  /// Reads a report by its content; nil for a text that is none.
  ///
  /// - Parameters:
  ///   - text: the whole file.
  ///   - path: where it is, relative to the project.
  public init?(_ text: String, path: String) {
    if text.contains("<profile") || text.contains("<AreaEstimates") {
      self.init(stage: .csynth, path: path)
      read(xml: text)
    } else if text.contains("Utilization Estimates") {
      self.init(stage: .csynth, path: path)
      read(csynth: text)
    } else if text.contains("Utilization Design Information") || text.contains("Site Type") {
      self.init(stage: .postSynthesis, path: path)
      read(utilization: text)
    } else {
      return nil
    }
    guard !isEmpty else { return nil }
  }

  // MARK: XML

  /// The text of the first element of a name within another's; names of elements do not repeat there.
  private static func element(_ name: String, in text: Substring) -> Substring? {
    guard let open = text.firstRange(of: "<\(name)>"),
      let close = text[open.upperBound...].firstRange(of: "</\(name)>")
    else { return nil }
    return text[open.upperBound..<close.lowerBound]
  }

  private mutating func read(xml text: String) {
    func number(_ names: [String], in part: Substring?) -> Double? {
      guard let part else { return nil }
      for name in names {
        if let cell = Self.element(name, in: part) { return ReportTable.number(cell) }
      }
      return nil
    }
    func range(_ low: Double?, _ high: Double?) -> ClosedRange<Double>? {
      guard let high = high ?? low else { return nil }
      return min(low ?? high, high)...high
    }
    let all = text[...]
    let user = Self.element("UserAssignments", in: all)
    top = user.flatMap { Self.element("TopModelName", in: $0) }.map(String.init)
    part = user.flatMap { Self.element("Part", in: $0) }.map(String.init)
    clockPeriod = number(["TargetClockPeriod"], in: user)
    tool = Self.element("ReportVersion", in: all).flatMap { Self.element("Version", in: $0) }
      .map(String.init)
    let performance = Self.element("PerformanceEstimates", in: all)
    let timing = performance.flatMap { Self.element("SummaryOfTimingAnalysis", in: $0) }
    estimatedPeriod = number(["EstimatedClockPeriod"], in: timing)
    let cycles = performance.flatMap { Self.element("SummaryOfOverallLatency", in: $0) }
    latency = range(
      number(["Best-caseLatency"], in: cycles), number(["Worst-caseLatency"], in: cycles))
    interval = range(
      number(["Interval-min"], in: cycles), number(["Interval-max", "Interval-min"], in: cycles))
    let area = Self.element("AreaEstimates", in: all)
    let resources = area.flatMap { Self.element("Resources", in: $0) }
    lut = number(["LUT"], in: resources)
    ff = number(["FF"], in: resources)
    // DSP48E until 2020, DSP since.
    dsp = number(["DSP", "DSP48E"], in: resources)
    bram18 = number(["BRAM_18K"], in: resources)
    uram = number(["URAM"], in: resources)
    var rest = Self.element("ModuleInformation", in: all) ?? ""
    while let text = Self.element("Module", in: rest) {
      rest = rest[text.endIndex...]
      guard let name = Self.element("Name", in: text) else { continue }
      var module = Module(name: String(name))
      let cycles = Self.element("SummaryOfOverallLatency", in: text)
      module.latency = number(["Worst-caseLatency"], in: cycles)
      module.interval = number(["PipelineInitiationInterval", "Interval-max"], in: cycles)
      let area = Self.element("Resources", in: text)
      module.lut = number(["LUT"], in: area)
      module.ff = number(["FF"], in: area)
      module.dsp = number(["DSP", "DSP48E"], in: area)
      module.bram18 = number(["BRAM_18K"], in: area)
      modules.append(module)
    }
  }

  // MARK: Text of C synthesis

  private mutating func read(csynth text: String) {
    func line(_ title: String) -> String? {
      guard let start = text.firstRange(of: "* \(title):") else { return nil }
      let rest = text[start.upperBound...].prefix { !$0.isNewline }
      let words = rest.drop { $0 == " " }
      return words.isEmpty ? nil : String(words)
    }
    tool = line("Version").map { $0.split(separator: " ").first.map(String.init) ?? $0 }
    top = line("Project")
    part = line("Target device")
    let tables = ReportTable.all(in: text)
    readInstances(tables)
    // Cycles: two columns each, behind them times since 2020; the type is last.
    if let table = tables.first(where: { $0.rows.first?.first?.hasPrefix("Latency") ?? false }),
      let row = table.rows.last
    {
      let numbers = row.compactMap { cell in cell.contains(" ") ? nil : ReportTable.number(cell) }
      if numbers.count >= 4 {
        latency = min(numbers[0], numbers[1])...max(numbers[0], numbers[1])
        interval = min(numbers[2], numbers[3])...max(numbers[2], numbers[3])
      }
    }
    if let table = tables.first(where: { $0.row { $0 == "Total" } != nil }),
      let head = table.row(where: { $0 == "Name" }), let total = table.row(where: { $0 == "Total" })
    {
      func column(_ names: Substring...) -> Double? {
        head.firstIndex { names.contains($0) }.flatMap {
          total.indices.contains($0) ? ReportTable.number(total[$0]) : nil
        }
      }
      lut = column("LUT")
      ff = column("FF")
      dsp = column("DSP", "DSP48E")
      bram18 = column("BRAM_18K")
      uram = column("URAM")
    }
  }

  /// Tables of instances: cycles, and what they take.
  private mutating func readInstances(_ tables: [ReportTable]) {
    var places: [String: Int] = [:]
    for table in tables {
      guard let start = table.rows.firstIndex(where: { $0.prefix(2) == ["Instance", "Module"] })
      else { continue }
      let head = table.rows[start]
      for row in table.rows[(start + 1)...] where row.count == head.count || !head.contains("LUT") {
        guard row.count > 2, !row[0].isEmpty, !row[1].isEmpty, row[0] != "Total" else { continue }
        let place = places[String(row[1])] ?? modules.count
        if place == modules.count {
          places[String(row[1])] = place
          modules.append(Module(name: String(row[1])))
        }
        func cell(_ names: Substring...) -> Double? {
          head.firstIndex { names.contains($0) }.flatMap {
            row.indices.contains($0) ? ReportTable.number(row[$0]) : nil
          }
        }
        if head.contains("LUT") {
          modules[place].lut = cell("LUT")
          modules[place].ff = cell("FF")
          modules[place].dsp = cell("DSP", "DSP48E")
          modules[place].bram18 = cell("BRAM_18K")
        } else {
          // As in the summary: cycles and intervals in two columns each, times between them.
          let numbers = row.dropFirst(2).compactMap { cell in
            cell.contains(" ") ? nil : ReportTable.number(cell)
          }
          guard numbers.count >= 4 else { continue }
          modules[place].latency = max(numbers[0], numbers[1])
          modules[place].interval = max(numbers[2], numbers[3])
        }
      }
    }
  }

  // MARK: Utilization after logic synthesis

  private mutating func read(utilization text: String) {
    let tables = ReportTable.all(in: text)
    /// The used number of the first site whose name begins so; notes are marked by stars.
    func used(_ names: String...) -> Double? {
      for name in names {
        for table in tables {
          guard let head = table.row(where: { $0 == "Site Type" }),
            let column = head.firstIndex(of: "Used"),
            let row = table.row(where: { $0.prefix { $0 != "*" } == name }),
            row.indices.contains(column)
          else { continue }
          if let number = ReportTable.number(row[column]) { return number }
        }
      }
      return nil
    }
    lut = used("CLB LUTs", "Slice LUTs")
    ff = used("CLB Registers", "Slice Registers", "Registers")
    dsp = used("DSPs", "DSP Slices")
    bram18 = used("Block RAM Tile").map { $0 * 2 }
    uram = used("URAM")
    func line(_ title: String) -> String? {
      guard let start = text.firstRange(of: "| \(title)") else { return nil }
      let rest = text[start.upperBound...].prefix { !$0.isNewline }
      let words = rest.drop { $0 == " " || $0 == ":" }
      return words.isEmpty ? nil : String(words)
    }
    part = line("Device")
    tool = line("Tool Version")
  }
}

extension SynthesisReport {
  /// Largest report that is read, in bytes.
  static let byteLimit = 1 << 26

  /// The design's reports of a project: the top function's C synthesis and the count after logic
  /// synthesis, each once.
  ///
  /// - Parameters:
  ///   - folder: of the project.
  ///   - paths: reports in it, relative.
  ///   - name: the top function.
  /// - Returns: at most one report a stage; files that cannot be read are passed over.
  public static func designs(
    in folder: String, paths: [String], name: String
  ) -> [SynthesisReport] {
    var found: [SynthesisReport] = []
    func preference(_ path: String) -> Int {
      let file = path.split(separator: "/").last ?? ""
      if file == "\(name)_csynth.rpt" { return 0 }
      return file == "csynth.xml" ? 1 : 2
    }
    for path in paths.sorted(by: { (preference($0), $0) < (preference($1), $1) }) {
      let file = path.split(separator: "/").last ?? ""
      // Reports of single modules are none of the design.
      let names = ["vivado_synth.rpt", "csynth.xml", "csynth.rpt", "\(name)_csynth.rpt"]
      guard names.contains(String(file)) else { continue }
      guard let bytes = try? [UInt8](contentsOf: folder + "/" + path, limit: byteLimit),
        let report = SynthesisReport(String(decoding: bytes, as: UTF8.self), path: path),
        !found.contains(where: { $0.stage == report.stage })
      else { continue }
      found.append(report)
    }
    return found
  }
}
