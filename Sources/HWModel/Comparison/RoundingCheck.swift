import Arith
public import QuantGraph

/// Whether differences are what the order of float sums can do, and where ties were tipped.
public struct RoundingReport: Sendable {
  /// A quantizer of which an element is so near a tie that the order of sums decides its code.
  public struct Tip: Hashable, Sendable {
    /// Position in the graph's nodes.
    public let node: Int
    public let sample: Int
    /// Position of the element in its sample, row-major.
    public let element: Int
    /// How many codes the element can be moved by.
    public let codes: Double
    /// Whether the expected values of that tensor are known and differ there.
    public let isObserved: Bool
  }

  /// A value that is farther away than rounding explains.
  public struct Excess: Hashable, Sendable {
    public let tensor: TensorID
    public let sample: Int
    /// Position of the element in its sample, row-major.
    public let element: Int
    /// In the numbers that the tensor stores: codes of integers, values of floats.
    public let difference: Double
    /// The largest difference that the order of sums can make there, in the same numbers.
    public let bound: Double
  }

  /// Values looked at that differ, and those within their bounds.
  public internal(set) var differing = 0
  public internal(set) var within = 0
  /// Samples looked at that differ somewhere.
  public internal(set) var samples = 0
  /// Whether every sample was looked at.
  public internal(set) var isComplete = true
  /// Whether bounds take the errors of roundings for independent of each other; else they are those of
  /// the worst case.
  public internal(set) var takesIndependence = false
  /// Largest difference and largest bound of a compared tensor, over the span of its values.
  public internal(set) var largestDifference = 0.0
  public internal(set) var largestBound = 0.0
  /// The first value beyond its bound, in the order of the graph.
  public internal(set) var excess: Excess?
  /// Elements of quantizers that the order of sums can move, and the first of them; those that were
  /// seen to differ first.
  public internal(set) var tippable = 0
  public internal(set) var tips: [Tip] = []

  /// Bounds above this part of a tensor's span tell nothing: any value would be within.
  public static let tellingBound = 1.0 / 16

  /// Whether every difference is within a bound that tells it from an error.
  public var explains: Bool {
    isComplete && differing > 0 && within == differing && largestBound <= Self.tellingBound
  }
}

extension Check {
  /// Compares differences with what the order of float sums can do; nil for rules whose arithmetic is
  /// exact or whose order is their own.
  ///
  /// Where layers are given, each is judged from the values that were seen before it.
  ///
  /// Where bounds of the worst case hold but are too large to tell anything, those of independent errors
  /// are tried: a difference is then within what the order of sums is likely to do, or unexplained.
  ///
  /// - Parameters:
  ///   - sources: inputs and expected values, opened at the first sample.
  ///   - mayGoOn: asked before each sample that differs; false ends the search.
  ///   - progress: called with the number of samples done.
  /// - Returns: what was found.
  /// - Throws: a `Diagnostic` from the sources.
  public func rounding(
    _ sources: CheckSources, mayGoOn: () -> Bool, progress: (Int) -> Void = { _ in }
  ) throws(Diagnostic) -> RoundingReport? {
    let worst = try rounding(sources, .worst, mayGoOn: mayGoOn, progress: progress)
    guard let worst, worst.isComplete, worst.excess == nil, worst.differing > 0, !worst.explains,
      mayGoOn(),
      let likely = try rounding(sources, .likely, mayGoOn: mayGoOn, progress: progress),
      likely.explains
    else { return worst }
    return likely
  }

  private func rounding(
    _ sources: CheckSources, _ growth: OrderBound.Growth, mayGoOn: () -> Bool,
    progress: (Int) -> Void
  ) throws(Diagnostic) -> RoundingReport? {
    guard let datapath = plan.rules as? any ArrayDatapath else { return nil }
    let graph = plan.graph
    let kept = Set(graph.tensors.indices.map(TensorID.init))
    let runner = BatchRunner(plan, keeping: kept, threads: 1)
    var report = RoundingReport()
    report.takesIndependence = growth == .likely
    var done = 0
    while done < firstSamples ?? .max {
      let block = try CheckBlock(sources, of: graph, upTo: 1, from: done)
      if block.count == 0 { break }
      var observed: [TensorID: [Double]] = [:]
      for (entry, values) in zip(sources.expected, block.expected) {
        observed[entry.tensor] = values.stored(graph[entry.tensor])
      }
      let known = observed
      let codes: [[TensorID: Codes]]
      do throws(InputError) {
        codes = try runner.run(
          block.inputs, count: 1, firstSample: done, wrapsCodes: wrapsCodes
        ) { runner, _, _ in
          var found: [TensorID: Codes] = [:]
          for id in kept where graph[id].constant == nil {
            found[id] = runner.elements(of: id, count: 1)
          }
          return found
        }
      } catch {
        throw Diagnostic(error)
      }
      if let own = codes.first, report.differs(own, known, graph) {
        guard mayGoOn() else {
          report.isComplete = false
          break
        }
        report.add(
          OrderBound(graph, on: datapath, growth: growth, observed: known) { own[$0] }, own, known,
          sample: done)
      }
      done += 1
      progress(done)
    }
    report.tips.sort { ($0.isObserved ? 0 : 1, $0.sample) < ($1.isObserved ? 0 : 1, $1.sample) }
    return report
  }
}

extension RoundingReport {
  fileprivate func differs(
    _ own: [TensorID: Codes], _ expected: [TensorID: [Double]], _ graph: Graph
  ) -> Bool {
    expected.contains { id, wanted in
      guard let codes = graph[id].constant ?? own[id] else { return false }
      return zip(codes.stored(graph[id]), wanted).contains { $0 != $1 && !($0.isNaN && $1.isNaN) }
    }
  }

  fileprivate mutating func add(
    _ bounds: OrderBound, _ own: [TensorID: Codes], _ expected: [TensorID: [Double]], sample: Int
  ) {
    samples += 1
    let graph = bounds.graph
    var moved: [TensorID: [Double]] = [:]
    for id in graph.nodes.flatMap(\.outputs) {
      guard let wanted = expected[id], let bound = bounds.bound(of: id), let codes = own[id] else {
        continue
      }
      let found = codes.stored(graph[id])
      let finite = found.filter(\.isFinite)
      let span = max(
        (finite.max() ?? 0) - (finite.min() ?? 0), finite.map(abs).max() ?? 0, 0x1p-126)
      var differences = [Double](repeating: 0, count: found.count)
      for element in found.indices where found[element] != wanted[element] {
        if found[element].isNaN && wanted[element].isNaN { continue }
        let difference = abs(found[element] - wanted[element])
        differences[element] = difference
        differing += 1
        largestDifference = max(largestDifference, difference / span)
        if difference <= bound[element] {
          within += 1
        } else if excess == nil {
          excess = Excess(
            tensor: id, sample: sample, element: element, difference: difference,
            bound: bound[element])
        }
        if !bound[element].isNaN { largestBound = max(largestBound, bound[element] / span) }
      }
      moved[id] = differences
    }
    tippable += bounds.tippable.values.reduce(0, +)
    for tip in bounds.tips {
      let id = graph.nodes[tip.node].outputs[0]
      let isObserved = moved[id].map { $0[tip.element] != 0 } ?? false
      guard tips.count < 64 || isObserved else { continue }
      tips.append(
        Tip(
          node: tip.node, sample: sample, element: tip.element, codes: tip.codes,
          isObserved: isObserved))
    }
  }
}

extension TensorValues {
  /// Numbers as the tensor stores them: codes of integers, values of floats.
  fileprivate func stored(_ tensor: Tensor) -> [Double] {
    let elements = max(tensor.shape.count, 1)
    guard let scale = ElementScale(tensor) else { return [] }
    switch self {
    case .codes(let codes): return codes.map(Double.init)
    case .values(let values), .printed(let values, _), .rounded(let values, _):
      switch scale.form {
      case .numbers(.float32): return values.map { Double(Float($0)) }
      case .numbers, .patterns: return values
      case .codes:
        return values.indices.map { index in
          let element = index % elements
          let code =
            (values[index] - scale.value(0, element: element)) / scale.unit(element: element)
          let nearest = code.rounded()
          // Values are handed out as float32: they stand for the code that they are next to.
          return abs(code - nearest) < 1e-3 ? nearest : code
        }
      }
    }
  }
}
