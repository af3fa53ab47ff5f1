#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

public import QuantGraph

extension Check {
  /// Looks for a mistake in the data that were given, instead of the model: samples in another
  /// order, exchanged files, another scale, another order of axes or channels, codes given as
  /// numbers.
  ///
  /// - Parameters:
  ///   - observed: the samples that changes are tried on.
  ///   - result: of the check.
  ///   - open: opens everything from the first sample on, to look for samples in another order.
  ///   - mayGoOn: asked before each change and each block of samples; false ends the search.
  /// - Returns: the changes of the data with which the model gives what was observed, at least nine
  ///   tenths of it where it gave less than six tenths before; the best first.
  /// - Throws: a `Diagnostic` from the sources.
  public func dataCauses(
    _ observed: ObservedSamples, result: CheckResult,
    open: () throws(Diagnostic) -> CheckSources, mayGoOn: @Sendable () -> Bool
  ) throws(Diagnostic) -> [Cause] {
    // What a model with state gives depends on all samples before.
    guard plan.graph.states.isEmpty, observed.count > 0 else { return [] }
    let isOffGrid = result.comparisons.contains { $0.comparison.offGrid > 0 }
    var causes: [Cause] = []
    let search = DataSearch(self, observed)
    for change in search.changes where mayGoOn() {
      // Values that the format does not have come from no input.
      if isOffGrid, case .inputs = change.edit { continue }
      if let cause = search.cause(change) { causes.append(cause) }
    }
    // In another order most samples differ.
    if !isOffGrid, search.differsInMost,
      let cause = try sampleOrder(try open(), mayGoOn: mayGoOn)
    {
      causes.append(cause)
    }
    return causes.sorted { ($0.reproduces, $1.cost) > ($1.reproduces, $0.cost) }
  }
}

/// Tries changes of the data that a check was given.
private struct DataSearch {
  struct Change {
    enum Edit {
      /// Other values of the graph's inputs, in its order.
      case inputs(([TensorValues]) -> [TensorValues])
      /// Other expected values, in the order of ``ObservedSamples/expected``.
      case expected(([TensorValues]) -> [TensorValues])
    }

    let kind: Cause.Kind
    let object: Cause.Object
    /// The tensor whose values are others.
    let tensor: String
    let detail: String
    let edit: Edit
  }

  /// What a run gives of the expected values.
  private struct Score {
    var compared = 0
    var equal = 0
    var differing: RangeSet<Int> = .init()
  }

  private let check: Check
  private let graph: Graph
  private let observed: ObservedSamples
  private let runner: BatchRunner
  private let base: Score
  /// A few samples that differ.
  private let probe: [Int]

  init(_ check: Check, _ observed: ObservedSamples) {
    self.check = check
    graph = check.plan.graph
    self.observed = observed
    runner = BatchRunner(
      check.plan, keeping: Set(observed.expected.map(\.tensor)), threads: check.threads)
    let all = Array(0..<observed.count)
    base =
      Self.score(
        check, runner, observed.inputs, observed.expected.map(\.values), observed, samples: all)
      ?? Score()
    let differing = base.differing
    probe = Array(all.lazy.filter { differing.contains($0) }.prefix(8))
  }

  /// Whether a fourth of the samples differ at least.
  var differsInMost: Bool {
    base.differing.ranges.reduce(0) { $0 + $1.count } * 4 >= observed.count
  }

  /// The cause that `change` is, if it gives the expected values.
  func cause(_ change: Change) -> Cause? {
    guard !probe.isEmpty else { return nil }
    var inputs = observed.inputs
    var expected = observed.expected.map(\.values)
    switch change.edit {
    case .inputs(let edit): inputs = edit(inputs)
    case .expected(let edit): expected = edit(expected)
    }
    for samples in [probe, Array(0..<observed.count)] {
      guard
        let score = Self.score(check, runner, inputs, expected, observed, samples: samples),
        score.compared > 0
      else { return nil }
      let (equal, before) = (
        Double(score.equal) / Double(score.compared), Double(base.equal) / Double(base.compared)
      )
      guard equal == 1 || equal >= 0.9 && before <= 0.6 else { return nil }
      guard samples.count == observed.count else { continue }
      return Cause(
        kind: change.kind, object: change.object, node: change.tensor, detail: change.detail,
        reproduces: score.equal, cost: 0.5)
    }
    return nil
  }

  /// Nil for inputs that the model does not take.
  private static func score(
    _ check: Check, _ runner: BatchRunner, _ inputs: [TensorValues], _ expected: [TensorValues],
    _ observed: ObservedSamples, samples: [Int]
  ) -> Score? {
    let graph = check.plan.graph
    let given = zip(inputs, graph.inputs).map {
      $0.selecting(samples, elements: graph[$1].shape.count)
    }
    let wanted = zip(expected, observed.expected).map {
      (tensor: $1.tensor, values: $0.selecting(samples, elements: graph[$1.tensor].shape.count))
    }
    let (steps, matchesPrinted) = (check.steps, check.matchesPrinted)
    guard
      let blocks = try? runner.run(
        given, count: samples.count, wrapsCodes: true,
        collect: { runner, first, used in
          wanted.map { tensor, values in
            runner.compare(
              tensor, with: values, first: first, count: used, firstSample: first, limit: 0,
              steps: steps[tensor], matchesPrinted: matchesPrinted)
          }
        })
    else { return nil }
    var score = Score()
    for part in blocks.joined() {
      score.compared += part.compared
      // Floats of a run with the right data differ in their last places only.
      let isClose = part.maxDifference > 0 && part.maxDifference <= part.largestExpected * 0x1p-12
      score.equal += isClose ? part.compared : part.equal
      if !isClose {
        for range in part.differingSamples.ranges { score.differing.insert(contentsOf: range) }
      }
    }
    return score
  }

  // MARK: Changes

  var changes: [Change] {
    var list: [Change] = []
    addExchanges(to: &list)
    addCodes(to: &list)
    for (position, id) in graph.inputs.enumerated() {
      addScales(of: position, id, to: &list)
      for layout in Self.layouts(of: graph[id].shape) {
        list.append(
          Change(
            kind: .layout, object: .input, tensor: graph[id].name, detail: layout.words,
            edit: .inputs { $0.replacing(position) { $0.permuted(layout.order) } }))
      }
    }
    for (position, entry) in observed.expected.enumerated() {
      for layout in Self.layouts(of: graph[entry.tensor].shape) {
        list.append(
          Change(
            kind: .layout, object: .expected, tensor: graph[entry.tensor].name,
            detail: layout.words,
            edit: .expected { $0.replacing(position) { $0.permuted(layout.order) } }))
      }
    }
    return list
  }

  /// Two inputs or two expected arrays of one shape, each given as the other.
  private func addExchanges(to list: inout [Change]) {
    func add(_ tensors: [TensorID], _ object: Cause.Object, _ isInput: Bool) {
      for first in tensors.indices {
        for second in tensors.indices.dropFirst(first + 1)
        where graph[tensors[first]].shape == graph[tensors[second]].shape {
          let edit = { (values: [TensorValues]) in
            var values = values
            values.swapAt(first, second)
            return values
          }
          let (one, other) = (graph[tensors[first]].name, graph[tensors[second]].name)
          list.append(
            Change(
              kind: .exchange, object: object, tensor: one,
              detail: "the arrays of '\(one)' and '\(other)' are exchanged",
              edit: isInput ? .inputs(edit) : .expected(edit)))
        }
      }
    }
    add(graph.inputs, .input, true)
    add(observed.expected.map(\.tensor), .expected, false)
  }

  /// Codes that an array holds as floats.
  private func addCodes(to list: inout [Change]) {
    func add(_ values: TensorValues, _ id: TensorID, _ object: Cause.Object, _ position: Int) {
      guard let numbers = values.numbers, let range = ElementScale(graph[id])?.codeRange,
        ElementScale(graph[id])?.unit(element: 0) != 1,
        numbers.allSatisfy({ $0 == $0.rounded() && range.contains(Int64(nearest: $0)) })
      else { return }
      let edit = { (all: [TensorValues]) in
        all.replacing(position) { .codes(($0.numbers ?? []).map(Int64.init(nearest:))) }
      }
      list.append(
        Change(
          kind: .scale, object: object, tensor: graph[id].name,
          detail: "the array holds codes as floats: give it an integer type, or give values",
          edit: object == .input ? .inputs(edit) : .expected(edit)))
    }
    for (position, id) in graph.inputs.enumerated() {
      add(observed.inputs[position], id, .input, position)
    }
    for (position, entry) in observed.expected.enumerated() {
      add(entry.values, entry.tensor, .expected, position)
    }
  }

  /// The scales in which images and signals are given.
  private static let scales: [(words: String, of: @Sendable (Double) -> Double)] = [
    ("x / 255", { $0 / 255 }), ("x * 255", { $0 * 255 }), ("x / 256", { $0 / 256 }),
    ("x * 256", { $0 * 256 }), ("x / 127.5 - 1", { $0 / 127.5 - 1 }),
    ("(x + 1) * 127.5", { ($0 + 1) * 127.5 }), ("x / 128 - 1", { $0 / 128 - 1 }),
    ("x / 128", { $0 / 128 }), ("x * 128", { $0 * 128 }), ("2 x - 1", { 2 * $0 - 1 }),
    ("(x + 1) / 2", { ($0 + 1) / 2 }), ("x / 32768", { $0 / 32768 }),
    ("x * 32768", { $0 * 32768 }), ("x - 128", { $0 - 128 }), ("x + 128", { $0 + 128 }),
  ]

  private func addScales(of position: Int, _ id: TensorID, to list: inout [Change]) {
    for scale in Self.scales {
      let edit: ([TensorValues]) -> [TensorValues]
      if case .codes(let codes) = observed.inputs[position] {
        // Codes are moved by the other sign convention only.
        guard let range = ElementScale(graph[id])?.codeRange,
          ["x - 128", "x + 128"].contains(scale.words),
          codes.allSatisfy({ range.contains(Int64(scale.of(Double($0)))) })
        else { continue }
        edit = { all in
          all.replacing(position) { values in
            guard case .codes(let codes) = values else { return values }
            return .codes(codes.map { Int64(scale.of(Double($0))) })
          }
        }
      } else {
        edit = { all in
          all.replacing(position) { .values(($0.numbers ?? []).map(scale.of)) }
        }
      }
      list.append(
        Change(
          kind: .scale, object: .input, tensor: graph[id].name,
          detail: "x is given, the expected values come from \(scale.words)", edit: .inputs(edit)))
    }
  }

  /// Orders of elements in which an array may hold a tensor of `shape`: for each element the
  /// position that it is read from.
  private static func layouts(of shape: Shape) -> [(words: String, order: [Int])] {
    let extents = Array(shape.extents.drop { $0 == 1 })
    guard extents.count >= 2, let last = extents.last, shape.count > 0 else { return [] }
    let first = extents[0]
    let rest = (shape.count / last, shape.count / first)
    var list: [(words: String, order: [Int])] = []
    func add(_ words: String, _ order: [Int]) {
      if order != Array(order.indices), !list.contains(where: { $0.order == order }) {
        list.append((words, order))
      }
    }
    if extents.count >= 3 {
      let inner = shape.count / extents[0] / extents[1]
      add(
        "the array has its first two axes exchanged (width and height)",
        (0..<shape.count).map { place in
          let (row, column, channel) = (
            place / inner / extents[1], place / inner % extents[1], place % inner
          )
          return (column * extents[0] + row) * inner + channel
        })
    }
    add(
      "the array has its first axis where the model has its last (channels first)",
      (0..<shape.count).map { $0 % last * rest.0 + $0 / last })
    add(
      "the array has its last axis where the model has its first (channels last)",
      (0..<shape.count).map { $0 % rest.1 * first + $0 / rest.1 })
    if last == 3 || last == 4 {
      add(
        "the channels are in the opposite order (RGB and BGR)",
        (0..<shape.count).map { $0 / last * last + last - 1 - $0 % last })
    }
    if first == 3, extents.count == 3 {
      add(
        "the channels are in the opposite order (RGB and BGR)",
        (0..<shape.count).map { (first - 1 - $0 / rest.1) * rest.1 + $0 % rest.1 })
    }
    return list
  }
}

extension [TensorValues] {
  fileprivate func replacing(
    _ position: Int, _ change: (TensorValues) -> TensorValues
  ) -> [TensorValues] {
    var values = self
    values[position] = change(values[position])
    return values
  }
}

extension TensorValues {
  /// Every sample with its elements read from the positions of `order`.
  fileprivate func permuted(_ order: [Int]) -> TensorValues {
    func permute<Value>(_ values: [Value]) -> [Value] {
      (0..<values.count / order.count).flatMap { sample in
        order.map { values[sample * order.count + $0] }
      }
    }
    return switch self {
    case .codes(let codes): .codes(permute(codes))
    case .values(let values): .values(permute(values))
    case .printed(let values, let digits): .printed(permute(values), digits: digits)
    case .rounded(let values, let bits): .rounded(permute(values), bits: bits)
    }
  }
}

extension Int64 {
  /// The nearest integer, within the range of 64 bits; 0 for a NaN.
  fileprivate init(nearest value: Double) {
    self = value.isNaN ? 0 : Int64(exactly: value.rounded()) ?? (value < 0 ? .min : .max)
  }
}

// MARK: - Order of samples

extension Check {
  /// That the expected values are those of the same samples in another order, if they are.
  ///
  /// Nine tenths of the samples that differ are those of others, and there are two at least.
  private func sampleOrder(
    _ sources: CheckSources, mayGoOn: () -> Bool
  ) throws(Diagnostic) -> Cause? {
    let graph = plan.graph
    let scales = sources.expected.map { ElementScale(graph[$0.tensor]) }
    guard scales.allSatisfy({ $0 != nil }) else { return nil }
    let tensors = sources.expected.map(\.tensor)
    let runner = BatchRunner(plan, keeping: Set(tensors), threads: threads)
    var (wanted, found): ([Int], [Int]) = ([], [])
    // Digits of each expected tensor that was printed.
    var digits = [Int?](repeating: nil, count: tensors.count)
    while mayGoOn() {
      let count = min(runner.suggestedSamples, (firstSamples ?? .max) - wanted.count)
      let block = try CheckBlock(sources, of: graph, upTo: count, from: wanted.count)
      if block.count == 0 { break }
      for (position, values) in block.expected.enumerated() {
        if case .printed(_, let count) = values { digits[position] = count }
      }
      let printed = digits
      for sample in 0..<block.count {
        var hasher = Hasher()
        for (position, values) in block.expected.enumerated() {
          let elements = graph[tensors[position]].shape.count
          for element in 0..<elements {
            hasher.combine(
              values.number(at: sample * elements + element, element: element, scales[position])
                .shown(digits: printed[position]))
          }
        }
        wanted.append(hasher.finalize())
      }
      do throws(InputError) {
        found += try runner.run(
          block.inputs, count: block.count, firstSample: found.count, wrapsCodes: wrapsCodes
        ) { runner, _, used in
          let codes = tensors.map { runner.elements(of: $0, count: used) }
          return (0..<used).map { sample in
            var hasher = Hasher()
            for (position, codes) in codes.enumerated() {
              let elements = graph[tensors[position]].shape.count
              guard let codes, let scale = scales[position] else { continue }
              for element in 0..<elements {
                hasher.combine(
                  codes.number(at: sample * elements + element, element: element, scale).value
                    .shown(digits: printed[position]))
              }
            }
            return hasher.finalize()
          }
        }.flatMap(\.self)
      } catch {
        throw Diagnostic(error)
      }
    }
    return sampleOrder(wanted: wanted, found: found)
  }

  private func sampleOrder(wanted: [Int], found: [Int]) -> Cause? {
    guard let (words, count) = Self.order(of: wanted, among: found) else { return nil }
    let outputs = plan.graph.outputs
    let elements = outputs.reduce(0) { $0 + plan.graph[$1].shape.count }
    return Cause(
      kind: .sampleOrder, object: .expected, node: outputs.first.map { plan.graph[$0].name } ?? "",
      detail: words, reproduces: count * max(elements, 1), cost: 0.4)
  }

  /// The order of `wanted` rows, by keys of their values, where they are `found` rows of other
  /// samples; and how many are.
  static func order(of wanted: [Int], among found: [Int]) -> (words: String, count: Int)? {
    let count = wanted.count
    let differing = wanted.indices.filter { wanted[$0] != found[$0] }
    // Rows that all samples share are found anywhere.
    guard differing.count >= 2, Set(differing.map { wanted[$0] }).count >= 2 else { return nil }
    if (0..<count).allSatisfy({ wanted[$0] == found[count - 1 - $0] }) {
      return ("the samples are in reverse order", count)
    }
    // Moved by the same number, what is pushed out left away or put at the other end.
    for shift in 1..<min(count, 1024) {
      for (sign, words) in [(1, "later"), (-1, "earlier")] {
        let overlap = max(0, -sign * shift)..<min(count, count - sign * shift)
        guard overlap.count * 2 >= count, Set(overlap.lazy.map { wanted[$0] }).count >= 4,
          overlap.allSatisfy({ wanted[$0] == found[$0 + sign * shift] })
        else { continue }
        return ("they are those of the sample \(shift) \(words)", overlap.count)
      }
    }
    var places: [Int: [Int]] = [:]
    for (sample, key) in found.enumerated() { places[key, default: []].append(sample) }
    let moved = differing.filter { places[wanted[$0]] != nil }
    guard moved.count * 10 >= differing.count * 9 else { return nil }
    let pairs = moved.compactMap { sample -> (sample: Int, other: Int)? in
      guard let others = places[wanted[sample]], others.count == 1 else { return nil }
      return (sample, others[0])
    }
    // Results that many samples share, such as classes, are found anywhere: most have to be of one
    // sample only, or all rows together those of all samples.
    let isPermutation = places.count >= 8 && wanted.sorted() == found.sorted()
    guard let first = pairs.first,
      isPermutation
        || pairs.count * 2 >= moved.count && Set(pairs.map(\.other)).count == pairs.count
    else { return nil }
    return (
      "the samples are in another order: sample \(first.sample) expects what sample "
        + "\(first.other) gives", count - differing.count + moved.count
    )
  }
}

extension TensorValues {
  fileprivate func number(at position: Int, element: Int, _ scale: ElementScale?) -> Double {
    if case .codes(let codes) = self { return scale?.value(codes[position], element: element) ?? 0 }
    return numbers?[position] ?? 0
  }
}

extension Double {
  /// The number as binary32 holds it, or as so many significant digits show it, ties to even as C++
  /// prints; -0 is 0.
  fileprivate func shown(digits: Int?) -> Float {
    guard let digits, isFinite, self != 0 else { return Float(self) + 0 }
    let place = Int(log10(magnitude).rounded(.down)) - digits + 1
    let unit = pow(10, Double(place.magnitude))
    let steps = (place < 0 ? self * unit : self / unit).rounded(.toNearestOrEven)
    return Float(place < 0 ? steps / unit : steps * unit)
  }
}
