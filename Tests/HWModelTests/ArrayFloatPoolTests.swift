import Arith
import HWModel
import QuantGraph
import TestSupport
import Testing

@Suite("pools of floats, tap by tap, against windows")
struct ArrayFloatPoolTests {
  private let tally = VarietyTally()

  /// Codes of the results, NaN and the signs of zeros among them.
  private func results(
    _ graph: Graph, _ values: [Float], path: KernelPath, kernel: String
  ) throws -> [UInt32] {
    let plan = try Plan(graph, on: ONNXReferenceDatapath(path: path))
    #expect(plan.kernelNames == [kernel])
    let runner = PlanRunner(plan)
    let input = try #require(runner.buffer(of: graph.inputs[0]))
    for (index, value) in values.enumerated() { input.elements(as: Float.self)[index] = value }
    runner.run(usedLanes: 1)
    let output = try #require(runner.buffer(of: graph.outputs[0]))
    return (0..<graph[graph.outputs[0]].shape.count).map {
      let value = output.elements(as: Float.self)[$0]
      return value.isNaN ? 1 : value.bitPattern
    }
  }

  @Test("one and two axes, either layout, strides, dilations, empty windows, NaN, signed zeros")
  func windows() throws {
    defer { tally.expectVariety() }
    for seed in 0..<200 {
      var generator = SeededGenerator(seed: UInt64(seed))
      func pick(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &generator) }
      let axes = pick(1...2)
      func numbers(_ range: ClosedRange<Int>) -> [Int] { (0..<axes).map { _ in pick(range) } }
      let (kernel, strides, dilations) = (numbers(1...4), numbers(1...3), numbers(1...2))
      // Margins beyond a window's reach leave windows without an element.
      let (before, after) = (numbers(0...5), numbers(0...5))
      let extents = numbers(1...9).enumerated().map { axis, extent in
        max(
          extent, (kernel[axis] - 1) * dilations[axis] + 1 - before[axis] - after[axis])
      }
      let positions = extents.enumerated().map { axis, extent in
        (extent + before[axis] + after[axis] - (kernel[axis] - 1) * dilations[axis] - 1)
          / strides[axis] + 1
      }
      let (batch, channels) = (pick(1...2), pick(1...3))
      let isLast = seed % 2 == 1
      func shape(_ spatial: [Int]) throws -> Shape {
        try Shape(isLast ? [batch] + spatial + [channels] : [batch, channels] + spatial)
      }
      let tensors = [
        Tensor(name: "x", shape: try shape(extents), encoding: .float(.float32)),
        Tensor(name: "y", shape: try shape(positions), encoding: .float(.float32)),
      ]
      let pool = Pool(
        reduction: seed % 3 == 0 ? .average : .maximum, kernel: kernel, strides: strides,
        dilations: dilations, paddingBefore: before, paddingAfter: after,
        countsPadding: seed % 4 == 0, layout: isLast ? .channelsLast : .channelsFirst)
      let graph = try Graph(
        name: "pool", tensors: tensors,
        nodes: [
          Node(
            name: "pool", operation: .pool(pool), inputs: [TensorID(0)], outputs: [TensorID(1)])
        ],
        inputs: [TensorID(0)], outputs: [TensorID(1)])
      let values = (0..<tensors[0].shape.count).map { _ -> Float in
        switch pick(0...9) {
        case 0: 0
        case 1: -0.0
        case 2 where seed % 5 == 0: .nan
        case 3: -.infinity
        default: Float.random(in: -4...4, using: &generator)
        }
      }
      let expected = try results(graph, values, path: .plain, kernel: "ArrayKernel")
      let found = try results(graph, values, path: .portable, kernel: "ArrayFloatPool")
      tally.note(found.map { Int64($0) })
      #expect(found == expected, "seed \(seed): \(pool) of \(extents)")
    }
  }
}
