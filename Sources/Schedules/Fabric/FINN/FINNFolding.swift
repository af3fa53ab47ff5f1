import HWModel

/// How many elements of each part of a stage work at once.
struct FINNFold: Hashable, Sendable {
  /// Rows of a matrix, or channels (PE).
  var rows = 1
  /// Columns of a matrix (SIMD).
  var columns = 1
  /// Channels of a window's buffer (SIMD).
  var window = 1
  var isParallelWindow = false
}

/// Folds of a pipeline for a number of cycles a frame.
///
/// The rule is FINN's (github Xilinx/finn@39f0c9a, src/finn/transformation/fpgadataflow/set_folding.py):
/// of each stage the smallest divisors that take fewer cycles, columns up to a word of weights of so many
/// bits first, then rows; then once more with the slowest stage as the target, if it was missed.
struct FINNFolding {
  let plans: [FINNPlan]
  let weightWordBits: Int

  /// - Parameter cycles: fewer are asked for.
  /// - Returns: a fold a stage.
  func folds(cycles: Int) -> [FINNFold] {
    let first = plans.map { fold($0, cycles) }
    let slowest = zip(plans, first).map { $0.cycles($1) }.max() ?? 0
    return slowest > cycles ? plans.map { fold($0, slowest) } : first
  }

  /// Divisors of a number, ascending.
  private static func divisors(_ number: Int) -> [Int] {
    var (low, high): ([Int], [Int]) = ([], [])
    var divisor = 1
    while divisor * divisor <= number {
      if number % divisor == 0 {
        low.append(divisor)
        if divisor * divisor < number { high.append(number / divisor) }
      }
      divisor += 1
    }
    return low + high.reversed()
  }

  /// The smallest divisor whose cycles are below the target, else the number itself.
  private static func smallest(_ number: Int, below target: Int, _ cycles: (Int) -> Int) -> Int {
    divisors(number).first { cycles($0) < target } ?? number
  }

  private func fold(_ plan: FINNPlan, _ target: Int) -> FINNFold {
    var fold = FINNFold()
    switch plan.kind {
    case .matrix(let matrix):
      if matrix.isDepthwise {
        fold.rows = Self.smallest(matrix.rows, below: target) {
          matrix.cycles(rows: $0, columns: 1)
        }
        if fold.rows == matrix.rows, matrix.cycles(rows: fold.rows, columns: 1) > target {
          fold.columns = Self.smallest(matrix.columns, below: target) {
            matrix.cycles(rows: fold.rows, columns: $0)
          }
        }
        fold.window = fold.rows
        fold.isParallelWindow = fold.columns > 1
        return fold
      }
      for columns in Self.divisors(matrix.columns) {
        let before = fold.columns
        fold.columns = columns
        if matrix.cycles(rows: 1, columns: columns) < target { break }
        if columns.multipliedClamped(by: matrix.weights.bits) > weightWordBits {
          fold.columns = before
          break
        }
      }
      fold.rows = Self.smallest(matrix.rows, below: target) {
        matrix.cycles(rows: $0, columns: fold.columns)
      }
    case .pool:
      fold.rows = Self.smallest(plan.channels, below: target) {
        plan.poolCycles(rows: $0)
      }
      fold.window = fold.rows
      return fold
    case .elements(let pixels, _):
      fold.rows = Self.smallest(plan.channels, below: target) {
        (plan.channels / $0).multipliedClamped(by: pixels)
      }
    case .maximumPool, .none: break
    }
    guard plan.window != nil else { return fold }
    func cycles(_ width: Int, isParallel: Bool) -> Int {
      plan.buffer(FINNFold(window: width, isParallelWindow: isParallel))?.cycles ?? 0
    }
    fold.window = Self.smallest(plan.channels, below: target) { cycles($0, isParallel: false) }
    fold.isParallelWindow =
      fold.window == plan.channels && cycles(fold.window, isParallel: false) > target
    return fold
  }
}

/// A stage with its types, for any fold.
struct FINNPlan {
  enum Kind {
    case matrix(Matrix)
    case maximumPool(FINNMaximumPool)
    case pool
    /// So many transfers of all channels, each element compared with so many thresholds.
    case elements(pixels: Int, thresholds: Int)
    /// Takes no time and no logic.
    case none
  }

  struct Matrix {
    let rows: Int
    let columns: Int
    let vectors: Int
    let isDepthwise: Bool
    let weights: FINNType
    let accumulator: FINNType
    let thresholds: Int
    let core: FINNMatrixUnit.Core

    func cycles(rows: Int, columns: Int) -> Int {
      ((self.rows / rows) * (self.columns / columns)).multipliedClamped(by: vectors)
    }

    func unit(_ fold: FINNFold, inputBits: Int) -> FINNMatrixUnit {
      FINNMatrixUnit(
        rows: rows, columns: columns, rowFold: fold.rows, columnFold: fold.columns,
        weightBits: weights.bits, inputBits: inputBits, accumulatorBits: accumulator.bits,
        thresholds: thresholds, core: core)
    }
  }

  /// Windows over a padded image.
  struct Image {
    let kernel: FINNWindowBuffer.Plane
    let stride: FINNWindowBuffer.Plane
    let dilation: FINNWindowBuffer.Plane
    let image: FINNWindowBuffer.Plane
    let positions: FINNWindowBuffer.Plane
    let isDepthwise: Bool
    let isPadded: Bool
  }

  let kind: Kind
  /// Channels of the data.
  let channels: Int
  let data: FINNType
  let result: FINNType
  let window: Image?

  func buffer(_ fold: FINNFold) -> FINNWindowBuffer? {
    window.map {
      FINNWindowBuffer(
        kernel: $0.kernel, stride: $0.stride, dilation: $0.dilation, image: $0.image,
        positions: $0.positions, channels: channels, fold: fold.window, bits: data.bits,
        isDepthwise: $0.isDepthwise, isParallel: fold.isParallelWindow)
    }
  }

  var padding: FINNPadding? {
    guard let window, window.isPadded else { return nil }
    return FINNPadding(
      bits: channels * data.bits, columns: window.image.columns, pixels: window.image.area)
  }

  /// A unit of thresholds alone: a matrix unit's comparators and their tables; nil for other stages.
  func thresholds(_ fold: FINNFold) -> FINNMatrixUnit? {
    guard case .elements(_, let count) = kind, count > 0 else { return nil }
    return FINNMatrixUnit(
      rows: channels, columns: 1, rowFold: fold.rows, columnFold: 1, weightBits: 1,
      inputBits: data.bits, accumulatorBits: data.bits, thresholds: count)
  }

  /// github Xilinx/finn@39f0c9a, src/finn/custom_op/fpgadataflow/pool.py.
  func poolCycles(rows: Int) -> Int {
    guard let window else { return 0 }
    return (channels / rows).multipliedClamped(by: window.kernel.area)
      .multipliedClamped(by: window.positions.area)
  }

  /// Cycles of each part, which work at the same time.
  func parts(_ fold: FINNFold) -> [(name: String, cycles: Int)] {
    var parts: [(String, Int)] = []
    if let padding { parts.append(("padding", padding.cycles)) }
    if let buffer = buffer(fold) { parts.append(("windows", buffer.cycles)) }
    switch kind {
    case .matrix(let matrix):
      parts.append(("matrix unit", matrix.cycles(rows: fold.rows, columns: fold.columns)))
    case .maximumPool(let pool): parts.append(("maximum", pool.cycles))
    case .pool: parts.append(("pool", poolCycles(rows: fold.rows)))
    case .elements(let pixels, _):
      parts.append(("elements", (channels / fold.rows).multipliedClamped(by: pixels)))
    case .none: break
    }
    return parts
  }

  /// Cycles of the slowest part.
  func cycles(_ fold: FINNFold) -> Int { parts(fold).map(\.cycles).max() ?? 0 }
}
