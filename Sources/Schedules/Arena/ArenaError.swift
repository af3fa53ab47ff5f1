/// Why memory cannot be planned.
public enum ArenaError: Error, Hashable, Sendable {
  /// A size that does not fit in `Int`; `object` is the tensor, node or total it belongs to.
  case sizeOverflow(object: String)
  /// A buffer of fewer than 0 bytes, or an alignment that is not positive.
  case invalidRequest(reason: String)
}

/// Arithmetic on sizes read from models: an overflow is an error, not a trap.
func product(_ factors: Int..., of object: @autoclosure () -> String) throws(ArenaError) -> Int {
  var result = 1
  for factor in factors {
    let (next, overflow) = result.multipliedReportingOverflow(by: factor)
    guard !overflow else { throw .sizeOverflow(object: object()) }
    result = next
  }
  return result
}

func sum(_ first: Int, _ second: Int, of object: @autoclosure () -> String) throws(ArenaError)
  -> Int
{
  let (result, overflow) = first.addingReportingOverflow(second)
  guard !overflow else { throw .sizeOverflow(object: object()) }
  return result
}

/// `size` rounded up to a multiple of `alignment`, which is positive.
func aligned(_ size: Int, to alignment: Int, of object: @autoclosure () -> String)
  throws(ArenaError) -> Int
{
  let padded = try sum(size, alignment - 1, of: object())
  return padded / alignment * alignment
}
