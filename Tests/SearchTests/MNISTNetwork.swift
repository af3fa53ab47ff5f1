import FoundationEssentials
import HWModel
import Importers
import QuantGraph
import Search
import TestSupport

/// The trained network of `models/mnist_cnn` beside the checkout, with its images and tables.
struct MNISTNetwork {
  static let folder = SharedData.path("models/mnist_cnn")
  static let isPresent =
    folder.map { FileManager.default.fileExists(atPath: $0 + "/model.onnx") } ?? false
  static let bits = [2, 3, 4, 8]

  let network: FloatNetwork
  let calibration: EvaluationData
  let evaluation: EvaluationData

  init() throws {
    let folder = Self.folder ?? ""
    network = try FloatNetwork(try ONNXModel(path: folder + "/model.onnx").graph().graph)
    let archive = try NPZ.open(folder + "/data.npz")
    let divisor = Float(try archive.read("divisor").doubles()?.first ?? 1)
    func images(_ name: String) throws -> [Float] {
      (try archive.read(name).doubles() ?? []).map { Float($0) / divisor }
    }
    func labels(_ name: String) throws -> [Int] {
      (try archive.read(name).doubles() ?? []).map { Int($0) }
    }
    calibration = try EvaluationData(
      try images("calib_x"), labels: try labels("calib_y"), for: network)
    evaluation = try EvaluationData(
      try images("eval_x"), labels: try labels("eval_y"), for: network)
  }

  func evaluator(samples: Int? = nil) -> QuantizedEvaluator {
    QuantizedEvaluator(
      network, calibration: calibration,
      evaluation: samples.map { evaluation.prefix($0) } ?? evaluation, threads: 2)
  }

  /// With the ranges that the tables were made with: the last bits of a maximum depend on the order
  /// in which a float network is summed, and move ties.
  func recordedEvaluator() throws -> QuantizedEvaluator {
    struct Meta: Decodable {
      struct Layer: Decodable { let act_in_max: Float }
      let layers: [Layer]
    }
    let text = try Data(contentsOf: URL(filePath: (Self.folder ?? "") + "/meta.json"))
    let meta = try JSONDecoder().decode(Meta.self, from: text)
    return QuantizedEvaluator(
      network, inputRanges: meta.layers.map { InputRange(minimum: 0, maximum: $0.act_in_max) },
      evaluation: evaluation, threads: 2)
  }

  /// The allocation of an index: base 4, the first layer most significant.
  static func allocation(
    _ index: Int, space: String, of evaluator: QuantizedEvaluator
  ) throws -> [Candidate] {
    var allocation: [Candidate] = []
    for layer in 0..<8 {
      let option = bits[index >> (2 * (7 - layer)) & 3]
      allocation.append(
        try evaluator.candidate(
          layer: layer, weightBits: option, inputBits: space == "w_only" ? 8 : option))
    }
    return allocation
  }

  static func array(_ file: String, _ name: String) throws -> [Double] {
    try NPZ.open((folder ?? "") + "/" + file).read(name).doubles() ?? []
  }
}
