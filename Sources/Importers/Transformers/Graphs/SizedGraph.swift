public import QuantGraph

/// A graph of one pass whose extents are also known as formulas of the run's sizes.
public struct SizedGraph: Sendable {
  public let graph: Graph
  /// What formulas are written in, with the run's values: `batch`, the name of the tokens of a
  /// sequence, and `context`, one more, in a decode step.
  public let sizes: [(name: String, value: Int)]
  /// By tensor; empty for one whose axes another run does not have.
  private let extents: [[SizedExtent]]

  /// The extents of a tensor, each a number or a formula such as `batch * 8`.
  public func extents(of id: TensorID) -> [SizedExtent] {
    let known = extents[id.index]
    return known.isEmpty ? graph[id].shape.extents.map(SizedExtent.init(number:)) : known
  }

  // `grown` is the same pass of one more sequence, of one more token, and of both. A formula's value
  // is the extent in runs of other sizes as long as no window is full in the one and not in the other.
  init(
    _ graph: Graph, batch: Int, tokens: (name: String, value: Int)?, isStep: Bool,
    grown: (batch: Graph?, tokens: Graph?, both: Graph?)
  ) {
    self.graph = graph
    var sizes = [(name: "batch", value: batch)]
    if let tokens {
      sizes.append(tokens)
      if isStep { sizes.append(("context", tokens.value + 1)) }
    }
    self.sizes = sizes
    func others(_ name: String, _ grown: Graph?) -> [Int]? {
      guard let grown else { return nil }
      return grown.tensor(named: name).map { grown[$0].shape.extents }
    }
    extents = graph.tensors.map { tensor in
      let base = tensor.shape.extents
      guard let batched = others(tensor.name, grown.batch), batched.count == base.count else {
        return []
      }
      let longer = others(tensor.name, grown.tokens) ?? base
      let both = others(tensor.name, grown.both) ?? batched
      guard longer.count == base.count, both.count == base.count else { return [] }
      return base.indices.map { axis in
        SizedExtent(
          corners: (base[axis], batched[axis], longer[axis], both[axis]), batch: batch,
          tokens: tokens, isStep: isStep)
      }
    }
  }
}

/// An extent: a number, or a sum of products of sizes.
public enum SizedExtent: Hashable, Sendable, CustomStringConvertible {
  case number(Int)
  case formula(String)

  init(number: Int) { self = .number(number) }

  /// The one polynomial `constant + b * batch + t * tokens + bt * batch * tokens` through four runs:
  /// the given one, with one more sequence, with one more token, with both.
  ///
  /// Extents of graphs are such polynomials: sizes times numbers of the model.
  fileprivate init(
    corners: (Int, Int, Int, Int), batch: Int, tokens: (name: String, value: Int)?, isStep: Bool
  ) {
    // Where one is beyond every extent, they are no such polynomial.
    func product(_ a: Int, _ b: Int) -> Int? {
      let (value, overflow) = a.multipliedReportingOverflow(by: b)
      return overflow || value.magnitude > Shape.elementLimit.magnitude ? nil : value
    }
    let length = tokens?.value ?? 0
    let mixed = corners.3 - corners.2 - corners.1 + corners.0
    guard let mixedLength = product(mixed, length), let mixedBatch = product(mixed, batch),
      let whole = product(mixedBatch, length),
      let inBatch = product(corners.1 - corners.0 - mixedLength, batch),
      let inTokens = product(corners.2 - corners.0 - mixedBatch, length)
    else {
      self = .number(corners.0)
      return
    }
    let batched = corners.1 - corners.0 - mixedLength
    let longer = corners.2 - corners.0 - mixedBatch
    let constant = corners.0 - inBatch - inTokens - whole
    let name = tokens?.name ?? ""
    var terms = [(mixed, "batch * \(name)"), (batched, "batch"), (longer, name), (constant, "")]
    if isStep, (mixed, longer) == (batched, constant), mixed != 0 || longer != 0 {
      terms = [(mixed, "batch * context"), (longer, "context")]
    }
    let present = terms.filter { $0.0 != 0 }
    if present.allSatisfy({ $0.1.isEmpty }) {
      self = .number(constant)
      return
    }
    self = .formula(
      present.map { factor, name in
        name.isEmpty ? "\(factor)" : factor == 1 ? name : "\(name) * \(factor)"
      }.joined(separator: " + "))
  }

  public var description: String {
    switch self {
    case .number(let number): "\(number)"
    case .formula(let text): text
    }
  }
}

extension TransformerConfiguration {
  /// One pass as a graph, with its extents as formulas of batch, sequence and context.
  ///
  /// - Throws: as ``graph(_:phase:)``.
  public func sizedGraph(
    _ run: TransformerRun = .init(), phase: String
  ) throws(TransformerError) -> SizedGraph {
    let sizes = try shapes(run).sizes
    let batch = sizes["batch"] ?? 1
    // The tokens of an image follow from its side.
    let name =
      sizes["image"] != nil
      ? nil : ["sequence", "decoder_sequence", "text_tokens"].first { sizes[$0] != nil }
    let tokens: (name: String, value: Int)? = name.map { (name: $0, value: sizes[$0] ?? 1) }
    func grown(_ names: [String]) -> Graph? {
      var other = run
      for name in names {
        let (next, overflow) = (sizes[name] ?? 1).addingReportingOverflow(1)
        guard !overflow else { return nil }
        other.sizes[name] = next
      }
      do throws(TransformerError) {
        return try graph(other, phase: phase)
      } catch {
        // A run at the limit of what can be counted has numbers instead of formulas.
        return nil
      }
    }
    return SizedGraph(
      try graph(run, phase: phase), batch: batch, tokens: tokens, isStep: phase == "decode",
      grown: (
        grown(["batch"]), name.flatMap { grown([$0]) }, name.flatMap { grown(["batch", $0]) }
      ))
  }
}
