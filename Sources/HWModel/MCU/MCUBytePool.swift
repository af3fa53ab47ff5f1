import Arith
import QuantGraph

/// Average or maximum over windows of 8-bit codes, all channels of a pixel at once.
///
/// Equal to ``MCUPool``.
struct MCUBytePool: NodeKernel {
  let geometry: ConvolutionGeometry
  let isMaximum: Bool
  let codes: ClosedRange<Int32>
  let isSigned: Bool
  let path: KernelPath

  func scratchBytes(lanes: Int) -> Int { geometry.channels * 4 }

  func run(_ o: KernelOperands) {
    let g = geometry
    let data = UnsafeRawPointer(o.inputs[0].memory)
    var result = o.outputs[0].rows(as: UInt8.self)
    for sample in 0..<g.batch {
      let image = data + sample * g.rows * g.columns * g.channels
      for row in 0..<g.resultRows {
        let y = taps(
          g.kernelRows(at: row), row * g.rowStride - g.rowsBefore, g.rowDilation)
        for column in 0..<g.resultColumns {
          let x = taps(
            g.kernelColumns(at: column), column * g.columnStride - g.columnsBefore,
            g.columnDilation)
          if isMaximum {
            maximum(image, y, x, into: result)
          } else {
            average(
              image, y, x, sums: o.scratch.memory.assumingMemoryBound(to: Int32.self),
              into: result)
          }
          result += g.channels
        }
      }
    }
  }

  /// First position inside the image and number of the taps there.
  private func taps(
    _ inside: Range<Int>, _ start: Int, _ dilation: Int
  ) -> (first: Int, count: Int) {
    inside.isEmpty ? (0, 0) : (start + inside.lowerBound * dilation, inside.count)
  }

  /// Calls `body` with runs of equally spaced pixels of the window: pointer, pixels, pitch.
  @inline(__always)
  private func forEachRun(
    _ image: UnsafeRawPointer, _ y: (first: Int, count: Int), _ x: (first: Int, count: Int),
    _ body: (ByteCodes, Int, Int) -> Void
  ) {
    let g = geometry
    let pitch = g.columnDilation * g.channels
    let first = image + (y.first * g.columns + x.first) * g.channels
    if g.columnDilation == 1, g.rowDilation == 1, x.count == g.columns {
      body(ByteCodes(first, isSigned: isSigned), y.count * x.count, pitch)
      return
    }
    for row in 0..<y.count {
      let start = first + row * g.rowDilation * g.columns * g.channels
      body(ByteCodes(start, isSigned: isSigned), x.count, pitch)
    }
  }

  private func maximum(
    _ image: UnsafeRawPointer, _ y: (first: Int, count: Int), _ x: (first: Int, count: Int),
    into result: UnsafeMutablePointer<UInt8>
  ) {
    let channels = geometry.channels
    result.update(repeating: isSigned ? 0x80 : 0, count: channels)
    forEachRun(image, y, x) { codes, count, pitch in
      codes.largestOfRows(count, pitch: pitch, channels: channels, into: result, path: path)
    }
    guard codes != (isSigned ? -128...127 : 0...255) else { return }
    for channel in 0..<channels {
      let code = isSigned ? Int32(Int8(bitPattern: result[channel])) : Int32(result[channel])
      result[channel] = UInt8(
        truncatingIfNeeded: min(max(code, codes.lowerBound), codes.upperBound))
    }
  }

  private func average(
    _ image: UnsafeRawPointer, _ y: (first: Int, count: Int), _ x: (first: Int, count: Int),
    sums: UnsafeMutablePointer<Int32>, into result: UnsafeMutablePointer<UInt8>
  ) {
    let channels = geometry.channels
    sums.update(repeating: 0, count: channels)
    forEachRun(image, y, x) { codes, count, pitch in
      codes.sumRows(count, pitch: pitch, channels: channels, into: sums, path: path)
    }
    let taps = Int32(truncatingIfNeeded: y.count * x.count)
    for channel in 0..<channels {
      var value = sums[channel]
      if taps > 0 {
        value = value > 0 ? (value &+ taps / 2) / taps : (value &- taps / 2) / taps
      }
      result[channel] = UInt8(
        truncatingIfNeeded: min(max(value, codes.lowerBound), codes.upperBound))
    }
  }
}

/// Sums of 8-bit codes along neighbouring axes, requantized.
///
/// Equal to ``MCUReduction`` with a rule that requantizes.
struct MCUByteReduction: NodeKernel {
  private let outer: Int
  /// Codes of one sum, `inner` apart.
  private let combined: Int
  private let inner: Int
  private let start: Int32
  private let isSigned: Bool
  private let requantization: ByteRequantization
  private let path: KernelPath

  /// Nil where the axes are not neighbours, sums may leave 32 bits, or the kernels lack the rule.
  init?(
    shape: Shape, axes: [Int], dataZero: Int32, isSigned: Bool, requantizer: Requantizer,
    path: KernelPath
  ) {
    guard let first = axes.min(), let last = axes.max(), last - first == Set(axes).count - 1,
      shape.count > 0, let requantization = requantizer.bytes(channels: 1, path: path)
    else { return nil }
    outer = shape.extents[..<first].reduce(1, *)
    combined = shape.extents[first...last].reduce(1, *)
    inner = shape.extents[(last + 1)...].reduce(1, *)
    // 2^22 differences of codes and zero points of 9 bits.
    guard combined <= 1 << 22, abs(dataZero) <= 255 else { return nil }
    start = -dataZero * Int32(combined)
    self.isSigned = isSigned
    self.requantization = requantization
    self.path = path
  }

  func scratchBytes(lanes: Int) -> Int { inner * 4 }

  func run(_ operands: KernelOperands) {
    let sums = operands.scratch.memory.assumingMemoryBound(to: Int32.self)
    for block in 0..<outer {
      let codes = ByteCodes(
        operands.inputs[0].memory + block * combined * inner, isSigned: isSigned)
      if inner == 1 {
        sums[0] = start + Int32(codes.sum(count: combined, path: path))
      } else {
        sums.update(repeating: start, count: inner)
        codes.sumRows(combined, pitch: inner, channels: inner, into: sums, path: path)
      }
      requantization.codes(
        of: sums, rows: inner, into: operands.outputs[0].memory + block * inner)
    }
  }
}
