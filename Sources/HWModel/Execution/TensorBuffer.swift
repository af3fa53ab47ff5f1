import Arith
public import QuantGraph

/// How a plan stores one element of a tensor.
public enum Storage: String, Hashable, Sendable, CaseIterable {
  case int8, uint8, int16, uint16, int32, int64, wide, float32, float64

  /// Bytes from one element to the next.
  public var stride: Int {
    switch self {
    case .int8, .uint8: 1
    case .int16, .uint16: 2
    case .int32, .float32: 4
    case .int64, .float64: 8
    case .wide: MemoryLayout<Int512>.stride
    }
  }

  /// The narrowest of int32, int64 and wide that holds signed numbers of `bits` bits.
  public init(signedBits bits: Int) {
    self = bits <= 32 ? .int32 : bits <= 64 ? .int64 : .wide
  }
}

/// The codes of one tensor for a block of samples, lane-minor: element e of lane l stands at
/// `e * lanes + l`.
///
/// With one lane this is the tensor in row-major order. The memory belongs to one runner, which
/// runs on one thread at a time.
public final class TensorBuffer {
  public let storage: Storage
  /// Elements of the tensor times lanes.
  public let capacity: Int
  private var base: UnsafeMutableRawPointer
  /// The buffer whose memory this one uses, if it is not its own.
  private var owner: TensorBuffer?

  /// - Precondition: `capacity * storage.stride` fits in `Int`.
  public init(storage: Storage, capacity: Int) {
    self.storage = storage
    self.capacity = capacity
    let bytes = max(capacity * storage.stride, 64)
    base = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 64)
    base.initializeMemory(as: UInt8.self, repeating: 0, count: bytes)
    owner = nil
  }

  /// The first `capacity` elements of another buffer under a tensor of its own.
  ///
  /// - Precondition: the other buffer has as many bytes.
  init(sharing other: TensorBuffer, storage: Storage, capacity: Int) {
    precondition(
      capacity * storage.stride <= max(other.capacity * other.storage.stride, 64),
      "the shared memory is too small")
    self.storage = storage
    self.capacity = capacity
    base = other.base
    owner = other
  }

  /// The buffer that the memory belongs to: this one, or the one it shares with.
  var memoryOwner: TensorBuffer { owner ?? self }
  var byteCount: Int { max(capacity * storage.stride, 64) }
  /// `capacity` elements of another buffer's memory from a byte on.
  ///
  /// - Precondition: they lie in the other buffer, and the byte is a multiple of 64.
  init(sharing other: TensorBuffer, from byte: Int, storage: Storage, capacity: Int) {
    precondition(
      byte % 64 == 0
        && byte + capacity * storage.stride <= max(other.capacity * other.storage.stride, 64),
      "the shared memory is too small")
    self.storage = storage
    self.capacity = capacity
    base = other.base + byte
    owner = other
  }

  /// A buffer that can be moved over another one's memory, by ``move(to:byte:)``.
  init(window other: TensorBuffer, capacity: Int) {
    storage = other.storage
    self.capacity = capacity
    base = other.base
    owner = other
  }

  var isWindow: Bool { owner != nil }

  /// Uses memory of another buffer from a byte on.
  ///
  /// - Precondition: this is a window, and what is touched through it lies in the other buffer.
  func move(to other: TensorBuffer, byte: Int) {
    precondition(isWindow && byte >= 0, "a window")
    base = other.base + byte
    owner = other
  }

  deinit { if owner == nil { base.deallocate() } }

  /// The start of the elements, for the row kernels.
  ///
  /// - Precondition: `Element`'s stride divides the memory's; reads stay within the capacity.
  func rows<Element: BitwiseCopyable>(as: Element.Type) -> UnsafeMutablePointer<Element> {
    base.assumingMemoryBound(to: Element.self)
  }

  /// The elements, mutable, as values of the storage's Swift type.
  ///
  /// - Precondition: `Element` has the storage's stride.
  @inlinable
  public func elements<Element: BitwiseCopyable>(
    as: Element.Type = Element.self
  ) -> UnsafeMutableBufferPointer<Element> {
    precondition(MemoryLayout<Element>.stride == storage.stride, "storage of another width")
    return UnsafeMutableBufferPointer(
      start: memory.assumingMemoryBound(to: Element.self), count: capacity)
  }

  @usableFromInline var memory: UnsafeMutableRawPointer { base }

  /// Copies another buffer's codes.
  ///
  /// - Precondition: both have one storage, and this one is not smaller.
  func copy(from other: TensorBuffer) {
    precondition(other.storage == storage && other.capacity <= capacity, "buffers of one kind")
    base.copyMemory(from: other.base, byteCount: other.capacity * storage.stride)
  }

  /// Stores `codes` from the first element on.
  ///
  /// - Precondition: they are of this buffer's storage and fit.
  public func fill(with codes: Codes) {
    precondition(codes.count <= capacity, "more codes than the buffer holds")
    func store<Element: BitwiseCopyable>(_ source: [Element]) {
      _ = elements(as: Element.self).update(fromContentsOf: source)
    }
    switch codes {
    case .int8(let codes): store(codes)
    case .uint8(let codes): store(codes)
    case .int16(let codes): store(codes)
    case .uint16(let codes): store(codes)
    case .int32(let codes): store(codes)
    case .int64(let codes): store(codes)
    case .float32(let codes): store(codes)
    case .float64(let codes): store(codes)
    case .wide(let codes): store(codes)
    }
  }

  /// The integer code at `position`, sign-extended.
  ///
  /// - Precondition: an integer storage other than wide.
  public func integer(at position: Int) -> Int64 {
    switch storage {
    case .int8: return Int64(elements(as: Int8.self)[position])
    case .uint8: return Int64(elements(as: UInt8.self)[position])
    case .int16: return Int64(elements(as: Int16.self)[position])
    case .uint16: return Int64(elements(as: UInt16.self)[position])
    case .int32: return Int64(elements(as: Int32.self)[position])
    case .int64: return elements(as: Int64.self)[position]
    case .wide, .float32, .float64: preconditionFailure("\(storage) holds no 64-bit integers")
    }
  }
}
