import QuantGraph

extension Plan {
  /// Places of every floating-point value that running the plan could meet.
  ///
  /// Float buffers, and numbers that kernels hold; empty for a plan of integers only.
  /// Kernels are looked through by reflection, constants included; what a closure captures is not
  /// seen, so that a kernel of bit movements shows through its buffers only.
  public var floatingPointContents: [String] {
    var found: [String] = []
    for (index, planned) in tensors.enumerated() {
      guard let storage = planned?.storage, storage == .float32 || storage == .float64 else {
        continue
      }
      found.append("tensor '\(graph.tensors[index].name)'")
    }
    for (node, planned) in zip(graph.nodes, nodes) {
      Self.search(planned.kernel, path: "node '\(node.name)'", depth: 0, into: &found)
    }
    return found
  }

  private static let floatingPointTypes: [Any.Type] = [
    Float.self, Double.self, Float16.self, [Float].self, [Double].self, [Float16].self,
  ]

  private static func search(_ value: Any, path: String, depth: Int, into found: inout [String]) {
    // Types are compared, not cast: an empty array of anything casts to an array of floats.
    let type = type(of: value)
    if floatingPointTypes.contains(where: { $0 == type }) {
      found.append(path)
      return
    }
    switch value {
    case let codes as Codes:
      switch codes {
      case .float32, .float64: found.append(path)
      default: break
      }
    case is String, is [Int], is [Int64], is [Int32], is Int, is Int64: break
    default:
      guard depth < 16 else {
        found.append(path + " (too deep to see)")
        return
      }
      for child in Mirror(reflecting: value).children {
        search(
          child.value, path: path + "." + (child.label ?? "element"), depth: depth + 1,
          into: &found)
      }
    }
  }
}
