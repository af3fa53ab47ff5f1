extension Schema {
  static let search = command(
    "search", "Allocation problems solved (hwsim search --json)",
    result: ["anyOf": [tableResult]])

  private static let tableResult = object([
    "problems": array(
      of: object([
        "name": string("The problem's id, or # and its position."),
        "status": choice(["optimal", "infeasible"], "Proven, either way."),
        "objective": nullable(number("The smallest loss; null for frontiers.")),
        "choice": nullable(
          array(of: integer("Option index."), "One optimal choice, an option a layer.")),
        "infeasible_budget": nullable(
          integer("Index of a budget that no choice meets; null if only several together fail.")),
        "reachable_minimum": nullable(
          array(of: number("Smallest total of a cost, each for itself."))),
        "frontier": nullable(
          array(
            of: array(of: number("One number an objective.")),
            "Every nondominated point, in lexicographic order.")),
        "seconds": number("Time of solving; differs from run to run."),
      ]))
  ])
}
