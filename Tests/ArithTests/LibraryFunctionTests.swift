#if canImport(Glibc)
  import Arith
  import Glibc
  import TestSupport
  import Testing

  /// Functions of binary32 against the C library of the machine.
  @Suite("Functions of the GNU C library")
  struct LibraryFunctionTests {
    private func numbers(_ count: Int, spread: Float) -> [Float] {
      var generator = SeededGenerator(seed: 21)
      return (0..<count).map { _ in
        let magnitude = Glibc.expf(Float.random(in: -spread...spread, using: &generator))
        return Bool.random(using: &generator) ? magnitude : -magnitude
      }
    }

    private func compare(
      _ own: (Float) -> Float, _ library: (Float) -> Float, _ arguments: [Float], _ name: String
    ) {
      let special: [Float] = [0, -0.0, 1, -1, .infinity, -.infinity, .nan, 0x1p-149, 0x1p-126]
      var wrong = 0
      for x in arguments + special {
        let (a, b) = (own(x), library(x))
        if a.bitPattern != b.bitPattern && !(a.isNaN && b.isNaN) { wrong += 1 }
      }
      #expect(wrong == 0, "\(name)")
    }

    @Test("logarithm, sine, cosine, exponential")
    func unary() {
      let wide = numbers(50_000, spread: 60)
      compare(ElementaryFloat.log, Glibc.logf, wide, "log")
      compare(ElementaryFloat.exp, Glibc.expf, numbers(50_000, spread: 5), "exp")
      for spread: Float in [4, 60] {
        compare(ElementaryFloat.sin, Glibc.sinf, numbers(50_000, spread: spread), "sin")
        compare(ElementaryFloat.cos, Glibc.cosf, numbers(50_000, spread: spread), "cos")
      }
    }

    @Test("powers, with the special cases of C")
    func powers() {
      let bases = numbers(50_000, spread: 8)
      let exponents = numbers(50_000, spread: 3).enumerated().map { index, value in
        index % 4 == 0 ? value.rounded() : value
      }
      let special: [Float] = [0, -0.0, 1, -1, 2, 3, -3, 0.5, .infinity, -.infinity, .nan]
      let pairs =
        Array(zip(bases, exponents)) + special.flatMap { a in special.map { (a, $0) } }
      var wrong = 0
      for (x, y) in pairs {
        let (a, b) = (ElementaryFloat.pow(x, y), Glibc.powf(x, y))
        if a.bitPattern != b.bitPattern && !(a.isNaN && b.isNaN) { wrong += 1 }
      }
      #expect(wrong == 0)
    }
  }
#endif
