import Glibc

/// An environment variable, or nil if it is not set.
package func environment(_ name: String) -> String? {
  guard let value = getenv(name) else { return nil }
  return String(cString: value)
}
