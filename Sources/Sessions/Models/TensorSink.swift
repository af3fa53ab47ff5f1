package import Importers
package import QuantGraph

/// Where tensors of a run are stored.
package enum TensorStore {
  /// One array of several.
  case archive(NPZWriter)
  /// The only array of a file.
  case array(path: String)
  case text(path: String, ElementText.Form)

  /// The store that a path's suffix asks for; nil for an archive.
  ///
  /// - Parameters:
  ///   - path: as typed; without a suffix it is an archive.
  ///   - tensors: how many are stored.
  ///   - storesValues: whether they are values instead of codes.
  /// - Returns: nil for an archive.
  /// - Throws: a ``Failure`` for a suffix that is none, or several tensors in a file of one.
  package static func named(
    _ path: String, tensors: Int, storesValues: Bool
  ) throws(Failure) -> TensorStore? {
    let name = path.split(separator: "/").last.map(String.init) ?? path
    guard let dot = name.lastIndex(of: "."), dot != name.startIndex else { return nil }
    let suffix = name[name.index(after: dot)...].lowercased()
    let store: TensorStore
    switch suffix {
    case "npz": return nil
    case "npy": store = .array(path: path)
    default:
      guard let form = ElementText.Form(rawValue: suffix) else {
        throw Failure(
          "run.suffix", "arrays are not written as .\(suffix)", at: path,
          remedy: "name a file that ends in .npz, .npy, .csv, .hex, .mem or .coe.")
      }
      guard form == .csv || !storesValues else {
        throw Failure(
          "run.suffix", ".\(suffix) holds codes, not values", at: path,
          remedy: "leave --values out, or write .csv, .npy or .npz.")
      }
      store = .text(path: path, form)
    }
    guard tensors == 1 else {
      throw Failure(
        "run.suffix", ".\(suffix) holds one array; the model has \(tensors) outputs", at: path,
        remedy: "name a file that ends in .npz, or --golden DIR for a file a tensor.")
    }
    return store
  }
}

/// The place of one tensor's elements.
enum TensorSink {
  case member(NPZWriter.Member, NPZWriter)
  case array(NPYWriter)
  case text(ElementText)

  func append(_ values: [Double]) throws(ImportError) {
    guard case .text(let text) = self else { return try store(values) }
    try text.append(
      count: values.count, pattern: { values[$0].bitPattern }, decimal: { "\(values[$0])" })
  }

  func append(_ values: [Float]) throws(ImportError) {
    guard case .text(let text) = self else { return try store(values) }
    try text.append(
      count: values.count, pattern: { UInt64(values[$0].bitPattern) },
      decimal: { "\(values[$0])" })
  }

  func append(_ values: [Float16]) throws(ImportError) {
    guard case .text(let text) = self else { return try store(values) }
    try text.append(
      count: values.count, pattern: { UInt64(values[$0].bitPattern) },
      decimal: { "\(values[$0])" })
  }

  /// Integers, as unsigned ones where a format of 64 bits has no sign.
  func append(codes: [Int64], isUnsigned: Bool) throws(ImportError) {
    switch self {
    case .text(let text):
      try text.append(
        count: codes.count, pattern: { UInt64(bitPattern: codes[$0]) },
        decimal: { isUnsigned ? "\(UInt64(bitPattern: codes[$0]))" : "\(codes[$0])" })
    case .member(let member, let writer):
      if isUnsigned {
        let patterns = codes.map { UInt64(bitPattern: $0) }
        try writer.append(codes: patterns.span, to: member)
      } else {
        try writer.append(codes: codes.span, to: member)
      }
    case .array(let writer):
      if isUnsigned {
        let patterns = codes.map { UInt64(bitPattern: $0) }
        try writer.append(codes: patterns.span)
      } else {
        try writer.append(codes: codes.span)
      }
    }
  }

  var isText: Bool { if case .text = self { true } else { false } }

  /// Elements of the array's own type.
  func store<Element: ArrayElement>(_ values: [Element]) throws(ImportError) {
    switch self {
    case .member(let member, let writer): try writer.append(values.span, to: member)
    case .array(let writer): try writer.append(values.span)
    case .text: preconditionFailure("text has words, not bytes")
    }
  }

  /// Completes a file of its own; an archive is completed by its owner.
  func finish() throws(ImportError) {
    switch self {
    case .member: break
    case .array(let writer): try writer.finish()
    case .text(let text): try text.finish()
    }
  }
}
