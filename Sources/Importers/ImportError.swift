public import QuantGraph

/// Why a file could not be read or written.
public enum ImportError: Error, Sendable, Hashable {
  /// The file is missing, is a folder, or the system refuses to read it.
  case unreadable(path: String, reason: String)
  /// The file cannot be created, written or renamed into place.
  case notWritten(path: String, reason: String)
  /// The content is broken, or asks for something that is not supported.
  case damaged(Place, Defect)

  /// Where in the input something is wrong.
  public struct Place: Sendable, Hashable {
    /// The path as the user typed it.
    public let path: String
    /// Name of the archive member, if the file is an archive.
    public let member: String?
    public let position: Position

    public init(path: String, member: String? = nil, position: Position = .whole) {
      self.path = path
      self.member = member
      self.position = position
    }

    /// The same file and member at another position.
    public func at(_ position: Position) -> Place {
      Place(path: path, member: member, position: position)
    }
  }

  /// A position in the decoded content of a file or member.
  public enum Position: Sendable, Hashable {
    case whole
    /// Offset in bytes from the start.
    case byte(Int)
    /// Both count from 1; the column counts bytes.
    case line(Int, column: Int)
  }

  /// Kinds of file whose structure a ``Defect`` is about.
  public enum Container: String, Sendable, Hashable, CaseIterable {
    case file, npy, zip, gzip, tar, text
  }

  /// What is wrong with the content.
  public enum Defect: Sendable, Hashable {
    /// `part` needs more bytes than the file has left.
    case truncated(Container, part: String, neededBytes: Int, availableBytes: Int)
    /// The content is larger than the reader's limit.
    case limit(Container, limitBytes: Int)
    /// Bytes follow where the content should end.
    case trailing(Container, bytes: Int?)
    case npyVersion(major: UInt8, minor: UInt8)
    case npyHeader(reason: String)
    /// The data type is not one of numbers of up to 64 bits.
    case npyType(description: String)
    /// The shape's element count or size in bytes overflows, or has too many axes.
    case npyShape([Int])
    /// A byte of a boolean array that is neither 0 nor 1.
    case npyBool(UInt8)
    /// A value that the requested type cannot hold exactly.
    case npyValue(String, requested: String)
    case npzMember(name: String, available: [String])
    case npzDuplicate(name: String)
    case zipHeader(reason: String)
    case zipUnsupported(reason: String)
    case zipCRC(declared: UInt32, computed: UInt32)
    /// More than deflate can make of the compressed bytes (1032:1; zlib, "Maximum Compression
    /// Factor").
    case zipRatio(declaredBytes: Int, compressedBytes: Int)
    case zipOverlap(other: String)
    case deflate(Container, reason: String)
    case tarHeader(reason: String)
    case tarUnsupported(name: String, kind: String)
    case tarDuplicate(name: String)
    case textNumber(token: String)
    case textByte(UInt8)
    case textRagged(expected: Int, found: Int)
    case textIncompleteSample(linesExpected: Int, linesFound: Int)
    case textLong(part: String, limit: Int)
    /// The file has no bytes, or no values.
    case empty
    /// The first bytes are those of no supported kind.
    case unrecognized(firstBytes: [UInt8], expected: String)
  }

  /// Which exit code of `sysexits.h` the failure belongs to.
  public enum Failure: Int32, Sendable, Hashable {
    /// EX_DATAERR.
    case data = 65
    /// EX_NOINPUT.
    case noInput = 66
    /// EX_CANTCREAT.
    case cannotCreate = 73
  }

  /// Whether the data are wrong, the input is missing, or the output cannot be created.
  public var failure: Failure {
    switch self {
    case .unreadable: .noInput
    case .notWritten: .cannotCreate
    case .damaged: .data
    }
  }

  /// The exit code that the command line ends with: 65, 66 or 73.
  public var exitCode: Int32 { failure.rawValue }
}

extension ImportError.Place: CustomStringConvertible {
  /// `file: member 'm': byte 12`.
  public var description: String {
    var parts = [path]
    if let member { parts.append("member '\(member)'") }
    switch position {
    case .whole: break
    case .byte(let offset): parts.append("byte \(offset)")
    case .line(let line, let column): parts.append("line \(line), column \(column)")
    }
    return parts.joined(separator: ": ")
  }
}

extension Failure {
  /// A file that could not be read or written, in words.
  public init(_ error: ImportError) { self.init(Diagnostic(error)) }
}

extension Diagnostic {
  /// The message for a file that could not be read or written.
  public init(_ error: ImportError) {
    switch error {
    case .unreadable(let path, let reason):
      self.init(
        code: "file.unreadable", message: "cannot read '\(path)': \(reason)", location: path,
        remedy: "Check the path and its permissions.")
    case .notWritten(let path, let reason):
      self.init(
        code: "file.not-written", message: "cannot write '\(path)': \(reason)", location: path,
        remedy: "Choose a path in a folder that exists and can be written.")
    case .damaged(let place, let defect):
      self.init(
        code: defect.code, message: defect.message, location: place.description,
        notes: defect.notes, remedy: defect.remedy)
    }
  }
}

extension ImportError.Defect {
  /// Stable identifier of the defect, such as `npy.header`.
  public var code: String {
    switch self {
    case .truncated(let container, _, _, _): "\(container.rawValue).truncated"
    case .limit(let container, _): "\(container.rawValue).limit"
    case .trailing(let container, _): "\(container.rawValue).trailing"
    case .npyVersion: "npy.version"
    case .npyHeader: "npy.header"
    case .npyType: "npy.type"
    case .npyShape: "npy.shape-overflow"
    case .npyBool: "npy.bool"
    case .npyValue: "npy.value"
    case .npzMember: "npz.member"
    case .npzDuplicate: "npz.duplicate"
    case .zipHeader: "zip.header"
    case .zipUnsupported: "zip.unsupported"
    case .zipCRC: "zip.crc"
    case .zipRatio: "zip.ratio"
    case .zipOverlap: "zip.overlap"
    case .deflate(let container, _): "\(container.rawValue).damaged"
    case .tarHeader: "tar.header"
    case .tarUnsupported: "tar.unsupported"
    case .tarDuplicate: "tar.duplicate"
    case .textNumber: "text.number"
    case .textByte: "text.byte"
    case .textRagged: "text.ragged"
    case .textIncompleteSample: "text.incomplete-sample"
    case .textLong: "text.too-long"
    case .empty: "array.empty"
    case .unrecognized: "array.unrecognized"
    }
  }

  /// What is wrong, with the offending value, in one line.
  public var message: String {
    switch self {
    case .truncated(_, let part, let needed, let available):
      "\(part) needs \(needed) bytes, \(available) are left"
    case .limit(_, let limit): "the content is larger than the limit of \(limit) bytes"
    case .trailing(_, let bytes):
      (bytes.map { "\($0) bytes follow" } ?? "bytes follow") + " where the content should end"
    case .npyVersion(let major, let minor): "NPY version \(major).\(minor) is unknown"
    case .npyHeader(let reason): "NPY header: \(reason)"
    case .npyType(let description): "data type \(description) is not supported"
    case .npyShape(let shape): "shape \(shape) is beyond what can be addressed"
    case .npyBool(let byte): "byte \(byte) is no boolean"
    case .npyValue(let value, let requested):
      "value \(value) is not exactly representable as \(requested)"
    case .npzMember(let name, _): "there is no array named '\(name)'"
    case .npzDuplicate(let name): "two arrays are named '\(name)'"
    case .zipHeader(let reason): "ZIP structure: \(reason)"
    case .zipUnsupported(let reason): "ZIP: \(reason)"
    case .zipCRC(let declared, let computed):
      "checksum is \(hexadecimal(computed)), the archive declares \(hexadecimal(declared))"
    case .zipRatio(let declared, let compressed):
      "\(compressed) compressed bytes cannot hold the declared \(declared) bytes"
    case .zipOverlap(let other): "the member's bytes overlap those of '\(other)'"
    case .deflate(_, let reason): "compressed data: \(reason)"
    case .tarHeader(let reason): "tar header: \(reason)"
    case .tarUnsupported(let name, let kind): "tar entry '\(name)' is \(kind)"
    case .tarDuplicate(let name): "two tar entries are named '\(name)'"
    case .textNumber(let token):
      token.isEmpty ? "there is no number before the separator" : "'\(token)' is no decimal number"
    case .textByte(let byte): "byte \(hexadecimal(UInt32(byte))) has no place in a text log"
    case .textRagged(let expected, let found):
      "the line has \(found) values, expected \(expected)"
    case .textIncompleteSample(let expected, let found):
      "the last sample has \(found) of \(expected) lines"
    case .textLong(let part, let limit): "\(part) is longer than \(limit)"
    case .empty: "the file holds no values"
    case .unrecognized(let bytes, let expected):
      "the file starts with \(bytes.map { hexadecimal(UInt32($0)) }.joined(separator: " ")), "
        + "which is not \(expected)"
    }
  }

  /// Lines that give what was expected or available.
  var notes: [String] {
    switch self {
    case .npyType:
      ["supported: bool, int8 to int64, uint8 to uint64, float16, float32, float64"]
    case .npzMember(_, let available):
      available.isEmpty
        ? ["the archive is empty"] : ["arrays in the file: \(listed(available))"]
    default: []
    }
  }

  /// What the user can do.
  var remedy: String {
    switch self {
    case .truncated, .trailing, .zipCRC, .zipRatio, .zipOverlap, .zipHeader, .deflate, .npyHeader,
      .npyShape, .npyBool, .tarHeader, .npyVersion:
      "Write or copy the file again: it is incomplete or damaged."
    case .limit: "Store the data uncompressed, or in smaller files."
    case .npyType:
      "Convert with numpy's astype; give bfloat16, float8 and float4 as unsigned codes (view)."
    case .npyValue: "Store the array as integers, or as float64."
    case .npzMember: "Use one of the names in the file."
    case .npzDuplicate, .tarDuplicate: "Keep one of them."
    case .zipUnsupported: "Write the archive with numpy's savez or savez_compressed."
    case .tarUnsupported: "Pack regular files only."
    case .textNumber, .textByte, .textLong:
      "Give one sample a line: decimal numbers, separated by spaces or commas."
    case .textRagged, .textIncompleteSample: "Give every sample the same number of values."
    case .empty, .unrecognized: "Give a .npy, .npz, .gz or text file of numbers."
    }
  }

  private func listed(_ names: [String]) -> String {
    names.prefix(10).joined(separator: ", ")
      + (names.count > 10 ? ", ... (\(names.count) in all)" : "")
  }
}

/// `0x` and at least two hexadecimal digits.
private func hexadecimal(_ value: UInt32) -> String {
  let digits = String(value, radix: 16)
  return "0x" + (digits.count < 2 ? "0" : "") + digits
}
