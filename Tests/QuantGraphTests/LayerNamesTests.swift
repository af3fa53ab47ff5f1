import QuantGraph
import Testing

/// How people name layers.
@Suite("names of layers")
struct LayerNamesTests {
  static let names = LayerNames([
    "net/conv1/Relu;net/conv1/bias", "net/conv2/Relu", "net/dense/MatMul", "softmax", "12",
  ])

  @Test("short names leave out the common path and what was joined, and stay unique")
  func short() {
    #expect(Self.names.short == ["conv1/Relu", "conv2/Relu", "dense/MatMul", "softmax", "12"])
    let alike = LayerNames(["a/x;1", "a/x;2", "a/y"])
    #expect(alike.short == ["a/x;1", "a/x;2", "y"])
    #expect(LayerNames([]).short.isEmpty)
    #expect(LayerNames(["a/x", "a/y"], path: "").short == ["a/x", "a/y"])
  }

  @Test(
    "full and short names, numbers, patterns and beginnings",
    arguments: [
      ("net/conv2/Relu", [1]), ("conv1/Relu", [0]), ("3", [2]), ("12", [4]), ("5", [4]),
      ("conv*", [0, 1]), ("*Relu", [0, 1]), ("net/*", [0, 1, 2]), ("den", [2]), ("soft", [3]),
      ("conv?/Relu", [0, 1]),
    ])
  func found(text: String, layers: [Int]) {
    #expect(Self.names.meaning(of: text) == .layers(layers))
  }

  @Test("what means nothing, or several", arguments: ["", "6", "0", "-1", "Conv1", "x*", "relu"])
  func unknown(text: String) {
    #expect(Self.names.meaning(of: text) == .unknown)
    let failure = #expect(throws: Failure.self) {
      try Self.names.layers(text, listedBy: "hwsim inspect")
    }
    #expect(failure?.problems.first?.code == "usage.unknown-layer")
  }

  @Test("a beginning of several is refused with candidates, a pattern where one is meant")
  func ambiguous() {
    #expect(Self.names.meaning(of: "conv") == .ambiguous([0, 1]))
    for text in ["conv", "conv*"] {
      let failure = #expect(throws: Failure.self) {
        try Self.names.layer(text, listedBy: "hwsim inspect")
      }
      #expect(failure?.problems.first?.notes.first == "conv1/Relu, conv2/Relu")
    }
    #expect((try? Self.names.layers("conv*", listedBy: "")) == [0, 1])
  }

  @Test("numbers are those of the tables")
  func numbers() {
    let names = LayerNames(["a", "b"], numbers: [3, 7])
    #expect(names.meaning(of: "7") == .layers([1]))
    #expect(names.meaning(of: "1") == .unknown)
  }
}
