import HWModel

/// What fills and drains of the buffers come to while loops are put around a tile, innermost first.
///
/// A buffer keeps what it holds across a loop that does not index it, until the loops that do have
/// gathered more than half of the buffer; from then on every further loop fetches again.
struct FusionTraffic {
  /// One tensor's bits so far.
  struct Stream {
    var bits: Int
    /// The largest amount that fits into the buffer: the first fill.
    var resident: Int
    var isKept = true

    init(_ bits: Int) {
      self.bits = bits
      resident = bits
    }

    mutating func wrap(_ trips: Int, indexes: Bool, room: Int) {
      if !isKept {
        bits *= trips
      } else if indexes {
        bits *= trips
        if bits > room { isKept = false } else { resident = bits }
      }
    }
  }

  var weights: Stream
  var inputs: Stream
  /// Partial sums that come from DRAM, and outputs that go there.
  var outputs: Stream
  var drains: Stream

  init(_ tiling: FusionTiling) {
    weights = Stream(tiling.weightBits)
    inputs = Stream(tiling.inputBits)
    outputs = Stream(tiling.outputBits)
    drains = Stream(tiling.drainBits)
  }

  mutating func wrap(_ loop: FusionLoop, trips: Int, of problem: FusionProblem) {
    weights.wrap(trips, indexes: loop.indexesWeights, room: problem.weightRoom)
    inputs.wrap(trips, indexes: loop.indexesInput, room: problem.inputRoom)
    outputs.wrap(trips, indexes: loop.indexesOutput, room: problem.outputRoom)
    let wasKept = drains.isKept && loop.indexesOutput
    drains.wrap(trips, indexes: loop.indexesOutput, room: problem.outputRoom)
    // The simulators take the amount of partial sums for the last drain.
    if wasKept && drains.isKept { drains.resident = outputs.bits }
  }
}

extension FusionProblem {
  /// The cost of `tiling` once all loops are around it.
  func cost(_ tiling: FusionTiling, _ traffic: FusionTraffic) -> FusionCost {
    let reads = traffic.weights.bits + traffic.inputs.bits + traffic.outputs.bits
    let first = traffic.weights.resident + traffic.inputs.resident + traffic.outputs.resident
    let last = traffic.drains.resident
    let middle = reads + traffic.drains.bits - first - last
    var cost = FusionCost()
    cost.computeCycles = tiling.computeCycles
    cost.stallCycles =
      max(0, transferCycles(middle) - tiling.computeCycles) + transferCycles(first)
      + transferCycles(last)
    cost.weightReads = tiling.weightReads
    cost.inputReads = tiling.inputReads
    cost.outputReads = traffic.drains.bits + tiling.outputAccesses
    cost.weightWrites = traffic.weights.bits
    cost.inputWrites = traffic.inputs.bits
    cost.outputWrites = traffic.outputs.bits + tiling.outputAccesses
    cost.dramReads = reads
    cost.dramWrites = traffic.drains.bits
    cost.firstBits = first
    cost.lastBits = last
    return cost
  }

  /// Cycles of so many bits on the port, rounded up; what is less than nothing rounds up too.
  func transferCycles(_ bits: Int) -> Int {
    bits > 0 ? ceilingDivide(bits, array.portBits) : bits / array.portBits
  }
}
