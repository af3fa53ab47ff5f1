import Arith
import FoundationEssentials
import QuantGraph

/// Reads a `.fml` archive: the layers' attributes, the C++ text that hls4ml generated for each, and
/// the weights as arrays.
///
/// Types come from the attributes; kernels, products and the difference type of a stable softmax
/// stand in `config_cpp` only, and the calls in `function_cpp`. Both are read by the parser of
/// project folders, so that one lowering serves both forms.
struct HLS4MLArchive {
  static let architectureName = "model_arch.json"
  private let files: TarArchive
  private var scope = HLSScope()
  private var program = HLSProgram()
  private var arrays: [String: String] = [:]
  /// All generated code, one text after the other.
  private var generated: [UInt8] = []
  private var knownShapes: [String: [Int]] = [:]
  private var problems: [HLS4MLProblem] = []
  private var isStream = false
  /// The version that the user names; nil to take the archive's.
  private var namedVersion: HLS4MLVersion?

  /// - Throws: ``HLS4MLProblems`` if the archive cannot be read or is none of hls4ml's.
  static func model(
    path: String, namedVersion: HLS4MLVersion? = nil
  ) throws(HLS4MLProblems) -> HLS4MLModel {
    var isFolder = false
    if FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder {
      throw HLS4MLProblems([
        HLS4MLProblem(.notAModel(missing: "firmware/"), at: .init(file: path))
      ])
    }
    let files: TarArchive
    do throws(ImportError) {
      files = try TarArchive.read(path)
    } catch {
      throw HLS4MLProblems([HLS4MLProblem(.file(error), at: .init(file: path))])
    }
    if files[architectureName] == nil, let project = HLSFiles(files) {
      return try HLS4MLProject(
        path: path, files: project, isArchived: true, namedVersion: namedVersion
      ).model()
    }
    var archive = HLS4MLArchive(files: files)
    archive.namedVersion = namedVersion
    return try archive.model(path: path)
  }

  /// Numbers of the archive's weights by variable; empty for an archive that cannot be read.
  static func writtenValues(path: String) -> [String: [Double]] {
    guard let files = try? TarArchive.read(path) else { return [:] }
    var archive = HLS4MLArchive(files: files)
    guard (try? archive.model(path: path)) != nil else { return [:] }
    let source = HLSArrayFiles(files: files, names: archive.arrays)
    var written: [String: [Double]] = [:]
    for (name, load) in archive.program.loads {
      if case .numbers(let numbers, _)? = try? source.values(of: load) { written[name] = numbers }
    }
    return written
  }

  /// Whether the bytes at `path` are a gzip file; its members are looked at when it is read.
  static func isCandidate(path: String) throws(ImportError) -> Bool {
    let stream = ByteStream(try InputFile(path: path))
    return ContentKind(prefix: try stream.peek(2)) == .gzip
  }

  private init(files: TarArchive) { self.files = files }

  private func json(_ name: String) throws(HLS4MLProblem) -> OrderedJSON {
    guard let bytes = files[name] else {
      throw HLS4MLProblem(.notAModel(missing: name), at: .init(file: name))
    }
    return try OrderedJSON.parse(bytes, file: name)
  }

  private mutating func model(path: String) throws(HLS4MLProblems) -> HLS4MLModel {
    let architecture: [(key: String, value: OrderedJSON)]
    let state: OrderedJSON
    let configuration: OrderedJSON?
    do throws(HLS4MLProblem) {
      let root = try json(Self.architectureName)
      guard let members = root.members else {
        throw HLS4MLProblem(
          .json(key: Self.architectureName, expected: "an object"),
          at: .init(file: Self.architectureName))
      }
      architecture = members
      state = try json("graph_state.json")
      configuration = files["config.json"] == nil ? nil : try json("config.json")["config"]
      program.name = configuration?["ProjectName"]?.string ?? "myproject"
      isStream = configuration?["IOType"]?.string == "io_stream"
    } catch {
      throw HLS4MLProblems([error])
    }
    for (name, layer) in architecture {
      do throws(HLS4MLProblem) {
        try add(layer, named: name)
      } catch {
        problems.append(error)
      }
    }
    for key in ["inputs", "outputs"] {
      do throws(HLS4MLProblem) {
        try addArguments(key, state: state, architecture: architecture)
      } catch {
        problems.append(error)
      }
    }
    guard problems.isEmpty else { throw HLS4MLProblems(problems) }
    let written = (try? json("version.json"))?["hls4ml"]?.string
    let version = namedVersion?.description ?? written
    let reason = namedVersion == nil ? "version.json" : "--hls4ml-version"
    let code = generated.isEmpty ? nil : HLSGeneratedCode(generated, file: Self.architectureName)
    var builder = HLSGraphBuilder(
      program: program, scope: scope, source: HLSArrayFiles(files: files, names: arrays),
      isStream: isStream, knownShapes: knownShapes, generatedCode: code,
      version: version.flatMap { HLS4MLVersion($0) } ?? .newest)
    let (graph, weightCount) = try builder.graph()
    let info = HLS4MLProjectInfo(
      form: .archive, name: program.name, ioType: isStream ? .stream : .parallel,
      version: version, versionReason: version == nil ? nil : reason,
      backend: configuration?["Backend"]?.string,
      part: configuration?["Part"]?.string, clockPeriod: configuration?["ClockPeriod"]?.double,
      layers: builder.layers, weightCount: weightCount, reports: [], archives: [])
    return HLS4MLModel(graph: graph, info: info)
  }

  // MARK: Layers

  private mutating func add(_ layer: OrderedJSON, named name: String) throws(HLS4MLProblem) {
    let place = HLS4MLProblem.Place(file: "\(Self.architectureName): \(name)")
    guard let attributes = layer["state"]?["attributes"]?.members else {
      throw HLS4MLProblem(.json(key: "state.attributes", expected: "an object"), at: place)
    }
    // Within a layer the last definition of a type counts, over layers the first
    // (hls4ml `write_defines`).
    var types: [String: OrderedJSON] = [:]
    for (_, value) in attributes {
      let state = value["state"]
      if let type = state?["name"]?.string, state?["precision"] != nil { types[type] = value }
    }
    for type in types.keys.sorted() where scope.knownTypes[type] == nil {
      if let value = types[type] { define(value, named: type, place: place) }
    }
    for (key, value) in attributes {
      let keyPlace = HLS4MLProblem.Place(file: place.file + "." + key)
      switch key {
      case "config_cpp":
        guard let text = value.string else { continue }
        let tokens = try CppLexer.tokens(Array(text.utf8), file: keyPlace.file)
        try scope.declarations.add(tokens, file: keyPlace.file)
      case "function_cpp":
        try addCalls(value, layer: name, place: keyPlace)
      default:
        if let code = value["state"]?["code"]?.string {
          generated += Array(code.utf8) + [UInt8(ascii: "\n")]
        } else if let className = value["class_name"]?.string, let state = value["state"] {
          try addVariable(className, state, place: keyPlace)
        }
      }
    }
  }

  /// Makes `name` stand for the type that a `NamedType` describes; unknown kinds stay undefined and
  /// are reported where they are used.
  private mutating func define(
    _ value: OrderedJSON, named name: String, place: HLS4MLProblem.Place
  ) {
    guard let type = value["class_name"]?.string, let state = value["state"],
      let precision = state["precision"], let kind = precision["class_name"]?.string,
      let width = precision["state"]?["width"]?.integer
    else { return }
    do throws(FormatError) {
      let family = kind.split(separator: ".").last ?? ""
      if type.hasSuffix("ExponentType") || family == "ExponentPrecisionType" {
        scope.knownTypes[name] = .powerOfTwo(try PowerOfTwoFormat(exponentBits: width))
        return
      }
      let isSigned = precision["state"]?["signed"]?.bool ?? true
      let format: FixedPointFormat
      let isInteger: Bool
      switch family {
      case "FixedPrecisionType":
        guard let integerBits = precision["state"]?["integer"]?.integer else { return }
        let quantization = precision["state"]?["rounding_mode"]?.string ?? "TRN"
        let overflow = precision["state"]?["saturation_mode"]?.string ?? "WRAP"
        let saturationBits = precision["state"]?["saturation_bits"]?.integer ?? 0
        let prefix = isSigned ? "" : "u"
        format = try FixedPointFormat(
          name: "\(prefix)fixed<\(width),\(integerBits),\(quantization),\(overflow),"
            + "\(saturationBits)>")
        isInteger = false
      case "IntegerPrecisionType", "XnorPrecisionType":
        format = try FixedPointFormat(
          width: width, integerBits: width, isSigned: family == "IntegerPrecisionType" && isSigned)
        isInteger = true
      default:
        return
      }
      if let count = state["n_elem"]?.integer, let packed = state["n_pack"]?.integer,
        type.hasSuffix("PackedType")
      {
        let (size, overflow) = count.multipliedReportingOverflow(by: packed)
        if !overflow, (1...HLSScope.elementLimit).contains(size) {
          scope.knownTypes[name] = .array(format, count: size)
        }
      } else {
        scope.knownTypes[name] = .fixed(format, isInteger: isInteger)
      }
    } catch {
      problems.append(HLS4MLProblem(.format(error), at: place))
    }
  }

  private mutating func addVariable(
    _ className: String, _ state: OrderedJSON, place: HLS4MLProblem.Place
  ) throws(HLS4MLProblem) {
    guard let name = state["name"]?.string, let type = state["type"],
      let typeName = type["state"]?["name"]?.string
    else { return }
    if scope.knownTypes[typeName] == nil { define(type, named: typeName, place: place) }
    let written = CppType(path: [typeName], arguments: nil, line: 0)
    if className.hasSuffix("WeightVariable") {
      guard program.loads[name] == nil else {
        throw HLS4MLProblem(.duplicate(kind: "weights", name: name), at: place)
      }
      try addWeights(className, name, state, type: written, place: place)
    } else if className.hasSuffix("InplaceTensorVariable") {
      guard let target = state["input_var"]?["state"]?["name"]?.string, target != name else {
        throw HLS4MLProblem(.json(key: "input_var", expected: "a variable"), at: place)
      }
      guard program.aliases[name] == nil else {
        throw HLS4MLProblem(.duplicate(kind: "variable", name: name), at: place)
      }
      program.aliases[name] = program.resolvingAlias(target)
    } else if className.hasSuffix("Variable"), let shape = state["shape"]?.array {
      guard program.variables[name] == nil else {
        throw HLS4MLProblem(.duplicate(kind: "variable", name: name), at: place)
      }
      var extents: [Int] = []
      for value in shape {
        guard let extent = value.integer, (1...HLSScope.elementLimit).contains(extent) else {
          throw HLS4MLProblem(.json(key: "shape", expected: "a list of extents"), at: place)
        }
        extents.append(extent)
      }
      knownShapes[name] = extents
      program.variables[name] = HLSVariable(
        name: name, type: written, extents: isStream ? nil : extents, place: place)
    }
  }

  private mutating func addWeights(
    _ className: String, _ name: String, _ state: OrderedJSON, type: CppType,
    place: HLS4MLProblem.Place
  ) throws(HLS4MLProblem) {
    let marker = "@ndarray:"
    guard let reference = state["data"]?.string, reference.hasPrefix(marker) else {
      throw HLS4MLProblem(
        .unsupported("weights '\(name)'", detail: "they are not stored as an array"), at: place)
    }
    let file = String(reference.dropFirst(marker.count))
    guard let bytes = files[file] else {
      throw HLS4MLProblem(.unknown(kind: "array", name: file), at: place)
    }
    let header: NPYHeader
    do throws(ImportError) {
      header = try NPYStream(ByteSource.memory(bytes, path: file).stream()).header
    } catch {
      throw HLS4MLProblem(.file(error), at: .init(file: file))
    }
    guard let count = NDArray.elementCount(of: header.shape), count <= HLSScope.elementLimit else {
      throw HLS4MLProblem(
        .limit("the number of weights", limit: HLSScope.elementLimit), at: .init(file: file))
    }
    let isExponent = className.hasSuffix("ExponentWeightVariable")
    arrays[name] = file
    program.loads[name] = HLSLoad(
      kind: isExponent ? .exponent : .plain, variable: name, type: type, count: count,
      fileName: file, place: place)
  }

  /// The calls of a layer: C++ text, or a list of such.
  private mutating func addCalls(
    _ value: OrderedJSON, layer: String, place: HLS4MLProblem.Place
  ) throws(HLS4MLProblem) {
    let texts = value.array?.compactMap(\.string) ?? [value.string].compactMap { $0 }
    for text in texts {
      var cursor = CppCursor(
        try CppLexer.tokens(Array(text.utf8), file: place.file)[...],
        file: place.file)
      let function = try CppType.parse(&cursor)
      try cursor.expect("(")
      let arguments = try cursor.list(until: ")")
      try cursor.expect(";")
      guard program.calls.count < HLSProgram.statementLimit else {
        throw HLS4MLProblem(
          .limit("the number of calls", limit: HLSProgram.statementLimit), at: place)
      }
      program.calls.append(
        HLSCall(
          path: function.path, templateArguments: function.arguments ?? [],
          arguments: arguments, layer: layer, place: place))
    }
  }

  /// The variables of the model's inputs or outputs, as arguments of a top function.
  private mutating func addArguments(
    _ key: String, state: OrderedJSON, architecture: [(key: String, value: OrderedJSON)]
  ) throws(HLS4MLProblem) {
    let place = HLS4MLProblem.Place(file: "graph_state.json")
    guard let names = state[key]?.array?.compactMap(\.string), !names.isEmpty else {
      throw HLS4MLProblem(.json(key: key, expected: "a list of names"), at: place)
    }
    for name in names {
      var found: String?
      for (_, layer) in architecture {
        if let variable = layer["state"]?["attributes"]?[name]?["state"]?["name"]?.string {
          found = program.resolvingAlias(variable)
        }
      }
      guard let found, let variable = program.variables[found] else {
        throw HLS4MLProblem(.unknown(kind: "tensor", name: name), at: place)
      }
      guard !program.arguments.contains(where: { $0.name == found }) else {
        throw HLS4MLProblem(.duplicate(kind: "argument", name: found), at: place)
      }
      program.arguments.append(variable)
    }
  }
}

/// The weights of an archive.
struct HLSArrayFiles: HLSConstantSource {
  let files: TarArchive
  /// Archive member by variable.
  let names: [String: String]

  func values(of load: HLSLoad) throws(HLS4MLProblem) -> HLSConstantValues {
    guard let name = names[load.variable], let bytes = files[name] else {
      throw HLS4MLProblem(.unknown(kind: "array", name: load.fileName), at: load.place)
    }
    let array: NDArray
    do throws(ImportError) {
      array = try NPY.read(bytes, path: name)
    } catch {
      throw HLS4MLProblem(.file(error), at: .init(file: name))
    }
    guard let numbers = array.doubles() else {
      throw HLS4MLProblem(.number(token: "a 64-bit integer"), at: .init(file: name))
    }
    return .numbers(numbers, place: .init(file: name))
  }
}
