public import HWModel
import QuantGraph

/// What a published method adds to a product beside its kernel path: kernels, operations and bytes.
///
/// None of these was measured here: each follows from what it reads, writes and computes at the rates of the
/// device, and its error is unknown. The path's own estimate has the error that it has.
public enum KernelTerm: Sendable, Hashable {
  /// A scale for each group of weights along k, applied to 32-bit partial sums: a conversion and a
  /// multiply-add a group and result; in two steps (MixLLM, Zheng et al. 2024) the conversion is an addition.
  case groups(Int, twoStep: Bool)
  /// A branch of two 16-bit products of a rank beside the quantized one (SVDQuant, Li et al. 2024); fused,
  /// its halves run in the kernels around (Nunchaku) and add operations and bytes alone.
  case lowRank(Int, fused: Bool)
  /// A fast Hadamard transform of the data before they are quantized.
  case hadamard
  /// Two small matrices that transform the data, of about the root of k each (FlatQuant, Sun et al. 2024).
  case kronecker
  /// A share of the weights kept in 16 bits in rows of their own (SqueezeLLM, Kim et al. 2023).
  case sparse(Double)
  /// Weights in a code of so many bits each, decoded in the kernel (QMoE, Frantar and Alistarh 2023).
  case entropy(Double)
  /// A share of the blocks along k with data of 8 bits, the others with 4 (COMET, Liu et al. 2024).
  case mixed(Double)

  /// What may stand behind `+`.
  public static let forms = [
    "two-step", "lowrank<R>", "lowrank-fused<R>", "hadamard", "kronecker", "sparse<SHARE>",
    "entropy<BITS>", "mixed-k<SHARE>",
  ]

  init?(_ word: String) {
    var (name, argument) = (word, Double?.none)
    if let open = word.firstIndex(of: "<") {
      guard word.last == ">" else { return nil }
      name = String(word[..<open])
      guard let value = Double(word[word.index(after: open)...].dropLast()), value.isFinite
      else { return nil }
      argument = value
    }
    func share() -> Double? { argument.flatMap { $0 > 0 && $0 < 1 ? $0 : nil } }
    func rank() -> Int? {
      argument.flatMap { Int(exactly: $0) }.flatMap { (1...1 << 14).contains($0) ? $0 : nil }
    }
    switch (name, argument == nil) {
    case ("two-step", true): self = .groups(GPUFormat.groupSize, twoStep: true)
    case ("hadamard", true): self = .hadamard
    case ("kronecker", true): self = .kronecker
    case ("lowrank", false):
      guard let rank = rank() else { return nil }
      self = .lowRank(rank, fused: false)
    case ("lowrank-fused", false):
      guard let rank = rank() else { return nil }
      self = .lowRank(rank, fused: true)
    case ("sparse", false):
      guard let share = share() else { return nil }
      self = .sparse(share)
    case ("mixed-k", false):
      guard let share = share() else { return nil }
      self = .mixed(share)
    case ("entropy", false):
      guard let bits = argument, bits > 0, bits <= 16 else { return nil }
      self = .entropy(bits)
    default: return nil
    }
  }

  static func unknown(_ word: String) -> DeviceProblems {
    DeviceProblems(
      Diagnostic(
        code: "gpu.format", message: "'+\(word)' is no addition to a kernel path", location: nil,
        remedy: "write one of +\(forms.joined(separator: ", +")), such as w4a4+lowrank<32> or "
          + "w4a16+sparse<0.0045>; shares lie between 0 and 1."))
  }

  var isGroup: Bool { if case .groups(_, twoStep: false) = self { true } else { false } }

  /// As it is written behind `+`.
  public var name: String {
    func number(_ value: Double) -> String {
      value == value.rounded() ? String(Int(value)) : "\(value)"
    }
    return switch self {
    case .groups(let size, let twoStep): twoStep ? "two-step" : "groups of \(size)"
    case .lowRank(let rank, let fused): "lowrank\(fused ? "-fused" : "")<\(rank)>"
    case .hadamard: "hadamard"
    case .kronecker: "kronecker"
    case .sparse(let share): "sparse<\(number(share))>"
    case .entropy(let bits): "entropy<\(number(bits))>"
    case .mixed(let share): "mixed-k<\(number(share))>"
    }
  }

  /// What it stands for, with its source.
  public var meaning: String {
    switch self {
    case .groups(_, twoStep: false): "a conversion and a multiply-add a group and result"
    case .groups: "an addition and a multiply-add a group and result (MixLLM)"
    case .lowRank(_, fused: false): "two 16-bit products in kernels of their own (SVDQuant)"
    case .lowRank: "two 16-bit products inside the kernels around them (SVDQuant, Nunchaku)"
    case .hadamard: "a fast Hadamard transform of the data in a kernel of its own"
    case .kronecker: "two small 16-bit products of the data in one kernel (FlatQuant)"
    case .sparse: "a product with sparse 16-bit weights, 32-bit places (SqueezeLLM)"
    case .entropy: "weights decoded on the ordinary cores, 4 operations each assumed (QMoE)"
    case .mixed: "blocks along k with data of 8 bits beside those of 4 in one kernel (COMET)"
    }
  }

  /// Checks that terms go with a path, and joins a group size with how it is applied.
  ///
  /// - Throws: ``DeviceProblems`` for a term that means nothing there.
  static func check(
    _ terms: inout [KernelTerm], with path: GEMMPath, planes: GPUFormat.Planes?,
    on target: GPUTarget
  ) throws(DeviceProblems) {
    let sizes = terms.compactMap { term in
      if case .groups(let size, twoStep: false) = term { size } else { nil }
    }
    if let size = sizes.first, terms.contains(.groups(GPUFormat.groupSize, twoStep: true)) {
      terms = terms.filter { !$0.isGroup }.map { term in
        if case .groups = term { .groups(size, twoStep: true) } else { term }
      }
    }
    func refuse(_ term: KernelTerm, _ reason: String, _ remedy: String) -> DeviceProblems {
      DeviceProblems(
        Diagnostic(
          code: "gpu.format", message: "+\(term.name) does not go with \(path.name): \(reason)",
          location: target.description.id, remedy: remedy))
    }
    for term in terms {
      if terms.filter({ type(of: $0) == type(of: term) && $0 == term }).count > 1 {
        throw refuse(term, "it is named twice", "name it once.")
      }
      switch term {
      case .groups(_, twoStep: true) where path.units != .int8:
        throw refuse(term, "no sums of 8-bit integers", "take w4a8 or another path on int8.")
      case .mixed:
        guard path.units == .int4, let eight = GEMMPath.named("w8a8"),
          target.constants(of: eight) != nil
        else {
          throw refuse(
            term, "blocks of 4 and of 8 bits need both kinds of instruction",
            "take w4a4 on a GPU with INT4, such as a100.")
        }
      case .sparse where path.weightBytes >= 2, .entropy where path.weightBytes >= 2:
        throw refuse(term, "its weights are not quantized", "take fewer bits for weights.")
      case .entropy where planes != nil:
        throw refuse(term, "planes are stored as they are", "take a path that converts weights.")
      default: break
      }
    }
  }

  /// A name with its group size: `w4g64a8`.
  static func grouped(_ name: String, _ terms: [KernelTerm]) -> String {
    for case .groups(let size, let twoStep) in terms where !twoStep || size != GPUFormat.groupSize {
      guard let mark = name.firstIndex(of: "a"), name.first == "w" else { continue }
      return "\(name[..<mark])g\(size)\(name[mark...])"
    }
    return name
  }

  /// The path with the bytes of a weight that terms give it.
  static func stored(_ path: GEMMPath, _ terms: [KernelTerm], bits: Int?) -> GEMMPath {
    var bytes = path.weightBytes
    for term in terms {
      if case .entropy(let code) = term { bytes = code / 8 }
      if case .groups(let size, _) = term, let bits, path.units != .b1, path.weightBytes < 1 {
        bytes = (Double(bits) + 16 / Double(size)) / 8
      }
    }
    return bytes == path.weightBytes
      ? path : path.storing(path.name, weightBytes: bytes, kind: path.kind)
  }
}

extension GPUFormat {
  /// Bytes that terms keep beside a weight of `n` rows of `k`.
  func branchBytes(n: Int, k: Int) -> Double {
    var bytes = 0.0
    for term in terms {
      switch term {
      case .lowRank(let rank, _): bytes += Double(rank) * Double(n + k) * 2
      case .sparse(let share): bytes += share * Double(n) * Double(k) * 6
      case .kronecker: bytes += 4 * Double(k)
      case .groups, .hadamard, .entropy, .mixed: break
      }
    }
    return bytes
  }

  /// The time of a product with its terms, in seconds.
  ///
  /// - Parameters:
  ///   - m: rows of data.
  ///   - n: rows of weights.
  ///   - k: terms of a sum.
  ///   - product: the path's model and its estimate.
  ///   - plain: the 16-bit path.
  /// - Returns: the sum of the parts.
  public func term(
    m: Int, n: Int, k: Int, product: (model: GEMMModel, estimate: GEMMModel.Estimate),
    plain: GEMMModel
  ) -> CostTerm {
    var parts = [product.model.term(product.estimate)]
    for term in terms {
      if case .mixed(let share) = term {
        // One kernel, in which some blocks of k take longer.
        guard let mixed = mixed(m: m, n: n, k: k, share: share, product.model) else { continue }
        parts[0] = mixed
      } else {
        parts.append(cost(of: term, m: m, n: n, k: k, product, plain))
      }
    }
    return .sum("\(name) product", parts)
  }

  private func mixed(
    m: Int, n: Int, k: Int, share: Double, _ model: GEMMModel
  ) -> CostTerm? {
    let wide = min(max(Int((Double(k) * share).rounded()), 1), max(k - 1, 1))
    guard k > 1, let eight = GEMMPath.named("w8a8"),
      let other = try? GEMMModel(
        model.target,
        path: eight.storing("w4a8 as int8", weightBytes: model.path.weightBytes, kind: .converted))
    else { return nil }
    // The kernel takes at least what it takes with 4 bits alone.
    func inner(_ model: GEMMModel) -> Double {
      let estimate = model.estimate(m: m, n: n, k: wide, residency: .cold)
      return estimate.microseconds - estimate.launch - estimate.quantize
    }
    return .sum(
      "mixed blocks along k",
      [
        model.term(model.estimate(m: m, n: n, k: k, residency: .cold)),
        .count(
          "what 8 bits add for \(wide) of \(k) terms",
          max(inner(other) - inner(model), 0) * 1e-6),
      ])
  }

  private func cost(
    of term: KernelTerm, m: Int, n: Int, k: Int,
    _ product: (model: GEMMModel, estimate: GEMMModel.Estimate), _ plain: GEMMModel
  ) -> CostTerm {
    let (rows, columns, depth) = (Double(m), Double(n), Double(k))
    let target = plain.target
    // Multiply-adds of all ordinary cores, 128 a multiprocessor and clock.
    let ordinary = Double(target.multiprocessors ?? 1) * 128 * (target.clockHz ?? 1)
    let memory = plain.bandwidth * plain.constants.dramEfficiency
    let tensor = plain.peak * plain.constants.mmaEfficiency
    let launch = CostTerm.product(
      "launch", count: 1, each: plain.constants.launchUs * 1e-6, key: "kernel_paths",
      source: plain.constants.source)
    func rate(_ what: String, _ count: Double, _ perSecond: Double, _ key: String) -> CostTerm {
      .product(what, count: count, each: 1 / perSecond, key: key)
    }
    func kernel(_ what: String, _ overlapping: [CostTerm]) -> CostTerm {
      .sum(what, [launch, .maximum("compute and memory", overlapping)])
    }
    switch term {
    case .groups(let size, let twoStep):
      guard path.units == .int8 || path.units == .int4 else {
        return .count("scales of groups: in the weights' conversion", 0)
      }
      let groups = (depth / Double(size)).rounded(.up)
      // 64 conversions a multiprocessor and clock: CUDA C++ Programming Guide, arithmetic instructions.
      let operations = rows * columns * groups * (twoStep ? 2 : 3)
      return rate(
        "scales of \(Int(groups)) groups a result", operations, ordinary, "multiprocessors")
    case .lowRank(let rank, let fused):
      if fused {
        return .sum(
          "branch of rank \(rank), fused",
          [
            rate(
              "operations", 2 * rows * Double(rank) * (depth + columns), tensor,
              "fp16_ops_per_second"),
            rate(
              "bytes of its weights", 2 * Double(rank) * (depth + columns), memory,
              "dram_bytes_per_second"),
          ])
      }
      return .sum(
        "branch of rank \(rank)",
        [
          plain.term(plain.estimate(m: m, n: rank, k: k, residency: .cold)),
          plain.term(plain.estimate(m: m, n: n, k: rank, residency: .cold)),
        ])
    case .hadamard:
      let steps = Double(Int.bitWidth - max(k - 1, 1).leadingZeroBitCount)
      return kernel(
        "Hadamard transform",
        [
          rate(
            "\(Int(steps)) additions an element", rows * depth * steps, ordinary, "multiprocessors"),
          rate("data read and written", 4 * rows * depth, memory, "dram_bytes_per_second"),
        ])
    case .kronecker:
      let side = depth.squareRoot().rounded(.up)
      return kernel(
        "two matrices of \(Int(side))",
        [
          rate("operations", 4 * rows * depth * side, tensor, "fp16_ops_per_second"),
          rate("data read and written", 4 * rows * depth, memory, "dram_bytes_per_second"),
        ])
    case .sparse(let share):
      let kept = share * columns * depth
      return kernel(
        "sparse weights",
        [
          rate("multiply-adds", rows * kept, ordinary, "multiprocessors"),
          rate(
            "weights, places, sums", 6 * kept + 4 * columns + 4 * rows * columns, memory,
            "dram_bytes_per_second"),
        ])
    case .entropy:
      return rate(
        "decoded weights, 4 operations each", 4 * columns * depth, ordinary, "multiprocessors")
    case .mixed: return .count("mixed blocks along k", 0)
    }
  }
}
