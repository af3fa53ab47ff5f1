import Arith
import ArgumentParser
import Documents
import HWModel
import Importers
import QuantGraph
import Sessions

/// `hwsim unit OP`: an arithmetic unit on arrays of codes, and golden vectors for it.
struct UnitCommand: ConfigurableCommand {
  static let configuration = CommandConfiguration(
    commandName: "unit",
    abstract: "Computes an arithmetic unit, says what it takes on an FPGA, or writes its Verilog.",
    usage:
      "hwsim unit (OP --a FORMAT --out FORMAT -o OUT | FAMILY --parameters P | --cost UNITS.json)",
    discussion: """
      OP is one of cast neg abs add sub mul div fma dot requantize min max lt le gt ge eq ne, or mma.
      Results are exact and rounded once. dot sums over the last axis, in an exact register unless
      --accumulator names a format. mma computes a [M,K] times b [N,K] transposed plus c as the tensor
      cores of --target do; integers of 1 to 8 bits with --path bitplane.

      FAMILY is one of adder mul mac fpmul fpmac fpadd xnorpop bsmac po2mul constmul requant dot thresh
      packed, with the parameters of files of units (--cost: a list of {name, family, params}).
      --target names a synthesis flow (hwsim targets); --verilog writes modules, benches and golden vectors.

      EXAMPLES:
        hwsim unit mul --a e2m1 --b e2m1 --out e4m3 --inputs x.npz -o y.npz
        hwsim unit dot --a int8 --b int8 --out int32 --accumulator 'fixed<20,20,TRN,SAT>' --inputs x.npz -o y.npz
        hwsim unit mma --target h100 --a e4m3 --b e4m3 --inputs x.npz -o y.npz
        hwsim unit mma --target a100 --path bitplane --a int8 --b int2 --inputs x.npz -o y.npz
        hwsim unit mac --parameters w=8,a=8,acc=32,a_signed=true --target xc7 --verilog rtl
        hwsim unit fma --a e4m3 --b e4m3 --c fp16 --out fp16 --golden 1000 --seed 7 -o fma
      """)

  static let essentials = [
    "a", "b", "out", "rounding", "overflow", "inputs", "output", "golden", "target", "verilog",
  ]

  @Argument(
    help: .init("The operation, or a family of units.", valueName: "OP|FAMILY"),
    completion: .list(
      UnitOperation.allCases.map(\.rawValue) + ["mma"] + UnitFamily.known.map(\.name)))
  var operation: String?

  @Option(
    help: .init("Parameters of a unit of FAMILY, such as w=8,a=8.", valueName: "NAME=VALUE,..."))
  var parameters: String?

  @Option(
    help: .init("Units {name, family, params} to cost or to write.", valueName: "UNITS.json"),
    completion: .file(extensions: ["json"]))
  var cost: String?

  @Option(
    help: .init("Write Verilog, benches and golden vectors there.", valueName: "DIR"),
    completion: .directory)
  var verilog: String?

  @Option(help: .init("Format of operand a.", valueName: "FORMAT"), completion: .formats)
  var a: String?

  @Option(help: .init("Format of operand b.", valueName: "FORMAT"), completion: .formats)
  var b: String?

  @Option(help: .init("Format of operand c.", valueName: "FORMAT"), completion: .formats)
  var c: String?

  @Option(help: .init("Format of the result.", valueName: "FORMAT"), completion: .formats)
  var out: String?

  @Option(
    help: .init("Running sum of dot: exact, or a format rounded at each step.", valueName: "FORMAT")
  )
  var accumulator: String?

  @Option(help: .init("Integer factor of requantize.", valueName: "M"))
  var multiplier: Int64?

  @Option(help: .init("Power of two that requantize divides by.", valueName: "S"))
  var shift: Int?

  @Option(
    help: .init("The GPU whose mma is computed, or the flow of units.", valueName: "GPU|FLOW"))
  var target: String?

  @Option(help: .init("Instructions of mma: tensor-core, mma-sync or bitplane.", valueName: "PATH"))
  var path: String?

  @Option(help: .init("How single bits meet in mma: xor or and.", valueName: "OP"))
  var op: String?

  @Flag(help: "mma of each row of a with the same row of b: a and b are [R,K].")
  var rows = false

  @OptionGroup var casting: CastOptions

  @Option(help: .init("Bits of each random number in array 'random'.", valueName: "N"))
  var randomWidth: Int?

  @Option(help: .init("What stands where the format has no code.", valueName: "CHOICE"))
  var invalid = InvalidChoice.error

  @Option(
    help: .init("Arrays a, b, c of codes (and random).", valueName: "IN.npz"),
    completion: .file(extensions: ["npz"]))
  var inputs: String?

  @Option(help: .init("Write N golden vectors instead, boundary cases first.", valueName: "N"))
  var golden: Int?

  @Option(
    name: [.customShort("o"), .customLong("output")],
    help: .init("The result's file; with --golden OUT.csv and OUT.hex.", valueName: "OUT"),
    completion: .file(extensions: ["npz"]))
  var product: String?

  @OptionGroup(visibility: .hidden) var threading: ThreadOption
  @OptionGroup(title: "How it is computed") var seeding: SeedOption
  @OptionGroup(title: "Output") var computing: RunOptions
  @OptionGroup(title: "Output") var outputOptions: OutputOptions
  @OptionGroup(visibility: .hidden) var watching: ProgressOptions
  @OptionGroup(title: "Output") var table: TableOptions

  var asksCSV: Bool { table.csv }

  func report(_ session: Session) throws(Failure) -> Report {
    if parameters != nil || cost != nil || verilog != nil { return try hardwareReport() }
    guard let product else {
      if operation != "mma" { _ = try request.knownOperation() }
      if operation != "mma", target != nil {
        throw Failure(
          "usage.arguments", "what a unit takes on --target follows from its parameters",
          remedy: "write hwsim unit mul --parameters w=8,a=8,signed=true --target xc7.")
      }
      throw Failure("usage.arguments", "-o is missing", remedy: "name the result's file.")
    }
    guard (inputs == nil) != (golden == nil) else {
      throw Failure(
        "usage.arguments", "one of --inputs and --golden is needed",
        remedy: "--inputs IN.npz computes arrays; --golden N writes vectors.")
    }
    if operation == "mma" { return try matrixReport(product) }
    guard target == nil, path == nil, op == nil, !rows else {
      throw Failure(
        "usage.arguments", "--target, --path, --op and --rows are those of mma",
        remedy: "leave them out, or write hwsim unit mma.")
    }
    let unit = try request.unit()
    var members: [JSON.Member] = [
      .init(key: "operation", value: .string(unit.operation.rawValue)),
      .init(key: "a", value: .string(unit.a.name)),
      .init(key: "b", value: .optional(unit.b?.name)),
      .init(key: "c", value: .optional(unit.c?.name)),
      .init(key: "out", value: .string(unit.out.encoding.name)),
      .init(key: "accumulator", value: .optional(accumulator)),
      .init(key: "rounding", value: .optional(casting.rounding)),
      .init(key: "overflow", value: .optional(casting.overflow)),
    ]
    if let golden {
      guard (1...10_000_000).contains(golden) else {
        throw Failure(
          "usage.arguments", "--golden \(golden) is outside 1 to 10,000,000",
          remedy: "write fewer vectors.")
      }
      members.append(.init(key: "seed", value: .string("\(seeding.seed)")))
      let vectors = try GoldenVectors(unit: unit, count: golden, seed: seeding.seed)
      try TextFile.replace(product + ".csv", with: vectors.csv)
      try TextFile.replace(product + ".hex", with: vectors.hexadecimal)
      let (count, boundary, isExhaustive) = (
        vectors.rows.count, vectors.boundaryCount, vectors.isExhaustive
      )
      return Report(
        schema: "unit", arguments: .object(members),
        result: [
          "files": .strings([product + ".csv", product + ".hex"]), "vectors": .integer(count),
          "boundary_vectors": .integer(boundary), "exhaustive": .bool(isExhaustive),
        ]
      ) { style in
        Heading.line(
          "\(product).csv, \(product).hex",
          "\(Quantity.count(count, "vector")) (\(Quantity.count(boundary)) boundary cases first"
            + (isExhaustive ? ", all operands)" : ")"), right: "exact", style: style)
      }
    }
    guard let inputs else { return try noInputs() }
    let summary = try UnitRun(unit, invalid: invalid).run(inputs, to: product)
    return Report(
      schema: "unit", arguments: .object(members),
      inputs: [InputRecord(role: "inputs", path: inputs, kind: "npz")],
      result: [
        "shape": .integers(summary.shape), "values": .integer(summary.count),
        "invalid_values": .integer(summary.invalid), "type": .string(summary.type),
      ]
    ) { _ in
      "\(Quantity.count(summary.count, "result")) in \(unit.out.encoding.name), \(summary.type)"
        + (summary.invalid > 0 ? ", \(Quantity.count(summary.invalid)) without a code" : "")
        + "  exact\n"
    }
  }

  /// `hwsim unit mma`.
  private func matrixReport(_ product: String) throws(Failure) -> Report {
    guard golden == nil, let inputs else {
      throw Failure(
        "usage.arguments", "mma computes arrays and writes no golden vectors",
        remedy: "give --inputs IN.npz with a, b and perhaps c.")
    }
    guard c == nil, out == nil, multiplier == nil, shift == nil, casting.rounding == nil else {
      throw Failure(
        "usage.arguments", "mma takes --a, --b, --accumulator and --overflow only",
        remedy: "how results round is the hardware's own; --accumulator names their format.")
    }
    let matrix = try MatrixUnit(
      .init(
        target: target, path: path, a: a, b: b, accumulator: accumulator,
        overflow: casting.overflow, join: op, isRowwise: rows))
    let summary = try matrix.compute(inputs)
    try summary.write(to: product)
    return Report(
      schema: "unit",
      arguments: [
        "operation": "mma", "target": .string(matrix.target),
        "path": .string(matrix.instruction.rawValue), "a": .string(matrix.a.name),
        "b": .string(matrix.b.name), "accumulator": .optional(accumulator),
        "overflow": .optional(casting.overflow), "op": .optional(op), "rows": .bool(rows),
      ],
      inputs: [InputRecord(role: "inputs", path: inputs, kind: "npz")],
      result: matrix.json(summary)
    ) { _ in matrix.text(summary) }
  }

  private func noInputs() throws(Failure) -> Report {
    throw Failure("usage.arguments", "--inputs is missing", remedy: "name the operands' file.")
  }

  /// Units by their parameters: what they take, and their Verilog.
  private func hardwareReport() throws(Failure) -> Report {
    let alien = [a, b, c, out, accumulator, path, op, inputs, product, casting.rounding]
    guard alien.allSatisfy({ $0 == nil }), multiplier == nil, shift == nil, !rows else {
      throw Failure(
        "usage.arguments", "formats, --inputs and -o are those of OP",
        remedy: "a unit of FAMILY takes --parameters, --target, --verilog, --golden and --seed.")
    }
    let units: UnitList
    var records: [InputRecord] = []
    switch (cost, operation, parameters) {
    case (let path?, nil, nil):
      units = try UnitList(file: path)
      records = [InputRecord(role: "units", path: path, kind: "units")]
    case (nil, let family?, let parameters?):
      units = try UnitList(family: family, parameters: parameters)
    default:
      throw Failure(
        "usage.arguments", "a unit is FAMILY with --parameters, or units are --cost UNITS.json",
        remedy: "write hwsim unit mul --parameters w=8,a=8,signed=true --target xc7.")
    }
    guard target != nil || verilog != nil else {
      throw Failure(
        "usage.arguments", "nothing is asked of the units",
        remedy: "--target FLOW says what they take, --verilog DIR writes them.")
    }
    let choice = try target.map { name throws(Failure) in try TargetChoice(name) }
    let answer = try UnitHardware(
      units, target: choice, verilog: verilog, vectors: golden ?? 1000, seed: seeding.seed)
    return Report(
      schema: "unit",
      arguments: [
        "operation": .optional(operation), "parameters": .optional(parameters),
        "seed": .string("\(seeding.seed)"),
      ],
      inputs: records, target: choice?.record ?? .null, result: answer.json, table: answer.table
    ) { [all = self.table.all] style in answer.text(style, showsAll: all) }
  }

  private var request: UnitRequest {
    var request = UnitRequest(operation: operation)
    (request.a, request.b, request.c, request.out) = (a, b, c, out)
    request.accumulator = accumulator
    (request.multiplier, request.shift) = (multiplier, shift)
    request.modes = casting.modes
    request.randomWidth = randomWidth ?? 0
    return request
  }
}
