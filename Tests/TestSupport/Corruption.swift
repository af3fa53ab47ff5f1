/// Damages files in the ways that disks, transfers and attackers do, from a seed.
public struct Corruption: Sendable {
  private var generator: SeededGenerator

  public init(seed: UInt64) { generator = SeededGenerator(seed: seed) }

  /// Mutations a reader is given: 500, or 10,000 when `HWSIM_SWEEP=1`.
  public static var count: Int { sweep ? 10_000 : 500 }

  /// A damaged copy of `bytes`: one to three of bit flips, truncation, inserted, deleted,
  /// overwritten or repeated runs, extreme little-endian numbers and changed decimal digits.
  public mutating func mutate(_ bytes: [UInt8]) -> [UInt8] {
    var result = bytes
    for _ in 0..<Int.random(in: 1...3, using: &generator) { damage(&result) }
    return result
  }

  private mutating func damage(_ bytes: inout [UInt8]) {
    guard !bytes.isEmpty else {
      bytes = [UInt8.random(in: 0...255, using: &generator)]
      return
    }
    let position = position(in: bytes.count)
    let run = min(Int.random(in: 1...16, using: &generator), bytes.count - position)
    switch Int.random(in: 0..<10, using: &generator) {
    case 0, 1, 2:
      bytes[position] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
    case 3:
      bytes.removeSubrange(position...)
    case 4:
      let inserted = (0..<run).map { _ in UInt8.random(in: 0...255, using: &generator) }
      bytes.insert(contentsOf: inserted, at: position)
    case 5:
      bytes.removeSubrange(position..<position + run)
    case 6:
      for index in position..<position + run {
        bytes[index] = UInt8.random(in: 0...255, using: &generator)
      }
    case 7:
      bytes.insert(contentsOf: Array(bytes[position..<position + run]), at: position)
    case 8:
      // Sizes, counts and offsets at the ends of their ranges.
      let width = [1, 2, 4, 8].randomElement(using: &generator) ?? 4
      let extremes: [UInt64] = [
        0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 0x7FFF_FFFF, 0xFFFF_FFFF, 1 << 32,
        0x7FFF_FFFF_FFFF_FFFF, .max,
      ]
      var number = extremes.randomElement(using: &generator) ?? 0
      for index in position..<min(position + width, bytes.count) {
        bytes[index] = UInt8(truncatingIfNeeded: number)
        number >>= 8
      }
    default:
      // Numbers that are written as text: shapes, octal sizes, weights.
      let digits = bytes.indices.filter { (0x30...0x39).contains(bytes[$0]) }
      guard let index = digits.randomElement(using: &generator) else { return }
      if Bool.random(using: &generator) {
        bytes[index] = UInt8.random(in: 0x30...0x39, using: &generator)
      } else {
        bytes.insert(contentsOf: [UInt8](repeating: 0x39, count: run), at: index)
      }
    }
  }

  /// Half of the time in the first or last 256 bytes, where headers and directories are.
  private mutating func position(in count: Int) -> Int {
    switch Int.random(in: 0..<4, using: &generator) {
    case 0: Int.random(in: 0..<min(count, 256), using: &generator)
    case 1: count - 1 - Int.random(in: 0..<min(count, 256), using: &generator)
    default: Int.random(in: 0..<count, using: &generator)
    }
  }
}
