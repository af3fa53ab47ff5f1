import Schedules
import Arith
import Documents
import FoundationEssentials
import Importers
import TestSupport
import Testing

/// Differences between a document of published results and the answers to it.
private struct Differences {
  var lines: [String] = []

  init(_ expected: JSON, _ actual: JSON) { compare(expected, actual, "") }

  private mutating func compare(_ expected: JSON, _ actual: JSON, _ path: String) {
    if let left = expected.members, let right = actual.members {
      if left.map(\.key) != right.map(\.key) {
        lines.append("\(path): keys \(left.map(\.key)), found \(right.map(\.key))")
      }
      for member in left {
        if let value = actual[member.key] {
          compare(member.value, value, "\(path).\(member.key)")
        }
      }
    } else if let left = expected.elements, let right = actual.elements, left.count == right.count {
      for index in left.indices { compare(left[index], right[index], "\(path)[\(index)]") }
    } else if let left = Self.number(expected), let right = Self.number(actual) {
      // Counts are whole and below 2^53: equal or not; energies may differ in the last digits.
      if (left - right).magnitude > 1e-9 * left.magnitude
        || (left == left.rounded() && left < 1e15
          && right != left && path.contains("energy") == false)
      {
        lines.append("\(path): expected \(left), found \(right)")
      }
    } else if expected != actual {
      lines.append("\(path): expected \(expected.compact), found \(actual.compact)")
    }
  }

  private static func number(_ value: JSON) -> Double? {
    switch value {
    case .integer(let integer): Double(integer)
    case .number(let number): number
    default: nil
    }
  }
}

/// The document with every answer taken out of its cases.
private func withoutAnswers(_ document: JSON) -> JSON {
  switch document {
  case .object(let members):
    .object(
      members.filter { $0.key != "result" && $0.key != "expect" }.map {
        JSON.Member(key: $0.key, value: withoutAnswers($0.value))
      })
  case .array(let elements): .array(elements.map(withoutAnswers))
  default: document
  }
}

private func read(_ path: String) throws -> JSON {
  try JSON(parsing: [UInt8](Data(contentsOf: URL(filePath: path))))
}

private func lookup(_ weights: [String: [Int]]) -> (String) -> [Int]? { { weights[$0] } }

private func integers(_ value: JSON?) -> [Int] {
  (value?.elements ?? []).compactMap { if case .integer(let integer) = $0 { integer } else { nil } }
}

@Suite("accelerator cases")
struct AcceleratorCasesTests {
  private static let folder =
    SharedData.packageRoot + "/Tests/SchedulesTests/Fixtures/accelerators/"

  private func weights() throws -> [String: [Int]] {
    let members = try #require(try read(Self.folder + "weights.json")["weights"]?.members)
    return Dictionary(uniqueKeysWithValues: members.map { ($0.key, integers($0.value)) })
  }

  @Test(
    "published results come out under their keys, in their order",
    arguments: ["simulators.json", "bitmod.json"])
  func published(file: String) throws {
    let document = try read(Self.folder + file)
    let answer = try AcceleratorCases(document, weights: lookup(weights())).answered()
    #expect(Differences(document, answer.document).lines == [])
    #expect(answer.count >= 5)
  }

  @Test("the published network cycles of BitMoD and its speedups over ANT and OliVe")
  func speedups() throws {
    let path = SharedData.packageRoot + "/examples/accelerators/bitmod-hpca25.json"
    let document = try read(path)
    let answer = try AcceleratorCases(document).answered()
    #expect(answer.count == 60)
    let expected = try #require(document["cases"]?.elements)
    let actual = try #require(answer.document["cases"]?.elements)
    var cycles: [String: Double] = [:]
    for (left, right) in zip(expected, actual) {
      let found = try #require(right["expect"]?["total_cycles"])
      #expect(left["expect"]?["total_cycles"] == found)
      guard case .integer(let count) = found else { continue }
      let design = left["design"]?.text ?? ""
      let lossless = left["weight_bits"] == .number(6.0625) ? " lossless" : ""
      cycles["\(left["model"]?.text ?? "") \(left["task"]?.text ?? "") \(design)\(lossless)"] =
        Double(count)
    }
    // The figures' two tasks: a prompt alone, and a prompt with 20 tokens.
    func speedup(over design: String) -> Double {
      let models = ["opt-1.3b", "phi-2b", "yi-6b", "llama-2-7b", "llama-2-13b", "llama-3-8b"]
      func time(_ model: String, _ design: String, _ tokens: Double) -> Double {
        (cycles["\(model) prefill \(design)"] ?? .nan)
          + tokens * (cycles["\(model) generative_step \(design)"] ?? .nan)
      }
      let ratios = models.flatMap { model in
        [0.0, 20].map { time(model, design, $0) / time(model, "bitmod", $0) }
      }
      return ratios.reduce(0, +) / Double(ratios.count)
    }
    #expect((speedup(over: "ant") - 1.69).magnitude < 0.005)
    #expect((speedup(over: "olive") - 1.48).magnitude < 0.01)
  }

  @Test("answers in the file are not read")
  func answersIgnored() throws {
    let document = try read(Self.folder + "simulators.json")
    let answer = try AcceleratorCases(withoutAnswers(document), weights: lookup(weights()))
      .answered()
    for family in ["bitfusion", "ant", "bitsim"] {
      let expected = try #require(document[family]?["cases"]?.elements)
      let actual = try #require(answer.document[family]?["cases"]?.elements)
      for (left, right) in zip(expected, actual) {
        for key in ["cycles", "energy_nJ", "compute_cycles", "layer_dram", "dram_energy_pJ"] {
          guard let value = left["result"]?[key] else { continue }
          let found = try #require(right["result"]?[key], "\(family) lacks \(key)")
          #expect(Differences(value, found).lines == [])
        }
      }
    }
  }

  @Test("weight rewrites of the published software")
  func rewrites() throws {
    let document = try read(Self.folder + "weights.json")
    let weights = try weights()
    for member in try #require(document["rewrites"]?.members) {
      let parts = member.key.split(separator: "/").map(String.init)
      let name = parts.suffix(3).dropLast().joined(separator: "/")
      let columns = try #require(parts.last?.last?.wholeNumberValue)
      let original = try #require(weights[name])
      let channels = ["cnn_a/conv2": 16, "cnn_a/conv3": 40, "cnn_a/fc1": 64][name] ?? 1
      let area = name == "cnn_a/conv2" ? 9 : 1
      let group = min(32, channels)
      let rewritten: [Int]
      if parts[0] == "bitflip" {
        rewritten = try BitFlip(columns: columns, group: group)
          .alongChannels(original, channels: channels, area: area)
      } else {
        let rule: BinaryPruning.Rule =
          parts[1].hasPrefix("roundAvg") ? .roundedAverage : .zeroPointShift(bits: 5)
        rewritten = try BinaryPruning(rule, columns: columns, group: group)(original)
      }
      #expect(rewritten == integers(member.value), "\(member.key)")
    }
  }

  @Test(
    "broken cases are told with their place",
    arguments: [
      (#"{"bitfusion": {"configurations": []}}"#, "bitfusion"),
      (#"{"cases": [], "models": {}}"#, ""),
      (#"{"models": {"m": {"h": 0}}, "cases": []}"#, "models.m.h"),
      (#"{"ant": {"configurations": [], "cases": [{"config": "x"}]}}"#, "ant.cases[0]"),
      (#"{"bitsim": {"networks": {}, "cases": [{"network": "n"}]}}"#, "bitsim.cases[0]"),
      (#"{"bitsim": {"networks": {"n": {"l": {"y_shape": [1, 2, 3]}}}}}"#, "bitsim.networks.n.l"),
    ])
  func broken(text: String, path: String) throws {
    let document = try JSON(parsing: Array(text.utf8))
    let problem = #expect(throws: CaseProblem.self) {
      try AcceleratorCases(document).answered()
    }
    #expect(problem?.path == path)
  }

  @Test("extreme numbers throw instead of trapping")
  func extremes() throws {
    let values: [JSON] = [
      .integer(.max), .integer(0), .integer(-1), .number(1e300), .number(-0.5), .null, "x",
      .integer(1 << 31),
    ]
    for file in ["simulators.json", "bitmod.json"] {
      let document = try read(Self.folder + file)
      let weights = try weights()
      var generator = SeededGenerator(seed: 16)
      for _ in 0..<(sweep ? 400 : 30) {
        let damaged = replacingOne(document, values: values, using: &generator)
        _ = try? AcceleratorCases(damaged, weights: lookup(weights)).answered()
      }
    }
  }

  /// The document with one of its leaves replaced.
  private func replacingOne(
    _ document: JSON, values: [JSON], using generator: inout SeededGenerator
  ) -> JSON {
    switch document {
    case .object(let members) where !members.isEmpty:
      let index = Int.random(in: members.indices, using: &generator)
      var members = members
      members[index] = .init(
        key: members[index].key,
        value: replacingOne(members[index].value, values: values, using: &generator))
      return .object(members)
    case .array(let elements) where !elements.isEmpty:
      let index = Int.random(in: elements.indices, using: &generator)
      var elements = elements
      elements[index] = replacingOne(elements[index], values: values, using: &generator)
      return .array(elements)
    default: return values.randomElement(using: &generator) ?? .null
    }
  }
}

@Suite("accelerator cases of the shared data", .enabled(if: SharedData.root != nil, "no ../shared"))
struct SharedAcceleratorCases {
  private func path(_ name: String) throws -> String {
    try #require(SharedData.path("conformance/accel/" + name))
  }

  @Test("all published results", arguments: ["bitserial_shared.json", "bitmod.json"])
  func published(file: String) throws {
    let document = try read(path(file))
    let arrays = try NPZ.read(path("bitserial_shared.npz"))
    var weights: [String: [Int]] = [:]
    for name in arrays.names where !name.hasPrefix("bitflip/") && !name.hasPrefix("bbs/") {
      weights[name] = try #require(arrays[name]?.integers()).map { Int($0) }
    }
    let answer = try AcceleratorCases(document, weights: lookup(weights)).answered()
    #expect(answer.count == (file == "bitmod.json" ? 174 : 70))
    #expect(Differences(document, answer.document).lines == [])
  }

  @Test("all weight rewrites")
  func rewrites() throws {
    let arrays = try NPZ.read(path("bitserial_shared.npz"))
    var compared = 0
    for name in arrays.names where name.hasPrefix("bitflip/") || name.hasPrefix("bbs/") {
      let parts = name.split(separator: "/").map(String.init)
      let source = parts.suffix(3).dropLast().joined(separator: "/")
      let array = try #require(arrays[source])
      let original = try #require(array.integers()).map { Int($0) }
      let channels = array.shape[1]
      let area = array.shape.dropFirst(2).reduce(1, *)
      let columns = try #require(parts.last?.last?.wholeNumberValue)
      let expected = try #require(arrays[name]?.doubles()).map { Int($0) }
      let group = min(32, channels)
      let rewritten: [Int]
      if parts[0] == "bitflip" {
        rewritten = try BitFlip(columns: columns, group: group)
          .alongChannels(original, channels: channels, area: area)
      } else {
        let rule: BinaryPruning.Rule =
          parts[1].hasPrefix("roundAvg") ? .roundedAverage : .zeroPointShift(bits: 5)
        rewritten = try BinaryPruning(rule, columns: columns, group: group)(original)
      }
      #expect(rewritten == expected, "\(name)")
      compared += 1
    }
    #expect(compared == 40)
  }
}
