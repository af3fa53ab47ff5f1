import Arith
import QuantGraph

/// Changes of one stored weight or bias of a dense layer or a convolution.
struct ValueSearch: Sendable {
  struct Change: Hashable {
    /// Output channel that the value belongs to.
    let output: Int
    /// Position in the stored weights, or the output for a bias.
    let position: Int
    let isBias: Bool
    let before: Int64
    let after: Int64
    let cost: Double
  }

  let graph: Graph
  let node: Node
  let geometry: AccumulationGeometry
  let types: AccumulationTypes
  let step: AccumulateStep<Int64>
  /// Data codes and result codes of all samples.
  let data: [[Int64]]
  let before: [[Int64]]
  /// Values of the weights and biases as their source writes them, where it does.
  let originals: [TensorID: [Double]]

  /// Sign, last place, absence and single bits of every value that reaches `output`.
  func changes(of output: Int) -> [Change] {
    var list: [Change] = []
    if case .fixed(let format) = graph[node.inputs[1]].encoding {
      for position in Set(geometry.terms[output].map(\.weight)).sorted() {
        list += changes(
          of: step.weights[position], written: originals[node.inputs[1]]?[position], in: format,
          output: output, position: position, isBias: false)
      }
    }
    if node.inputs.count > 2, let format = types.bias,
      let codes = graph[node.inputs[2]].constant?.int64
    {
      list += changes(
        of: codes[output], written: originals[node.inputs[2]]?[output], in: format,
        output: output, position: output, isBias: true)
    }
    return list
  }

  /// Values of one weight or bias of `output` by which its results would differ as they do: where
  /// the datum that a weight meets is largest, the difference over it, and the values next to that.
  ///
  /// Rounding and wrapping are left to the evaluation.
  ///
  /// - Parameters:
  ///   - output: the channel in which results differ.
  ///   - difference: observed value less the graph's, of a sample's element.
  /// - Returns: changes to evaluate.
  func solved(
    of output: Int, difference: (_ sample: Int, _ element: Int) -> Double
  ) -> [Change] {
    guard types.rule == .multiply, case .fixed(let format) = graph[node.inputs[1]].encoding else {
      return []
    }
    var strongest: [Int: (datum: Int64, difference: Double)] = [:]
    var shift = 0.0
    for sample in data.indices.prefix(64) {
      for position in 0..<min(geometry.positions, 64) {
        let elements = geometry.gathered(position: position)
        let found = difference(sample, position * geometry.outputsPerPosition + output)
        if shift == 0 { shift = found }
        for term in geometry.terms[output] {
          let element = elements[term.input]
          guard element >= 0 else { continue }
          let datum = data[sample][Int(element)]
          if datum.magnitude > strongest[term.weight]?.datum.magnitude ?? 0 {
            strongest[term.weight] = (datum, found)
          }
        }
      }
    }
    var list: [Change] = []
    func add(
      _ before: Int64, _ steps: Double, in format: FixedPointFormat, position: Int, isBias: Bool
    ) {
      guard steps.magnitude < 0x1p61 else { return }
      for neighbour in Int64(-1)...1 {
        let after = before + Int64(steps.rounded()) + neighbour
        guard after != before, after >= format.minimum(as: Int64.self),
          after <= format.maximum(as: Int64.self)
        else { continue }
        list.append(
          Change(
            output: output, position: position, isBias: isBias, before: before, after: after,
            cost: 2.5))
      }
    }
    let perStep = Double(
      sign: .plus, exponent: types.data.fractionBits + format.fractionBits, significand: 1)
    for (position, found) in strongest.sorted(by: { $0.key < $1.key }) where found.difference != 0 {
      add(
        step.weights[position], found.difference * perStep / Double(found.datum), in: format,
        position: position, isBias: false)
    }
    if node.inputs.count > 2, let format = types.bias,
      let codes = graph[node.inputs[2]].constant?.int64
    {
      add(
        codes[output], shift * Double(sign: .plus, exponent: format.fractionBits, significand: 1),
        in: format, position: output, isBias: true)
    }
    return list
  }

  private func changes(
    of value: Int64, written: Double?, in format: FixedPointFormat, output: Int, position: Int,
    isBias: Bool
  ) -> [Change] {
    var list: [Change] = []
    var seen: Set<Int64> = [value]
    func add(_ after: Int64, _ cost: Double) {
      guard after >= format.minimum(as: Int64.self), after <= format.maximum(as: Int64.self),
        seen.insert(after).inserted
      else { return }
      list.append(
        Change(
          output: output, position: position, isBias: isBias, before: value, after: after,
          cost: cost))
    }
    // The negated number rounds by the type's own rule, so its code may not be the negated code.
    if let written { add(format.cast(-written, as: Int512.self).low64, 2.0) }
    if value != Int64.min { add(-value, 2.0) }
    add(value + 1, 2.1)
    add(value - 1, 2.1)
    add(0, 2.2)
    for bit in 0..<min(format.width, 62) {
      let flipped = (value ^ (1 << Int64(bit))).truncated(
        toWidth: format.width, isSigned: format.isSigned)
      add(flipped, 2.4)
    }
    return list
  }

  /// Result codes of `samples` with the change, or nil if none of them changes.
  func evaluate(_ change: Change, samples: [Int]) -> [[Int64]]? {
    var initial = step.initial
    var weights = step.weights
    if change.isBias, let bias = types.bias {
      initial[change.output] = types.accumulator.cast(
        raw: change.after, sourceFractionBits: bias.fractionBits)
    } else {
      weights[change.position] = change.after
    }
    let changed = AccumulateStep(
      geometry: geometry, types: types, weights: weights, initial: initial)
    var differs = false
    let codes = samples.map { sample in
      let result = changed.replacing(output: change.output, of: before[sample], data: data[sample])
      differs = differs || result != before[sample]
      return result
    }
    return differs ? codes : nil
  }

  /// The change in words: name, position, and values.
  func words(for change: Change) -> String {
    let id = node.inputs[change.isBias ? 2 : 1]
    let tensor = graph[id]
    var place = ""
    if !change.isBias {
      let input = geometry.terms[change.output].first { $0.weight == change.position }?.input ?? 0
      place = " (input \(input), output \(change.output))"
    }
    guard case .fixed(let format) = tensor.encoding else { return tensor.name }
    let values = [change.before, change.after].map { format.value(of: $0) }
    return "\(tensor.name)[\(change.position)]\(place): \(values[0]) -> \(values[1])"
  }
}

extension AccumulateStep {
  /// `before` with the elements of one output channel computed again.
  func replacing(output: Int, of before: [Raw], data: [Raw]) -> [Raw] {
    var result = before
    var events = NodeEvents()
    for position in 0..<geometry.positions {
      result[position * geometry.outputsPerPosition + output] = value(
        data, position: position, output: output, events: &events)
    }
    return result
  }
}
