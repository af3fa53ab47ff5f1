import FoundationEssentials
import QuantGraph

/// Reads an hls4ml project: the text that g++ compiles for C simulation.
///
/// `firmware/defines.h` gives types, `firmware/parameters.h` one configuration a layer, the top
/// function calls and order, `firmware/weights/*.txt` the constants.
struct HLS4MLProject {
  /// Path of the folder or archive as the user typed it.
  let path: String
  let files: HLSFiles
  /// Whether the files are in an archive.
  var isArchived = false
  /// The version that the user names; nil to find it.
  var namedVersion: HLS4MLVersion?

  private static let definesPath = "firmware/defines.h"
  private static let parametersPath = "firmware/parameters.h"
  private static let generatedPath = "firmware/nnet_utils/nnet_code_gen.h"

  /// The bytes of a file of the project; problems name it relative to the folder.
  private func bytes(_ relative: String, limit: Int) throws(HLS4MLProblem) -> [UInt8] {
    do throws(ImportError) {
      return try files.bytes(relative, limit: limit)
    } catch {
      throw HLS4MLProblem(.file(error), at: .init(file: relative))
    }
  }

  /// - Throws: ``HLS4MLProblems`` with everything that is wrong.
  func model() throws(HLS4MLProblems) -> HLS4MLModel {
    let configuration = HLSYAML(
      (try? bytes("hls4ml_config.yml", limit: HLSYAML.byteLimit)) ?? [])
    if let backend = foreignBackend(configuration) {
      throw HLS4MLProblems([
        HLS4MLProblem(.backend(backend), at: .init(file: "hls4ml_config.yml"))
      ])
    }
    var scope = HLSScope()
    var macros: CppLexer.Macros = [:]
    var problems: [HLS4MLProblem] = []
    for file in [Self.definesPath, Self.parametersPath] {
      do throws(HLS4MLProblem) {
        let tokens = try CppLexer.tokens(
          try bytes(file, limit: CppLexer.byteLimit), file: file, macros: &macros)
        try scope.declarations.add(tokens, file: file)
      } catch {
        problems.append(error)
      }
    }
    let parsed: HLSProgram
    do throws(HLS4MLProblem) {
      parsed = try program(configuration, scope: scope, macros: macros)
    } catch {
      throw HLS4MLProblems(problems + [error])
    }
    guard problems.isEmpty else { throw HLS4MLProblems(problems) }

    let generated: HLSGeneratedCode?
    do throws(HLS4MLProblem) {
      generated =
        files.exists(Self.generatedPath)
        ? HLSGeneratedCode(
          try bytes(Self.generatedPath, limit: HLSGeneratedCode.byteLimit),
          file: Self.generatedPath) : nil
    } catch {
      throw HLS4MLProblems([error])
    }
    let isStream = parsed.arguments.contains { $0.extents == nil }
    let finding = finding(configuration, declarations: scope.declarations, program: parsed)
    var builder = HLSGraphBuilder(
      program: parsed, scope: scope, source: HLSWeightFiles(files: files), isStream: isStream,
      knownShapes: configuration.inputShapes, generatedCode: generated, version: finding.version,
      rival: finding.rival)
    let (graph, weightCount) = try builder.graph()
    let info = HLS4MLProjectInfo(
      form: isArchived ? .archive : .project, name: parsed.name,
      ioType: isStream ? .stream : .parallel,
      version: finding.version.description, versionReason: finding.reason,
      backend: configuration.scalars["Backend"], part: configuration.scalars["Part"],
      clockPeriod: configuration.scalars["ClockPeriod"].flatMap(Double.init),
      layers: builder.layers, weightCount: weightCount, reports: reports(), archives: archives(),
      changedDefinitions: changedDefinitions())
    return HLS4MLModel(graph: graph, info: info)
  }

  /// The back end that wrote the project, if it is none of those for Vivado and Vitis HLS: the name
  /// in its configuration, else by the types that only one writes.
  private func foreignBackend(_ configuration: HLSYAML) -> String? {
    if let name = configuration.scalars["Backend"] {
      return name.lowercased().hasPrefix("vi") ? nil : name
    }
    let text = (try? files.bytes(Self.definesPath, limit: CppLexer.byteLimit)) ?? []
    let words = String(decoding: text, as: UTF8.self)
    if words.contains("sycl") { return "oneAPI" }
    if words.contains("ac_channel") { return "Catapult" }
    return words.contains("ac_fixed<") || words.contains("ac_int<") ? "Quartus" : nil
  }

  private func finding(
    _ configuration: HLSYAML, declarations: CppDeclarations, program: HLSProgram
  ) -> HLS4MLVersionFinding {
    if let namedVersion { return .init(version: namedVersion, reason: "--hls4ml-version") }
    func text(_ file: String) -> [UInt8] {
      (try? bytes(file, limit: CppLexer.byteLimit)) ?? []
    }
    if let found = HLS4MLVersionFinding.find(utilities: { text("firmware/nnet_utils/" + $0) }) {
      return found
    }
    let found = HLS4MLVersionFinding.find(
      defines: text(Self.definesPath),
      source: text("firmware/\(program.name).cpp"), declarations: declarations, program: program)
    guard found.rival != nil else { return found }
    return found.toldApart(
      hasCoreVersion: configuration.scalars["Version"] != nil, weights: firstWeights())
  }

  /// The first bytes of each weight file.
  private func firstWeights() -> [[UInt8]] {
    files.names(in: "firmware/weights").filter { $0.hasSuffix(".txt") }.prefix(4096).compactMap {
      name in
      files.prefix(of: "firmware/weights/" + name, count: 4)
    }
  }

  /// The top function: of the file that the configuration names, else of the one source file whose
  /// name is that of a function in it.
  private func program(
    _ configuration: HLSYAML, scope: HLSScope, macros: CppLexer.Macros
  ) throws(HLS4MLProblem) -> HLSProgram {
    var candidates = files.names(in: "firmware").filter { $0.hasSuffix(".cpp") }.map {
      String($0.dropLast(4))
    }
    if let named = configuration.scalars["ProjectName"], candidates.contains(named) {
      candidates = [named]
    }
    guard let first = candidates.first else {
      throw HLS4MLProblem(.notAModel(missing: "firmware/*.cpp"), at: .init(file: path))
    }
    // What other sources in the folder call the network has no calls of layers.
    if candidates.count > 1 {
      let callers = candidates.filter { name in
        let text = (try? files.bytes("firmware/\(name).cpp", limit: CppLexer.byteLimit)) ?? []
        return String(decoding: text, as: UTF8.self).contains("nnet::")
      }
      candidates = callers.isEmpty ? candidates : callers
    }
    var failure: HLS4MLProblem?
    for name in candidates {
      let file = "firmware/\(name).cpp"
      var macros = macros
      let tokens = try CppLexer.tokens(
        try bytes(file, limit: CppLexer.byteLimit), file: file, macros: &macros)
      do throws(HLS4MLProblem) {
        return try HLSProgramParser.program(
          named: name, in: tokens, file: file, scope: scope
        ).addingHeaderWeights { (variable) throws(HLS4MLProblem) in try headerLoad(variable) }
      } catch {
        if case .unknown(kind: "top function", name: _) = error.reason, candidates.count > 1 {
          failure = failure ?? error
          continue
        }
        throw error
      }
    }
    throw failure
      ?? HLS4MLProblem(
        .unknown(kind: "top function", name: first), at: .init(file: "firmware/\(first).cpp"))
  }

  /// A weight array that no text file fills: with `WriteWeightsTxt: false` its values are in the
  /// header, `TYPE name[N] = {...};`.
  private func headerLoad(_ variable: String) throws(HLS4MLProblem) -> HLSLoad? {
    let file = "firmware/weights/\(variable).h"
    guard files.exists(file) else { return nil }
    let text = try bytes(file, limit: HLSWeightFiles.byteLimit)
    guard let head = HLSWeightFiles.headerValues(text) else { return nil }
    // Only the line with the declaration: the guards around it are not closed before the values.
    let before = text[..<head.lowerBound]
    let start = before.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
    let line = 1 + before[..<start].count { $0 == UInt8(ascii: "\n") }
    let tokens = try CppLexer.tokens(Array(before[start...]), file: file, firstLine: line)
    guard let name = tokens.lastIndex(where: { $0.isWord(variable) }), name > 0 else { return nil }
    var cursor = CppCursor(tokens[(name - 1)...], file: file)
    let place = cursor.place
    let type = try CppType.parse(&cursor)
    _ = cursor.next()
    try cursor.expect("[")
    let count = try HLSScope().integer(try cursor.collect(until: ["]"]), file: file)
    guard (0...HLSScope.elementLimit).contains(count) else {
      throw HLS4MLProblem(
        .range("the number of values", value: count, allowed: 0...HLSScope.elementLimit),
        at: place)
    }
    return HLSLoad(
      kind: .plain, variable: variable, type: type, count: count, fileName: "\(variable).h",
      place: place)
  }

  /// Reports of C synthesis and logic synthesis.
  private func reports() -> [String] {
    var found: [String] = []
    for folder in files.names(in: "").prefix(256) {
      if folder == "vivado_synth.rpt" { found.append(folder) }
      guard folder.hasSuffix("_prj") else { continue }
      for solution in files.names(in: folder).prefix(64) where solution.hasPrefix("solution") {
        let place = "\(folder)/\(solution)/syn/report"
        found += files.names(in: place).prefix(4096).filter {
          $0.hasSuffix("csynth.rpt") || $0.hasSuffix("csynth.xml")
        }.map { "\(place)/\($0)" }
      }
    }
    return found
  }

  /// Definitions of the headers that the project carries which are of no release; the header that
  /// hls4ml writes code into is left out.
  private func changedDefinitions() -> [String] {
    let folder = "firmware/nnet_utils"
    return files.names(in: folder).prefix(256).filter { name in
      name.hasSuffix(".h") && "\(folder)/\(name)" != Self.generatedPath
    }.flatMap { name in
      let text = (try? files.bytes("\(folder)/\(name)", limit: HLSUtilities.byteLimit)) ?? []
      return HLSUtilities.unknownDefinitions(in: text).map { "\(name): \($0)" }
    }
  }

  private func archives() -> [String] {
    files.names(in: "").filter { $0.hasSuffix(".fml") }
  }
}

extension HLSProgram {
  /// The same program with a load for each variable that is neither declared nor loaded.
  func addingHeaderWeights(
    _ find: (String) throws(HLS4MLProblem) -> HLSLoad?
  ) throws(HLS4MLProblem) -> HLSProgram {
    var result = self
    for call in calls {
      for argument in call.arguments where argument.count == 1 {
        guard let token = argument.first, token.kind == .identifier,
          variables[token.text] == nil, aliases[token.text] == nil,
          result.loads[token.text] == nil
        else { continue }
        if let load = try find(token.text) { result.loads[token.text] = load }
      }
    }
    return result
  }
}

/// The weights of a project.
struct HLSWeightFiles: HLSConstantSource {
  /// Largest weight file, in bytes.
  static let byteLimit = 1 << 31

  let files: HLSFiles

  func values(of load: HLSLoad) throws(HLS4MLProblem) -> HLSConstantValues {
    let file = "firmware/weights/" + load.fileName
    let bytes: [UInt8]
    do throws(ImportError) {
      bytes = try files.bytes(file, limit: Self.byteLimit)
    } catch {
      throw HLS4MLProblem(.file(error), at: .init(file: file))
    }
    guard load.fileName.hasSuffix(".h") else {
      return .text(bytes[...], place: .init(file: file, line: 1))
    }
    guard let values = Self.headerValues(bytes) else {
      throw HLS4MLProblem(
        .syntax(expected: "= {values}", found: "none"), at: .init(file: file))
    }
    return .text(bytes[values], place: load.place)
  }

  /// The range between the braces of `= {...};` in a weight header.
  static func headerValues(_ bytes: [UInt8]) -> Range<Int>? {
    guard let equals = bytes.lastIndex(of: UInt8(ascii: "=")),
      let open = bytes[equals...].firstIndex(of: UInt8(ascii: "{")),
      let semicolon = bytes[open...].firstIndex(of: UInt8(ascii: ";")),
      let close = bytes[open..<semicolon].lastIndex(of: UInt8(ascii: "}"))
    else { return nil }
    return open + 1..<close
  }
}
