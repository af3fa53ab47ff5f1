/// A pattern of layer names: `*` stands for any text, `?` for one character.
public struct NamePattern: Sendable, Hashable {
  public let text: String

  public init(_ text: String) { self.text = text }

  /// Whether the whole of `name` fits; O(name * pattern) in the worst case.
  public func matches(_ name: String) -> Bool {
    let (pattern, name) = (Array(text), Array(name))
    var (p, n) = (0, 0)
    var retry: (pattern: Int, name: Int)?
    while n < name.count {
      if p < pattern.count, pattern[p] == "*" {
        retry = (p + 1, n)
        p += 1
      } else if p < pattern.count, pattern[p] == "?" || pattern[p] == name[n] {
        p += 1
        n += 1
      } else if let last = retry {
        // The last star takes one character more.
        retry = (last.pattern, last.name + 1)
        p = last.pattern
        n = last.name + 1
      } else {
        return false
      }
    }
    return pattern[p...].allSatisfy { $0 == "*" }
  }
}
