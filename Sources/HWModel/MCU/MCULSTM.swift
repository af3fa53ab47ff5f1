import Arith
import QuantGraph

/// An LSTM cell with 8-bit data and weights, 16-bit gates and a 16-bit cell state.
///
/// Gates are sums of two matrix products, each requantized to 12 fraction bits. The full runtime
/// evaluates sigmoid and tanh in 16-bit gemmlowp arithmetic, the micro runtime by a table. Source:
/// TensorFlow Lite, `kernels/lstm_eval.cc` (`LstmStepInteger8x8_16`); TensorFlow Lite Micro,
/// `kernels/lstm_eval.h`, `lstm_eval_general.cc`.
struct MCULSTM: NodeKernel {
  struct Gate: Sendable {
    /// `[cells][inputs]` and `[cells][outputs]`.
    let inputWeights: [Int8]
    let recurrentWeights: [Int8]
    /// Biases with the zero points' shares, one a cell.
    let inputBias: [Int32]
    let recurrentBias: [Int32]
    let inputScale: QuantizedMultiplier
    let recurrentScale: QuantizedMultiplier
  }

  let isMicro: Bool
  let batch: Int
  let time: Int
  let isTimeMajor: Bool
  let inputs: Int
  let cells: Int
  let gates: [LSTM.Gate: Gate]
  /// Exponent of the cell state's scale, a power of two.
  let cellExponent: Int
  /// Bound of the cell state's codes; 0 for none.
  let cellClip: Int16
  let hiddenScale: QuantizedMultiplier
  let hiddenZero: Int32
  /// Buffers of data, hidden and cell state among the node's computed operands.
  let dataBuffer: Int
  let hiddenBuffer: Int
  let cellBuffer: Int

  func scratchBytes(lanes: Int) -> Int { batch * cells * 2 * 5 }

  func run(_ operands: KernelOperands) {
    let data = operands.inputs[dataBuffer].elements(as: Int8.self)
    let result = operands.outputs[0].elements(as: Int8.self)
    let hidden = operands.outputs[1].elements(as: Int8.self)
    let cell = operands.outputs[2].elements(as: Int16.self)
    _ = hidden.update(
      fromContentsOf: operands.inputs[hiddenBuffer].elements(as: Int8.self)[..<(batch * cells)])
    _ = cell.update(
      fromContentsOf: operands.inputs[cellBuffer].elements(as: Int16.self)[..<(batch * cells)])
    let scratch = operands.scratch.memory.assumingMemoryBound(to: Int16.self)
    var values: [LSTM.Gate: UnsafeMutableBufferPointer<Int16>] = [:]
    for (position, gate) in LSTM.Gate.allCases.enumerated() {
      values[gate] = UnsafeMutableBufferPointer(
        start: scratch + position * batch * cells, count: batch * cells)
    }
    guard let input = values[.input], let forget = values[.forget], let modulation = values[.cell],
      let output = values[.output]
    else { return }
    for step in 0..<time {
      for sample in 0..<batch {
        let row = isTimeMajor ? step * batch + sample : sample * time + step
        let source = UnsafeBufferPointer(
          rebasing: data[(row * inputs)..<((row + 1) * inputs)])
        for gate in LSTM.Gate.allCases {
          guard let parameters = gates[gate], let target = values[gate] else { continue }
          evaluate(
            gate, parameters, source, hidden: hidden, sample: sample, into: target)
        }
        for index in (sample * cells)..<((sample + 1) * cells) {
          cell[index] = nextCell(
            cell[index], input: input[index], forget: forget[index],
            modulation: modulation[index])
        }
        for index in 0..<cells {
          let position = sample * cells + index
          let code = nextHidden(cell[position], output: output[position])
          hidden[position] = code
          result[row * cells + index] = code
        }
      }
    }
  }

  private func evaluate(
    _ kind: LSTM.Gate, _ gate: Gate, _ data: UnsafeBufferPointer<Int8>,
    hidden: UnsafeMutableBufferPointer<Int8>, sample: Int,
    into target: UnsafeMutableBufferPointer<Int16>
  ) {
    for index in 0..<cells {
      var sum = gate.inputBias[index]
      for position in 0..<inputs {
        sum &+= Int32(data[position]) &* Int32(gate.inputWeights[index * inputs + position])
      }
      let fromInput = Int16(clamping: gate.inputScale.appliedRoundingTwice(to: sum))
      sum = gate.recurrentBias[index]
      for position in 0..<cells {
        sum &+=
          Int32(hidden[sample * cells + position])
          &* Int32(gate.recurrentWeights[index * cells + position])
      }
      let recurrent = gate.recurrentScale.appliedRoundingTwice(to: sum)
      let bounded = isMicro ? Int32(Int16(clamping: recurrent)) : recurrent
      let value = Int16(clamping: Int64(fromInput) + Int64(bounded))
      target[sample * cells + index] =
        kind == .cell ? tanh(value, integerBits: 3) : sigmoid(value)
    }
  }

  private func sigmoid(_ value: Int16) -> Int16 {
    isMicro
      ? Int16(truncatingIfNeeded: SixteenBitFunctions.sigmoid(Int32(value), 3, 0))
      : FixedPoint16.logistic(value, integerBits: 3)
  }

  private func tanh(_ value: Int16, integerBits: Int) -> Int16 {
    guard isMicro else { return FixedPoint16.tanh(value, integerBits: integerBits) }
    // The table takes steps of 2^-12; other scales shift by their distance from it.
    let shift = integerBits - 3
    return Int16(
      truncatingIfNeeded: shift >= 0
        ? SixteenBitFunctions.tanh(Int32(value), 3 << Int32(shift), 0)
        : SixteenBitFunctions.tanh(Int32(value), 3, -shift))
  }

  private func nextCell(_ cell: Int16, input: Int16, forget: Int16, modulation: Int16) -> Int16 {
    let kept: Int16
    let added: Int16
    if isMicro {
      let keep = QuantizedMultiplier(0x1p-15)
      let add = QuantizedMultiplier(
        Double(sign: .plus, exponent: -30 - cellExponent, significand: 1))
      kept = Int16(clamping: keep.appliedRoundingTwice(to: Int32(forget) * Int32(cell)))
      added = Int16(clamping: add.appliedRoundingTwice(to: Int32(input) * Int32(modulation)))
    } else {
      kept = Int16(
        truncatingIfNeeded: RoundingShift.divideByPOT(Int32(forget) * Int32(cell), 15))
      added = Int16(
        truncatingIfNeeded: RoundingShift.divideByPOT(
          Int32(input) * Int32(modulation), 30 + cellExponent))
    }
    let sum = Int16(clamping: Int32(kept) + Int32(added))
    return cellClip > 0 ? min(max(sum, -cellClip), cellClip) : sum
  }

  private func nextHidden(_ cell: Int16, output: Int16) -> Int8 {
    let activated = tanh(cell, integerBits: 15 + cellExponent)
    let scaled = hiddenScale.appliedRoundingTwice(to: Int32(output) * Int32(activated))
    return Int8(clamping: Int64(scaled) + Int64(hiddenZero))
  }
}

/// A rank-limited filter with 8-bit data, 16-bit state and time weights.
///
/// Source: TensorFlow Lite, `kernels/internal/reference/svdf.h`, `EvalIntegerSVDF`.
struct MCUSVDF: NodeKernel {
  let batch: Int
  let inputs: Int
  let filters: Int
  let memory: Int
  let rank: Int
  let featureWeights: [Int8]
  /// 16-bit, or 8-bit widened.
  let timeWeights: [Int16]
  let bias: [Int32]
  let dataZero: Int32
  let featureScale: QuantizedMultiplier
  let requantizer: Requantizer
  let stateBuffer: Int
  /// Whether the state is kept in 8 bits (the micro runtime's second form).
  let hasNarrowState: Bool

  func run(_ operands: KernelOperands) {
    if hasNarrowState {
      run(operands, as: Int8.self)
    } else {
      run(operands, as: Int16.self)
    }
  }

  private func run<State: FixedWidthInteger & BitwiseCopyable>(
    _ operands: KernelOperands, as type: State.Type
  ) {
    let data = operands.inputs[0].elements(as: Int8.self)
    let old = operands.inputs[stateBuffer].elements(as: type)
    let result = operands.outputs[0].elements(as: Int8.self)
    let state = operands.outputs[1].elements(as: type)
    let units = filters / rank
    for sample in 0..<batch {
      for filter in 0..<filters {
        let base = (sample * filters + filter) * memory
        for step in 1..<max(memory, 1) { state[base + step - 1] = old[base + step] }
        var sum: Int32 = 0
        for position in 0..<inputs {
          sum &+=
            (Int32(data[sample * inputs + position]) &- dataZero)
            &* Int32(featureWeights[filter * inputs + position])
        }
        state[base + memory - 1] = State(
          clamping: featureScale.appliedRoundingTwice(to: sum))
      }
      for unit in 0..<units {
        var sum = bias.isEmpty ? 0 : bias[unit]
        for filter in (unit * rank)..<((unit + 1) * rank) {
          let base = (sample * filters + filter) * memory
          for step in 0..<memory {
            sum &+=
              Int32(truncatingIfNeeded: state[base + step])
              &* Int32(timeWeights[filter * memory + step])
          }
        }
        result[sample * units + unit] = Int8(
          truncatingIfNeeded: requantizer.code(Int64(sum), channel: 0))
      }
    }
  }
}
