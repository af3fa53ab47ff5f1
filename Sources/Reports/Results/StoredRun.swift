import Documents
package import QuantGraph

/// What `hwsim run` stored, read back from its document.
package struct StoredRun: Sendable {
  package struct Stored: Sendable {
    package let name: String
    package let shape: String
    package let format: String?
    package let minimum: Double?
    package let maximum: Double?
  }

  /// Counts of one tensor, in the document's order; what is no number is left out.
  package struct Statistics: Sendable {
    package let name: String
    package let node: String?
    package let counts: [(name: String, value: Double)]
  }

  package let samples: Int?
  package let output: String?
  package let outputs: [Stored]
  package let traced: [Stored]
  package let statistics: [Statistics]

  /// - Throws: `report.result` where the document is not what `hwsim.run/1` says.
  package init(_ result: ResultField) throws(Failure) {
    samples = try result.integer("samples")
    output = try result.text("output")
    outputs = try Self.arrays(result.required("outputs"))
    if let field = try result.optional("traced") {
      traced = try Self.arrays(field)
    } else {
      traced = []
    }
    var statistics: [Statistics] = []
    for field in try result.elements("tensors") {
      let name = try field.required("name").text()
      var counts: [(name: String, value: Double)] = []
      for (key, member) in try field.members() where key != "name" && key != "node" {
        switch member.value {
        case .integer, .number:
          counts.append((key, try member.number()))
        default: break
        }
      }
      statistics.append(Statistics(name: name, node: try field.text("node"), counts: counts))
    }
    self.statistics = statistics
  }

  private static func arrays(_ list: ResultField) throws(Failure) -> [Stored] {
    var found: [Stored] = []
    for field in try list.elements() {
      let name = try field.required("name").text()
      let shape = try field.optional("shape")?.value.compact ?? ""
      let format = try field.text("format")
      let minimum = try field.number("min")
      found.append(
        Stored(
          name: name, shape: shape, format: format, minimum: minimum,
          maximum: try field.number("max")))
    }
    return found
  }
}
