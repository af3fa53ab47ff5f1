import Documents
import FoundationEssentials
import HWModel
import Schedules
import TestSupport
import Testing

/// Rows of synthesis reports (`conformance/fpga/rows.json`) as the rules take them.
enum FabricReports {
  static let path = SharedData.path("conformance/fpga/rows.json")
  static let isThere = path != nil

  private static let parsed = Result {
    let bytes = [UInt8](try Data(contentsOf: URL(filePath: try #require(path))))
    return try #require(try JSON(parsing: bytes)["rows"]?.elements)
  }

  /// Parsed once for all tests.
  static func rows() throws -> [JSON] { try parsed.get() }

  /// The shipped target of a row's part and tool, without the build's last number.
  static func target(_ row: JSON) throws -> FabricTarget {
    let words = (row["tool"]?.text ?? "").split(separator: " ")
    let tool = words[0].replacing("_hls", with: "")
    let version = words[1].split(separator: ".").prefix(2).joined(separator: ".")
    let families = ["zynq": "xc7z020", "artix7": "xc7a35t", "virtex7": "xc7vx690t"]
    let part =
      row["part"]?.text?.split(separator: "-").first.map(String.init)
      ?? families[row["family"]?.text ?? ""] ?? "xcvu9p"
    return try target("\(part)+\(tool)-\(version)")
  }

  static func target(_ name: String) throws -> FabricTarget {
    let description = try DeviceFamilies.shipped.library.description(named: name)
    return try FabricTarget(try #require(description, "no target '\(name)'"))
  }

  /// Width and fraction bits of `ap_fixed<16,6>`; nil for other types.
  static func format(_ text: String?) -> FabricMatrix.Format? {
    guard let text, let open = text.firstIndex(of: "<") else { return nil }
    let numbers = text[text.index(after: open)...].split(whereSeparator: { ",>".contains($0) })
    guard let bits = numbers.first.flatMap({ Int($0) }) else { return nil }
    let integer = numbers.count > 1 ? Int(numbers[1]) ?? bits : bits
    return .init(bits: bits, fraction: bits - integer)
  }

  /// The weights of a layer in Latency strategy, as counted in the row; nil where they are not.
  static func products(_ row: JSON) -> ConstantProducts? {
    guard let counts = row["weights"], let layer = row["layer"], let statistics = layer["wstat"],
      let products = counts["distinct_input_weight_csd3plus"]?.int,
      let data = format(layer["in_t"]?.text), let weight = format(layer["weight_t"]?.text)
    else { return nil }
    // Widths of products as the report has them; without those all are as wide as the type.
    var byBits = Array(repeating: 0, count: weight.bits + 1)
    var listed = 0
    for product in row["muls"]?.elements ?? [] {
      let cells = product.elements ?? []
      guard cells.count == 6, let a = cells[1].int, let b = cells[2].int, let count = cells[5].int
      else { continue }
      let bits = min(a == data.bits ? b : a, weight.bits)
      byBits[bits] += count
      listed += count
    }
    if listed != products {
      byBits = byBits.map { _ in 0 }
      byBits[weight.bits] = products
    }
    var odd = 0
    for member in statistics["oddbits"]?.members ?? [] {
      odd += (Int(member.key) ?? 0) * (member.value.int ?? 0)
    }
    return ConstantProducts(
      weights: statistics["n"]?.int ?? 0, zeros: counts["zeros"]?.int ?? 0,
      wires: counts["pow2"]?.int ?? 0, sums: counts["csd2"]?.int ?? 0,
      distinctSums: counts["distinct_input_weight_csd2"]?.int ?? 0,
      distinctProductsByBits: byBits, oddBits: odd, deepestSum: deepest(layer, counts))
  }

  /// The rows do not say how many weights the fullest output has: the expected largest of normal
  /// counts with the layer's share of zeros (1.87 deviations of 20 outputs).
  private static func deepest(_ layer: JSON, _ counts: JSON) -> Double {
    guard let inputs = layer["n_in"]?.doubleValue, let outputs = layer["n_out"]?.doubleValue,
      let zeros = counts["zeros"]?.doubleValue
    else { return 0 }
    let share = 1 - zeros / (inputs * outputs)
    return inputs * share + 1.87 * (inputs * share * (1 - share)).squareRoot()
  }

  static func binding(_ row: JSON) -> ProductBinding {
    switch row["op_impl"]?.text {
    case "mul=dsp": .dsp
    case "mul=fabric": .fabric
    default: .tool
    }
  }
}

extension JSON {
  /// A number without a fraction.
  var int: Int? { doubleValue.flatMap { Int(exactly: $0.rounded()) } }
}

/// How many predictions were right, and how far off they were.
struct Tally {
  private(set) var errors: [Double] = []
  private(set) var exact = 0
  private(set) var near = 0
  private(set) var misses: [String] = []

  /// Counts a prediction; `isNear` says whether a difference counts as right.
  mutating func add(
    _ predicted: Double, _ reported: Double, isNear: (Double) -> Bool = { $0 <= 1 }, _ name: String
  ) {
    let difference = abs(predicted - reported)
    if difference == 0 { exact += 1 }
    if isNear(difference) { near += 1 } else { misses.append("\(name): \(predicted), \(reported)") }
    errors.append(reported == 0 ? (predicted == 0 ? 0 : 1) : difference / reported)
  }

  var count: Int { errors.count }
  var exactShare: Double { Double(exact) / Double(max(count, 1)) }
  var nearShare: Double { Double(near) / Double(max(count, 1)) }
  /// Mean relative error in percent.
  var meanPercent: Double { 100 * errors.reduce(0, +) / Double(max(count, 1)) }
  var medianPercent: Double { errors.isEmpty ? 0 : 100 * errors.sorted()[count / 2] }

  func report(_ name: String) -> String {
    func one(_ value: Double) -> Double { (value * 10).rounded() / 10 }
    return
      "\(name): \(exact) exact, \(near) near of \(count); mean \(one(meanPercent)) %, median "
      + "\(one(medianPercent)) %"
  }
}
