import QuantGraph
import Testing

@Suite struct ShapeTests {
  @Test("extents of 0 do not hide a product that no Int holds")
  func zeroBesideHuge() throws {
    #expect(throws: GraphError.self) { try Shape([0, 1 << 31, 1 << 31, 1 << 31]) }
    #expect(throws: GraphError.self) { try Shape([1 << 31, 1 << 31, 1 << 31, 0]) }
    let shape = try Shape([0, 1 << 31, 3])
    #expect(shape.count == 0 && shape.boundedCount == 3 << 31)
    #expect(shape.strides == [3 << 31, 3, 1])
  }

  @Test("the limit is reached and not passed; negative extents are no shape")
  func limits() throws {
    #expect(try Shape([1 << 28, 1 << 28]).count == Shape.elementLimit)
    #expect(throws: GraphError.self) { try Shape([1 << 28, 1 << 28, 2]) }
    #expect(throws: GraphError.self) { try Shape([2, -1]) }
    #expect(throws: GraphError.self) { try Shape([-1, -1]) }
  }

  @Test("a scalar has one element, no axis and the index []")
  func scalar() throws {
    let shape = try Shape([])
    #expect(shape.count == 1 && shape.strides == [] && shape.index(ofOffset: 0) == [])
    #expect(shape.description == "scalar")
  }

  @Test("index and strides are each other's inverse")
  func indices() throws {
    let shape = try Shape([2, 3, 1, 4])
    #expect(shape.strides == [12, 4, 4, 1] && shape.description == "2x3x1x4")
    for offset in 0..<shape.count {
      let index = shape.index(ofOffset: offset)
      #expect(zip(index, shape.strides).reduce(0) { $0 + $1.0 * $1.1 } == offset)
      #expect(zip(index, shape.extents).allSatisfy { $0 >= 0 && $0 < $1 })
    }
  }

  @Test("numpy's broadcasting: examples of its documentation, and what it refuses")
  func broadcast() throws {
    // numpy.org, user guide, "General broadcasting rules".
    #expect(try Shape.broadcast([[256, 256, 3], [3]]) == [256, 256, 3])
    #expect(try Shape.broadcast([[8, 1, 6, 1], [7, 1, 5]]) == [8, 7, 6, 5])
    #expect(try Shape.broadcast([[5, 4], [1]]) == [5, 4])
    #expect(try Shape.broadcast([[15, 3, 5], [15, 1, 5]]) == [15, 3, 5])
    #expect(try Shape.broadcast([[0, 3], [1, 3]]) == [0, 3])
    #expect(throws: GraphError.self) { try Shape.broadcast([[3], [4]]) }
    #expect(throws: GraphError.self) { try Shape.broadcast([[2, 1], [8, 4, 3]]) }
    #expect(throws: GraphError.self) { try Shape.broadcast([[0, 3], [2, 3]]) }
    let wide = try Shape([1 << 30, 1])
    #expect(throws: GraphError.self) { try Shape.broadcast([wide, [1 << 30]]) }
    #expect(try Shape([7, 1, 5]).broadcastStrides(to: [8, 7, 6, 5]) == [0, 5, 0, 1])
  }
}
