import Arith
public import HWModel

/// One layer on an array that takes weights bit by bit.
public struct WeightBitLayer: Hashable, Sendable {
  public let layer: ArrayLayer
  /// Fractions where two widths share the channels.
  public let computeCycles: Double
  public let dramCycles: Int
  public let arrangement: WeightBitArray.Arrangement
  public let tiles: Int
  /// How often weights and inputs are fetched.
  public let weightFetches: Int
  public let inputFetches: Int
  /// Bytes of one fetch.
  public let weightBytes: Double
  public let inputBytes: Int
  public let outputBytes: Int
  /// Whether inputs come from DRAM, and outputs go there.
  public let readsInput: Bool
  public let writesOutput: Bool
  /// Bit operations: those that change a sum, all, those of the idlest and of the busiest lanes.
  public let effectiveOperations: Int
  public let totalOperations: Int
  public let fewestOperations: Int
  public let mostOperations: Int
  /// Planes that weights are stored with, where planes are what is stored.
  public let storedPlanes: Int

  public var cycles: Double { max(computeCycles, Double(dramCycles)) }
  public var dramBytes: Double {
    weightBytes * Double(weightFetches)
      + Double(readsInput ? inputBytes * inputFetches : 0)
      + Double(writesOutput ? outputBytes : 0)
  }
}

/// A network's layers one after the other on a `WeightBitArray`: layers do not overlap, and a
/// layer takes the longer of computing and of moving its data.
public struct WeightBitSchedule: Hashable, Sendable {
  public let array: WeightBitArray
  public let layers: [WeightBitLayer]

  /// Weights of a layer, and which of its output channels keep all columns.
  public struct Weights: Sendable {
    /// Integers of 8 bits, `outputs * channels * height * width`; nil where they are not known.
    public let values: [Int]?
    /// Output channels that are not pruned, if an array prunes.
    public let keptChannels: Int

    public init(values: [Int]?, keptChannels: Int = 0) {
      self.values = values
      self.keptChannels = keptChannels
    }
  }

  /// - Parameters:
  ///   - layers: in the order of execution.
  ///   - array: what they run on.
  ///   - weights: of the layer with an index.
  /// - Throws: `BitSerialError` for weights that are missing or do not go with their layer.
  public init(
    _ layers: [ArrayLayer], on array: WeightBitArray, weights: (Int) -> Weights
  ) throws(BitSerialError) {
    var result: [WeightBitLayer] = []
    var readsInput = true
    for (index, layer) in layers.enumerated() {
      let isLast = index == layers.count - 1
      result.append(
        try array.schedule(
          layer, weights: weights(index), readsInput: readsInput, keepsOutput: isLast))
      readsInput = result[index].writesOutput
    }
    self.init(result, on: array)
  }

  /// Layers that are scheduled already.
  init(_ layers: [WeightBitLayer], on array: WeightBitArray) {
    self.array = array
    self.layers = layers
  }

  public var computeCycles: Double { layers.reduce(0) { $0 + $1.computeCycles } }
  public var totalCycles: Double { layers.reduce(0) { $0 + $1.cycles } }
  public var tiles: Int { layers.reduce(0) { $0 + $1.tiles } }
  public var dramBytes: Double { layers.reduce(0) { $0 + $1.dramBytes } }

  // MARK: Energy

  /// pJ of one layer; nil where the buffers' cost is not known.
  public struct Energy: Hashable, Sendable {
    public let compute: Double
    /// Reads of buffers and registers.
    public let read: Double?
    /// Writes of buffers.
    public let write: Double?
    public let dram: Double
  }

  /// What one layer of the schedule takes.
  public func energy(of layer: WeightBitLayer) -> Energy {
    let costs = array.energy
    let elements = Double(array.arrangement.rows * array.arrangement.columns)
    let compute = (costs.elementPJ * elements + costs.schedulersPJ) * layer.computeCycles
    let dram = layer.dramBytes * 8 / Double(array.busBits) * costs.dramPJ
    guard let weights = costs.weightBuffer, let inputs = costs.inputBuffer else {
      return Energy(compute: compute, read: nil, write: nil, dram: dram)
    }
    let tiles = Double(layer.tiles)
    let read =
      costs.readsWeightsEachCycle
      ? layer.computeCycles * weights.readPJ + tiles * inputs.readPJ
      : tiles * (weights.readPJ + inputs.readPJ)
        + costs.weightRegisterPJ * Double(array.arrangement.rows) * layer.computeCycles
        + costs.inputRegisterPJ * Double(array.arrangement.columns) * tiles
    let smallest = Double(WeightBitArray.writeBits)
    let write = array.writePJ(
      layer, weight: weights.writePJ / (Double(array.weightPortBits) / smallest),
      input: inputs.writePJ / (Double(array.inputPortBits) / smallest))
    return Energy(compute: compute, read: read, write: write, dram: dram)
  }

  public var computePJ: Double { layers.reduce(0) { $0 + energy(of: $1).compute } }

  /// Nil where the buffers' cost is not known.
  public var sramReadPJ: Double? { sum { $0.read } }
  public var sramWritePJ: Double? { sum { $0.write } }

  public var dramPJ: Double { layers.reduce(0) { $0 + energy(of: $1).dram } }

  private func sum(_ part: (Energy) -> Double?) -> Double? {
    var total = 0.0
    for layer in layers {
      guard let value = part(energy(of: layer)) else { return nil }
      total += value
    }
    return total
  }
}

extension WeightBitArray {
  /// One layer of a network.
  ///
  /// - Parameters:
  ///   - layer: its extents.
  ///   - weights: what the cost of tiles follows from.
  ///   - readsInput: whether its input comes from DRAM.
  ///   - keepsOutput: whether a product's result stays in the buffer: of the last layer.
  /// - Returns: what it takes.
  /// - Throws: ``BitSerialError`` for weights that are missing or do not go with the layer.
  func schedule(
    _ layer: ArrayLayer, weights: WeightBitSchedule.Weights, readsInput: Bool, keepsOutput: Bool
  ) throws(BitSerialError) -> WeightBitLayer {
    let kept = Double(weights.keptChannels) / Double(layer.outputChannels)
    let columns = keptColumns(kept: kept)
    let weightBytes = weightBytes(layer, columns: columns)
    let inputBytes = ceilingDivide(layer.inputChannels * parallelBits, 8) * layer.input.area
    let outputBytes =
      layer.isProduct && keepsOutput
      ? 0 : ceilingDivide(layer.outputChannels * parallelBits, 8) * layer.output.area
    let fetches = fetches(weightBytes: weightBytes, inputBytes: inputBytes)
    let writesOutput = inputBytes + outputBytes >= inputBufferBytes
    // Eight bits of the bus a byte, but weights of some designs count as bytes times bits.
    let transfer = 2 * Double(busBits)
    var dram = weightBytes * weightBits(columns) / transfer * Double(fetches.weights)
    if writesOutput { dram += Double(outputBytes) * Double(parallelBits) / transfer }
    if readsInput {
      dram += Double(inputBytes) * Double(parallelBits) / transfer * Double(fetches.inputs)
    }
    let compute = try compute(layer, weights: weights, kept: kept)
    guard dram < 0x1p60, compute.cycles < 0x1p60 else { throw .tooLarge(layer: layer.name) }
    return WeightBitLayer(
      layer: layer, computeCycles: compute.cycles, dramCycles: Int(dram),
      arrangement: compute.flow, tiles: tiles(layer, in: compute.flow),
      weightFetches: fetches.weights, inputFetches: fetches.inputs, weightBytes: weightBytes,
      inputBytes: inputBytes, outputBytes: outputBytes, readsInput: readsInput,
      writesOutput: writesOutput, effectiveOperations: compute.work.effective,
      totalOperations: compute.work.total, fewestOperations: compute.work.fewest,
      mostOperations: compute.work.most, storedPlanes: serialBits)
  }

  /// Columns that weights keep on average.
  private func keptColumns(kept: Double) -> Double {
    switch tileCost {
    case .prunedColumns(let low): Double(serialBits) * kept + low * (1 - kept)
    case .clearedColumns(let cleared): Double(serialBits - cleared)
    default: Double(serialBits)
    }
  }

  private func weightBits(_ columns: Double) -> Double {
    switch storage {
    case .bytes: Double(parallelBits)
    case .planes: Double(serialBits)
    case .keptColumns: columns
    }
  }

  private func weightBytes(_ layer: ArrayLayer, columns: Double) -> Double {
    let channels = layer.channelsPerOutput
    let others = layer.kernel.area * layer.outputChannels
    return switch storage {
    case .bytes: Double(ceilingDivide(channels * parallelBits, 8) * others)
    case .planes: Double(ceilingDivide(channels, 8) * serialBits * others)
    case .keptColumns: Double(channels * others) * columns / 8
    }
  }

  /// Fetches where both operands exceed their buffers: all weights once for each part of the inputs,
  /// or all inputs once for each part of the weights.
  private func fetches(
    weightBytes: Double, inputBytes: Int
  ) -> (weights: Int, inputs: Int) {
    let inputBytes = Double(inputBytes)
    guard weightBytes > Double(weightBufferBytes), inputBytes > Double(inputBufferBytes) else {
      return (1, 1)
    }
    let ofInputs = (weightBytes / Double(weightBufferBytes)).rounded(.up)
    let ofWeights = (inputBytes / Double(inputBufferBytes)).rounded(.up)
    let isLess = ofWeights * weightBytes + inputBytes < ofInputs * inputBytes + weightBytes
    return refetchesWeights && isLess ? (Int(ofWeights), 1) : (1, Int(ofInputs))
  }

  /// Tiles along the weights of `rows` output channels times output positions.
  func tiles(_ layer: ArrayLayer, in flow: Arrangement) -> Int {
    let area = layer.kernel.area
    let channels = layer.channelsPerOutput
    let alongKernel = layer.isGrouped || area > channels
    let kernel =
      alongKernel
      ? ceilingDivide(area, flow.lanes) * channels : ceilingDivide(channels, flow.lanes) * area
    let outputs =
      layer.isGrouped ? layer.outputChannels : ceilingDivide(layer.outputChannels, flow.rows)
    return kernel * outputs * steps(layer, in: flow)
  }

  private func steps(_ layer: ArrayLayer, in flow: Arrangement) -> Int {
    layer.output.height * ceilingDivide(layer.output.width, flow.columns)
  }

  private func compute(
    _ layer: ArrayLayer, weights: WeightBitSchedule.Weights, kept: Double
  ) throws(BitSerialError) -> (cycles: Double, flow: Arrangement, work: TileWork) {
    guard tileCost.readsWeights else {
      let tiles = Double(tiles(layer, in: arrangement))
      let cycles =
        switch tileCost {
        case .prunedColumns(let low): tiles * kept * Double(serialBits) + tiles * (1 - kept) * low
        case .clearedColumns(let cleared): tiles * Double(serialBits - cleared)
        default: tiles * Double(serialBits)
        }
      return (cycles, arrangement, TileWork())
    }
    guard let values = weights.values else { throw .weightsMissing(layer: layer.name) }
    let tiles = try PlaneTiles(rewritten(values, of: layer), of: layer, as: planeCode)
    var best: (cycles: Int, flow: Arrangement)?
    var all = TileWork()
    for flow in arrangements {
      var work = TileWork()
      tiles.forEachTile(lanes: flow.lanes, rows: flow.rows) {
        work = work + self.work($0, in: flow)
      }
      work = work * steps(layer, in: flow)
      // The published counts of operations run over every arrangement that was tried.
      all = all + work
      if best.map({ work.cycles < $0.cycles }) ?? true { best = (work.cycles, flow) }
    }
    guard let best else { throw .weightsMissing(layer: layer.name) }
    return (Double(best.cycles), best.flow, all)
  }

  private var planeCode: PlaneCode {
    switch tileCost {
    case .onesOfWeight, .nonzeroColumns: .signMagnitude
    default: .twosComplement
    }
  }

  /// Weights as the array stores them: BitWave's have zero columns made.
  private func rewritten(_ weights: [Int], of layer: ArrayLayer) throws(BitSerialError) -> [Int] {
    guard flipsWeights, weights.count == layer.weightCount else { return weights }
    let group = min(32, layer.channelsPerOutput)
    do throws(WeightRewriteError) {
      return try flipped(weights, layer, group: group)
    } catch {
      preconditionFailure("1 to 7 columns of 8 bits in groups of at least one weight: \(error)")
    }
  }

  private func flipped(
    _ weights: [Int], _ layer: ArrayLayer, group: Int
  ) throws(WeightRewriteError) -> [Int] {
    let flip = try BitFlip(columns: 8 - serialBits, group: group)
    return flip.alongChannels(weights, channels: layer.channelsPerOutput, area: layer.kernel.area)
  }

  fileprivate func writePJ(_ layer: WeightBitLayer, weight: Double, input: Double) -> Double {
    let shape = layer.layer
    let bits = Self.writeBits
    let stored = storage == .planes ? layer.storedPlanes : parallelBits
    let weights =
      ceilingDivide(shape.channelsPerOutput * stored, bits) * shape.kernel.area
      * shape.outputChannels
    let inputs = ceilingDivide(shape.inputChannels * parallelBits, bits) * shape.input.area
    let outputs =
      shape.isProduct && shape.output.width == 1
      ? 0 : ceilingDivide(shape.outputChannels * parallelBits, bits) * shape.output.area
    return Double(weights) * weight * Double(layer.weightFetches)
      + Double(inputs) * input * Double(layer.inputFetches) + Double(outputs) * input
  }
}
