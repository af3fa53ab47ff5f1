internal import CTargetFiles

/// The device descriptions that are compiled into the program: `Targets/<family>/<id>.json`.
public enum TargetFiles {
  /// The text of each description, by family and target id.
  private static let all: [String: [String: [UInt8]]] = {
    var all: [String: [String: [UInt8]]] = [:]
    for index in 0..<hwsim_target_file_count {
      let file = hwsim_target_file_at(index)
      all[String(cString: file.family), default: [:]][String(cString: file.id)] = [UInt8](
        UnsafeBufferPointer(start: file.bytes, count: file.count))
    }
    return all
  }()

  /// The text of each description of a family, by target id; empty for a family without any.
  public static func of(family: String) -> [String: [UInt8]] { all[family] ?? [:] }
}
