import FoundationEssentials

/// Files of the shared data.
enum SharedFiles {
  /// Every regular file under `folder`, sorted by path.
  static func all(under folder: String) -> [String] {
    let names = (try? FileManager.default.subpathsOfDirectory(atPath: folder)) ?? []
    return names.sorted().map { folder + "/" + $0 }
  }
}
