import FoundationEssentials
import Search

// Solves the problems of the tables named on the command line; prints one JSON object a line with
// the answer and the seconds that the solver took (reading is not counted).

struct Row: Encodable {
  var file: String
  var name: String
  var status: String
  var objective: Double?
  var choice: [Int]?
  var infeasibleBudget: Int?
  var reachableMinimum: [Double]?
  var frontier: [[Double]]?
  var seconds: Double
}

func row(_ entry: ProblemTable.Entry, file: String) throws -> Row {
  let clock = ContinuousClock()
  var row = Row(file: file, name: entry.name, status: "optimal", seconds: 0)
  let start = clock.now
  if let objectives = entry.objectives {
    let frontier = try entry.problem.paretoFrontier(of: objectives)
    row.seconds = (clock.now - start) / .seconds(1)
    row.frontier = frontier.points.map(\.values)
    return row
  }
  let outcome = try entry.problem.optimum()
  row.seconds = (clock.now - start) / .seconds(1)
  switch outcome {
  case .optimal(let allocation):
    row.objective = allocation.loss
    row.choice = allocation.choice
  case .infeasible(let infeasibility):
    row.status = "infeasible"
    row.infeasibleBudget = infeasibility.budget
    row.reachableMinimum = infeasibility.reachableMinimum
  }
  return row
}

let encoder = JSONEncoder()
for file in CommandLine.arguments.dropFirst() {
  let start = ContinuousClock.now
  let table = try ProblemTable(json: try Data(contentsOf: URL(filePath: file)))
  let reading = (ContinuousClock.now - start) / .seconds(1)
  for entry in table.entries {
    let line = try encoder.encode(try row(entry, file: file))
    print(String(decoding: line, as: UTF8.self))
  }
  print("{\"file\": \"\(file)\", \"reading_seconds\": \(reading)}")
}
