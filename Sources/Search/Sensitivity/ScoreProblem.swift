public import Knapsack

/// A file of scores as a problem of allocation: one layer a group, costs by name.
///
/// A format whose score is no finite number is not chosen: it has no loss that could be summed.
/// ``ScoreFile/notFinite`` names all of them.
public struct ScoreProblem: Sendable, Hashable {
  public let file: ScoreFile
  /// Names of the problem's costs, in its order.
  public let costs: [String]
  /// Indices of the formats of each group that may be chosen.
  public let options: [[Int]]
  /// Its options are the positions in ``options``.
  public let problem: AllocationProblem

  /// - Parameters:
  ///   - file: groups, formats, scores and costs.
  ///   - costs: which of the file's costs the problem has, at most three.
  ///   - budgets: the most that each of `costs` may be, infinity without a limit; empty for none.
  /// - Throws: ``ScoreProblemError``.
  public init(
    _ file: ScoreFile, costs: [String], budgets: [Double] = []
  ) throws(ScoreProblemError) {
    var places: [Int] = []
    for name in costs {
      guard let place = file.costNames.firstIndex(of: name) else {
        throw .unknownCost(name, known: file.costNames)
      }
      places.append(place)
    }
    let options = file.groups.map { group in
      group.scores.indices.filter { group.scores[$0].isFinite }
    }
    let empty = options.indices.filter { options[$0].isEmpty }
    guard empty.isEmpty else { throw .noScores(groups: empty.map { file.groups[$0].name }) }
    do throws(AllocationError) {
      problem = try AllocationProblem(
        layers: zip(file.groups, options).map { group, allowed in
          AllocationLayer(
            name: group.name, losses: allowed.map { group.scores[$0] },
            costs: places.map { place in allowed.map { group.costs[place][$0] } })
        }, budgets: budgets)
    } catch {
      throw .allocation(error)
    }
    self.file = file
    self.costs = costs
    self.options = options
  }

  /// Format indices of the groups from a choice of ``problem``.
  ///
  /// - Precondition: one valid option a group.
  public func formats(of choice: [Int]) -> [Int] {
    precondition(choice.count == options.count, "one option a group")
    return zip(options, choice).map { $0[$1] }
  }

  /// The largest total of a cost of the file, each group for itself.
  ///
  /// - Precondition: the file has the cost.
  public static func largestTotal(of cost: String, in file: ScoreFile) -> Double {
    guard let place = file.costNames.firstIndex(of: cost) else {
      preconditionFailure("the file has the cost")
    }
    return file.groups.reduce(0) { $0 + ($1.costs[place].max() ?? 0) }
  }
}

/// Why scores are no problem of allocation.
public enum ScoreProblemError: Error, Sendable, Hashable {
  case unknownCost(String, known: [String])
  /// Groups without a format that has a finite score.
  case noScores(groups: [String])
  case allocation(AllocationError)
}
