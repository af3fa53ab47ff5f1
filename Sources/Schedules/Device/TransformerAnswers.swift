public import HWModel
public import QuantGraph

/// Runs transformers of which shapes alone are known (`estimate CONFIG`).
public protocol RunsTransformers: Device {
  /// What a run takes with weights, data and cache in formats such as `w4a8kv4`.
  ///
  /// - Parameters:
  ///   - workload: phases of the run, and what they keep.
  ///   - formats: a configuration of formats by its name.
  ///   - devices: how many of them the model is spread over, at least 1.
  /// - Returns: kernels by phase, and memory.
  /// - Throws: ``DeviceProblems`` for formats or facts that the device lacks.
  func estimate(
    _ workload: TransformerWorkload, formats: String, devices: Int
  ) throws(DeviceProblems) -> TransformerEstimate
}

/// A run of a transformer on one or several devices.
public struct TransformerEstimate: Sendable {
  /// The configuration of formats, in its printed form.
  public let formats: String
  /// The kernel path of products with weights, and how it comes to its arithmetic: `w4a16 (converted)`.
  public let path: String
  /// In the order in which they run.
  public let phases: [TransformerPhase]
  public let memory: TransformerMemory
  /// Of one pass of the last phase, at most; nil where the power is not known.
  public let energyJoules: Double?
  /// Of the products' path, where it was measured on this device.
  public let error: MeasuredError?
  /// What a reader must know; a sentence each.
  public let notes: [String]

  /// The phase with a name; nil if the model has none.
  public func phase(_ name: String) -> TransformerPhase? { phases.first { $0.name == name } }
}

/// A phase laid out in kernels.
public struct TransformerPhase: Sendable {
  /// One kind of kernel.
  public struct Step: Sendable {
    public let name: String
    /// `linear`, `attention`, `head`, `other`, `all-reduce`.
    public let kind: String
    /// How often it runs in the phase.
    public let count: Double
    /// Seconds of one run, as terms.
    public let term: CostTerm
    /// `compute`, `memory` or `launch`.
    public let bound: String
    /// Rows, columns and terms of a product on one device; empty otherwise.
    public let extents: [Int]

    public var seconds: Double { count * term.value }
  }

  public let name: String
  public let steps: [Step]
  public var seconds: Double { steps.reduce(0) { $0 + $1.seconds } }

  /// Seconds by kind of step, in order of appearance.
  public var shares: [(kind: String, seconds: Double)] {
    var shares: [(kind: String, seconds: Double)] = []
    for step in steps {
      if let index = shares.firstIndex(where: { $0.kind == step.kind }) {
        shares[index].seconds += step.seconds
      } else {
        shares.append((step.kind, step.seconds))
      }
    }
    return shares
  }

  /// What bounds most of the time.
  public var bound: String {
    func time(_ bound: String) -> Double {
      steps.reduce(0) { $1.bound == bound ? $0 + $1.seconds : $0 }
    }
    return ["memory", "compute", "launch"].max { time($0) < time($1) } ?? "memory"
  }
}

/// Bytes on one device.
public struct TransformerMemory: Sendable, Hashable {
  public let weights: Double
  public let cache: Double
  public let activations: Double
  /// Nil where the description does not state it.
  public let available: Double?
  public var total: Double { weights + cache + activations }
  public var fits: Bool { available.map { total <= $0 } ?? true }
}
