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
  private let device: any RunsTransformers
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
    guard let device = try target.device() as? any RunsTransformers else {
      throw Failure(
        "cost.unsupported",
        "'\(target.description.id)' has no costs of a transformer's layers by their formats",
        at: "--target",
        remedy: "take a GPU, or a target of family bitserial: hwsim targets lists them.")
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
    var known: [String: Schedule] = [:]
    var rows: [[[String: Double]]] = []
    for group in file.groups {
      var row: [[String: Double]] = []
      for format in group.formats {
        let formats = try formats(format, of: group.role, at: path)
        if known[formats] == nil { known[formats] = try schedule(formats) }
        guard let schedule = known[formats] else { continue }
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

  private func schedule(_ formats: String) throws(Failure) -> Schedule {
    do throws(DeviceProblems) {
      let estimate = try device.estimate(workload, formats: formats, devices: 1)
      if let phase = estimate.phases.last { return phase.schedule }
    } catch {
      throw Failure(error, file: place)
    }
    throw Failure(
      "cost.unsupported", "'\(device.description.id)' says nothing of \(formats)", at: place,
      remedy: "take another target.")
  }

  // MARK: Shares

  /// Costs of a group's layers; quantities that the schedule lacks are left out.
  private func costs(
    of group: ScoreFile.Group, under schedule: Schedule, at path: String
  ) throws(Failure) -> [String: Double] {
    let steps = steps(of: schedule)
    var shares = [Double](repeating: 0, count: schedule.steps.count)
    for layer in group.layers {
      let found =
        group.role == .linear
        ? linears(layer).flatMap { product, share in
          (steps[product] ?? []).map { ($0.step, $0.share * share) }
        } : attention(layer, in: schedule)
      guard !found.isEmpty else {
        throw .unknown(
          "layer", layer, code: "usage.unknown-layer", among: phase.products.map(\.name),
          listedBy: "hwsim inspect \(place)", at: path)
      }
      for (step, share) in found { shares[step] = min(shares[step] + share, 1) }
    }
    var costs: [String: Double] = [:]
    for quantity in device.quantities
    where !quantity.isGain && schedule.cost[quantity.key] != nil {
      let sum = shares.indices.reduce(0.0) { sum, step in
        shares[step] == 0
          ? sum : sum + shares[step] * part(of: quantity, in: schedule, step: step)
      }
      // Shares of counts add up to counts.
      let whole = sum.rounded()
      costs[quantity.key] = (sum - whole).magnitude <= 1e-9 * whole ? whole : sum
    }
    return costs
  }

  /// The steps that a product is in, with its part of each: products that read the same data may be one
  /// kernel, which is named after all of them.
  private func steps(of schedule: Schedule) -> [Int: [(step: Int, share: Double)]] {
    var result: [Int: [(step: Int, share: Double)]] = [:]
    for (index, step) in schedule.steps.enumerated() {
      let names = Set(step.name.split(separator: ",").map { $0.drop { $0 == " " } })
      let products = phase.products.indices.filter {
        isWeights($0) && names.contains(phase.products[$0].name[...])
      }
      let columns = products.reduce(0) { $0 + phase.products[$1].n }
      for product in products {
        result[product, default: []].append(
          (index, Double(phase.products[product].n) / Double(max(columns, 1))))
      }
    }
    return result
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
  private func attention(_ layer: String, in schedule: Schedule) -> [(step: Int, share: Double)] {
    let isOne = layer.split(separator: ".").contains { Int($0) != nil }
    let layers = Set(workload.cache.flatMap { Array($0.layers) }).count
    return schedule.steps.indices.filter { schedule.steps[$0].operation == "attention" }
      .map { ($0, isOne ? 1 / Double(max(layers, 1)) : 1) }
  }

  /// A configuration of all layers in the words of devices.
  ///
  /// - Throws: a ``Failure`` for a label that is no format of a checkpoint, or of keys and values.
  private func formats(
    _ label: String, of role: ScoreFile.Role, at path: String
  ) throws(Failure) -> String {
    let names: [String]
    switch role {
    case .linear:
      switch QuantAlgorithm.meaning(of: label) {
      case .algorithm(let algorithm):
        return device.formats(
          of: algorithm.name, weights: algorithm.weightBits, data: algorithm.activationBits)
      case .unquantized: return "w16a16"
      case nil: names = QuantAlgorithm.names
      }
    case .keyValue:
      switch KeyValueAlgorithm.meaning(of: label) {
      case .algorithm(.fp8), .algorithm(.int8): return "w16a16kv8"
      case .algorithm(.nvfp4): return "w16a16kv4"
      case .unquantized: return "w16a16"
      case nil: names = KeyValueAlgorithm.allCases.map(\.rawValue)
      }
    }
    throw .unknown(
      "format", label, code: "transformer.quantization", among: names,
      listedBy: "hwsim explain transformer.quantization", at: path)
  }
}
