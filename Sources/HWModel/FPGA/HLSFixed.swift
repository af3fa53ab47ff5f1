public import Arith
public import QuantGraph

/// hls4ml's fixed-point arithmetic, as its C-simulation computes it.
///
/// Each operator is exact up to the assignments that the C++ text makes: product to accumulator,
/// running sum to accumulator, accumulator to result, table entry to table type. Source: the
/// `nnet_utils` templates of hls4ml 1.3 (Vivado and Vitis back ends) and the `ap_fixed` types of the
/// open `ap_types` headers; lookup tables see `ElementaryFloat`.
public struct HLSFixed: Datapath {
  public static let name = "hls-fixed"
  public var name: String { Self.name }

  /// Whether fast kernels may be used; if not, every node runs its step-by-step definition.
  public let usesFastKernels: Bool

  public init(usesFastKernels: Bool = true) { self.usesFastKernels = usesFastKernels }

  public func supports(_ operation: Operator) -> Bool {
    switch operation {
    case .dense(let dense):
      dense.rows == 1 && dense.range == .unbounded && dense.accumulation != nil
    case .convolution(let convolution):
      convolution.layout == .channelsLast && convolution.range == .unbounded
        && convolution.accumulation != nil
        && (convolution.grouping == .groups(1) || convolution.grouping == .depthwise)
    case .pool(let pool):
      pool.layout == .channelsLast && !pool.isCeiling && pool.range == .unbounded
        && pool.accumulator != nil && pool.dilations.allSatisfy { $0 == 1 }
    case .dot(let accumulation):
      accumulation != nil
    case .activation, .softmax, .arithmetic, .normalize, .threshold, .concatenate, .copy, .convert,
      .reshape, .transpose, .pad, .crop, .resizeNearest, .gather:
      true
    default:
      false
    }
  }

  public func planInput(_ tensor: Tensor) throws(DatapathError) -> PlannedTensor {
    let format = try HLSBinding.format(tensor, "input")
    return Self.planned(format)
  }

  /// Storage and range of any code of `format`.
  static func planned(_ format: FixedPointFormat) -> PlannedTensor {
    let storage = Storage(signedBits: format.signedWidth)
    guard format.signedWidth <= 64 else { return PlannedTensor(storage: storage, bound: nil) }
    return PlannedTensor(storage: storage, bound: format.minimum()...format.maximum())
  }

  public func plan(
    _ node: Node, in graph: Graph, inputs: [PlannedTensor]
  ) throws(DatapathError) -> PlannedNode {
    let binding = HLSBinding(node: node, graph: graph)
    let width = try binding.width()
    if usesFastKernels, let fast = try fastPlan(binding, inputs: inputs, width: width) {
      return fast
    }
    var outputs: [PlannedTensor] = []
    for id in node.outputs {
      outputs.append(Self.planned(try HLSBinding.format(graph[id], "result")))
    }
    return PlannedNode(kernel: try definition(binding, width: width), outputs: outputs)
  }

  private func definition(
    _ binding: HLSBinding, width: Int
  ) throws(DatapathError) -> any NodeKernel {
    if width <= 64 { return StepKernel(step: try binding.step(Int64.self)) }
    guard width <= Int512.bitWidth else {
      throw .tooWide(bits: width, limit: Int512.bitWidth)
    }
    return StepKernel(step: try binding.step(Int512.self))
  }

  /// Runs one node's definition on samples and counts what its arithmetic did.
  ///
  /// - Parameters:
  ///   - node: the node, of `graph`.
  ///   - graph: where its tensors are.
  ///   - samples: codes of the non-constant operands of each sample.
  /// - Returns: codes of the outputs and the events.
  /// - Throws: ``DatapathError`` as ``plan(_:in:inputs:)``.
  public func trace(
    _ node: Node, in graph: Graph, samples: [[[Int512]]]
  ) throws(DatapathError) -> (outputs: [[[Int512]]], events: NodeEvents) {
    let binding = HLSBinding(node: node, graph: graph)
    var events = NodeEvents()
    if try binding.width() <= 64 {
      let step = try binding.step(Int64.self)
      let outputs = samples.map { inputs in
        step.evaluate(inputs.map { $0.map(\.low64) }, events: &events).map { $0.map { Int512($0) } }
      }
      return (outputs, events)
    }
    let step = try binding.step(Int512.self)
    let outputs = samples.map { step.evaluate($0, events: &events) }
    return (outputs, events)
  }
}

/// A kernel that runs a node's definition lane by lane.
struct StepKernel<Raw: RawInteger>: NodeKernel {
  let step: any HLSStep<Raw>

  func run(_ operands: KernelOperands) {
    var events = NodeEvents()
    for lane in 0..<operands.usedLanes {
      let inputs = operands.inputs.map { Self.load($0, lane: lane, lanes: operands.lanes) }
      let outputs = step.evaluate(inputs, events: &events)
      for (codes, buffer) in zip(outputs, operands.outputs) {
        Self.store(codes, to: buffer, lane: lane, lanes: operands.lanes)
      }
    }
  }

  static func load(_ buffer: TensorBuffer, lane: Int, lanes: Int) -> [Raw] {
    let positions = stride(from: lane, to: buffer.capacity, by: lanes)
    switch buffer.storage {
    case .wide:
      let elements = buffer.elements(as: Int512.self)
      return positions.map { Raw(narrowing: elements[$0]) }
    case .int32:
      let elements = buffer.elements(as: Int32.self)
      return positions.map { Raw(Int64(elements[$0])) }
    case .int64:
      let elements = buffer.elements(as: Int64.self)
      return positions.map { Raw(elements[$0]) }
    default:
      return positions.map { Raw(buffer.integer(at: $0)) }
    }
  }

  static func store(_ codes: [Raw], to buffer: TensorBuffer, lane: Int, lanes: Int) {
    switch buffer.storage {
    case .int32:
      let elements = buffer.elements(as: Int32.self)
      for (index, code) in codes.enumerated() {
        elements[index * lanes + lane] = Int32(code.low64)
      }
    case .int64:
      let elements = buffer.elements(as: Int64.self)
      for (index, code) in codes.enumerated() { elements[index * lanes + lane] = code.low64 }
    case .wide:
      let elements = buffer.elements(as: Int512.self)
      for (index, code) in codes.enumerated() {
        elements[index * lanes + lane] = Int512(widening: code)
      }
    default:
      preconditionFailure("fixed-point plans store int32, int64 or wide codes")
    }
  }
}

extension Int512 {
  /// The value of `source`.
  init(widening source: some RawInteger) {
    if let wide = source as? Int512 {
      self = wide
    } else {
      self.init(source.low64)
    }
  }
}
