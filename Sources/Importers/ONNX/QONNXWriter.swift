internal import FoundationEssentials

/// Quantizers of one layer, for a QONNX file.
public struct QONNXLayer: Sendable {
  /// Symmetric integers with a scale a filter.
  public struct Weights: Sendable {
    public let bits: Int
    /// The operand's name, extents and numbers in the model.
    public let tensor: String
    public let extents: [Int]
    public let values: [Float]
    /// What the numbers become, in their order.
    public let codes: [Int32]
    /// One a filter.
    public let scales: [Float]

    public init(
      bits: Int, tensor: String, extents: [Int], values: [Float], codes: [Int32], scales: [Float]
    ) {
      self.bits = bits
      self.tensor = tensor
      self.extents = extents
      self.values = values
      self.codes = codes
      self.scales = scales
    }
  }

  /// Integers with one scale: from 0, or symmetric ones if signed.
  public struct Input: Sendable {
    public let bits: Int
    public let isSigned: Bool
    public let scale: Float

    public init(bits: Int, isSigned: Bool, scale: Float) {
      self.bits = bits
      self.isSigned = isSigned
      self.scale = scale
    }
  }

  /// The layer, and the tensor that its node writes.
  public let name: String
  public let result: String
  public let weights: Weights?
  public let input: Input?
  /// Tensors written by additions that take the layer's input as the layer does.
  public let additions: [String]

  public init(
    name: String, result: String, weights: Weights?, input: Input?, additions: [String]
  ) {
    self.name = name
    self.result = result
    self.weights = weights
    self.input = input
    self.additions = additions
  }
}

/// Why a model has no QONNX file.
public enum QONNXWriteError: Error, Sendable, Hashable {
  /// A layer that is not one node Conv, Gemm or MatMul of the file with these weights.
  case layer(String)
  /// A constant that cannot be read.
  case constant(ONNXProblem)
  /// More than a protocol buffer holds (2 GiB).
  case tooLarge
}

extension ONNXModel {
  /// The model with `Quant` nodes at weights and inputs of layers.
  ///
  /// `Quant` (domain qonnx.custom_op.general, version 1) takes a tensor, a scale, a zero point and a
  /// number of bits, and gives back the values of the integers: `round(clamp(x / scale)) * scale` in
  /// float32, ties to even. Source: qonnx 1.0.0, `qonnx/custom_op/general/intquant.py`. Scales of
  /// weights are initializers with one number a filter; zero points are 0. Weights whose integers
  /// the division in float32 would round to another side are written as what they become, so that a
  /// reader finds the same integers. Tensors in files beside the model are taken in.
  ///
  /// - Parameter layers: what is quantized; other nodes stay as they are.
  /// - Returns: the bytes of the file, the same for the same arguments.
  /// - Throws: ``QONNXWriteError``.
  public func qonnx(_ layers: [QONNXLayer]) throws(QONNXWriteError) -> [UInt8] {
    var writer = QONNXWriter(proto, folder: folder)
    try writer.embedConstants()
    for layer in layers { try writer.add(layer) }
    return try writer.bytes()
  }
}

/// Puts quantizers into a model.
private struct QONNXWriter {
  private static let domain = "qonnx.custom_op.general"

  private var proto: Onnx_ModelProto
  private var reader: ONNXTensorReader
  /// Names that tensors have.
  private var tensorNames: Set<String>
  private var nodeNames: Set<String>
  /// Nodes that follow the one that writes a tensor, or stand at the start if none does.
  private var following: [String: [Onnx_NodeProto]] = [:]
  private var initializers: [Onnx_TensorProto] = []
  /// Weights that were written anew.
  private var replaced: Set<String> = []
  /// The node that writes a tensor.
  private let writers: [String: Int]
  /// Quantized forms of tensors.
  private var quantized: [QuantizedTensor: String] = [:]

  private struct QuantizedTensor: Hashable {
    let name: String
    let bits: Int
    let isSigned: Bool
    let scale: Float
  }

  init(_ model: Onnx_ModelProto, folder: String) {
    proto = model
    reader = ONNXTensorReader(folder: folder)
    let graph = model.graph
    tensorNames = Set(
      graph.initializer.map(\.name) + graph.input.map(\.name) + graph.output.map(\.name)
        + graph.node.flatMap { $0.input + $0.output })
    nodeNames = Set(graph.node.map(\.name))
    var writers: [String: Int] = [:]
    for (index, node) in graph.node.enumerated() {
      for output in node.output where !output.isEmpty { writers[output] = index }
    }
    self.writers = writers
  }

  /// Takes in tensors that files beside the model hold.
  mutating func embedConstants() throws(QONNXWriteError) {
    for index in proto.graph.initializer.indices {
      proto.graph.initializer[index] = try embedded(proto.graph.initializer[index])
    }
    for node in proto.graph.node.indices {
      for attribute in proto.graph.node[node].attribute.indices
      where proto.graph.node[node].attribute[attribute].hasT {
        let tensor = proto.graph.node[node].attribute[attribute].t
        proto.graph.node[node].attribute[attribute].t = try embedded(tensor)
      }
    }
  }

  private mutating func embedded(
    _ tensor: Onnx_TensorProto
  ) throws(QONNXWriteError) -> Onnx_TensorProto {
    do throws(ONNXProblem.Kind) {
      return try reader.embedded(tensor)
    } catch {
      throw .constant(ONNXProblem(place: "initializer '\(tensor.name)'", kind: error))
    }
  }

  mutating func add(_ layer: QONNXLayer) throws(QONNXWriteError) {
    guard let index = writers[layer.result] else { throw .layer(layer.name) }
    let node = proto.graph.node[index]
    guard node.input.count >= 2, ONNXGraphBuilder.isStandard(node.domain) else {
      throw .layer(layer.name)
    }
    if let weights = layer.weights {
      guard let axis = Self.filterAxis(node, weights), node.input[1] == weights.tensor else {
        throw .layer(layer.name)
      }
      proto.graph.node[index].input[1] = add(weights, axis: axis, layer: layer.name)
    }
    if let input = layer.input {
      let tensor = node.input[0]
      let result = add(input, of: tensor, layer: layer.name)
      proto.graph.node[index].input[0] = result
      for addition in layer.additions {
        guard let reader = writers[addition] else { throw .layer(layer.name) }
        for place in proto.graph.node[reader].input.indices
        where proto.graph.node[reader].input[place] == tensor {
          proto.graph.node[reader].input[place] = result
        }
      }
    }
  }

  /// The axis of filters; nil if the node is none of the layers that are written, or its weights
  /// have another size.
  private static func filterAxis(_ node: Onnx_NodeProto, _ weights: QONNXLayer.Weights) -> Int? {
    let extents = weights.extents
    let axis: Int
    switch node.opType {
    case "Conv": axis = 0
    case "Gemm": axis = node.attribute.contains { $0.name == "transB" && $0.i != 0 } ? 0 : 1
    case "MatMul": axis = extents.count - 1
    default: return nil
    }
    guard extents.indices.contains(axis), extents[axis] == weights.scales.count,
      node.opType == "Conv" || extents.count == 2,
      extents.reduce(1, *) == weights.values.count, weights.codes.count == weights.values.count
    else { return nil }
    return axis
  }

  /// A quantizer of weights; returns the name of its result.
  private mutating func add(
    _ weights: QONNXLayer.Weights, axis: Int, layer: String
  ) -> String {
    let inner = weights.extents[(axis + 1)...].reduce(1, *)
    let largest = Float((1 << (weights.bits - 1)) - 1)
    var values = weights.values
    var isMoved = false
    for index in values.indices {
      let scale = weights.scales[index / max(inner, 1) % max(weights.scales.count, 1)]
      let steps = min(max(values[index] / scale, -largest), largest).rounded(.toNearestOrEven)
      if steps != Float(weights.codes[index]) {
        values[index] = Float(weights.codes[index]) * scale
        isMoved = true
      }
    }
    if isMoved { replaced.insert(weights.tensor) }
    let source =
      isMoved ? addInitializer("\(layer)/weights", weights.extents, values) : weights.tensor
    var extents = [Int](repeating: 1, count: weights.extents.count)
    extents[axis] = weights.scales.count
    return addQuant(
      of: source, scale: (extents, weights.scales), bits: weights.bits, isSigned: true,
      isNarrow: true, name: "\(layer)/weights", after: isMoved ? nil : weights.tensor)
  }

  /// A quantizer of a layer's input; returns the name of its result.
  private mutating func add(
    _ input: QONNXLayer.Input, of tensor: String, layer: String
  ) -> String {
    let key = QuantizedTensor(
      name: tensor, bits: input.bits, isSigned: input.isSigned, scale: input.scale)
    if let known = quantized[key] { return known }
    let result = addQuant(
      of: tensor, scale: ([], [input.scale]), bits: input.bits, isSigned: input.isSigned,
      isNarrow: input.isSigned, name: "\(layer)/input", after: tensor)
    quantized[key] = result
    return result
  }

  private mutating func addQuant(
    of tensor: String, scale: (extents: [Int], values: [Float]), bits: Int, isSigned: Bool,
    isNarrow: Bool, name: String, after source: String?
  ) -> String {
    let result = tensorName("\(name)_quantized")
    let operands = [
      addInitializer("\(name)_scale", scale.extents, scale.values),
      addInitializer("\(name)_zero_point", [], [0]),
      addInitializer("\(name)_bits", [], [Float(bits)]),
    ]
    var node = Onnx_NodeProto()
    node.name = nodeName("\(name)_quant")
    node.opType = "Quant"
    node.domain = Self.domain
    node.input = [tensor] + operands
    node.output = [result]
    for (attribute, flag) in [("narrow", isNarrow), ("signed", isSigned)] {
      var proto = Onnx_AttributeProto()
      proto.name = attribute
      proto.type = .int
      proto.i = flag ? 1 : 0
      node.attribute.append(proto)
    }
    var rounding = Onnx_AttributeProto()
    rounding.name = "rounding_mode"
    rounding.type = .string
    rounding.s = Data("ROUND".utf8)
    node.attribute.append(rounding)
    let place = source.flatMap { writers[$0] == nil ? nil : $0 } ?? ""
    following[place, default: []].append(node)
    return result
  }

  /// Adds a constant; returns its name.
  private mutating func addInitializer(
    _ name: String, _ extents: [Int], _ values: [Float]
  ) -> String {
    var tensor = Onnx_TensorProto()
    tensor.name = tensorName(name)
    tensor.dataType = ONNXElementType.float32.rawValue
    tensor.dims = extents.map { Int64($0) }
    var bytes = Data(capacity: values.count * 4)
    for value in values {
      withUnsafeBytes(of: value.bitPattern.littleEndian) { bytes.append(contentsOf: $0) }
    }
    tensor.rawData = bytes
    initializers.append(tensor)
    return tensor.name
  }

  private mutating func tensorName(_ wanted: String) -> String {
    Self.free(wanted, &tensorNames)
  }

  private mutating func nodeName(_ wanted: String) -> String { Self.free(wanted, &nodeNames) }

  private static func free(_ wanted: String, _ taken: inout Set<String>) -> String {
    var name = wanted
    var number = 1
    while !taken.insert(name).inserted {
      number += 1
      name = "\(wanted)_\(number)"
    }
    return name
  }

  func bytes() throws(QONNXWriteError) -> [UInt8] {
    var model = proto
    var nodes = following[""] ?? []
    for node in model.graph.node {
      nodes.append(node)
      for output in node.output where !output.isEmpty { nodes += following[output] ?? [] }
    }
    model.graph.node = nodes
    let read = Set(nodes.flatMap(\.input) + model.graph.output.map(\.name))
    model.graph.initializer.removeAll { replaced.contains($0.name) && !read.contains($0.name) }
    model.graph.input.removeAll { replaced.contains($0.name) && !read.contains($0.name) }
    model.graph.initializer += initializers
    if !model.opsetImport.contains(where: { $0.domain == Self.domain }) {
      var set = Onnx_OperatorSetIdProto()
      set.domain = Self.domain
      set.version = 1
      model.opsetImport.append(set)
    }
    let bytes = model.bytes
    guard bytes.count <= Int(Int32.max) else { throw .tooLarge }
    return bytes
  }
}
