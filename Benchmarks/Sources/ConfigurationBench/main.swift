// Time of one inspection of a transformer's configuration, from its bytes to shapes, work and caches,
// and of the graph of its last pass: `swift run -c release ConfigurationBench CONFIG...`. The first
// number is the first inspection of the process, which a command waits for; give one CONFIG to have it.
import FoundationEssentials
import Importers

func milliseconds(_ work: () throws -> Void) rethrows -> Double {
  let clock = ContinuousClock()
  let start = clock.now
  try work()
  let (seconds, rest) = (clock.now - start).components
  return Double(seconds) * 1e3 + Double(rest) * 1e-15
}

func words(_ value: Double) -> String { "\((value * 1000).rounded() / 1000) ms" }

for path in CommandLine.arguments.dropFirst() {
  let bytes = [UInt8](try Data(contentsOf: URL(filePath: path)))
  var passes: [String] = []
  func inspect() throws {
    let configuration = try TransformerConfiguration(parsing: bytes)
    let shapes = try configuration.shapes(.init(sizes: ["batch": 1]))
    passes = shapes.workload.phases.map(\.name)
  }
  let first = try milliseconds(inspect)
  let later = try (0..<50).map { _ in try milliseconds(inspect) }.sorted()
  let graph = try milliseconds {
    _ = try TransformerConfiguration(parsing: bytes).graph(phase: passes.last ?? "")
  }
  print("\(path): first \(words(first)), median \(words(later[25])), graph \(words(graph))")
}
