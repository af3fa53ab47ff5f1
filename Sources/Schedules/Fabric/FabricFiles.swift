import Documents
import HWModel

/// Descriptions of parts and of flows, put together: each part under each flow is a target.
///
/// A file with `technology` is a part, one with the family's own key a flow, and what flows name as their
/// base is shared by them. A part's id and aliases alone mean the newest flow of hls4ml that was measured
/// on parts of its technology.
struct FabricFiles {
  private let schema: TargetSchema
  /// Whether a part's name alone is a target of the family.
  private let ownsParts: Bool
  private let parts: [JSON]
  /// Oldest first.
  private let flows: [JSON]
  private let shared: [String: JSON]

  /// - Parameters:
  ///   - schema: what descriptions of the family state; a part's other facts are left out.
  ///   - files: of parts and of flows.
  ///   - key: what a flow states that no part does.
  ///   - ownsParts: whether a part's name alone is a target of the family.
  init(
    _ schema: TargetSchema, files: [String: [UInt8]], flowKey key: String, ownsParts: Bool
  ) {
    self.schema = schema
    self.ownsParts = ownsParts
    let documents = files.sorted { $0.key < $1.key }.compactMap { try? JSON(parsing: $0.value) }
    parts = documents.filter { $0["technology"] != nil }
    flows = documents.filter { $0[key] != nil }.sorted {
      Self.version($0["id"]?.text ?? "") < Self.version($1["id"]?.text ?? "")
    }
    shared = Dictionary(
      documents.filter { $0["technology"] == nil && $0[key] == nil }.compactMap { document in
        document["id"]?.text.map { ($0, document) }
      }, uniquingKeysWith: { first, _ in first })
  }

  /// `vitis-2023.2` as 2023.2; tools of one version by name.
  private static func version(_ id: String) -> String {
    let parts = id.split(separator: "-", maxSplits: 1)
    return (parts.last.map(String.init) ?? "") + id
  }

  /// The text of each target by id.
  var targets: [String: [UInt8]] {
    var targets: [String: [UInt8]] = [:]
    for part in parts {
      guard let technology = part["technology"]?["value"]?.text else { continue }
      let newest = flows.last { Self.isMeasured($0, on: technology) } ?? flows.last
      for flow in flows {
        guard let document = combined(part, flow, isNewest: flow["id"] == newest?["id"]),
          let id = document["id"]?.text
        else { continue }
        targets[id] = Array(document.document.utf8)
      }
    }
    return targets
  }

  static func isMeasured(_ flow: JSON, on technology: String) -> Bool {
    flow["measured_on"]?["value"]?.elements?.contains { $0.text == technology } ?? false
  }

  private func combined(_ part: JSON, _ flow: JSON, isNewest: Bool) -> JSON? {
    guard let id = part["id"]?.text, let tool = flow["id"]?.text, let name = part["name"]?.text,
      let toolName = flow["name"]?.text
    else { return nil }
    let names = [id] + (part["aliases"]?.elements?.compactMap(\.text) ?? [])
    let tools = [tool] + (flow["aliases"]?.elements?.compactMap(\.text) ?? [])
    var aliases = Array(names.flatMap { name in tools.map { "\(name)+\($0)" } }.dropFirst())
    let base = flow["base"]?.text.flatMap { shared[$0] }
    var notes = [part, flow, base].compactMap { $0?["notes"]?.elements?.compactMap(\.text) }
      .flatMap(\.self)
    let technology = part["technology"]?["value"]?.text ?? ""
    if isNewest, ownsParts {
      aliases += names
      notes.append("'\(id)' alone means this flow, the newest with reports of such parts")
    }
    if !Self.isMeasured(flow, on: technology) {
      notes.append(
        "no report of this flow is of a part of \(technology): its constants are those of other parts"
      )
    }
    var members: [JSON.Member] = [
      .init(key: "schema", value: .string(TargetDescription.format)),
      .init(key: "id", value: .string("\(id)+\(tool)")),
      .init(key: "family", value: .string(schema.family)),
      .init(key: "name", value: .string("\(name), \(toolName)")),
      .init(key: "aliases", value: .strings(aliases)), .init(key: "notes", value: .strings(notes)),
    ]
    let plain: Set = ["schema", "id", "family", "name", "aliases", "notes", "base"]
    var stated = plain
    // What a part states for another family is passed over; its own checks it.
    let ofPart = part.members?.filter { ownsParts || schema.key($0.key) != nil } ?? []
    for member in ofPart + (flow.members ?? []) + (base?.members ?? [])
    where stated.insert(member.key).inserted {
      members.append(member)
    }
    return .object(members)
  }
}
