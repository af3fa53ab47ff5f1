import CZlib

/// Decompresses raw deflate data (RFC 1951) or gzip members (RFC 1952) from a stream.
final class Inflater {
  enum Wrapping {
    /// Deflate data alone, as in ZIP members.
    case raw
    /// One gzip member or several, each with its CRC and length; zero bytes may pad the end.
    case gzip
  }

  /// Deflate makes at most 1032 bytes of one (zlib, "Maximum Compression Factor").
  static let maximumRatio = 1032

  let place: ImportError.Place
  private let input: ByteStream
  private let wrapping: Wrapping
  // zlib keeps the address of its stream: it must not move.
  private let state: UnsafeMutablePointer<z_stream>
  private let buffer: UnsafeMutableRawBufferPointer
  private var inputEnded = false
  private var isFinished = false

  init(_ input: ByteStream, wrapping: Wrapping) throws(ImportError) {
    self.input = input
    self.wrapping = wrapping
    place = input.place
    buffer = .allocate(byteCount: 1 << 16, alignment: 16)
    state = .allocate(capacity: 1)
    state.initialize(to: z_stream())
    // Window bits: negative for raw data, plus 16 for gzip (zlib.h, inflateInit2).
    let windowBits: Int32 = wrapping == .raw ? -15 : 15 + 16
    let code = inflateInit2_(
      state, windowBits, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
    guard code == Z_OK else {
      throw .damaged(place, .deflate(container, reason: "zlib cannot start (code \(code))"))
    }
  }

  deinit {
    inflateEnd(state)
    state.deallocate()
    buffer.deallocate()
  }

  /// An upper bound of the bytes still to come.
  var outputBound: Int? {
    guard let left = input.remainingBound else { return nil }
    let compressed = left &+ Int(state.pointee.avail_in) &+ 64
    let (bound, overflow) = compressed.multipliedReportingOverflow(by: Self.maximumRatio)
    return overflow ? nil : bound
  }

  private var container: ImportError.Container { wrapping == .raw ? .zip : .gzip }

  /// Offset of the next compressed byte in the input.
  private var inputOffset: Int { input.offset - Int(state.pointee.avail_in) }

  /// Delivers up to `output.count` bytes; 0 only at the end.
  func read(into output: UnsafeMutableRawBufferPointer) throws(ImportError) -> Int {
    guard !output.isEmpty else { return 0 }
    let wanted = UInt32(clamping: output.count)
    while !isFinished {
      try refill()
      state.pointee.next_out = output.baseAddress?.assumingMemoryBound(to: UInt8.self)
      state.pointee.avail_out = wanted
      let code = inflate(state, Z_NO_FLUSH)
      let produced = Int(wanted - state.pointee.avail_out)
      switch code {
      case Z_OK, Z_BUF_ERROR:
        if produced > 0 { return produced }
        guard state.pointee.avail_in > 0 || !inputEnded else {
          throw .damaged(
            place.at(.byte(inputOffset)),
            .truncated(container, part: "compressed data", neededBytes: 1, availableBytes: 0))
        }
      case Z_STREAM_END:
        try endMember()
        if produced > 0 { return produced }
      default:
        let reason = state.pointee.msg.map { String(cString: $0) } ?? "zlib code \(code)"
        throw .damaged(place.at(.byte(inputOffset)), .deflate(container, reason: reason))
      }
    }
    return 0
  }

  /// Checks that the data end here, with no output and no input left.
  func expectEnd() throws(ImportError) {
    var byte: UInt8 = 0
    let extra = try withUnsafeMutableBytes(of: &byte) { (output) throws(ImportError) in
      try read(into: output)
    }
    try refill()
    guard extra == 0, state.pointee.avail_in == 0 else {
      throw .damaged(place.at(.byte(inputOffset)), .trailing(container, bytes: nil))
    }
  }

  private func refill() throws(ImportError) {
    guard state.pointee.avail_in == 0, !inputEnded else { return }
    let count = try input.read(into: buffer)
    inputEnded = count == 0
    state.pointee.next_in = buffer.baseAddress?.assumingMemoryBound(to: UInt8.self)
    state.pointee.avail_in = UInt32(count)
  }

  /// Goes on to the next gzip member, if there is one.
  private func endMember() throws(ImportError) {
    guard wrapping == .gzip else {
      isFinished = true
      return
    }
    try refill()
    guard state.pointee.avail_in > 0, let next = state.pointee.next_in else {
      isFinished = true
      return
    }
    if next.pointee == 0x1F {
      guard inflateReset(state) == Z_OK else {
        throw .damaged(
          place.at(.byte(inputOffset)), .deflate(container, reason: "zlib cannot start again"))
      }
      return
    }
    // gzip(1) accepts zero bytes after the last member, as tapes and block devices leave them.
    while true {
      try refill()
      guard state.pointee.avail_in > 0, let next = state.pointee.next_in else { break }
      guard next.pointee == 0 else {
        throw .damaged(place.at(.byte(inputOffset)), .trailing(container, bytes: nil))
      }
      state.pointee.next_in = next + 1
      state.pointee.avail_in -= 1
    }
    isFinished = true
  }
}

extension ByteStream {
  /// The content of these gzip data.
  public func gunzipped() throws(ImportError) -> ByteStream {
    ByteStream(try Inflater(self, wrapping: .gzip))
  }
}
