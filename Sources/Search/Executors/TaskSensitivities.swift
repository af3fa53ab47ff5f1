package import QuantGraph

/// Sensitivities of layers, measured elsewhere as tasks of a scheduler.
package struct TaskSensitivities: Sendable {
  private let coordinator: TaskCoordinator
  private let status: @Sendable (TaskCoordinator.Status) -> Void
  private let progress: @Sendable (_ done: Int, _ total: Int) -> Void

  /// - Parameters:
  ///   - coordinator: gives out the tasks.
  ///   - status: told what runs and what waits.
  ///   - progress: told how many layers are done.
  package init(
    by coordinator: TaskCoordinator,
    status: @escaping @Sendable (TaskCoordinator.Status) -> Void,
    progress: @escaping @Sendable (_ done: Int, _ total: Int) -> Void
  ) {
    self.coordinator = coordinator
    self.status = status
    self.progress = progress
  }

  /// A metric's value of every candidate of a space.
  ///
  /// - Precondition: the metric measures each layer by itself.
  package func scores(
    _ metric: SensitivityMetric, of space: SearchSpace
  ) throws(Failure) -> SensitivityScores {
    precondition(metric.isByLayer, "a metric of single layers")
    var values = [[Double]](repeating: [], count: space.layers.count)
    var done = 0
    var wrong: Int?
    try coordinator.run(
      space.layers.indices.map { [$0] }, .sensitivity(metric: metric), status: status
    ) { layer, item in
      values[layer] = item.values ?? []
      if values[layer].count != space.candidates[layer].count { wrong = layer }
      done += 1
      progress(done, space.layers.count)
    }
    if let wrong {
      throw Failure(
        "study.damaged", "a task measured other candidates of layer '\(space.layers[wrong].name)'",
        remedy: "remove the folder of the study's tasks.")
    }
    return SensitivityScores(
      metric: metric, layers: space.layers.map(\.name),
      candidates: space.candidates.map { $0.map(\.formats.name) }, values: values)
  }
}

extension SensitivityMetric {
  /// Whether a layer's values depend on that layer alone and take runs of the network to know.
  package var isByLayer: Bool {
    switch self {
    case .mse, .kl, .logitMSE, .loss, .flips, .hessian: true
    case .weightError, .sqnr, .inputSQNR, .entropy, .hawq, .kurtosis, .clippedError, .masked,
      .adapt:
      false
    }
  }
}
