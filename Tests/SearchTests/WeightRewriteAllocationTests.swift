import Arith
import Documents
import FoundationEssentials
import HWModel
import Importers
import QuantGraph
import Schedules
import Search
import TestSupport
import Testing

/// Weights of a layer, `outputs * channels * area`, in a graph of int8 codes.
private struct LayerFixture {
  let graph: Graph

  init(
    _ weights: [Int], channels: Int, area: Int, layout: Convolution.WeightLayout,
    zeroPoint: Int64 = 0
  ) throws {
    let outputs = weights.count / (channels * area)
    let side = Int(Double(area).squareRoot())
    let order = (0..<weights.count).map { place -> Int in
      func split(_ inner: Int, _ middle: Int) -> (Int, Int, Int) {
        (place / (inner * middle), place / inner % middle, place % inner)
      }
      switch layout {
      case .filtersChannelsKernel, .channelsFiltersKernel: return place
      case .filtersKernelChannels:
        let (output, position, channel) = split(channels, area)
        return (output * channels + channel) * area + position
      case .kernelChannelsFilters:
        let (position, channel, output) = split(outputs, channels)
        return (output * channels + channel) * area + position
      }
    }
    let data = Encoding.affine(try AffineFormat(width: 8, isSigned: true, scales: [0.5]))
    let isFirst = layout == .filtersChannelsKernel
    let shape =
      switch layout {
      case .filtersChannelsKernel, .channelsFiltersKernel: [outputs, channels, side, side]
      case .filtersKernelChannels: [outputs, side, side, channels]
      case .kernelChannelsFilters: [side, side, channels, outputs]
      }
    graph = try Graph(
      name: "net",
      tensors: [
        Tensor(
          name: "x",
          shape: try Shape(isFirst ? [1, channels, side, side] : [1, side, side, channels]),
          encoding: data),
        Tensor(
          name: "w", shape: try Shape(shape),
          encoding: .affine(
            try AffineFormat(
              width: 8, isSigned: true, scales: [0.25], zeroPoints: [zeroPoint])),
          constant: .int8(order.map { Int8(weights[$0]) })),
        Tensor(
          name: "y", shape: try Shape(isFirst ? [1, outputs, 1, 1] : [1, 1, 1, outputs]),
          encoding: data),
      ],
      nodes: [
        Node(
          name: "layer",
          operation: .convolution(
            Convolution(
              kernel: [side, side], strides: [1, 1], dilations: [1, 1], paddingBefore: [0, 0],
              paddingAfter: [0, 0], layout: isFirst ? .channelsFirst : .channelsLast,
              grouping: .groups(1), weightLayout: layout)),
          inputs: [TensorID(0), TensorID(1)], outputs: [TensorID(2)])
      ], inputs: [TensorID(0)], outputs: [TensorID(2)])
    places = order
  }

  private let places: [Int]

  /// The weights under an allocation, `outputs * channels * area`.
  func weights(_ allocation: Allocation) throws -> [Int] {
    let applied = try graph.applying(allocation, by: AffineRequantization(graph))
    let codes = try #require(applied.tensors[1].constant?.int64)
    var weights = [Int](repeating: 0, count: codes.count)
    for (place, code) in zip(places, codes) { weights[place] = Int(code) }
    return weights
  }
}

/// An allocation as a file says it.
private func allocation(rewrite: String, weights: String? = nil) throws -> Allocation {
  let format = weights.map { "\"weights\": \"\($0)\", " } ?? ""
  let text =
    #"{"schema": "hwsim.allocation/1", "layers": {"layer": {"# + format
    + #""choices": {"weight_rewrite": ""# + rewrite + #""}}}}"#
  return try Allocation(JSON(parsing: Array(text.utf8)))
}

@Suite("Rewrites of weights in allocations")
struct WeightRewriteAllocationTests {
  /// The rewrite that an array of the authors' software is named after.
  static func rewrite(_ name: String) throws -> String {
    let columns = try #require(name.last?.wholeNumberValue)
    if name.hasPrefix("bitflip/") { return "bit-flip<\(columns),32>" }
    return name.hasPrefix("bbs/roundAvg")
      ? "rounded-average<\(columns),32>" : "zero-point-shift<\(columns),32,5>"
  }

  @Test("weights are those of the published software, in every layout")
  func published() throws {
    let path =
      SharedData.packageRoot + "/Tests/SchedulesTests/Fixtures/accelerators/weights.json"
    let document = try JSON(parsing: [UInt8](Data(contentsOf: URL(filePath: path))))
    func integers(_ value: JSON?) throws -> [Int] {
      try #require(value?.elements).map { element in
        guard case .integer(let integer) = element else { return Int.max }
        return integer
      }
    }
    for member in try #require(document["rewrites"]?.members) {
      let source = member.key.split(separator: "/").suffix(3).dropLast().joined(separator: "/")
      let original = try integers(document["weights"]?[source])
      let channels = try #require(
        ["cnn_a/conv2": 16, "cnn_a/conv3": 40, "cnn_a/fc1": 64][source])
      let area = source == "cnn_a/conv2" ? 9 : 1
      for layout in [
        Convolution.WeightLayout.filtersChannelsKernel, .filtersKernelChannels,
        .kernelChannelsFilters,
      ] {
        let layer = try LayerFixture(original, channels: channels, area: area, layout: layout)
        let rewritten = try layer.weights(allocation(rewrite: Self.rewrite(member.key)))
        #expect(rewritten == (try integers(member.value)), "\(member.key), \(layout)")
      }
    }
  }

  @Test(
    "all vectors of the shared data",
    .enabled(if: SharedData.root != nil, "no ../shared"))
  func shared() throws {
    let path = try #require(SharedData.path("conformance/accel/bitserial_shared.npz"))
    let arrays = try NPZ.read(path)
    var compared = 0
    for name in arrays.names where name.hasPrefix("bitflip/") || name.hasPrefix("bbs/") {
      let source = name.split(separator: "/").suffix(3).dropLast().joined(separator: "/")
      let array = try #require(arrays[source])
      let original = try #require(array.integers()).map { Int($0) }
      let layer = try LayerFixture(
        original, channels: array.shape[1], area: array.shape.dropFirst(2).reduce(1, *),
        layout: .filtersKernelChannels)
      let expected = try #require(arrays[name]?.doubles()).map { Int($0) }
      #expect(try layer.weights(allocation(rewrite: Self.rewrite(name))) == expected, "\(name)")
      compared += 1
    }
    #expect(compared == 40)
  }

  @Test("what cannot be rewritten is refused with the layer and the reason")
  func refusals() throws {
    let layer = try LayerFixture(
      Array(-64..<64), channels: 32, area: 1, layout: .filtersKernelChannels)
    func message(_ layer: LayerFixture, _ allocation: Allocation) throws -> String {
      let refusal = #expect(throws: AllocationRefusal.self) { try layer.weights(allocation) }
      return refusal?.problems.map(\.message).joined() ?? ""
    }
    let columns = try message(layer, allocation(rewrite: "bit-flip<8>"))
    #expect(columns.contains("'layer'") && columns.contains("8 columns"))
    // Of 4 bits, 5 columns are too many.
    #expect(
      try message(layer, allocation(rewrite: "bit-flip<5>", weights: "int<4>")).contains("4 bits"))
    let shifted = try LayerFixture(
      Array(-64..<64), channels: 32, area: 1, layout: .filtersKernelChannels, zeroPoint: 3)
    #expect(
      try message(shifted, allocation(rewrite: "bit-flip<3>")).contains("around zero"))
    for word in ["bit-flop<3>", "bit-flip<3"] {
      let refusal = #expect(throws: AllocationRefusal.self) { try allocation(rewrite: word) }
      #expect(refusal?.problems.first?.location == "layers.layer.choices.weight_rewrite")
    }
  }

  @Test("allocations with rewrites read back as they were written")
  func documents() throws {
    let read = try allocation(rewrite: "bit-flip<3>", weights: "int<6>")
    #expect(read[node: "layer"]?.weightRewrite == .bitFlip(columns: 3, group: 32))
    #expect(try Allocation(read.document) == read)
    #expect(read[node: "layer"]?.name == "int<6>/- bit-flip<3,32>")
  }

  @Test("candidates with rewrites read back by their names")
  func candidates() throws {
    for name in ["w8a8+bit-flip<3,32>", "model+rounded-average<2,32>", "w4g32a8+bit-flip<1,16>"] {
      let candidate = try SpaceCandidate(name)
      #expect(candidate.name == name)
      #expect(candidate.formats.weightRewrite != nil)
      #expect(candidate.integerBits == nil)
    }
    #expect(try SpaceCandidate("w8a8+bit-flip<3>").name == "w8a8+bit-flip<3,32>")
    for text in ["w8a8+", "w8a8+bit-flip", "+bit-flip<3>", "w8+bit-flip<3>+bit-flip<2>", "w8+w4"] {
      #expect(throws: SpaceError.self, "\(text)") { try SpaceCandidate(text) }
    }
  }

  @Test("integers of a float layer are rewritten along its channels")
  func floats() throws {
    let graph = try ONNXModel(
      path: SharedData.packageRoot + "/examples/digits/network.onnx"
    ).graph().graph
    let network = try FloatNetwork(graph)
    let layer = try #require(network.layers.firstIndex { $0.name == "conv4" })
    let parameters = network.parameters(layer)
    let int8 = try Encoding(name: "int<8>")
    let plain = try #require(try parameters.quantized(LayerFormats(weights: int8), .maxAbs)?.codes)
    let made = try #require(
      try parameters.quantized(
        LayerFormats(weights: int8, rewrite: .bitFlip(columns: 4, group: 32)), .maxAbs)?.codes)
    // ONNX keeps filters, channels, positions: the rule's own reordering is the oracle.
    let extents = graph[try #require(graph.tensor(named: weightName(of: "conv4", in: graph)))].shape
    let expected = try BitFlip(columns: 4, group: min(32, extents[1])).alongChannels(
      plain.map { Int($0) }, channels: extents[1], area: extents[2] * extents[3])
    #expect(made.map { Int($0) } == expected)
    #expect(made != plain)
    for formats in [
      LayerFormats(weights: try Encoding(name: "e4m3"), rewrite: .bitFlip(columns: 1, group: 32)),
      LayerFormats(rewrite: .bitFlip(columns: 1, group: 32)),
    ] {
      #expect(throws: FormatRefusal.self) { try parameters.quantized(formats, .maxAbs) }
    }
  }

  private func weightName(of node: String, in graph: Graph) throws -> String {
    let node = try #require(graph.nodes.first { $0.name == node })
    return graph[node.inputs[1]].name
  }
}
