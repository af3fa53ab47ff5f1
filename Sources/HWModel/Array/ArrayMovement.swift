import Arith
import QuantGraph

extension ArrayNode {
  /// The elements in their order, under another shape or type of the same width.
  func moved() -> PlannedNode {
    if let fast = ArrayMove(self) { return planned(kernel: fast) }
    func body<Element: BitwiseCopyable & Sendable>(_ type: Element.Type) -> PlannedNode {
      let data = operands[0]
      let count = results.count
      return planned { o in
        let elements = data.elements(as: type, o)
        for output in 0..<count { o.outputs[output].store(bits: elements) }
      }
    }
    return dispatch(byte: body, half: body, word: body, long: body)
  }

  private func dispatch(
    byte: (UInt8.Type) -> PlannedNode, half: (UInt16.Type) -> PlannedNode,
    word: (UInt32.Type) -> PlannedNode, long: (UInt64.Type) -> PlannedNode
  ) -> PlannedNode {
    switch result.kind.storage.stride {
    case 1: byte(UInt8.self)
    case 2: half(UInt16.self)
    case 4: word(UInt32.self)
    default: long(UInt64.self)
    }
  }

  /// Strided copies, one a pair of operand and result.
  private func copied(
    _ copies: [(operand: Int, result: Int, copy: StridedCopy)], filler: Int? = nil
  ) -> PlannedNode {
    func body<Element: BitwiseCopyable & Sendable>(_ type: Element.Type) -> PlannedNode {
      let (operands, results) = (operands, results)
      return planned { o in
        if let filler {
          let count = results[0].shape.count
          operands[filler].withElements(as: type, o) { value in
            o.outputs[0].rows(as: type).update(repeating: value[0], count: count)
          }
        }
        for (operand, result, copy) in copies {
          let target = o.outputs[result].rows(as: type)
          operands[operand].withElements(as: type, o) { source in
            if let from = source.baseAddress { copy.run(from, target) }
          }
        }
      }
    }
    return dispatch(byte: body, half: body, word: body, long: body)
  }

  func transpose(_ permutation: [Int]) -> PlannedNode {
    let data = operands[0].shape
    let strides = data.strides
    return copied([
      (0, 0, data.copy(to: result.shape.extents, strides: permutation.map { strides[$0] }))
    ])
  }

  func slice(_ slice: Slice) -> PlannedNode {
    let data = operands[0].shape
    let strides = data.strides
    let offset = zip(slice.begin, strides).reduce(0) { $0 + $1.0 * $1.1 }
    let steps = zip(slice.strides, strides).map { $0 * $1 }
    return copied([(0, 0, data.copy(to: slice.extents, offset: offset, strides: steps))])
  }

  func crop(_ before: [Int]) -> PlannedNode {
    let data = operands[0].shape
    let offset = zip(before, data.strides).reduce(0) { $0 + $1.0 * $1.1 }
    return copied([
      (0, 0, data.copy(to: result.shape.extents, offset: offset, strides: data.strides))
    ])
  }

  func split(_ axis: Int) -> PlannedNode {
    let data = operands[0].shape
    var start = 0
    var copies: [(operand: Int, result: Int, copy: StridedCopy)] = []
    for (index, part) in results.enumerated() {
      copies.append(
        (
          0, index,
          data.copy(
            to: part.shape.extents, offset: start * data.strides[axis], strides: data.strides)
        ))
      start += part.shape[axis]
    }
    return copied(copies)
  }

  func concatenate(_ axis: Int) -> PlannedNode {
    let strides = result.shape.strides
    var start = 0
    var copies: [(operand: Int, result: Int, copy: StridedCopy)] = []
    for (index, operand) in operands.enumerated() {
      copies.append(
        (
          index, 0,
          StridedCopy(
            extents: operand.shape.extents, source: (0, operand.shape.strides),
            target: (start * strides[axis], strides))
        ))
      start += operand.shape[axis]
    }
    return copied(copies)
  }

  func expand() -> PlannedNode {
    let data = operands[0].shape
    return copied([
      (
        0, 0,
        data.copy(
          to: result.shape.extents, strides: data.broadcastStrides(to: result.shape))
      )
    ])
  }

  func tile(_ repeats: [Int]) -> PlannedNode {
    let data = operands[0].shape
    // Each axis becomes two: which repetition, and the position in it.
    var extents: [Int] = []
    var strides: [Int] = []
    for axis in 0..<data.rank {
      extents += [repeats[axis], data[axis]]
      strides += [0, data.strides[axis]]
    }
    return copied([(0, 0, data.copy(to: extents, strides: strides))])
  }

  func surround(_ surround: Surround) -> PlannedNode {
    let data = operands[0].shape
    let strides = result.shape.strides
    if surround.rule == .constant {
      let offset = zip(surround.before, strides).reduce(0) { $0 + $1.0 * $1.1 }
      return copied(
        [
          (
            0, 0,
            StridedCopy(
              extents: data.extents, source: (0, data.strides), target: (offset, strides))
          )
        ], filler: 1)
    }
    let maps = data.extents.indices.map { axis in
      (0..<result.shape[axis]).map { position in
        surround.rule.source(of: position - surround.before[axis], extent: data[axis])
          * data.strides[axis]
      }
    }
    let shape = result.shape
    func body<Element: BitwiseCopyable & Sendable>(_ type: Element.Type) -> PlannedNode {
      let operand = operands[0]
      return planned { o in
        let elements = operand.elements(as: type, o)
        let target = o.outputs[0].rows(as: type)
        var index = [Int](repeating: 0, count: shape.rank)
        for position in 0..<shape.count {
          var source = 0
          for axis in index.indices { source += maps[axis][index[axis]] }
          target[position] = elements[source]
          var axis = shape.rank - 1
          while axis >= 0 {
            index[axis] += 1
            if index[axis] < shape[axis] { break }
            index[axis] = 0
            axis -= 1
          }
        }
      }
    }
    return dispatch(byte: body, half: body, word: body, long: body)
  }

  /// Rows at positions along an axis; a position out of range is moved to the nearest end.
  func gather(_ axis: Int) -> PlannedNode {
    let (data, indices) = (operands[0], operands[1])
    let inner = data.shape.strides[axis]
    let outer = data.shape.extents[..<axis].reduce(1, *)
    let extent = data.shape[axis]
    func body<Element: BitwiseCopyable & Sendable>(_ type: Element.Type) -> PlannedNode {
      planned { o in
        let elements = data.elements(as: type, o)
        let target = o.outputs[0].rows(as: type)
        let rows = indices.integers(o).map { index in
          let wrapped = index < 0 ? index &+ Int64(extent) : index
          return Int(min(max(wrapped, 0), Int64(extent - 1)))
        }
        var place = 0
        for block in 0..<outer {
          for row in rows {
            let start = (block * extent + row) * inner
            for element in 0..<inner { target[place + element] = elements[start + element] }
            place += inner
          }
        }
      }
    }
    return dispatch(byte: body, half: body, word: body, long: body)
  }

  /// Blocks of an image's plane exchanged with its channels.
  func rearrange(_ rearrangement: BlockRearrangement) throws(DatapathError) -> PlannedNode {
    let data = operands[0].shape
    guard rearrangement.layout == .channelsFirst, data.rank == 4 else {
      throw .parameter("layout", reason: "array operators have channels first, four axes")
    }
    let block = rearrangement.block
    let (channels, height, width) = (result.shape[1], result.shape[2], result.shape[3])
    let strides = data.strides
    let steps: [Int]
    let extents: [Int]
    switch rearrangement.direction {
    case .depthToSpace, .channelsToSpace:
      // Result [batch, channel, row, block row, column, block column].
      let blockRow: Int
      let blockColumn: Int
      let channel: Int
      if rearrangement.direction == .depthToSpace {
        (blockRow, blockColumn, channel) = (block * channels, channels, 1)
      } else {
        (blockRow, blockColumn, channel) = (block, 1, block * block)
      }
      extents = [data[0], channels, height / block, block, width / block, block]
      steps = [
        strides[0], channel * strides[1], strides[2], blockRow * strides[1], strides[3],
        blockColumn * strides[1],
      ]
    case .spaceToDepth:
      // Result [batch, block row, block column, channel, row, column].
      extents = [data[0], block, block, data[1], height, width]
      steps = [
        strides[0], strides[2], strides[3], strides[1], block * strides[2], block * strides[3],
      ]
    }
    return copied([(0, 0, data.copy(to: extents, strides: steps))])
  }
}

extension Surround.Rule {
  /// The position in the data of what stands at `position`, which may be in a margin.
  fileprivate func source(of position: Int, extent: Int) -> Int {
    switch self {
    case .constant, .edge: min(max(position, 0), extent - 1)
    case .reflect:
      position < 0 ? -position : position >= extent ? 2 * (extent - 1) - position : position
    case .symmetric:
      position < 0 ? -position - 1 : position >= extent ? 2 * extent - 1 - position : position
    }
  }
}
