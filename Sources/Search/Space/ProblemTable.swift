public import FoundationEssentials
public import Knapsack
public import QuantGraph

/// Allocation problems that a user brings as a JSON table.
///
/// Three layouts are read; answers and other keys are ignored:
/// - a list of problems `{id, layers: [{loss, costs}], ties, budgets}` with one loss an option and
///   one list a cost: the smallest loss under the budgets is asked for;
/// - a list of problems `{id, layers, ties, cost_names, objectives}`: the frontier of the objectives,
///   `loss` or names of costs, is asked for; with `budgets` too, under them;
/// - an object `{options_bits, layers, ties, loss, costs, problems: [{id, constraint, budget}]}` as in
///   the published HAWQV3 programs: `loss["int4"]` has one number a layer, `costs[constraint]` the
///   same form, and option `j` of every layer is `options_bits[j]`.
///
/// `fixed` (layer index to option index, `{"0": 3}`) may stand beside `ties` in every layout.
public struct ProblemTable: Sendable, Hashable {
  public let entries: [Entry]

  /// One problem of a table.
  public struct Entry: Sendable, Hashable {
    /// The problem's `id`, or `#` and its position where it has none.
    public let name: String
    public let problem: AllocationProblem
    /// Nil where the smallest loss is asked for.
    public let objectives: [AllocationObjective]?
  }

  /// Reads a table.
  ///
  /// - Throws: ``ProblemTableError`` with the key path of what is wrong.
  public init(json: Data) throws(ProblemTableError) {
    let document: Document
    do {
      document = try JSONDecoder().decode(Document.self, from: json)
    } catch let error as DecodingError {
      throw ProblemTableError(error)
    } catch {
      throw .malformed(path: "", reason: "not readable as JSON")
    }
    switch document {
    case .list(let problems):
      var entries: [Entry] = []
      for (index, problem) in problems.enumerated() {
        entries.append(try problem.entry(index: index, path: "[\(index)]"))
      }
      self.entries = entries
    case .shared(let table): entries = try table.entries()
    }
  }
}

/// Why a problem table cannot be used.
public enum ProblemTableError: Error, Sendable, Hashable {
  /// Not JSON, a key that is missing, or a value of the wrong type.
  case malformed(path: String, reason: String)
  /// The problem at `path` has no meaning.
  case invalid(path: String, AllocationError)

  init(_ error: DecodingError) {
    let place = error.place
    self = .malformed(path: place.path, reason: place.reason)
  }
}

extension Diagnostic {
  /// The message for a problem table's error; `file` names the table.
  public init(_ error: ProblemTableError, file: String) {
    switch error {
    case .malformed(let path, let reason):
      self.init(
        code: "allocation.table", message: reason,
        location: path.isEmpty ? file : "\(file): \(path)",
        remedy: "hwsim explain allocation.table lists the layouts.")
    case .invalid(let path, let cause):
      self.init(cause, problem: path.isEmpty ? file : "\(file): \(path)")
    }
  }
}

/// A number that stands for itself: a whole number that binary64 cannot hold is refused.
private struct Number: Decodable {
  let value: Double

  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    value = try container.decode(Double.self)
    guard abs(value) >= 0x1p53 else { return }
    if let whole = try? container.decode(Int64.self), Int64(exactly: value) != whole {
      throw DecodingError.dataCorruptedError(
        in: container, debugDescription: "\(whole) is beyond the whole numbers that binary64 holds")
    }
  }
}

private enum Document: Decodable {
  case list([TableProblem])
  case shared(SharedTable)

  init(from decoder: any Decoder) throws {
    // The kind of the outermost value decides; an error inside it is reported, not retried.
    if (try? decoder.unkeyedContainer()) != nil {
      self = .list(try [TableProblem](from: decoder))
      return
    }
    let container = try decoder.container(keyedBy: SharedTable.CodingKeys.self)
    if container.contains(.problems) {
      self = .shared(try SharedTable(from: decoder))
    } else {
      self = .list([try TableProblem(from: decoder)])
    }
  }
}

/// A problem that holds its own layers.
private struct TableProblem: Decodable {
  struct Layer: Decodable {
    let name: String?
    let loss: [Number]
    let costs: [[Number]]?
  }

  let id: String?
  let layers: [Layer]
  let ties: [[Int]]?
  let fixed: [String: Int]?
  let budgets: [Number]?
  let costNames: [String]?
  let objectives: [String]?

  enum CodingKeys: String, CodingKey {
    case id, layers, ties, fixed, budgets, objectives
    case costNames = "cost_names"
  }

  func entry(index: Int, path: String) throws(ProblemTableError) -> ProblemTable.Entry {
    guard budgets != nil || objectives != nil else {
      throw .malformed(
        path: path + ".budgets", reason: "missing, and there are no objectives either")
    }
    var named: [AllocationObjective]?
    if let objectives {
      var list: [AllocationObjective] = []
      for (position, name) in objectives.enumerated() {
        if name == "loss" {
          list.append(.loss)
        } else if let cost = (costNames ?? []).firstIndex(of: name) {
          list.append(.cost(cost))
        } else {
          throw .malformed(
            path: "\(path).objectives[\(position)]",
            reason: "\(name) is neither loss nor one of cost_names")
        }
      }
      named = list
    }
    let fixed = try fixedOptions(fixed, path: path)
    do throws(AllocationError) {
      return ProblemTable.Entry(
        name: id ?? "#\(index)",
        problem: try AllocationProblem(
          layers: layers.map { layer in
            AllocationLayer(
              name: layer.name ?? "", losses: layer.loss.map(\.value),
              costs: (layer.costs ?? []).map { $0.map(\.value) })
          },
          ties: ties ?? [], budgets: (budgets ?? []).map(\.value),
          fixed: fixed),
        objectives: named)
    } catch {
      throw .invalid(path: path, error)
    }
  }
}

/// Problems over one set of layers, in the form of the published HAWQV3 programs.
private struct SharedTable: Decodable {
  struct Case: Decodable {
    let id: String?
    let constraint: String
    let budget: Number
  }

  let optionBits: [Int]
  let layers: [String]
  let ties: [[Int]]?
  let fixed: [String: Int]?
  let loss: [String: [Number]]
  let costs: [String: [String: [Number]]]
  let problems: [Case]

  enum CodingKeys: String, CodingKey {
    case layers, ties, fixed, loss, costs, problems
    case optionBits = "options_bits"
  }

  func entries() throws(ProblemTableError) -> [ProblemTable.Entry] {
    let losses = try columns(of: loss, path: "loss")
    let fixed = try fixedOptions(fixed, path: "")
    var entries: [ProblemTable.Entry] = []
    for (index, problem) in problems.enumerated() {
      let path = "problems[\(index)]"
      guard let table = costs[problem.constraint] else {
        throw .malformed(
          path: path + ".constraint", reason: "\(problem.constraint) is not one of costs")
      }
      let values = try columns(of: table, path: "costs.\(problem.constraint)")
      do throws(AllocationError) {
        entries.append(
          ProblemTable.Entry(
            name: problem.id ?? "#\(index)",
            problem: try AllocationProblem(
              layers: layers.indices.map { layer in
                AllocationLayer(
                  name: layers[layer], losses: losses.map { $0[layer].value },
                  costs: [values.map { $0[layer].value }])
              },
              ties: ties ?? [], budgets: [problem.budget.value], fixed: fixed),
            objectives: nil))
      } catch {
        throw .invalid(path: path, error)
      }
    }
    return entries
  }

  /// One column an option, each with one number a layer.
  private func columns(
    of table: [String: [Number]], path: String
  ) throws(ProblemTableError) -> [[Number]] {
    var columns: [[Number]] = []
    for bits in optionBits {
      guard let column = table["int\(bits)"] else {
        throw .malformed(path: "\(path).int\(bits)", reason: "missing")
      }
      guard column.count == layers.count else {
        throw .malformed(
          path: "\(path).int\(bits)",
          reason: "\(column.count) values for \(layers.count) layers")
      }
      columns.append(column)
    }
    return columns
  }
}

/// Layer indices are object keys, so strings.
private func fixedOptions(
  _ fixed: [String: Int]?, path: String
) throws(ProblemTableError) -> [Int: Int] {
  var options: [Int: Int] = [:]
  for (key, option) in (fixed ?? [:]).sorted(by: { $0.key < $1.key }) {
    guard let layer = Int(key) else {
      throw .malformed(
        path: path + (path.isEmpty ? "" : ".") + "fixed.\(key)", reason: "not a layer index")
    }
    options[layer] = option
  }
  return options
}
