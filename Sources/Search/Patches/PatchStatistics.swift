internal import Arith
internal import HWModel
internal import QuantGraph

/// How often each code of a tensor's part occurred.
struct CodeCounts: Sendable, Hashable {
  /// The code that ``counts`` begin with.
  let first: Int64
  private(set) var counts: [Int]

  init(_ format: AffineFormat) {
    let codes = AffineWidth.codes(format.width, isSigned: format.isSigned)
    first = codes.lowerBound
    counts = Array(repeating: 0, count: Int(codes.upperBound - codes.lowerBound) + 1)
  }

  mutating func add(_ code: Int64) { counts[Int(code - first)] += 1 }

  var total: Int { counts.reduce(0, +) }

  /// Mean and standard deviation of the codes: the Gaussian of largest likelihood.
  var gaussian: (mean: Double, deviation: Double) {
    let total = Double(max(self.total, 1))
    var sum = 0.0
    for (index, count) in counts.enumerated() {
      sum += Double(count) * Double(first + Int64(index))
    }
    let mean = sum / total
    var squares = 0.0
    for (index, count) in counts.enumerated() {
      let distance = Double(first + Int64(index)) - mean
      squares += Double(count) * distance * distance
    }
    return (mean, (squares / total).squareRoot())
  }

  /// How many codes are further from `mean` than `distance`.
  func beyond(_ distance: Double, of mean: Double) -> Int {
    counts.enumerated().reduce(0) { sum, item in
      abs(Double(first + Int64(item.offset)) - mean) > distance ? sum + item.element : sum
    }
  }

  /// Entropy in bits of the histogram of what codes stand for, with `bins` over the real range of
  /// `own`, after they are brought into `narrow` as a conversion does (nearest, ties away from zero).
  func entropy(_ own: AffineFormat, in narrow: AffineFormat, bins: Int) -> Double {
    guard let scale = own.scales.first, let step = narrow.scales.first, scale > 0, step > 0 else {
      return 0
    }
    let (zero, other) = (own.zeroPoints.first ?? 0, narrow.zeroPoints.first ?? 0)
    let range = AffineWidth.codes(narrow.width, isSigned: narrow.isSigned)
    let low = Double(first - zero) * scale
    let width = Double(counts.count - 1) * scale
    var histogram = [Int](repeating: 0, count: bins)
    for (index, count) in counts.enumerated() where count > 0 {
      let value = Double(first + Int64(index) - zero) * scale
      let code = (value / step).rounded(.toNearestOrAwayFromZero) + Double(other)
      let held = min(max(code, Double(range.lowerBound)), Double(range.upperBound))
      let place = ((held - Double(other)) * step - low) / width * Double(bins)
      histogram[Int(min(max(place, 0), Double(bins - 1)))] += count
    }
    let total = Double(max(histogram.reduce(0, +), 1))
    return histogram.reduce(0) { sum, count in
      guard count > 0 else { return sum }
      let share = Double(count) / total
      return sum - share * StableExponential.log(share) / 0x1.62e42fefa39efp-1
    }
  }
}

/// What calibration samples say of the tensors of a stage, tile by tile.
struct PatchStatistics: Sendable {
  /// By tile and tensor of the network.
  struct Key: Hashable, Sendable {
    /// Nil for the whole tensor.
    let tile: Int?
    let tensor: TensorID
  }

  private(set) var counts: [Key: CodeCounts] = [:]

  /// Runs the network layer by layer and counts the codes of parts of its tensors.
  ///
  /// - Parameters:
  ///   - graph: the network, in its own widths.
  ///   - tiling: parts of tensors.
  ///   - tensors: which, all of the stage; those without codes of one scale and at most 16 bits are left
  ///     out.
  ///   - datapath: the rules that it runs by.
  ///   - samples: values of each input, samples one after the other.
  /// - Throws: ``PatchPrecisionError/plan(reason:)`` for a network or samples that the rules do not take.
  init(
    _ graph: Graph, tiling: PatchTiling, tensors: Set<TensorID>, on datapath: some Datapath,
    samples: [[Double]]
  ) throws(PatchPrecisionError) {
    let plan: Plan
    do throws(PlanProblems) {
      plan = try Plan(graph, on: datapath)
    } catch {
      throw .plan(reason: error.diagnostics(file: nil).first?.message ?? "no plan")
    }
    let formats = tensors.sorted().compactMap { id -> (TensorID, AffineFormat)? in
      guard case .affine(let format) = graph[id].encoding, format.scales.count == 1,
        format.width <= 16
      else { return nil }
      return (id, format)
    }
    let runner = PlanRunner(plan, keeping: Set(formats.map(\.0)), runsOutputs: false, lanes: 1)
    let sizes = graph.inputs.map { max(graph[$0].shape.count, 1) }
    let count = zip(samples, sizes).map { $0.count / $1 }.min() ?? 0
    var found: [Key: CodeCounts] = [:]
    for sample in 0..<count {
      for (place, id) in graph.inputs.enumerated() {
        do {
          try runner.load(.values(samples[place]), first: sample, count: 1, into: id)
        } catch {
          throw .plan(reason: "sample \(sample) of '\(graph[id].name)' does not fit: \(error)")
        }
      }
      runner.run(usedLanes: 1)
      for (id, format) in formats {
        let places = Places(graph[id].shape, axes: tiling.stage.axes)
        let codes = (0..<graph[id].shape.count).map { runner.code(of: id, element: $0, lane: 0) }
        found[Key(tile: nil, tensor: id), default: CodeCounts(format)].add(codes)
        for tile in 0..<tiling.grid * tiling.grid {
          guard
            let region = tiling.region(
              of: id, row: tile / tiling.grid, column: tile % tiling.grid)
          else { continue }
          var part = found[Key(tile: tile, tensor: id)] ?? CodeCounts(format)
          places.forEach(in: region) { part.add(codes[$0]) }
          found[Key(tile: tile, tensor: id)] = part
        }
      }
    }
    counts = found
  }
}

extension CodeCounts {
  fileprivate mutating func add(_ codes: [Int64]) { for code in codes { add(code) } }
}

/// Elements of rectangles of a tensor.
private struct Places {
  private let outer: Int
  private let rows: Int
  private let columns: Int
  private let inner: Int

  /// Rows and columns are neighbouring axes.
  init(_ shape: Shape, axes: [Int]) {
    outer = shape.extents[..<axes[0]].reduce(1, *)
    rows = shape[axes[0]]
    columns = shape[axes[1]]
    inner = shape.extents[(axes[1] + 1)...].reduce(1, *)
  }

  func forEach(in region: PlaneRegion, _ body: (Int) -> Void) {
    for block in 0..<outer {
      for row in region.rows {
        let start = ((block * rows + row) * columns + region.columns.lowerBound) * inner
        for place in start..<start + region.columns.count * inner { body(place) }
      }
    }
  }
}
