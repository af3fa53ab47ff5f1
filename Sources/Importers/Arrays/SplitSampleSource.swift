public import QuantGraph

/// Rows that hold one sample of several tensors, one after the other, as a source for each.
///
/// An HLS test bench writes all inputs of a sample on one line, and each output on a line of its own;
/// both are read as one row (`linesPerSample`).
public enum SplitSampleSource {
  /// A source for each tensor, in the order of the row.
  ///
  /// Sources may be read at different speeds; what one is ahead of another is kept in memory.
  ///
  /// - Parameters:
  ///   - rows: the rows, not read from elsewhere.
  ///   - path: their file, for messages.
  ///   - tensors: name and shape of one sample of each tensor.
  /// - Returns: one source a tensor.
  /// - Throws: a `Diagnostic` if a row has not as many elements as the tensors together.
  public static func sources(
    _ rows: ArrayRows, path: String, tensors: [(name: String, shape: Shape)]
  ) throws(Diagnostic) -> [any SampleSource] {
    var total = 0
    for tensor in tensors {
      let (sum, overflow) = total.addingReportingOverflow(tensor.shape.count)
      total = overflow ? Int.max : sum
    }
    guard let whole = try? Shape([total]) else { return [] }
    let names = tensors.map(\.name).joined(separator: "' + '")
    let source = try ArraySampleSource(rows, path: path, tensor: names, shape: whole)
    let shared = SharedRows(source, rowElements: total, widths: tensors.map(\.shape.count))
    return tensors.indices.map { SplitColumn(shared, index: $0) }
  }
}

/// One tensor's part of shared rows.
private final class SplitColumn: SampleSource {
  private let shared: SharedRows
  private let index: Int

  init(_ shared: SharedRows, index: Int) {
    self.shared = shared
    self.index = index
  }

  func next(_ count: Int) throws(Diagnostic) -> TensorValues {
    try shared.next(count, of: index)
  }
}

/// Rows that several columns read; each block waits until all have taken it.
private final class SharedRows {
  private let source: ArraySampleSource
  private let rowElements: Int
  private let widths: [Int]
  private let starts: [Int]
  /// Blocks from number ``firstBlock`` on.
  private var blocks: [TensorValues] = []
  private var firstBlock = 0
  /// Position of each column: block number and row in it.
  private var positions: [(block: Int, row: Int)]

  init(_ source: ArraySampleSource, rowElements: Int, widths: [Int]) {
    self.source = source
    self.rowElements = rowElements
    self.widths = widths
    var start = 0
    starts = widths.map { width in
      defer { start += width }
      return start
    }
    positions = widths.map { _ in (0, 0) }
  }

  func next(_ count: Int, of column: Int) throws(Diagnostic) -> TensorValues {
    var (block, row) = positions[column]
    if block - firstBlock == blocks.count {
      blocks.append(try source.next(count))
    }
    let values = blocks[block - firstBlock]
    let rows = rowElements == 0 ? 0 : values.count / rowElements
    let taken = min(count, rows - row)
    let part = values.columns(
      starts[column]..<starts[column] + widths[column], rowElements: rowElements,
      rows: row..<row + taken)
    row += taken
    // The end of the file is an empty block, which stays.
    if row == rows, rows > 0 { (block, row) = (block + 1, 0) }
    positions[column] = (block, row)
    let oldest = positions.map(\.block).min() ?? block
    if oldest > firstBlock {
      blocks.removeFirst(oldest - firstBlock)
      firstBlock = oldest
    }
    return part
  }
}

extension TensorValues {
  fileprivate func columns(_ columns: Range<Int>, rowElements: Int, rows: Range<Int>) -> Self {
    func part<Value>(_ values: [Value]) -> [Value] {
      rows.flatMap {
        values[$0 * rowElements + columns.lowerBound..<$0 * rowElements + columns.upperBound]
      }
    }
    return switch self {
    case .codes(let codes): .codes(part(codes))
    case .values(let values): .values(part(values))
    case .printed(let values, let digits): .printed(part(values), digits: digits)
    case .rounded(let values, let bits): .rounded(part(values), bits: bits)
    }
  }
}
