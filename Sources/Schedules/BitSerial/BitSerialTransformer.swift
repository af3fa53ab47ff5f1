import HWModel
public import QuantGraph

extension BitSerialDevice: RunsTransformers {
  public func estimate(
    _ workload: TransformerWorkload, formats: String?, devices: Int
  ) throws(DeviceProblems) -> TransformerEstimate {
    guard devices == 1 else {
      throw DeviceProblems(
        Diagnostic(
          code: "usage.arguments",
          message: "'\(description.id)' has no rule for a model spread over \(devices) arrays",
          location: nil, remedy: "leave --tensor-parallel out."))
    }
    var bits = TransformerBits()
    if let formats { bits = try TransformerBits(formats) }
    let inputs = bits.activations ?? target.inputBits
    var phases: [TransformerPhase] = []
    for phase in workload.phases {
      phases.append(
        TransformerPhase(phase.name, try schedule(phase, of: workload, bits: bits)))
    }
    var name = "w\(bits.weights ?? target.weightBits)a\(inputs)"
    if let cache = bits.cache { name += "kv\(cache)" }
    var notes: [String] = []
    for note in phases.flatMap(\.schedule.notes) where !notes.contains(note) {
      notes.append(note)
    }
    return TransformerEstimate(
      formats: name, path: "rules of \(target.rules.rawValue)", phases: phases, memory: nil,
      error: nil, notes: notes)
  }

  /// One pass over the model, a step for each kind of product.
  ///
  /// - Parameters:
  ///   - phase: of `workload`.
  ///   - workload: the model with its batch.
  ///   - bits: by operand.
  /// - Returns: steps in the order of the phase's products.
  /// - Throws: ``DeviceProblems`` for shapes and widths that the device has no rule for.
  public func schedule(
    _ phase: TransformerWorkload.Phase, of workload: TransformerWorkload, bits: TransformerBits
  ) throws(DeviceProblems) -> Schedule {
    do throws(BitSerialError) {
      let passes = TransformerPass(phase, of: workload)
      let works = try passes.works(isPublished: attention == "A")
      var steps: [Schedule.Step] = []
      var energyIsKnown = true
      let costs = try self.costs(works, phase, bits)
      for (work, cost) in zip(works, costs) {
        energyIsKnown = energyIsKnown && cost.cost.hasEnergy
        steps.append(
          Schedule.Step(
            name: work.name, node: nil,
            operation: work.operand == .weights ? "linear" : "attention",
            path: cost.cost.path, shape: [work.batch, work.rows, work.outputs], macs: work.macs,
            bits: [.init("weight", cost.weights), .init("input", cost.inputs)],
            traffic: [.init("dram", cost.cost.dramBytes)], bound: cost.cost.path,
            terms: cost.cost.terms))
      }
      return ArrayStepCost.schedule(steps, on: self, energyIsKnown: energyIsKnown)
    } catch {
      throw DeviceProblems(
        Diagnostic(
          code: "cost.unsupported", message: "'\(target.description.id)': \(error.reason)",
          remedy: "choose other widths or another target."))
    }
  }

  private var attention: String {
    if case .terms(_, _, let attention) = target.machine { attention } else { "B" }
  }

  private struct StepCost {
    let cost: ArrayStepCost
    let weights: Int
    let inputs: Int
  }

  private func costs(
    _ works: [MatrixWork], _ phase: TransformerWorkload.Phase, _ bits: TransformerBits
  ) throws(BitSerialError) -> [StepCost] {
    let inputs = bits.activations ?? target.inputBits
    var widths: [Int] = []
    for work in works {
      widths.append(
        work.operand == .weights
          ? bits.weights ?? target.weightBits
          : bits.cache ?? inputs)
    }
    for (work, width) in zip(works, widths) where !(1...64).contains(width) {
      throw .precision(layer: work.name, operand: "weights", bits: width, allowed: 1...64)
    }
    switch target.machine {
    case .terms(let wide, let decode, let attention):
      let array = phase.tokens == 1 ? decode : wide
      let common = bits.weights ?? target.weightBits
      var costs: [StepCost] = []
      for (work, width) in zip(works, widths) {
        let stored = target.storedWeightBits(width)
        let operands: TermOperands
        if work.operand == .weights {
          operands = TermOperands(weightBits: stored, inputBits: inputs)
        } else if attention == "A" {
          // As published: moved at the inputs' width, computed as if it had that of the weights.
          operands = TermOperands(
            weightBits: Double(inputs), inputBits: inputs,
            serialBits: target.storedWeightBits(common))
        } else {
          operands = TermOperands(weightBits: Double(width), inputBits: inputs)
        }
        costs.append(
          StepCost(
            cost: ArrayStepCost(
              try TermLayer(work, on: array, operands: operands), on: array), weights: width,
            inputs: inputs))
      }
      return costs
    case .planes(let array):
      var costs: [StepCost] = []
      for (work, width) in zip(works, widths) {
        let layer = try PlaneLayer(work, on: array, weightBits: width, inputBits: inputs)
        costs.append(
          StepCost(
            cost: ArrayStepCost(layer, on: array, clockHz: target.clockHz), weights: width,
            inputs: inputs))
      }
      return costs
    case .fused(let array):
      var costs: [StepCost] = []
      for (work, width) in zip(works, widths) {
        let schedule = try FusionSchedule(
          try ArrayLayer(
            product: work.name, rows: work.rows, inputChannels: work.inputs,
            outputChannels: work.outputs), on: array,
          operands: FusionOperands(inputBits: inputs, weightBits: width))
        costs.append(
          StepCost(
            cost: ArrayStepCost(schedule, count: work.count * work.batch), weights: width,
            inputs: inputs))
      }
      return costs
    case .weightBits(let array):
      var layers: [ArrayLayer] = []
      for work in works {
        layers.append(
          try ArrayLayer(
            product: work.name, rows: work.rows, inputChannels: work.inputs,
            outputChannels: work.outputs))
      }
      let schedule = try WeightBitSchedule(layers, on: array) {
        .init(
          values: nil,
          keptChannels: Int(target.keptShare * Double(layers[$0].outputChannels)))
      }
      return zip(works, schedule.layers).map { work, layer in
        StepCost(
          cost: ArrayStepCost(layer, of: schedule, count: work.count * work.batch),
          weights: array.serialBits, inputs: array.parallelBits)
      }
    }
  }
}

/// A pass as matrix products of the array's kind.
private struct TransformerPass {
  let phase: TransformerWorkload.Phase
  let batch: Int
  /// How often a layer's products occur: the layers of the model.
  let layers: Int

  init(_ phase: TransformerWorkload.Phase, of workload: TransformerWorkload) {
    self.phase = phase
    batch = max(workload.batch, 1)
    layers = max(phase.products.filter { $0.kind == .linear }.map(\.count).max() ?? 1, 1)
  }

  func works(isPublished: Bool) throws(BitSerialError) -> [MatrixWork] {
    var works: [MatrixWork] = []
    for product in phase.products {
      switch product.role {
      case .weights: works.append(try linear(product))
      case .expertWeights: works.append(try experts(product))
      case .cache, .computed:
        if isPublished, let published = try publishedAttention(product) {
          works.append(published)
        } else {
          works.append(try attention(product))
        }
      }
    }
    return works
  }

  /// Rows of a prompt for each sequence; one row of each sequence for a token.
  private func linear(
    _ product: TransformerWorkload.Product
  ) throws(BitSerialError) -> MatrixWork {
    let isPrompt = phase.tokens > 1 && product.m % batch == 0
    return try MatrixWork(
      name: product.name, count: product.count, batch: isPrompt ? batch : 1,
      outputs: product.n, inputs: product.k, rows: isPrompt ? product.m / batch : product.m)
  }

  /// Rows are spread evenly over the experts that meet some.
  private func experts(
    _ product: TransformerWorkload.Product
  ) throws(BitSerialError) -> MatrixWork {
    let met = max(min(product.experts, product.m), 1)
    return try MatrixWork(
      name: product.name, count: product.count, batch: met, weightBatch: met,
      outputs: product.n, inputs: product.k, rows: ceilingDivide(max(product.m, 1), met))
  }

  /// A product for each sequence and key-value head of a layer.
  private func attention(
    _ product: TransformerWorkload.Product
  ) throws(BitSerialError) -> MatrixWork {
    let isEven = product.count % layers == 0
    let groups = isEven ? product.count / layers : 1
    return try MatrixWork(
      name: product.name, count: isEven ? layers : product.count, operand: .cache, batch: groups,
      weightBatch: groups, outputs: product.n, inputs: product.k, rows: product.m)
  }

  /// Attention as BitMoD's published figures count it; nil where the product is no attention of a whole
  /// number of heads a sequence.
  private func publishedAttention(
    _ product: TransformerWorkload.Product
  ) throws(BitSerialError) -> MatrixWork? {
    let tokens = max(phase.tokens, 1)
    guard product.kind == .attention, product.count % (layers * batch) == 0,
      product.m % tokens == 0
    else { return nil }
    let shared = product.count / (layers * batch)
    let heads = shared * (product.m / tokens)
    if product.name.hasSuffix(".scores") {
      return try MatrixWork(
        name: product.name, count: layers, operand: .cache, outputs: tokens,
        inputs: heads * product.k, rows: heads * tokens, storedInputs: shared * product.k)
    }
    guard product.name.hasSuffix(".values") else { return nil }
    return try MatrixWork(
      name: product.name, count: layers, operand: .cache, outputs: heads * tokens,
      inputs: product.k, rows: tokens, storedInputs: shared * product.n)
  }
}
