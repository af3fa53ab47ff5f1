import Documents
import HWModel
import QuantGraph
import Reports
import Sessions

// From the root of the package: `swift run tour`. Every step is what a command does, and throws the
// problems that the command would print.
let digits = "examples/digits/"
do {
  // A file is recognised by what it holds; its kind says by which rules it runs.
  let model = try ModelFile(path: digits + "project")
  let rules = try DatapathChoice(nil, requantize: nil, for: model)
  print("\(model.summary): \(model.graph.nodes.count) nodes on \(rules.name)")

  // `hwsim check`: does it compute what was observed, bit for bit?
  var files = ModelCheck.Options()
  files.inputs = [digits + "input.npy"]
  files.expected = [digits + "output.npy"]
  let check = try ModelCheck(model, by: rules, options: files)
  print("\(check.verdict.rawValue), \(check.answer.json["compared_values"]?.compact ?? "") values")

  // `hwsim run`: codes in archives, and what the arithmetic did.
  var run = ModelRun.Options(output: ".build/tour.npz")
  run.inputs = files.inputs
  run.countsEvents = true
  print(try ModelRun(model, by: rules, options: run).answer.text(.plain))

  // `hwsim inspect --ranges`: what accumulators can reach, whatever the inputs.
  print(try InspectAnswer(model, by: rules, withRanges: true).table.csv)

  // Each node may have a datapath of its own; storages are converted where they meet.
  let last = Set(model.graph.nodes.suffix(1).map(\.name))
  let mixed = DatapathBinding(HLSFixed(), [(HLSFixed(usesFastKernels: false), last)])
  print(try Plan(model.graph, binding: mixed).kernelNames)

  // `hwsim report`: a page of results that commands wrote.
  let results = try ["search.json", "estimate.json"].map { name throws(Failure) in
    try ResultFile(path: "Tests/hwsimTests/Fixtures/results/" + name)
  }
  print(HTMLPage(content: try ReportContent(results)).text.utf8.count, "bytes of HTML")
} catch let failure as Failure {
  for problem in failure.problems { print("\(problem.code): \(problem.message)") }
}
