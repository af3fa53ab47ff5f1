import Arith
import QuantGraph

/// Variables that operators read and assign by handles: states of the graph.
///
/// A run reads what the last one assigned, and the first what a subgraph that is called once has
/// assigned, or else zero points. Source: TensorFlow Lite, `kernels/{var_handle,read_variable,
/// assign_variable}.cc`; tflite-micro, `micro_resource_variable.cc` (LiteRT refuses to read a variable
/// that nothing assigned).
struct TFLiteVariables {
  private struct Name: Hashable {
    let container: String
    let name: String
  }

  private struct Variable {
    /// The tensor of the value before a run.
    var state: Int?
    /// The tensor that holds the value at the operator at hand.
    var current: Int?
    var bytes = 0
  }

  private var variables: [Variable] = []
  private var numbers: [Name: Int] = [:]
  /// Variables by the tensors that hold their handles, in the main subgraph.
  private var handles: [Int: Int] = [:]
  /// Those in a subgraph that is called, by subgraph.
  private var calledHandles: [Int: [Int: Int]] = [:]
  private var initials: [Int: Codes] = [:]
  /// Variables that the main subgraph assigns.
  private var assigned: Set<Int> = []

  /// What runs leave to the next one: variables that a run reads and assigns.
  private(set) var states: [StateTensor] = []

  /// Whole bytes of each variable.
  var bytes: [Int] { variables.map(\.bytes) }

  private mutating func number(_ context: TFLiteOperatorContext) throws(TFLiteKind) -> Int {
    let name = Name(container: try context.text(0), name: try context.text(1))
    if let known = numbers[name] { return known }
    variables.append(Variable())
    numbers[name] = variables.count - 1
    return variables.count - 1
  }

  /// Notes which variables the operators of the main subgraph assign, before any is converted.
  mutating func scan(_ contexts: [TFLiteOperatorContext]) throws(TFLiteKind) {
    var handles: [Int: Int] = [:]
    for context in contexts where context.record.customCode == nil {
      switch context.record.name {
      case "VAR_HANDLE":
        if let result = context.record.outputs.first { handles[result] = try number(context) }
      case "ASSIGN_VARIABLE":
        if let handle = context.optional(0), let number = handles[handle] {
          assigned.insert(number)
        }
      default: break
      }
    }
  }

  /// Converts an operator on variables of the main subgraph; false for any other.
  mutating func convert(_ context: inout TFLiteOperatorContext) throws(TFLiteKind) -> Bool {
    guard context.record.customCode == nil else { return false }
    switch context.record.name {
    case "VAR_HANDLE":
      guard let result = context.record.outputs.first else {
        throw TFLiteKind(.operand("there is no result"))
      }
      handles[result] = try number(context)
    case "READ_VARIABLE":
      let variable = try variable(of: context, in: handles)
      guard let result = context.record.outputs.first else {
        throw TFLiteKind(.operand("there is no result"))
      }
      let tensor = context.tensor(result)
      let source: Int
      if let current = variables[variable].current {
        source = current
      } else {
        let isAssigned = assigned.contains(variable)
        source = try context.addState(
          like: tensor, initial: initials[variable], isAssigned: isAssigned)
        if isAssigned { variables[variable].state = source }
        variables[variable].current = source
      }
      guard context.tensor(source).shape.count == tensor.shape.count else {
        throw TFLiteKind(.operand("a variable of \(context.tensor(source).shape.extents) is read"))
      }
      variables[variable].bytes = tensor.wholeBytes
      context.emit(.copy, [source])
    case "ASSIGN_VARIABLE":
      let variable = try variable(of: context, in: handles)
      let value = context.tensor(try context.operand(1))
      let state = variables[variable].state.map { context.tensor($0) } ?? value
      guard state.shape.count == value.shape.count else {
        throw TFLiteKind(
          .operand("\(value.shape.extents) is assigned to a variable of \(state.shape.extents)"))
      }
      let next = context.add(
        Tensor(
          name: value.name + " (variable)", shape: state.shape, encoding: state.encoding))
      context.emit(.copy, [try context.operand(1)], [next])
      variables[variable].bytes = value.wholeBytes
      variables[variable].current = next
      if let tensor = variables[variable].state {
        let initial: Codes
        if let known = initials[variable] {
          initial = known
        } else {
          initial = try context.initialCodes(state)
        }
        states.removeAll { $0.tensor.index == tensor }
        states.append(
          StateTensor(tensor: TensorID(tensor), next: TensorID(next), initial: initial))
      }
    default: return false
    }
    return true
  }

  /// Takes a variable's first value from an operator of a subgraph that is called once; false for
  /// operators on anything else.
  mutating func initialize(
    _ context: TFLiteOperatorContext, subgraph: Int
  ) throws(TFLiteKind) -> Bool {
    guard context.record.customCode == nil else { return false }
    switch context.record.name {
    case "VAR_HANDLE":
      guard let result = context.record.outputs.first else {
        throw TFLiteKind(.operand("there is no result"))
      }
      calledHandles[subgraph, default: [:]][result] = try number(context)
    case "ASSIGN_VARIABLE":
      let variable = try variable(of: context, in: calledHandles[subgraph] ?? [:])
      let value = context.tensor(try context.operand(1))
      guard let codes = value.constant else {
        throw TFLiteKind(.operand("the first value of a variable ('\(value.name)') is computed"))
      }
      initials[variable] = codes
      variables[variable].bytes = value.wholeBytes
    default: return false
    }
    return true
  }

  private func variable(
    of context: TFLiteOperatorContext, in handles: [Int: Int]
  ) throws(TFLiteKind) -> Int {
    guard let variable = handles[try context.operand(0)] else {
      throw TFLiteKind(.operand("operand 0 is no handle of a variable"))
    }
    return variable
  }
}

extension TFLiteOperatorContext {
  /// A tensor that holds a variable before a run; a constant if nothing assigns it.
  fileprivate mutating func addState(
    like tensor: Tensor, initial: Codes?, isAssigned: Bool
  ) throws(TFLiteKind) -> Int {
    let codes: Codes
    if let initial { codes = initial } else { codes = try initialCodes(tensor) }
    guard codes.count == tensor.shape.count else {
      throw TFLiteKind(
        .operand("a variable of \(codes.count) elements is read as \(tensor.shape.extents)"))
    }
    return add(
      Tensor(
        name: tensor.name + " (variable)", shape: tensor.shape, encoding: tensor.encoding,
        constant: isAssigned ? nil : codes))
  }
}

extension Tensor {
  /// Bytes with whole bytes for each element.
  fileprivate var wholeBytes: Int {
    let bits: Int
    switch encoding {
    case .affine(let format): bits = format.width
    case .fixed(let format): bits = format.width
    case .float(let format): bits = format.width
    default: bits = 32
    }
    return shape.count * ((bits + 7) / 8)
  }

  /// The tensor as a constant.
  func holding(_ codes: Codes) -> Tensor {
    Tensor(name: name, shape: shape, encoding: encoding, constant: codes)
  }
}
