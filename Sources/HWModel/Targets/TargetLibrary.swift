import Documents

/// Device descriptions of several families: those that ship with them, and a reader for users' own.
public struct TargetLibrary: Sendable {
  /// A family's schema and the files that ship with it.
  public struct Shelf: Sendable {
    public let schema: TargetSchema
    /// The text of each description by id.
    public let files: [String: [UInt8]]

    public init(schema: TargetSchema, files: [String: [UInt8]]) {
      self.schema = schema
      self.files = files
    }
  }

  public let shelves: [Shelf]
  /// Ids of the shipped targets, families in order, sorted in each.
  public let ids: [String]
  private let files: [String: [UInt8]]
  /// Id by alias.
  private let aliases: [String: String]

  public init(_ shelves: [Shelf]) {
    self.shelves = shelves
    ids = shelves.flatMap { $0.files.keys.sorted() }
    files = shelves.reduce(into: [:]) { all, shelf in
      all.merge(shelf.files) { first, _ in first }
    }
    var aliases: [String: String] = [:]
    for id in ids {
      guard let bytes = files[id] else { continue }
      for name in Self.aliases(in: bytes) where aliases[name] == nil { aliases[name] = id }
    }
    self.aliases = aliases
  }

  /// Names that mean a shipped target: ids and aliases, sorted.
  public var names: [String] { (ids + aliases.keys).sorted() }

  /// The file of a shipped description, as it stands; nil if no target has the id.
  public func file(id: String) -> [UInt8]? { files[id] }

  /// The shipped target that `name` means, an id or an alias; nil if there is none.
  ///
  /// - Throws: ``TargetProblems`` if a shipped file is broken, which a test rules out.
  public func description(named name: String) throws(TargetProblems) -> TargetDescription? {
    let id = files[name] == nil ? aliases[name] : name
    guard let id, let bytes = files[id] else { return nil }
    return try read(bytes, bases: [id])
  }

  /// Every shipped description, in the order of ``ids``.
  public func all() throws(TargetProblems) -> [TargetDescription] {
    var list: [TargetDescription] = []
    for id in ids {
      if let bytes = files[id] { list.append(try read(bytes, bases: [id])) }
    }
    return list
  }

  /// Reads a user's file; `base` may name any shipped target of its family.
  ///
  /// - Throws: ``TargetProblems`` with everything that is wrong.
  public func read(_ bytes: [UInt8]) throws(TargetProblems) -> TargetDescription {
    try read(bytes, bases: [])
  }

  private func read(
    _ bytes: [UInt8], bases: [String]
  ) throws(TargetProblems) -> TargetDescription {
    func base(_ id: String) throws(TargetProblems) -> TargetDescription? {
      guard !bases.contains(id) else {
        throw TargetProblems(problems: [.baseCycle(bases + [id])])
      }
      guard let bytes = files[id] else { return nil }
      return try read(bytes, bases: bases + [id])
    }
    return try TargetDescription(
      json: bytes, schemas: shelves.map(\.schema), base: base, known: ids)
  }

  /// The names that a file lists; none of a file that is no description, which reading it says.
  private static func aliases(in bytes: [UInt8]) -> [String] {
    guard let document = try? JSON(parsing: bytes) else { return [] }
    return document["aliases"]?.elements?.compactMap(\.text) ?? []
  }
}
