import Documents
import FoundationEssentials
import HWModel
import TestSupport
import Testing

/// Every table at the widths that it was published for.
private enum Published {
  static let folder = SharedData.path("conformance/accel")

  static func tables() throws -> [JSON] {
    try ["energy.json", "energy_additions.json"].flatMap { name in
      let path = try #require(folder) + "/" + name
      let bytes = [UInt8](try Data(contentsOf: URL(filePath: path)))
      return try #require(try JSON(parsing: bytes)["tables"]?.elements)
    }
  }

  static func table(_ prefix: String) throws -> JSON {
    try #require(try tables().first { $0["name"]?.text?.hasPrefix(prefix) ?? false })
  }
}

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

  @Test("units of listed widths, elements by bits, accelerators' own")
  func units() {
    let horowitz = OperationEnergy.horowitz
    #expect(horowitz.product(5, 8) == 0.2 && horowitz.product(9, 3) == 3.1)
    #expect(horowitz.product(64, 64) == 12.4 && horowitz.sum(12) == 0.05)
    #expect(horowitz.sum(64) == 0.2)
    #expect(OperationEnergy.stripes.product(4, 8) * 2 == OperationEnergy.stripes.product(8, 8))
    #expect(OperationEnergy.bitmod.product(3, 16) == OperationEnergy.bitmod.product(4, 16))
    for table in OperationEnergy.allCases {
      #expect(table.product(8, 8) > 0 && table.sum(32) >= 0)
      #expect(OperationEnergy(rawValue: table.rawValue) == table)
    }
  }

  @Test("the published numbers", .enabled(if: Published.folder != nil, "../shared is absent"))
  func published() throws {
    let operations = try #require(try Published.table("Horowitz")["ops"])
    for (key, bits) in [("int8_mul", 8), ("int32_mul", 32)] {
      #expect(operations[key]?.doubleValue == OperationEnergy.horowitz.product(bits, bits))
    }
    for (key, bits) in [("int8_add", 8), ("int32_add", 32)] {
      #expect(operations[key]?.doubleValue == OperationEnergy.horowitz.sum(bits))
    }
    for array in try Published.table("Bit Fusion fusion-unit")["arrays"]?.elements ?? []
    where array["N"]?.doubleValue == 1 && array["M"]?.doubleValue == 1
      && array["max_bits"] == array["min_bits"]
    {
      let bits = try #require(array["max_bits"]?.doubleValue)
      let energy = try #require(array["dynamic_pJ_per_cycle"]?.doubleValue)
      #expect(abs(OperationEnergy.bitfusion.product(Int(bits), 1) - energy) < 1e-9)
    }
    let bitmod = try Published.table("BitMoD")
    let element = bitmod["pe"]?["bitmod_4lane_bit_serial"]?["pJ_per_cycle"]?.doubleValue
    let routed = bitmod["place_and_route_factor"]?.doubleValue
    #expect(OperationEnergy.bitmod.product(8, 16) == (routed ?? 0) * (element ?? 0) * 4 / 4)
    let bbs = try Published.table("BBS")
    let stripes = bbs["pe_pJ_per_cycle"]?["stripes_8way"]?.doubleValue
    #expect(
      OperationEnergy.stripes.product(8, 8)
        == (bbs["place_and_route_factor"]?.doubleValue ?? 0) * (stripes ?? 0))
    for accelerator in try Published.table("ZigZag")["accelerators"]?.members ?? [] {
      let table: OperationEnergy = accelerator.key == "eyeriss_like" ? .zigzagEyeriss : .zigzag
      #expect(accelerator.value["mac_pJ"]?.doubleValue == table.product(8, 8))
    }
  }
}
