/// How a library runs matrix products in one format: what is stored, which units compute, which kernels
/// run beside the product.
///
/// Facts of the measured software are those of the collector's sources (TensorRT-LLM 0.12 kernels as
/// NVIDIA's aiconfigurator-core 0.12.0 timed them).
public struct GEMMPath: Sendable, Hashable {
  /// The units that multiply; a device's peak of each.
  public enum Units: String, Sendable, Hashable, CaseIterable {
    case fp16, int8, int4, fp8, fp4, b1

    /// Key of the peak in descriptions.
    public var key: String { "\(rawValue)_ops_per_second" }
  }

  /// How a path comes to its arithmetic.
  public enum Kind: String, Sendable, Hashable {
    /// The units take the operands as they are stored.
    case native
    /// Weights are converted in the kernel to what the units take.
    case converted
    /// The arithmetic is put together from other instructions.
    case emulated
  }

  public let name: String
  public let kind: Kind
  /// Bytes of an element in memory.
  public let weightBytes: Double
  public let dataBytes: Double
  public let resultBytes: Double
  public let units: Units
  /// Energy of an operation relative to 16 bits.
  public let relativeEnergy: Double
  /// At most so many rows run on the ordinary cores; 0 if the library has no such path.
  public let vectorRows: Int
  /// Whether that path is taken whatever it costs, or only where it is the faster.
  public let vectorIsForced: Bool
  /// Whether kernels quantize the data before the product.
  public let quantizes: Bool
  /// Whether these pass over the data once more for its largest value.
  public let findsLargest: Bool
  /// Whether the sum over k is split over multiprocessors.
  public let splits: Bool
  /// Copies that the weights rotated over where they were measured; 0 if they were cold.
  public let copies: Int
  /// The path whose constants it takes: its own name for those that were fitted.
  public let constants: String

  /// This path with other weights: the same kernels, fewer bytes.
  public func storing(
    _ name: String, weightBytes: Double, dataBytes: Double? = nil, kind: Kind
  ) -> GEMMPath {
    GEMMPath(
      name: name, kind: kind, weightBytes: weightBytes, dataBytes: dataBytes ?? self.dataBytes,
      resultBytes: resultBytes, units: units, relativeEnergy: relativeEnergy,
      vectorRows: vectorRows, vectorIsForced: vectorIsForced, quantizes: quantizes,
      findsLargest: findsLargest, splits: splits, copies: copies, constants: constants)
  }

  /// This path's kernels on single bits: planes of weights and of data, put together from binary
  /// products (ABQ-LLM).
  ///
  /// An element is a bit, and `weights * data` sums of planes become one 16-bit result.
  public func planes(weights: Int, data: Int) -> GEMMPath {
    GEMMPath(
      name: "bitplane", kind: .emulated, weightBytes: 1.0 / 8, dataBytes: 1.0 / 8,
      resultBytes: 2 / Double(weights * data), units: .b1, relativeEnergy: 0.08, vectorRows: 0,
      vectorIsForced: false, quantizes: false, findsLargest: false, splits: true, copies: 0,
      constants: constants)
  }

  /// Paths with constants of their own.
  public static let fitted: [GEMMPath] = [
    path("w16a16", .native, 2, 2, .fp16, 1, copies: 5),
    path("w8a16", .converted, 1, 2, .fp16, 1, vector: 15),
    path("w4a16", .converted, 0.5, 2, .fp16, 1, vector: 15),
    path("w8a8", .native, 1, 1, .int8, 0.56, vector: 4, forced: true),
    path("w8a8-dynamic", .native, 1, 1, .int8, 0.56, quantizes: true, largest: true, copies: 6),
    path("w4a4", .native, 0.5, 0.5, .int4, 0.31, quantizes: true, copies: 5),
    path(
      "fp8", .native, 1, 1, .fp8, 0.56, vector: 8, forced: true, quantizes: true,
      largest: true, copies: 5),
    path("fp8-block", .native, 1, 1, .fp8, 0.56, quantizes: true, splits: false, copies: 5),
    path("nvfp4", .native, 0.5625, 0.5625, .fp4, 0.31, quantizes: true, copies: 5),
  ]

  private static func path(
    _ name: String, _ kind: Kind, _ weights: Double, _ data: Double, _ units: Units,
    _ energy: Double, vector: Int = 0, forced: Bool = false, quantizes: Bool = false,
    largest: Bool = false, splits: Bool = true, copies: Int = 0
  ) -> GEMMPath {
    GEMMPath(
      name: name, kind: kind, weightBytes: weights, dataBytes: data, resultBytes: 2, units: units,
      relativeEnergy: energy, vectorRows: vector, vectorIsForced: forced, quantizes: quantizes,
      findsLargest: largest, splits: splits, copies: copies, constants: name)
  }

  /// The fitted path with this name, or nil.
  public static func named(_ name: String) -> GEMMPath? { fitted.first { $0.name == name } }
}
