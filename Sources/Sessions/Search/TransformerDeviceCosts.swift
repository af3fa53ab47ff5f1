import HWModel
import Importers
package import QuantGraph
import Schedules
package import Search

/// What the layers of a transformer cost on a device, for the formats of a file of scores.
///
/// Costs are those of one pass of the run's last phase: a token of a decoder, the whole input of an
/// encoder. A layer has its share of what all layers of its kind take; layers that the file does not
/// name, and attention but for the formats of its keys and values, are no part of a choice and are
/// not counted, as in the bytes of a checkpoint.
package struct TransformerDeviceCosts {
  private let device: any SchedulesTransformers
  private let workload: TransformerWorkload
  private let phase: TransformerWorkload.Phase
  private let place: String

  /// - Parameters:
  ///   - workload: of the run.
  ///   - target: what it runs on.
  ///   - place: the model's file, for messages.
  /// - Throws: a ``Failure`` for a device that has no rule for transformers.
  package init(
    _ workload: TransformerWorkload, on target: TargetChoice, place: String
  ) throws(Failure) {
    guard let device = try target.device() as? any SchedulesTransformers else {
      throw Failure(
        "cost.unsupported",
        "'\(target.description.id)' has no costs of a transformer's layers by their formats",
        at: "--target", remedy: "take a target of family bitserial: hwsim targets lists them.")
    }
    guard let phase = workload.phases.last else {
      throw Failure(
        "cost.unsupported", "the model has no pass that a device could run", at: place,
        remedy: "give a model with matrix products.")
    }
    self.device = device
    self.workload = workload
    self.phase = phase
    self.place = place
  }

  /// The file with the device's costs beside those that it has.
  ///
  /// - Parameters:
  ///   - file: layers by the model's names.
  ///   - path: where it was read.
  /// - Returns: the same groups and scores; quantities that the device does not say of every format are
  ///   left out.
  /// - Throws: a ``Failure`` for layers that the model does not have, and formats that are unknown or
  ///   that the device does not take.
  package func adding(to file: ScoreFile, at path: String) throws(Failure) -> ScoreFile {
    var known: [Widths: Schedule] = [:]
    var rows: [[[String: Double]]] = []
    for group in file.groups {
      var row: [[String: Double]] = []
      for format in group.formats {
        let widths = try Widths(format, of: group.role, at: path)
        let schedule = try known[widths] ?? self.schedule(widths)
        known[widths] = schedule
        row.append(try costs(of: group, under: schedule, at: path))
      }
      rows.append(row)
    }
    let all = rows.flatMap { $0 }
    let names = device.quantities.map(\.key).filter { key in
      all.allSatisfy { $0[key] != nil } && !file.costNames.contains(key)
    }
    let order = (file.costNames + names).sorted()
    let groups = zip(file.groups, rows).map { group, row in
      ScoreFile.Group(
        name: group.name, layers: group.layers, role: group.role, formats: group.formats,
        scores: group.scores,
        costs: order.map { name in
          file.costNames.firstIndex(of: name).map { group.costs[$0] } ?? row.map { $0[name] ?? 0 }
        })
    }
    do throws(ScoreFileProblems) {
      return try ScoreFile(
        groups: groups, costNames: order, metric: file.metric, modelDigest: file.modelDigest)
    } catch {
      throw Failure(error.problems.map { Diagnostic($0, file: path) })
    }
  }

  private func schedule(_ widths: Widths) throws(Failure) -> Schedule {
    do throws(DeviceProblems) {
      return try device.schedule(
        phase, of: workload,
        bits: TransformerBits(
          weights: widths.weights, activations: widths.activations, cache: widths.cache),
        byProduct: [:])
    } catch {
      throw Failure(error, file: place)
    }
  }

  // MARK: Shares

  /// Costs of a group's layers; quantities that the schedule lacks are left out.
  private func costs(
    of group: ScoreFile.Group, under schedule: Schedule, at path: String
  ) throws(Failure) -> [String: Double] {
    var shares = [Double](repeating: 0, count: phase.products.count)
    for layer in group.layers {
      let found = group.role == .linear ? linears(layer) : attention(layer)
      guard !found.isEmpty else {
        throw .unknown(
          "layer", layer, code: "usage.unknown-layer", among: phase.products.map(\.name),
          listedBy: "hwsim inspect \(place)", at: path)
      }
      for (product, share) in found { shares[product] = min(shares[product] + share, 1) }
    }
    var costs: [String: Double] = [:]
    for quantity in device.quantities where schedule.cost[quantity.key] != nil {
      costs[quantity.key] = zip(shares, schedule.steps.indices).reduce(0) { sum, step in
        step.0 == 0 ? sum : sum + step.0 * part(of: quantity, in: schedule, step: step.1)
      }
    }
    return costs
  }

  private func part(of quantity: CostQuantity, in schedule: Schedule, step: Int) -> Double {
    if let part = schedule.cost.part(of: quantity.key, step: step) { return part }
    // Seconds are cycles over the clock.
    guard let total = schedule.cost[quantity.key]?.value,
      let cycles = schedule.cost[CostQuantity.cycles.key]?.value, cycles > 0,
      let own = schedule.cost.part(of: CostQuantity.cycles.key, step: step)
    else { return 0 }
    return total * own / cycles
  }

  /// Numbers in a name are layers and experts, which products do not tell apart.
  private static func pattern(_ name: String) -> String {
    name.split(separator: ".", omittingEmptySubsequences: false)
      .map { Int($0) == nil ? String($0) : "*" }.joined(separator: ".")
  }

  private func isWeights(_ product: Int) -> Bool {
    switch phase.products[product].role {
    case .weights, .expertWeights: true
    case .cache, .computed: false
    }
  }

  /// Products that a layer is a part of, with its part of each.
  private func linears(_ layer: String) -> [(product: Int, share: Double)] {
    let pattern = Self.pattern(layer)
    let products = phase.products
    let own = products.indices.filter { isWeights($0) && products[$0].name == pattern }
    // The experts of a layer under their common name.
    let inner = products.indices.filter { index in
      isWeights(index) && products[index].name.hasPrefix(pattern + ".")
    }
    let found = own.isEmpty ? inner : own
    let count = Double(max(found.map { products[$0].count }.max() ?? 1, 1))
    // Products of one name differ by layer: a layer is in one of them, which a name does not say.
    let all = Double(max(own.reduce(0) { $0 + products[$1].count }, 1))
    return found.map { index in
      let isOneExpert = products[index].experts > 0 && pattern.contains("experts.*")
      let experts = isOneExpert ? Double(products[index].experts) : 1
      return (index, 1 / ((own.isEmpty ? count : all) * experts))
    }
  }

  /// The attention of the layer that a name numbers, or of all layers.
  private func attention(_ layer: String) -> [(product: Int, share: Double)] {
    let found = phase.products.indices.filter { phase.products[$0].role == .cache }
    let isOne = layer.split(separator: ".").contains { Int($0) != nil }
    let layers = Set(workload.cache.flatMap { Array($0.layers) }).count
    return found.map { ($0, isOne ? 1 / Double(max(layers, 1)) : 1) }
  }
}

/// Bits of a pass whose products all have one format; nil takes the array's own.
private struct Widths: Hashable {
  var weights: Int?
  var activations: Int?
  var cache: Int?

  /// - Throws: a ``Failure`` for a label that is no format of a checkpoint, or of keys and values.
  init(_ format: String, of role: ScoreFile.Role, at path: String) throws(Failure) {
    switch role {
    case .linear:
      switch QuantAlgorithm.meaning(of: format) {
      case .algorithm(let algorithm):
        weights = algorithm.weightBits
        activations = algorithm.activationBits
      case .unquantized: (weights, activations) = (16, 16)
      case nil:
        throw .unknown(
          "format", format, code: "transformer.quantization", among: QuantAlgorithm.names,
          listedBy: "hwsim explain transformer.quantization", at: path)
      }
    case .keyValue:
      switch KeyValueAlgorithm.meaning(of: format) {
      case .algorithm(.fp8), .algorithm(.int8): cache = 8
      case .algorithm(.nvfp4): cache = 4
      case .unquantized: cache = 16
      case nil:
        throw .unknown(
          "format", format, code: "transformer.quantization",
          among: KeyValueAlgorithm.allCases.map(\.rawValue),
          listedBy: "hwsim explain transformer.quantization", at: path)
      }
    }
  }
}
