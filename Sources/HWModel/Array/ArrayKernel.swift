import Arith
import QuantGraph

/// A node's arithmetic as one closure over operands that were looked up beforehand.
struct ArrayKernel: NodeKernel {
  let body: @Sendable (KernelOperands) -> Void

  func run(_ operands: KernelOperands) { body(operands) }
}

/// What the planning of one node knows: operands and results with their kinds and shapes.
struct ArrayNode: Sendable {
  let node: Node
  let operands: [ArrayOperand]
  let results: [(kind: ElementKind, shape: Shape)]
  /// ``KernelPath/plain`` leaves every operation to its definition.
  let path: KernelPath

  /// - Throws: ``DatapathError/encoding(operand:expected:)`` for encodings that are no array's.
  init(
    _ node: Node, _ tensors: [Tensor], path: KernelPath = .current
  ) throws(DatapathError) {
    self.node = node
    self.path = path
    var operands: [ArrayOperand] = []
    var position = 0
    for id in node.inputs {
      let tensor = tensors[id.index]
      let kind = try Self.kind(tensor)
      let source: ArrayOperand.Source
      if let codes = tensor.constant {
        source = .constant(codes)
      } else {
        source = .input(position)
        position += 1
      }
      operands.append(
        ArrayOperand(source: source, kind: kind, shape: tensor.shape, name: tensor.name))
    }
    self.operands = operands
    var results: [(kind: ElementKind, shape: Shape)] = []
    for id in node.outputs {
      results.append((try Self.kind(tensors[id.index]), tensors[id.index].shape))
    }
    self.results = results
  }

  private init(_ other: ArrayNode, operands: [ArrayOperand]) {
    node = other.node
    path = other.path
    self.operands = operands
    results = other.results
  }

  /// The same node with one operand more.
  func adding(_ operand: ArrayOperand) -> ArrayNode {
    ArrayNode(self, operands: operands + [operand])
  }

  static func kind(_ tensor: Tensor) throws(DatapathError) -> ElementKind {
    guard let kind = ElementKind(tensor.encoding) else {
      throw .encoding(
        operand: "tensor '\(tensor.name)'", expected: "integers, or floats of up to 64 bits")
    }
    return kind
  }

  var result: (kind: ElementKind, shape: Shape) { results[0] }

  /// The plan of the node with this kernel.
  func planned(_ body: @escaping @Sendable (KernelOperands) -> Void) -> PlannedNode {
    PlannedNode(kernel: ArrayKernel(body: body), outputs: results.map(\.kind.planned))
  }

  func planned(kernel: any NodeKernel) -> PlannedNode {
    PlannedNode(kernel: kernel, outputs: results.map(\.kind.planned))
  }

  /// Whether the computation is in float64.
  var isDouble: Bool { operands[0].kind == .float64 || result.kind == .float64 }

  func requireReal(_ index: Int = 0) throws(DatapathError) {
    if operands[index].kind.isInteger {
      throw .encoding(operand: "operand '\(operands[index].name)'", expected: "a float type")
    }
  }
}

/// Copies between strided arrays: element `i` of `extents` from one place to another.
struct StridedCopy: Sendable {
  var extents: [Int]
  var source: (offset: Int, strides: [Int])
  var target: (offset: Int, strides: [Int])

  func run<Element: BitwiseCopyable>(
    _ from: UnsafePointer<Element>, _ to: UnsafeMutablePointer<Element>
  ) {
    guard extents.allSatisfy({ $0 > 0 }) else { return }
    guard let inner = extents.last else {
      to[target.offset] = from[source.offset]
      return
    }
    let axes = extents.count - 1
    withUnsafeTemporaryAllocation(of: Int.self, capacity: axes) { index in
      index.initialize(repeating: 0)
      run(from, to, inner: inner, axes: axes, index: index)
    }
  }

  private func run<Element: BitwiseCopyable>(
    _ from: UnsafePointer<Element>, _ to: UnsafeMutablePointer<Element>, inner: Int, axes: Int,
    index: UnsafeMutableBufferPointer<Int>
  ) {
    let (sourceStep, targetStep) = (source.strides[axes], target.strides[axes])
    var (read, write) = (source.offset, target.offset)
    while true {
      if sourceStep == 1 && targetStep == 1 {
        (to + write).update(from: from + read, count: inner)
      } else {
        var (position, place) = (read, write)
        for _ in 0..<inner {
          to[place] = from[position]
          position += sourceStep
          place += targetStep
        }
      }
      var axis = axes - 1
      while axis >= 0 {
        index[axis] += 1
        read += source.strides[axis]
        write += target.strides[axis]
        if index[axis] < extents[axis] { break }
        read -= source.strides[axis] * extents[axis]
        write -= target.strides[axis] * extents[axis]
        index[axis] = 0
        axis -= 1
      }
      if axis < 0 { return }
    }
  }
}

extension Shape {
  /// A copy from this shape, read by `strides` from `offset`, to the whole of `result`.
  func copy(to result: [Int], offset: Int = 0, strides: [Int]) -> StridedCopy {
    var steps = [Int](repeating: 1, count: result.count)
    for axis in stride(from: result.count - 2, through: 0, by: -1) {
      // Steps that do not fit belong to an extent of 0: nothing is copied.
      steps[axis] = steps[axis + 1] &* result[axis + 1]
    }
    return StridedCopy(
      extents: result, source: (offset, strides), target: (0, steps))
  }
}
