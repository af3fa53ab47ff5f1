import Arith
import QuantGraph

/// Operators with state.
extension TFLiteOperatorContext {
  /// UNIDIRECTIONAL_SEQUENCE_LSTM.
  ///
  /// Source: the order of operands in TensorFlow Lite, `kernels/lstm_shared.h`.
  mutating func lstm() throws(TFLiteKind) {
    guard try option(0, absent: Int8(0)) == 4 else {
      throw TFLiteKind(.unsupportedOption("an LSTM whose activation is not tanh"))
    }
    guard try !flag(5) else {
      throw TFLiteKind(.unsupportedOption("diagonal recurrent weights"))
    }
    var roles: [LSTM.Operand] = [.data]
    let gates = LSTM.Gate.allCases
    roles += gates.map { .inputWeights($0) }
    roles += gates.map { .recurrentWeights($0) }
    roles += [.peephole(.input), .peephole(.forget), .peephole(.output)]
    roles += gates.map { .bias($0) }
    roles += [.projectionWeights, .projectionBias, .hiddenState, .cellState]
    roles += gates.map { .normalization($0) }
    guard record.inputs.count <= roles.count else {
      throw TFLiteKind(.operand("an LSTM has at most \(roles.count) operands"))
    }
    var operands: [LSTM.Operand] = []
    var inputs: [Int] = []
    for (position, role) in roles.enumerated() {
      guard let index = optional(position) else { continue }
      operands.append(role)
      inputs.append(index)
    }
    guard let hidden = optional(18), let cell = optional(19) else {
      throw TFLiteKind(.operand("an LSTM has a hidden and a cell state"))
    }
    // The last intermediate describes output * tanh(cell) before the projection.
    let intermediates = record.intermediates
    guard intermediates.allSatisfy({ $0 < tensorCount && $0 >= 0 }) else {
      throw TFLiteKind(.operand("an intermediate is no tensor"))
    }
    let encodings = intermediates.map { tensor($0).encoding }
    let operation = LSTM(
      operands: operands, isTimeMajor: try flag(3), cellClip: try real(1),
      projectionClip: try real(2),
      gateEncodings: encodings.count == 5 ? Array(encodings.prefix(4)) : [],
      hiddenEncoding: encodings.count == 5 ? encodings[4] : nil)
    let nextHidden = try advance(hidden)
    let nextCell = try advance(cell)
    emit(.lstm(operation), inputs, record.outputs + [nextHidden, nextCell])
  }

  mutating func svdf() throws(TFLiteKind) {
    let state = try operand(4)
    let next = try advance(state)
    let operation = SVDF(rank: try option(0, absent: Int32(0)), range: try fusedRange(1))
    let inputs = [try operand(0), try operand(1), try operand(2)]
    emit(
      .svdf(operation), inputs + [optional(3)].compactMap { $0 } + [state],
      record.outputs + [next])
  }
}
