import FoundationEssentials

/// Reads hls4ml models: a project folder, its `.tar.gz`, or a `.fml` archive.
public enum HLS4ML {
  /// Whether `path` is a folder with a `firmware` folder in it.
  public static func isProject(_ path: String) -> Bool {
    var isFolder = false
    let exists = FileManager.default.fileExists(
      atPath: path + "/firmware", isDirectory: &isFolder)
    return exists && isFolder
  }

  /// Whether `path` is a gzip file with hls4ml's `model_arch.json` in it, whatever its name.
  ///
  /// Reads the archive; a file that cannot be read is no archive.
  public static func isArchive(_ path: String) -> Bool {
    guard (try? HLS4MLArchive.isCandidate(path: path)) == true,
      let files = try? TarArchive.read(path)
    else { return false }
    return files[HLS4MLArchive.architectureName] != nil
  }

  /// The model at `path`: a project folder, else an archive of either kind.
  ///
  /// Where a folder holds a project and archives, the project is read, and
  /// ``HLS4MLProjectInfo/archives`` lists the others.
  ///
  /// - Parameters:
  ///   - path: the folder or file.
  ///   - version: the version whose rules count; nil to find it from the files.
  /// - Returns: the graph, and what it does not hold.
  /// - Throws: ``HLS4MLError`` with every problem of the model, in the order found.
  public static func importModel(
    _ path: String, version: HLS4MLVersion? = nil
  ) throws(HLS4MLError) -> HLS4MLModel {
    do throws(HLS4MLProblems) {
      if isProject(path) {
        return try HLS4MLProject(
          path: path, files: HLSFiles(folder: path), namedVersion: version
        ).model()
      }
      return try HLS4MLArchive.model(path: path, namedVersion: version)
    } catch {
      throw HLS4MLError(error.problems, path: path)
    }
  }
}
