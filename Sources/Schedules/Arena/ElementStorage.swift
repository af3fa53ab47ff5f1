import Arith
public import QuantGraph

/// How the elements of a tensor lie in memory.
public enum ElementStorage: String, Hashable, Sendable, CaseIterable {
  /// Elements of less than a byte side by side, the last byte filled up: what CMix-NN and other
  /// mixed-precision kernels do.
  case packed
  /// Each element in 1, 2, 4 or 8 whole bytes, as TensorFlow Lite Micro holds activations (4-bit
  /// ones included; `memory_helpers.cc`, `TfLiteTypeSizeOf`).
  case wholeBytes

  /// Bytes of a tensor.
  ///
  /// Scales of blocks count with their elements. Constants of less than a byte are packed in a TFLite
  /// file whatever an arena does with activations.
  ///
  /// - Throws: ``ArenaError/sizeOverflow(object:)`` if the size is beyond `Int`.
  public func bytes(of tensor: Tensor) throws(ArenaError) -> Int {
    try bytes(elements: tensor.shape.count, of: tensor)
  }

  /// Bytes of so many elements of a tensor.
  func bytes(elements: Int, of tensor: Tensor) throws(ArenaError) -> Int {
    let (bits, perElements) = tensor.encoding.storedBits
    switch self {
    case .wholeBytes where perElements == 1:
      return try product(elements, Self.wholeBytes(ofBits: bits), of: "'\(tensor.name)'")
    default:
      let groups = elements / perElements + (elements % perElements == 0 ? 0 : 1)
      let total = try product(groups, bits, of: "'\(tensor.name)'")
      return total / 8 + (total % 8 == 0 ? 0 : 1)
    }
  }

  private static func wholeBytes(ofBits bits: Int) -> Int {
    var bytes = 1
    while bytes * 8 < bits { bytes *= 2 }
    return bytes
  }
}

extension Encoding {
  /// Bits of the code of one value, whatever its scales; 32 where a code stands for several.
  var codeBits: Int {
    if case .affine(let format) = self { return format.width }
    return scalarWidth ?? 32
  }

  /// Whether an element takes as many bits as one of `other`.
  func isAsWide(as other: Encoding) -> Bool {
    let (own, theirs) = (storedBits, other.storedBits)
    return own.bits == theirs.bits && own.perElements == theirs.perElements
  }

  /// Bits that a group of elements takes, and the elements of a group.
  fileprivate var storedBits: (bits: Int, perElements: Int) {
    switch self {
    case .fixed(let format): (format.width, 1)
    case .affine(let format): (format.width, 1)
    case .float(let format): (format.width, 1)
    case .powerOfTwo(let format): (format.exponentBits + 1, 1)
    case .codebook(let book): (book.width, 1)
    // The trailing axis of the tensor is the vector, which has one code.
    case .vectors(let book): (book.width, max(book.dimensions, 1))
    case .planes(let format): (format.width, 1)
    case .block(let format):
      (Int((format.bitsPerValue * Double(format.blockSize)).rounded(.up)), format.blockSize)
    }
  }
}
