import Documents
import FoundationEssentials
import HWModel
import Importers
import QuantGraph
import Sessions
import TestSupport
import Testing

/// Configurations that no author published, through everything that commands make of them.
///
/// Shapes, the graph of every pass, and an estimate on a GPU: they are answered, or refused with the
/// key at fault.
@Suite("transformers: hostile configurations in commands")
struct HostileTransformerTests {
  private static let fixture =
    SharedData.packageRoot + "/Tests/ImportersTests/Fixtures/transformers/families.json"

  private static func configurations() throws -> [JSON] {
    let document = try JSON(parsing: [UInt8](try Data(contentsOf: URL(filePath: fixture))))
    return (document["models"]?.elements ?? []).compactMap { $0["config"] }
  }

  /// Everything that `inspect`, `inspect --graph` and `estimate --target a100` ask of a file.
  private static func use(_ path: String, showsGraphs: Bool = true) throws(Failure) {
    guard let file = try TransformerFile(path: path) else {
      throw Failure("test.kind", "no transformer")
    }
    let run = TransformerRun(sizes: ["batch": 3])
    let shapes = try file.shapes(run)
    if let shapes { _ = try file.stored(shapes) }
    for phase in shapes?.workload.phases ?? [] {
      guard !showsGraphs else {
        _ = try InspectAnswer(file, graph: try file.graph(run, phase: phase.name)).json
        continue
      }
      _ = try TransformerFile.reading(path) { () throws(TransformerError) in
        try file.configuration?.graph(run, phase: phase.name)
      }
    }
    guard let source = try TransformerSource(path) else { return }
    var request = TransformerRows.Request()
    request.targets = try TargetChoice.list(["a100"])
    request.formats = ["w4a16", "w8a8"]
    request.sizes = [["batch": 3]]
    _ = try TransformerRows(path, request) { sizes throws(Failure) in
      try source.workload(sizes)
    }.json
  }

  private static func failure(of path: String, showsGraphs: Bool = true) -> Failure? {
    do throws(Failure) {
      try use(path, showsGraphs: showsGraphs)
      return nil
    } catch {
      return error
    }
  }

  private static func words(_ failure: Failure) -> String {
    failure.problems.map { problem in
      ([problem.location ?? "", problem.message] + problem.notes).joined(separator: " ")
    }.joined(separator: "\n")
  }

  private static let values: [JSON] = [
    .number(9_223_372_036_854_775_808), .integer(.max), .integer(.min), .integer(-1), .integer(0),
    .integer(1), .number(2.5), .number(-0.5), .number(1e300), .integer(1 << 32), .integer(1 << 62),
    .integer(9_999), .integer(10_001), .null, .bool(true), .string(""), .string("hidden_size"),
    .array([]), .array([.integer(1), .integer(-2), .null]), .object([]),
    .object([.init(key: "hidden_size", value: .integer(-1))]),
  ]

  @Test("six hundred configurations with one to three keys that are wrong", arguments: 0..<6)
  func mutated(_ part: Int) throws {
    let documents = try Self.configurations()
    let scratch = try TemporaryFolder()
    var generator = SeededGenerator(seed: UInt64(0x7A5 + part))
    var (answered, refused) = (0, 0)
    for number in 0..<100 {
      let document = documents[Int.random(in: documents.indices, using: &generator)]
      var members = document.members ?? []
      var changed: [String] = []
      for _ in 0..<Int.random(in: 1...3, using: &generator) {
        let index = Int.random(in: members.indices, using: &generator)
        let key = members[index].key
        changed.append(key)
        switch Int.random(in: 0..<8, using: &generator) {
        case 0: members.remove(at: index)
        case 1:
          // A key that has another's value, and so on in a circle.
          let other = Int.random(in: members.indices, using: &generator)
          changed.append(members[other].key)
          members[index] = .init(key: key, value: members[other].value)
        case 2: members.append(members[index])
        case 3: members[index] = .init(key: key, value: document)
        default:
          let value = Self.values[Int.random(in: Self.values.indices, using: &generator)]
          members[index] = .init(key: key, value: value)
        }
        if members.isEmpty { break }
      }
      let text = JSON.object(members).document
      let path = try scratch.write(Array(text.utf8), to: "config.json")
      var failure: Failure?
      let limits = Limits()
      let isInTime = limits.isInTime {
        failure = Self.failure(of: path, showsGraphs: number % 10 == 0)
      }
      if failure == nil { answered += 1 } else { refused += 1 }
      #expect(isInTime, "\(part).\(number): \(text)")
      #expect(limits.grownBytes < Limits.memory, "\(part).\(number): \(text)")
      guard let failure, let first = failure.problems.first else { continue }
      #expect(!first.code.hasPrefix("test."), "\(part).\(number): \(text)")
      // The error names a key, one that was changed or one that it stands against.
      let said = Self.words(failure)
      let keys = Set(changed + members.map(\.key) + Self.otherNames)
      #expect(keys.contains { said.contains($0) }, "\(part).\(number): \(said)\n\(text)")
    }
    #expect(answered > 2 && refused > 20, "\(answered) \(refused)")
  }

  /// Names that families read keys by which files write otherwise.
  private static let otherNames = [
    "model_type", "hidden_size", "num_hidden_layers", "num_attention_heads", "config.json",
  ]

  @Test("every truncation and a thousand damaged bytes are answered or refused")
  func damaged() throws {
    let scratch = try TemporaryFolder()
    var corruption = Corruption(seed: 77)
    for document in try Self.configurations().prefix(12) {
      let bytes = Array(document.document.utf8)
      // Without its last brace at the latest; what follows that may be white space.
      let end = bytes.lastIndex(of: UInt8(ascii: "}")) ?? bytes.count
      for length in stride(from: 1, to: end, by: max(end / 12, 1)) {
        let path = try scratch.write(Array(bytes.prefix(length)), to: "config.json")
        #expect(throws: Failure.self, "\(length) of \(document.document)") { try Self.use(path) }
      }
      for _ in 0..<12 {
        let path = try scratch.write(corruption.mutate(bytes), to: "config.json")
        #expect(Limits().isInTime { _ = Self.failure(of: path) })
      }
    }
  }

  @Test("five megabytes: long lists, long texts, many keys, deep nesting")
  func large() throws {
    let scratch = try TemporaryFolder()
    let numbers = String(repeating: "7,", count: 2_500_000) + "3"
    let letters = String(repeating: "a", count: 5_000_000)
    let many = (0..<200_000).map { "\"key\($0)\": {\"a\": [\($0)]}" }.joined(separator: ",")
    let deep = String(repeating: "[", count: 2_500_000) + String(repeating: "]", count: 2_500_000)
    for (text, key) in [
      ("{\"model_type\": \"qwen3_moe\", \"hidden_size\": [\(numbers)]}", "hidden_size"),
      ("{\"model_type\": \"llama\", \"layer_types\": [\(numbers)]}", ""),
      ("{\"model_type\": \"\(letters)\"}", "model_type"),
      ("{\"model_type\": \"llama\", \"num_hidden_layers\": \"\(letters)\"}", "num_hidden_layers"),
      ("{\"model_type\": \"llama\", \(many), \"num_attention_heads\": -3}", "num_attention_heads"),
      ("{\"model_type\": \"llama\", \"rope_scaling\": \(deep)}", "config.json"),
    ] {
      let path = try scratch.write(Array(text.utf8), to: "config.json")
      guard let failure = Self.failure(of: path) else {
        #expect(key.isEmpty, "\(key) was read")
        continue
      }
      let said = Self.words(failure)
      #expect(said.contains(key), "\(said.prefix(300))")
      #expect(said.utf8.count < 20_000)
    }
  }
}
