import Arith
import FoundationEssentials
import Importers
import TestSupport
import Testing

/// Reads shared reference data; every failure to read is a test failure.
enum Reference {
  static func path(_ relative: String) throws -> String {
    try #require(SharedData.path("conformance/" + relative))
  }

  static func arrays(_ relative: String) throws -> NamedArrays {
    try NPZ.read(path(relative))
  }

  static func json<Value: Decodable>(_ relative: String, as: Value.Type) throws -> Value {
    // Python writes the word NaN, which JSON does not have.
    let text = try String(contentsOfFile: path(relative), encoding: .utf8)
      .replacing("NaN", with: "null")
    return try JSONDecoder().decode(Value.self, from: Data(text.utf8))
  }
}

extension NamedArrays {
  func integers(_ name: String) throws -> [Int64] {
    let array = try #require(self[name], "no array \(name)")
    return try #require(array.integers(), "\(name) has no integers")
  }

  func doubles(_ name: String) throws -> [Double] {
    let array = try #require(self[name], "no array \(name)")
    return try #require(array.doubles(), "\(name) has no numbers")
  }
}

/// Compares many values and reports the first differences only, so that a broken rule does not
/// print a million lines.
struct Tally {
  private(set) var compared = 0
  private(set) var wrong = 0

  mutating func expect(_ isEqual: Bool, _ message: @autoclosure () -> String) {
    compared += 1
    guard !isEqual else { return }
    wrong += 1
    if wrong <= 10 { Issue.record("\(message())") }
  }

  func finish(_ name: String) {
    #expect(wrong == 0, "\(name): \(wrong) of \(compared) differ")
    #expect(compared > 0, "\(name): nothing was compared")
  }
}

/// Steps through long arrays: everything under `HWSIM_SWEEP=1`, else a part that keeps its phase odd.
let stride = sweep ? 1 : 7
