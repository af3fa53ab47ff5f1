import QuantGraph

/// Matrix products over leading axes, whatever the operands' ranks.
struct ProductGeometry: Sendable {
  let rows: Int
  let inner: Int
  let columns: Int
  /// Offsets of the left and right matrices of each product.
  let offsets: [(left: Int, right: Int)]
  let transposesLeft: Bool
  let transposesRight: Bool

  /// - Precondition: the shapes satisfy the operator's shape rule.
  init(_ product: MatMul, left: Shape, right: Shape) {
    let a = left.rank == 1 ? [1, left[0]] : left.extents
    let b = right.rank == 1 ? [right[0], 1] : right.extents
    transposesLeft = product.transposesLeft && left.rank > 1
    transposesRight = product.transposesRight && right.rank > 1
    rows = transposesLeft ? a[a.count - 1] : a[a.count - 2]
    inner = transposesLeft ? a[a.count - 2] : a[a.count - 1]
    columns = transposesRight ? b[b.count - 2] : b[b.count - 1]
    let (leftOuter, rightOuter) = (Array(a.dropLast(2)), Array(b.dropLast(2)))
    let rank = max(leftOuter.count, rightOuter.count)
    let leftAll = [Int](repeating: 1, count: rank - leftOuter.count) + leftOuter
    let rightAll = [Int](repeating: 1, count: rank - rightOuter.count) + rightOuter
    let outer = zip(leftAll, rightAll).map { $0 == 1 ? $1 : $0 }
    let (leftSize, rightSize) = (a.suffix(2).reduce(1, *), b.suffix(2).reduce(1, *))
    offsets = (0..<outer.reduce(1, *)).map { block in
      var (rest, leftStride, rightStride) = (block, leftSize, rightSize)
      var (leftOffset, rightOffset) = (0, 0)
      for axis in (0..<rank).reversed() {
        let index = rest % outer[axis]
        rest /= outer[axis]
        if leftAll[axis] > 1 { leftOffset += index * leftStride }
        if rightAll[axis] > 1 { rightOffset += index * rightStride }
        leftStride *= leftAll[axis]
        rightStride *= rightAll[axis]
      }
      return (leftOffset, rightOffset)
    }
  }

  /// All sums, `[product][row][column]`.
  func sums<Element: ProductSum>(_ left: [Element], _ right: [Element]) -> [Element] {
    var result = [Element](repeating: .zero, count: offsets.count * rows * columns)
    guard rows > 0, columns > 0 else { return result }
    for (block, offset) in offsets.enumerated() {
      let matrix = transposesRight ? transposed(right, from: offset.right) : []
      let base = transposesRight ? 0 : offset.right
      result.withUnsafeMutableBufferPointer { result in
        (transposesRight ? matrix : right).withUnsafeBufferPointer { right in
          for row in 0..<rows {
            let start = (block * rows + row) * columns
            let sums = UnsafeMutableBufferPointer(rebasing: result[start..<start + columns])
            for index in 0..<inner {
              let value =
                transposesLeft
                ? left[offset.left + index * rows + row] : left[offset.left + row * inner + index]
              let first = base + index * columns
              let values = UnsafeBufferPointer(rebasing: right[first..<first + columns])
              for column in 0..<columns {
                sums[column] = sums[column].adding(value, times: values[column])
              }
            }
          }
        }
      }
    }
    return result
  }

  private func transposed<Element: ProductSum>(_ values: [Element], from start: Int) -> [Element] {
    var result = [Element](repeating: .zero, count: inner * columns)
    for column in 0..<columns {
      for index in 0..<inner {
        result[index * columns + column] = values[start + column * inner + index]
      }
    }
    return result
  }
}
