public import HWModel

/// Loops over the tiles of a layer.
public enum FusionLoop: Int, CaseIterable, Hashable, Sendable {
  case batch, outputWidth, outputHeight, inputChannels, outputChannels

  /// The name in the simulators.
  public var name: String {
    switch self {
    case .batch: "B"
    case .outputWidth: "OW"
    case .outputHeight: "OH"
    case .inputChannels: "IC"
    case .outputChannels: "OC"
    }
  }

  var indexesInput: Bool { self != .outputChannels }
  var indexesWeights: Bool { self == .inputChannels || self == .outputChannels }
  var indexesOutput: Bool { self != .inputChannels }
}

/// What a layer is cut into: the extents of a tile.
public struct FusionTile: Hashable, Sendable {
  public let batch: Int
  public let output: Plane
  public let inputChannels: Int
  public let outputChannels: Int
}

/// Bits moved between DRAM, buffers and array, and cycles.
public struct FusionCost: Hashable, Sendable {
  public var computeCycles = 0
  public var stallCycles = 0
  /// Bits that the array reads from buffers and writes to them, and that DRAM fills and drains.
  public var weightReads = 0
  public var inputReads = 0
  public var outputReads = 0
  public var weightWrites = 0
  public var inputWrites = 0
  public var outputWrites = 0
  public var dramReads = 0
  public var dramWrites = 0
  /// Bits of the first fills and the last drains, which nothing hides.
  public var firstBits = 0
  public var lastBits = 0

  public var cycles: Int { computeCycles + stallCycles }

  /// nJ, in the order in which the simulators add.
  public func energyNJ(_ energy: FusionArray.Energy) -> Double {
    var sum = Double(cycles) * (energy.coreLeakageNJ + energy.memoryLeakageNJ)
    sum += Double(computeCycles) * energy.coreNJ
    sum += Double(weightReads) * energy.weightRead
    sum += Double(weightWrites) * energy.weightWrite
    sum += Double(inputReads) * energy.inputRead
    sum += Double(inputWrites) * energy.inputWrite
    sum += Double(outputReads) * energy.outputRead
    sum += Double(outputWrites) * energy.outputWrite
    if energy.dramRead == energy.dramWrite {
      return sum + Double(dramReads + dramWrites) * energy.dramRead
    }
    return sum + Double(dramReads) * energy.dramRead + Double(dramWrites) * energy.dramWrite
  }
}

/// How often each loop over tiles runs.
struct FusionTrips {
  let batch: Int
  let outputWidth: Int
  let outputHeight: Int
  let inputChannels: Int
  let outputChannels: Int

  init(_ layer: ArrayLayer, _ tile: FusionTile) {
    batch = ceilingDivide(layer.batch, tile.batch)
    outputWidth = ceilingDivide(layer.output.width, tile.output.width)
    outputHeight = ceilingDivide(layer.output.height, tile.output.height)
    inputChannels = ceilingDivide(layer.channelsPerOutput, tile.inputChannels)
    outputChannels = ceilingDivide(layer.outputChannels, tile.outputChannels)
  }

  subscript(loop: FusionLoop) -> Int {
    switch loop {
    case .batch: batch
    case .outputWidth: outputWidth
    case .outputHeight: outputHeight
    case .inputChannels: inputChannels
    case .outputChannels: outputChannels
    }
  }

  /// Tiles of the layer.
  var product: Int { batch * outputWidth * outputHeight * inputChannels * outputChannels }
}

/// A layer cut into tiles: what a tile takes, whatever the order of the loops.
struct FusionTiling {
  let tile: FusionTile
  let trips: FusionTrips
  /// Bits of a tile in each buffer; drains of outputs start from `drainBits`.
  let weightBits: Int
  let inputBits: Int
  let outputBits: Int
  let drainBits: Int
  let computeCycles: Int
  /// Bits that the array moves over all tiles.
  let weightReads: Int
  let inputReads: Int
  let outputAccesses: Int
}

/// A layer on a ``FusionArray``: its tilings, and the cost of one in an order of loops.
struct FusionProblem {
  let array: FusionArray
  let layer: ArrayLayer
  let operands: FusionOperands
  /// Bits of half of each buffer.
  let weightRoom: Int
  let inputRoom: Int
  let outputRoom: Int

  /// - Throws: ``BitSerialError`` for widths that the array does not have, and where counts of bits
  ///   would leave 64 bits.
  init(
    _ layer: ArrayLayer, on array: FusionArray, operands: FusionOperands
  ) throws(BitSerialError) {
    self.array = array
    self.layer = layer
    self.operands = operands
    weightRoom = array.weightBufferBytes * 4
    inputRoom = array.inputBufferBytes * 4
    outputRoom = array.outputBufferBytes * 4
    let allowed = 1...array.maximumBits
    for (name, bits) in [("inputs", operands.inputBits), ("weights", operands.weightBits)] {
      guard allowed.contains(bits) else {
        throw .precision(layer: layer.name, operand: name, bits: bits, allowed: allowed)
      }
    }
    // A tile's padding to whole rows and columns, times all tiles, times the bits of a word: no count
    // is larger, since each trip count times its tile is less than twice the extent.
    let extents =
      Double(layer.batch) * Double(layer.output.area) * Double(layer.channelsPerOutput)
      * Double(layer.outputChannels)
    let window =
      layer.kernel.area + (layer.kernel.height + layer.stride.height)
      * (layer.kernel.width + layer.stride.width)
    let fused = array.fused(operands.inputBits) * array.fused(operands.weightBits)
    let padding = Double(window) + Double(array.rows * fused) + Double(array.columns * fused)
    guard extents * padding * 32 * 64 < 0x1p62 else { throw .tooLarge(layer: layer.name) }
  }

  /// Powers of two up to the first that covers `extent`, which is taken whole.
  static func tiles(of extent: Int) -> [Int] {
    var tiles = [1]
    while let last = tiles.last, last < extent { tiles.append(min(2 * last, extent)) }
    return tiles
  }

  /// Tiles of the output: both extents are halved together.
  static func tiles(of plane: Plane) -> [Plane] {
    let count = max(tiles(of: plane.height).count, tiles(of: plane.width).count)
    return (0..<count).map {
      Plane(min(1 << $0, plane.height), min(1 << $0, plane.width))
    }
  }

  /// Every tiling whose tiles fit into half of each buffer, smallest tiles first.
  func tilings() -> [FusionTiling] {
    let channels: [Int]
    if array.kind == .fused, !operands.asColumns {
      channels = Self.tiles(of: ceilingDivide(layer.outputChannels, array.columns)).map {
        min($0 * array.columns, layer.outputChannels)
      }
    } else {
      channels = Self.tiles(of: layer.outputChannels)
    }
    var result: [FusionTiling] = []
    for batch in Self.tiles(of: layer.batch) {
      for output in Self.tiles(of: layer.output) {
        for inputs in Self.tiles(of: layer.channelsPerOutput) {
          for outputs in channels {
            let tile = FusionTile(
              batch: batch, output: output, inputChannels: inputs, outputChannels: outputs)
            if let tiling = tiling(tile) { result.append(tiling) }
          }
        }
      }
    }
    return result
  }

  /// The cut into `tile`; nil if one does not fit.
  func tiling(_ tile: FusionTile) -> FusionTiling? {
    switch array.kind {
    case .fused: fused(tile)
    case .columns(let weightStationary): columns(tile, weightStationary: weightStationary)
    }
  }

  private static func padded(_ value: Int, to multiple: Int) -> Int {
    ceilingDivide(value, multiple) * multiple
  }

  private func fused(_ tile: FusionTile) -> FusionTiling? {
    let a = operands.inputBits
    let w = operands.weightBits
    let area = layer.kernel.area
    let rows = array.rows * array.fused(a) * array.fused(w)
    let window = area * tile.inputChannels
    let positions = tile.batch * tile.output.area
    let paddedOutputs = Self.padded(tile.outputChannels, to: array.columns)
    let weightBits = Self.padded(window, to: rows) * tile.outputChannels * w
    let inputs =
      operands.asColumns
      ? tile.output.area * window
      : (layer.kernel.height + (tile.output.height - 1) * layer.stride.height)
        * (layer.kernel.width + (tile.output.width - 1) * layer.stride.width) * tile.inputChannels
    let inputBits = inputs * tile.batch * a
    let outputBits = positions * paddedOutputs * Self.sumBits
    guard weightBits <= weightRoom, inputBits <= inputRoom, outputBits <= outputRoom else {
      return nil
    }
    let trips = FusionTrips(layer, tile)
    let tiles = trips.product
    let steps =
      operands.asColumns
      ? ceilingDivide(window, rows) : area * ceilingDivide(tile.inputChannels, rows)
    let reads = innerReads(
      window: window, positions: positions, outputs: tile.outputChannels,
      paddedWindow: steps * rows, paddedOutputs: paddedOutputs)
    return FusionTiling(
      tile: tile, trips: trips, weightBits: weightBits, inputBits: inputBits,
      outputBits: outputBits, drainBits: outputBits,
      computeCycles: tiles * positions * ceilingDivide(tile.outputChannels, array.columns) * steps,
      weightReads: tiles * reads.weights, inputReads: tiles * reads.inputs,
      outputAccesses: tiles * reads.outputs)
  }

  /// Bits of a partial sum.
  private static let sumBits = 32

  /// Bits that a tile takes from the buffers in the cheapest order inside it, judged by whole rows
  /// and columns and counted without them.
  private func innerReads(
    window: Int, positions: Int, outputs: Int, paddedWindow: Int, paddedOutputs: Int
  ) -> (weights: Int, inputs: Int, outputs: Int) {
    let a = operands.inputBits
    let w = operands.weightBits
    let sum = Self.sumBits
    let inputStationary = paddedWindow * positions * (a + paddedOutputs * (w + sum))
    let outputStationary = paddedOutputs * positions * (sum + paddedWindow * (a + w))
    let weightStationary = paddedWindow * paddedOutputs * (w + positions * (a + sum))
    let least = min(inputStationary, outputStationary, weightStationary)
    let products = window * positions * outputs
    if inputStationary == least { return (products * w, window * positions * a, products * sum) }
    if outputStationary == least { return (products * w, products * a, outputs * positions * sum) }
    return (window * outputs * w, products * a, products * sum)
  }

  private func columns(_ tile: FusionTile, weightStationary: Bool) -> FusionTiling? {
    let a = operands.inputBits
    let w = operands.weightBits
    let window = layer.kernel.area * tile.inputChannels
    let positions = tile.batch * tile.output.area
    let outputs = tile.outputChannels
    let weightRows = array.rows * array.fused(w)
    let inputRows = array.rows * array.fused(a)
    let outputColumns = array.columns * array.fused(w)
    let weightBits = Self.padded(window, to: weightRows) * outputs * w
    let inputBits = positions * Self.padded(window, to: array.columns * array.fused(a)) * a
    guard weightBits <= weightRoom, inputBits <= inputRoom else { return nil }
    let trips = FusionTrips(layer, tile)
    let tiles = trips.product
    let products = tiles * window * outputs * positions
    let cycles =
      weightStationary
      ? positions * ceilingDivide(outputs, outputColumns) * ceilingDivide(window, inputRows)
      : ceilingDivide(positions, inputRows) * ceilingDivide(outputs, outputColumns) * window
    return FusionTiling(
      tile: tile, trips: trips, weightBits: weightBits, inputBits: inputBits, outputBits: 0,
      drainBits: positions * outputs * Self.outputBits, computeCycles: tiles * cycles,
      weightReads: weightStationary ? tiles * window * outputs * w : products * w,
      inputReads: products * a,
      outputAccesses: (weightStationary ? products : tiles * outputs * positions)
        * Self.outputBits)
  }

  /// Bits of an output in the second kind.
  private static let outputBits = 16
}
