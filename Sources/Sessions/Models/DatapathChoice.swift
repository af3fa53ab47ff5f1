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
  private let make: @Sendable (TieRule?) -> any Datapath

  /// An entry without parameters.
  public init(_ datapath: any Datapath) {
    name = datapath.name
    takesTieRule = false
    make = { _ in datapath }
  }

  /// An entry whose tie rule is the caller's choice.
  ///
  /// - Parameter make: the datapath with a tie rule, or with its default one.
  public init(choosingTies make: @escaping @Sendable (TieRule?) -> any Datapath) {
    name = make(nil).name
    takesTieRule = true
    self.make = make
  }

  /// The datapath, with its default tie rule for nil.
  public func datapath(ties: TieRule? = nil) -> any Datapath { make(ties) }

  /// Every entry, in the order of lists.
  public static let all: [DatapathEntry] = [
    DatapathEntry(HLSFixed()), DatapathEntry(TFLiteReference()), DatapathEntry(TFLiteMicro()),
    DatapathEntry(ONNXIntegerDatapath()), DatapathEntry(ONNXReferenceDatapath()),
    DatapathEntry(QONNXDatapath()),
    DatapathEntry(choosingTies: { DyadicDatapath(requantize: $0 ?? .halfEven) }),
  ]
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
  ///   - name: of a registered datapath.
  ///   - ties: where requantizations round what lies between two codes; nil for the default.
  ///   - option: the option that the name was given with, for messages.
  /// - Throws: a ``Failure`` for a name that is none.
  public init(
    _ name: String, requantize ties: TieRule? = nil, option: String = "datapath"
  ) throws(Failure) {
    guard let entry = DatapathEntry.all.first(where: { $0.name == name }) else {
      throw .unknown(
        "datapath", name, code: "usage.unknown-datapath", among: Self.names,
        listedBy: "hwsim check --help", at: "--\(option) \(name)")
    }
    datapath = entry.datapath(ties: ties)
  }

  /// The rules that a user asked for, or those of the file's kind.
  ///
  /// - Throws: as ``init(_:requantize:option:)``.
  public init(_ name: String?, requantize: TieRule?, for file: ModelFile) throws(Failure) {
    try self.init(name ?? file.defaultDatapath, requantize: requantize)
  }

  /// The graph bound to these rules.
  ///
  /// - Throws: a ``Failure`` with every node that the datapath cannot run.
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
}
