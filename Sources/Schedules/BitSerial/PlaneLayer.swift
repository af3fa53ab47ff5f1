import HWModel

/// One product on a ``PlaneArray``; counts are of a single one of ``MatrixWork/count``.
///
/// A pair of planes takes a cycle for every `lanes` terms of `rows * columns` results: a product of
/// `w`-bit weights with `a`-bit inputs takes `w * a` times as long as one of single bits. Operands that
/// do not fit their buffers are fetched again, the cheaper one. Stages overlap, so that the slower of
/// computing and moving data counts; filling the pipeline is left out, as the overlay's own
/// efficiency figures leave it out.
struct PlaneLayer: Hashable, Sendable {
  let work: MatrixWork
  let weightBits: Int
  let inputBits: Int
  /// Steps of `lanes` terms for `rows * columns` results, of one pair of planes.
  let tiles: Int
  let computeCycles: Int
  let dramCycles: Int
  let weightBytes: Int
  let inputBytes: Int
  let outputBytes: Int
  let fetches: OperandFetches

  /// - Throws: ``BitSerialError`` for widths outside 1...64, and counts that leave 64 bits.
  init(
    _ work: MatrixWork, on array: PlaneArray, weightBits: Int, inputBits: Int
  ) throws(BitSerialError) {
    for (name, bits) in [("weights", weightBits), ("inputs", inputBits)]
    where !(1...64).contains(bits) {
      throw .precision(layer: work.name, operand: name, bits: bits, allowed: 1...64)
    }
    self.work = work
    self.weightBits = weightBits
    self.inputBits = inputBits
    tiles =
      ceilingDivide(work.inputs, array.lanes) * ceilingDivide(work.outputs, array.rows)
      * ceilingDivide(work.rows, array.columns) * work.batch
    computeCycles = tiles * weightBits * inputBits
    func bytes(_ rows: Int, _ bits: Int) -> Int { ceilingDivide(work.inputs * bits, 8) * rows }
    weightBytes = bytes(work.outputs, weightBits) * work.weightBatch
    inputBytes = bytes(work.rows, inputBits) * work.batch
    outputBytes = work.outputs * work.rows * work.batch * (PlaneArray.resultBits / 8)
    fetches = try OperandFetches(
      work.name, weights: (weightBytes, array.weightBufferBytes),
      inputs: (inputBytes, array.inputBufferBytes))
    let moved = fetches.bytes + outputBytes
    dramCycles = ceilingDivide(moved * 8, array.portBits)
    for amount in [computeCycles, moved] where Double(amount) * Double(work.count) > 0x1p54 {
      throw .tooLarge(layer: work.name)
    }
  }
}

/// How often the operands of a product come from DRAM: each once, unless neither fits its buffer; then
/// the cheaper one comes again for every part of the other.
struct OperandFetches: Hashable, Sendable {
  private(set) var weights = 1
  private(set) var inputs = 1
  /// Bytes of both, all fetches together.
  let bytes: Int

  /// - Throws: ``BitSerialError/tooLarge(layer:)`` for traffic from 2^60 bytes on.
  init(
    _ layer: String, weights: (bytes: Int, buffer: Int), inputs: (bytes: Int, buffer: Int)
  ) throws(BitSerialError) {
    guard weights.bytes > weights.buffer, inputs.bytes > inputs.buffer else {
      bytes = weights.bytes + inputs.bytes
      return
    }
    let ofWeights = ceilingDivide(inputs.bytes, inputs.buffer)
    let ofInputs = ceilingDivide(weights.bytes, weights.buffer)
    let byWeights = ofWeights.multipliedReportingOverflow(by: weights.bytes)
    let byInputs = ofInputs.multipliedReportingOverflow(by: inputs.bytes)
    guard !byWeights.overflow, !byInputs.overflow, byWeights.partialValue < 1 << 60,
      byInputs.partialValue < 1 << 60
    else { throw .tooLarge(layer: layer) }
    if byWeights.partialValue + inputs.bytes < byInputs.partialValue + weights.bytes {
      self.weights = ofWeights
      bytes = byWeights.partialValue + inputs.bytes
    } else {
      self.inputs = ofInputs
      bytes = byInputs.partialValue + weights.bytes
    }
  }
}
