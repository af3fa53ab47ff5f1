public import Arith

/// Where the channels of an image tensor are.
///
/// Leading axes before those named here, at most one, hold the samples of a batch.
public enum ImageLayout: String, Hashable, Sendable, CaseIterable {
  /// `[spatial..., channels]`.
  case channelsLast
  /// `[channels, spatial...]`.
  case channelsFirst
}

/// A convolution over spatial axes; the image may be one sample or a batch.
public struct Convolution: Hashable, Sendable {
  /// How input channels and filters belong together.
  public enum Grouping: Hashable, Sendable {
    /// Equal blocks of channels, each seen by an equal block of filters; 1 is the plain convolution.
    case groups(Int)
    /// Filter f sees channel `f / multiplier` alone, multiplier = filters / channels; weights are
    /// `[kernel...][filters]`.
    case depthwise
  }

  /// Order of a grouped convolution's weights, outermost first; channels are those of one group.
  ///
  /// In the last, which transposed convolutions have, channels are all of them and filters those of
  /// one group.
  public enum WeightLayout: String, Hashable, Sendable, CaseIterable {
    case kernelChannelsFilters, filtersKernelChannels, filtersChannelsKernel
    case channelsFiltersKernel
  }

  /// Kernel extents, one a spatial axis.
  public let kernel: [Int]
  public let strides: [Int]
  public let dilations: [Int]
  /// Values of zero before and after each spatial axis; of a transposed convolution, what is cut
  /// from its full result.
  public let paddingBefore: [Int]
  public let paddingAfter: [Int]
  /// Positions that a transposed convolution's result has beyond the full one; empty for none.
  public let outputPadding: [Int]
  public let layout: ImageLayout
  public let grouping: Grouping
  public let weightLayout: WeightLayout
  /// nil where the datapath's own rule (an int32 sum) applies; weights are constant where it is given.
  public let accumulation: Accumulation?
  public internal(set) var range: ValueRange

  /// Whether each filter sees one channel: weights `[kernel..., filters]`.
  public var isDepthwise: Bool { grouping == .depthwise }
  /// Whether weights are stored `[filters][kernel...][channels]` instead of
  /// `[kernel...][channels][filters]`.
  public var weightsAreFilterMajor: Bool { weightLayout == .filtersKernelChannels }

  public init(
    kernel: [Int], strides: [Int], dilations: [Int], paddingBefore: [Int], paddingAfter: [Int],
    outputPadding: [Int] = [], layout: ImageLayout, grouping: Grouping,
    weightLayout: WeightLayout, accumulation: Accumulation? = nil, range: ValueRange = .unbounded
  ) {
    self.kernel = kernel
    self.strides = strides
    self.dilations = dilations
    self.paddingBefore = paddingBefore
    self.paddingAfter = paddingAfter
    self.outputPadding = outputPadding
    self.layout = layout
    self.grouping = grouping
    self.weightLayout = weightLayout
    self.accumulation = accumulation
    self.range = range
  }

  /// A channels-last convolution without groups, or a depthwise one.
  public init(
    kernel: [Int], strides: [Int], dilations: [Int], paddingBefore: [Int], paddingAfter: [Int],
    isDepthwise: Bool = false, weightsAreFilterMajor: Bool = false,
    accumulation: Accumulation? = nil
  ) {
    self.init(
      kernel: kernel, strides: strides, dilations: dilations, paddingBefore: paddingBefore,
      paddingAfter: paddingAfter, layout: .channelsLast,
      grouping: isDepthwise ? .depthwise : .groups(1),
      weightLayout: weightsAreFilterMajor ? .filtersKernelChannels : .kernelChannelsFilters,
      accumulation: accumulation)
  }
}

/// Maximum or average over windows of an image.
public struct Pool: Hashable, Sendable {
  public enum Reduction: String, Hashable, Sendable { case maximum, average }

  /// Where hls4ml casts and how it sums.
  public enum Arrangement: Hashable, Sendable {
    /// io_parallel: a sequential sum in the accumulator, one division.
    case window
    /// io_stream: every value is first assigned to the accumulator's type, summed by a tree.
    case streamedWindow
    /// io_stream over the whole image: a running sum or maximum in the accumulator.
    case streamedGlobal
    /// io_parallel before hls4ml 1.0: everything in the data's type.
    ///
    /// An average is summed in as many bits more as the window needs (in the data's own type if that
    /// is unsigned, rounds or saturates), divided, assigned to the data's type and to the result's,
    /// and there multiplied by window / covered elements.
    case dataWindow(Rescale)
  }

  /// The type in which ``Arrangement/dataWindow(_:)`` forms window / covered elements.
  public enum Rescale: Hashable, Sendable {
    /// No factor: a global pool.
    case none
    /// The data's type (0.7, 0.8).
    case typed
    /// An integer (up to 0.6).
    case integer
  }

  public let reduction: Reduction
  public let kernel: [Int]
  public let strides: [Int]
  public let dilations: [Int]
  public let paddingBefore: [Int]
  public let paddingAfter: [Int]
  /// Whether an average divides by the window size even where it covers padding.
  public let countsPadding: Bool
  /// Whether a last window that reaches beyond the padded image counts.
  public let isCeiling: Bool
  public let layout: ImageLayout
  public let accumulator: FixedPointFormat?
  public let arrangement: Arrangement
  public internal(set) var range: ValueRange

  public init(
    reduction: Reduction, kernel: [Int], strides: [Int], dilations: [Int]? = nil,
    paddingBefore: [Int], paddingAfter: [Int], countsPadding: Bool = false,
    isCeiling: Bool = false, layout: ImageLayout = .channelsLast,
    accumulator: FixedPointFormat? = nil, arrangement: Arrangement = .window,
    range: ValueRange = .unbounded
  ) {
    self.reduction = reduction
    self.kernel = kernel
    self.strides = strides
    self.dilations = dilations ?? kernel.map { _ in 1 }
    self.paddingBefore = paddingBefore
    self.paddingAfter = paddingAfter
    self.countsPadding = countsPadding
    self.isCeiling = isCeiling
    self.layout = layout
    self.accumulator = accumulator
    self.arrangement = arrangement
    self.range = range
  }
}

/// The spatial axes of an image resampled to the result's extents.
public struct Resize: Hashable, Sendable {
  public enum Interpolation: Hashable, Sendable {
    case nearest(NearestRule)
    /// Between two neighbours along each axis.
    case linear
    /// Between four neighbours along each axis, with this coefficient (-0.75 or -0.5).
    case cubic(coefficient: Double)
  }

  /// How a coordinate between two positions is rounded.
  public enum NearestRule: String, Hashable, Sendable, CaseIterable {
    case floor, ceiling, halfDown, halfUp
  }

  /// The coordinate in the data that result position `i` stands for; r = result / data extent.
  public enum Coordinates: String, Hashable, Sendable, CaseIterable {
    /// `i / r`.
    case asymmetric
    /// `(i + 0.5) / r - 0.5`.
    case halfPixel
    /// As halfPixel, but 0 where the result has one position.
    case halfPixelUnlessOne
    /// `(i + 0.5) / r`.
    case halfPixelUncentered
    /// `i * (data extent - 1) / (result extent - 1)`.
    case alignCorners
  }

  public let interpolation: Interpolation
  public let coordinates: Coordinates
  public let layout: ImageLayout
  /// Result extent over data extent, one a spatial axis, where the model gives it; else empty.
  public let scales: [Float]

  public init(
    interpolation: Interpolation, coordinates: Coordinates, layout: ImageLayout,
    scales: [Float] = []
  ) {
    self.interpolation = interpolation
    self.coordinates = coordinates
    self.layout = layout
    self.scales = scales
  }
}

/// Square blocks of an image's plane moved into its channels, or back.
public struct BlockRearrangement: Hashable, Sendable {
  public enum Direction: Hashable, Sendable {
    /// Each block becomes `block * block` times the channels.
    case spaceToDepth
    /// Channel order `[block row][block column][channel]`.
    case depthToSpace
    /// Channel order `[channel][block row][block column]`.
    case channelsToSpace
  }

  public let direction: Direction
  /// Extent of a block along both axes, at least 1.
  public let block: Int
  public let layout: ImageLayout

  public init(direction: Direction, block: Int, layout: ImageLayout) {
    self.direction = direction
    self.block = block
    self.layout = layout
  }

  var name: String { direction == .spaceToDepth ? "SpaceToDepth" : "DepthToSpace" }
}
