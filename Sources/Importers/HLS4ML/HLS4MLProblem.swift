public import Arith
public import QuantGraph

/// One reason why an hls4ml project or archive does not become a graph, and where.
public struct HLS4MLProblem: Error, Hashable, Sendable {
  public let place: Place
  public let reason: Reason

  public init(_ reason: Reason, at place: Place) {
    self.reason = reason
    self.place = place
  }

  /// A position in the text or files of a project.
  public struct Place: Hashable, Sendable {
    /// Path of the file, relative to the project; for an archive the member, or a key path in it.
    public let file: String
    /// Counts from 1; nil if the file as a whole is meant.
    public let line: Int?

    public init(file: String, line: Int? = nil) {
      self.file = file
      self.line = line
    }
  }

  public enum Reason: Hashable, Sendable {
    /// The file system, a container format or an array file.
    case file(ImportError)
    /// The folder or file is no hls4ml model; `missing` names what was looked for.
    case notAModel(missing: String)
    /// A byte that has no place in this kind of text.
    case byte(UInt8)
    /// The text ends or goes on where something else is expected.
    case syntax(expected: String, found: String)
    /// JSON that cannot be read, or lacks a key of this kind.
    case json(key: String, expected: String)
    /// More of something than is accepted.
    case limit(String, limit: Int)
    /// `kind` is a word such as `type`, `constant` or `variable`.
    case unknown(kind: String, name: String)
    case duplicate(kind: String, name: String)
    /// A definition that refers to itself.
    case cyclic(name: String)
    /// An expression without a value: overflow, division by zero.
    case arithmetic(expression: String, reason: String)
    /// A project of this back end, whose C++ code is of another kind.
    case backend(String)
    /// Valid hls4ml text that has no operator.
    case unsupported(String, detail: String)
    /// A call that only releases before the first known one wrote.
    case earlierRelease(String)
    /// A call that the project's own C++ code cannot run: an assertion, a read past an array.
    case cannotRun(String, reason: String)
    /// A layer whose rules in the release that wrote the project are not known.
    case unknownRules(String, reason: String)
    case format(FormatError)
    case count(String, expected: Int, found: Int)
    case range(String, value: Int, allowed: ClosedRange<Int>)
    case number(token: String)
    case graph(GraphProblem)
  }
}

/// Every problem of one model, in the order found: the first ten, and how many there are.
public struct HLS4MLError: Error, Hashable, Sendable {
  /// The first ``reportedProblems`` at most; never empty.
  public let problems: [HLS4MLProblem]
  /// Number of all problems.
  public let count: Int
  /// The path as the user typed it.
  public let path: String

  public static let reportedProblems = 10

  init(_ problems: [HLS4MLProblem], path: String) {
    self.problems = Array(problems.prefix(Self.reportedProblems))
    self.count = problems.count
    self.path = path
  }

  /// Whether the data are wrong or the input is missing, by the first problem.
  public var failure: ImportError.Failure {
    switch problems.first?.reason {
    case .file(let error): error.failure
    case .notAModel: .noInput
    default: .data
    }
  }

  /// One diagnostic a problem, and a note on the last if there are more.
  public var diagnostics: [Diagnostic] {
    problems.enumerated().map { index, problem in
      let rest = count - problems.count
      let notes =
        index == problems.count - 1 && rest > 0 ? ["\(rest) more problems in this model"] : []
      return Diagnostic(problem, notes: notes)
    }
  }
}

extension HLS4MLProblem.Place: CustomStringConvertible {
  /// `firmware/defines.h:12`.
  public var description: String { line.map { "\(file):\($0)" } ?? file }
}

extension Diagnostic {
  /// The message for one problem of an hls4ml model.
  public init(_ problem: HLS4MLProblem, notes: [String] = []) {
    let location = problem.place.description
    let (code, message, remedy): (String, String, String)
    switch problem.reason {
    case .file(let error):
      let inner = Diagnostic(error)
      self.init(
        code: inner.code, message: inner.message, location: inner.location ?? location,
        notes: inner.notes + notes, remedy: inner.remedy)
      return
    case .format(let error):
      let inner = Diagnostic(error)
      self.init(
        code: inner.code, message: inner.message, location: location, notes: notes,
        remedy: inner.remedy)
      return
    case .graph(let problem):
      let inner = Diagnostic(problem)
      let place = [location, inner.location].compactMap { $0 }.joined(separator: ": ")
      self.init(
        code: inner.code, message: inner.message, location: place, notes: notes,
        remedy: "check that parameters.h, defines.h and the calls belong to one conversion.")
      return
    case .notAModel(let missing):
      (code, message, remedy) = (
        "hls.not-a-model", "no hls4ml model here: \(missing) not found",
        "give the folder that hls4ml wrote (it has firmware/), its .tar.gz, or a .fml file."
      )
    case .byte(let byte):
      (code, message, remedy) = (
        "hls.byte", "byte 0x\(String(byte, radix: 16)) has no place in this text",
        "write the project again with hls4ml; the file is damaged."
      )
    case .syntax(let expected, let found):
      (code, message, remedy) = (
        "hls.syntax", "expected \(expected), found \(found)",
        "write the project again with hls4ml, or undo the edit at this line."
      )
    case .json(let key, let expected):
      (code, message, remedy) = (
        "hls.json", "'\(key)' is not \(expected)", "save the model again with hls4ml."
      )
    case .limit(let what, let limit):
      (code, message, remedy) = (
        "hls.limit", "\(what) exceeds the limit of \(limit)",
        "check the number; models of this size are not supported."
      )
    case .unknown(let kind, let name):
      (code, message, remedy) = (
        "hls.unknown", "\(kind) '\(name)' is not defined",
        "look for it in the project's headers: hwsim reads firmware/*.h, *.cpp and weights/."
      )
    case .duplicate(let kind, let name):
      (code, message, remedy) = (
        "hls.duplicate", "\(kind) '\(name)' is defined twice", "keep one definition."
      )
    case .cyclic(let name):
      (code, message, remedy) = (
        "hls.cyclic", "'\(name)' is defined by itself", "undo the edit that made the cycle."
      )
    case .arithmetic(let expression, let reason):
      (code, message, remedy) = (
        "hls.expression", "'\(expression)' has no value: \(reason)", "check the expression."
      )
    case .backend(let name):
      (code, message, remedy) = (
        "hls.backend", "the project is of the back end \(name), whose C++ code is not read",
        "convert the model with the back end Vitis, Vivado or VivadoAccelerator."
      )
    case .unsupported(let what, let detail):
      (code, message, remedy) = (
        "hls.unsupported", "\(what) is not supported: \(detail)",
        "hwsim formats --operators lists what is; convert the model without this layer."
      )
    case .earlierRelease(let call):
      (code, message, remedy) = (
        "hls.version-rules",
        "hls4ml 0.3 or earlier wrote this project, whose rules are not known: it calls \(call)",
        "convert the model again with hls4ml 0.6 or later."
      )
    case .cannotRun(let what, let reason):
      (code, message, remedy) = (
        "hls.cannot-run", "the C++ code of this project cannot run \(what): \(reason)",
        "C simulation has no defined values here either; change the layer and convert again."
      )
    case .unknownRules(let what, let reason):
      (code, message, remedy) = (
        "hls.version-rules", "\(what): \(reason)",
        "name the release whose rules count: --hls4ml-version 0.8.1."
      )
    case .count(let what, let expected, let found):
      (code, message, remedy) = (
        "hls.count", "\(what): expected \(expected), found \(found)",
        found < expected
          ? "the C++ code would read past the \(found) values that are there."
          : "check this place against the layer before it: both must have the same size."
      )
    case .range(let what, let value, let allowed):
      (code, message, remedy) = (
        "hls.range",
        "\(what) is \(value), outside \(allowed.lowerBound) to \(allowed.upperBound)",
        "check the number in parameters.h."
      )
    case .number(let token):
      (code, message, remedy) = (
        "hls.number", "'\(token)' is no number of the expected kind",
        "write the weights again with hls4ml."
      )
    }
    self.init(code: code, message: message, location: location, notes: notes, remedy: remedy)
  }
}
