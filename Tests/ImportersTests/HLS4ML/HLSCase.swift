import FoundationEssentials
import TestSupport

/// A shared C-simulation case: its folder and what case.json says of its layers.
struct HLSCase: Sendable, CustomStringConvertible {
  struct Description: Decodable, Sendable {
    struct Layer: Decodable, Sendable {
      let `class`: String
      let result: String
      let shape: [Int]
      let inputs: [String]
      let weight_t: String?
      let bias_t: String?
      let accum_t: String?
      let table_t: String?
      let strategy: String?
      let reuse_factor: Int?
      let table_size: Int?
    }

    let name: String
    let backend: String
    let io_type: String
    let inputs: [[Int]]
    let outputs: [[Int]]
    let traced_layers: [String]
    let layers: [String: Layer]
  }

  let name: String
  let path: String
  let content: Description

  var description: String { name }
  var project: String { path + "/project" }
  /// The archive, if the case has one.
  var archive: String? {
    let path = path + "/model.fml"
    return FileManager.default.fileExists(atPath: path) ? path : nil
  }

  /// Every shared case, by name; empty without the shared data.
  static let all: [HLSCase] = {
    guard let root = SharedData.path("conformance/hls/cases"),
      let names = try? FileManager.default.contentsOfDirectory(atPath: root)
    else { return [] }
    return names.sorted().compactMap { name in
      let path = root + "/" + name
      guard let data = FileManager.default.contents(atPath: path + "/case.json"),
        let content = try? JSONDecoder().decode(Description.self, from: data)
      else { return nil }
      return HLSCase(name: name, path: path, content: content)
    }
  }()
}
