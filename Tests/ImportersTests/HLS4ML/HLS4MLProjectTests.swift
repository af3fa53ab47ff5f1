import Arith
import Documents
import FoundationEssentials
import Importers
import QuantGraph
import TestSupport
import Testing

@Suite("hls4ml project text")
struct HLS4MLProjectTests {
  private let parameters = "firmware/parameters.h"
  private let defines = "firmware/defines.h"
  private let source = "firmware/tiny.cpp"

  @Test("a small project becomes one dense node")
  func smallProject() throws {
    let model = try TinyProject().result().get()
    let graph = model.graph
    #expect(graph.name == "tiny")
    #expect(graph.nodes.map(\.name) == ["fc"])
    #expect(graph.nodes.first?.origin == "firmware/tiny.cpp:14")
    #expect(graph.inputs.map { graph[$0].name } == ["x"])
    #expect(graph.outputs.map { graph[$0].name } == ["fc"])
    #expect(model.info.backend == "Vitis")
    #expect(model.info.clockPeriod == 5)
    #expect(model.info.weightCount == 8)
    #expect(model.info.layers.map(\.reuseFactor) == [1])
    // 4 fraction bits, ties to even, symmetric saturation: 0.03125 is half a step, 7.5 saturates,
    // -2 is the excluded minimum.
    let weights = try #require(graph.tensor(named: "w2"))
    #expect(graph[weights].constant?.int64 == [8, -1, 31, -31, 0, 31])
    // 6 fraction bits, truncation.
    let bias = try #require(graph.tensor(named: "b2"))
    #expect(graph[bias].constant?.int64 == [8, 0])
  }

  @Test("prints that people add between layers are no layers")
  func prints() throws {
    let plain = try TinyProject().result().get()
    for text in [
      "std::cout << \"fc\" << std::endl;", "cout << x[0] << endl;", "printf(\"%d\\n\", 3);",
      "std::cerr << \"a; b\";",
    ] {
      var project = TinyProject()
      project.edit(source, "    nnet::dense<", "    \(text)\n    nnet::dense<")
      let printing = try project.result().get()
      #expect(printing.graph.tensors == plain.graph.tensors)
      #expect(printing.graph.nodes.map(\.name) == ["fc"])
    }
  }

  @Test("a source that calls the network is not the network")
  func callers() throws {
    var project = TinyProject()
    project.files["hls4ml_config.yml"] = "Backend: Vitis\n"
    project.files["firmware/algo.cpp"] = """
      #include "tiny.h"
      void algo(ap_uint<128> in[3], ap_uint<128> out[2]) {
          input_t x[3];
          result_t y[2];
          loop: for (int i = 0; i < 3; i++) { x[i] = in[i].range(15, 0); }
          tiny(x, y);
      }
      """
    #expect(try project.result().get().graph.name == "tiny")
  }

  @Test("an enumerator may stand for the number of saturation bits")
  func saturationBits() throws {
    var project = TinyProject()
    let plain = try project.result().get().graph
    for (word, count) in [("AP_SAT", 0), ("AP_RND_MIN_INF", 2), ("AP_WRAP", 3)] {
      project = TinyProject()
      project.edit(defines, "AP_SAT,0>", "AP_WRAP,\(word)>")
      var other = TinyProject()
      other.edit(defines, "AP_SAT,0>", "AP_WRAP,\(count)>")
      let (named, numbered) = (try project.result().get().graph, try other.result().get().graph)
      #expect(named.nodes == numbered.nodes && named.nodes != plain.nodes)
    }
  }

  @Test("a rectifier that a fork merges into products is refused")
  func mergedReLU() throws {
    var project = TinyProject()
    let member = "static const bool merged_relu = "
    project.edit(parameters, "typedef accum_t", "\(member)false;\n    typedef accum_t")
    #expect(try project.reasons().isEmpty)
    project.edit(parameters, "\(member)false", "\(member)true")
    let reasons = try project.reasons()
    guard case .unsupported(_, let detail)? = reasons.first else {
      Issue.record("not refused: \(reasons)")
      return
    }
    #expect(detail.hasPrefix("merged_relu"))
  }

  @Test("a project of a release before the first known one is told so")
  func earlierRelease() throws {
    var project = TinyProject()
    project.edit(source, "nnet::dense<", "nnet::dense_latency<")
    let reasons = try project.reasons()
    #expect(reasons == [.earlierRelease("nnet::dense_latency (layer 'fc')")])
  }

  @Test("Windows line ends change nothing")
  func lineEnds() throws {
    let plain = TinyProject()
    var project = plain
    for (name, text) in plain.files {
      project.files[name] = text.replacing("\n", with: "\r\n")
    }
    let (one, other) = (try plain.result().get(), try project.result().get())
    #expect(one.graph.tensors == other.graph.tensors && one.graph.nodes == other.graph.nodes)
    #expect(other.info.backend == "Vitis" && other.info.clockPeriod == 5)
    #expect(other.info.layers.map(\.name) == ["fc"])
    project.files["hls4ml_config.yml"] =
      "HLSConfig:\r\n  Model:\r\n    Precision: fixed<16,6>\r\n"
    let folder = try TemporaryFolder()
    let configuration = HLS4MLConfiguration(at: try project.write(to: folder))
    #expect(configuration?.defaultPrecision == "fixed<16,6>")
  }

  @Test(
    "projects of other back ends are refused by name",
    arguments: [
      ("Backend: Quartus", "", "Quartus"), ("Backend: oneAPI", "", "oneAPI"),
      ("", "typedef ac_fixed<16,6,true> input_t;", "Quartus"),
      ("", "typedef nnet::array<ac_channel<int>, 3> a;", "Catapult"),
    ])
  func backends(configuration: String, types: String, name: String) throws {
    var project = TinyProject()
    project.files["hls4ml_config.yml"] = configuration + "\nProjectName: tiny\n"
    if !types.isEmpty { project.edit(defines, "#endif", types + "\n#endif") }
    #expect(try project.reasons() == [.backend(name)])
    guard case .failure(let error) = try project.result() else { return }
    #expect(error.diagnostics.first?.message.contains(name) == true)
  }

  /// Values of `n_in` spelled as expressions.
  @Test(
    "constant expressions",
    arguments: [
      ("3", 3), ("1 + 2", 3), ("7 - 2 * 2", 3), ("(7 - 2) * 2 - 7", 3), ("10 / 3", 3),
      ("11 % 4", 3), ("n_out == 2 ? 3 : 4", 3), ("n_out != 2 ? 4 : 3", 3),
      ("n_out < 3 ? n_out > 1 ? 3 : 5 : 4", 3), ("DIV_ROUNDUP(5, 2)", 3), ("MIN(3, 4)", 3),
      ("MAX(n_out, 3)", 3), ("0x3", 3), ("3u", 3), ("-(-3)", 3), ("!0 + n_out", 3),
      ("nnet::io_stream + 2", 3), ("true + config2::n_out", 3),
      ("n_out <= 2 && n_out >= 2 ? 3 : 0", 3),
    ])
  func expressions(text: String, value: Int) throws {
    var project = TinyProject()
    project.edit(parameters, "n_in = 3", "n_in = \(text)")
    #expect(try project.reasons() == [], "\(text)")
  }

  @Test(
    "constant expressions without a value",
    arguments: [
      "1 / 0", "1 % 0", "9223372036854775807 + 1", "n_in", "n_out * nowhere", "3 +", "(3", "3)", "",
      "DIV_ROUNDUP(1)", "99999999999999999999", "3.5", "\"3\"", "-9223372036854775807 - 2",
    ])
  func badExpressions(text: String) throws {
    var project = TinyProject()
    project.edit(parameters, "n_in = 3", "n_in = \(text)")
    let reasons = try project.reasons()
    #expect(reasons.count == 1, "\(text): \(reasons)")
  }

  @Test("constants that refer to each other end in an error, however many paths there are")
  func cyclicConstants() throws {
    var project = TinyProject()
    project.edit(parameters, "n_in = 3", "n_in = n_zeros")
    project.edit(parameters, "n_zeros = 0", "n_zeros = n_in + n_in")
    guard case .cyclic = try #require(try project.reasons().first) else {
      Issue.record("\(try project.reasons())")
      return
    }
    // Each constant is twice the one before: 2^60 evaluations without a bound on work.
    var chain = "static const unsigned c0 = 1;\n"
    for index in 1...60 {
      chain += "static const unsigned c\(index) = c\(index - 1) + c\(index - 1);\n"
    }
    project = TinyProject()
    project.edit(
      parameters, "static const unsigned n_in = 3;", chain + "static const unsigned n_in = c60;")
    #expect(try project.reasons().count == 1)
  }

  @Test("type names are followed, through chains and arrays")
  func types() throws {
    var project = TinyProject()
    project.edit(
      defines, "typedef ap_fixed<16,6> input_t;",
      "typedef ap_fixed< 8 + 8 , 6 , AP_TRN, AP_WRAP , 0> base_t; using alias_t = base_t; "
        + "typedef alias_t input_t;")
    let graph = try project.result().get().graph
    let input = try #require(graph.tensor(named: "x"))
    #expect(graph[input].encoding == .fixed(try FixedPointFormat(name: "ap_fixed<16,6>")))
  }

  @Test(
    "types that stand for nothing",
    arguments: [
      "typedef input_t input_t;", "typedef a_t input_t; typedef input_t a_t;",
      "typedef float input_t;", "typedef ap_fixed<0,0> input_t;",
      "typedef ap_fixed<300,6> input_t;",
      "typedef ap_fixed<16> input_t;", "typedef ap_fixed<16,6,AP_WRONG> input_t;",
      "typedef nowhere_t input_t;", "typedef std::complex<float> input_t;",
      "typedef nnet::array<ap_fixed<8,4>, 0> input_t;",
      "typedef nnet::array<input_t, 4> input_t;",
      "typedef struct input_t {ap_uint<1> sign; input_t weight; } input_t;",
      "typedef ap_fixed<16,6 input_t;", "typedef ap_fixed<16,6>;",
    ])
  func badTypes(text: String) throws {
    var project = TinyProject()
    project.edit(defines, "typedef ap_fixed<16,6> input_t;", text)
    let reasons = try project.reasons()
    #expect(!reasons.isEmpty, "\(text)")
  }

  /// Edits of one file, and whether the message must name it.
  @Test(
    "damage is an error with file and line",
    arguments: [
      ("firmware/tiny.cpp", "nnet::dense<", "nnet::attention<", "firmware/tiny.cpp:14"),
      ("firmware/tiny.cpp", "config2>(x", "config9>(x", "firmware/tiny.cpp:14"),
      ("firmware/tiny.cpp", "(x, layer2_out", "(y, layer2_out", "firmware/tiny.cpp:14"),
      ("firmware/tiny.cpp", "input_t x[3]", "input_t x[4]", "firmware/tiny.cpp:14"),
      ("firmware/tiny.cpp", "input_t x[3]", "input_t x[1000000000000]", "firmware/tiny.cpp:3"),
      ("firmware/tiny.cpp", "layer2_out[2]", "layer2_out[5]", "firmware/tiny.cpp:4"),
      ("firmware/tiny.cpp", "weight_t, 6", "weight_t, 7", "firmware/tiny.cpp:10"),
      ("firmware/tiny.cpp", "\"w2.txt\"", "\"../../secret.txt\"", "firmware/tiny.cpp:10"),
      ("firmware/tiny.cpp", "\"w2.txt\"", "\"w3.txt\"", "firmware/weights/w3.txt"),
      ("firmware/parameters.h", "n_in = 3", "n_in = 1000000000000", "firmware/parameters.h:4"),
      ("firmware/parameters.h", "n_in = 3", "n_in = 0", "firmware/parameters.h:4"),
      ("firmware/parameters.h", "DenseLatency", "DenseMystery", "firmware/tiny.cpp:14"),
      ("firmware/parameters.h", "product::mult", "product::guess", "firmware/tiny.cpp:14"),
      ("firmware/parameters.h", "};", "", "firmware/parameters.h"),
      ("firmware/weights/w2.txt", "7.5", "7.5, 1", "firmware/weights/w2.txt:1"),
      ("firmware/weights/w2.txt", ", 7.5", "", "firmware/weights/w2.txt:1"),
      ("firmware/weights/w2.txt", "7.5", "nan", "firmware/weights/w2.txt:1"),
      ("firmware/weights/w2.txt", "7.5", "", "firmware/weights/w2.txt:1"),
      ("firmware/weights/w2.txt", "7.5", "1e999", "firmware/weights/w2.txt:1"),
      ("firmware/defines.h", "input_t;", "input_t\u{0};", "firmware/defines.h:5"),
      ("firmware/defines.h", "input_t;", "inp\u{FC}t_t;", "firmware/defines.h:5"),
    ])
  func damage(file: String, text: String, replacement: String, location: String) throws {
    var project = TinyProject()
    project.edit(file, text, replacement)
    guard case .failure(let error) = try project.result() else {
      Issue.record("imported")
      return
    }
    let diagnostics = error.diagnostics
    #expect(diagnostics.count == error.count)
    #expect(
      diagnostics.contains { $0.location?.contains(location) == true },
      "\(diagnostics.map { "\($0.location ?? ""): \($0.message)" })")
    #expect(error.failure == .data || replacement.contains("w3"))
  }

  @Test("missing files are named")
  func missing() throws {
    for name in TinyProject().files.keys where name != "hls4ml_config.yml" {
      var project = TinyProject()
      project.files[name] = nil
      guard case .failure(let error) = try project.result() else {
        Issue.record("imported without \(name)")
        continue
      }
      #expect(error.failure == .noInput, "\(name)")
    }
    var project = TinyProject()
    project.files["hls4ml_config.yml"] = nil
    #expect(try project.reasons() == [])
    project.files["hls4ml_config.yml"] = "\u{0}: [ {{ not yaml"
    #expect(try project.reasons() == [])
  }

  @Test("every problem of a project is reported, ten at most and the count of all")
  func allProblems() throws {
    var project = TinyProject()
    let calls = (0..<14).map { "nnet::mystery<input_t, result_t>(x, t\($0)); // l\($0)\n" }
    project.edit(source, "nnet::dense<", calls.joined() + "nnet::dense<")
    guard case .failure(let error) = try project.result() else {
      Issue.record("imported")
      return
    }
    #expect(error.count == 14)
    #expect(error.problems.count == 10)
    #expect(error.problems.map(\.place.line) == Array(14..<24))
    #expect(error.diagnostics.last?.notes == ["4 more problems in this model"])
  }

  @Test("weights are read from the header where no text file is written")
  func headerWeights() throws {
    var project = TinyProject()
    project.edit(
      source, "nnet::load_weights_from_txt<weight_t, 6>(w2, \"w2.txt\");", "")
    project.files["firmware/weights/w2.h"] = """
      //Numpy array shape [3, 2]
      #ifndef W2_H_
      #define W2_H_

      weight_t w2[6] = {0.5, -0.0625, 1.9375, -2, 0.03125, 7.5};

      #endif
      """
    project.files["firmware/weights/w2.txt"] = nil
    let graph = try project.result().get().graph
    let weights = try #require(graph.tensor(named: "w2"))
    #expect(graph[weights].constant?.int64 == [8, -1, 31, -31, 0, 31])
  }

  @Test("weights of integer types drop what follows the point; negative numbers wrap")
  func integerWeights() throws {
    var project = TinyProject()
    project.edit(defines, "ap_fixed<6,2,AP_RND_CONV,AP_SAT_SYM>", "ap_int<3>")
    project.files["firmware/weights/w2.txt"] = "1.0, -1, 3.9, 4, -5, -0"
    let graph = try project.result().get().graph
    let weights = try #require(graph.tensor(named: "w2"))
    #expect(graph[weights].constant?.int64 == [1, -1, 3, -4, 3, 0])
  }

  @Test("power-of-two weights are exponent and sign")
  func powerOfTwoWeights() throws {
    var project = TinyProject()
    project.edit(
      defines, "typedef ap_fixed<6,2,AP_RND_CONV,AP_SAT_SYM> weight_t;",
      "typedef struct weight_t {ap_uint<1> sign;ap_int<4> weight; } weight_t;")
    project.edit(
      source, "load_weights_from_txt<weight_t", "load_exponent_weights_from_txt<weight_t")
    project.edit(parameters, "product::mult", "product::weight_exponential")
    project.files["firmware/weights/w2.txt"] =
      "{1.0, 0}, {0.0, 0}, {1.0, -3}, {0.0, -8}, {1, 7}, {0, 8}"
    let graph = try project.result().get().graph
    let weights = try #require(graph.tensor(named: "w2"))
    // 8 wraps to -8 in four bits.
    #expect(graph[weights].constant?.int64 == [0, 1, -6, -15, 14, -15])
    project.files["firmware/weights/w2.txt"] = "{1.0, 0}, {0.0}"
    #expect(try project.reasons().count == 1)
  }

  @Test("wide and tiny formats keep every bit of a weight")
  func wideWeights() throws {
    var project = TinyProject()
    project.edit(defines, "ap_fixed<6,2,AP_RND_CONV,AP_SAT_SYM>", "ap_fixed<120,20>")
    project.files["firmware/weights/w2.txt"] = "1, -0.5, 0.1, 524288, 1e-30, -3.75e10"
    let graph = try project.result().get().graph
    let weights = try #require(graph.tensor(named: "w2"))
    let codes = try #require(graph[weights].constant?.wide)
    #expect(codes[0] == Int512(1) << 100)
    #expect(codes[1] == -(Int512(1) << 99))
    // 0.1 is 0x1.999999999999ap-4.
    #expect(codes[2] == Int512(0x1999_9999_9999_9A) << (100 - 56))
    #expect(codes[3] == -(Int512(1) << 119))
  }

  @Test("identifiers of HGQ's per-element quantizers become one conversion")
  func elementQuantizers() throws {
    var project = TinyProject()
    project.edit(
      source, "nnet::dense<input_t, result_t, config2>(x, ",
      "input_t q[3];\nnnet::fc_iq<input_t, input_t>(x, q); // fc_iq\n"
        + "nnet::dense<input_t, result_t, config2>(q, ")
    project.files["firmware/nnet_utils/nnet_code_gen.h"] = """
      namespace nnet {
      template<typename input_t, typename output_t>
      void other(input_t *inp, output_t *out) { }
      template<typename input_t, typename output_t>
      void fc_iq(input_t *inp, output_t *out) {
          #pragma HLS INLINE

          out[0] = ap_fixed<9,3,AP_RND,AP_WRAP>(inp[0]);
          out[1] = 0;
          out[2] = ap_ufixed<7,1,AP_RND,AP_SAT>(inp[2]);
      }
      }
      """
    let graph = try project.result().get().graph
    guard case .convert(let elements) = try #require(graph.nodes.first).operation else {
      Issue.record("no conversion")
      return
    }
    #expect(elements[0].name == "ap_fixed<9,3,RND,WRAP>")
    #expect(elements[2].name == "ap_ufixed<7,1,RND,SAT>")
    // Whatever the input, element 1 is zero.
    for raw: Int64 in [-32768, -1, 0, 1, 1024, 32767] {
      #expect(elements[1].cast(raw: raw, sourceFractionBits: 10) == 0)
    }
    project.edit(
      "firmware/nnet_utils/nnet_code_gen.h", "out[2] = ap_ufixed<7,1,AP_RND,AP_SAT>(inp[2]);",
      "out[3] = ap_ufixed<7,1,AP_RND,AP_SAT>(inp[3]);")
    #expect(try project.reasons().count == 1)
  }

  @Test("in-place reshapes are other names of a tensor, or a reshape where a window needs one")
  func aliases() throws {
    var project = TinyProject()
    project.edit(
      source, "nnet::dense<input_t, result_t, config2>(x, ",
      "auto& layer9_out = x;\nauto& layer10_out = layer9_out;\n"
        + "nnet::dense<input_t, result_t, config2>(layer10_out, ")
    #expect(try project.result().get().graph.nodes.count == 1)
    project.edit(source, "auto& layer9_out = x;", "auto& layer9_out = layer10_out;")
    #expect(try project.reasons().count == 1)
  }

  @Test("something that is no model says what is missing")
  func noModel() throws {
    let folder = try TemporaryFolder()
    for path in [folder.path, folder.file("nothing.fml")] {
      #expect(!HLS4ML.isProject(path))
      #expect(!HLS4ML.isArchive(path))
      do throws(HLS4MLError) {
        _ = try HLS4ML.importModel(path)
        Issue.record("imported \(path)")
      } catch {
        #expect(error.failure == .noInput)
        #expect(error.count == 1)
      }
    }
    let text = try folder.write(Array("hello".utf8), to: "model.fml")
    #expect(!HLS4ML.isArchive(text))
    #expect(throws: HLS4MLError.self) { try HLS4ML.importModel(text) }
  }

  /// `adders.py` asks da4ml for the bits of each adder, and reads the depths that it wrote.
  @Test("adders of generated graphs are those that da4ml counts")
  func adders() throws {
    let folder = "Tests/Fixtures/hls"
    let bytes = [UInt8](try Data(contentsOf: URL(filePath: folder + "/adders.json")))
    let cases = try #require(try JSON(parsing: bytes).members)
    #expect(cases.count == 4)
    for entry in cases {
      let model = try importing("\(folder)/\(entry.key)/project")
      let graphs = model.info.layers.compactMap(\.adders)
      let functions = try #require(entry.value.members)
      #expect(graphs.count == functions.count, "\(entry.key)")
      for (graph, function) in zip(graphs, functions) {
        let name = "\(entry.key) \(function.key)"
        #expect(Double(graph.adders) == function.value["adders"]?.doubleValue, "\(name)")
        #expect(Double(graph.adderBits) == function.value["bits"]?.doubleValue, "\(name)")
        #expect(Double(graph.depth) == function.value["depth"]?.doubleValue, "\(name)")
      }
    }
  }
}
