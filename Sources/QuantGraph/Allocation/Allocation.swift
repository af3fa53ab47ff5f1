public import Arith

/// What differs from a model: encodings and hardware of nodes, encodings of tensors.
///
/// Names are the model's; what is not named stays as the model has it. ``GraphAllocation`` is the
/// same by the positions of one graph.
public struct Allocation: Hashable, Sendable {
  /// SHA-256 of the model that it was made for, in lower-case hexadecimal digits; nil fits every one.
  public var modelSum: String?
  private var nodeTable = NameTable<NodeAllocation>()
  private var tensorTable = NameTable<Encoding>()

  /// Leaves everything as the model has it.
  public init(modelSum: String? = nil) { self.modelSum = modelSum }

  /// Names of nodes, in the order in which they were set first.
  public var nodeNames: [String] { nodeTable.names }

  /// Names of tensors, in the order in which they were set first.
  public var tensorNames: [String] { tensorTable.names }

  /// What a node takes; nil for one that is not named.
  public subscript(node name: String) -> NodeAllocation? {
    get { nodeTable[name] }
    set { nodeTable[name] = newValue }
  }

  /// The encoding of a tensor; nil for one that is not named.
  public subscript(tensor name: String) -> Encoding? {
    get { tensorTable[name] }
    set { tensorTable[name] = newValue }
  }
}

/// Values by name that keep the order in which names came; the order is no part of equality.
private struct NameTable<Value: Hashable & Sendable>: Hashable, Sendable {
  private var values: [String: Value] = [:]
  private var places: [String: Int] = [:]

  var names: [String] { values.keys.sorted { places[$0, default: 0] < places[$1, default: 0] } }

  subscript(name: String) -> Value? {
    get { values[name] }
    set {
      values[name] = newValue
      if newValue != nil, places[name] == nil { places[name] = places.count }
    }
  }

  static func == (a: Self, b: Self) -> Bool { a.values == b.values }
  func hash(into hasher: inout Hasher) { hasher.combine(values) }
}

/// Every reason why an allocation cannot be read or applied.
public struct AllocationRefusal: Error, Hashable, Sendable {
  /// At least one; locations are key paths of the allocation, such as `layers.conv1.weights`.
  public let problems: [Diagnostic]

  public init(_ problems: [Diagnostic]) { self.problems = problems }

  /// The same with the allocation's file before each key path.
  public func located(in path: String) -> AllocationRefusal {
    AllocationRefusal(
      problems.map { problem in
        Diagnostic(
          code: problem.code, message: problem.message,
          location: problem.location.map { $0.isEmpty ? path : "\(path): \($0)" } ?? path,
          notes: problem.notes, remedy: problem.remedy)
      })
  }
}
