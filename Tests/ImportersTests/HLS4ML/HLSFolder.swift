import FoundationEssentials

/// The files of a project folder in memory.
struct HLSFolder {
  var files: [String: [UInt8]]

  init(files: [String: [UInt8]]) { self.files = files }

  /// Every regular file below `path`, by its relative path.
  init(path: String) throws {
    files = [:]
    for name in try FileManager.default.subpathsOfDirectory(atPath: path) {
      var isFolder = false
      _ = FileManager.default.fileExists(atPath: path + "/" + name, isDirectory: &isFolder)
      if !isFolder, let data = FileManager.default.contents(atPath: path + "/" + name) {
        files[name] = Array(data)
      }
    }
  }

  /// Writes all files below `path`.
  func write(to path: String) throws {
    for (name, bytes) in files {
      let file = path + "/" + name
      let folder = file.split(separator: "/", omittingEmptySubsequences: false).dropLast()
        .joined(separator: "/")
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      try Data(bytes).write(to: URL(filePath: file))
    }
  }
}
