internal import FoundationEssentials

public import QuantGraph

/// An ONNX file that was read and whose structure is in order.
///
/// ``graph(_:)`` turns it into a `Graph`; a model with a dynamic batch has one graph a batch size.
public struct ONNXModel: Sendable {
  /// How a model says that it is quantized.
  public enum Kind: String, Sendable, Hashable, CaseIterable {
    /// Float operators between QuantizeLinear and DequantizeLinear.
    case qdq = "QDQ"
    /// Operators on integers: QLinearConv, MatMulInteger, QGemm and their kin.
    case qOperator = "QOperator"
    /// Quantizers of the QONNX domain.
    case qonnx = "QONNX"
    /// Nothing is quantized.
    case float
  }

  /// The path as the user typed it.
  public let path: String
  public let kind: Kind
  /// Operator sets in the file's order; the empty domain is ai.onnx.
  public let operatorSets: [(domain: String, version: Int)]
  /// Name and version of the program that wrote the file.
  public let producer: String
  /// Number of nodes of the file.
  public let nodeCount: Int
  private(set) var proto: Onnx_ModelProto
  let folder: String

  /// Versions of the schema that are read.
  static let irVersions: ClosedRange<Int64> = 3...14
  /// Versions of ai.onnx that are read.
  static let operatorSetVersions: ClosedRange<Int64> = 1...28

  /// Reads the file at `path`; external data are looked for beside it.
  ///
  /// - Throws: ``ONNXError``.
  public init(path: String) throws(ONNXError) {
    let bytes: [UInt8]
    do throws(ImportError) {
      bytes = try [UInt8](contentsOf: path)
    } catch {
      throw .file(error)
    }
    try self.init(bytes: bytes, path: path)
  }

  /// A model from its bytes; `path` names it in messages and gives the folder of external data.
  ///
  /// - Throws: ``ONNXError/model(path:_:)``.
  public init(bytes: [UInt8], path: String) throws(ONNXError) {
    func fail(_ kind: ONNXProblem.Kind) -> ONNXError {
      .model(path: path, [ONNXProblem(place: nil, kind: kind)])
    }
    do throws(ONNXProblem.Kind) { try ONNXWireScan.check(bytes) } catch { throw fail(error) }
    do throws(ProtoError) {
      proto = try Onnx_ModelProto(bytes: bytes)
    } catch {
      throw fail(.damaged(reason: error.words, offset: nil))
    }
    guard proto.hasGraph else { throw fail(.damaged(reason: "it has no graph", offset: nil)) }
    self.path = path
    folder =
      path.split(separator: "/", omittingEmptySubsequences: false).dropLast()
      .joined(separator: "/") + (path.hasPrefix("/") && !path.dropFirst().contains("/") ? "/" : "")
    producer = [proto.producerName, proto.producerVersion].filter { !$0.isEmpty }
      .joined(separator: " ")
    operatorSets = proto.opsetImport.map { ($0.domain, Int(clamping: $0.version)) }
    kind = Self.kind(of: proto.graph)
    nodeCount = proto.graph.node.count
    var problems: [ONNXProblem.Kind] = []
    if !Self.irVersions.contains(proto.irVersion) {
      problems.append(.irVersion(proto.irVersion, supported: Self.irVersions))
    }
    for set in proto.opsetImport where ONNXGraphBuilder.isStandard(set.domain) {
      if !Self.operatorSetVersions.contains(set.version) {
        problems.append(
          .operatorSet(
            domain: set.domain, version: set.version, supported: Self.operatorSetVersions))
      }
    }
    if !proto.trainingInfo.isEmpty { problems.append(.unsupportedFeature("training information")) }
    if !problems.isEmpty {
      throw .model(path: path, problems.map { ONNXProblem(place: nil, kind: $0) })
    }
  }

  /// Whether the first bytes of a file look like an ONNX model's.
  public static func isProbable(firstBytes: [UInt8]) -> Bool {
    ONNXWireScan.resemblesModel(firstBytes)
  }

  /// What is known of the file, without nodes and constants: their memory is given back once a graph was
  /// made of them.
  public func withoutContents() -> ONNXModel {
    var model = self
    model.proto = Onnx_ModelProto()
    return model
  }

  private static func kind(of graph: Onnx_GraphProto) -> Kind {
    var kind = Kind.float
    for node in graph.node {
      if ONNXGraphBuilder.isQONNX(node.domain) { return .qonnx }
      switch node.opType {
      case "QGemm", "ConvInteger", "MatMulInteger", "QAttention", "MatMulNBits",
        "GatherBlockQuantized", "MatMulIntegerToFloat", "DynamicQuantizeMatMul":
        kind = .qOperator
      case let type where type.hasPrefix("QLinear"): kind = .qOperator
      case "QuantizeLinear", "DequantizeLinear", "DynamicQuantizeLinear":
        if kind == .float { kind = .qdq }
      default: break
      }
    }
    return kind
  }
}

/// What a user may say about the graph of a model.
public struct ONNXGraphOptions: Sendable, Hashable {
  /// Shapes of inputs, by name; they fill in dynamic dimensions.
  public var shapes: [String: [Int]]
  /// Extent of a leading dynamic dimension, where `shapes` gives none: samples in a run.
  public var batch: Int
  /// Tensors to be the graph's outputs instead of the model's own; what they do not need is left
  /// out.
  public var outputs: [String]?
  /// Shapes of arrays of samples, in the inputs' order; what neither the file nor `shapes` says of
  /// an axis behind the first is taken from them where the number of axes agrees.
  public var samples: [[Int]] = []

  public init(shapes: [String: [Int]] = [:], batch: Int = 1, outputs: [String]? = nil) {
    self.shapes = shapes
    self.batch = batch
    self.outputs = outputs
  }
}

/// A model's graph, with what the file says beyond it.
public struct ONNXGraph: Sendable {
  public let graph: Graph
  /// Tensors that the file's nodes write, in the file's order; constants among them were folded.
  public let written: [TensorID]
  /// Inputs whose leading dimension the file leaves open.
  public let batchedInputs: [TensorID]
  /// The first float32, float16, bfloat16 or float64 tensor: an input, else whatever comes first.
  public let firstFloatTensor: String?
}

extension ONNXModel {
  /// The model as a graph.
  ///
  /// - Throws: ``ONNXError/model(path:_:)`` with every problem that was found.
  ///
  /// - Precondition: the model has its contents (``withoutContents()``).
  public func graph(
    _ options: ONNXGraphOptions = ONNXGraphOptions()
  ) throws(ONNXError) -> ONNXGraph {
    precondition(proto.hasGraph, "the model's contents were given back")
    var builder = ONNXGraphBuilder(model: self, options: options)
    do throws(ONNXGraphBuilder.Problems) {
      return try builder.build()
    } catch {
      throw .model(path: path, error.list)
    }
  }
}
