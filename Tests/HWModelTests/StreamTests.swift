import Arith
import HWModel
import QuantGraph
import Synchronization
import TestSupport
import Testing

@Suite("Streams of samples")
struct StreamTests {
  private struct Broken: Error, Equatable { let place: Int }

  /// Negates eight numbers.
  private static func plan() throws -> Plan {
    let shape = try Shape([1, 8])
    let tensors = ["x", "y"].map {
      Tensor(name: $0, shape: shape, encoding: .float(.float32), constant: nil)
    }
    let graph = try Graph(
      name: "negate", tensors: tensors,
      nodes: [
        Node(
          name: "n", operation: .unary(.negate), inputs: [TensorID(0)], outputs: [TensorID(1)])
      ], inputs: [TensorID(0)], outputs: [TensorID(1)])
    return try Plan(graph, on: ONNXReferenceDatapath())
  }

  /// Streams batches of changing sizes; fails while it reads or stores batch `place`.
  private static func run(
    threads: Int, batches: Int, failing: (isReading: Bool, place: Int)? = nil
  ) throws -> (stored: [Float], firsts: [Int], error: Broken?) {
    let runner = BatchRunner(try plan(), threads: threads)
    let stored = Mutex<(numbers: [Float], firsts: [Int])>(([], []))
    let read = Mutex(0)
    var found: Broken?
    do throws(Broken) {
      try runner.stream(failure: { _ in Broken(place: -1) }) {
        (_, done) throws(Broken) in
        let turn = read.withLock { turn in
          defer { turn += 1 }
          return turn
        }
        if let failing, failing.isReading, failing.place == turn { throw Broken(place: turn) }
        let count = turn < batches ? turn % 7 + 1 : 0
        return BatchRunner.Batch(
          inputs: [.values((0..<count * 8).map { Double(done * 8 + $0) })], count: count)
      } collect: { runner, used in
        guard case .float32(let numbers)? = runner.elements(of: TensorID(1), count: used) else {
          return [Float]()
        }
        return numbers
      } store: { (batch, parts, done) throws(Broken) in
        let turn = stored.withLock { $0.firsts.count }
        if let failing, !failing.isReading, failing.place == turn { throw Broken(place: turn) }
        stored.withLock {
          $0.firsts.append(done)
          $0.numbers += parts.flatMap(\.self)
        }
      }
    } catch {
      found = error
    }
    return stored.withLock { ($0.numbers, $0.firsts, found) }
  }

  @Test("batches are stored in their order, whatever the number of threads", arguments: [1, 2, 5])
  func order(threads: Int) throws {
    let batches = 300
    let (numbers, firsts, error) = try Self.run(threads: threads, batches: batches)
    let sizes = (0..<batches).map { $0 % 7 + 1 }
    #expect(error == nil)
    #expect(firsts == sizes.indices.map { sizes[..<$0].reduce(0, +) })
    #expect(numbers == (0..<sizes.reduce(0, +) * 8).map { -Float($0) })
  }

  @Test("the first failure ends it, and nothing is stored after it", arguments: [1, 2, 5])
  func failure(threads: Int) throws {
    for (isReading, place) in [(true, 0), (true, 40), (false, 0), (false, 17)] {
      let (_, firsts, error) = try Self.run(
        threads: threads, batches: 100, failing: (isReading, place))
      #expect(error == Broken(place: place))
      #expect(firsts.count == place)
    }
  }

  @Test("no samples, no results")
  func empty() throws {
    let (numbers, firsts, error) = try Self.run(threads: 2, batches: 0)
    #expect(numbers.isEmpty && firsts.isEmpty && error == nil)
  }
}
