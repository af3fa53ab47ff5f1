// Allocations a second of the evaluator, or the quality of every allocation of a space.
//
//   EvaluatorBench MODEL.onnx DATA.npz [--space w_only|wa_same] [--bits 2,3,4,8] [--threads N]
//                  [--count N] [--table OUT.npz] [--part I/N] [--ranges META.json]
//
// DATA.npz holds calib_x, eval_x (divided by `divisor` in float32), eval_y. Without --table: speed in
// table order and in random order, one allocation a call, as one line of JSON. With --table: the
// arrays `index`, `correct` and `loss` in the order of the index, whose first digit is the first
// layer's. --ranges: largest inputs (`layers[].act_in_max`) instead of calibrated ones.
import Arith
import FoundationEssentials
import HWModel
import Importers
import QuantGraph
import Search

struct Usage: Error, CustomStringConvertible {
  let description: String
}

var positional: [String] = []
var options: [String: String] = [:]
var arguments = CommandLine.arguments.dropFirst()
while let argument = arguments.popFirst() {
  if argument.hasPrefix("--") {
    options[argument] = arguments.popFirst()
  } else {
    positional.append(argument)
  }
}
guard positional.count == 2 else { throw Usage(description: "usage: EvaluatorBench MODEL DATA") }
let space = options["--space"] ?? "w_only"
let bits = (options["--bits"] ?? "2,3,4,8").split(separator: ",").compactMap { Int($0) }
let threads = Int(options["--threads"] ?? "2") ?? 2

func seconds(_ duration: Duration) -> Double { duration / .seconds(1) }

let clock = ContinuousClock()
let started = clock.now
let graph = try ONNXModel(path: positional[0]).graph().graph
let network = try FloatNetwork(graph)
let archive = try NPZ.open(positional[1])
let divisor = Float(try archive.read("divisor").doubles()?.first ?? 1)
func values(_ name: String) throws -> [Float] {
  (try archive.read(name).doubles() ?? []).map { Float($0) / divisor }
}
let labels = (try archive.read("eval_y").doubles() ?? []).map { Int($0) }
let images = try EvaluationData(try values("eval_x"), labels: labels, for: network)
struct Meta: Decodable {
  struct Layer: Decodable { let act_in_max: Float }
  let layers: [Layer]
}
let evaluator: QuantizedEvaluator
if let path = options["--ranges"] {
  let meta = try JSONDecoder().decode(Meta.self, from: Data(contentsOf: URL(filePath: path)))
  evaluator = QuantizedEvaluator(
    network, inputRanges: meta.layers.map { InputRange(minimum: 0, maximum: $0.act_in_max) },
    evaluation: images, threads: threads)
} else {
  evaluator = QuantizedEvaluator(
    network, calibration: try EvaluationData(try values("calib_x"), for: network),
    evaluation: images, threads: threads)
}
let prepared = seconds(clock.now - started)

let layers = evaluator.layers.count
var total = 1
for _ in 0..<layers { total *= bits.count }

/// The allocation of a position in the table.
func allocation(_ index: Int) throws -> [Candidate] {
  var rest = index
  var digits = [Int](repeating: 0, count: layers)
  for layer in (0..<layers).reversed() {
    digits[layer] = rest % bits.count
    rest /= bits.count
  }
  var candidates: [Candidate] = []
  for (layer, digit) in digits.enumerated() {
    candidates.append(
      try evaluator.candidate(
        layer: layer, weightBits: bits[digit], inputBits: space == "w_only" ? 8 : bits[digit]))
  }
  return candidates
}

if let path = options["--table"] {
  let part = (options["--part"] ?? "0/1").split(separator: "/").compactMap { Int($0) }
  let indices = Array(total * part[0] / part[1]..<total * (part[0] + 1) / part[1])
  var allocations: [[Candidate]] = []
  for index in indices { allocations.append(try allocation(index)) }
  var correct = [UInt16](repeating: 0, count: indices.count)
  var loss = [Float](repeating: 0, count: indices.count)
  let begin = clock.now
  try evaluator.evaluate(allocations, threads: threads, isCancelled: { false }) { index, quality in
    correct[index] = UInt16(quality.correct ?? 0)
    loss[index] = Float(quality.loss)
  }
  let elapsed = seconds(clock.now - begin)
  try NPZ.write(
    [
      ("index", NDArray(shape: [indices.count], indices.map { Int32($0) })),
      ("correct", NDArray(shape: [indices.count], correct)),
      ("loss", NDArray(shape: [indices.count], loss)),
    ], to: path)
  print("{\"space\": \"\(space)\", \"allocations\": \(indices.count), \"seconds\": \(elapsed)}")
} else {
  let count = Int(options["--count"] ?? "2000") ?? 2000
  var ordered: [[Candidate]] = []
  for index in 0..<min(count, total) { ordered.append(try allocation(index)) }
  var begin = clock.now
  try evaluator.evaluate(ordered, threads: threads, isCancelled: { false }) { _, _ in }
  let table = Double(ordered.count) / seconds(clock.now - begin)
  var generator = SplitMix64(seed: 1)
  var random: [[Candidate]] = []
  for _ in 0..<max(count / 20, 20) {
    random.append(try allocation(Int.random(in: 0..<total, using: &generator)))
  }
  begin = clock.now
  for one in random {
    try evaluator.evaluate([one], threads: threads, isCancelled: { false }) { _, _ in }
  }
  let single = Double(random.count) / seconds(clock.now - begin)
  print(
    "{\"space\": \"\(space)\", \"threads\": \(threads), \"prepare_seconds\": \(prepared), "
      + "\"table_order_per_second\": \(table), \"random_order_per_second\": \(single)}")
}
