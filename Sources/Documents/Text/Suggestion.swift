/// Names close to what a user typed.
public enum Suggestion {
  /// Letters of the longest word that others are compared with.
  static let longestWord = 100

  /// Words of the field beside the names that mean the same here.
  private static let meanings: [(words: [String], names: [String])] = [
    (
      [
        "rne", "nearest", "nearesteven", "roundnearesteven", "roundhalfeven", "halfeven", "bankers",
      ],
      ["TiesToEven", "RND_CONV", "half-even"]
    ),
    (["rna", "halfup", "roundhalfup", "away"], ["TiesToAway", "RND", "half-up"]),
    (["rtz", "rz", "truncate", "trunc"], ["TowardZero", "TRN_ZERO", "TRN"]),
    (["rtn", "rd", "floor", "down"], ["TowardNegative", "TRN"]),
    (["rtp", "ru", "ceil", "up"], ["TowardPositive", "RND_INF"]),
    (["sr", "random"], ["StochasticA", "StochasticB", "StochasticC"]),
    (["clamp", "clip", "saturate", "saturating", "satfinite"], ["sat", "SAT"]),
    (["overflow", "modulo", "wraparound", "inf"], ["nosat", "WRAP"]),
    (["fp8", "float8", "f8", "float8_e4m3fn", "fp8e4m3"], ["e4m3", "e5m2"]),
    (["fp4", "float4", "f4", "fp4e2m1"], ["e2m1", "mxfp4", "nvfp4"]),
    (["fp6", "float6"], ["e3m2", "e2m3"]),
    (["fp16", "half", "f16"], ["float16"]), (["bf16", "brainfloat"], ["bfloat16"]),
    (["fp32", "single", "f32", "float"], ["float32"]), (["fp64", "double", "f64"], ["float64"]),
    (["crossentropy", "xent", "nll"], ["loss"]), (["top1", "acc"], ["accuracy"]),
    (["time", "speed", "runtime", "delay"], ["latency"]), (["ram", "memory"], ["sram"]),
    (["rom"], ["flash"]), (["params", "parameters", "modelsize"], ["size", "weight_bits"]),
    (["luts"], ["lut"]), (["dsps", "multipliers"], ["dsp"]), (["flipflops", "registers"], ["ff"]),
    (["evolutionary", "genetic", "ga"], ["nsga2"]), (["ilp", "knapsack", "milp"], ["exact"]),
    (["fixedpoint", "vivado", "hls4ml"], ["hls-fixed"]),
    (["litert", "tflite"], ["tflite-reference"]),
    (["onnxruntime", "ort"], ["onnx-reference", "onnx-integer"]),
    (["simulate", "execute", "infer"], ["run"]), (["verify", "compareoutputs"], ["check"]),
    (["profile", "cost", "latency"], ["estimate"]), (["list", "show", "summary"], ["inspect"]),
    (["optimize", "tune", "nas"], ["search"]), (["devices", "boards", "parts"], ["targets"]),
    (["convert", "quantize"], ["cast"]),
  ]

  /// The names that the field means by a word that is none of ours; empty for other words.
  public static func meant(by word: String) -> [String] {
    let typed = word.lowercased().filter { $0.isLetter || $0.isNumber }
    return meanings.filter { $0.words.contains(typed) }.flatMap(\.names)
  }

  /// Candidates that mean what `word` says, or contain it: the part of a board's name, say.
  private static func meant(by word: String, among candidates: some Sequence<String>) -> [String] {
    func plain(_ text: String) -> String { text.lowercased().filter { $0.isLetter || $0.isNumber } }
    let typed = plain(word)
    guard typed.count >= 2, word.count <= longestWord else { return [] }
    let named = meanings.filter { $0.words.contains { plain($0) == typed } }.flatMap(\.names)
    let known = Array(candidates)
    let exact = named.filter(known.contains)
    guard exact.isEmpty, typed.count >= 3 else { return exact }
    return known.filter { plain($0).contains(typed) }
  }

  /// The candidates nearest to `word`, best first, at most `limit`; empty if none is near.
  ///
  /// Those that the field means by the word, then those that resemble it, then those that contain it.
  /// Near is an edit distance of at most a third of the word's length (at least 1, and 2 from four
  /// letters on), letter case ignored, or a candidate that begins with the word.
  public static func nearest(
    to word: String, among candidates: some Sequence<String>, limit: Int = 3
  ) -> [String] {
    let typed = Array(word.lowercased())
    guard !typed.isEmpty, typed.count <= longestWord else { return [] }
    let allowed = max(typed.count / 3, typed.count >= 4 ? 2 : 1)
    var ranked: [(distance: Int, name: String)] = []
    for candidate in candidates {
      // A name has at most as many letters as bytes.
      guard candidate.utf8.count + allowed >= typed.count else { continue }
      let letters = Array(candidate.lowercased())
      let isLonger = letters.count > typed.count + allowed
      guard !isLonger || letters.starts(with: typed) else { continue }
      let distance =
        letters.count > typed.count && typed.count >= 2 && letters.starts(with: typed)
        ? 1 : editDistance(typed, letters)
      if distance <= allowed { ranked.append((distance, candidate)) }
    }
    ranked.sort { ($0.distance, $0.name) < ($1.distance, $1.name) }
    let meant = meant(by: word, among: candidates)
    let isNamed = meant.contains { !$0.lowercased().contains(word.lowercased()) }
    var found: [String] = []
    for name in isNamed ? meant + ranked.map(\.name) : ranked.map(\.name) + meant
    where !found.contains(name) { found.append(name) }
    return Array(found.prefix(limit))
  }

  /// A sentence `did you mean 'a' or 'b'?`, or nil.
  public static func sentence(for word: String, among candidates: some Sequence<String>) -> String?
  {
    let names = nearest(to: word, among: candidates).map { "'\($0)'" }
    guard let last = names.last else { return nil }
    let others = names.dropLast().joined(separator: ", ")
    return "did you mean \(others.isEmpty ? last : "\(others) or \(last)")?"
  }

  /// Insertions, deletions, substitutions and swaps of neighbours between two words (optimal string
  /// alignment distance).
  public static func editDistance(_ first: [Character], _ second: [Character]) -> Int {
    var beforeLast: [Int] = []
    var last = Array(0...second.count)
    for (i, letter) in first.enumerated() {
      var row = [i + 1]
      row.reserveCapacity(second.count + 1)
      for (j, other) in second.enumerated() {
        var best = min(last[j + 1] + 1, row[j] + 1, last[j] + (letter == other ? 0 : 1))
        if i > 0, j > 0, letter == second[j - 1], first[i - 1] == other {
          best = min(best, beforeLast[j - 1] + 1)
        }
        row.append(best)
      }
      (beforeLast, last) = (last, row)
    }
    return last[second.count]
  }
}
