import Testing

/// Counts random cases whose results say little: one code everywhere, by clamping or padding.
final class VarietyTally {
  private var cases = 0
  private var uniform = 0

  func note(_ codes: [Int64]) {
    cases += 1
    if Set(codes).count <= 1, codes.count >= 4 { uniform += 1 }
  }

  /// Expects that at most one case in twenty is such a one.
  func expectVariety() {
    #expect(cases > 0 && uniform * 20 <= cases, "\(uniform) of \(cases) results are uniform")
  }
}
