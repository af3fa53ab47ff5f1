import TargetFiles

/// The device descriptions that ship with the program, and a reader for users' own.
public enum TargetLibrary {
  /// Ids of the microcontrollers, sorted.
  public static let ids: [String] = TargetFiles.mcu.keys.sorted()

  /// The file of a shipped description, as it stands; nil if no target has the id.
  public static func file(id: String) -> [UInt8]? { TargetFiles.mcu[id] }

  /// The shipped target that `name` means, an id or an alias; nil if there is none.
  ///
  /// - Throws: ``TargetProblems`` if a shipped file is broken, which a test rules out.
  public static func description(named name: String) throws(TargetProblems) -> TargetDescription? {
    if let bytes = TargetFiles.mcu[name] { return try read(bytes, bases: [name]) }
    guard let id = aliases[name], let bytes = TargetFiles.mcu[id] else { return nil }
    return try read(bytes, bases: [id])
  }

  /// Every shipped description, by id.
  public static func all() throws(TargetProblems) -> [TargetDescription] {
    var list: [TargetDescription] = []
    for id in ids {
      if let bytes = TargetFiles.mcu[id] { list.append(try read(bytes, bases: [id])) }
    }
    return list
  }

  /// Reads a user's file; `base` may name any shipped target.
  ///
  /// - Throws: ``TargetProblems`` with everything that is wrong.
  public static func read(_ bytes: [UInt8]) throws(TargetProblems) -> TargetDescription {
    try read(bytes, bases: [])
  }

  /// Names that mean a shipped target: ids and aliases, sorted.
  public static let names: [String] = (ids + aliases.keys).sorted()

  private static let aliases: [String: String] = {
    var aliases: [String: String] = [:]
    for id in ids {
      guard let bytes = TargetFiles.mcu[id], let parsed = try? TargetJSON.parse(bytes),
        case .object(let members) = parsed, case .list(let names)? = members["aliases"]
      else { continue }
      for case .text(let name) in names where aliases[name] == nil { aliases[name] = id }
    }
    return aliases
  }()

  private static func read(
    _ bytes: [UInt8], bases: [String]
  ) throws(TargetProblems) -> TargetDescription {
    func base(_ id: String) throws(TargetProblems) -> TargetDescription? {
      guard !bases.contains(id) else {
        throw TargetProblems(problems: [.baseCycle(bases + [id])])
      }
      guard let bytes = TargetFiles.mcu[id] else { return nil }
      return try read(bytes, bases: bases + [id])
    }
    return try TargetDescription(json: bytes, base: base, known: ids)
  }
}
