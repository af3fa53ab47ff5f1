import Arith
import HWModel
import QuantGraph
import Schedules
import TestSupport
import Testing

@Suite("arrays that take both operands plane by plane")
struct PlaneArrayTests {
  private let families = DeviceFamilies([BitSerialFamily()])

  private func device(_ id: String) throws -> BitSerialDevice {
    let description = try #require(try families.library.description(named: id))
    return try #require(try families.device(description) as? BitSerialDevice)
  }

  /// One linear layer as a phase of its own.
  private func schedule(
    _ device: BitSerialDevice, rows: Int, outputs: Int, inputs: Int, _ bits: TransformerBits
  ) throws -> Schedule {
    let product = TransformerWorkload.Product(
      name: "fc", kind: .linear, role: .weights, m: rows, n: outputs, k: inputs, count: 1,
      macs: rows * outputs * inputs)
    let phase = TransformerWorkload.Phase(
      name: "prefill", tokens: rows, context: rows, products: [product])
    let workload = TransformerWorkload(
      family: "test", batch: 1, sequence: rows, parameters: 0, phases: [phase], cache: [])
    return try device.schedule(phase, of: workload, bits: bits)
  }

  /// Cycles of computing and of DRAM.
  private func parts(_ schedule: Schedule) throws -> (compute: Double, dram: Double) {
    let term = try #require(schedule.steps.first?.terms[.cycles])
    #expect(term.parts.count == 2)
    return (term.parts[0].value, term.parts[1].value)
  }

  /// `doc/platforms.md` of the overlay: 6.5 and 15 binary TOPS; its README says 15.4.
  @Test(
    "published peaks",
    arguments: [("bismo@pynq-z1", 8, 6.5536e12), ("bismo@ultra96", 10, 15.36e12)])
  func peak(id: String, size: Int, operations: Double) throws {
    let device = try device(id)
    let (rows, outputs, inputs) = (size * 6, size * 5, 256 * 7)
    let one = try schedule(
      device, rows: rows, outputs: outputs, inputs: inputs, .init(weights: 1, activations: 1))
    let seconds = try parts(one).compute / (try #require(one.clockHz))
    #expect(abs(Double(2 * rows * outputs * inputs) / seconds / operations - 1) < 1e-12)
  }

  @Test("cycles are those of walking over planes and tiles; time is the slower stage")
  func definition() throws {
    let device = try device("bismo@pynq-z1")
    var generator = SplitMix64(seed: 5)
    for _ in 0..<40 {
      let rows = 1 + generator.draw(below: 40)
      let outputs = 1 + generator.draw(below: 40)
      let inputs = 1 + generator.draw(below: 1500)
      let (w, a) = (1 + generator.draw(below: 8), 1 + generator.draw(below: 8))
      var cycles = 0
      for _ in 0..<w * a {
        for _ in stride(from: 0, to: rows, by: 8) {
          for _ in stride(from: 0, to: outputs, by: 8) {
            for _ in stride(from: 0, to: inputs, by: 256) { cycles += 1 }
          }
        }
      }
      let made = try schedule(
        device, rows: rows, outputs: outputs, inputs: inputs, .init(weights: w, activations: a))
      let found = try parts(made)
      #expect(found.compute == Double(cycles))
      // Both operands fit their buffers: everything moves once.
      func bytes(_ bits: Int) -> Int { (inputs * bits + 7) / 8 }
      let moved = bytes(w) * outputs + bytes(a) * rows + rows * outputs * 4
      #expect(made.cost["dram_bytes"]?.value == Double(moved))
      #expect(found.dram == Double((moved * 8 + 63) / 64))
      #expect(made.cost["cycles"]?.value == max(found.compute, found.dram))
    }
  }

  @Test("operands beyond the buffers come again; energy is the board's power, where it is stated")
  func traffic() throws {
    let board = try device("bismo@ultra96")
    let bits = TransformerBits(weights: 4, activations: 4)
    let made = try schedule(board, rows: 4096, outputs: 4096, inputs: 4096, bits)
    let once = Double(4096 * 4096 / 2 * 2 + 4096 * 4096 * 4)
    #expect((made.cost["dram_bytes"]?.value ?? 0) > once)
    let seconds = try #require(made.cost["latency_seconds"]?.value)
    let energy = try #require(made.cost["energy_joules"]?.value)
    #expect(abs(energy / (8 * seconds) - 1) < 1e-12)
    let other = try schedule(
      try device("bismo@pynq-z1"), rows: 8, outputs: 8, inputs: 8, bits)
    #expect(other.cost["energy_joules"] == nil && other.notes.contains { $0.contains("energy") })
    #expect(throws: DeviceProblems.self) {
      try schedule(board, rows: 8, outputs: 8, inputs: 8, .init(weights: 0, activations: 1))
    }
  }
}
