public import HWModel

/// Widths of a product on a `TermArray`.
public struct TermOperands: Hashable, Sendable {
  /// Bits of a weight with its share of what its group stores, such as 4.0625.
  public let weightBits: Double
  public let inputBits: Int
  /// Bits that decide how long a tile takes, where they are others than the stored ones.
  public let serialBits: Double

  public init(weightBits: Double, inputBits: Int, serialBits: Double? = nil) {
    self.weightBits = weightBits
    self.inputBits = inputBits
    self.serialBits = serialBits ?? weightBits
  }
}

/// One product on a `TermArray`; counts are of a single one of ``MatrixWork/count``.
public struct TermLayer: Hashable, Sendable {
  public let work: MatrixWork
  public let operands: TermOperands
  public let tiles: Int
  public let computeCycles: Int
  public let dramCycles: Int
  public let weightBytes: Int
  public let inputBytes: Int
  public let outputBytes: Int
  public let weightFetches: Int
  public let inputFetches: Int

  public var cycles: Int { max(computeCycles, dramCycles) }
  public var dramBytes: Int {
    weightBytes * weightFetches + inputBytes * inputFetches + outputBytes
  }

  /// Schedules `work`.
  ///
  /// - Throws: `BitSerialError` for widths outside 1...64, and counts that leave 64 bits.
  public init(
    _ work: MatrixWork, on array: TermArray, operands: TermOperands
  ) throws(BitSerialError) {
    for (name, bits) in [
      ("weights", operands.weightBits), ("inputs", Double(operands.inputBits)),
      ("weights", operands.serialBits),
    ] where !(1...64).contains(bits) {
      throw .precision(
        layer: work.name, operand: name, bits: Int(max(min(bits, 1e9), -1e9)), allowed: 1...64)
    }
    self.work = work
    self.operands = operands
    tiles =
      ceilingDivide(work.inputs, array.lanes) * ceilingDivide(work.outputs, array.rows)
      * ceilingDivide(work.rows, array.columns) * work.batch
    computeCycles = tiles * array.cyclesPerTile(weightBits: operands.serialBits)
    func stored(_ count: Int, _ bits: Double) -> Int {
      Int((Double(count) * bits / 8).rounded(.up))
    }
    weightBytes = stored(work.inputs, operands.weightBits) * work.outputs * work.weightBatch
    inputBytes =
      stored(work.storedInputs, Double(operands.inputBits)) * work.storedRows * work.batch
    outputBytes = stored(work.outputs, Double(operands.inputBits)) * work.rows * work.batch
    let fetches = try OperandFetches(
      work.name, weights: (weightBytes, array.weightBufferBytes),
      inputs: (inputBytes, array.inputBufferBytes))
    weightFetches = fetches.weights
    inputFetches = fetches.inputs
    let transfer = Double(2 * array.busBits)
    let cycles =
      Double(weightBytes) * 8 / transfer * Double(fetches.weights)
      + Double(outputBytes) * 8 / transfer
      + Double(inputBytes) * 8 / transfer * Double(fetches.inputs)
    dramCycles = Int(cycles)
    let bytes = fetches.bytes + outputBytes
    // Sums over a network of layers stay within 64 bits.
    for amount in [computeCycles, bytes] where Double(amount) * Double(work.count) > 0x1p54 {
      throw .tooLarge(layer: work.name)
    }
  }
}

/// Products one after the other on a `TermArray`: they do not overlap, and each takes the longer of
/// computing and of moving its data.
public struct TermSchedule: Hashable, Sendable {
  public let array: TermArray
  public let layers: [TermLayer]

  public init(_ layers: [TermLayer], on array: TermArray) {
    self.layers = layers
    self.array = array
  }

  private func sum(_ value: (TermLayer) -> Int) -> Int {
    layers.reduce(0) { $0 + value($1) * $1.work.count }
  }

  public var computeCycles: Int { sum(\.computeCycles) }
  public var totalCycles: Int { sum(\.cycles) }
  public var tiles: Int { sum(\.tiles) }
  public var dramBytes: Int { sum(\.dramBytes) }

  /// Every element is charged in every compute cycle.
  public var arrayPJ: Double {
    array.elementPJ * array.routingFactor * Double(array.rows) * Double(array.columns)
      * Double(computeCycles)
  }

  public var dramPJ: Double { Double(dramBytes) * 8 * array.dramPJPerBit }

  /// Reads of both buffers for every tile and writes of what comes from DRAM and of outputs.
  ///
  /// - Parameters:
  ///   - weightBits: the width that the weight buffer's port is made for.
  ///   - inputBits: of inputs.
  /// - Returns: nil where no cost of such buffers is tabulated.
  public func sramPJ(
    portWeightBits weightBits: Double, inputBits: Int
  ) -> (pJ: Double, isInterpolated: Bool)? {
    let weightPort = array.weightPortBits(weightBits: weightBits)
    let inputPort = array.inputPortBits(inputBits: inputBits)
    guard
      let weights = SRAMAccess(
        bytes: array.weightBufferBytes, banks: array.bufferBanks, portBits: weightPort),
      let inputs = SRAMAccess(
        bytes: array.inputBufferBytes, banks: array.bufferBanks, portBits: inputPort)
    else { return nil }
    let smallest = Double(WeightBitArray.writeBits)
    let weightWrite = weights.writePJ / (weightPort / smallest)
    let inputWrite = inputs.writePJ / (inputPort / smallest)
    var energy = Double(tiles) * (weights.readPJ + inputs.readPJ)
    for layer in layers {
      func writes(_ count: Int, _ bits: Double) -> Double {
        (Double(count) * bits / smallest).rounded(.up)
      }
      let work = layer.work
      let bits = Double(layer.operands.inputBits)
      let ofWeights =
        writes(work.inputs, layer.operands.weightBits) * Double(work.outputs * work.weightBatch)
      let ofInputs = writes(work.storedInputs, bits) * Double(work.storedRows * work.batch)
      let ofOutputs = writes(work.outputs, bits) * Double(work.rows * work.batch)
      energy +=
        Double(work.count)
        * (ofWeights * weightWrite * Double(layer.weightFetches)
          + ofInputs * inputWrite * Double(layer.inputFetches) + ofOutputs * inputWrite)
    }
    return (energy, weights.isInterpolated || inputs.isInterpolated)
  }
}

extension TermSchedule {
  /// Products of a language model whose weights all have one width.
  ///
  /// - Parameters:
  ///   - work: the products.
  ///   - array: what they run on.
  ///   - weightBits: of weights, with their share of what a group stores.
  ///   - cacheBits: of keys and values; the published variant has them as inputs.
  ///   - inputBits: of inputs and results.
  ///   - attention: the variant that `work` was made for.
  /// - Throws: `BitSerialError` for widths and counts out of range.
  public init(
    _ work: [MatrixWork], on array: TermArray, weightBits: Double, cacheBits: Double,
    inputBits: Int, attention: LanguageModelShape.Attention
  ) throws(BitSerialError) {
    var layers: [TermLayer] = []
    for product in work {
      let operands =
        switch (product.operand, attention) {
        case (.weights, _): TermOperands(weightBits: weightBits, inputBits: inputBits)
        case (.cache, .grouped): TermOperands(weightBits: cacheBits, inputBits: inputBits)
        case (.cache, .published):
          // Moved at the inputs' width, computed as if it had that of the weights.
          TermOperands(
            weightBits: Double(inputBits), inputBits: inputBits, serialBits: weightBits)
        }
      layers.append(try TermLayer(product, on: array, operands: operands))
    }
    self.init(layers, on: array)
  }
}
