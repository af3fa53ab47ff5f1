public import Arith
public import HWModel
import Importers
public import QuantGraph

/// Rules that can be chosen by name.
///
/// A datapath that users can name is one entry of ``all``; nothing else lists them.
public struct DatapathEntry: Sendable {
  public let name: String
  /// Whether the tie rule of requantizations is the caller's choice (`--requantize`).
  public let takesTieRule: Bool
  /// Whether the rules are those of a device (`--target`).
  public let takesTarget: Bool
  private let make: @Sendable (DatapathParameters) throws(Failure) -> any Datapath
  /// The rules with some parameters, for questions that these do not decide.
  let example: any Datapath

  /// An entry without parameters.
  public init(_ datapath: any Datapath) {
    name = datapath.name
    takesTieRule = false
    takesTarget = false
    example = datapath
    make = { _ in datapath }
  }

  /// An entry whose tie rule is the caller's choice.
  ///
  /// - Parameter make: the datapath with a tie rule, or with its default one.
  public init(choosingTies make: @escaping @Sendable (TieRule?) -> any Datapath) {
    example = make(nil)
    name = example.name
    takesTieRule = true
    takesTarget = false
    self.make = { make($0.requantize) }
  }

  /// An entry whose rules are those of a device around the graph's own.
  ///
  /// - Parameters:
  ///   - name: of the rules.
  ///   - example: them, of some device.
  ///   - make: the datapath of parameters.
  public init(
    ofTarget name: String, example: any Datapath,
    make: @escaping @Sendable (DatapathParameters) throws(Failure) -> any Datapath
  ) {
    self.name = name
    self.example = example
    takesTieRule = false
    takesTarget = true
    self.make = make
  }

  /// The datapath of parameters.
  ///
  /// - Throws: a `Failure` for a parameter that is missing.
  public func datapath(
    _ parameters: DatapathParameters = DatapathParameters()
  ) throws(Failure) -> any Datapath { try make(parameters) }

  /// Every entry, in the order of lists.
  public static let all: [DatapathEntry] = [
    DatapathEntry(HLSFixed()), DatapathEntry(TFLiteReference()), DatapathEntry(TFLiteMicro()),
    DatapathEntry(ONNXIntegerDatapath()), DatapathEntry(ONNXReferenceDatapath()),
    DatapathEntry(QONNXDatapath()),
    DatapathEntry(choosingTies: { DyadicDatapath(requantize: $0 ?? .halfEven) }),
    .tensorCore,
  ]
}

/// What rules with parameters are bound to.
public struct DatapathParameters: Sendable {
  /// Where requantizations round what lies between two codes; nil for the default.
  public var requantize: TieRule?
  /// What multiplies on a GPU; nil where no target was named.
  public var cores: TensorCoreRules?
  /// The model's own rules, which run what a device says nothing of.
  public var base: any Datapath = ONNXReferenceDatapath()

  public init(requantize: TieRule? = nil, cores: TensorCoreRules? = nil) {
    self.requantize = requantize
    self.cores = cores
  }

  /// The same for the graph of a file.
  func of(_ file: ModelFile) -> DatapathParameters {
    var result = self
    result.base = file.ownRules
    return result
  }
}

/// The rules that a model is run by.
public struct DatapathChoice: Sendable {
  /// Names of the registered rules.
  public static let names = DatapathEntry.all.map(\.name)

  public let datapath: any Datapath

  public var name: String { datapath.name }

  /// Rules of one's own; they need not be registered.
  public init(_ datapath: any Datapath) { self.datapath = datapath }

  /// - Parameters:
  ///   - name: of a registered datapath; rules of a device may have one behind it: `tensor-core@a100`.
  ///   - parameters: what they are bound to.
  ///   - option: the option that the name was given with, for messages.
  /// - Throws: a `Failure` for a name that is none, or a parameter that is missing.
  public init(
    _ name: String, _ parameters: DatapathParameters = DatapathParameters(),
    option: String = "datapath"
  ) throws(Failure) {
    let parts = name.split(separator: "@", maxSplits: 1).map(String.init)
    guard let entry = DatapathEntry.all.first(where: { $0.name == parts.first }),
      parts.count == 1 || entry.takesTarget
    else {
      throw .unknown(
        "datapath", name, code: "usage.unknown-datapath", among: Self.names,
        listedBy: "hwsim check --help", at: "--\(option) \(name)")
    }
    var parameters = parameters
    if parts.count > 1 {
      parameters.cores = try (parameters.cores).of(target: parts[1])
    }
    datapath = try entry.datapath(parameters)
  }

  /// The rules that a user asked for, or those of the file's kind.
  ///
  /// - Throws: as ``init(_:_:option:)``.
  public init(
    _ name: String?, _ parameters: DatapathParameters = DatapathParameters(), for file: ModelFile,
    option: String = "datapath"
  ) throws(Failure) {
    try self.init(name ?? file.defaultDatapath, parameters.of(file), option: option)
  }

  /// The same with a tie rule alone.
  ///
  /// - Throws: as ``init(_:_:option:)``.
  public init(_ name: String?, requantize: TieRule?, for file: ModelFile) throws(Failure) {
    try self.init(name, DatapathParameters(requantize: requantize), for: file)
  }

  /// The same rules for who asks for outputs alone, not for what else a graph forms.
  var forOutputs: DatapathChoice {
    guard var rules = datapath as? any LeavesTracedNodes else { return self }
    rules.keepsUnreadNodes = false
    return DatapathChoice(rules)
  }

  /// The graph bound to these rules.
  ///
  /// - Throws: a `Failure` with every node that the datapath cannot run.
  public func plan(_ file: ModelFile) throws(Failure) -> Plan {
    do throws(PlanProblems) {
      return try Plan(file.graph, on: datapath)
    } catch {
      throw Failure(error.diagnostics(file: file.path))
    }
  }

  /// Whether the rules have an operator at all.
  public func supports(_ operation: Operator) -> Bool { datapath.supports(operation) }
}

extension ModelFile {
  /// The rules of the file's kind.
  public var defaultDatapath: String {
    switch source {
    case .hls4ml: HLSFixed.name
    case .tflite: TFLiteReference.name
    case .onnx(let model, _, _):
      model.kind == .qonnx ? QONNXDatapath.name : ONNXIntegerDatapath.name
    }
  }

  /// The same, as rules that run any graph of the kind, a float one too.
  var ownRules: any Datapath {
    if isFloatNetwork { return ONNXReferenceDatapath() }
    let name = defaultDatapath
    guard let entry = DatapathEntry.all.first(where: { $0.name == name }) else {
      preconditionFailure("the rules of a kind of file are registered")
    }
    return entry.example
  }
}
