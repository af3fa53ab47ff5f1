public import QuantGraph

/// A quantized graph whose layers can take other formats.
///
/// Conformers know one kind of graph: what a width means there, which tensors change together, and
/// how constants are computed anew.
public protocol GraphRequantization: Requantizing {
  /// Nodes with weights, in the graph's order.
  var layers: [SearchLayer] { get }

  /// Roles of a layer that formats may be given for.
  var roles: Set<OperandRole> { get }

  /// Choices of hardware that mean something in a graph of this kind, by name.
  var hardwareChoices: Set<String> { get }

  /// The formats that so many bits stand for in a layer; nil leaves a role as the model has it.
  ///
  /// - Throws: ``EvaluationError/unsupported(layer:role:encoding:)`` for widths that this kind of
  ///   graph does not have.
  func candidate(
    layer: Int, weightBits: Int?, activationBits: Int?, accumulatorBits: Int?
  ) throws(EvaluationError) -> Candidate

  /// The graph in which each layer has its candidate; a role that a candidate leaves open stays as
  /// it is.
  ///
  /// - Parameter allocation: one candidate a layer.
  /// - Returns: a valid graph with the same nodes and names.
  /// - Throws: ``EvaluationError`` for a number of candidates or a format that does not fit.
  func graph(_ allocation: [Candidate]) throws(EvaluationError) -> Graph
}

extension GraphRequantization {
  public var layerNames: [String] { layers.map(\.name) }

  public var roles: Set<OperandRole> { [.weights, .activations, .accumulator] }

  public var hardwareChoices: Set<String> { [NodeAllocation.weightRewriteKey] }

  /// The graph of ``graph(_:)``, or every reason why there is none: each of the first 100 layers with
  /// formats is then tried by itself.
  public func requantized(_ formats: [NodeAllocation]) throws(AllocationRefusal) -> Graph {
    var problems: [Diagnostic] = []
    for (layer, own) in zip(layers, formats) {
      for key in own.unknown(roles: roles, choices: hardwareChoices) {
        problems.append(
          Diagnostic(
            code: "allocation.value", message: "no rule for '\(key)' in a model of this kind",
            location: "layers.\(layer.name).\(key)", remedy: "take it out of the file."))
      }
    }
    guard problems.isEmpty else { throw AllocationRefusal(problems) }
    do throws(EvaluationError) {
      return try graph(formats)
    } catch {
      problems = [Diagnostic(error)]
    }
    for layer in formats.indices.filter({ !formats[$0].isUnchanged }).prefix(100) {
      var alone = [NodeAllocation](repeating: NodeAllocation(), count: formats.count)
      alone[layer] = formats[layer]
      do throws(EvaluationError) {
        _ = try graph(alone)
      } catch {
        let problem = Diagnostic(error)
        if !problems.contains(problem) { problems.append(problem) }
      }
    }
    throw AllocationRefusal(problems)
  }
}
