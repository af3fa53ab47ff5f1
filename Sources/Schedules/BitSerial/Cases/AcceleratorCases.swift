public import Documents
import HWModel

/// Answers a document of accelerator cases: the layouts of accel/bitserial_shared.json (`bitfusion`,
/// `ant`, `bitsim`) and accel/bitmod.json (`models`, `cases`).
///
/// Answers in the document are not read. The result is the document with the answers computed, under
/// the same keys and in the same order.
public struct AcceleratorCases {
  private let document: JSON
  /// Weights by `network/layer`, row-major.
  private let weights: (String) -> [Int]?

  /// - Parameters:
  ///   - document: the cases.
  ///   - weights: of networks whose accelerators look at bits, by `network/layer`.
  public init(_ document: JSON, weights: @escaping (String) -> [Int]? = { _ in nil }) {
    self.document = document
    self.weights = weights
  }

  /// Whether the document has one of the layouts.
  public var isRecognised: Bool {
    ["bitfusion", "ant", "bitsim"].contains { document[$0]?["cases"] != nil }
      || (document["cases"] != nil && document["models"] != nil)
  }

  /// How many cases were answered, and the document with the answers.
  ///
  /// - Throws: ``CaseProblem`` for the first thing that is wrong.
  public func answered() throws(CaseProblem) -> (count: Int, document: JSON) {
    let root = CaseValue(document, path: "")
    var result = document
    var count = 0
    func answer(
      _ family: String?, _ value: CaseValue,
      _ compute: (CaseValue) throws(CaseProblem) -> JSON
    ) throws(CaseProblem) -> JSON {
      var cases: [JSON] = []
      for item in try value.member("cases").elements() { cases.append(try compute(item)) }
      count += cases.count
      return value.json.setting("cases", .array(cases))
    }
    if let fusion = root.optional("bitfusion") {
      let reader = try FusionCases(fusion)
      result = result.setting(
        "bitfusion",
        try answer("bitfusion", fusion) { (item) throws(CaseProblem) in
          try reader.answer(item, isANT: false)
        })
    }
    if let ant = root.optional("ant") {
      let reader = try FusionCases(ant)
      result = result.setting(
        "ant",
        try answer("ant", ant) { (item) throws(CaseProblem) in
          try reader.answer(item, isANT: true)
        })
    }
    if let bitsim = root.optional("bitsim") {
      let reader = try WeightBitCases(bitsim, weights: weights)
      result = result.setting(
        "bitsim",
        try answer("bitsim", bitsim) { (item) throws(CaseProblem) in
          try reader.answer(item)
        })
    }
    if root.optional("cases") != nil {
      let reader = try TermCases(root)
      result = result.setting(
        "cases",
        try answer(nil, root) { (item) throws(CaseProblem) in try reader.answer(item) }["cases"]
          ?? .null)
    }
    guard count > 0 else {
      throw CaseProblem("", "there are no cases under 'bitfusion', 'ant', 'bitsim' or 'cases'")
    }
    return (count, result)
  }
}

extension CaseProblem {
  /// What an accelerator says of a case at `path`.
  init(_ error: BitSerialError, at path: String) {
    self.init(path, error.reason)
  }
}
