public import Arith

/// A long short-term memory cell applied to a sequence.
///
/// Data are `[batch, time, inputs]` or `[time, batch, inputs]`; the result has the outputs in place
/// of the inputs. Outputs of the node are the result, the next hidden state `[batch, outputs]` and
/// the next cell state `[batch, cells]`. For gate g (input, forget, cell, output):
/// `g = f(W_g x + R_g h [+ P_g c] [normalized] + b_g)`; `c' = forget * c + input * cell`, clipped;
/// `h' = output * tanh(c')`, projected and clipped where there is a projection.
/// Source: Hochreiter and Schmidhuber, Neural Computation 9(8), 1997; Sak et al., arXiv 1402.1128.
public struct LSTM: Hashable, Sendable {
  public enum Gate: String, Hashable, Sendable, CaseIterable { case input, forget, cell, output }

  /// What an operand of the node is; weights are `[rows][columns]`, output-major.
  public enum Operand: Hashable, Sendable {
    case data, hiddenState, cellState
    case inputWeights(Gate), recurrentWeights(Gate), peephole(Gate), normalization(Gate)
    case bias(Gate)
    case projectionWeights, projectionBias
  }

  /// The role of each operand of the node, in order; an absent role is an absent term.
  public let operands: [Operand]
  public let isTimeMajor: Bool
  /// Bound of the cell state's magnitude as a value; 0 for none.
  public let cellClip: Float
  /// Bound of the projection's magnitude as a value; 0 for none.
  public let projectionClip: Float
  /// Encodings of the gates' sums before their functions (layer normalization), by gate.
  public let gateEncodings: [Encoding]
  /// Encoding of `output * tanh(c')`; nil where it is the hidden state's.
  public let hiddenEncoding: Encoding?

  public init(
    operands: [Operand], isTimeMajor: Bool, cellClip: Float = 0, projectionClip: Float = 0,
    gateEncodings: [Encoding] = [], hiddenEncoding: Encoding? = nil
  ) {
    self.operands = operands
    self.isTimeMajor = isTimeMajor
    self.cellClip = cellClip
    self.projectionClip = projectionClip
    self.gateEncodings = gateEncodings
    self.hiddenEncoding = hiddenEncoding
  }

  /// The position of an operand, or nil if the node has none.
  public func position(of operand: Operand) -> Int? { operands.firstIndex(of: operand) }
}

/// A rank-limited filter over features and time.
///
/// Data are `[batch, inputs]`; feature weights `[filters, inputs]`; time weights
/// `[filters, memory]`; state `[batch, filters * memory]`. Filters of one unit are `rank`
/// neighbours; results are `[batch, filters / rank]`.
/// Source: Nakkiran et al., "Compressing Deep Neural Networks using a Rank-Constrained Topology",
/// Interspeech 2015.
public struct SVDF: Hashable, Sendable {
  public let rank: Int
  public let range: ValueRange

  public init(rank: Int, range: ValueRange) {
    self.rank = rank
    self.range = range
  }
}
