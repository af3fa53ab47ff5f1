import Documents
import FoundationEssentials
import Importers
import Manual
import QuantGraph
import TestSupport
import Testing

@Suite("Explanations of codes and words")
struct ExplanationTests {
  /// Codes that stand in the sources: after `code:`, as the first of a tuple, or after `case ...:`.
  private static let codesInSources: [String: String] = {
    let root = SharedData.packageRoot + "/Sources"
    let files = ((try? FileManager.default.subpathsOfDirectory(atPath: root)) ?? [])
      .filter { $0.hasSuffix(".swift") && !$0.hasPrefix("Manual/") }
    var found: [String: String] = [:]
    let plain = /(?:code: |Failure\(\s*)"([a-z][a-z0-9]*\.[a-z0-9]+(?:-[a-z0-9]+)*)"/
    // Codes in tuples and cases, where a file is about diagnostics.
    let listed = /[(:]\s*"([a-z][a-z0-9]*\.[a-z0-9]+(?:-[a-z0-9]+)*)"/
    // "\(container.rawValue).truncated": one code for each kind of container.
    let family = /"\\\(container\.rawValue\)\.([a-z-]+)"/
    for file in files {
      guard let text = try? String(contentsOfFile: root + "/" + file, encoding: .utf8) else {
        continue
      }
      for match in text.matches(of: plain) { found[String(match.1)] = file }
      if text.contains("extension Diagnostic") || text.contains("var code: String") {
        for match in text.matches(of: listed) { found[String(match.1)] = file }
      }
      for match in text.matches(of: family) {
        for container in ImportError.Container.allCases {
          found["\(container.rawValue).\(match.1)"] = file
        }
      }
    }
    return found
  }()

  @Test("every code in the sources is explained")
  func codes() {
    let found = Self.codesInSources
    #expect(found.count > 250, "\(found.count) codes were found")
    for (code, file) in found.sorted(by: { $0.key < $1.key }) {
      #expect(Explanation.of(code) != nil, "\(code), emitted in \(file), has no explanation")
    }
  }

  @Test("every explained code occurs in the sources")
  func noStaleExplanations() {
    // Written by a signal handler as part of a longer line.
    for code in Explanation.all.map(\.code) where code != "internal.crash" {
      #expect(Self.codesInSources[code] != nil, "\(code) is explained but nothing emits it")
    }
  }

  @Test("codes are sorted and each stands once")
  func order() {
    let codes = Explanation.all.map(\.code)
    #expect(zip(codes, codes.dropFirst()).allSatisfy { $0 < $1 })
    for name in Topic.all.map(\.name) {
      #expect(Topic.all.filter { $0.name == name }.count == 1, "\(name)")
      #expect(Explanation.family(name).isEmpty || Explanation.of(name) == nil)
    }
  }

  @Test("each explanation says more than its title, in lines that fit, and ends in an error")
  func texts() {
    for one in Explanation.all {
      #expect(one.title.count + one.text.count > 70, "\(one.code)")
      for line in one.text.split(separator: "\n") { #expect(line.count <= 110, "\(one.code)") }
      #expect(one.title.count <= 100 && !one.title.hasSuffix("."), "\(one.code)")
      #expect((64...73).contains(one.status.rawValue), "\(one.code)")
    }
    for topic in Topic.all {
      #expect(topic.text.count > 150, "\(topic.name)")
      for line in topic.text.split(separator: "\n") { #expect(line.count <= 110, "\(topic.name)") }
    }
  }

  @Test("a failure ends a command by the code of its first problem")
  func status() {
    #expect(Failure("usage.arguments", "none").status == .usage)
    #expect(Failure("hls.not-a-model", "none").status == .noInput)
    #expect(Failure("no.such-code", "none").status == .badInput)
    let two = Failure(
      Failure("file.not-written", "none").problems + Failure("graph.cycle", "a").problems)
    #expect(two.status == .noOutput)
  }

  @Test("families and entries of documents")
  func entries() throws {
    let family = Explanation.family("npy")
    #expect(!family.isEmpty && family.allSatisfy { $0.code.hasPrefix("npy.") })
    #expect(Explanation.family("np").isEmpty)
    let cycle = try #require(Explanation.of("graph.cycle"))
    #expect(cycle.json(withText: false).members?.map(\.key) == ["code", "title", "exit_code"])
    #expect(cycle.json(withText: true)["text"]?.text == cycle.text)
    #expect(cycle.json(withText: true)["exit_code"] == .integer(65))
    let knee = try #require(Topic.named("knee"))
    #expect(knee.json(withText: false)["exit_code"] == .null)
    #expect(Topic.named("graph.cycle") == nil)
  }
}
