import HWModel
import Testing

/// The tables at the widths that they were made from (`conformance/accel/energy.json`).
@Suite("Energy of operations by published tables")
struct OperationEnergyTests {
  @Test("QTools is Horowitz's table at 8 and 32 bits, Aladdin's units are of 32")
  func widths() {
    func isNear(_ a: Double, _ b: Double) -> Bool { abs(a - b) < 0.005 * b }
    let qkeras = OperationEnergy.qkeras
    #expect(isNear(qkeras.product(8, 8), 0.2) && isNear(qkeras.product(32, 32), 3.1))
    #expect(isNear(qkeras.sum(32), 0.1) && qkeras.product(3, 8) == qkeras.product(8, 8))
    let aladdin = OperationEnergy.aladdin
    #expect(isNear(aladdin.product(32, 32), 12.68) && isNear(aladdin.sum(32), 0.21))
    #expect(isNear(aladdin.product(16, 8), 12.68 / 8))
    let term = qkeras.term(macs: 1000, weights: 8, data: 8, accumulator: 32)
    #expect(isNear(term.value, 1000 * 0.3e-12))
  }
}
