import Documents

/// Names of layers as drawings and tables show them.
///
/// Converters join the names of everything that was fused into a layer (TensorFlow Lite with `;`), so
/// that names are long and begin alike. Such names are shown by their number and last part.
package struct LayerLabels: Sendable {
  /// One a layer, all different.
  package let shown: [String]
  private let full: [String]
  /// Whether the names are other than those of the model.
  package let areShortened: Bool

  /// Names up to this many characters are shown as they are.
  private static let limit = 32

  package init(_ names: [String]) {
    full = names
    areShortened =
      names.contains { $0.count > Self.limit || $0.contains(";") } || Set(names).count < names.count
    guard areShortened else {
      shown = names
      return
    }
    let last = names.map { $0.split(separator: ";").last.map(String.init) ?? $0 }
    let parts = last.map { $0.split(separator: "/", omittingEmptySubsequences: false) }
    // Folders that all names begin with say nothing; the last part of a name always stays.
    var common = 0
    if names.count > 1, let first = parts.first {
      while parts.allSatisfy({ $0.count > common + 1 && $0[common] == first[common] }) {
        common += 1
      }
    }
    shown = parts.enumerated().map { index, parts in
      "\(index + 1) \(parts.dropFirst(common).joined(separator: "/"))"
    }
  }

  /// The full names by number, for the end of a figure that shows short ones; none if it shows full
  /// ones.
  var tables: [CaptionedTable] {
    guard areShortened else { return [] }
    var table = Table([.number("#", named: "number"), .text("name in the model")])
    for (index, name) in full.enumerated() { table.append([.count(index + 1), .init(name)]) }
    return [CaptionedTable(caption: "Full names of the layers", table: table, isFolded: true)]
  }
}
