// Samples a second of a quantized model on one thread, or the rate of an 8-bit matrix product.
//
//   ModelBench MODEL.tflite|MODEL.onnx [SECONDS] [--path PATH] [--nodes]
//   ModelBench gemm [SIZE] [SECONDS]
//
// A sample is one run of a plan whose input is in place. Prints one line of JSON; `--nodes` adds a
// line a node: its share of the time, kernel and name. PATH is a kernel path: plain, portable,
// avx2 or vnni.
import Arith
import HWModel
import Importers
import QuantGraph

let clock = ContinuousClock()

func seconds(_ duration: Duration) -> Double {
  Double(duration.components.seconds) + Double(duration.components.attoseconds) * 1e-18
}

/// Seconds of one call: the median of batches of calls that together take `budget`.
func secondsPerCall(budget: Double, _ body: () -> Void) -> (median: Double, best: Double) {
  body()
  var calls = 1
  while true {
    let began = clock.now
    for _ in 0..<calls { body() }
    let taken = seconds(clock.now - began)
    if taken > budget / 40 || calls > 1 << 24 { break }
    calls *= 2
  }
  var times: [Double] = []
  let end = clock.now.advanced(by: .seconds(budget))
  repeat {
    let began = clock.now
    for _ in 0..<calls { body() }
    times.append(seconds(clock.now - began) / Double(calls))
  } while clock.now < end
  times.sort()
  return (times[times.count / 2], times[0])
}

func fail(_ message: String) -> Never { fatalError(message) }

func model(_ path: String) throws -> Graph {
  if path.hasSuffix(".onnx") {
    return try ONNXModel(path: path).graph(ONNXGraphOptions(batch: 1)).graph
  }
  return try TFLiteModel.read(path).graph
}

func benchmark(model path: String, budget: Double, kernels: KernelPath, nodes: Bool) throws {
  let graph = try model(path)
  let began = clock.now
  let plan =
    path.hasSuffix(".onnx")
    ? try Plan(graph, on: ONNXIntegerDatapath())
    : try Plan(graph, on: TFLiteReference(path: kernels))
  let runner = PlanRunner(plan)
  let prepared = seconds(clock.now - began)
  var state: UInt64 = 1
  for id in plan.graph.inputs {
    guard let buffer = runner.buffer(of: id) else { fail("inputs have buffers") }
    for position in 0..<buffer.capacity {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      let byte = UInt8(truncatingIfNeeded: state >> 33)
      switch buffer.storage {
      case .int8, .uint8: buffer.elements(as: UInt8.self)[position] = byte
      case .float32: buffer.elements(as: Float.self)[position] = Float(byte) / 128 - 1
      default: break
      }
    }
  }
  let whole = secondsPerCall(budget: budget) { runner.run(usedLanes: 1) }
  var checksum: UInt64 = 14_695_981_039_346_656_037
  for id in plan.graph.outputs {
    guard let buffer = runner.buffer(of: id) else { continue }
    for position in 0..<buffer.capacity {
      let code: UInt64 =
        switch buffer.storage {
        case .float32: UInt64(buffer.elements(as: Float.self)[position].bitPattern)
        case .float64: buffer.elements(as: Double.self)[position].bitPattern
        default: UInt64(bitPattern: buffer.integer(at: position))
        }
      checksum = (checksum ^ code) &* 1_099_511_628_211
    }
  }
  print(
    "{\"model\": \"\(path)\", \"datapath\": \"\(plan.datapath)\", \"path\": \"\(kernels.rawValue)\", "
      + "\"median_us\": \(whole.median * 1e6), \"best_us\": \(whole.best * 1e6), "
      + "\"samples_per_second\": \(1 / whole.median), \"prepare_ms\": \(prepared * 1e3), "
      + "\"checksum\": \"\(String(checksum, radix: 16))\"}")
  guard nodes else { return }
  // A node's time is that of the plan from it on, less that of the plan from the next one on.
  let count = plan.graph.nodes.count
  var times = [Double](repeating: 0, count: count + 1)
  for first in 0..<count {
    times[first] = secondsPerCall(budget: budget / 8) { runner.run(usedLanes: 1, from: first) }.best
  }
  for (index, node) in plan.graph.nodes.enumerated() {
    let own = (times[index] - times[index + 1]) * 1e6
    let share = 100 * own / (times[0] * 1e6)
    print(
      "\(index)\t\((own * 10).rounded() / 10) us\t\((share * 10).rounded() / 10) %\t"
        + "\(plan.kernelNames[index])\t\(node.name)")
  }
}

/// `size`^3 multiply-adds of int8 codes and int8 weights to int32 sums; packing of the data is
/// part of the time, that of the weights is not.
func benchmarkProduct(size: Int, budget: Double) {
  let codes = (0..<size * size).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
  let weights = (0..<size * size).map { Int8(truncatingIfNeeded: $0 &* 17 &+ $0 >> 7) }
  for path in [KernelPath.portable, .avx2, .vnni] {
    let packing = ImagePacking(
      rows: 1, columns: size, channels: size, packedRows: 1, packedColumns: size, isSigned: true)
    let walk = ProductWalk(
      columns: size, rowPitch: 0, columnPitch: size, offsets: [0], length: size)
    let product = ByteProduct(
      weights: weights, filters: size, walk: walk, bias: [], dataZero: 3, isSigned: true,
      path: path)
    let memory = UnsafeMutableRawPointer.allocate(
      byteCount: packing.byteCount(path: path), alignment: 64)
    defer { memory.deallocate() }
    let sums = UnsafeMutablePointer<Int32>.allocate(capacity: size * size)
    defer { sums.deallocate() }
    let time = secondsPerCall(budget: budget) {
      codes.withUnsafeBytes { bytes in
        guard let base = bytes.baseAddress else { return }
        packing.pack(base, into: memory, path: path)
      }
      product.sums(of: memory, first: 0, count: size, into: sums)
    }
    let operations = 2 * Double(size) * Double(size) * Double(size)
    print(
      "{\"gemm\": \(size), \"path\": \"\(path.rawValue)\", \"median_gops\": "
        + "\(operations / time.median * 1e-9), \"best_gops\": \(operations / time.best * 1e-9)}")
  }
}

var words = Array(CommandLine.arguments.dropFirst())
var kernels = KernelPath.current
if let index = words.firstIndex(of: "--path"), index + 1 < words.count {
  guard let path = KernelPath(rawValue: words[index + 1]) else {
    fail("no path \(words[index + 1])")
  }
  kernels = path
  words.removeSubrange(index...index + 1)
}
let nodes = words.contains("--nodes")
words.removeAll { $0 == "--nodes" }
guard let first = words.first else { fail("usage: ModelBench MODEL|gemm [SECONDS|SIZE]") }
if first == "gemm" {
  let size = words.count > 1 ? Int(words[1]) ?? 1024 : 1024
  benchmarkProduct(size: size, budget: words.count > 2 ? Double(words[2]) ?? 2 : 2)
} else {
  try benchmark(
    model: first, budget: words.count > 1 ? Double(words[1]) ?? 1 : 1, kernels: kernels,
    nodes: nodes)
}
