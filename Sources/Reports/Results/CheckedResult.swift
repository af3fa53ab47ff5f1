import Documents
package import QuantGraph

/// What `hwsim check` found, read back from its document.
package struct CheckedResult: Sendable {
  /// One compared output or layer.
  package struct Comparison: Sendable {
    package let name: String
    package let format: String?
    package let compared: Int
    package let equal: Int
    package let maxLSB: Double?

    /// Share of equal values; 1 of nothing.
    package var share: Double { compared > 0 ? Double(equal) / Double(compared) : 1 }
  }

  package struct Mismatch: Sendable {
    package let name: String
    package let place: String
    package let expected: Double?
    package let actual: Double?
    package let lsb: Double?
    package let firstNode: String?
  }

  package struct Cause: Sendable {
    package let kind: String
    package let object: String
    package let node: String?
    package let detail: String
    package let reproduces: Int?
  }

  package struct Divergence: Sendable {
    package let node: String
    package let index: String
    package let expected: Double?
    package let actual: Double?
    package let cause: Cause?
    package let candidates: [Cause]
  }

  package struct Overflow: Sendable {
    package let node: String
    package let object: String
    package let values: Int
    package let bitsNeeded: Int?
    package let bits: Int?
  }

  package let verdict: String
  package let samples: Int?
  package let compared: Int
  package let equal: Int
  package let maxLSB: Double?
  package let meanLSB: Double?
  package let printedDigits: Int?
  package let outputs: [Comparison]
  package let layers: [Comparison]
  package let divergence: Divergence?
  package let mismatches: [Mismatch]
  package let overflows: [Overflow]

  /// The verdicts from best to worst.
  package static let verdicts = ["BIT-EXACT", "EXACT AS PRINTED", "WITHIN", "MISMATCH"]

  /// - Throws: `report.result` where the document is not what `hwsim.check/1` says.
  package init(_ result: ResultField) throws(Failure) {
    let word = try result.required("verdict")
    verdict = try word.text()
    guard Self.verdicts.contains(verdict) else {
      throw word.problem("'\(verdict.prefix(40))' is no verdict")
    }
    samples = try result.integer("samples")
    compared = try result.required("compared_values").integer()
    equal = try result.required("equal_values").integer()
    maxLSB = try result.number("max_lsb")
    meanLSB = try result.number("mean_lsb")
    printedDigits = try result.integer("printed_digits")
    outputs = try Self.comparisons(result, "outputs")
    layers = try Self.comparisons(result, "layers")
    if let field = try result.optional("first_divergence") {
      divergence = try Divergence(field)
    } else {
      divergence = nil
    }
    var mismatches: [Mismatch] = []
    for field in try result.elements("mismatches") { mismatches.append(try Mismatch(field)) }
    self.mismatches = mismatches
    var overflows: [Overflow] = []
    for field in try result.elements("overflows") {
      let node = try field.text("node") ?? ""
      let object = try field.text("object") ?? ""
      let values = try field.integer("values") ?? 0
      let needed = try field.integer("bits_needed")
      overflows.append(
        Overflow(
          node: node, object: object, values: values, bitsNeeded: needed,
          bits: try field.integer("bits")))
    }
    self.overflows = overflows
  }

  private static func comparisons(
    _ result: ResultField, _ key: String
  ) throws(Failure) -> [Comparison] {
    var found: [Comparison] = []
    for field in try result.elements(key) {
      let name = try field.required("name").text()
      let format = try field.text("format")
      // An output may say only whether it is equal.
      let equal = try field.optional("equal")
      let isEqual = equal?.value.flag
      let compared = try field.integer("compared") ?? 1
      let count = isEqual == nil ? try equal?.integer() ?? 0 : isEqual == true ? compared : 0
      guard compared >= 0, count >= 0, count <= compared else {
        throw field.problem("\(count) of \(compared) values cannot be equal")
      }
      found.append(
        Comparison(
          name: name, format: format, compared: compared, equal: count,
          maxLSB: try field.number("max_lsb")))
    }
    return found
  }
}

extension CheckedResult.Mismatch {
  fileprivate init(_ field: ResultField) throws(Failure) {
    name = try field.text("name") ?? ""
    let sample = try field.integer("sample").map { "sample \($0)" }
    let index = try field.optional("index")?.value.compact
    place = [sample, index].compactMap(\.self).joined(separator: " ")
    expected = try field.number("expected")
    actual = try field.number("actual")
    lsb = try field.number("lsb")
    firstNode = try field.text("first_differing_node")
  }
}

extension CheckedResult.Cause {
  fileprivate init(_ field: ResultField) throws(Failure) {
    kind = try field.text("kind") ?? ""
    object = try field.text("object") ?? ""
    node = try field.text("node")
    detail = try field.text("detail") ?? ""
    reproduces = try field.integer("reproduces")
  }

  /// The change in one sentence.
  package var words: String {
    "\(kind) of the \(object)\(node.map { " at \($0)" } ?? ""): \(detail)"
  }
}

extension CheckedResult.Divergence {
  fileprivate init(_ field: ResultField) throws(Failure) {
    node = try field.required("node").text()
    index = try field.optional("index")?.value.compact ?? ""
    expected = try field.number("expected")
    actual = try field.number("actual")
    if let found = try field.optional("cause") {
      cause = try CheckedResult.Cause(found)
    } else {
      cause = nil
    }
    var all: [CheckedResult.Cause] = []
    for candidate in try field.elements("candidates") {
      all.append(try CheckedResult.Cause(candidate))
    }
    candidates = all
  }
}
