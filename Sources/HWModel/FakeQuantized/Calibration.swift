internal import Arith
package import QuantGraph

extension FloatNetwork {
  /// The network in float64, for measurements.
  package var measuringPlan: Plan {
    var datapath = FakeQuantized(precision: .float64)
    for (node, planned) in zip(plan.graph.nodes, plan.nodes) {
      datapath.floatLayers[node.name] =
        (planned.kernel as? SampleNode<PreparedLayer>)?.kernel.floatLayer
    }
    do throws(PlanProblems) {
      return try Plan(graph, on: datapath)
    } catch {
      preconditionFailure("what runs in float32 runs in float64")
    }
  }

  /// A layer of ``measuringPlan`` with other weights.
  package func bound(_ node: Node, in plan: Plan, _ weights: LayerWeights) -> PlannedNode {
    do throws(DatapathError) {
      return try FakeQuantized(precision: .float64).plan(
        node, in: plan.graph, inputs: node.inputs.compactMap { plan.tensors[$0.index] },
        weights: weights)
    } catch {
      preconditionFailure("the plan has the layer")
    }
  }

  /// A layer's input as the layer takes it, channels of images innermost.
  ///
  /// - Parameters:
  ///   - layer: which.
  ///   - plan: the network in float32 or float64.
  ///   - values: the input as the plan stores it.
  ///   - samples: how many.
  /// - Returns: as many numbers.
  package func layerInput(
    _ layer: Int, in plan: Plan, _ values: [Double], samples: Int
  ) -> [Double] {
    let node = graph.nodes[layers[layer].node]
    guard case .convolution(let convolution) = node.operation,
      convolution.layout == .channelsFirst, plan.tensors[node.inputs[0].index]?.channelsLast == nil
    else { return values }
    let geometry = parameters(layer).geometry
    let plane = geometry.rows * geometry.columns
    return [Double](unsafeUninitializedCapacity: values.count) { target, count in
      if let target = target.baseAddress {
        ImageMove(channels: geometry.channels, plane: plane, toChannelsLast: true)
          .run(values, samples: samples, into: target)
      }
      count = values.count
    }
  }

  /// Runs samples block by block and collects something of each.
  ///
  /// - Parameters:
  ///   - samples: whole samples, one after the other.
  ///   - plan: the network in float32 or float64.
  ///   - kept: tensors that are read.
  ///   - threads: the result does not depend on them.
  ///   - collect: takes the runner and the numbers of the samples of a block.
  /// - Returns: what `collect` gave, in the samples' order.
  func map<Partial: Sendable>(
    _ samples: [Float], _ plan: Plan, keeping kept: Set<TensorID>, threads: Int,
    collect: @Sendable (PlanRunner, Range<Int>) -> Partial
  ) -> [Partial] {
    let size = inputCount
    let count = samples.count / max(size, 1)
    let lanes = PlanRunner.suitableLanes(plan)
    return ParallelFor.map((count + lanes - 1) / lanes, threads: threads) {
      PlanRunner(plan, keeping: kept, runsOutputs: false, lanes: lanes)
    } _: { runner, block in
      let range = block * lanes..<min((block + 1) * lanes, count)
      do throws(InputError) {
        try runner.load(
          .values(samples[range.lowerBound * size..<range.upperBound * size].map { Double($0) }),
          first: 0, count: range.count, into: plan.graph.inputs[0])
      } catch {
        preconditionFailure("float32 tensors take any number")
      }
      runner.run(usedLanes: range.count)
      return collect(runner, range)
    }
  }

  /// What the inputs of layers are on some samples, in float32.
  ///
  /// - Parameters:
  ///   - samples: whole samples, one after the other.
  ///   - keepsHistograms: whether magnitudes are counted, for rules that need them.
  ///   - threads: the result does not depend on them.
  /// - Returns: one a layer.
  public func calibrated(
    _ samples: [Float], keepsHistograms: Bool, threads: Int
  ) -> [InputRange] {
    let empty = InputRange(keepsHistogram: keepsHistograms)
    let inputs = layers.map { graph.nodes[$0.node].inputs[0] }
    let partials = map(samples, plan, keeping: Set(inputs), threads: threads) { runner, range in
      inputs.map { id in
        var seen = empty
        if let buffer = runner.buffer(of: id) {
          seen.add(
            UnsafeBufferPointer(
              start: buffer.rows(as: Float.self), count: range.count * graph[id].shape.count))
        }
        return seen
      }
    }
    var ranges = [InputRange](repeating: empty, count: layers.count)
    for partial in partials {
      for (layer, seen) in partial.enumerated() { ranges[layer].merge(seen) }
    }
    return ranges
  }

  /// The network's scores without quantization, `samples * classes`, in float32.
  public func scores(of samples: [Float], threads: Int = 1) -> [Float] {
    map(samples, plan, keeping: [scoresTensor], threads: threads) { runner, range -> [Float] in
      guard case .float32(let scores)? = runner.elements(of: scoresTensor, count: range.count)
      else { return [] }
      return scores
    }.flatMap { $0 }
  }
}
