/// The arrays of an NPZ file: a ZIP archive with one NPY member an array.
///
/// Source: numpy, `numpy.savez`: member `NAME.npy` holds array `NAME`.
public struct NPZ: Sendable {
  private let archive: ZipArchive
  private let members: [String: ZipArchive.Member]

  /// Names of the arrays, without `.npy`, in the order of the archive's directory.
  public let names: [String]
  /// The path as the user typed it.
  public let path: String

  /// Opens the NPZ file at `path`; `-` is standard input.
  public static func open(_ path: String) throws(ImportError) -> NPZ {
    try NPZ(try ByteSource(path: path))
  }

  /// All arrays of the NPZ file at `path`, in its order.
  public static func read(_ path: String) throws(ImportError) -> NamedArrays {
    let archive = try open(path)
    var arrays: [(name: String, array: NDArray)] = []
    for name in archive.names { arrays.append((name, try archive.read(name))) }
    return NamedArrays(arrays)
  }

  /// The NPZ file whose bytes are `source`.
  ///
  /// - Throws: ``ImportError`` if the archive is damaged or two arrays have one name, `/` and `|`
  ///   being the same.
  public init(_ source: ByteSource) throws(ImportError) {
    archive = try ZipArchive(source)
    path = source.path
    var names: [String] = []
    var members: [String: ZipArchive.Member] = [:]
    for member in archive.members where !(member.name.hasSuffix("/") && member.byteCount == 0) {
      let name = ArrayName.withoutSuffix(member.name)
      guard members.updateValue(member, forKey: ArrayName.key(name)) == nil else {
        throw .damaged(
          ImportError.Place(path: source.path, member: member.name), .npzDuplicate(name: name))
      }
      names.append(name)
    }
    self.names = names
    self.members = members
  }

  /// Whether there is an array `name`, with or without `.npy`, `/` and `|` being the same.
  public func contains(_ name: String) -> Bool { members[ArrayName.key(name)] != nil }

  /// The array `name`, with or without `.npy`, `/` and `|` being the same.
  public func read(_ name: String) throws(ImportError) -> NDArray {
    try stream(name).readAll()
  }

  /// The array `name` in blocks of rows.
  public func stream(_ name: String) throws(ImportError) -> NPYStream {
    guard let member = members[ArrayName.key(name)] else {
      throw .damaged(
        ImportError.Place(path: path), .npzMember(name: name, available: names))
    }
    return try NPYStream(archive.stream(member))
  }
}

/// The names of arrays in archives.
public enum ArrayName {
  /// One spelling for names that are the same: no `.npy`, and `/` for `|`.
  ///
  /// numpy writes a member's name as it is; `|` stands for `/` where a name must not be a path.
  public static func key(_ name: String) -> String {
    String(withoutSuffix(name).map { $0 == "|" ? "/" : $0 })
  }

  static func withoutSuffix(_ name: String) -> String {
    name.hasSuffix(".npy") && name.utf8.count > 4 ? String(name.dropLast(4)) : name
  }
}

/// Arrays with their names, in the order of the file.
public struct NamedArrays: Sendable {
  public let names: [String]
  private let arrays: [String: NDArray]

  /// - Precondition: no two names have one ``ArrayName/key(_:)``.
  public init(_ arrays: [(name: String, array: NDArray)]) {
    names = arrays.map(\.name)
    self.arrays = Dictionary(
      uniqueKeysWithValues: arrays.map { (ArrayName.key($0.name), $0.array) })
  }

  /// The array `name`, with or without `.npy`, `/` and `|` being the same.
  public subscript(name: String) -> NDArray? { arrays[ArrayName.key(name)] }
}
