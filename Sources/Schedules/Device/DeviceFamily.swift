public import Documents
public import HWModel
public import QuantGraph

/// A family of hardware: how its devices are described, and how networks run on them.
///
/// Everything that commands, searches and reports know of hardware comes through here. To add a
/// family: a folder with a conformer, its ``Device`` and its ``DeployedWorkload``; target files; one
/// line in ``DeviceFamilies/shipped``. A program may register one of its own at run time
/// (``DeviceFamilies/current``).
public protocol DeviceFamily: Sendable {
  /// What descriptions state; its `family` is the id that files name.
  var schema: TargetSchema { get }
  /// The text of each description that ships with the family, by target id.
  var files: [String: [UInt8]] { get }
  /// Every quantity that some device of the family can say, in the order of tables and searches.
  var quantities: [CostQuantity] { get }
  /// Options of a workload that the family knows; others are refused.
  var workloadOptions: [String] { get }
  /// What the list of targets says of a device.
  func headline(_ description: TargetDescription) throws(TargetProblems) -> TargetHeadline
  /// The words under that list, such as what its error columns mean; nil for none.
  var headlineNote: String? { get }
  /// A device of the family.
  ///
  /// - Throws: ``DeviceProblems``: a description that states too little, an option that cannot be.
  func device(
    _ description: TargetDescription, options: DeviceOptions
  ) throws(DeviceProblems) -> any Device
}

extension DeviceFamily {
  public var id: String { schema.family }
  public var workloadOptions: [String] { [] }
  public var headlineNote: String? { nil }
}

/// What a user changes of a device.
public struct DeviceOptions: Sendable, Hashable {
  /// Another clock than the description's.
  public var clockHz: Double?

  public init(clockHz: Double? = nil) { self.clockHz = clockHz }
}

/// A device: what of a family's quantities it can say, and how it takes a network.
public protocol Device: Sendable {
  var description: TargetDescription { get }
  /// Those of its family's quantities that it can say of a network: time only where it was measured.
  var quantities: [CostQuantity] { get }
  /// How a quantity of a network is known.
  func basis(of quantity: CostQuantity) -> CostBasis
  /// Prepares a network: what does not depend on formats is found here, once, so that a search can ask
  /// for the cost of many allocations.
  ///
  /// A device that takes other forms of networks makes its own here (a microcontroller the 8-bit form
  /// of a float network). Limits and options of the workload count in every schedule.
  ///
  /// - Throws: ``DeviceProblems`` with every node that the device has no rule for.
  func deploy(_ workload: Workload) throws(DeviceProblems) -> any DeployedWorkload
}

/// A network on a device, for any choice of formats.
public protocol DeployedWorkload: Sendable {
  /// The graph that runs: the workload's, or the form that the device made of it.
  var graph: Graph { get }
  /// What a reader of every number must know of that form; a sentence each.
  var notes: [String] { get }
  /// What a reader must know of numbers for such formats; bits of weights and of data.
  func notes(forBits bits: [Int]) -> [String]
  /// How a quantity is known under this workload's options; nil as the device says.
  func basis(of quantity: CostQuantity) -> CostBasis?
  /// The step of a schedule that a node of the workload's graph is; nil if it is none.
  func step(ofNode node: Int) -> Int?
  /// The schedule under a choice of formats.
  ///
  /// - Parameters:
  ///   - choices: what differs from the workload's graph.
  ///   - keys: the quantities that are asked for, by key; nil for everything. What none of them needs
  ///     (placing buffers, peaks) may be left out, and so may the other totals.
  /// - Returns: the schedule with the totals that are asked for.
  /// - Throws: ``DeviceProblems`` for formats that the device has no rule for.
  func schedule(
    _ choices: FormatChoices, for keys: Set<String>?
  ) throws(DeviceProblems) -> Schedule
}

extension DeployedWorkload {
  public var notes: [String] { [] }
  public func notes(forBits bits: [Int]) -> [String] { [] }
  public func basis(of quantity: CostQuantity) -> CostBasis? { nil }
}

/// Why a device cannot run what it is asked to; never empty.
public struct DeviceProblems: Error, Sendable, Hashable {
  public let problems: [Diagnostic]

  /// - Precondition: at least one problem.
  public init(_ problems: [Diagnostic]) {
    precondition(!problems.isEmpty, "a refusal has a reason")
    self.problems = problems
  }

  public init(_ problem: Diagnostic) { self.init([problem]) }
}

extension DeviceProblems {
  /// What a description lacks.
  public init(_ error: TargetProblems, target: String) {
    self.init(error.problems.map { Diagnostic($0, file: target) })
  }
}

/// What the list of targets says of one.
public struct TargetHeadline: Sendable {
  /// A piece of a cell.
  public enum Part: Sendable, Hashable {
    case words(String)
    /// Shown with three significant digits.
    case number(Double)
    /// Shown with all digits.
    case count(Int)
    /// Shown in percent.
    case share(Double)
  }

  /// A cell of the list.
  public struct Cell: Sendable, Hashable {
    /// Heads the column.
    public let title: String
    public let parts: [Part]
    /// Whether it is aligned as a number.
    public let isNumber: Bool

    public init(_ title: String, _ parts: [Part], isNumber: Bool = false) {
      self.title = title
      self.parts = parts
      self.isNumber = isNumber
    }
  }

  /// The same columns for every device of a family.
  public let cells: [Cell]
  /// Members of the target's object in `--json`.
  public let members: [JSON.Member]

  public init(cells: [Cell], members: [JSON.Member]) {
    self.cells = cells
    self.members = members
  }
}
