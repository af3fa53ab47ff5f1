/// Nodes of a FINN dataflow build (`MVAU_hls`, `ConvolutionInputGenerator_rtl`, `StreamingFIFO_rtl`),
/// as out-of-context synthesis found them.
///
/// Measured on 117 nodes of one build, Vivado and Vitis HLS 2022.2 on XC7Z020
/// (`conformance/fpga/rows.json`); other widths and folds decide how far they carry.
public struct FINNMatrixUnit: Sendable, Hashable {
  /// Rows of the matrix: outputs (MH).
  public let rows: Int
  /// Columns of the matrix: inputs (MW).
  public let columns: Int
  /// Rows at once (PE).
  public let rowFold: Int
  /// Columns at once (SIMD).
  public let columnFold: Int
  public let weightBits: Int
  public let inputBits: Int
  public let accumulatorBits: Int

  /// - Precondition: folds divide rows and columns, and all numbers are positive.
  public init(
    rows: Int, columns: Int, rowFold: Int, columnFold: Int, weightBits: Int, inputBits: Int,
    accumulatorBits: Int
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
  }

  /// Turns that one vector takes; also words of the memory of weights.
  public var turns: Int { (rows / rowFold) * (columns / columnFold) }

  /// Cycles of so many vectors; exact in 10 of 10.
  public func cycles(vectors: Int) -> Int { turns * vectors }

  /// One multiplier each; exact in 10 of 10 from 3 x 8 bits on (FINN itself estimates none).
  public var dsp: Int { rowFold * columnFold }

  /// Halves of blocks of 36 Kib that the weights take; exact in 10 of 10.
  public var weightHalves: Int {
    FabricMemory.halfBlocks36(words: turns, bits: rowFold * columnFold * weightBits)
  }

  /// Look-up tables: accumulators and their control by bits, and the buffer of one input vector.
  ///
  /// Two constants, relative least squares over ten nodes: 17 % in the mean, 20 % each left out; FINN's
  /// own formula is 59 % off.
  public var lut: Double {
    25.46 * Double(rowFold * accumulatorBits) + 0.41 * Double(columns * inputBits)
  }
}

/// The buffer that makes windows of a stream of pixels.
public struct FINNWindowBuffer: Sendable, Hashable {
  /// Kernel, rows and columns.
  public let kernel: (rows: Int, columns: Int)
  /// Columns of the padded image.
  public let width: Int
  public let channels: Int
  /// Channels at once (SIMD).
  public let fold: Int
  public let bits: Int

  public init(
    kernel: (rows: Int, columns: Int), width: Int, channels: Int, fold: Int, bits: Int
  ) {
    self.kernel = kernel
    self.width = width
    self.channels = channels
    self.fold = fold
    self.bits = bits
  }

  /// Transfers that are kept: all rows of the kernel but one, and a kernel's row.
  public var words: Int {
    ((kernel.rows - 1) * width + kernel.columns) * channels / max(fold, 1)
  }

  /// Look-up tables as memory: four for three bits of 64 words; exact in 9 of 9.
  public var memoryLUT: Int { 4 * ((bits * fold + 2) / 3) * ((words + 63) / 64) }

  public static func == (lhs: FINNWindowBuffer, rhs: FINNWindowBuffer) -> Bool {
    lhs.kernel == rhs.kernel && lhs.width == rhs.width && lhs.channels == rhs.channels
      && lhs.fold == rhs.fold && lhs.bits == rhs.bits
  }

  public func hash(into hasher: inout Hasher) {
    hasher.combine(kernel.rows)
    hasher.combine(kernel.columns)
    hasher.combine(width)
    hasher.combine(channels)
    hasher.combine(fold)
    hasher.combine(bits)
  }
}

/// A buffer of two entries between nodes, as many bits as a transfer has filled up to whole bytes.
public struct FINNBuffer: Sendable, Hashable {
  public let bits: Int

  public init(bits: Int) { self.bits = bits }

  private var byteBits: Int { (bits + 7) / 8 * 8 }
  public var lut: Int { byteBits + 7 }
  public var ff: Int { 2 * byteBits + 6 }
}
