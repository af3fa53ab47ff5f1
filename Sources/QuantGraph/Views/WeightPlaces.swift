/// Where the weights of a layer stand in their constant, seen as outputs, kernel positions and the
/// input channels of one output.
public struct WeightPlaces: Hashable, Sendable {
  public let outputs: Int
  public let positions: Int
  /// Input channels that one output sees.
  public let channels: Int
  fileprivate let order: Order

  fileprivate enum Order: Hashable {
    case outputChannelPosition
    case outputPositionChannel
    case positionChannelOutput
  }

  public var count: Int { outputs * positions * channels }

  /// The place of one weight.
  ///
  /// - Precondition: the indices are below their extents.
  public func index(output: Int, position: Int, channel: Int) -> Int {
    switch order {
    case .outputChannelPosition: (output * channels + channel) * positions + position
    case .outputPositionChannel: (output * positions + position) * channels + channel
    case .positionChannelOutput: (position * channels + channel) * outputs + output
    }
  }

  /// The places of all weights, `outputs * positions * channels`.
  public var all: [Int] {
    var places: [Int] = []
    places.reserveCapacity(count)
    for output in 0..<outputs {
      for position in 0..<positions {
        for channel in 0..<channels {
          places.append(index(output: output, position: position, channel: channel))
        }
      }
    }
    return places
  }
}

extension Graph {
  /// Where the weights of a node stand; nil for products of two computed tensors, for batches of
  /// matrices, for transposed convolutions and for weights of another size than the node's.
  public func weightPlaces(of linear: LinearNode) -> WeightPlaces? {
    let weights = self[linear.weights]
    guard weights.isParameter else { return nil }
    let places: WeightPlaces
    switch linear.form {
    case .dense(let dense):
      places = WeightPlaces(
        outputs: linear.filters, positions: 1, channels: linear.depth,
        order: dense.weightsAreOutputMajor ? .outputChannelPosition : .positionChannelOutput)
    case .matMul(let product):
      places = WeightPlaces(
        outputs: linear.filters, positions: 1, channels: linear.depth,
        order: product.transposesRight || weights.shape.rank < 2
          ? .outputChannelPosition : .positionChannelOutput)
    case .convolution(let convolution):
      let positions = convolution.kernel.reduce(1, *)
      let (outputs, area) = (linear.filters, linear.filters * positions)
      guard area > 0 else { return nil }
      let order: WeightPlaces.Order =
        switch (convolution.isDepthwise, convolution.weightLayout) {
        case (true, _), (_, .kernelChannelsFilters): .positionChannelOutput
        case (_, .filtersKernelChannels): .outputPositionChannel
        case (_, .filtersChannelsKernel), (_, .channelsFiltersKernel): .outputChannelPosition
        }
      places = WeightPlaces(
        outputs: outputs, positions: positions, channels: weights.shape.count / area, order: order)
    case .dot:
      places = WeightPlaces(
        outputs: 1, positions: 1, channels: linear.depth, order: .outputChannelPosition)
    case .transposedConvolution: return nil
    }
    return places.count == weights.shape.count ? places : nil
  }
}
