import FoundationEssentials
public import QuantGraph

/// A TensorFlow Lite model as a graph.
public struct TFLiteModel: Sendable {
  public let graph: Graph
  /// Tensors of the file; number i of the file is `TensorID` i of the graph, and tensors that the
  /// reader adds follow.
  public let tensorCount: Int
  /// Operators of the file.
  public let operatorCount: Int
  /// The description that the converter wrote.
  public let description: String
  /// What the weights of a network are whose activations are all floats; nil if some are codes.
  public let floatForm: FloatForm?

  /// A network of float activations.
  public struct FloatForm: Hashable, Sendable {
    /// The first of them.
    public let firstTensor: String
    /// `float32`, `float16 quantization` or `dynamic-range quantization`.
    public let weights: String
  }

  /// The graph's tensor for a tensor number of the file, or nil if there is none.
  public func tensor(numbered number: Int) -> TensorID? {
    (0..<tensorCount).contains(number) ? TensorID(number) : nil
  }

  /// Reads the model at `path`; `-` is standard input.
  ///
  /// - Parameters:
  ///   - path: the file.
  ///   - outputs: tensors to be the graph's outputs instead of the model's own, by name or as `#` and
  ///     number; what they do not need is left out. Empty for the model's own.
  /// - Returns: the model.
  /// - Throws: ``TFLiteError`` with every problem of the file.
  public static func read(
    _ path: String, outputs: [String] = []
  ) throws(TFLiteError) -> TFLiteModel {
    let bytes: [UInt8]
    do throws(ImportError) {
      bytes = try [UInt8](contentsOf: path)
    } catch {
      throw .file(error)
    }
    return try TFLiteModel(bytes, path: path, outputs: outputs)
  }

  /// Whether `bytes` begin as a TFLite file does.
  public static func recognizes(_ bytes: some Collection<UInt8>) -> Bool {
    TFLiteFile.hasIdentifier(bytes)
  }

  /// The model whose file is `bytes`; `path` is what messages call it.
  ///
  /// - Parameters:
  ///   - bytes: the file.
  ///   - path: its name.
  ///   - outputs: as for ``read(_:outputs:)``.
  /// - Throws: ``TFLiteError`` with every problem of the file.
  public init(
    _ bytes: [UInt8], path: String, outputs: [String] = []
  ) throws(TFLiteError) {
    guard Self.recognizes(bytes) else {
      let found = Array(bytes.dropFirst(4).prefix(4))
      throw .problems(path: path, [TFLiteProblem(.file, .notTFLite(firstBytes: found))])
    }
    var file: TFLiteFile
    do throws(FlatBufferDefect) {
      file = try TFLiteFile(bytes)
    } catch {
      throw .problems(
        path: path, [TFLiteProblem(.byte(error.offset), .damaged(reason: error.reason))])
    }
    var problems: [TFLiteProblem] = []
    if file.version != 3 { problems.append(TFLiteProblem(.file, .schemaVersion(file.version))) }
    if file.subgraphs.isEmpty { problems.append(TFLiteProblem(.file, .noSubgraph)) }
    guard problems.isEmpty else {
      throw .problems(path: path, problems)
    }
    if !outputs.isEmpty {
      do throws(TFLiteKind) {
        file = try file.ending(at: outputs)
      } catch {
        throw .problems(path: path, [TFLiteProblem(.file, error.kind)])
      }
    }
    let firstFloat = Self.firstFloatTensorOfFloatModel(file)
    floatForm = firstFloat.map {
      FloatForm(firstTensor: $0, weights: Self.weightForm(file) ?? "float32")
    }
    // Of several subgraphs the first is the one that runs; it may call others.
    var builder = TFLiteGraphBuilder(file)
    let name = path.split(separator: "/").last.map(String.init) ?? path
    let graph = builder.build(name: name)
    problems += builder.problems
    guard let graph, problems.isEmpty else { throw .problems(path: path, problems) }
    self.graph = graph
    tensorCount = file.tensors.count
    operatorCount = file.operators.count
    description = file.description
  }

  /// How the weights of a float model are stored; nil if they are float32.
  private static func weightForm(_ file: TFLiteFile) -> String? {
    let constants = file.tensors.filter {
      file.buffers.indices.contains($0.buffer) && file.buffers[$0.buffer].count > 0
    }
    if constants.contains(where: {
      !$0.scales.isEmpty && [.int8, .uint8, .int4].contains(TFLiteTensorType(rawValue: $0.type))
    }) {
      return "dynamic-range quantization"
    }
    return constants.contains { TFLiteTensorType(rawValue: $0.type) == .float16 }
      ? "float16 quantization" : nil
  }

  /// The first float tensor where nothing that a run computes is quantized, else nil.
  ///
  /// Float models may hold weights in few bits; what decides is what flows between operators.
  private static func firstFloatTensorOfFloatModel(_ file: TFLiteFile) -> String? {
    let computed = file.inputs + file.operators.flatMap(\.outputs)
    var firstFloat: String?
    for index in computed where file.tensors.indices.contains(index) {
      let record = file.tensors[index]
      let type = TFLiteTensorType(rawValue: record.type)
      if type == .float32 || type == .float16 || type == .bfloat16 || type == .float64 {
        if firstFloat == nil { firstFloat = record.name.isEmpty ? "#\(index)" : record.name }
      } else if !record.scales.isEmpty {
        return nil
      }
    }
    return firstFloat
  }
}
