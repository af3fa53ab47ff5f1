import FoundationEssentials

/// Reads hls4ml models: a project folder, or a `.fml` archive.
public enum HLS4ML {
  /// Whether `path` is a folder with a `firmware` folder in it.
  public static func isProject(_ path: String) -> Bool {
    var isFolder = false
    let exists = FileManager.default.fileExists(
      atPath: path + "/firmware", isDirectory: &isFolder)
    return exists && isFolder
  }

  /// The model at `path`: a project folder, else an archive.
  ///
  /// - Throws: ``HLS4MLError`` with every problem of the model, in the order found.
  public static func importModel(_ path: String) throws(HLS4MLError) -> HLS4MLModel {
    guard isProject(path) else {
      throw HLS4MLError(
        [HLS4MLProblem(.notAModel(missing: "firmware/"), at: .init(file: path))], path: path)
    }
    do throws(HLS4MLProblems) {
      return try HLS4MLProject(path: path).model()
    } catch {
      throw HLS4MLError(error.problems, path: path)
    }
  }
}
