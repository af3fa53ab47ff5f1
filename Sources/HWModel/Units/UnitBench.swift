import Arith

/// Golden vectors of a unit, and a bench that holds a simulated module to them.
///
/// Vectors come from `UnitReference`; all operands where they have at most 12 bits, else the
/// smallest and largest codes first and seeded ones after. A clocked unit is cleared every sixteen
/// vectors.
public struct UnitBench: Sendable {
  /// Inputs and the expected output of a vector, most significant first: `clr` of a clocked unit, the
  /// ports in order, the output.
  public let vectors: [String]
  public let isExhaustive: Bool
  /// The bench, which reads `<name>.hex` from the folder in which it runs, prints
  /// `<name>: N vectors, K mismatches` and finishes.
  public let bench: String

  private static let exhaustiveBits = 12

  /// - Parameters:
  ///   - family: the unit.
  ///   - name: of the module, its bench (`<name>_tb`) and its file of vectors.
  ///   - count: how many vectors there are where not every operand is tried.
  ///   - seed: of the operands.
  /// - Throws: what Arith says of a format that it does not have.
  public init(_ family: UnitFamily, name: String, count: Int, seed: UInt64) throws {
    let reference = UnitReference(family)
    let ports = reference.ports
    let operandBits = ports.reduce(0) { $0 + $1.width }
    var generator = SplitMix64(seed: seed)
    let triesAll = !reference.isClocked && operandBits <= Self.exhaustiveBits
    let total = triesAll ? 1 << operandBits : count
    var register = Int512.zero
    var lines: [String] = []
    for index in 0..<total {
      let codes = ports.enumerated().map { place, port -> [UInt64] in
        (0..<port.count).map { element in
          if triesAll {
            let above = ports[..<place].reduce(0) { $0 + $1.width }
            return UInt64(index) >> UInt64(above + element * port.elementBits)
              & Self.mask(port.elementBits)
          }
          return Self.code(port.elementBits, vector: index, &generator)
        }
      }
      let clears = reference.isClocked && index % 16 == 0
      var value = try reference.result(codes)
      if reference.isClocked {
        register = (clears ? .zero : register) + value
        register = register.truncated(toWidth: reference.outputWidth, isSigned: true)
        value = register
      }
      var bits: [Bool] = reference.isClocked ? [clears] : []
      for (port, numbers) in zip(ports, codes) {
        for number in numbers.reversed() {
          bits += (0..<port.elementBits).reversed().map { number >> UInt64($0) & 1 == 1 }
        }
      }
      bits += (0..<reference.outputWidth).reversed().map { value.bit(at: $0) }
      lines.append(Self.hexadecimal(bits))
    }
    isExhaustive = triesAll
    vectors = lines
    bench = Self.bench(reference, name: name, count: total)
  }

  private static func mask(_ bits: Int) -> UInt64 {
    bits >= 64 ? .max : (1 << UInt64(bits)) - 1
  }

  /// All zeros, all ones, the largest and the smallest signed code, then seeded ones, of which every
  /// eighth is an extreme.
  private static func code(
    _ bits: Int, vector: Int, _ generator: inout SplitMix64
  ) -> UInt64 {
    let extremes = [0, mask(bits), mask(bits) >> 1, mask(bits) ^ (mask(bits) >> 1)]
    let random = generator.next()
    if vector < 4 { return extremes[vector] }
    if vector < 16 { return extremes[Int(random % 4)] }
    if random >> 60 < 2 { return extremes[Int(random % 4)] }
    return random & mask(bits)
  }

  private static func hexadecimal(_ bits: [Bool]) -> String {
    let padded = Array(repeating: false, count: (4 - bits.count % 4) % 4) + bits
    return stride(from: 0, to: padded.count, by: 4).map { start in
      let digit = padded[start..<(start + 4)].reduce(0) { 2 * $0 + ($1 ? 1 : 0) }
      return String(digit, radix: 16)
    }.joined()
  }

  private static func bench(_ reference: UnitReference, name: String, count: Int) -> String {
    let output = reference.outputWidth
    let width =
      reference.ports.reduce(output) { $0 + $1.width } + (reference.isClocked ? 1 : 0)
    var high = width - 1
    var connections: [String] = []
    if reference.isClocked {
      connections += [".clk(clk)", ".clr(vector[\(high)])"]
      high -= 1
    }
    for port in reference.ports {
      connections.append(".\(port.name)(vector[\(high):\(high - port.width + 1)])")
      high -= port.width
    }
    connections.append(".y(y)")
    return """
      `timescale 1ns/1ns
      module \(name)_tb;
        reg [\(width - 1):0] vectors [0:\(count - 1)];
        reg [\(width - 1):0] vector;
        reg clk;
        wire [\(output - 1):0] y;
        integer i, mismatches;
        \(name) unit (\(connections.joined(separator: ", ")));
        initial begin
          $readmemh("\(name).hex", vectors);
          mismatches = 0;
          clk = 0;
          for (i = 0; i < \(count); i = i + 1) begin
            vector = vectors[i];
            #1 clk = 1;
            #1 if (y !== vector[\(output - 1):0]) begin
              mismatches = mismatches + 1;
              if (mismatches <= 5)
                $display("\(name): vector %0d: %h, expected %h", i, y, vector[\(output - 1):0]);
            end
            clk = 0;
            #1 ;
          end
          $display("\(name): \(count) vectors, %0d mismatches", mismatches);
          $finish;
        end
      endmodule

      """
  }
}
