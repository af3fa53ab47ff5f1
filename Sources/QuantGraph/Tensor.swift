public import Arith

/// Position of a tensor in ``Graph/tensors``.
public struct TensorID: Hashable, Sendable, Comparable {
  public let index: Int
  public init(_ index: Int) { self.index = index }
  public static func < (lhs: TensorID, rhs: TensorID) -> Bool { lhs.index < rhs.index }
}

/// A tensor: its name in the model, shape, encoding and where its codes come from.
public struct Tensor: Hashable, Sendable {
  /// Where the codes of a tensor come from.
  public enum Contents: Hashable, Sendable {
    /// An input of the graph, or what a node writes.
    case computed
    /// Part of the model; without codes in a graph that is about shapes only.
    case parameter(Codes?)
    /// What a run leaves to the next one, such as a cache of keys and values; one of
    /// ``Graph/states``. `growing` is the axis whose extent may be larger after a run, if one may.
    case state(growing: Int?)
  }

  public let name: String
  /// Shape of one sample where the model has no batch axis (hls4ml), else the model's own shape.
  public let shape: Shape
  public let encoding: Encoding
  public let contents: Contents

  public init(name: String, shape: Shape, encoding: Encoding, contents: Contents) {
    self.name = name
    self.shape = shape
    self.encoding = encoding
    self.contents = contents
  }

  /// A parameter with these codes, or a computed tensor if there are none.
  public init(name: String, shape: Shape, encoding: Encoding, constant: Codes? = nil) {
    self.init(
      name: name, shape: shape, encoding: encoding,
      contents: constant.map { .parameter($0) } ?? .computed)
  }

  /// Codes of a parameter, `shape.count` of them; nil for all else and for parameters without codes.
  public var constant: Codes? {
    if case .parameter(let codes) = contents { codes } else { nil }
  }

  /// Whether this is part of the model, with or without codes: no run computes or changes it.
  public var isParameter: Bool {
    if case .parameter = contents { true } else { false }
  }
}

/// One operation on tensors.
public struct Node: Hashable, Sendable {
  /// The layer's name in the model; unique in its graph.
  public let name: String
  public let operation: Operator
  /// Data inputs first, then constants in the order that the operator documents.
  public let inputs: [TensorID]
  public let outputs: [TensorID]
  /// Where the node stands in its source, such as `firmware/myproject.cpp:76`.
  public let origin: String?

  public init(
    name: String, operation: Operator, inputs: [TensorID], outputs: [TensorID],
    origin: String? = nil
  ) {
    self.name = name
    self.operation = operation
    self.inputs = inputs
    self.outputs = outputs
    self.origin = origin
  }
}

/// A tensor whose codes live from one run of the graph to the next.
public struct StateTensor: Hashable, Sendable {
  /// Read by the nodes of a run; written by none of them.
  public let tensor: TensorID
  /// The tensor whose codes ``tensor`` has in the next run: of the same encoding and shape, or
  /// larger along the axis that ``Tensor/Contents/state(growing:)`` names.
  public let next: TensorID
  /// Codes before the first run; nil in a graph that is about shapes only.
  public let initial: Codes?

  public init(tensor: TensorID, next: TensorID, initial: Codes?) {
    self.tensor = tensor
    self.next = next
    self.initial = initial
  }
}
