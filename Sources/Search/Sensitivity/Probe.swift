internal import Arith
internal import HWModel
internal import QuantGraph

/// The network with one layer changed, in float64.
struct Probe: Sendable {
  let layer: Int
  let weights: LayerWeights
  /// What additions that read the layer's input make of it; nil where it stays.
  var quantization: LayerQuantization?
}

/// Scores of a block's samples.
struct BlockScores: Sendable {
  let numbers: [Double]
  let classes: Int

  func row(_ sample: Int) -> ArraySlice<Double> {
    numbers[sample * classes..<(sample + 1) * classes]
  }

  /// Logarithms of a sample's class probabilities.
  func logProbabilities(_ sample: Int) -> [Double] {
    ClassScores.logSoftmax(ClassScores.ofClasses(row(sample)))
  }
}

/// The network as it is on a block of samples.
struct ProbeBlock {
  let range: Range<Int>
  let unchanged: BlockScores
  let series: PlanSeries
  fileprivate let form: PlanForm

  func scores(_ sample: Int) -> ArraySlice<Double> { unchanged.row(sample) }

  /// Calls `body` with a tensor that was asked for, as it is stored.
  func withNumbers<Result>(
    of id: TensorID, _ body: (UnsafeBufferPointer<Double>) -> Result
  ) -> Result { series.withNumbers(of: id, under: form, body) }
}

extension SensitivityAnalysis {
  /// Kernels that wait to be run take at most so many bytes.
  private static let waitingBytes = 1 << 25

  /// Runs changed networks on every sample, block by block, and adds what each block gives, in the
  /// blocks' order; blocks have a fixed size, so that sums do not depend on threads.
  ///
  /// - Parameters:
  ///   - count: groups of changed networks.
  ///   - kept: tensors of the unchanged network that are read as they are stored.
  ///   - threads: how many.
  ///   - isCancelled: is asked between blocks.
  ///   - none: the sum of nothing.
  ///   - probes: the networks of a group.
  ///   - reads: which of the kept tensors `measure` reads of a group's networks.
  ///   - measure: takes the block, the group, and the scores of its networks; the tensors of the last
  ///     of them can be read.
  /// - Returns: the sum of each group.
  /// - Throws: ``SensitivityError/cancelled``.
  func sums<Sum: ProbeSum>(
    count: Int, keeping kept: [TensorID], threads: Int, isCancelled: @Sendable () -> Bool,
    none: Sum, probes: (Int) -> [Probe], reads: @Sendable (Int) -> [TensorID] = { _ in [] },
    _ measure: @Sendable (ProbeBlock, Int, [BlockScores]) -> Sum
  ) throws(SensitivityError) -> [Sum] {
    let family = PlanFamily(plan, bytes: Self.waitingBytes)
    let unchanged = try blocks(family, threads: threads, isCancelled: isCancelled) { $0.unchanged }
    var totals = [Sum](repeating: none, count: count)
    var first = 0
    repeat {
      // Some groups at a time, so that their kernels stay small.
      let before = family.kernelBytes
      var forms: [[PlanForm]] = []
      while first + forms.count < count, family.kernelBytes - before < Self.waitingBytes {
        let group = first + forms.count
        forms.append(
          probes(group).enumerated().map {
            form($0.element, in: family, number: [group, $0.offset])
          })
      }
      let (waiting, start) = (forms, first)
      let partials = try blocks(
        family, keeping: kept, scores: unchanged, threads: threads, isCancelled: isCancelled
      ) { block -> [Sum] in
        waiting.indices.map { index in
          let read = reads(start + index)
          // The unchanged network goes on to where this group's begin to differ.
          let common = waiting[index].map {
            block.series.common($0, family.unchanged, for: Set(read + [network.scoresTensor]))
          }
          run(family.unchanged, keeping: common.reduce(Set(read)) { $0.union($1) }, block.series)
          let scores = waiting[index].map { form in
            let wanted = Set(read + [network.scoresTensor])
            run(form, besides: family.unchanged, keeping: wanted, block.series)
            return lastScores(block.series)
          }
          return measure(block, start + index, scores)
        }
      }
      for partial in partials {
        for (index, part) in partial.enumerated() { totals[first + index] += part }
      }
      first += forms.count
    } while first < count
    return totals
  }

  /// Takes the samples block by block.
  ///
  /// - Parameters:
  ///   - family: the unchanged network and those like it.
  ///   - kept: its tensors that are read as they are stored.
  ///   - known: the scores of each block; nil runs it first, and `kept` can be read.
  ///   - threads: how many.
  ///   - isCancelled: is asked between blocks.
  ///   - body: takes a block.
  /// - Returns: what `body` gives, in the blocks' order.
  /// - Throws: ``SensitivityError/cancelled``.
  func blocks<Partial: Sendable>(
    _ family: PlanFamily, keeping kept: [TensorID] = [], scores known: [BlockScores]? = nil,
    threads: Int, isCancelled: @Sendable () -> Bool, _ body: @Sendable (ProbeBlock) -> Partial
  ) throws(SensitivityError) -> [Partial] {
    let wanted = Set(kept + [network.scoresTensor])
    let starts = Set(network.layers.map(\.node))
    let size = PlanSeries.blockSamples(plan)
    let elements = network.inputCount
    let samples = data
    let partials = ParallelFor.map((samples.count + size - 1) / size, threads: threads) {
      // Only what the form that runs needs.
      PlanSeries(family, wanted: wanted.sorted(), stages: starts, bytes: 0)
    } _: { series, number -> Partial? in
      if isCancelled() { return nil }
      let range = number * size..<min((number + 1) * size, samples.count)
      series.select(range) { range in
        [
          .values(
            samples.samples[range.lowerBound * elements..<range.upperBound * elements].map {
              Double($0)
            })
        ]
      }
      if known == nil { run(family.unchanged, keeping: wanted, series) }
      return body(
        ProbeBlock(
          range: range, unchanged: known?[number] ?? lastScores(series), series: series,
          form: family.unchanged))
    }
    var all: [Partial] = []
    for partial in partials {
      guard let partial else { throw .cancelled }
      all.append(partial)
    }
    return all
  }

  private func run(
    _ form: PlanForm, besides other: PlanForm? = nil, keeping wanted: Set<TensorID>,
    _ series: PlanSeries
  ) {
    do throws(InputError) {
      try series.run(form, besides: other, keepingOnly: wanted)
    } catch {
      preconditionFailure("float32 tensors take any number")
    }
  }

  /// Of the form that ran last.
  private func lastScores(_ series: PlanSeries) -> BlockScores {
    BlockScores(
      numbers: series.withNumbers(of: network.scoresTensor) { Array($0) },
      classes: network.classCount)
  }

  /// The unchanged network with a layer changed, and the additions that read what it reads.
  private func form(_ probe: Probe, in family: PlanFamily, number: [Int]) -> PlanForm {
    let layer = network.layers[probe.layer]
    let graph = plan.graph
    var changes = [(node: layer.node, keys: number)]
    if probe.quantization?.formats.activations != nil {
      changes += layer.additions.map { ($0, number) }
    }
    return family.form(replacing: changes) { index in
      let node = graph.nodes[index]
      if index == layer.node { return network.bound(node, in: plan, probe.weights) }
      let quantization = probe.quantization ?? LayerQuantization(LayerFormats())
      do throws(DatapathError) {
        return try FakeQuantized(layers: [layer.name: quantization], precision: .float64).plan(
          node, in: graph, inputs: node.inputs.compactMap { plan.tensors[$0.index] })
      } catch {
        preconditionFailure("the plan has the addition: \(error)")
      }
    }
  }
}

/// What is summed over blocks.
protocol ProbeSum: Sendable {
  static func += (total: inout Self, part: Self)
}

extension Double: ProbeSum {}

/// What one candidate does to results and scores, summed over samples.
struct ProbeMeasurement: ProbeSum {
  var outputSquares = 0.0
  var outputCount = 0
  var divergence = 0.0
  var logitSquares = 0.0
  var crossEntropy = 0.0
  var unchangedCrossEntropy = 0.0
  var flips = 0
  var samples = 0
  var classes = 0

  static func += (total: inout ProbeMeasurement, part: ProbeMeasurement) {
    total.outputSquares += part.outputSquares
    total.outputCount += part.outputCount
    total.divergence += part.divergence
    total.logitSquares += part.logitSquares
    total.crossEntropy += part.crossEntropy
    total.unchangedCrossEntropy += part.unchangedCrossEntropy
    total.flips += part.flips
    total.samples += part.samples
    total.classes = part.classes
  }

  /// Adds a sample's scores.
  mutating func add(_ unchanged: ArraySlice<Double>, _ changed: ArraySlice<Double>, label: Int?) {
    let (one, other) = (ClassScores.ofClasses(unchanged), ClassScores.ofClasses(changed))
    let before = ClassScores.logSoftmax(one)
    let after = ClassScores.logSoftmax(other)
    for index in before.indices {
      let probability = StableExponential.exp(before[index])
      // A class without probability has no share of the divergence.
      if probability > 0 { divergence += probability * (before[index] - after[index]) }
    }
    for (a, b) in zip(one, other) { logitSquares += (b - a) * (b - a) }
    if let label {
      crossEntropy -= after[label]
      unchangedCrossEntropy -= before[label]
    }
    if ClassScores.firstLargest(one) != ClassScores.firstLargest(other) { flips += 1 }
    samples += 1
    classes = unchanged.count
  }
}
