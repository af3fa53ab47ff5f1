import Arith
import QuantGraph
import Testing

/// Stored weights cut to fewer bits.
@Suite struct BitSwitchTests {
  /// `x [2] -> y [3]` with int8 weights, scales one a column, and an int32 bias.
  private func graph(weights: [Int8], zeroPoint: Int64 = 0) throws -> Graph {
    func affine(_ width: Int, _ scales: [Double] = [1], axis: Int? = nil) throws -> Encoding {
      .affine(
        try AffineFormat(
          width: width, isSigned: true, scales: scales,
          zeroPoints: zeroPoint == 0 ? [] : [zeroPoint], axis: axis))
    }
    let tensors = [
      Tensor(name: "x", shape: [1, 2], encoding: try affine(8, [0.5])),
      Tensor(
        name: "w", shape: [2, 3], encoding: try affine(8, [0.25, 0.5, 0.125], axis: 1),
        constant: .int8(weights)),
      Tensor(
        name: "b", shape: [3], encoding: try affine(32), constant: .int32([1000, -24, 8])),
      Tensor(name: "y", shape: [1, 3], encoding: try affine(8, [0.75])),
    ]
    return try Graph(
      name: "g", tensors: tensors,
      nodes: [
        Node(
          name: "fc", operation: .matMul(MatMul()),
          inputs: [TensorID(0), TensorID(1), TensorID(2)], outputs: [TensorID(3)])
      ], inputs: [TensorID(0)], outputs: [TensorID(3)])
  }

  @Test("codes are rounded and clipped, scales grow by the dropped bits, the bias follows")
  func cut() throws {
    // 8 -> 4 bits: divided by 16. 127 / 16 rounds to 8 and is clipped to 7; 24 / 16 and 40 / 16 are
    // ties, to even; -8 / 16 is a tie, to 0.
    let graph = try graph(weights: [127, -128, 24, 40, -8, 7])
    let cut = try graph.switchingBits(of: [TensorID(1): 4])
    #expect(cut[TensorID(1)].constant == .int8([7, -8, 2, 2, 0, 0]))
    guard case .affine(let format) = cut[TensorID(1)].encoding else {
      Issue.record("the weights are no integers")
      return
    }
    #expect(format.width == 4 && format.scales == [4, 8, 2] && format.axis == 1)
    // 1000 / 16 = 62.5, a tie, to even; -24 / 16 = -1.5, to -2; 8 / 16 = 0.5, to 0.
    #expect(cut[cut.nodes[0].inputs[2]].constant == .int32([62, -2, 0]))
    #expect(graph[TensorID(1)].constant == .int8([127, -128, 24, 40, -8, 7]))
  }

  @Test("ties go where they are told", arguments: TieRule.allCases)
  func ties(rule: TieRule) throws {
    let graph = try graph(weights: [8, -8, 24, -24, 40, -40])
    let cut = try graph.switchingBits(of: [TensorID(1): 4], ties: rule)
    let expected: [Int8] =
      switch rule {
      case .halfEven: [0, 0, 2, -2, 2, -2]
      case .halfUp: [1, 0, 2, -1, 3, -2]
      case .halfAway: [1, -1, 2, -2, 3, -3]
      }
    #expect(cut[TensorID(1)].constant == .int8(expected))
  }

  @Test("every code of 8 bits at every width: nearest, and the same as cutting in two steps' range")
  func exhaustive() throws {
    for width in 2...8 {
      for first in stride(from: -128, through: 122, by: 6) {
        let codes = (first..<first + 6).map { Int8(clamping: $0) }
        let cut = try graph(weights: codes).switchingBits(of: [TensorID(1): width])
        guard case .int8(let found)? = cut[TensorID(1)].constant else { continue }
        let step = 1 << (8 - width)
        for (code, value) in zip(codes, found) {
          let top = (1 << (width - 1)) - 1
          #expect((-top - 1...top).contains(Int(value)))
          if Int(value) != top { #expect(abs(Int(value) * step - Int(code)) * 2 <= step) }
        }
      }
    }
  }

  @Test("tensors that cannot be cut are named")
  func refused() throws {
    let graph = try graph(weights: [1, 2, 3, 4, 5, 6])
    for (tensor, width) in [(0, 4), (1, 9), (1, 1), (9, 4), (2, 8)] {
      #expect(throws: GraphProblems.self) {
        try graph.switchingBits(of: [TensorID(tensor): width])
      }
    }
    let shifted = try self.graph(weights: [1, 2, 3, 4, 5, 6], zeroPoint: 3)
    #expect(throws: GraphProblems.self) { try shifted.switchingBits(of: [TensorID(1): 4]) }
  }
}
