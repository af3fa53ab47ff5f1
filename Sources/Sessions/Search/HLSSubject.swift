import Arith
import Documents
import HWModel
package import Importers
package import QuantGraph
import Schedules
package import Search

extension QuantizedKind {
  /// hls4ml models: fixed-point types of weights, inputs and accumulators.
  ///
  /// - Throws: a ``Failure`` if the model cannot run, or the calibration samples are not its own.
  package static func hls4ml(
    _ file: ModelFile, _ info: HLS4MLProjectInfo, calibration: [[Double]], threads: Int,
    data: SearchDataFiles
  ) throws(Failure) -> QuantizedKind {
    let requantization: HLSRequantization
    do throws(PlanEvaluatorError) {
      requantization = try HLSRequantization(
        file, info, calibration: calibration, threads: threads)
    } catch {
      throw Failure(error, file: file, place: data.calibration ?? data.inputs ?? file.path)
    }
    let layers = requantization.layers
    func names(where keeps: (Int) -> Bool) -> Set<String> {
      Set(layers.indices.filter(keeps).map { layers[$0].name })
    }
    let widest = requantization.widestWeights ?? 0
    return QuantizedKind(
      requantization: requantization,
      defaults: SpaceDefaults(
        bits: [2, 3, 4, 6, 8, 12, 16].filter { $0 < widest }, fixedActivationBits: nil,
        unchanged: .asModel, offersUnchanged: true,
        keptWeights: names { !requantization.canChange($0).weights },
        keptInputs: names { !requantization.canChange($0).activations }),
      sharedInputs: requantization.sharedInputs, notes: requantization.notes,
      choices: { [graph = file.graph] candidates throws(CostError) in
        var choices = FormatChoices(candidates, nodes: graph.positions(of: layers))
        // Types that hls4ml derives from those that are chosen.
        do throws(EvaluationError) {
          let derived = try requantization.graph(candidates)
          for (index, tensor) in derived.tensors.enumerated()
          where graph.tensors.indices.contains(index)
            && tensor.encoding != graph.tensors[index].encoding
          {
            choices.tensors[index] = tensor.encoding
          }
          for (index, node) in derived.nodes.enumerated() {
            guard let accumulator = node.operation.accumulation?.encoding,
              accumulator != graph.nodes[index].operation.accumulation?.encoding
            else { continue }
            choices.nodes[index, default: .init()].accumulator = .fixed(accumulator)
          }
        } catch {
          throw .refused(
            DeviceProblems(Diagnostic(code: "cost.unsupported", message: error.words)))
        }
        return choices
      },
      documents: { allocation in
        guard let keys = try? requantization.precision(of: allocation) else { return [] }
        return [
          (".hls4ml.json", Self.configuration(keys, zip(layers, allocation).map { ($0.name, $1) }))
        ]
      })
  }

  /// The keys as hls4ml's configuration has them: `{"LayerName": {"fc1": {"Precision": ...}}}`, with
  /// `ReuseFactor` and `Strategy` where an allocation chooses them.
  private static func configuration(
    _ keys: [HLSPrecisionKey], _ allocation: [(name: String, formats: Candidate)]
  ) -> JSON {
    var layers: [JSON.Member] = []
    var order: [String] = []
    for key in keys where !order.contains(key.layer) { order.append(key.layer) }
    let folded = allocation.filter {
      $0.formats.reuseFactor != nil || $0.formats.strategy != nil
    }
    for (name, _) in folded where !order.contains(name) { order.append(name) }
    for layer in order {
      let precision = keys.filter { $0.layer == layer }.map {
        JSON.Member(key: $0.key, value: .string($0.type.precisionText))
      }
      var members: [JSON.Member] = []
      if !precision.isEmpty { members.append(.init(key: "Precision", value: .object(precision))) }
      if let formats = folded.first(where: { $0.name == layer })?.formats {
        if let factor = formats.reuseFactor {
          members.append(.init(key: "ReuseFactor", value: .integer(factor)))
        }
        if let strategy = formats.strategy {
          members.append(.init(key: "Strategy", value: .string(strategy.configurationName)))
        }
      }
      layers.append(.init(key: layer, value: .object(members)))
    }
    return ["LayerName": .object(layers)]
  }
}

extension HLSRequantization {
  /// The model of a file; without calibration samples activations of a width keep their integer bits.
  ///
  /// - Throws: ``PlanEvaluatorError`` if the model cannot run, or the samples are not its own.
  package init(
    _ file: ModelFile, _ info: HLS4MLProjectInfo, calibration: [[Double]]?, threads: Int
  ) throws(PlanEvaluatorError) {
    let configuration = HLS4MLConfiguration(at: file.path)
    var functions: [String: String] = [:]
    for layer in info.layers { functions[layer.name] = layer.function }
    var settings = HLSPrecisionSettings(
      layers: configuration?.precision ?? [:], tableSizes: configuration?.tableSizes ?? [:],
      functions: functions)
    if let text = configuration?.maximumPrecision {
      settings.maximum = try? FixedPointFormat(name: text)
    }
    try self.init(
      file.graph, settings: settings,
      written: HLS4ML.writtenValues(of: file.graph, at: file.path), calibration: calibration,
      threads: threads)
  }
}
