public import Documents

/// Whose annotations are printed.
public enum AnnotationForm: String, CaseIterable, Sendable {
  /// Workflow commands of GitHub Actions: `::error title=...::message`.
  case github
}

/// One verdict of a result.
public struct CaseVerdict: Hashable, Sendable {
  /// What was judged.
  public let name: String
  /// What is wrong; nil for a good verdict.
  public let problem: String?

  public init(name: String, problem: String?) {
    self.name = name
    self.problem = problem
  }
}

/// The verdicts of a result document.
public struct CaseReport: Sendable {
  /// `check`, `estimate` or `compare`.
  public let suite: String
  /// In the order of the document.
  public let cases: [CaseVerdict]

  /// - Parameters:
  ///   - suite: `check`, `estimate` or `compare`.
  ///   - result: the result in the document.
  ///   - subject: path of what was judged.
  ///   - isYes: whether the answer as a whole is a yes.
  public init(_ suite: String, _ result: JSON, of subject: String, isYes: Bool) {
    self.suite = suite
    var cases: [CaseVerdict] = []
    switch suite {
    case "check":
      for entry in (result["outputs"]?.elements ?? []) + (result["layers"]?.elements ?? []) {
        let (equal, compared) = (Self.integer(entry["equal"]), Self.integer(entry["compared"]))
        let difference = entry["max_lsb"]?.compact ?? "?"
        cases.append(
          CaseVerdict(
            name: entry["name"]?.text ?? "",
            problem: isYes || equal == compared
              ? nil
              : "\(compared - equal) of \(compared) values differ, by up to \(difference) LSB"))
      }
      if !isYes, !cases.contains(where: { $0.problem != nil }) {
        cases.append(CaseVerdict(name: subject, problem: result["verdict"]?.text ?? "MISMATCH"))
      }
    case "estimate":
      let answers = result["results"]?.elements ?? [result]
      for answer in answers {
        var problems: [String] = []
        if answer["fits"]?.flag == false { problems.append("does not fit") }
        for limit in answer["limits"]?.elements ?? [] where limit["kept"]?.flag == false {
          problems.append("\(limit["limit"]?.text ?? "a limit") is not kept")
        }
        if answers.count == 1, problems.isEmpty, !isYes {
          problems.append("does not fit")
        }
        let bits = answer["bits"]?.text.map { ", " + $0 } ?? ""
        cases.append(
          CaseVerdict(
            name: "\(subject) on \(answer["target"]?.text ?? "?")\(bits)",
            problem: problems.isEmpty ? nil : problems.joined(separator: "; ")))
      }
    default:
      for quantity in result["quantities"]?.elements ?? []
      where quantity["better"]?.text != "none" {
        let verdict = quantity["verdict"]?.text ?? ""
        let isBad = verdict == "worse" || verdict == "only-a"
        let group = quantity["group"]?.text ?? ""
        let change = quantity["change_percent"].flatMap { $0 == .null ? nil : $0.compact }
        cases.append(
          CaseVerdict(
            name: (group.isEmpty ? "" : group + ": ") + (quantity["name"]?.text ?? ""),
            problem: isBad
              ? "\(verdict): \(quantity["a"]?.compact ?? "") became "
                + "\(quantity["b"]?.compact ?? "")" + (change.map { " (\($0) %)" } ?? "")
              : nil))
      }
    }
    self.cases = cases
  }

  private static func integer(_ value: JSON?) -> Int {
    if case .integer(let number)? = value { number } else { 0 }
  }

  /// A JUnit document as CI services read it: a suite of cases, each with its failure.
  public var junit: String {
    let failures = cases.count { $0.problem != nil }
    let name = "hwsim \(suite)"
    var text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n"
    text +=
      "  <testsuite name=\"\(name)\" tests=\"\(cases.count)\" failures=\"\(failures)\" "
      + "errors=\"0\" skipped=\"0\">\n"
    for verdict in cases {
      let head = "    <testcase classname=\"\(name)\" name=\"\(Markup.attribute(verdict.name))\""
      guard let problem = verdict.problem else {
        text += head + "/>\n"
        continue
      }
      text +=
        head + ">\n      <failure message=\"\(Markup.attribute(problem))\"/>\n    </testcase>\n"
    }
    return text + "  </testsuite>\n</testsuites>\n"
  }

  /// A line a failure.
  public func annotations(_ form: AnnotationForm) -> String {
    cases.compactMap { verdict in
      verdict.problem.map { problem in
        let title = Self.escapedForWorkflow("hwsim \(suite): \(verdict.name)", isProperty: true)
        return "::error title=\(title)::\(Self.escapedForWorkflow(problem, isProperty: false))\n"
      }
    }.joined()
  }

  /// Text of a workflow command (GitHub Actions, "Workflow commands": %, line ends, and in a property
  /// : and , are percent-encoded).
  private static func escapedForWorkflow(_ text: String, isProperty: Bool) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "%": result += "%25"
      case "\r": result += "%0D"
      case "\n": result += "%0A"
      case ":" where isProperty: result += "%3A"
      case "," where isProperty: result += "%2C"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}
