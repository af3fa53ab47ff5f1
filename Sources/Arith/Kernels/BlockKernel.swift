import CKernels

/// A fast path for quantizing floats into OCP MX blocks of 32; equal to
/// ``BlockFormat/quantize(_:)``.
public struct BlockKernel: Sendable {
  public let format: BlockFormat
  private let parameters: hwsim_minifloat?

  /// The kernel of `format`, or nil if its rule is not a shared E8M0 exponent of blocks of 32, its
  /// elements are neither signed floats of at most 8 bits with subnormals nor MXINT8, or the largest
  /// element is below 1.
  public init?(_ format: BlockFormat) {
    guard format.rule == .sharedExponent, format.blockSize == 32, format.scale == .e8m0,
      (0...126).contains(format.elementExponent)
    else { return nil }
    switch format.elements[0] {
    case .float(let element):
      guard let parameters = hwsim_minifloat(element, saturates: true) else { return nil }
      self.parameters = parameters
    case .fixed(let element):
      guard element.width == 8, element.integerBits == 2, element.isSigned else { return nil }
      parameters = nil
    case .affine, .powerOfTwo, .codebook, .vectors, .planes, .block: return nil
    }
    self.format = format
  }

  /// Writes the scale code of each block and the low 8 bits of each element's code.
  ///
  /// - Throws: ``BlockError/notFinite(index:)``.
  /// - Precondition: `values` and `codes` have one length, a multiple of 32; `scales` has one element
  ///   for each 32 of them.
  public func quantize(
    _ values: Span<Float>, scales: inout MutableSpan<UInt8>, codes: inout MutableSpan<UInt8>
  ) throws(BlockError) {
    let blocks = values.count / 32
    precondition(
      values.count == blocks * 32 && codes.count == values.count && scales.count == blocks,
      "whole blocks of 32")
    let level = hwsim_formats_level()
    if level == 0 {
      let result = try format.quantize(values.indices.map { Double(values[$0]) })
      for index in 0..<blocks { scales[index] = UInt8(truncatingIfNeeded: result.scales[index]) }
      for index in values.indices {
        codes[index] = UInt8(truncatingIfNeeded: result.codes[index])
      }
      return
    }
    let isBad = values.withUnsafeBufferPointer { source in
      scales.withUnsafeMutableBufferPointer { scales in
        codes.withUnsafeMutableBufferPointer { codes -> Bool in
          guard let x = source.baseAddress, let s = scales.baseAddress, let c = codes.baseAddress
          else { return false }
          let exponent = Int32(format.elementExponent)
          if var parameters {
            return hwsim_mx_quantize_f32(x, blocks, exponent, &parameters, s, c, Int32(level)) != 0
          }
          return hwsim_mx_quantize_f32(x, blocks, exponent, nil, s, c, Int32(level)) != 0
        }
      }
    }
    if isBad, let index = values.indices.first(where: { !values[$0].isFinite }) {
      throw .notFinite(index: index)
    }
  }
}
