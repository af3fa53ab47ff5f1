import Knapsack
import QuantGraph
import Search
import Testing

@Suite("Problems without meaning are refused by name")
struct AllocationProblemTests {
  private let plain = AllocationLayer(losses: [1, 2], costs: [[3, 4]])

  private func error(
    _ layers: [AllocationLayer], ties: [[Int]] = [], budgets: [Double] = [], fixed: [Int: Int] = [:]
  ) -> AllocationError? {
    do {
      _ = try AllocationProblem(layers: layers, ties: ties, budgets: budgets, fixed: fixed)
      return nil
    } catch {
      return error
    }
  }

  @Test func shapes() {
    #expect(error([]) == .noLayers)
    #expect(error([AllocationLayer(losses: [], costs: [[]])]) == .noOptions(layer: 0))
    #expect(
      error([plain, AllocationLayer(losses: [1], costs: [])])
        == .costCount(layer: 1, expected: 1, found: 0))
    #expect(
      error([AllocationLayer(losses: [1, 2], costs: [[3]])])
        == .optionCount(layer: 0, cost: 0, expected: 2, found: 1))
    #expect(
      error([AllocationLayer(losses: [1], costs: [[1], [1], [1], [1]])]) == .tooManyCosts(count: 4))
    #expect(error([plain], budgets: [1, 2]) == .budgetCount(expected: 1, found: 2))
  }

  @Test func numbers() {
    // NaN is not equal to itself, so the case is matched instead.
    guard
      case .notFinite(0, 1, .loss, let value)? = error([
        AllocationLayer(losses: [0, .nan], costs: [[1, 2]])
      ])
    else {
      Issue.record("NaN was taken")
      return
    }
    #expect(value.isNaN)
    #expect(
      error([AllocationLayer(losses: [0, 1], costs: [[1, .infinity]])])
        == .notFinite(layer: 0, option: 1, quantity: .cost(0), value: .infinity))
    #expect(
      error([plain], budgets: [-.infinity]) == .budgetNotANumber(budget: 0, value: -.infinity))
    #expect(error([plain], budgets: [.infinity]) == nil)
    let large = AllocationLayer(losses: [0.9e300], costs: [])
    #expect(error([large]) == nil)
    #expect(error([large, large]) == .totalTooLarge(quantity: .loss))
    // Negative numbers are taken as they are.
    #expect(error([AllocationLayer(losses: [-1], costs: [[-2]])], budgets: [-2]) == nil)
  }

  @Test func indices() {
    #expect(error([plain], ties: [[], [0, 1]]) == .tiedLayerOutOfRange(tie: 1, layer: 1))
    #expect(error([plain], ties: [[-1]]) == .tiedLayerOutOfRange(tie: 0, layer: -1))
    let wide = AllocationLayer(losses: [1, 2, 3], costs: [[1, 2, 3]])
    #expect(error([plain, wide], ties: [[0, 1]]) == .tiedOptionCounts(layer: 0, tiedLayer: 1))
    #expect(error([plain], fixed: [3: 0]) == .fixedLayerOutOfRange(layer: 3))
    #expect(error([plain], fixed: [0: 2]) == .fixedOptionOutOfRange(layer: 0, option: 2))
    #expect(
      error([plain, plain], ties: [[0, 1]], fixed: [0: 0, 1: 1])
        == .fixedOptionsDiffer(layer: 0, tiedLayer: 1))
  }

  @Test func overlappingTiesJoin() throws {
    let problem = try AllocationProblem(
      layers: Array(repeating: plain, count: 5), ties: [[3, 1], [4, 3], [2]])
    #expect(problem.groups == [[0], [1, 3, 4], [2]])
  }

  @Test func messagesNameTheValue() {
    let message = Diagnostic(
      AllocationError.notFinite(layer: 2, option: 1, quantity: .cost(0), value: .infinity),
      problem: "p7")
    #expect(message.code == "allocation.not-finite")
    #expect(message.message == "cost 0 of layer 2, option 1 is inf")
    #expect(message.location == "p7")
  }
}
