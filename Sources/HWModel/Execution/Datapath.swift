public import QuantGraph

/// What a plan knows of a tensor before anything runs.
public struct PlannedTensor: Hashable, Sendable {
  public let storage: Storage
  /// Proven smallest and largest code, if both fit in 64 bits.
  public let bound: ClosedRange<Int64>?
  /// How an image whose channels come before its plane is stored with them innermost; nil for the
  /// tensor's own order.
  let channelsLast: ChannelsLast?

  public init(storage: Storage, bound: ClosedRange<Int64>?) {
    self.init(storage: storage, bound: bound, channelsLast: nil)
  }

  init(storage: Storage, bound: ClosedRange<Int64>?, channelsLast: ChannelsLast?) {
    self.storage = storage
    self.bound = bound
    self.channelsLast = channelsLast
  }
}

/// An image `[channels][plane]` that is stored `[plane][channels]`.
struct ChannelsLast: Hashable, Sendable {
  let channels: Int
  let plane: Int
}

/// One node bound to a datapath.
public struct PlannedNode: Sendable {
  public let kernel: any NodeKernel
  public let outputs: [PlannedTensor]

  public init(kernel: any NodeKernel, outputs: [PlannedTensor]) {
    self.kernel = kernel
    self.outputs = outputs
  }
}

/// The rules by which one piece of hardware computes, bit for bit.
///
/// A conformer's documentation names the source of each rule: standard, manual, or measurement.
public protocol Datapath: Sendable {
  /// Name used by `--datapath` and in reports, such as `hls-fixed`.
  var name: String { get }

  /// Samples that a block holds where kernels need a fixed number of lanes; nil leaves it to the
  /// runner. Kernels that take tensors in row-major order ask for 1.
  var preferredLanes: Int? { get }

  /// Whether a block holds samples one after the other, each in row-major order; else element e of
  /// lane l stands at `e * lanes + l`.
  var isSampleMajor: Bool { get }

  /// Where a number given for an input of codes goes if it lies between two of them.
  var inputRounding: FloatingPointRoundingRule { get }

  /// Whether this hardware computes `operation`; asked of every node before anything runs.
  func supports(_ operation: Operator) -> Bool

  /// The graph as this hardware runs it: operators fused or rewritten, names kept.
  ///
  /// - Throws: ``DatapathError`` for a graph that the hardware has no use for as a whole.
  func prepare(_ graph: Graph) throws(DatapathError) -> Graph

  /// How a graph input is stored.
  ///
  /// - Throws: ``DatapathError/encoding(operand:expected:)`` for an encoding that it does not have.
  func planInput(_ tensor: Tensor) throws(DatapathError) -> PlannedTensor

  /// Binds one node to this hardware: widths, accumulation and kernel are chosen here, once.
  ///
  /// `inputs` are the plans of the node's non-constant operands, in order.
  ///
  /// - Throws: ``DatapathError`` if a width or parameter is beyond what the hardware defines.
  func plan(
    _ node: Node, in graph: Graph, inputs: [PlannedTensor]
  ) throws(DatapathError) -> PlannedNode
}

/// The buffers of one node for one block of samples.
public struct KernelOperands {
  /// Non-constant operands in order.
  public let inputs: [TensorBuffer]
  public let outputs: [TensorBuffer]
  /// Scratch memory of at least the bytes that the kernel asked for.
  public let scratch: TensorBuffer
  /// Samples that the buffers have room for: in lane-minor order the distance between neighbouring
  /// elements of one lane.
  public let lanes: Int
  /// Lanes that hold samples; the others may hold anything.
  public let usedLanes: Int
  /// Bit i tells whether output i is read by anything; kernels may leave the others as they are.
  var outputsRead: UInt64 = .max

  /// Whether output `index` is read; those from 64 on always count as read.
  func isRead(_ index: Int) -> Bool { index >= 64 || outputsRead >> UInt64(index) & 1 == 1 }
}

/// A node ready to run: outputs are given, nothing is allocated by a fast kernel.
public protocol NodeKernel: Sendable {
  func run(_ operands: KernelOperands)

  /// Bytes of scratch memory for a block of `lanes` samples.
  func scratchBytes(lanes: Int) -> Int

  /// Bytes of what it keeps of constants; nil where nobody counted them.
  var constantBytes: Int? { get }
}

extension NodeKernel {
  public func scratchBytes(lanes: Int) -> Int { 0 }
  public var constantBytes: Int? { nil }
}

extension Datapath {
  public var preferredLanes: Int? { nil }

  public var isSampleMajor: Bool { preferredLanes == 1 }

  public var inputRounding: FloatingPointRoundingRule { .toNearestOrEven }

  public func prepare(_ graph: Graph) throws(DatapathError) -> Graph { graph }
}
