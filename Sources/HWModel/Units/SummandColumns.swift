/// Bits of many numbers by their weight, and their compression to two numbers by full adders.
///
/// This is the order of Yosys 0.23's `maccmap`: numbers are made of one bit of each column, three of
/// them at a time go through a row of full adders, level by level, and bits that are left over fill
/// the lowest place of rows of carries, which is free.
struct SummandColumns {
  typealias Signal = GateNetwork.Signal

  /// Where a bit stands in its column.
  enum Order: Comparable {
    case constant
    /// A bit of an operand.
    case operand(Int, place: Int)
    /// A bit of the n-th row that was made for this sum; later rows come first.
    case row(Int, place: Int)

    static func < (a: Order, b: Order) -> Bool { a.key < b.key }

    private var key: (Int, Int, Int) {
      switch self {
      case .constant: (0, 0, 0)
      case .operand(let wire, let place): (1, wire, place)
      case .row(let row, let place): (2, -row, place)
      }
    }
  }

  private struct Bit {
    let signal: Signal
    let order: Order
  }

  let width: Int
  private var columns: [[Bit]]
  private var rowCount = 0

  init(width: Int) {
    self.width = width
    columns = Array(repeating: [], count: width)
  }

  /// Adds an operand of ``width`` bits.
  mutating func add(operand number: [Signal], wire: Int, subtracted: Bool) {
    if subtracted {
      insert(Bit(signal: .one, order: .constant), at: 0)
      add(row: number.map { !$0 })
      return
    }
    for (place, signal) in number.enumerated() where signal != .zero {
      let order = signal == .one ? Order.constant : .operand(wire, place: place)
      insert(Bit(signal: signal, order: order), at: place)
    }
  }

  /// Adds a row of gates, whose bits count even where they turn out constant.
  mutating func add(row: [Signal], subtracted: Bool = false) {
    rowCount += 1
    if subtracted { insert(Bit(signal: .one, order: .constant), at: 0) }
    for (place, signal) in row.enumerated() {
      insert(
        Bit(signal: subtracted ? !signal : signal, order: .row(rowCount, place: place)), at: place)
    }
  }

  private mutating func insert(_ bit: Bit, at position: Int) {
    guard position < width else { return }
    // The same constant twice is one of the next weight.
    if bit.order == .constant, columns[position].first?.order == .constant {
      columns[position].removeFirst()
      insert(bit, at: position + 1)
      return
    }
    let index = columns[position].firstIndex { $0.order > bit.order } ?? columns[position].count
    columns[position].insert(bit, at: index)
  }

  /// Two numbers with the same sum modulo two to the width.
  mutating func compressed(_ gates: inout GateNetwork) -> (first: [Signal], second: [Signal]) {
    var rows: [[Signal?]] = []
    var extra: [Signal] = []
    while true {
      var row: [Signal?] = Array(repeating: nil, count: width)
      var isEmpty = true
      for position in 0..<width where !columns[position].isEmpty {
        row[position] = columns[position].removeFirst().signal
        isEmpty = false
      }
      if isEmpty { break }
      rows.append(row)
      var free = max(rows.count - 2, 0) - extra.count
      var position = 0
      while position < width, position < 30, 1 << position <= free {
        while !columns[position].isEmpty, 1 << position <= free {
          let bit = columns[position].removeFirst()
          extra += Array(repeating: bit.signal, count: 1 << position)
          free -= 1 << position
        }
        position += 1
      }
    }
    while rows.count > 2 {
      var next: [[Signal?]] = []
      var index = 0
      while index < rows.count {
        guard index + 2 < rows.count else {
          next.append(rows[index])
          index += 1
          continue
        }
        var (sums, carries) = Self.fullAdders(
          rows[index], rows[index + 1], rows[index + 2], &gates)
        carries = [extra.popLast()] + carries.dropLast()
        next.append(sums)
        next.append(carries)
        index += 3
      }
      rows = next
    }
    let zeros: [Signal?] = Array(repeating: nil, count: width)
    return (
      (rows.first ?? zeros).map { $0 ?? .zero },
      (rows.count > 1 ? rows[1] : zeros).map { $0 ?? .zero }
    )
  }

  private static func fullAdders(
    _ a: [Signal?], _ b: [Signal?], _ c: [Signal?], _ gates: inout GateNetwork
  ) -> (sums: [Signal?], carries: [Signal?]) {
    var sums: [Signal?] = Array(repeating: nil, count: a.count)
    var carries = sums
    let used = a.indices.filter { a[$0] != nil || b[$0] != nil || c[$0] != nil }
    guard let first = used.first, let last = used.last else { return (sums, carries) }
    for position in first...last {
      let (x, y, z) = (a[position] ?? .zero, b[position] ?? .zero, c[position] ?? .zero)
      let half = gates.xor(x, y)
      let both = gates.and(x, y)
      let passed = gates.and(z, half)
      sums[position] = gates.xor(half, z)
      carries[position] = gates.or(both, passed)
    }
    return (sums, carries)
  }
}
