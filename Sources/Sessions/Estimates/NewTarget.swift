package import Documents
import HWModel
package import QuantGraph
import Schedules

/// A description of a device that resembles a known one.
///
/// What the user says stands in it with that as its source; the rest is the other device's, named in
/// its notes. What was measured on the other device (errors, rows) is not taken.
package struct NewTarget: Sendable {
  private let id: String
  private let other: TargetDescription
  private let stated: [(key: TargetKey, value: JSON)]

  /// - Parameters:
  ///   - name: what the device is called; the stack of the other one is added to it.
  ///   - other: the device that it resembles.
  ///   - settings: constants as `key=value`, amounts with their units.
  /// - Throws: a ``Failure`` for a name that there is, and every setting that is none.
  package init(_ name: String, like other: TargetChoice, settings: [String]) throws(Failure) {
    let library = DeviceFamilies.current.library
    let plain = name.lowercased()
    guard !plain.isEmpty, plain.allSatisfy({ $0.isLetter || $0.isNumber || "-._+".contains($0) })
    else {
      throw Failure(
        "target.id", "'\(name)' is no id", at: "--new",
        remedy: "use letters, digits, - and ., such as stm32f429.")
    }
    self.other = other.description
    guard other.path == nil else {
      throw Failure(
        "target.base", "\(other.path ?? "") is no device that a description can extend",
        at: "--like", remedy: "name a device of hwsim targets, or copy the file.")
    }
    let stack = other.description.id.split(separator: "+", maxSplits: 1).dropFirst().joined()
    id = plain.contains("+") || stack.isEmpty ? plain : "\(plain)+\(stack)"
    guard !library.names.contains(id), !library.names.contains(plain) else {
      throw Failure(
        "target.id", "there is a device '\(plain)' already", at: "--new",
        remedy: "hwsim targets \(plain) shows it; give the new one another name.")
    }
    let schema = other.family?.schema
    var stated: [(key: TargetKey, value: JSON)] = []
    var problems: [Diagnostic] = []
    for text in settings {
      let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
      guard parts.count == 2, let key = schema?.keys.first(where: { $0.name == parts[0] }) else {
        problems.append(
          Diagnostic(
            code: "target.unknown-key",
            message: "'\(text)' sets no constant of family \(self.other.family)",
            remedy: Suggestion.sentence(
              for: parts.first ?? text, among: schema?.keys.map(\.name) ?? [])
              ?? "hwsim targets --template \(self.other.family) lists them."))
        continue
      }
      guard let value = Self.value(parts[1], of: key) else {
        problems.append(
          Diagnostic(
            code: "target.value",
            message: "\(key.name) is \(key.kind.words), found '\(parts[1])'",
            remedy: key.unit.isEmpty
              ? "\(key.meaning)."
              : "\(key.meaning), with its unit: \(UnitAmount.suffixes(of: key.unit))."
          ))
        continue
      }
      stated.append((key, value))
    }
    guard problems.isEmpty else { throw Failure(problems) }
    self.stated = stated
  }

  private static func value(_ text: String, of key: TargetKey) -> JSON? {
    switch key.kind {
    case .text(let words): return words.isEmpty || words.contains(text) ? .string(text) : nil
    case .flag: return text == "true" ? true : text == "false" ? false : nil
    case .integer(let range):
      guard let value = UnitAmount.value(text, unit: key.unit).flatMap({ Int(exactly: $0) }),
        range.contains(value)
      else { return nil }
      return .integer(value)
    case .number(let range):
      guard let value = UnitAmount.value(text, unit: key.unit), range.contains(value) else {
        return nil
      }
      return .amount(value)
    case .list, .table: return nil
    }
  }

  /// Constants of the other device that the new one takes.
  private var taken: [String] {
    let own = Set(stated.map(\.key.name))
    return other.keys.filter { $0.isInherited && !own.contains($0.name) }.map(\.name)
  }

  package var document: JSON {
    let head: [JSON.Member] = [
      .init(key: "schema", value: .string(TargetDescription.format)),
      .init(key: "id", value: .string(id)),
      .init(key: "family", value: .string(other.family)),
      .init(key: "name", value: .string("\(id), like \(other.name)")),
      .init(key: "base", value: .string(other.id)), .init(key: "aliases", value: []),
      .init(
        key: "notes",
        value: .strings([
          "Taken from \(other.id) and unknown of this device: \(taken.joined(separator: ", ")). "
            + "State what you know with its source; nothing was measured, so errors are unknown."
        ])),
    ]
    return .object(
      head
        + stated.map {
          .init(
            key: $0.key.name,
            value: ["value": $0.value, "source": "given when this file was made; add its source"])
        })
  }
}
