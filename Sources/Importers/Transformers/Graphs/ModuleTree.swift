/// The modules of one pass by their names, without those that stand in the graph by now.
struct ModuleTree {
  /// What the names in an outermost repetition begin with, such as `model.layers.0.`, in the order
  /// of their numbers.
  private(set) var layers: [String] = []
  private var kinds: [String: [ShapeModule.Kind]] = [:]
  /// Names by what they begin with up to the last number of a repetition, in the order of the
  /// description.
  private var names: [String: [String]] = [:]
  private var scopes: Set<String> = []
  /// Every name, in the order of the description.
  private var order: [String] = []

  /// More modules than any model has; each becomes a few nodes.
  static let limit = 50_000

  /// - Returns: nil if there are more than ``limit``.
  init?(_ modules: [ShapeModule]) {
    var total = 0
    for module in modules {
      var count = 1
      for range in module.layers {
        let product = count.multipliedReportingOverflow(by: range.count)
        guard !product.overflow, product.partialValue <= Self.limit else { return nil }
        count = product.partialValue
      }
      total += count
      guard total <= Self.limit else { return nil }
      add(module)
    }
    let outermost = scopes.compactMap { scope -> (number: Int, scope: String)? in
      let numbers = scope.split(separator: ".").compactMap { Int($0) }
      return numbers.count == 1 ? (numbers[0], scope) : nil
    }
    layers = outermost.sorted { ($0.number, $0.scope) < ($1.number, $1.scope) }.map(\.scope)
  }

  private mutating func add(_ module: ShapeModule) {
    let end = module.scope.lastIndex(of: "*")
    let repeated = end.map { String(module.scope[...$0]) + "." } ?? ""
    let rest = module.scope.dropFirst(repeated.count) + module.name
    for numbers in Self.combinations(module.layers) {
      let scope = TransformerTensor.names(of: repeated, numbers: numbers, count: 1)[0]
      let name =
        scope + TransformerTensor.names(of: String(rest), numbers: module.numbers, count: 1)[0]
      insert(scope)
      if kinds[name] == nil {
        names[scope, default: []].append(name)
        order.append(name)
      }
      kinds[name, default: []].append(module.kind)
    }
  }

  /// A scope and those that it lies in.
  private mutating func insert(_ scope: String) {
    guard scopes.insert(scope).inserted else { return }
    var parts = scope.split(separator: ".")
    while let last = parts.popLast() {
      guard last.allSatisfy(\.isNumber), !parts.isEmpty else { continue }
      scopes.insert((parts + [last]).joined(separator: ".") + ".")
    }
  }

  /// One number of each range, the last changing fastest.
  private static func combinations(_ ranges: [[Int]]) -> [[Int]] {
    ranges.reduce([[]]) { known, range in
      known.flatMap { numbers in range.map { numbers + [$0] } }
    }
  }

  /// Takes the module with a name that is of the wanted kind.
  mutating func take<Found>(_ name: String, _ kind: KeyPath<ShapeModule.Kind, Found?>) -> Found? {
    for (index, module) in (kinds[name] ?? []).enumerated() {
      guard let found = module[keyPath: kind] else { continue }
      kinds[name]?.remove(at: index)
      return found
    }
    return nil
  }

  /// Takes the first module of a kind directly in a scope, whatever its name.
  mutating func takeFirst<Found>(
    in scope: String, _ kind: KeyPath<ShapeModule.Kind, Found?>
  ) -> (name: String, value: Found)? {
    for name in names[scope] ?? [] {
      if let found = take(name, kind) { return (name, found) }
    }
    return nil
  }

  func first<Found>(
    _ name: String, _ kind: KeyPath<ShapeModule.Kind, Found?>
  ) -> Found? {
    for module in kinds[name] ?? [] {
      if let found = module[keyPath: kind] { return found }
    }
    return nil
  }

  func has(_ name: String) -> Bool { kinds[name]?.isEmpty == false }

  /// What is left directly in a scope, in the order of the description.
  func left(in scope: String) -> [String] { (names[scope] ?? []).filter(has) }

  /// What the names of repetitions begin with, from `name.0.` on.
  func repetitions(_ name: String) -> [String] {
    var found: [String] = []
    while scopes.contains("\(name).\(found.count).") { found.append("\(name).\(found.count).") }
    return found
  }

  /// The first module that is left; nil if there is none.
  var rest: String? { order.first(where: has) }
}
