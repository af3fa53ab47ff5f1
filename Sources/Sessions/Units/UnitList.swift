import Documents
import HWModel
package import QuantGraph

/// Arithmetic units by their names.
package struct UnitList: Sendable {
  package struct Unit: Sendable {
    let name: String
    let family: UnitFamily
    let json: JSON
  }

  package let units: [Unit]
  private static let limit = 10_000

  /// The units of a file: a list, or an object with `units`.
  ///
  /// - Throws: a ``Failure`` for what is no list of units, with the unit's place.
  package init(file path: String) throws(Failure) {
    let document = try JSON(file: path, code: "unit.list")
    guard let list = document.elements ?? document["units"]?.elements, !list.isEmpty,
      list.count <= Self.limit
    else {
      throw Failure(
        "unit.list", "the file holds no list of 1 to \(Self.limit) units", at: path,
        remedy: "write [{\"name\": \"m\", \"family\": \"mul\", \"params\": {...}}].")
    }
    var names: Set<String> = []
    var units: [Unit] = []
    for (index, json) in list.enumerated() {
      let place = "\(path): unit \(index + 1)"
      guard let name = json["name"]?.text, Self.isModuleName(name) else {
        throw Failure(
          "unit.list", "'\(json["name"]?.text ?? "")' is no name of a module", at: place,
          remedy: "use letters, digits and _, no digit first.")
      }
      guard names.insert(name).inserted else {
        throw Failure(
          "unit.list", "'\(name)' names two units", at: place, remedy: "give each a name.")
      }
      units.append(try Self.unit(name, json, place: "\(place), '\(name)'"))
    }
    self.units = units
  }

  /// One unit, such as `mul` with `w=8,a=8,signed=true`; its name is made of both.
  package init(family: String, parameters: String) throws(Failure) {
    var members: [JSON.Member] = []
    for part in parameters.split(separator: ",") {
      let sides = part.split(separator: "=", maxSplits: 1).map(String.init)
      guard sides.count == 2, let value = Self.value(sides[1]),
        !members.contains(where: { $0.key == sides[0] })
      else {
        throw Failure(
          "usage.arguments", "'\(part)' is no parameter", at: "--parameters",
          remedy: "write NAME=VALUE, separated by commas, each name once.")
      }
      members.append(.init(key: sides[0], value: value))
    }
    if let known = UnitFamily.known.first(where: { $0.name == family })?.parameters,
      let alien = members.first(where: { !known.contains($0.key) })
    {
      throw .unknown(
        "parameter", alien.key, code: "unit.parameters", among: known,
        listedBy: "hwsim explain unit.parameters")
    }
    let name =
      family
      + members.map { member in
        let value = member.value.compact.replacing("-", with: "m")
        return "_\(member.key)\(member.value.flag == nil ? value : value == "true" ? "1" : "0")"
      }.joined()
    let json: JSON = [
      "name": .string(name), "family": .string(family), "params": .object(members),
    ]
    units = [try Self.unit(name, json, place: "--parameters")]
  }

  private static func value(_ text: String) -> JSON? {
    if text == "true" || text == "false" { return .bool(text == "true") }
    return Int(text).map(JSON.integer)
  }

  private static func isModuleName(_ name: String) -> Bool {
    guard let first = name.utf8.first, name.utf8.count <= 200 else { return false }
    let letters = { (byte: UInt8) in
      (65...90).contains(byte) || (97...122).contains(byte) || byte == 95
    }
    return letters(first)
      && name.utf8.allSatisfy { letters($0) || (48...57).contains($0) }
  }

  private static func unit(
    _ name: String, _ json: JSON, place: String
  ) throws(Failure) -> Unit {
    do throws(Diagnostic) {
      let family = try UnitFamily(
        family: json["family"]?.text ?? "", parameters: json["params"] ?? .null)
      return Unit(name: name, family: family, json: json)
    } catch {
      throw Failure(
        error.code, error.message, at: place, remedy: error.remedy ?? "correct the unit.")
    }
  }
}
