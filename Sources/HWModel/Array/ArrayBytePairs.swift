import Arith
import QuantGraph

/// Products of two computed matrices of one byte an element, as attention has them.
///
/// Equal to the sums of ``ProductGeometry`` in int32, which wrap. The right matrix is packed as weights
/// are, in int8 less a shift; with `b = b' + shift` the sum of `(a - za) * (b - zb)` is that of
/// `(a - za) * b'` less `zb - shift` times that of `a - za`.
struct ArrayBytePairs: NodeKernel {
  let geometry: ProductGeometry
  let left: (position: Int, isSigned: Bool)
  let right: (position: Int, isSigned: Bool)
  let leftZero: Int32
  let rightZero: Int32
  let coding: ByteCoding
  /// A sum's real value of one, and that over the result's scale.
  let scale: Float
  let factor: Float
  let path: KernelPath
  /// For the sizes of scratch memory.
  private let sizes: ByteConvolution

  /// Nil where a matrix has no elements.
  init?(
    _ geometry: ProductGeometry, left: (position: Int, isSigned: Bool),
    right: (position: Int, isSigned: Bool), leftZero: Int32, rightZero: Int32, coding: ByteCoding,
    scale: Float, factor: Float, path: KernelPath
  ) {
    guard geometry.rows > 0, geometry.inner > 0, geometry.columns > 0 else { return nil }
    self.geometry = geometry
    self.left = left
    self.right = right
    self.leftZero = leftZero
    self.rightZero = rightZero
    self.coding = coding
    self.scale = scale
    self.factor = factor
    self.path = path
    sizes = Self.product(
      geometry, weights: [Int8](repeating: 0, count: geometry.inner * geometry.columns),
      leftZero: leftZero, isSigned: left.isSigned, path: path)
  }

  private static func product(
    _ g: ProductGeometry, weights: [Int8], leftZero: Int32, isSigned: Bool, path: KernelPath
  ) -> ByteConvolution {
    ByteConvolution(
      rows: g.rows, depth: g.inner, results: g.columns, weights: weights, bias: [],
      dataZero: leftZero, isSigned: isSigned, path: path)
  }

  private var turnedBytes: Int {
    geometry.transposesLeft ? (geometry.rows * geometry.inner + 63) / 64 * 64 : 0
  }
  private var productBytes: Int { sizes.packedBytes + sizes.blockBytes }

  func scratchBytes(lanes: Int) -> Int {
    turnedBytes + productBytes + sizes.block * geometry.columns * 4
  }

  func run(_ o: KernelOperands) {
    let g = geometry
    let working = o.scratch.memory + turnedBytes
    let corrected = (working + productBytes).assumingMemoryBound(to: Int32.self)
    let factors = [Float](repeating: factor, count: g.columns)
    let shift = rightZero &- (right.isSigned ? 0 : 128)
    for (index, offset) in g.offsets.enumerated() {
      var rows = UnsafeRawPointer(o.inputs[left.position].memory) + offset.left
      if g.transposesLeft {
        ByteCodes(rows, isSigned: left.isSigned).transpose(
          rows: g.inner, columns: g.rows, into: o.scratch.memory)
        rows = UnsafeRawPointer(o.scratch.memory)
      }
      let product = Self.product(
        g, weights: weights(UnsafeRawPointer(o.inputs[right.position].memory) + offset.right),
        leftZero: leftZero, isSigned: left.isSigned, path: path)
      product.forEachBlock(of: rows, scratch: working) { block, first, count in
        var sums = UnsafePointer(block)
        if shift != 0 {
          correct(block, rows: rows + first * g.inner, count: count, by: shift, into: corrected)
          sums = UnsafePointer(corrected)
        }
        let base = (index * g.rows + first) * g.columns
        if o.isRead(0) {
          coding.codes(
            ofSums: sums, rows: count, factors: factors, into: o.outputs[0].memory + base,
            path: path)
        }
        guard o.outputs.count > 1, o.isRead(1) else { return }
        let values = o.outputs[1].rows(as: Float.self)
        for place in 0..<count * g.columns {
          values[base + place] = Float(Double(sums[place]) * Double(scale))
        }
      }
    }
  }

  /// The right matrix as int8, `[column][inner]`.
  private func weights(_ matrix: UnsafeRawPointer) -> [Int8] {
    let count = geometry.inner * geometry.columns
    return [Int8](unsafeUninitializedCapacity: count) { target, filled in
      guard let start = target.baseAddress else { return }
      if geometry.transposesRight {
        UnsafeMutableRawPointer(start).copyMemory(from: matrix, byteCount: count)
      } else {
        ByteCodes(matrix, isSigned: right.isSigned).transpose(
          rows: geometry.inner, columns: geometry.columns, into: start)
      }
      if !right.isSigned {
        // Codes less 128.
        for index in 0..<count { start[index] ^= -128 }
      }
      filled = count
    }
  }

  private func correct(
    _ sums: UnsafePointer<Int32>, rows: UnsafeRawPointer, count: Int, by shift: Int32,
    into result: UnsafeMutablePointer<Int32>
  ) {
    let (inner, columns) = (geometry.inner, geometry.columns)
    func total<Code: FixedWidthInteger & BitwiseCopyable>(_ row: Int, _: Code.Type) -> Int32 {
      let codes = (rows + row * inner).assumingMemoryBound(to: Code.self)
      var total: Int32 = 0
      for index in 0..<inner { total &+= Int32(truncatingIfNeeded: codes[index]) }
      return total &- Int32(truncatingIfNeeded: inner) &* leftZero
    }
    for row in 0..<count {
      let all = left.isSigned ? total(row, Int8.self) : total(row, UInt8.self)
      let less = shift &* all
      for column in 0..<columns {
        result[row * columns + column] = sums[row * columns + column] &- less
      }
    }
  }
}
