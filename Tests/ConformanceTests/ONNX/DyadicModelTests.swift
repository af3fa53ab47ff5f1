import Arith
import HWModel
import Importers
import QuantGraph
import TestSupport
import Testing

/// Whole models moved to the dyadic rule set.
@Suite struct DyadicModelTests {
  @Test(
    "ONNX models run in integers only, codes near onnxruntime's",
    .enabled(if: SharedData.root != nil),
    arguments: [
      ("cnn_qdq_u8s4_perchannel", TieRule.halfEven), ("cnn_qdq_u8s8_perchannel", .halfUp),
      ("cnn_qoperator_u8s8_perchannel", .halfAway), ("mlp_qdq_u8s8", .halfEven),
      ("mlp_qoperator_u8s8", .halfUp), ("res_qdq_s8s8", .halfEven),
      ("res_qoperator_u8u8", .halfEven),
    ])
  func onnx(name: String, ties: TieRule) throws {
    let folder = try #require(SharedData.path("conformance/arith/models"))
    let model = try ONNXModel(path: "\(folder)/\(name).onnx")
    let arrays = try NPZ.read("\(folder)/\(name).npz")
    let x = try #require(arrays["x"]?.values(as: Float.self))
    let read = try model.graph(ONNXGraphOptions(batch: 8))
    let plan = try Plan(read.graph, on: DyadicDatapath(requantize: ties))
    #expect(plan.floatingPointContents == [])
    let input = plan.graph[plan.graph.inputs[0]]
    #expect(input.name == "x")
    guard case .affine(let format) = input.encoding else {
      Issue.record("the input is no codes")
      return
    }
    let codes = x.map { value in
      let steps = (value / Float(format.scales[0])).rounded(.toNearestOrEven)
      return Int64(steps) + (format.zeroPoints.first ?? 0)
    }
    let kept = Set(read.written.filter { plan.graph[$0].constant == nil })
    let runner = PlanRunner(plan, keeping: kept)
    let buffer = try #require(runner.buffer(of: plan.graph.inputs[0]))
    if format.isSigned {
      _ = buffer.elements(as: Int8.self).update(
        fromContentsOf: codes.map { Int8(clamping: $0) })
    } else {
      _ = buffer.elements(as: UInt8.self).update(
        fromContentsOf: codes.map { UInt8(clamping: $0) })
    }
    runner.run(usedLanes: 1)
    // The same codes as onnxruntime's but where float32 and the 31-bit multiplier part at a tie.
    var compared = 0
    var differing = 0
    var largest: Int64 = 0
    for id in kept {
      guard runner.buffer(of: id) != nil, case .affine = plan.graph[id].encoding,
        let expected = arrays["t/" + plan.graph[id].name]?.integers()
      else { continue }
      for (element, value) in expected.enumerated() {
        let difference = abs(runner.code(of: id, element: element, lane: 0) - value)
        compared += 1
        differing += difference > 0 ? 1 : 0
        largest = max(largest, difference)
      }
    }
    print(
      "\(name) on dyadic \(ties.rawValue): \(differing) of \(compared) differ, at most \(largest)")
    // Branches of an addition are rounded apart: half a step more each, so that codes after one
    // may part by one.
    let share = name.hasPrefix("res") ? 10 : 1000
    #expect(compared > 0 && differing * share <= compared && largest <= 1)
  }

  @Test(
    "TFLite models run in integers only", .enabled(if: SharedData.root != nil),
    arguments: [
      "mlperf_tiny/ad01_int8", "mlperf_tiny/kws_int8", "mlperf_tiny/resnet8_int8",
      "mlperf_tiny/vww_96_int8", "mobilenet/mobilenet_v2_0.35_128_int8",
      // The mcunet models take float32: no graph of integers only.
      "tflm/person_detect_int8", "tflm/hello_world_int8",
    ])
  func tflite(name: String) throws {
    let path = try #require(SharedData.path("models/\(name).tflite"))
    let graph = try TFLiteModel.read(path).graph
    let plan = try Plan(graph, on: DyadicDatapath())
    #expect(plan.floatingPointContents == [])
    let reference = try Plan(graph, on: TFLiteReference())
    // Seeded codes over the whole input range; runners of both rule sets.
    var generator = SeededGenerator(seed: 7)
    let runners = [PlanRunner(plan), PlanRunner(reference)]
    for input in graph.inputs {
      for element in 0..<graph[input].shape.count {
        let code = UInt8.random(in: .min ... .max, using: &generator)
        for runner in runners {
          guard let buffer = runner.buffer(of: input), buffer.storage.stride == 1 else {
            Issue.record("the input has no codes of 8 bits")
            return
          }
          buffer.elements(as: UInt8.self)[element] = code
        }
      }
    }
    for runner in runners { runner.run(usedLanes: 1) }
    var largest: Int64 = 0
    var compared = 0
    for output in graph.outputs {
      for element in 0..<graph[output].shape.count {
        let codes = runners.map { $0.code(of: output, element: element, lane: 0) }
        largest = max(largest, abs(codes[0] - codes[1]))
        compared += 1
      }
    }
    // What another requantizer costs: a bound that a wrong kernel would miss by far.
    print("\(name): dyadic and tflite-reference part by at most \(largest) in \(compared) codes")
    #expect(compared > 0 && largest <= 16)
  }
}
