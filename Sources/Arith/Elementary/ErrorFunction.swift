extension ElementaryDouble {
  /// `1 - erf x` in binary64, within about 10^-13 of its value.
  ///
  /// Below 2.5 in magnitude the power series of erf (DLMF 7.6.2), beyond the continued fraction of
  /// erfc (DLMF 7.9.1) to 60 terms; both with ``exp(_:)`` of integers, the same on every machine.
  public static func complementaryError(_ x: Double) -> Double {
    if x.isNaN { return x }
    let magnitude = x.magnitude
    if magnitude > 27 { return x < 0 ? 2 : 0 }
    let square = magnitude * magnitude
    let rootOfPi = 1.772_453_850_905_516
    if magnitude < 2.5 {
      // erf x = 2 / sqrt(pi) e^(-x^2) sum of 2^n x^(2n+1) / (2n+1)!!
      var term = magnitude
      var sum = term
      var odd = 1.0
      while term > sum * 0x1p-56 {
        odd += 2
        term *= 2 * square / odd
        sum += term
      }
      let error = 2 / rootOfPi * exp(-square) * sum
      return x < 0 ? 1 + error : 1 - error
    }
    var tail = magnitude
    for step in stride(from: 60, to: 0, by: -1) { tail = magnitude + Double(step) / 2 / tail }
    let complement = exp(-square) / (rootOfPi * tail)
    return x < 0 ? 2 - complement : complement
  }
}
