/// An array file as a user names it: `.npy`, `.npz` or a text log, each also through gzip.
///
/// The kind is recognised by content. Standard input (`-`) and pipes are read once, in blocks
/// where the kind allows it. Not for use from several threads.
public final class ArrayInput {
  public enum Kind: Sendable, Hashable {
    /// One array without a name.
    case npy
    /// Any number of arrays with names.
    case npz
    /// One array of samples x values without a name, of numbers with limited digits.
    case text
  }

  public let path: String
  public let kind: Kind
  public let isCompressed: Bool
  /// Lines that make a sample of a text log.
  public let linesPerSample: Int

  private let archive: NPZ?
  /// The stream that recognised the kind; later ones are opened again.
  private var first: ByteStream?
  private let isPipe: Bool

  /// Opens `path` and recognises what it is.
  ///
  /// - Parameters:
  ///   - path: a file, a pipe, or `-` for standard input.
  ///   - linesPerSample: for text logs: the number of outputs of an HLS test bench, which prints
  ///     each on a line of its own.
  /// - Throws: ``ImportError``, 66 if there is no such file, 65 if it is none of the kinds.
  public init(path: String, linesPerSample: Int = 1) throws(ImportError) {
    self.path = path
    self.linesPerSample = linesPerSample
    let file = try InputFile(path: path)
    isPipe = file.byteCount == nil
    var stream = ByteStream(file)
    var found = ContentKind(prefix: try stream.peek(ContentKind.prefixBytes))
    isCompressed = found == .gzip
    if isCompressed {
      stream = try stream.gunzipped()
      found = ContentKind(prefix: try stream.peek(ContentKind.prefixBytes))
    }
    switch found {
    case .npy: kind = .npy
    case .zip: kind = .npz
    case .text: kind = .text
    case .empty: throw .damaged(stream.place, .empty)
    case .gzip, .tar, .unknown:
      throw .damaged(
        stream.place.at(.byte(0)),
        .unrecognized(
          firstBytes: try stream.peek(6), expected: "an array (.npy, .npz, .gz or numbers as text)")
      )
    }
    if kind == .npz {
      if isPipe || isCompressed {
        archive = try NPZ(.memory(try stream.readAll(), path: path))
      } else {
        archive = try NPZ(.file(file, byteCount: file.byteCount ?? 0))
      }
    } else {
      archive = nil
      first = stream
    }
  }

  /// Names of the arrays; nil if there is one without a name.
  public var names: [String]? { archive?.names }

  /// The array called `name`, or the only one if `name` is nil, in blocks of rows.
  ///
  /// - Throws: ``ImportError``, also if there is no such name, if `name` is nil and there are
  ///   several, or if a pipe was read before.
  public func rows(_ name: String? = nil) throws(ImportError) -> ArrayRows {
    if let archive {
      guard let name = name ?? (archive.names.count == 1 ? archive.names.first : nil) else {
        throw .damaged(
          ImportError.Place(path: path), .npzMember(name: "", available: archive.names))
      }
      return .npy(try archive.stream(name))
    }
    if let name {
      throw .damaged(ImportError.Place(path: path), .npzMember(name: name, available: []))
    }
    let stream = try nextStream()
    return kind == .npy
      ? .npy(try NPYStream(stream))
      : .text(try TextLogStream(stream, linesPerSample: linesPerSample))
  }

  /// The whole array called `name`, or the only one if `name` is nil; text as `float64`.
  public func read(_ name: String? = nil) throws(ImportError) -> NDArray {
    switch try rows(name) {
    case .npy(let stream): return try stream.readAll()
    case .text(let stream): return try stream.readAll().array
    }
  }

  private func nextStream() throws(ImportError) -> ByteStream {
    if let stream = first {
      first = nil
      return stream
    }
    guard !isPipe else {
      throw .unreadable(path: path, reason: "a pipe can be read only once")
    }
    let stream = ByteStream(try InputFile(path: path))
    return isCompressed ? try stream.gunzipped() : stream
  }
}

/// Rows of an array, from NPY data or from a text log.
public enum ArrayRows {
  case npy(NPYStream)
  case text(TextLogStream)

  /// Shape of one row: the array's without its first axis.
  public var rowShape: [Int] {
    switch self {
    case .npy(let stream): Array(stream.header.shape.dropFirst())
    case .text(let stream): [stream.rowElements]
    }
  }

  public var rowElements: Int {
    switch self {
    case .npy(let stream): stream.rowElements
    case .text(let stream): stream.rowElements
    }
  }

  /// Rows in all; nil for text, which does not tell.
  public var rowCount: Int? {
    switch self {
    case .npy(let stream): stream.rowCount
    case .text: nil
    }
  }

  /// The type of the elements; numbers in text are taken as `float64`.
  public var elementType: NDArray.ElementType {
    switch self {
    case .npy(let stream): stream.header.elementType
    case .text: .float64
    }
  }

  /// The next rows as `Double`, as many as fit in `values`; 0 after the last.
  ///
  /// - Precondition: `values` has room for one row.
  public func read(into values: inout MutableSpan<Double>) throws(ImportError) -> Int {
    switch self {
    case .npy(let stream): try stream.read(into: &values)
    case .text(let stream): try stream.read(into: &values)
    }
  }

  /// The next rows, at most `limit`, in the type of the file; nil after the last.
  ///
  /// - Precondition: `limit` is positive.
  public func next(atMost limit: Int) throws(ImportError) -> NDArray? {
    switch self {
    case .npy(let stream): try stream.next(atMost: limit)
    case .text(let stream): try stream.next(atMost: limit)?.array
    }
  }
}
