extension Graph {
  /// Whether each index of the leading axis is computed for itself, from the inputs' same index.
  ///
  /// Then a batch of N may run as N batches of one. `batched` are the inputs whose leading axis
  /// holds samples, of an extent that no other axis of the graph has by chance. The answer is on the
  /// safe side: false for an operator that is not known to keep samples apart.
  public func keepsSamplesApart(_ batched: [TensorID]) -> Bool {
    guard let first = batched.first, let extent = self[first].shape.extents.first, states.isEmpty
    else { return false }
    var carrying = Set(batched)
    for node in nodes {
      let data = node.inputs.filter(carrying.contains)
      guard !data.isEmpty else {
        // What is repeated for every sample is as if each had its own.
        if case .broadcast = node.operation, isRepeated(node.inputs[0], in: node.outputs[0]),
          self[node.outputs[0]].shape.extents.first == extent
        {
          carrying.formUnion(node.outputs)
        }
        continue
      }
      guard data.allSatisfy({ self[$0].shape.extents.first == extent }),
        node.outputs.allSatisfy({ id in self[id].shape.extents.first == extent }),
        keepsSamplesApart(node, data: data)
      else { return false }
      carrying.formUnion(node.outputs)
    }
    return outputs.allSatisfy { carrying.contains($0) || self[$0].constant != nil }
  }

  /// Whether an operand has the same elements for each index of the result's leading axis.
  private func isRepeated(_ id: TensorID, in result: TensorID) -> Bool {
    self[id].shape.rank < self[result].shape.rank || self[id].shape.extents.first == 1
  }

  /// Whether operands are repeated to the result's shape, or have its leading axis if they are `data`.
  private func broadcasts(_ operands: [TensorID], to result: TensorID, data: [TensorID]) -> Bool {
    operands.allSatisfy { id in
      data.contains(id)
        ? self[id].shape.rank == self[result].shape.rank : isRepeated(id, in: result)
    }
  }

  /// Rows of samples by one matrix, or matrices of each sample.
  private func keepsSamplesApart(
    _ product: MatMul, _ left: TensorID, _ right: TensorID, to result: TensorID, data: [TensorID]
  ) -> Bool {
    if data == [left], self[right].shape.rank <= 2 {
      return !product.transposesLeft || self[left].shape.rank > 2
    }
    return self[result].shape.rank > 2 && data.allSatisfy { $0 == left || $0 == right }
      && broadcasts([left, right], to: result, data: data)
  }

  private func keepsSamplesApart(_ node: Node, data: [TensorID]) -> Bool {
    // Only the leading operand may hold samples where operands have roles.
    let isFirstOnly = data == [node.inputs[0]]
    switch node.operation {
    case .unary, .copy, .cast, .convert, .reshape: return true
    case .binary, .select, .arithmetic:
      return broadcasts(node.inputs, to: node.outputs[0], data: data)
    case .broadcast:
      return isFirstOnly && broadcasts([node.inputs[0]], to: node.outputs[0], data: data)
    case .tile(let repeats): return isFirstOnly && repeats.first == 1
    case .convolution, .transposedConvolution, .pool, .normalizeBatch, .resize, .rearrange:
      return isFirstOnly
    case .dense: return isFirstOnly
    case .matMul(let product):
      return keepsSamplesApart(
        product, node.inputs[0], node.inputs[1], to: node.outputs[0], data: data)
    case .axisSoftmax(let softmax): return softmax.axis > 0
    case .argument(let search): return search.axis > 0
    case .normalizeLayer(let axis, _): return isFirstOnly && axis > 0
    case .reduce(let reduction): return isFirstOnly && !reduction.axes.contains(0)
    case .concatenate(let axis):
      return axis > 0 && node.inputs.allSatisfy(data.contains)
    case .split(let axis): return axis > 0
    case .transpose(let permutation): return permutation.first == 0
    case .surround(let surround):
      return isFirstOnly && surround.before.first == 0 && surround.after.first == 0
    case .crop(let before, let after): return before.first == 0 && after.first == 0
    case .slice(let slice):
      return isFirstOnly && slice.begin.first == 0 && slice.strides.first == 1
    case .gatherAxis(let axis):
      // Entries of a table that samples name, or a place of each sample.
      return axis > 0 ? isFirstOnly : data == [node.inputs[1]]
    case .quantize(let quantize): return isFirstOnly && quantize.granularity.isWithinSamples
    case .dequantize(let granularity): return isFirstOnly && granularity.isWithinSamples
    case .qonnx: return isFirstOnly
    case .integerProduct(.convolution): return isFirstOnly
    case .integerProduct(.matMul(let product)):
      return keepsSamplesApart(
        product, node.inputs[0], node.inputs[2], to: node.outputs[0], data: data)
    case .quantized(let quantized): return keepsSamplesApart(quantized, node, data: data)
    default: return false
    }
  }

  private func keepsSamplesApart(_ quantized: Quantized, _ node: Node, data: [TensorID]) -> Bool {
    let isFirstOnly = data == [node.inputs[0]]
    switch quantized.function {
    case .convolution, .pool: return isFirstOnly
    case .matMul(let product):
      return keepsSamplesApart(
        product, node.inputs[0], node.inputs[3], to: node.outputs[0], data: data)
    case .unary, .reshape: return isFirstOnly
    case .binary:
      return broadcasts([node.inputs[0], node.inputs[3]], to: node.outputs[0], data: data)
    case .mean(let axes, _): return isFirstOnly && !axes.contains(0)
    case .concatenate(let axis): return axis > 0
    case .softmax(let axis): return isFirstOnly && axis > 0
    case .transpose(let permutation): return isFirstOnly && permutation.first == 0
    }
  }
}

extension Granularity {
  /// Whether no scale belongs to single indices of the leading axis.
  fileprivate var isWithinSamples: Bool {
    switch self {
    case .tensor: true
    case .axis(let axis), .blocks(let axis, _): axis > 0
    }
  }
}
