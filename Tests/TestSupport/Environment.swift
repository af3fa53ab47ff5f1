import FoundationEssentials

/// Whether the long versions of tests are asked for: `HWSIM_SWEEP=1`.
public let sweep = ProcessInfo.processInfo.environment["HWSIM_SWEEP"] == "1"

/// The folder of shared reference data beside the package.
public enum SharedData {
  /// The package's own folder.
  public static let packageRoot: String = {
    // This file is <root>/Tests/TestSupport/Environment.swift.
    #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3)
      .joined(separator: "/")
  }()

  /// `<root>/../shared`, or nil if there is none: conformance tests are skipped then.
  public static let root: String? = {
    let parent = packageRoot.split(separator: "/", omittingEmptySubsequences: false).dropLast()
      .joined(separator: "/")
    let path = parent + "/shared"
    return FileManager.default.fileExists(atPath: path + "/conformance") ? path : nil
  }()

  /// The path of `relative` under ``root``, or nil if there is no shared data.
  public static func path(_ relative: String) -> String? { root.map { $0 + "/" + relative } }
}

/// A folder for one test's files, removed with the value that owns it.
public final class TemporaryFolder: Sendable {
  public let path: String

  public init() throws {
    let name = "hwsim-test-\(UInt64.random(in: 0 ... .max))"
    path = FileManager.default.temporaryDirectory.appending(path: name).path
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// The path of the file `name` in the folder.
  public func file(_ name: String) -> String { path + "/" + name }

  /// Writes `bytes` to the file `name` and returns its path.
  public func write(_ bytes: [UInt8], to name: String) throws -> String {
    try Data(bytes).write(to: URL(filePath: file(name)))
    return file(name)
  }
}
