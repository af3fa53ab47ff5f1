import Arith
import HWModel

/// Weights of a layer in the order in which an array of bit-serial elements takes them.
///
/// Output channels are rows. Within a row, lanes run along the kernel for each channel if the kernel
/// has more positions than there are channels, or if the layer is grouped, else along the channels
/// for each position; a run ends where its channel or position does.
struct PlaneTiles: Sendable {
  /// Planes of the weights, `rows * elements`, runs following one another.
  private let words: [UInt16]
  private let rows: Int
  private let elements: Int
  /// Elements of a run.
  private let run: Int
  /// Whether each output channel is processed alone.
  private let isGrouped: Bool

  /// - Parameters:
  ///   - weights: `outputs * channels * height * width`, row-major.
  ///   - layer: whose weights they are.
  ///   - code: planes of sign and magnitude, or of two's complement, 8 bits.
  /// - Throws: ``BitSerialError/weightCount(layer:expected:found:)``.
  init(
    _ weights: [Int], of layer: ArrayLayer, as code: PlaneCode
  ) throws(BitSerialError) {
    guard weights.count == layer.weightCount else {
      throw .weightCount(layer: layer.name, expected: layer.weightCount, found: weights.count)
    }
    rows = layer.outputChannels
    elements = layer.channelsPerOutput * layer.kernel.area
    isGrouped = layer.isGrouped
    let area = layer.kernel.area
    let alongKernel = layer.isGrouped || area > layer.channelsPerOutput
    run = alongKernel ? area : layer.channelsPerOutput
    let encoded = weights.map { code.word(of: $0, width: 8) }
    if alongKernel || area == 1 {
      words = encoded
    } else {
      var ordered: [UInt16] = []
      ordered.reserveCapacity(encoded.count)
      for row in 0..<rows {
        for position in 0..<area {
          for channel in 0..<run {
            ordered.append(encoded[row * elements + channel * area + position])
          }
        }
      }
      words = ordered
    }
  }

  /// Calls `body` with every tile: the words of each of its rows.
  func forEachTile(
    lanes: Int, rows tileRows: Int, _ body: ([ArraySlice<UInt16>]) -> Void
  ) {
    for first in stride(from: 0, to: rows, by: isGrouped ? 1 : tileRows) {
      let last = isGrouped ? first + 1 : min(first + tileRows, rows)
      for start in stride(from: 0, to: elements, by: run) {
        for lane in stride(from: start, to: start + run, by: lanes) {
          let end = min(lane + lanes, start + run)
          body((first..<last).map { words[($0 * elements + lane)..<($0 * elements + end)] })
        }
      }
    }
  }
}

/// Cycles and bit operations of one tile.
struct TileWork {
  var cycles = 0
  /// Bit operations that change a sum, and operations of the busiest and the idlest lane.
  var effective = 0
  var total = 0
  var fewest = 0
  var most = 0

  static func + (lhs: TileWork, rhs: TileWork) -> TileWork {
    TileWork(
      cycles: lhs.cycles + rhs.cycles, effective: lhs.effective + rhs.effective,
      total: lhs.total + rhs.total, fewest: lhs.fewest + rhs.fewest, most: lhs.most + rhs.most)
  }

  static func * (lhs: TileWork, rhs: Int) -> TileWork {
    TileWork(
      cycles: lhs.cycles * rhs, effective: lhs.effective * rhs, total: lhs.total * rhs,
      fewest: lhs.fewest * rhs, most: lhs.most * rhs)
  }
}

extension WeightBitArray {
  /// What a tile of weights takes, from the planes of its rows.
  ///
  /// - Parameters:
  ///   - tile: words of 8 planes, a slice a row.
  ///   - flow: arrangement of the elements.
  /// - Returns: cycles, and operations for the published statistics.
  func work(_ tile: [ArraySlice<UInt16>], in flow: Arrangement) -> TileWork {
    var work = TileWork()
    switch tileCost {
    case .bits, .prunedColumns, .clearedColumns: work.cycles = serialBits
    case .onesOfWeight:
      for row in tile {
        let ones = row.map(\.nonzeroBitCount)
        let most = ones.max() ?? 0
        work.cycles = max(work.cycles, most)
        work.fewest += ((ones.min() ?? 0) + 1) * flow.lanes
        work.most += most * flow.lanes
        work.effective += ones.reduce(0, +)
      }
      work.total = work.cycles * flow.lanes * flow.rows
    case .onesOfPlane:
      for row in tile {
        let planes = PlaneCounts(row)
        work.cycles = max(work.cycles, planes.largest)
        work.fewest += planes.smallest * parallelBits
        work.most += planes.largest * parallelBits
        work.effective += planes.sum
      }
      work.total = work.cycles * parallelBits * flow.rows
    case .nonzeroColumns:
      let skipped = 8 - serialBits + 1
      var columns = 0
      for row in tile {
        columns = max(columns, row.reduce(0, |).nonzeroBitCount)
        let ones = row.map(\.nonzeroBitCount)
        work.fewest += ((ones.min() ?? 0) + skipped) * flow.lanes
        work.most += ((ones.max() ?? 0) + skipped) * flow.lanes
        work.effective += ones.reduce(0, +) + row.count * skipped
      }
      work.cycles = columns - 1
      work.total = (work.cycles + skipped) * flow.lanes * flow.rows
    case .halvedPlanes:
      for row in tile {
        work.cycles = max(work.cycles, PlaneCounts(row).multiples(of: flow.lanes))
      }
      work.cycles = max(work.cycles, 1)
    }
    return work
  }
}

/// How many words have a one in each of 8 planes.
private struct PlaneCounts {
  private var counts: SIMD8<UInt32> = .zero

  init(_ words: ArraySlice<UInt16>) {
    let places = SIMD8<UInt32>(0, 1, 2, 3, 4, 5, 6, 7)
    for word in words { counts &+= (SIMD8(repeating: UInt32(word)) &>> places) & 1 }
  }

  var largest: Int { Int(counts.max()) }
  var smallest: Int { Int(counts.min()) }
  var sum: Int { Int(counts.wrappedSum()) }

  /// The sum over planes of `ceil(ones / (lanes / 2))`.
  func multiples(of lanes: Int) -> Int {
    (0..<8).reduce(0) { $0 + (2 * Int(counts[$1]) + lanes - 1) / lanes }
  }
}
