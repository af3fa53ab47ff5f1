// Samples a second of an hls4ml project on one thread: the input file is read, assigned to the
// input's type, run, and every output value is read back.
//
//   HLSBench PROJECT INPUT.npy [REPETITIONS]
//
// Prints one line of JSON: the best and the median rate of the repetitions.
import HWModel
import Importers
import QuantGraph

let arguments = CommandLine.arguments
guard arguments.count >= 3 else { fatalError("usage: HLSBench PROJECT INPUT.npy [REPETITIONS]") }
let repetitions = arguments.count > 3 ? Int(arguments[3]) ?? 5 : 5
let clock = ContinuousClock()

let started = clock.now
let model = try HLS4ML.importModel(arguments[1])
let plan = try Plan(model.graph, on: HLSFixed())
let prepared = clock.now - started
let runner = BatchRunner(plan, threads: 1)
let input = model.graph.inputs[0]
let output = model.graph.outputs[0]
let outputElements = model.graph[output].shape.count

var rates: [Double] = []
var checksum: Int64 = 0
for _ in 0..<repetitions {
  let begin = clock.now
  let source = try ArraySampleSource(
    try ArrayInput(path: arguments[2]).rows(), path: arguments[2], tensor: "input",
    shape: model.graph[input].shape)
  var samples = 0
  while true {
    let values = try source.next(runner.suggestedSamples)
    let count = values.count / model.graph[input].shape.count
    if count == 0 { break }
    let sums = try runner.run([values], count: count) { runner, _, used in
      var sum: Int64 = 0
      for element in 0..<outputElements {
        for lane in 0..<used { sum &+= runner.code(of: output, element: element, lane: lane) }
      }
      return sum
    }
    checksum &+= sums.reduce(0, &+)
    samples += count
  }
  let elapsed = clock.now - begin
  let seconds =
    Double(elapsed.components.seconds) + Double(elapsed.components.attoseconds) * 1e-18
  rates.append(Double(samples) / seconds)
}
if arguments.count > 4 {
  for (node, kernel) in zip(model.graph.nodes, plan.kernelNames) { print(node.name, kernel) }
}
rates.sort()
let milliseconds = Double(prepared.components.attoseconds) * 1e-15
print(
  "{\"best_samples_per_second\": \(rates[rates.count - 1]), \"median_samples_per_second\": "
    + "\(rates[rates.count / 2]), \"prepare_ms\": \(milliseconds), \"checksum\": \(checksum)}")
