import Arith
public import QuantGraph

/// Tensors that another plan computes from the same inputs, as what a check expects.
///
/// Its sources are read in step, block by block, as ``Check`` reads them.
public final class ReferenceRun {
  private let runner: BatchRunner
  private let inputs: [any SampleSource]
  private let tensors: [TensorID]
  /// The graph whose encodings the values are for.
  private let target: Graph
  private var block: [TensorValues] = []
  /// How many columns have taken the block; a new one is computed when all have.
  private var taken: Set<Int> = []

  /// - Parameters:
  ///   - plan: what computes the expected values.
  ///   - inputs: one source a graph input, not read from elsewhere.
  ///   - target: the graph that is compared with, in which tensors have the same numbers.
  ///   - tensors: what to compare; see ``comparableTensors(_:_:among:)``.
  ///   - threads: threads to use.
  public init(
    _ plan: Plan, inputs: [any SampleSource], target: Graph, tensors: [TensorID], threads: Int
  ) {
    runner = BatchRunner(plan, keeping: Set(tensors), threads: threads)
    self.inputs = inputs
    self.target = target
    self.tensors = tensors
  }

  /// A source for each tensor.
  public var sources: [(tensor: TensorID, source: any SampleSource)] {
    tensors.indices.map { (tensors[$0], Column(self, index: $0)) }
  }

  /// Tensors of `candidates` that both plans compute, in the order given.
  public static func comparableTensors(
    _ plan: Plan, _ other: Plan, among candidates: [TensorID]
  ) -> [TensorID] {
    candidates.filter { id in
      [plan, other].allSatisfy { plan in
        id.index < plan.tensors.count && plan.tensors[id.index] != nil
          && ElementScale(plan.graph[id]) != nil
      } && plan.graph[id].name == other.graph[id].name
        && plan.graph[id].shape == other.graph[id].shape
    }
  }

  /// Scales of the tensors that are codes here and floats in the target.
  public var steps: [TensorID: ElementScale] {
    var steps: [TensorID: ElementScale] = [:]
    for id in tensors {
      guard case .float = target[id].encoding,
        let scale = ElementScale(runner.plan.graph[id]), scale.codeRange != nil
      else { continue }
      steps[id] = scale
    }
    return steps
  }

  fileprivate func next(_ count: Int, of column: Int) throws(Diagnostic) -> TensorValues {
    if taken.isEmpty || taken.contains(column) {
      try compute(count)
      taken = []
    }
    taken.insert(column)
    return block[column]
  }

  private func compute(_ wanted: Int) throws(Diagnostic) {
    let graph = runner.plan.graph
    var values: [TensorValues] = []
    var count = graph.inputs.isEmpty ? wanted : 0
    for (id, source) in zip(graph.inputs, inputs) {
      let next = try source.next(wanted)
      count = next.count / max(graph[id].shape.count, 1)
      values.append(next)
    }
    guard count > 0 else {
      block = tensors.map { _ in .values([]) }
      return
    }
    let tensors = self.tensors
    let parts: [[Codes]]
    do throws(InputError) {
      parts = try runner.run(values, count: count) { runner, _, used in
        tensors.compactMap { runner.elements(of: $0, count: used) }
      }
    } catch {
      throw Diagnostic(error)
    }
    block = tensors.indices.map { index in
      let id = tensors[index]
      return Self.values(
        parts.map { $0[index] }, of: graph[id],
        sharesCodes: graph[id].encoding == target[id].encoding)
    }
  }

  /// Codes where both graphs mean the same by them, else values.
  private static func values(
    _ parts: [Codes], of tensor: Tensor, sharesCodes: Bool
  ) -> TensorValues {
    guard let scale = ElementScale(tensor) else { return .values([]) }
    if sharesCodes {
      var codes: [Int64] = []
      for part in parts {
        guard let part = part.int64 else { break }
        codes += part
      }
      if codes.count == parts.reduce(0, { $0 + $1.count }) { return .codes(codes) }
    }
    let size = max(tensor.shape.count, 1)
    return .values(
      parts.flatMap { part in
        (0..<part.count).map { part.number(at: $0, element: $0 % size, scale).value }
      })
  }

  private final class Column: SampleSource {
    private let run: ReferenceRun
    private let index: Int

    init(_ run: ReferenceRun, index: Int) {
      self.run = run
      self.index = index
    }

    func next(_ count: Int) throws(Diagnostic) -> TensorValues { try run.next(count, of: index) }
  }
}

/// Seeded codes over the whole range of a tensor's integer format.
///
/// They are handed out as the numbers that they stand for where a plan takes numbers.
public final class SeededSamples: SampleSource {
  private let scale: ElementScale
  private let range: ClosedRange<Int64>
  private let elements: Int
  private let asValues: Bool
  private var generator: SplitMix64
  private var remaining: Int

  /// Nil for a tensor without integer codes: no range says what to draw from.
  ///
  /// - Parameters:
  ///   - tensor: an input with integer codes.
  ///   - asValues: whether to hand out numbers instead of codes.
  ///   - seed: what the codes depend on.
  ///   - samples: how many there are.
  public init?(_ tensor: Tensor, asValues: Bool, seed: UInt64, samples: Int) {
    guard let scale = ElementScale(tensor), let range = scale.codeRange else { return nil }
    self.scale = scale
    self.range = range
    self.asValues = asValues
    elements = tensor.shape.count
    generator = SplitMix64(seed: seed)
    remaining = samples
  }

  public func next(_ count: Int) -> TensorValues {
    let samples = min(count, remaining)
    remaining -= samples
    let codes = (0..<samples * elements).map { _ in Int64.random(in: range, using: &generator) }
    guard asValues else { return .codes(codes) }
    return .values(codes.indices.map { scale.value(codes[$0], element: $0 % max(elements, 1)) })
  }
}
