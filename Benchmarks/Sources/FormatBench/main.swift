// Speed of the format kernels, one thread, CPU time: `swift run -c release FormatBench`.
// HWSIM_KERNEL=plain|portable|avx2 forces a code path.
import Arith
import FoundationEssentials

#if canImport(Glibc)
  import Glibc
#endif

/// CPU seconds of this process.
func cpuSeconds() -> Double {
  var time = timespec()
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
  return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
}

/// Prints the best of seven rates of `body`, in billions of `unit` a second.
func measure(_ name: String, count: Int, unit: String, _ body: () -> Void) {
  var best = Double.infinity
  for _ in 0..<7 {
    let start = cpuSeconds()
    body()
    best = min(best, cpuSeconds() - start)
  }
  let rate = (Double(count) / best / 1e7).rounded() / 100
  print("\(name): \(rate) G \(unit)/s")
}

/// A fixed multiplicative generator, so that runs compare.
struct Generator: RandomNumberGenerator {
  var state: UInt64 = 0x9E37_79B9_7F4A_7C15
  mutating func next() -> UInt64 {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return state ^ (state >> 29)
  }
}

var generator = Generator()
let count = 1 << 22
let values = (0..<count).map { _ -> Float in
  // Roughly normal: a sum of four uniform numbers.
  (0..<4).reduce(Float(0)) { sum, _ in sum + Float.random(in: -1...1, using: &generator) }
}
var codes = [UInt8](repeating: 0, count: count)
for name in [
  "e4m3", "e5m2", "e3m2", "e2m1", "e4m3fnuz", "p3109_k8p4se", "e8m0", "nf4", "int<8>", "log2<4>",
] {
  let rule = try CastRule(to: Encoding(name: name), rounding: .tiesToEven, overflow: .saturating)
  guard let kernel = FloatCastKernel(rule) else { continue }
  // Unsigned floats have no code for negative values.
  let values = name == "e8m0" ? values.map(\.magnitude) : values
  var invalid = 0
  measure("cast float32 -> \(name)", count: count, unit: "values") {
    var span = codes.mutableSpan
    invalid = kernel.encode(values.span, into: &span).count
  }
  if invalid > 0 { print("  \(invalid) of \(count) values have no code") }
}
let truncating = try CastRule(
  to: Encoding(name: "e4m3"), rounding: .deterministic(.truncateToZero), overflow: .saturating)
if let kernel = FloatCastKernel(truncating) {
  measure("cast float32 -> e4m3, toward zero", count: count, unit: "values") {
    var span = codes.mutableSpan
    _ = kernel.encode(values.span, into: &span)
  }
}
var scales = [UInt8](repeating: 0, count: count / 32)
for name in ["mxfp8_e4m3", "mxfp6_e2m3", "mxfp4_e2m1", "mxint8"] {
  guard case .block(let format) = try Encoding(name: name), let kernel = BlockKernel(format) else {
    continue
  }
  measure("quantize \(name)", count: count, unit: "values") {
    var scaleSpan = scales.mutableSpan
    var codeSpan = codes.mutableSpan
    try? kernel.quantize(values.span, scales: &scaleSpan, codes: &codeSpan)
  }
}
let integers = (0..<count).map { _ in Int32.random(in: -200_000...200_000, using: &generator) }
let int8 = try FixedPointFormat(
  width: 8, integerBits: 8, quantization: .roundTiesToEven, overflow: .saturate)
if let kernel = RequantizeKernel(to: int8, sourceFractionBits: 10) {
  var narrow = [Int8](repeating: 0, count: count)
  measure("requantize 32 -> 8 bits, half even, saturating", count: count, unit: "values") {
    var span = narrow.mutableSpan
    kernel.requantize(integers.span, into: &span)
  }
}
let size = 384
let a = (0..<size * size).map { _ in Int16.random(in: -128...127, using: &generator) }
let b = (0..<size * size).map { _ in Int16.random(in: -128...127, using: &generator) }
var sums = [Int32](repeating: 0, count: size * size)
for overflow in [Overflow.wrap, .saturate] {
  guard let kernel = FixedPointMatrixKernel(width: 20, overflow: overflow) else { continue }
  measure("matrix product, 20-bit \(overflow.rawValue)", count: 2 * size * size * size, unit: "OP")
  {
    var span = sums.mutableSpan
    kernel.multiply(a.span, b.span, rows: size, columns: size, inner: size, into: &span)
  }
}
