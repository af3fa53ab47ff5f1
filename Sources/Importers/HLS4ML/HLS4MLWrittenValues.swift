import Arith
public import QuantGraph

extension HLS4ML {
  /// Values of a project's fixed-point constants as their text files write them, before they are
  /// assigned to their types.
  ///
  /// A file that cannot be read as so many numbers is left out, since reading the model has already
  /// succeeded or reported it.
  public static func writtenValues(
    of graph: Graph, inProject path: String
  ) -> [TensorID: [Double]] {
    guard let files = HLSFiles(at: path) else { return [:] }
    var written: [TensorID: [Double]] = [:]
    for (index, tensor) in graph.tensors.enumerated() {
      guard tensor.constant != nil, case .fixed = tensor.encoding,
        tensor.name.allSatisfy({ $0.isLetter || $0.isNumber || $0 == "_" })
      else { continue }
      let file = "firmware/weights/\(tensor.name).txt"
      guard let bytes = try? files.bytes(file, limit: 1 << 28) else { continue }
      let tokens = bytes.split { $0 == UInt8(ascii: ",") || $0 <= UInt8(ascii: " ") }
      let values = tokens.compactMap { DecimalNumber($0)?.value }
      if values.count == tensor.shape.count { written[TensorID(index)] = values }
    }
    return written
  }

  /// The same of a project or an archive, which holds the numbers before they are written as text.
  ///
  /// Weights that a project has in C headers alone are read there.
  public static func writtenValues(of graph: Graph, at path: String) -> [TensorID: [Double]] {
    guard let files = HLSFiles(at: path) else {
      let values = HLS4MLArchive.writtenValues(path: path)
      var written: [TensorID: [Double]] = [:]
      for (index, tensor) in graph.tensors.enumerated() {
        guard tensor.constant != nil, case .fixed = tensor.encoding,
          let numbers = values[tensor.name], numbers.count == tensor.shape.count
        else { continue }
        written[TensorID(index)] = numbers
      }
      return written
    }
    var written = writtenValues(of: graph, inProject: path)
    for (index, tensor) in graph.tensors.enumerated() where written[TensorID(index)] == nil {
      guard tensor.constant != nil, case .fixed = tensor.encoding,
        tensor.name.allSatisfy({ $0.isLetter || $0.isNumber || $0 == "_" }),
        let bytes = try? files.bytes("firmware/weights/\(tensor.name).h", limit: 1 << 28),
        let range = HLSWeightFiles.headerValues(bytes)
      else { continue }
      let tokens = bytes[range].split { $0 == UInt8(ascii: ",") || $0 <= UInt8(ascii: " ") }
      let values = tokens.compactMap { DecimalNumber($0)?.value }
      if values.count == tensor.shape.count { written[TensorID(index)] = values }
    }
    return written
  }
}
