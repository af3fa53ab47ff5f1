import Arith
public import Documents

extension Allocation {
  /// The document that ``init(_:)`` reads; nodes and tensors in their order.
  public var document: JSON {
    var members: [JSON.Member] = [
      .init(key: "schema", value: .string(Self.schema)),
      .init(key: "model", value: ["sha256": .optional(modelSum)]),
      .init(
        key: "layers",
        value: .object(
          nodeNames.map { .init(key: $0, value: self[node: $0]?.document ?? .object([])) })),
    ]
    if !tensorNames.isEmpty {
      members.append(
        .init(
          key: "tensors",
          value: .object(
            tensorNames.map { .init(key: $0, value: .optional(self[tensor: $0]?.name)) })))
    }
    return .object(members)
  }
}

extension NodeAllocation {
  /// The object of a node in an allocation's document; what the model keeps is left out.
  public var document: JSON {
    var members: [JSON.Member] = []
    for role in roles {
      let format = JSON.optional(self[role]?.name)
      guard let granularity = granularity(of: role) else {
        members.append(.init(key: role.rawValue, value: format))
        continue
      }
      members.append(
        .init(
          key: role.rawValue,
          value: ["format": format, "granularity": .string(granularity.name)]))
    }
    if weights != nil, grouping != .filters {
      members.append(.init(key: "grouping", value: .string(grouping.name)))
    }
    if let inputRange, activations != nil {
      members.append(
        .init(
          key: "input_range",
          value: .array([inputRange.minimum, inputRange.maximum].map { .amount(Double($0)) })))
    }
    if let weightScale, weights != nil {
      members.append(.init(key: "weight_scale", value: .string(weightScale.name)))
    }
    if !choices.isEmpty {
      members.append(
        .init(
          key: "choices",
          value: .object(
            choices.keys.sorted().map { name in
              switch choices[name] {
              case .integer(let number)?: .init(key: name, value: .integer(number))
              case .text(let text)?: .init(key: name, value: .string(text))
              case nil: .init(key: name, value: .null)
              }
            })))
    }
    return .object(members)
  }
}

extension Granularity {
  /// `tensor`, `axis<1>` or `blocks<1,32>`; ``init(name:)`` reads it back.
  public var name: String {
    switch self {
    case .tensor: "tensor"
    case .axis(let axis): "axis<\(axis)>"
    case .blocks(let axis, let size): "blocks<\(axis),\(size)>"
    }
  }

  /// Nil for a text that ``name`` never is, negative axes and empty blocks.
  public init?(name: String) {
    if name == "tensor" {
      self = .tensor
      return
    }
    let (word, rest) = (name.prefix { $0 != "<" }, name.drop { $0 != "<" })
    guard rest.last == ">" else { return nil }
    let parts = rest.dropFirst().dropLast().split(separator: ",", omittingEmptySubsequences: false)
    let numbers = parts.compactMap { Int($0) }
    guard numbers.count == parts.count, let axis = numbers.first, axis >= 0 else { return nil }
    switch (word, numbers.count) {
    case ("axis", 1): self = .axis(axis)
    case ("blocks", 2) where numbers[1] > 0: self = .blocks(axis: axis, size: numbers[1])
    default: return nil
    }
  }
}
