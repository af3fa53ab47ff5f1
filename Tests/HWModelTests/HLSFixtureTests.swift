import Arith
import FoundationEssentials
import HWModel
import Importers
import QuantGraph
import TestSupport
import Testing

/// Small C-simulation cases of layers beyond the shared ones (Tests/Fixtures/hls/README.md): every
/// output and every traced layer must be equal, value for value.
@Suite("hls4ml C simulation, committed cases")
struct HLSFixtureTests {
  private static let root = SharedData.packageRoot + "/Tests/Fixtures/hls"

  static let names: [String] = {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: root)) ?? []
    return names.sorted().filter {
      FileManager.default.fileExists(atPath: root + "/" + $0 + "/input.npy")
    }
  }()

  @Test("the cases are there")
  func present() {
    #expect(Self.names.count >= 51)
  }

  /// 0.8.1 writes sizes as macros and no kernel members; 1.3 computes other averages.
  @Test("the version is found by the text, and its rules count")
  func versions() throws {
    let folder = Self.root + "/v081_avgpool2d_parallel/project"
    let found = try HLS4ML.importModel(folder)
    #expect(found.info.version == "0.8.1")
    #expect(found.info.versionReason != nil)
    let named = try HLS4ML.importModel(folder, version: HLS4MLVersion("1.1.0"))
    #expect(named.info.version == "1.1.0")
    #expect(named.graph.nodes.map(\.operation) != found.graph.nodes.map(\.operation))
    #expect(HLS4MLVersion("0.7.0rc1") == HLS4MLVersion(0, 7))
    #expect(HLS4MLVersion("master") == nil)
  }

  /// 0.7 and 0.8 write the same headers; without the configuration nothing tells their thresholds
  /// apart, `>` and `>=` (`nnet_batchnorm.h`), unless the project keeps its headers.
  @Test("a layer whose release is not certain is refused by name, until it is named or told")
  func uncertainVersion() throws {
    let copy = try TemporaryFolder()
    let project = copy.file("project")
    try FileManager.default.copyItem(
      atPath: Self.root + "/v081_qkeras_binary_stream/project", toPath: project)
    #expect(try HLS4ML.importModel(project).info.version == "0.8.1")
    try FileManager.default.removeItem(atPath: project + "/hls4ml_config.yml")
    do throws(HLS4MLError) {
      _ = try HLS4ML.importModel(project)
      Issue.record("the release is not certain")
    } catch {
      let message = try #require(error.diagnostics.first)
      #expect(message.code == "hls.version-rules")
      #expect(message.message.contains("0.7.1") && message.message.contains("bnbt_q2"))
      #expect(message.remedy?.contains("--hls4ml-version") == true)
    }
    let old = try HLS4ML.importModel(project, version: HLS4MLVersion("0.7.1"))
    let new = try HLS4ML.importModel(project, version: HLS4MLVersion("0.8.1"))
    #expect(old.graph.tensors.map(\.constant) != new.graph.tensors.map(\.constant))
    let headers = project + "/firmware/nnet_utils"
    try FileManager.default.createDirectory(
      atPath: headers, withIntermediateDirectories: true)
    try "using r_T = decltype(x_T(0) * (ap_int<pow2(decltype(w_T::weight)::width - 1) - 1>(1)));"
      .write(
        to: URL(filePath: headers + "/nnet_mult.h"), atomically: false, encoding: .utf8)
    #expect(try HLS4ML.importModel(project).info.version == "0.7.1")
  }

  /// A sign bit that wraps, an exponential shift in the data's type, and half of an odd count: what
  /// `nnet_mult.h` of 0.6, 0.7 and 1.1 computes otherwise than that of 1.3.
  @Test(
    "products of old releases are not those of 1.3",
    arguments: [
      "v060_qkeras_binary_parallel", "v060_qkeras_po2_parallel", "v110_qkeras_binary_parallel",
    ])
  func revisions(name: String) throws {
    let folder = Self.root + "/" + name
    let input = try #require(try NPY.read(folder + "/input.npy").doubles())
    let expected = try #require(try NPY.read(folder + "/output.npy").doubles())
    func outputs(_ version: HLS4MLVersion?) throws -> [Double] {
      let graph = try HLS4ML.importModel(folder + "/project", version: version).graph
      let plan = try Plan(graph, on: HLSFixed())
      let runner = PlanRunner(plan, keeping: Set(graph.outputs))
      let samples = input.count / graph[graph.inputs[0]].shape.count
      var values: [Double] = []
      for first in stride(from: 0, to: samples, by: runner.lanes) {
        let count = min(runner.lanes, samples - first)
        try runner.load(.values(input), first: first, count: count, into: graph.inputs[0])
        runner.run(usedLanes: count)
        guard case .fixed(let format) = graph[graph.outputs[0]].encoding else { continue }
        for lane in 0..<count {
          values += runner.wideCodes(of: graph.outputs[0], lane: lane).map { format.value(of: $0) }
        }
      }
      return values
    }
    #expect(try outputs(nil) == expected)
    #expect(try outputs(HLS4MLVersion("1.2.0")) != expected)
  }

  /// TimeDistributed writes a loop over a read, the layers, and a write of a step; its values are
  /// those of the layers on each step, as `nnet_time_distributed.h` has it.
  @Test("a loop over time steps is its layers on each step")
  func timeSteps() throws {
    guard let root = SharedData.path("conformance/field/fpga/time_distributed") else { return }
    try compare(root, usesFastKernels: true)
    try compare(root, usesFastKernels: false)
    let graph = try HLS4ML.importModel(root + "/project").graph
    #expect(graph.nodes.filter { $0.name.hasPrefix("dense[") }.count == 4)
  }

  /// The text of `nnet_utils/nnet_dense_latency.h` of 1.3.0 up to its first function is rewritten as
  /// users do: a directive, a comment and a line end change nothing, an operator does.
  @Test("functions of a project's own nnet_utils that are of no release are named")
  func changedCode() throws {
    let copy = try TemporaryFolder()
    let project = copy.file("project")
    try FileManager.default.copyItem(
      atPath: Self.root + "/namespace_headers/project", toPath: project)
    #expect(try HLS4ML.importModel(project).info.changedDefinitions == [])
    let headers = project + "/firmware/nnet_utils"
    try FileManager.default.createDirectory(atPath: headers, withIntermediateDirectories: true)
    let text = """
      namespace nnet {
      // Common type definitions
      enum io_type { io_parallel = 0, io_stream };
      template <class src_T, class dst_T, size_t OFFSET, size_t SIZE> void copy_data(std::vector<src_T> src, dst_T dst[SIZE]) {
          typename std::vector<src_T>::const_iterator in_begin = src.cbegin() + OFFSET;
          typename std::vector<src_T>::const_iterator in_end = in_begin + SIZE;
          std::copy(in_begin, in_end, dst);
      }
      }
      """
    func found(_ text: String) throws -> [String] {
      try Data(text.utf8).write(to: URL(filePath: headers + "/nnet_helpers.h"))
      return try HLS4ML.importModel(project).info.changedDefinitions
    }
    #expect(try found(text) == [])
    let spaced = text.replacing("\n", with: "\r\n    #pragma HLS INLINE \\\r\n off\r\n")
      .replacing("src.cbegin()", with: "src . /* first { */ cbegin( )")
    #expect(try found(spaced) == [])
    #expect(
      try found(text.replacing("+ SIZE", with: "+ SIZE - 1")) == ["nnet_helpers.h: copy_data"])
    #expect(
      try found(text.replacing("io_stream }", with: "io_stream, mine }")) == [
        "nnet_helpers.h: io_type"
      ])
    #expect(
      try found("namespace nnet { template <class T> struct mine : base<T> { }; ") == [
        "nnet_helpers.h: mine"
      ])
    for broken in ["}}}{{{", "{", "/*", "\"", "#\\", "namespace {", "'\\"] { _ = try found(broken) }
  }

  /// `WriteTar` packs the folder with its name before every path.
  @Test("the .tar.gz of a project is the project")
  func packed() throws {
    let folder = Self.root + "/namespace_headers"
    let project = try HLS4ML.importModel(folder + "/project")
    let packed = try HLS4ML.importModel(folder + "/project.tar.gz")
    #expect(packed.graph.tensors == project.graph.tensors)
    #expect(packed.graph.nodes == project.graph.nodes)
    #expect(packed.info.version == project.info.version)
    #expect(
      HLS4ML.writtenValues(of: packed.graph, at: folder + "/project.tar.gz")
        == HLS4ML.writtenValues(of: project.graph, at: folder + "/project"))
    #expect(
      HLS4MLConfiguration(at: folder + "/project.tar.gz")
        == HLS4MLConfiguration(at: folder + "/project"))
  }

  @Test("archives give the graphs of the projects", arguments: names)
  func archives(name: String) throws {
    let folder = Self.root + "/" + name
    guard FileManager.default.fileExists(atPath: folder + "/model.fml") else { return }
    let project = try HLS4ML.importModel(folder + "/project").graph
    let saved = try HLS4ML.importModel(folder + "/model.fml").graph
    #expect(HLS4ML.difference(project, saved) == [])
  }

  /// hls4ml's function for both parts calls the two one after the other (`nnet_sepconv2d.h`), so
  /// that a project with the one call has the values of the project with two.
  @Test("a separable convolution in one call is the two that it stands for")
  func separableCall() throws {
    let folder = Self.root + "/separable_conv2d"
    let copy = try TemporaryFolder()
    let target = copy.file("project")
    try FileManager.default.copyItem(atPath: folder + "/project", toPath: target)
    let source = target + "/firmware/myproject.cpp"
    var lines: [Substring] = []
    let text = try String(contentsOf: URL(filePath: source), encoding: .utf8)
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      if line.contains("nnet::depthwise_conv_2d_cl") || line.contains("layer3_out") {
        if line.contains("nnet::pointwise_conv_2d_cl") {
          lines.append(
            """
            nnet::separable_conv_2d_cl<input_t, layer3_t, result_t, config9>\
            (inp, layer4_out, w3, w4, b3, b4); // s
            """)
        }
        continue
      }
      lines.append(line)
    }
    try lines.joined(separator: "\n").write(
      to: URL(filePath: source), atomically: false, encoding: .utf8)
    let parameters = URL(filePath: target + "/firmware/parameters.h")
    let configuration = """
      struct config9 { typedef config3 depthwise_config; typedef config5 pointwise_config; };
      """
    try
      (try String(contentsOf: parameters, encoding: .utf8)
      .replacing("\n#endif", with: "\n" + configuration + "\n#endif"))
      .write(to: parameters, atomically: false, encoding: .utf8)
    let two = try HLS4ML.importModel(folder + "/project").graph
    let one = try HLS4ML.importModel(target).graph
    #expect(one.nodes.map(\.operation) == two.nodes.map(\.operation))
    #expect(one.nodes.map(\.name) == ["s.depthwise", "s"])
    for (a, b) in zip(one.nodes, two.nodes) {
      let first = (a.inputs + a.outputs).map { one[$0] }
      let second = (b.inputs + b.outputs).map { two[$0] }
      #expect(first.map(\.encoding) == second.map(\.encoding))
      #expect(first.map(\.constant) == second.map(\.constant))
      #expect(first.map(\.shape) == second.map(\.shape))
    }
  }

  @Test("outputs and layers are C simulation's", arguments: names, [true, false])
  func equality(name: String, usesFastKernels: Bool) throws {
    try compare(Self.root + "/" + name, usesFastKernels: usesFastKernels)
  }

  private func compare(_ folder: String, usesFastKernels: Bool) throws {
    let graph = try HLS4ML.importModel(folder + "/project").graph
    var expected: [(id: TensorID, values: [Double])] = []
    if FileManager.default.fileExists(atPath: folder + "/trace.npz") {
      let trace = try NPZ.open(folder + "/trace.npz")
      for layer in trace.names {
        let id = try #require(graph.tensor(named: layer), "layer \(layer)")
        expected.append((id, try #require(try trace.read(layer).doubles())))
      }
    }
    for (index, id) in graph.outputs.enumerated() {
      let file = graph.outputs.count == 1 ? "output.npy" : "output\(index).npy"
      expected.append((id, try #require(try NPY.read(folder + "/" + file).doubles())))
    }
    let input = try #require(try NPY.read(folder + "/input.npy").doubles())
    let plan = try Plan(graph, on: HLSFixed(usesFastKernels: usesFastKernels))
    let runner = PlanRunner(plan, keeping: Set(expected.map(\.id)))
    let samples = input.count / graph[graph.inputs[0]].shape.count
    var wrong = 0
    for first in stride(from: 0, to: samples, by: runner.lanes) {
      let count = min(runner.lanes, samples - first)
      try runner.load(.values(input), first: first, count: count, into: graph.inputs[0])
      runner.run(usedLanes: count)
      for (id, values) in expected {
        guard case .fixed(let format) = graph[id].encoding else { continue }
        let elements = graph[id].shape.count
        try #require(values.count == samples * elements, "\(graph[id].name)")
        for lane in 0..<count {
          for (element, code) in runner.wideCodes(of: id, lane: lane).enumerated() {
            let wanted = values[(first + lane) * elements + element]
            if format.value(of: code) != wanted {
              wrong += 1
              if wrong <= 3 {
                Issue.record(
                  """
                  \(graph[id].name)[\(element)] of sample \(first + lane): \
                  \(format.value(of: code)), C simulation has \(wanted)
                  """)
              }
            }
          }
        }
      }
    }
    #expect(wrong == 0)
  }
}
