import Arith
import QuantGraph

/// Requests of the CMSIS-NN kernels of tflite-micro.
///
/// Source: CMSIS-NN, commit 99f736a6, `Source/*/arm_*_get_buffer_size*.c` and
/// `Include/arm_nnsupportfunctions.h`; which function a layer calls and with what dimensions is in
/// `tensorflow/lite/micro/kernels/cmsis_nn`. Compilers other than Arm's (GCC, LLVM) are assumed where
/// it matters (1x1 convolutions). What rank-limited filters and matrix products ask for beyond the
/// reference kernels on Helium is not modelled.
struct CMSISScratch {
  let operands: ScratchOperands
  let instructions: ScratchModel.Instructions

  init(_ graph: Graph, _ node: Node, instructions: ScratchModel.Instructions) {
    operands = ScratchOperands(graph, node)
    self.instructions = instructions
  }

  func buffers() throws(ArenaError) -> [Int] {
    guard let data = operands.shape(0), let result = operands.result else { return [] }
    guard let width = operands.width(0), width == 8 || width == 16 else {
      // Kernels on floats are the reference ones.
      return try ReferenceScratch(operands.graph, operands.node).buffers()
    }
    switch operands.node.operation {
    case .convolution(let convolution):
      guard data.rank == 4, result.rank == 4, let weights = operands.shape(1), weights.rank == 4
      else { return [] }
      let bytes =
        convolution.isDepthwise
        ? try depthwise(convolution, data, weights, result, width: width)
        : try plain(convolution, data, weights, result, width: width)
      return bytes > 0 ? [bytes] : []
    case .dense: return try dense(data, result, width: width)
    case .pool(let pool):
      guard pool.reduction == .average, instructions == .dsp, let channels = result.extents.last
      else { return [] }
      return [try operands.bytes(channels, 4)]
    case .transposedConvolution(let convolution):
      return try transposed(convolution, data, result, width: width)
    default:
      // Kernels that CMSIS-NN has no form of are the reference ones.
      return try ReferenceScratch(operands.graph, operands.node).buffers()
    }
  }

  /// `arm_convolve_s8_get_buffer_size`: two columns of the image as 16-bit numbers, or four as bytes.
  private func columns(_ channels: Int, _ kernel: Int) throws(ArenaError) -> Int {
    let column = try operands.bytes(channels, kernel)
    if instructions == .mve {
      return try product(4, aligned(column, to: 16, of: operands.name), of: operands.name)
    }
    return try product(4, aligned(column, to: 4, of: operands.name), of: operands.name)
  }

  /// `arm_convolve_wrapper_s8_get_buffer_size`, `arm_convolve_wrapper_s16_get_buffer_size`.
  private func plain(
    _ convolution: Convolution, _ data: Shape, _ weights: Shape, _ result: Shape, width: Int
  ) throws(ArenaError) -> Int {
    let kernel = try operands.bytes(weights[1], weights[2])
    if width == 16 {
      let column = try operands.bytes(data[3], kernel)
      if instructions == .mve {
        return try product(8, aligned(column, to: 8, of: operands.name), of: operands.name)
      }
      return try product(4, column, of: operands.name)
    }
    let seesAllChannels = data[3] == weights[3]
    let isPointwise =
      kernel == 1 && seesAllChannels && convolution.paddingBefore == [0, 0]
      && convolution.dilations == [1, 1]
    if isPointwise { return 0 }
    let stepBytes = try operands.bytes(convolution.strides.last ?? 1, data[3])
    let isRow =
      data[1] == 1 && weights[1] == 1 && convolution.dilations.last == 1 && seesAllChannels
      && stepBytes % 4 == 0
    guard isRow, instructions == .mve else { return try columns(data[3], kernel) }
    return try row(convolution, data, weights, result)
  }

  /// `arm_convolve_1_x_n_s8_get_buffer_size_mve`.
  private func row(
    _ convolution: Convolution, _ data: Shape, _ weights: Shape, _ result: Shape
  ) throws(ArenaError) -> Int {
    let (pad, step) = (convolution.paddingBefore.last ?? 0, max(convolution.strides.last ?? 1, 1))
    let total = (result[2] - 1) * step + weights[2] - data[2]
    let odd = total % 2
    func positions(_ padding: Int) -> Int {
      padding == 0 ? 0 : max(1, (padding + step - 1) / step)
    }
    let (left, right) = (positions(pad), positions(pad + odd))
    let inner = max(result[2] - (left + right), 0)
    guard left + inner + right == result[2] else { return try columns(data[3], weights[2]) }
    let before = try operands.bytes(pad, data[3])
    let after = odd != 0 ? try operands.bytes(right, data[3]) : before
    let window = try operands.bytes(weights[2], data[3])
    return max(
      try sum(window, before, of: operands.name),
      try sum(window - data[3], after, of: operands.name))
  }

  /// `arm_depthwise_conv_wrapper_s8_get_buffer_size` and its 4-bit and 16-bit forms.
  private func depthwise(
    _ convolution: Convolution, _ data: Shape, _ weights: Shape, _ result: Shape, width: Int
  ) throws(ArenaError) -> Int {
    let kernel = try operands.bytes(weights[1], weights[2])
    let isSimple =
      data[3] == result[3] && data[0] == 1 && convolution.dilations == [1, 1]
    if width == 16 {
      // The fast 16-bit kernel takes windows of fewer than 512 taps.
      guard isSimple, kernel < 512 else { return 0 }
      switch instructions {
      case .scalar: return 0
      case .dsp: return try operands.bytes(data[3], kernel, 2)
      case .mve: return try sum(operands.bytes(data[3], kernel, 8), 8, of: operands.name)
      }
    }
    let has4BitWeights = operands.width(1) == 4
    if instructions == .mve, !has4BitWeights, data[3] == 1, result[3] > 8 {
      // Computed as a convolution with transposed weights.
      let filters = try operands.bytes(result[3], kernel)
      return try sum(columns(1, kernel), filters, of: operands.name)
    }
    guard isSimple else { return 0 }
    if instructions == .mve { return try operands.bytes(4 * 124, kernel) }
    if has4BitWeights { return try operands.bytes(data[3], kernel, 2) }
    let isThree =
      weights[1] == 3 && weights[2] == 3 && convolution.paddingBefore.allSatisfy { $0 <= 1 }
    guard !isThree, instructions == .dsp else { return 0 }
    return try operands.bytes(data[3], kernel, 2)
  }

  /// `fully_connected.cc`: sums of the weights on Helium, multipliers a channel where rows of vectors
  /// run as a 1x1 convolution.
  private func dense(_ data: Shape, _ result: Shape, width: Int) throws(ArenaError) -> [Int] {
    guard width == 8, operands.width(1) != 4, let weights = operands.shape(1), weights.rank == 2,
      let channels = result.extents.last
    else { return [] }
    if result.rank > 2, weights[1] % 4 == 0 {
      let isPerChannel: Bool
      if case .affine(let format) = operands.graph[operands.node.inputs[1]].encoding {
        isPerChannel = format.scales.count > 1
      } else {
        isPerChannel = false
      }
      return isPerChannel ? [] : [try operands.bytes(channels, 8)]
    }
    return instructions == .mve ? [try operands.bytes(weights[0], 4)] : []
  }

  /// `arm_transpose_conv_s8_get_buffer_size` and the reversed filter; 16-bit data as the reference.
  private func transposed(
    _ convolution: Convolution, _ data: Shape, _ result: Shape, width: Int
  ) throws(ArenaError) -> [Int] {
    guard data.rank == 4, result.rank == 4, let weights = operands.shape(1), weights.rank == 4
    else { return [] }
    if width == 16 {
      return try ReferenceScratch(operands.graph, operands.node).buffers()
    }
    let kernel = try operands.bytes(weights[1], weights[2])
    let steps = convolution.strides
    // Few strides and many channels: run as a convolution with the filter reversed.
    if steps.allSatisfy({ $0 <= 2 }), data[3] > Self.reversalThreshold {
      return [try columns(data[3], kernel), try operands.bytes(data[3], kernel, result[3])]
    }
    let across = try sum(
      product(data[2] - 1, steps[1], of: operands.name), max(weights[2], steps[0]),
      of: operands.name)
    return [try operands.bytes(across, result[3], max(weights[1], steps[0]), 4), 0]
  }

  /// `REVERSE_TCOL_EFFICIENT_THRESHOLD`.
  private static let reversalThreshold = 16
}
