/// The operators of a file in the order in which a runtime executes them, where the graph's nodes do
/// not say it: an operator may have become several nodes or none, and may call others.
///
/// What runs is the graph; a program is what memory planners of runtimes walk over.
public struct RuntimeProgram: Hashable, Sendable {
  /// One operator of the file.
  public struct Step: Hashable, Sendable {
    /// The operator's name in the file's format, such as `STRIDED_SLICE`.
    public let name: String
    /// Tensors of its routine, by number; those of ``main`` are tensors of the graph.
    public let inputs: [Int]
    public let outputs: [Int]
    /// Positions in ``Graph/nodes``; empty where its result is a constant or it only names a state.
    public let nodes: Range<Int>
    /// Position in ``calls`` of what it runs once; nil for all other operators.
    public let callee: Int?

    public init(
      name: String, inputs: [Int], outputs: [Int], nodes: Range<Int>, callee: Int? = nil
    ) {
      self.name = name
      self.inputs = inputs
      self.outputs = outputs
      self.nodes = nodes
      self.callee = callee
    }
  }

  /// A list of operators with tensors of its own.
  public struct Routine: Hashable, Sendable {
    public let steps: [Step]
    /// Bytes of each tensor in a runtime's memory; nil for constants.
    public let tensorBytes: [Int?]

    public init(steps: [Step], tensorBytes: [Int?]) {
      self.steps = steps
      self.tensorBytes = tensorBytes
    }
  }

  /// The operators of a run.
  public let main: [Step]
  /// Tensors of the file that ``main`` works on: the graph's first ones.
  public let tensorCount: Int
  /// Whole bytes of each variable that operators read and assign.
  public let variableBytes: [Int]
  /// What operators of ``main`` call.
  public let calls: [Routine]
  /// Offsets from the arena's beginning that the file asks for; empty if it asks for none.
  ///
  /// Those of the tensors of main, then of each routine; nil where a planner chooses.
  public let offsets: [Int?]

  public init(
    main: [Step], tensorCount: Int, variableBytes: [Int], calls: [Routine], offsets: [Int?]
  ) {
    self.main = main
    self.tensorCount = tensorCount
    self.variableBytes = variableBytes
    self.calls = calls
    self.offsets = offsets
  }
}
