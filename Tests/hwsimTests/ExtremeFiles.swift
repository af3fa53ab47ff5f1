import TestSupport

/// A valid file of a kind that hwsim reads, with numbers at the ends of their ranges, and a command
/// that reads it.
struct ExtremeCase {
  let name: String
  var files: [(name: String, bytes: [UInt8])]
  let arguments: [String]
}

/// Makes cases from a seed: the same seed gives the same case.
struct ExtremeFiles {
  private var generator: SeededGenerator

  private init(seed: UInt64) { generator = SeededGenerator(seed: seed) }

  static func make(seed: UInt64) -> ExtremeCase {
    var files = ExtremeFiles(seed: seed)
    switch seed % 8 {
    case 0, 1, 2: return files.onnx(seed)
    case 3, 4: return files.tflite(seed)
    case 5: return files.project(seed)
    case 6: return files.array(seed)
    default:
      return Bool.random(using: &files.generator) ? files.allocation(seed) : files.target(seed)
    }
  }

  // MARK: Numbers

  private mutating func pick<Element>(_ list: [Element], or other: Element) -> Element {
    list.randomElement(using: &generator) ?? other
  }

  /// Small most of the time, else an extent at which something may break.
  private mutating func extent() -> Int64 {
    if Int.random(in: 0..<10, using: &generator) < 6 {
      return Int64.random(in: 1...4, using: &generator)
    }
    return pick(
      [
        0, 0, 7, 4095, 1 << 12, 1 << 16, 1 << 20, 1 << 24, 1 << 28, (1 << 28) + 1, 1 << 31,
        (1 << 31) - 1, 1 << 40, 1 << 62,
      ], or: 1)
  }

  /// Small most of the time, else an attribute at the end of its range.
  private mutating func attribute() -> Int64 {
    if Int.random(in: 0..<10, using: &generator) < 6 {
      return Int64.random(in: -1...3, using: &generator)
    }
    return pick(
      [
        0, 1, 16, 1 << 12, 1 << 20, 1 << 24, 1 << 31, -(1 << 31), .max, .min, .min + 1, 1 << 40,
        1 << 62, -(1 << 62),
      ], or: 1)
  }

  private mutating func attributes(_ count: Int) -> [Int64] { (0..<count).map { _ in attribute() } }

  private mutating func scale() -> Float {
    pick(
      [0.5, 0.25, 1, 0, -1, .nan, .infinity, .leastNonzeroMagnitude, .greatestFiniteMagnitude],
      or: 1)
  }

  private mutating func shape() -> [Int64] {
    (0..<Int.random(in: 1...4, using: &generator)).map { _ in extent() }
  }

  /// Elements of a shape, or nil beyond what a test writes.
  private static func count(_ shape: [Int64]) -> Int? {
    var product = 1
    for extent in shape {
      let (next, overflow) = product.multipliedReportingOverflow(by: Int(extent))
      guard !overflow, next <= 1 << 16 else { return shape.contains(0) ? 0 : nil }
      product = next
    }
    return product
  }

  /// An array file of zeros, or one whose header says more than follows.
  private static func npy(_ type: String, _ shape: [Int64], bytes: Int) -> [UInt8] {
    let extents = shape.map(String.init).joined(separator: ", ") + (shape.count == 1 ? "," : "")
    var header = "{'descr': '\(type)', 'fortran_order': False, 'shape': (\(extents)), }"
    while (header.utf8.count + 11) % 64 != 0 { header += " " }
    header += "\n"
    let length = header.utf8.count
    return [0x93] + Array("NUMPY".utf8)
      + [1, 0, UInt8(truncatingIfNeeded: length), UInt8(truncatingIfNeeded: length >> 8)]
      + Array(header.utf8) + [UInt8](repeating: 0, count: bytes)
  }

  private mutating func command(_ model: String, _ shape: [Int64], bytesEach: Int, _ type: String)
    -> (arguments: [String], files: [(name: String, bytes: [UInt8])])
  {
    guard let count = Self.count(shape) else {
      return (
        [["inspect", model, "--json"], ["inspect", model]].randomElement(using: &generator)
          ?? [], []
      )
    }
    let input = ("x.npy", Self.npy(type, shape, bytes: count * bytesEach))
    let run = ["run", model, "--inputs", "x.npy", "--output", "y.npz"]
    switch Int.random(in: 0..<6, using: &generator) {
    case 0: return (["inspect", model, "--json"], [])
    case 1: return (["inspect", model, "--ranges"], [])
    case 2: return (["estimate", model, "--target", "nucleo-l4r5zi"], [])
    case 3: return (run + ["--datapath", "dyadic"], [input])
    default: return (run, [input])
    }
  }

  // MARK: ONNX

  private mutating func onnx(_ seed: UInt64) -> ExtremeCase {
    let shape = shape()
    let rank = shape.count
    let type = pick([1, 1, 1, 7, 3, 6, 10, 11], or: 1)
    var bytes = 4
    var numpy = "<f4"
    switch type {
    case 7: (bytes, numpy) = (8, "<i8")
    case 3: (bytes, numpy) = (1, "|i1")
    case 6: (bytes, numpy) = (4, "<i4")
    case 10: (bytes, numpy) = (2, "<f2")
    case 11: (bytes, numpy) = (8, "<f8")
    default: break
    }
    var name = ""
    var inputs = ["x"]
    var outputs = ["y"]
    var constants: [(String, [Int64])] = []
    var lists: [(String, [Int64])] = []
    var numbers: [(String, Int64)] = []
    var floats: [(String, [Int64], [Float])] = []
    func operand(_ list: [Int64]) -> String {
      constants.append(("c\(constants.count)", list))
      return "c\(constants.count - 1)"
    }
    let axes = max(rank - 2, 1)
    switch Int.random(in: 0..<30, using: &generator) {
    case 0, 1, 2:
      name = pick(["MaxPool", "AveragePool"], or: "MaxPool")
      lists.append(("kernel_shape", attributes(axes)))
      if Bool.random(using: &generator) { lists.append(("strides", attributes(axes))) }
      if Bool.random(using: &generator) { lists.append(("dilations", attributes(axes))) }
      if Bool.random(using: &generator) { lists.append(("pads", attributes(2 * axes))) }
      if Bool.random(using: &generator) { numbers.append(("ceil_mode", 1)) }
    case 3, 4:
      name = pick(["Conv", "ConvTranspose"], or: "Conv")
      let kernel = (0..<axes).map { _ in Int64.random(in: 1...2, using: &generator) }
      let channels = rank > 1 ? min(shape[1], 4) : 1
      let weights = [2, max(channels, 1)] + kernel
      floats.append(
        ("w", weights, [Float](repeating: 1, count: Int(weights.reduce(1, *)))))
      inputs.append("w")
      lists.append(("strides", attributes(axes)))
      lists.append(("dilations", attributes(axes)))
      lists.append(("pads", attributes(2 * axes)))
      if Bool.random(using: &generator) { numbers.append(("group", attribute())) }
      if name == "ConvTranspose" { lists.append(("output_padding", attributes(axes))) }
    case 5, 6:
      name = pick(
        ["ReduceMax", "ReduceMean", "ReduceSum", "ReduceProd", "ReduceL2", "ReduceLogSumExp"],
        or: "ReduceMax")
      inputs.append(operand(attributes(Int.random(in: 0...2, using: &generator))))
      numbers.append(("keepdims", Int64.random(in: 0...1, using: &generator)))
    case 7:
      name = pick(["Softmax", "LogSoftmax", "Flatten", "ArgMax", "ArgMin"], or: "Softmax")
      numbers.append(("axis", attribute()))
    case 8:
      name = "Concat"
      inputs = [String](repeating: "x", count: pick([1, 2, 3, 700], or: 2))
      numbers.append(("axis", attribute()))
    case 9:
      name = "Split"
      let parts = Int.random(in: 1...3, using: &generator)
      outputs = (0..<parts).map { $0 == 0 ? "y" : "y\($0)" }
      numbers.append(("axis", attribute()))
      if Bool.random(using: &generator) {
        inputs.append(operand((0..<parts).map { _ in extent() }))
      } else {
        numbers.append(("num_outputs", Int64(parts)))
      }
    case 10, 11:
      name = "Slice"
      inputs += [operand(attributes(rank)), operand(attributes(rank))]
      inputs += [operand((0..<Int64(rank)).map { $0 }), operand(attributes(rank))]
    case 12:
      name = "Pad"
      inputs.append(operand(attributes(2 * rank)))
    case 13: (name, inputs) = ("Tile", ["x", operand((0..<rank).map { _ in extent() })])
    case 14: (name, inputs) = ("Expand", ["x", operand(self.shape())])
    case 15:
      name = "Reshape"
      inputs.append(operand(attributes(Int.random(in: 0...3, using: &generator))))
    case 16:
      name = "Transpose"
      lists.append(
        ("perm", Bool.random(using: &generator) ? attributes(rank) : (0..<Int64(rank)).reversed()))
    case 17:
      name = "Gather"
      inputs.append(operand(attributes(2)))
      numbers.append(("axis", attribute()))
    case 18:
      name = pick(["Unsqueeze", "Squeeze"], or: "Squeeze")
      inputs.append(operand(attributes(1)))
    case 19: (name, inputs) = ("MatMul", ["x", "x"])
    case 20:
      name = "DepthToSpace"
      numbers.append(("blocksize", attribute()))
    case 21:
      name = "Resize"
      inputs += ["", "", operand((0..<rank).map { _ in extent() })]
    case 22, 23:
      name = pick(["QuantizeLinear", "DequantizeLinear"], or: "QuantizeLinear")
      floats.append(("s", [], [scale()]))
      inputs.append("s")
      numbers.append(("axis", attribute()))
    case 24:
      name = "Range"
      inputs = (0..<3).map { _ in operand([attribute()]) }
    case 25: (name, inputs) = ("ConstantOfShape", [operand(self.shape())])
    case 26: (name, inputs) = ("Sum", [String](repeating: "x", count: pick([1, 2, 900], or: 2)))
    case 27:
      name = pick(["Abs", "Neg", "Relu", "Sigmoid", "GlobalAveragePool", "Shape"], or: "Abs")
    case 28:
      name = "LayerNormalization"
      floats.append(("s", [1], [1]))
      inputs.append("s")
      numbers.append(("axis", attribute()))
    default: (name, inputs) = ("Mul", ["x", "x"])
    }
    let model = ONNXBytes.model { graph in
      graph.node(name, inputs, outputs) { node in
        for (key, list) in lists {
          node.message(5) {
            $0.text(1, key)
            for number in list { $0.number(8, number) }
            $0.number(20, 7)
          }
        }
        for (key, number) in numbers {
          node.message(5) {
            $0.text(1, key)
            $0.number(3, number)
            $0.number(20, 2)
          }
        }
      }
      for (key, list) in constants {
        // Range takes scalars.
        let isScalar = name == "Range"
        graph.message(5) { tensor in
          if !isScalar { tensor.number(1, Int64(list.count)) }
          tensor.number(2, 7)
          for number in list { tensor.number(7, number) }
          tensor.text(8, key)
        }
      }
      for (key, extents, values) in floats {
        graph.message(5) { tensor in
          for extent in extents { tensor.number(1, extent) }
          tensor.number(2, 1)
          tensor.text(8, key)
          tensor.data(
            9,
            values.flatMap { value in
              (0..<4).map { UInt8(truncatingIfNeeded: value.bitPattern >> (8 * UInt32($0))) }
            })
        }
      }
      graph.value(11, "x", shape.map { $0 }, type: Int64(type))
      for output in outputs {
        graph.message(12) { $0.text(1, output) }
      }
    }
    let (arguments, files) = command("m.onnx", shape, bytesEach: bytes, numpy)
    return ExtremeCase(
      name: "onnx \(seed) \(name) \(shape) \(lists) \(numbers) \(constants)",
      files: [("m.onnx", model)] + files, arguments: arguments)
  }

  // MARK: TFLite

  private mutating func int32() -> Int32 { Int32(clamping: attribute()) }

  private mutating func tflite(_ seed: UInt64) -> ExtremeCase {
    typealias Value = FlatBufferWriter.Value
    let shape = (0..<Int.random(in: 1...4, using: &generator)).map { _ in
      Int32(clamping: extent())
    }
    let result = (0..<Int.random(in: 1...4, using: &generator)).map { _ in
      Bool.random(using: &generator) ? (shape.first ?? 1) : Int32(clamping: extent())
    }
    var tensors: [[Int: Value]] = []
    var buffers: [[UInt8]] = []
    func add(_ name: String, _ extents: [Int32], _ type: UInt8, scale: Float?, _ bytes: [UInt8]?) {
      var fields: [Int: Value] = [
        0: .ints(extents), 1: .byte(type), 3: .text(name), 2: .int(0),
      ]
      if let scale { fields[4] = .table([2: .floats([scale]), 3: .longs([0])]) }
      if let bytes {
        buffers.append(bytes)
        fields[2] = .int(Int32(buffers.count))
      }
      tensors.append(fields)
    }
    func integers(_ name: String, _ values: [Int32]) {
      let bytes = values.flatMap { value in
        (0..<4).map { UInt8(truncatingIfNeeded: value >> Int32(8 * $0)) }
      }
      add(name, [Int32(values.count)], 2, scale: nil, bytes)
    }
    let isOdd = Int.random(in: 0..<4, using: &generator) == 0
    add("x", shape, 9, scale: isOdd ? scale() : 0.5, nil)
    add("y", Bool.random(using: &generator) ? shape : result, 9, scale: isOdd ? scale() : 0.5, nil)
    let code = pick(
      [0, 1, 2, 3, 4, 9, 17, 22, 23, 25, 34, 39, 40, 45, 49, 56, 67, 69, 83, 97, 19, 117],
      or: Int32(0))
    var inputs: [Int32] = [0]
    var options: [Int: Value] = [:]
    switch code {
    case 0: inputs = [0, 0]
    case 1, 17:
      options = [0: .byte(UInt8.random(in: 0...1, using: &generator))]
      for field in 1...4 { options[field] = .int(int32()) }
    case 2, 83:
      inputs = [Int32](repeating: 0, count: pick([1, 2, 600], or: 2))
      options = [
        (code == 2 ? 0 : 1): .int(int32()), (code == 2 ? 1 : 0): .int(Int32(inputs.count)),
      ]
    case 3, 4:
      let channels = min(max(shape.last ?? 1, 1), 4)
      let weights: [Int32] = code == 3 ? [2, 1, 2, channels] : [1, 1, 2, channels]
      let count = weights.reduce(1, *)
      add("w", weights, 9, scale: isOdd ? scale() : 0.5, [UInt8](repeating: 1, count: Int(count)))
      inputs = [0, 2, -1]
      options = [0: .byte(UInt8.random(in: 0...1, using: &generator))]
      for field in 1...6 where field != (code == 3 ? 3 : 4) { options[field] = .int(int32()) }
    case 9:
      let depth = min(max(shape.last ?? 1, 1), 64)
      add("w", [3, depth], 9, scale: 0.5, [UInt8](repeating: 1, count: Int(3 * depth)))
      inputs = [0, 2, -1]
    case 22, 40, 39, 69:
      integers("s", (0..<result.count).map { _ in int32() })
      inputs = [0, 2]
    case 23, 97:
      integers("s", [Int32(clamping: extent()), Int32(clamping: extent())])
      inputs = [0, 2]
      options = [2: .byte(UInt8.random(in: 0...1, using: &generator))]
    case 34:
      integers("p", (0..<2 * shape.count).map { _ in int32() })
      tensors[2][0] = .ints([Int32(shape.count), 2])
      inputs = [0, 2]
    case 45:
      for name in ["b", "e", "s"] { integers(name, (0..<shape.count).map { _ in int32() }) }
      inputs = [0, 2, 3, 4]
      for field in 0...4 { options[field] = .int(int32()) }
    case 49:
      integers("a", [int32()])
      inputs = [2, 0]
      options = [0: .int(1)]
    case 56:
      integers("a", [int32()])
      inputs = [0, 2]
    case 67:
      integers("s", (0..<4).map { _ in Int32(clamping: extent()) })
      let depth = min(max(shape.last ?? 1, 1), 4)
      add("w", [2, 1, 2, depth], 9, scale: 0.5, [UInt8](repeating: 1, count: Int(4 * depth)))
      inputs = [2, 3, 0]
      options = [0: .byte(0), 1: .int(int32()), 2: .int(int32())]
    case 25: options = [0: .float(scale())]
    default: break
    }
    let operation: [Int: Value] = [
      0: .int(code), 1: .ints(inputs), 2: .ints([1]), 4: .table(options),
    ]
    let codes: [[Int: Value]] = (0...160).map { code in
      [0: .byte(UInt8(min(code, 127))), 3: .int(Int32(code))]
    }
    let main: [Int: Value] = [
      0: .tables(tensors), 1: .ints([0]), 2: .ints([1]), 3: .tables([operation]),
    ]
    let model = FlatBufferWriter.file([
      0: .int(3), 1: .tables(codes), 2: .tables([main]), 3: .text("extreme"),
      4: .tables([[:]] + buffers.map { [0: .bytes($0)] }),
    ])
    let (arguments, files) = command("m.tflite", shape.map(Int64.init), bytesEach: 1, "|i1")
    return ExtremeCase(
      name: "tflite \(seed) operator \(code) \(shape) -> \(result) \(options)",
      files: [("m.tflite", model)] + files, arguments: arguments)
  }

  // MARK: hls4ml, arrays, allocations, targets

  /// A number in C's or JSON's text.
  private mutating func text() -> String {
    pick(
      [
        "0", "1", "-1", "63", "64", "65", "255", "4096", "65536", "1000000", "16777216",
        "268435456", "2147483647", "2147483648", "4294967296", "9223372036854775807",
        "9223372036854775808", "-9223372036854775808", "1000000000000000000000", "1e400", "1e-400",
        "0.5",
      ], or: "0")
  }

  private mutating func project(_ seed: UInt64) -> ExtremeCase {
    var numbers = ["3", "2", "16", "6", "10", "4", "1", "6", "2"]
    for _ in 0..<Int.random(in: 1...3, using: &generator) {
      numbers[Int.random(in: 0..<numbers.count, using: &generator)] = text()
    }
    let n = numbers
    let files: [(String, String)] = [
      (
        "p/firmware/defines.h",
        """
        #ifndef DEFINES_H_
        #define DEFINES_H_
        #include "ap_fixed.h"
        typedef ap_fixed<\(n[2]),\(n[3])> input_t;
        typedef ap_fixed<\(n[4]),\(n[5]),AP_RND,AP_SAT,0> accum_t;
        typedef ap_fixed<6,2> weight_t;
        typedef ap_fixed<8,4> result_t;
        #endif
        """
      ),
      (
        "p/firmware/parameters.h",
        """
        #include "defines.h"
        // fc
        struct config2 : nnet::dense_config {
            static const unsigned n_in = \(n[0]);
            static const unsigned n_out = \(n[1]);
            static const unsigned io_type = nnet::io_parallel;
            static const unsigned strategy = nnet::\(Bool.random(using: &generator) ? "latency" : "resource");
            static const unsigned reuse_factor = \(n[6]);
            static const unsigned n_zeros = 0;
            typedef accum_t accum_t;
            typedef weight_t bias_t;
            typedef weight_t weight_t;
            template<class x_T, class y_T>
            using product = nnet::product::mult<x_T, y_T>;
        };
        """
      ),
      (
        "p/firmware/tiny.cpp",
        """
        #include "tiny.h"
        void tiny(
            input_t x[\(n[0])],
            result_t layer2_out[\(n[1])]
        ) {
            #pragma HLS PIPELINE
        #ifndef __SYNTHESIS__
            static bool loaded_weights = false;
            if (!loaded_weights) {
                nnet::load_weights_from_txt<weight_t, \(n[7])>(w2, "w2.txt");
                nnet::load_weights_from_txt<weight_t, \(n[8])>(b2, "b2.txt");
                loaded_weights = true;    }
        #endif
            nnet::dense<input_t, result_t, config2>(x, layer2_out, w2, b2); // fc
        }
        """
      ),
      ("p/firmware/weights/w2.txt", "0.5, -0.0625, 1.9375, -2, 0.03125, \(text())"),
      ("p/firmware/weights/b2.txt", "0.125, \(text())"),
      ("p/hls4ml_config.yml", "Backend: Vitis\nClockPeriod: 5\nProjectName: tiny\n"),
      ("p/tb_data/tb_input_features.dat", "0.5 0.25 \(text())\n"),
    ]
    let arguments = pick(
      [
        ["inspect", "p", "--json"], ["inspect", "p", "--ranges"], ["check", "p"],
        ["run", "p", "--inputs", "p/tb_data/tb_input_features.dat", "--output", "y.npz"],
      ], or: ["inspect", "p"])
    return ExtremeCase(
      name: "hls4ml \(seed) \(numbers)",
      files: files.map { ($0.0, Array($0.1.utf8)) }, arguments: arguments)
  }

  /// A model that reads float32 `[n, 4]`.
  private static let small = ONNXBytes.model { graph in
    graph.node("Relu", ["x"], ["y"])
    graph.value(11, "x", [nil, 4])
    graph.message(12) { $0.text(1, "y") }
  }

  private mutating func array(_ seed: UInt64) -> ExtremeCase {
    let shape = shape()
    let type = pick(
      ["<f4", "<f8", "|i1", "<i8", "|b1", "<u8", "<f2", ">f4", "|S9223372036854775807", "<U4"],
      or: "<f4")
    let bytes = pick([0, 1, 16, 4096], or: 0)
    let file = Self.npy(type, shape, bytes: bytes)
    return ExtremeCase(
      name: "npy \(seed) \(type) \(shape) \(bytes)",
      files: [("m.onnx", Self.small), ("x.npy", file)],
      arguments: ["run", "m.onnx", "--inputs", "x.npy", "--output", "y.npz"])
  }

  /// A model with one product, for allocations and estimates.
  private static let product = ONNXBytes.model { graph in
    graph.node("MatMul", ["x", "w"], ["y"])
    graph.message(5) { tensor in
      tensor.number(1, 4)
      tensor.number(1, 2)
      tensor.number(2, 1)
      tensor.text(8, "w")
      tensor.data(9, [UInt8](repeating: 62, count: 32))
    }
    graph.value(11, "x", [1, 4])
    graph.message(12) { $0.text(1, "y") }
  }

  private mutating func allocation(_ seed: UInt64) -> ExtremeCase {
    let format = pick(
      ["int", "uint", "fixed", "float", "fix", "pot", "nf", "e4m3", "mx"], or: "int")
    let encoding = "\(format)<\(text())\(Bool.random(using: &generator) ? "," + text() : "")>"
    let repeats = pick([1, 1, 1, 2000], or: 1)
    let layer = """
      {"weights": "\(encoding)", "activations": "int<\(text())>", "grouping": "runs<\(text())>", \
      "input_range": [\(text()), \(text())]}
      """
    let layers = (0..<repeats).map { "\"\($0 == 0 ? "MatMul_node" : "n\($0)")\": \(layer)" }
    let json = """
      {"schema": "hwsim.allocation/1", "layers": {\(layers.joined(separator: ","))}, \
      "tensors": {"x": "int<\(text())>"}}
      """
    let arguments =
      Bool.random(using: &generator)
      ? ["estimate", "m.onnx", "--target", "nucleo-l4r5zi", "--allocation", "a.json"]
      : ["run", "m.onnx", "--allocation", "a.json", "--inputs", "x.npy", "--output", "y.npz"]
    return ExtremeCase(
      name: "allocation \(seed) \(encoding) \(layer)",
      files: [
        ("m.onnx", Self.product), ("a.json", Array(json.utf8)),
        ("x.npy", Self.npy("<f4", [1, 4], bytes: 16)),
      ], arguments: arguments)
  }

  private mutating func target(_ seed: UInt64) -> ExtremeCase {
    let keys = [
      "sram_bytes", "flash_bytes", "clock_hz", "cycles_per_mac", "code_bytes", "dmips_per_mhz",
      "cycles_per_output", "cycles_per_element",
    ]
    let entries = (0..<3).map { _ in
      "\"\(pick(keys, or: ""))\": {\"value\": \(text()), \"source\": \"test\"}"
    }
    let json = """
      {"schema": "hwsim.target/1", "id": "extreme", "family": "mcu", "name": "Extreme", \
      "base": "nucleo-l4r5zi+tflm", \(entries.joined(separator: ", "))}
      """
    return ExtremeCase(
      name: "target \(seed) \(entries)",
      files: [("m.onnx", Self.product), ("t.json", Array(json.utf8))],
      arguments: ["estimate", "m.onnx", "--target", "t.json", "--json"])
  }
}
