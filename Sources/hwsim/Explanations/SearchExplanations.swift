extension Explanation {
  /// Codes of allocation problems, search spaces, costs and studies.
  static let search: [Explanation] = allocations

  private static let allocations: [Explanation] = [
    Explanation(
      "allocation.table", "a problem table that cannot be read",
      """
      The file is not JSON, a key is missing, or a value has another type than the layout asks for; the
      key path says where. Layouts: a list of {id, layers: [{loss, costs}], ties, budgets}, the same
      with cost_names and objectives instead of budgets for frontiers, or one object with options_bits,
      layers, ties, loss, costs and problems as the published HAWQV3 programs have it.
      """),
    Explanation(
      "allocation.empty", "an allocation problem without layers, or a layer without options",
      """
      There is nothing to choose from: every problem needs a layer, and every layer an option with its
      loss and costs.
      """),
    Explanation(
      "allocation.cost-count", "more costs than are supported, or layers with different costs",
      """
      Every layer of a problem has the same costs, at most three. Costs without a budget that are no
      objective can be left out.
      """),
    Explanation(
      "allocation.option-count", "a cost has not one value an option",
      """
      The loss list of a layer says how many options it has; every cost of that layer needs as many
      values, in the same order.
      """),
    Explanation(
      "allocation.not-finite", "a loss or cost is NaN or infinite",
      """
      Sums with such numbers mean nothing, so the problem is refused instead of a number being changed
      in silence. An option that is not possible is left out of its layer; a measurement that failed is
      made again.
      """),
    Explanation(
      "allocation.too-large", "numbers too large to be summed",
      """
      The sum over layers of the largest magnitudes is beyond 1e300 and could overflow. A larger unit
      (kilobytes for bytes) makes the numbers smaller.
      """),
    Explanation(
      "allocation.budget-count", "budgets and costs do not go together",
      """
      A problem has one budget a cost, or none at all where a frontier is asked for. Methods that fill
      a budget need one.
      """),
    Explanation(
      "allocation.budget", "a budget that is no limit",
      """
      NaN and minus infinity cannot be met or missed. Infinity stands for a cost without a limit.
      """),
    Explanation(
      "allocation.tie", "a tie group that cannot hold",
      """
      Tied layers take the same option, so they need the same number of options, and every index of a
      group must be a layer of the problem, counted from 0.
      """),
    Explanation(
      "allocation.fixed", "a fixed option that cannot hold",
      """
      A fixed layer names an option that it does not have, a layer that does not exist, or two tied
      layers are fixed at different options.
      """),
    Explanation(
      "allocation.objectives", "objectives that the problem does not have",
      """
      A frontier is over one to four different quantities: the loss and costs of the table, each named
      once.
      """),
    Explanation(
      "allocation.setting", "a setting of a method is too small",
      """
      The message names the setting and the least value with which the method is defined.
      """),
    Explanation(
      "allocation.state-limit", "the exact method gave up",
      """
      The proof needs more partial allocations in memory than are kept. The message gives the best loss
      found and a proven lower bound where they exist. Fewer options, coarser costs or fewer objectives
      make a problem smaller.
      """),
    Explanation(
      "allocation.cancelled", "the exact method was stopped",
      """
      The time limit ended before the proof was complete. A longer --time-limit, or a smaller problem,
      lets it finish.
      """),
  ]
}
