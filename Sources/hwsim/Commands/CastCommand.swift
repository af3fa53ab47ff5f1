import Arith
import ArgumentParser
import Documents
import Importers
import QuantGraph
import Sessions

/// `hwsim cast`: an array through a format.
struct CastCommand: ConfigurableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cast",
    abstract: "Moves an array of values, or of another format's codes, into a format.",
    usage: "hwsim cast IN.npy --to FORMAT [--from FORMAT] [options] -o OUT.npy",
    discussion: """
      Float arrays are values; integer arrays are codes of --from. The result holds codes in the
      smallest integer type, or values with --values. Block formats write codes and scales to an .npz.

      EXAMPLES:
        hwsim cast x.npy --to e4m3 --rounding TiesToEven --overflow sat -o codes.npy
        hwsim cast acc.npy --from 'fixed<20,8>' --to 'fixed<8,3>' --rounding RND_CONV --overflow SAT -o y.npy
        hwsim cast w.npy --to mxfp4 --axis -1 -o w.npz
        hwsim cast w.npy --compare e4m3,int8,mxfp4                 which format loses least
        hwsim cast blocks.npy --from Q4_K --to float32 -o w.npy
      """)

  static let essentials = ["to", "from", "compare", "rounding", "overflow", "output"]

  @Argument(help: .init("The array; - is standard input.", valueName: "IN.npy"))
  var input: String

  @Option(
    help: .init("Format of the result.", valueName: "FORMAT"), completion: .formats)
  var to: String?

  @Option(
    help: .init("Format whose codes the input holds.", valueName: "FORMAT"), completion: .formats)
  var from: String?

  @OptionGroup var casting: CastOptions

  @Option(
    help: .init(
      "Formats to compare on the array: what each loses; nothing is written.",
      valueName: "A,B,..."))
  var compare: String?

  @Option(
    help: .init(
      "With --compare: max (the largest magnitude becomes the format's largest number), mse "
        + "(smallest squared error), none or a number that values are divided by.",
      valueName: "SCALE"), completion: .list(["max", "mse", "none"]))
  var scale = "max"

  @Option(
    help: .init("Random numbers of a stochastic rounding, one a value.", valueName: "FILE"),
    completion: .file(extensions: ["npy"]))
  var randomBits: String?

  @Option(help: .init("Bits of each random number, 1 to 32.", valueName: "N"))
  var randomWidth: Int?

  @Option(help: .init("What stands where the format has no code.", valueName: "CHOICE"))
  var invalid = InvalidChoice.error

  @Flag(help: "Write values (float64) instead of codes.")
  var values = false

  @Option(help: .init("Axis along which blocks lie (default: the last).", valueName: "A"))
  var axis: Int?

  @Option(
    name: [.customShort("o"), .customLong("output")],
    help: .init("The result's file.", valueName: "OUT.npy"),
    completion: .file(extensions: ["npy", "npz"]))
  var product: String?

  @OptionGroup(visibility: .hidden) var threading: ThreadOption
  @OptionGroup(visibility: .hidden) var seeding: SeedOption
  @OptionGroup(title: "Output") var computing: RunOptions
  @OptionGroup(title: "Output") var outputOptions: OutputOptions
  @OptionGroup(title: "Output") var watching: ProgressOptions
  @OptionGroup(title: "Output") var table: WholeTableOptions

  var asksCSV: Bool { table.csv }

  private func comparison(_ formats: String, _ session: Session) throws(Failure) -> Report {
    guard to == nil, from == nil, product == nil, randomBits == nil else {
      throw Failure(
        "usage.arguments", "--compare writes nothing and takes values",
        remedy: "leave out --to, --from, --random-bits and -o.")
    }
    let progress = session.progress("formats")
    defer { progress.finish() }
    let rows = try CastComparison(scale: try .init(scale), axis: axis ?? -1)
      .rows(formats, of: input, modes: casting.modes, progress: progress.update(done:of:))
    return Report(
      schema: "cast",
      arguments: [
        "compare": .string(formats), "scale": .string(scale), "axis": .integer(axis ?? -1),
        "rounding": .optional(casting.rounding), "overflow": .optional(casting.overflow),
      ],
      inputs: [InputRecord(role: "input", path: input, kind: "npy")],
      result: ["compared": rows.json], table: rows.table
    ) { style in
      "\(Quantity.count(rows.first.map { $0.losses.count + $0.invalid } ?? 0, "value"))\n"
        + rows.table.render(style: style)
    }
  }

  func report(_ session: Session) throws(Failure) -> Report {
    if let compare { return try comparison(compare, session) }
    guard let to else {
      throw Failure("usage.arguments", "--to is missing", remedy: "name the result's format.")
    }
    guard let product else {
      throw Failure("usage.arguments", "-o is missing", remedy: "name the result's file.")
    }
    if let cast = try GGUFCast(from: from, to: to) {
      guard casting.rounding == nil, casting.overflow == nil, randomBits == nil, axis == nil else {
        throw Failure(
          "usage.arguments", "GGUF blocks round by their own rule",
          remedy: "leave out --rounding, --overflow, --random-bits and --axis.")
      }
      return try report(cast, to: product)
    }
    let target = try Encoding.named(to, option: "--to")
    let source = try Encoding.named(from, option: "--from")
    var arguments: [JSON.Member] = [
      .init(key: "to", value: .string(target.name)),
      .init(key: "from", value: .optional(source?.name)),
      .init(key: "rounding", value: .optional(casting.rounding)),
      .init(key: "overflow", value: .optional(casting.overflow)),
      .init(key: "invalid", value: .string(invalid.rawValue)),
      .init(key: "values", value: .bool(values)),
    ]
    let summary: CastSummary
    if case .block(let format) = target {
      guard source == nil, randomBits == nil, casting.rounding == nil, casting.overflow == nil
      else {
        throw Failure(
          "usage.arguments", "a block format rounds by its own rule",
          remedy: "leave out --from, --rounding, --overflow and --random-bits.")
      }
      arguments.append(.init(key: "axis", value: .integer(axis ?? -1)))
      summary = try BlockCast(format: format, axis: axis ?? -1, writesValues: values)
        .run(input, to: product)
    } else {
      guard axis == nil else {
        throw Failure(
          "usage.arguments", "--axis is for block formats",
          remedy: "leave it out; \(target.name) has no blocks.")
      }
      guard (randomBits == nil) == (randomWidth == nil) else {
        throw Failure(
          "usage.random-bits", "--random-bits and --random-width go together",
          remedy: "give both or neither.")
      }
      let progress = session.progress("values")
      defer { progress.finish() }
      summary = try ArrayCast(
        rule: try casting.modes.rule(to: target, randomWidth: randomWidth ?? 0), source: source,
        invalid: invalid, writesValues: values, randomBits: randomBits,
        progress: progress.update(done:of:)
      ).run(input, to: product)
    }
    let inputs = ([input] + [randomBits].compactMap { $0 }).filter { $0 != "-" }
    return Report(
      schema: "cast", arguments: .object(arguments),
      inputs: inputs.enumerated().map {
        InputRecord(role: $0.offset == 0 ? "input" : "random-bits", path: $0.element, kind: "npy")
      },
      warnings: summary.losses?.warning(at: input, of: target.name).map { [$0] } ?? [],
      result: Self.result(summary, format: target.name)
    ) { _ in
      var text = "\(Quantity.count(summary.count, "value")) -> \(target.name), \(summary.type)\n"
      if summary.invalid > 0 { text += "\(Quantity.count(summary.invalid)) without a code, " }
      return text + (summary.losses.map { $0.words + "\n" } ?? "")
    }
  }

  /// From or to blocks of GGUF.
  private func report(_ cast: GGUFCast, to product: String) throws(Failure) -> Report {
    let summary = try cast.run(input, to: product)
    let losses = summary.losses
    return Report(
      schema: "cast",
      arguments: ["to": .string(cast.target), "from": .string(cast.source)],
      inputs: input == "-" ? [] : [InputRecord(role: "input", path: input, kind: "npy")],
      warnings: [losses?.warning(at: input, of: cast.blocks)].compactMap(\.self),
      result: Self.result(summary, format: cast.target)
    ) { _ in
      "\(Quantity.count(summary.count, "value")): \(cast.source) -> \(cast.target)\n"
        + (losses.map { $0.words + "\n" } ?? "")
    }
  }

  private static func result(_ summary: CastSummary, format: String) -> JSON {
    .object(
      [
        .init(key: "format", value: .string(format)),
        .init(key: "shape", value: .integers(summary.shape)),
        .init(key: "values", value: .integer(summary.count)),
        .init(key: "invalid_values", value: .integer(summary.invalid)),
        .init(key: "type", value: .string(summary.type)),
      ] + (summary.losses?.members ?? []))
  }
}
