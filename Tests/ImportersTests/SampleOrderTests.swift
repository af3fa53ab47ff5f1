import Importers
import QuantGraph
import TestSupport
import Testing

@Suite("Axes of samples in another order")
struct SampleOrderTests {
  /// The remedy for an array of 2 samples of `row` that an input of `shape` is given; nil if it is read.
  static func remedy(_ row: [Int], for shape: [Int], hasBatchAxis: Bool = true) throws -> String? {
    let folder = try TemporaryFolder()
    let path = folder.path + "/x.npy"
    let count = row.reduce(2, *)
    try NPY.write(
      NDArray(shape: [2] + row, storage: .int8([Int8](repeating: 1, count: count))), to: path)
    let rows = try ArrayInput(path: path).rows(nil)
    let shape = try Shape(shape)
    do throws(Diagnostic) {
      _ = try ArraySampleSource(
        rows, path: path, tensor: "x", shape: shape, hasBatchAxis: hasBatchAxis)
      return nil
    } catch {
      #expect(error.code == "array.shape")
      return error.remedy ?? ""
    }
  }

  @Test("channels first for channels last, and the other way round, are refused by name")
  func channels() throws {
    #expect(try Self.remedy([3, 4, 6], for: [1, 4, 6, 3])?.contains("(0, 2, 3, 1)") == true)
    #expect(try Self.remedy([4, 6, 3], for: [1, 3, 4, 6])?.contains("(0, 3, 1, 2)") == true)
    #expect(try Self.remedy([6, 4, 3], for: [1, 4, 6, 3]) != nil)
    #expect(try Self.remedy([6, 12], for: [12, 6], hasBatchAxis: false) != nil)
  }

  @Test("the model's own order, flat rows and axes of extent 1 are read")
  func accepted() throws {
    #expect(try Self.remedy([4, 6, 3], for: [1, 4, 6, 3]) == nil)
    #expect(try Self.remedy([72], for: [1, 4, 6, 3]) == nil)
    #expect(try Self.remedy([12, 1], for: [1, 1, 12]) == nil)
    #expect(try Self.remedy([12, 6], for: [12, 6], hasBatchAxis: false) == nil)
  }
}
