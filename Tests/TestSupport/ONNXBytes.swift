/// Protocol buffer messages written by hand, so that tests need no other library.
public struct ONNXBytes {
  public var bytes: [UInt8] = []

  public init() {}

  public static func varint(_ value: UInt64) -> [UInt8] {
    var rest = value
    var bytes: [UInt8] = []
    repeat {
      bytes.append(UInt8(rest & 0x7F) | (rest > 0x7F ? 0x80 : 0))
      rest >>= 7
    } while rest > 0
    return bytes
  }

  public mutating func number(_ field: UInt64, _ value: Int64) {
    bytes += Self.varint(field << 3) + Self.varint(UInt64(bitPattern: value))
  }

  public mutating func data(_ field: UInt64, _ value: [UInt8]) {
    bytes += Self.varint(field << 3 | 2) + Self.varint(UInt64(value.count)) + value
  }

  public mutating func text(_ field: UInt64, _ value: String) { data(field, Array(value.utf8)) }

  public mutating func message(_ field: UInt64, _ fill: (inout ONNXBytes) -> Void) {
    var inner = ONNXBytes()
    fill(&inner)
    data(field, inner.bytes)
  }

  /// A float32 input or output; `nil` is a dimension without a number.
  public mutating func value(_ field: UInt64, _ name: String, _ extents: [Int64?], type: Int64 = 1)
  {
    message(field) { info in
      info.text(1, name)
      info.message(2) {
        $0.message(1) { tensor in
          tensor.number(1, type)
          tensor.message(2) { shape in
            for extent in extents {
              shape.message(1) { dimension in
                if let extent { dimension.number(1, extent) } else { dimension.text(2, "n") }
              }
            }
          }
        }
      }
    }
  }

  public mutating func node(
    _ type: String, _ inputs: [String], _ outputs: [String], domain: String = "",
    _ fill: (inout ONNXBytes) -> Void = { _ in }
  ) {
    message(1) { node in
      for input in inputs { node.text(1, input) }
      for output in outputs { node.text(2, output) }
      node.text(3, type + "_node")
      node.text(4, type)
      if !domain.isEmpty { node.text(7, domain) }
      fill(&node)
    }
  }

  /// A model of one graph, ai.onnx 21.
  public static func model(_ fill: (inout ONNXBytes) -> Void) -> [UInt8] {
    var model = ONNXBytes()
    model.number(1, 10)
    model.message(8) {
      $0.text(1, "")
      $0.number(2, 21)
    }
    model.message(7) { graph in
      graph.text(2, "g")
      fill(&graph)
    }
    return model.bytes
  }
}
