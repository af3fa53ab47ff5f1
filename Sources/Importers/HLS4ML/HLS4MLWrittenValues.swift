import Arith
public import QuantGraph

extension HLS4ML {
  /// Values of a project's fixed-point constants as their text files write them, before they are
  /// assigned to their types.
  ///
  /// For explanations: a file that cannot be read as so many numbers is left out, since reading the
  /// model has already succeeded or reported it.
  public static func writtenValues(
    of graph: Graph, inProject path: String
  ) -> [TensorID: [Double]] {
    guard isProject(path) else { return [:] }
    var written: [TensorID: [Double]] = [:]
    for (index, tensor) in graph.tensors.enumerated() {
      guard tensor.constant != nil, case .fixed = tensor.encoding,
        tensor.name.allSatisfy({ $0.isLetter || $0.isNumber || $0 == "_" })
      else { continue }
      let file = "\(path)/firmware/weights/\(tensor.name).txt"
      guard let bytes = try? [UInt8](contentsOf: file, limit: 1 << 28) else { continue }
      let tokens = bytes.split { $0 == UInt8(ascii: ",") || $0 <= UInt8(ascii: " ") }
      let values = tokens.compactMap { DecimalNumber($0)?.value }
      if values.count == tensor.shape.count { written[TensorID(index)] = values }
    }
    return written
  }
}
