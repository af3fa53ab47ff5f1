public import HWModel

/// The families of hardware that are known, and the devices that they describe.
public struct DeviceFamilies: Sendable {
  public let families: [any DeviceFamily]
  /// The descriptions of all of them.
  public let library: TargetLibrary

  /// - Precondition: ids of families differ.
  public init(_ families: [any DeviceFamily]) {
    precondition(
      Set(families.map(\.id)).count == families.count, "two families have one id")
    self.families = families
    library = TargetLibrary(families.map { .init(schema: $0.schema, files: $0.files) })
  }

  /// The families of this package: a new one is a line here.
  public static let shipped = DeviceFamilies([
    MCUFamily(), GPUFamily(), BitSerialFamily(), FPGAFamily(), FINNFamily(), LogicFamily(),
  ])

  /// The families that commands and searches ask.
  ///
  /// A program adds its own for as long as a body runs:
  /// `DeviceFamilies.$current.withValue(.shipped.adding(MyFamily())) { ... }`.
  @TaskLocal public static var current = DeviceFamilies.shipped

  /// These families and another.
  public func adding(_ family: any DeviceFamily) -> DeviceFamilies {
    DeviceFamilies(families + [family])
  }

  /// The family with an id, or nil.
  public func family(_ id: String) -> (any DeviceFamily)? { families.first { $0.id == id } }

  /// Every quantity of any family, each key once, in the order of the families.
  public var quantities: [CostQuantity] {
    var keys: Set<String> = []
    return families.flatMap(\.quantities).filter { keys.insert($0.key).inserted }
  }

  /// Whether a key is that of a quantity of which devices have so much and no more.
  public func isResource(_ key: String) -> Bool {
    families.contains { $0.quantities.contains { $0.key == key && $0.isResource } }
  }

  /// The device that a description describes.
  ///
  /// - Throws: ``DeviceProblems`` if the description states too little, or an option cannot be.
  /// - Precondition: one of the families read the description.
  public func device(
    _ description: TargetDescription, options: DeviceOptions = DeviceOptions()
  ) throws(DeviceProblems) -> any Device {
    guard let family = family(description.family) else {
      preconditionFailure("no family '\(description.family)' that read '\(description.id)'")
    }
    return try family.device(description, options: options)
  }
}
