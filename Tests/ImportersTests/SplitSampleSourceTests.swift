import Importers
import QuantGraph
import TestSupport
import Testing

@Suite("Several tensors in one row")
struct SplitSampleSourceTests {
  private static func sources(_ text: String, lines: Int) throws -> [any SampleSource] {
    let folder = try TemporaryFolder()
    let path = try folder.write(Array(text.utf8), to: "csim_results.log")
    let rows = try ArrayInput(path: path, linesPerSample: lines).rows()
    return try SplitSampleSource.sources(
      rows, path: path, tensors: [("a", [2]), ("b", [1, 3])])
  }

  private static func numbers(_ values: TensorValues) -> [Double] {
    if case .printed(let numbers, digits: _) = values { numbers } else { [] }
  }

  // Output a of two values and output b of three, for five samples, as a test bench prints them.
  private static let samples = (0..<5).map { sample in (0..<5).map { Double(sample * 10 + $0) } }

  private static func log(separator: String) -> String {
    samples.map { values in
      let words = values.map { "\(Int($0))" }
      return words[..<2].joined(separator: " ") + separator + words[2...].joined(separator: " ")
    }.joined(separator: "\n") + "\n"
  }

  @Test("each tensor gets its part, whether on a line of its own or not", arguments: [1, 2])
  func parts(lines: Int) throws {
    let sources = try Self.sources(Self.log(separator: lines == 1 ? " " : "\n"), lines: lines)
    #expect(Self.numbers(try sources[0].next(9)) == Self.samples.flatMap { $0[..<2] })
    #expect(Self.numbers(try sources[1].next(9)) == Self.samples.flatMap { $0[2...] })
    for source in sources { #expect(try source.next(9).count == 0) }
  }

  @Test("tensors may be read at different speeds")
  func speeds() throws {
    let sources = try Self.sources(Self.log(separator: "\n"), lines: 2)
    var read: [[Double]] = [[], []]
    // Pairs of (tensor, samples wanted): b runs ahead, then behind.
    for (index, count) in [(1, 2), (0, 1), (1, 2), (0, 3), (0, 4), (1, 9), (0, 9), (1, 9)] {
      read[index] += Self.numbers(try sources[index].next(count))
    }
    while true {
      let rest = try sources.map { Self.numbers(try $0.next(1)) }
      if rest.allSatisfy(\.isEmpty) { break }
      for (index, numbers) in rest.enumerated() { read[index] += numbers }
    }
    #expect(read[0] == Self.samples.flatMap { $0[..<2] })
    #expect(read[1] == Self.samples.flatMap { $0[2...] })
  }

  @Test("rows of another length are refused")
  func length() throws {
    #expect(throws: Diagnostic.self) { try Self.sources("1 2 3 4\n", lines: 1) }
  }
}
