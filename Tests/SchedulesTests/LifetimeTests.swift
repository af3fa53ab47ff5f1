import Schedules
import Testing

@Suite struct LifetimeTests {
  @Test func neighboursShareTheStepThatReadsOneAndWritesTheOther() {
    #expect(Lifetime(first: 0, last: 1).overlaps(Lifetime(first: 1, last: 2)))
    #expect(!Lifetime(first: 0, last: 1).overlaps(Lifetime(first: 2, last: 2)))
    #expect(Lifetime(first: 3, last: 0) == Lifetime(first: 3, last: 3))
  }
}
