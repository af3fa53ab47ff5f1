// Nodes of a FINN dataflow build (`MVAU_hls`, `ConvolutionInputGenerator_rtl`, `StreamingFIFO_rtl`), as
// out-of-context synthesis found them: Vivado and Vitis HLS 2022.2 on XC7Z020, 117 nodes of one build
// (`conformance/fpga/rows.json`). Cycles are FINN's own formulas (github Xilinx/finn@39f0c9a,
// src/finn/custom_op/fpgadataflow), which its reports equal. What no row has is said where it stands.

/// A matrix-vector unit (MVAU), or one of a depthwise convolution (VVAU): a matrix of constants by one
/// vector after the other, some rows and columns at once, with thresholds on its results.
public struct FINNMatrixUnit: Sendable, Hashable {
  /// Rows of the matrix: outputs (MH), or channels.
  public let rows: Int
  /// Columns of the matrix: inputs (MW), or positions of the kernel.
  public let columns: Int
  /// Rows at once (PE).
  public let rowFold: Int
  /// Columns at once (SIMD).
  public let columnFold: Int
  public let weightBits: Int
  public let inputBits: Int
  public let accumulatorBits: Int
  /// Thresholds that each result is compared with; 0 where sums leave the unit.
  public let thresholds: Int
  public let core: Core

  /// What multiplies and adds.
  public enum Core: String, Sendable, Hashable {
    /// Made by high-level synthesis: a multiplier a product.
    case hls
    /// Lanes of a DSP48: four rows of up to 4 x 4 bits, or two of up to 8 x 8, share a multiplier
    /// (finn-rtllib/mvu/mvu_4sx4u.sv and mvu_8sx8u_dsp48.sv, `PIPE_COUNT`).
    case fourLanes = "rtl, 4 lanes"
    case twoLanes = "rtl, 2 lanes"
    /// A DSP58 that adds three products of up to 8 x 9 bits (mvu_vvu_8sx9_dsp58.sv).
    case dotProduct = "rtl, dot products of 3"
  }

  /// Most rows of thresholds that are look-up tables; more are memory blocks (56 are tables, 104
  /// blocks).
  public static let thresholdTableRows = 64

  /// - Precondition: folds divide rows and columns, and all numbers are positive.
  public init(
    rows: Int, columns: Int, rowFold: Int, columnFold: Int, weightBits: Int, inputBits: Int,
    accumulatorBits: Int, thresholds: Int, core: Core = .hls
  ) {
    precondition(
      rowFold > 0 && columnFold > 0 && rows % rowFold == 0 && columns % columnFold == 0,
      "folds divide the matrix")
    self.rows = rows
    self.columns = columns
    self.rowFold = rowFold
    self.columnFold = columnFold
    self.weightBits = weightBits
    self.inputBits = inputBits
    self.accumulatorBits = accumulatorBits
    self.thresholds = thresholds
    self.core = core
  }

  /// Turns that one vector takes; also words of the memory of weights.
  public var turns: Int { (rows / rowFold) * (columns / columnFold) }

  /// Cycles of so many vectors; exact in 10 of 10.
  public func cycles(vectors: Int) -> Int { turns.multipliedClamped(by: vectors) }

  /// One multiplier each, none where an operand has one bit; exact in 10 of 10 of 3 x 8 and 8 x 8 bits
  /// (FINN itself estimates none).
  ///
  /// Builds with weights of 2 and 4 bits have such blocks too, in numbers that their reports do not
  /// tie to folds; they may have fewer.
  public var dsp: Int {
    switch core {
    case .hls: min(weightBits, inputBits) < 2 ? 0 : rowFold * columnFold
    case .fourLanes: (rowFold + 3) / 4 * columnFold
    case .twoLanes: (rowFold + 1) / 2 * columnFold
    case .dotProduct: rowFold * ((columnFold + 2) / 3)
    }
  }

  /// Halves of blocks of 36 Kib that the weights take; exact in 10 of 10.
  ///
  /// A single word is constant.
  public var weightHalves: Int {
    turns > 1
      ? FabricMemory.halfBlocks36(words: turns, bits: rowFold * columnFold * weightBits) : 0
  }

  /// Rows of thresholds of each of the outputs at once.
  private var thresholdRows: Int { rows / rowFold }

  /// Halves of blocks of 36 Kib that thresholds take; exact in 10 of 10.
  public var thresholdHalves: Int {
    guard thresholds > 0, thresholdRows > Self.thresholdTableRows else { return 0 }
    let each = FabricMemory.blocks(words: thresholdRows, bits: accumulatorBits)
    return rowFold.multipliedClamped(by: thresholds).multipliedClamped(by: each)
  }

  /// What its logic is counted in.
  public struct LogicCounts: Sendable, Hashable {
    /// Bits of all accumulators.
    public let accumulatorBits: Double
    /// Bits of all thresholds at once.
    public let thresholdBits: Double
    /// Bits of comparators (two a look-up table) and of tables of thresholds: two bits of at most 32 rows
    /// share one, each bit of up to 64 has its own (AMD UG474, one LUT6 is two LUT5).
    public let thresholdTables: Double
    /// Bits of the vector that is kept for the rows that follow.
    public let vectorBits: Double
    /// Bits of both operands of all products.
    public let operandBits: Double
  }

  public var logic: LogicCounts {
    let bits = Double(rowFold) * Double(thresholds) * Double(accumulatorBits)
    let table =
      thresholdRows > Self.thresholdTableRows || thresholdRows < 2
      ? 0 : thresholdRows <= 32 ? 0.5 : 1
    return LogicCounts(
      accumulatorBits: Double(rowFold * accumulatorBits), thresholdBits: bits,
      thresholdTables: bits * (0.5 + table), vectorBits: Double(columns * inputBits),
      operandBits: Double(rowFold * columnFold) * Double(inputBits + weightBits))
  }
}

extension FINNMatrixUnit.Core {
  /// The core that FINN 0.10 takes where nobody asks for another (github Xilinx/finn@0064bae,
  /// specialize_layers.py and matrixvectoractivation_rtl.py).
  ///
  /// - Parameters:
  ///   - weights: bits and sign of the weights, and whether the least integer of their type is not
  ///     among them.
  ///   - input: bits and sign of the data.
  ///   - isDepthwise: whether each channel has filters of its own (VVAU).
  ///   - technology: family of devices.
  public init(
    weights: (bits: Int, isSigned: Bool, isNarrow: Bool), input: (bits: Int, isSigned: Bool),
    isDepthwise: Bool, technology: String
  ) {
    let isInReach =
      weights.isSigned && (4...8).contains(weights.bits) && input.bits >= 4
      && (input.bits <= 8 || (input.bits == 9 && input.isSigned))
    let isVersal = technology == "versal"
    guard isInReach, isVersal || !isDepthwise, technology != "7-series" || weights.isNarrow else {
      self = .hls
      return
    }
    // Of depthwise layers there is the core of a DSP58 alone.
    if isDepthwise {
      self = .dotProduct
    } else if max(weights.bits, input.bits) <= 4 {
      self = .fourLanes
    } else {
      self = isVersal ? .dotProduct : .twoLanes
    }
  }
}

/// Fitted constants of logic, per bit or unit of what is counted (`Targets/finn/fit.py`).
public struct FINNLogic: Sendable, Hashable {
  /// LUT a bit of an accumulator, of thresholds, of the vector.
  public let matrixLUT: [Double]
  /// Flip-flops a bit of an accumulator, of thresholds, of the vector, of the operands.
  public let matrixFF: [Double]
  /// LUT and flip-flops of the weights' stream: a bit, and a unit.
  public let streamLUT: [Double]
  public let streamFF: [Double]

  /// - Precondition: three, four, two and two numbers.
  public init(
    matrixLUT: [Double], matrixFF: [Double], streamLUT: [Double], streamFF: [Double]
  ) {
    precondition(
      matrixLUT.count == 3 && matrixFF.count == 4 && streamLUT.count == 2 && streamFF.count == 2,
      "three, four, two and two constants")
    self.matrixLUT = matrixLUT
    self.matrixFF = matrixFF
    self.streamLUT = streamLUT
    self.streamFF = streamFF
  }

  public func lut(_ unit: FINNMatrixUnit) -> Double {
    let counts = unit.logic
    return matrixLUT[0] * counts.accumulatorBits + matrixLUT[1] * counts.thresholdTables
      + matrixLUT[2] * counts.vectorBits
  }

  public func ff(_ unit: FINNMatrixUnit) -> Double {
    let counts = unit.logic
    return matrixFF[0] * counts.accumulatorBits + matrixFF[1] * counts.thresholdBits
      + matrixFF[2] * counts.vectorBits + matrixFF[3] * counts.operandBits
  }
}

/// The buffer that makes windows of a stream of pixels (`ConvolutionInputGenerator_rtl`).
public struct FINNWindowBuffer: Sendable, Hashable {
  /// Rows and columns of something.
  public struct Plane: Sendable, Hashable {
    public let rows: Int
    public let columns: Int

    public init(_ rows: Int, _ columns: Int) {
      self.rows = rows
      self.columns = columns
    }

    public var area: Int { rows.multipliedClamped(by: columns) }
  }

  public let kernel: Plane
  public let stride: Plane
  public let dilation: Plane
  /// The padded image, and the positions of windows.
  public let image: Plane
  public let positions: Plane
  public let channels: Int
  /// Channels at once (SIMD).
  public let fold: Int
  public let bits: Int
  public let isDepthwise: Bool
  /// Whether a whole window leaves at once.
  public let isParallel: Bool

  /// - Precondition: the fold divides the channels.
  public init(
    kernel: Plane, stride: Plane, dilation: Plane, image: Plane, positions: Plane, channels: Int,
    fold: Int, bits: Int, isDepthwise: Bool = false, isParallel: Bool = false
  ) {
    precondition(fold > 0 && channels % fold == 0, "the fold divides the channels")
    self.kernel = kernel
    self.stride = stride
    self.dilation = dilation
    self.image = image
    self.positions = positions
    self.channels = channels
    self.fold = fold
    self.bits = bits
    self.isDepthwise = isDepthwise
    self.isParallel = isParallel
  }

  private var turns: Int { channels / fold }

  /// Transfers that are kept: all rows of the kernel but one, and a kernel's row.
  public var words: Int {
    ((kernel.rows - 1) * dilation.rows).multipliedClamped(by: image.columns)
      .addedClamped((kernel.columns - 1) * dilation.columns + 1).multipliedClamped(by: turns)
  }

  /// Cycles of an image: the buffer fills, then each row of windows takes what is written or read,
  /// whichever is more; exact in 9 of 9.
  public var cycles: Int {
    if isParallel { return image.area.multipliedClamped(by: turns).addedClamped(2) }
    if image.rows == 1 || image.columns == 1 {
      let (count, taps) = (positions.area, kernel.area)
      let windows = count.multipliedClamped(by: taps).multipliedClamped(by: turns)
      let step = max(stride.rows, stride.columns)
      let extra =
        isDepthwise
        ? (turns * (step - 1)).multipliedClamped(by: taps - 1).addedClamped(1 - taps) : 0
      return windows.addedClamped(extra).addedClamped(2)
    }
    let written = positions.columns.multipliedClamped(by: kernel.area)
      .multipliedClamped(by: turns)
    let read = stride.columns.multipliedClamped(by: image.columns).multipliedClamped(by: turns)
    var row = max(written, read)
    if isDepthwise {
      row = row.addedClamped(
        (positions.columns * (stride.columns - 1)).multipliedClamped(by: turns - 1))
    }
    let rows = words.addedClamped(positions.rows.multipliedClamped(by: row))
    return rows.addedClamped(
      isDepthwise ? ((stride.rows - 1) * image.columns).multipliedClamped(by: turns) : 0)
  }

  private var memories: Int { (words - 1) / 64 + 1 }
  private var lanes: Int { bits * fold }

  /// Look-up tables as memory: four for three bits of 64 words; exact in 9 of 9.
  public var memoryLUT: Int { (4 * ((lanes + 2) / 3)).multipliedClamped(by: memories) }

  /// Beside the memory a word's enable and four bits of the multiplexer behind it, and 221 of control; of
  /// 9 rows within 4 %.
  public var lut: Double {
    Double(memoryLUT) + Double(memories) * (1 + Double(lanes) / 4) + 221
  }

  /// Addresses, counters of columns and the word that leaves; of 9 rows within 2 %.
  public var ff: Double {
    Double(15 + 2 * lanes + 3 * image.columns.addressBits + 7 * words.addressBits)
  }
}

/// Zeros put around an image (`FMPadding_rtl`), all channels at once.
public struct FINNPadding: Sendable, Hashable {
  /// Bits of a pixel.
  public let bits: Int
  /// Columns and pixels of the padded image.
  public let columns: Int
  public let pixels: Int

  public init(bits: Int, columns: Int, pixels: Int) {
    self.bits = bits
    self.columns = columns
    self.pixels = pixels
  }

  private var stored: Int { (bits + 7) / 8 * 8 }
  /// Exact in 9 of 9.
  public var cycles: Int { pixels }
  /// Within 7 % of 9 rows.
  public var lut: Double { Double(stored) / 2 + 5.2 * Double(columns.addressBits) + 13 }
  /// Exact in 9 of 9.
  public var ff: Double { Double(2 * stored + 9 * columns.addressBits + 11) }
}

/// What makes words of one width from words of another (`StreamingDataWidthConverter_rtl`).
public struct FINNConverter: Sendable, Hashable {
  public let inputBits: Int
  public let outputBits: Int

  /// - Precondition: one width divides the other, both are positive.
  public init(inputBits: Int, outputBits: Int) {
    precondition(
      inputBits > 0 && outputBits > 0
        && (inputBits % outputBits == 0 || outputBits % inputBits == 0),
      "one width divides the other")
    self.inputBits = inputBits
    self.outputBits = outputBits
  }

  private var widens: Bool { outputBits > inputBits }
  private var words: Int {
    widens ? outputBits / inputBits : inputBits / outputBits
  }

  /// Narrowing: half a table a bit up to 96 bits, one from 168 on; widening: the counter alone.
  ///
  /// Of 25 rows 7 % off in the mean.
  public var lut: Double {
    if widens { return 5 + 1.3 * Double(words.addressBits) }
    return inputBits <= 128 ? Double(inputBits) / 2 + 13 : Double(inputBits + 15)
  }

  /// Exact in 23 of 25.
  public var ff: Double {
    Double(
      (widens ? outputBits + inputBits + 2 : inputBits + 2 * outputBits + 3) + words.addressBits)
  }
}

/// A buffer of two entries between nodes, as many bits as a transfer has filled up to whole bytes.
public struct FINNBuffer: Sendable, Hashable {
  public let bits: Int

  public init(bits: Int) { self.bits = bits }

  private var stored: Int { (bits + 7) / 8 * 8 }
  public var lut: Int { stored + 7 }
  public var ff: Int { 2 * stored + 6 }
}

/// A maximum over windows that do not overlap (`StreamingMaxPool_hls`), all channels at once.
public struct FINNMaximumPool: Sendable, Hashable {
  /// Bits of a pixel.
  public let bits: Int
  /// Columns of the image, and the window's.
  public let columns: Int
  public let window: Int

  public init(bits: Int, columns: Int, window: Int) {
    self.bits = bits
    self.columns = columns
    self.window = max(window, 1)
  }

  /// FINN's own count, of a square image; equal to its reports in 5 of 5.
  public var cycles: Int {
    let pixels = columns.multipliedClamped(by: columns)
    return pixels.addedClamped(pixels / (window * window))
  }
  /// A row of results in memories of 64 words, comparators and control; of 5 rows 46 % off in the one
  /// that shares its memory, 12 % in the worst of the others.
  public var lut: Double {
    Double(bits) * Double((columns / window + 63) / 64 + 6) + 130
  }
  /// Within 4 % of 5 rows.
  public var ff: Double { 7 * Double(bits) + 100 }
}

extension Int {
  /// Bits of an address of so many words.
  fileprivate var addressBits: Int { self > 1 ? Int.bitWidth - (self - 1).leadingZeroBitCount : 0 }

  /// The product, or `Int.max` where it is larger.
  package func multipliedClamped(by other: Int) -> Int {
    let (product, overflow) = multipliedReportingOverflow(by: other)
    return overflow ? Int.max : product
  }

  /// The sum, or `Int.max` where it is larger.
  package func addedClamped(_ other: Int) -> Int {
    let (sum, overflow) = addingReportingOverflow(other)
    return overflow ? Int.max : sum
  }
}
