extension GateNetwork {
  /// The network with gates of one function made once, and signals of it for `signals`.
  ///
  /// Functions are compared by 4,096 random patterns of all sources. What depends on a signal that is
  /// nearly constant over them stays apart, so that functions that rarely differ do not count as equal.
  func mergingEqualGates(_ signals: [Signal]) -> (network: GateNetwork, signals: [Signal]) {
    let words = 64
    var patterns = [UInt64](repeating: 0, count: count * words)
    var state: UInt64 = 0x9E37_79B9_7F4A_7C15
    var merged = GateNetwork()
    var place = [Signal](repeating: .zero, count: count)
    var known: [[UInt64]: Signal] = [:]
    var isRare = [Bool](repeating: false, count: count)
    for node in 1..<count {
      merged.part = parts[node]
      if isGate[node] {
        let (a, b) = inputs[node]
        let (invertA, invertB): (UInt64, UInt64) = (
          a.isInverted ? .max : 0, b.isInverted ? .max : 0
        )
        for word in 0..<words {
          patterns[node * words + word] =
            (patterns[a.node * words + word] ^ invertA)
            & (patterns[b.node * words + word] ^ invertB)
        }
        var pattern = Array(patterns[(node * words)..<(node * words + words)])
        let isFlipped = pattern[0] & 1 == 1
        if isFlipped { pattern = pattern.map { ~$0 } }
        let ones = pattern.reduce(0) { $0 + $1.nonzeroBitCount }
        isRare[node] = isRare[a.node] || isRare[b.node] || ones < 24
        if !isRare[node], let same = known[pattern] {
          place[node] = isFlipped ? !same : same
        } else {
          let first = a.isInverted ? !place[a.node] : place[a.node]
          let second = b.isInverted ? !place[b.node] : place[b.node]
          place[node] = merged.and(first, second)
          if !isRare[node] { known[pattern] = isFlipped ? !place[node] : place[node] }
        }
      } else {
        for word in 0..<words {
          // SplitMix64 (Steele, Lea, Flood, OOPSLA 2014).
          state &+= 0x9E37_79B9_7F4A_7C15
          var z = state
          z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
          z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
          patterns[node * words + word] = z ^ (z >> 31)
        }
        place[node] = merged.source()
      }
    }
    return (merged, signals.map { $0.isInverted ? !place[$0.node] : place[$0.node] })
  }
}
