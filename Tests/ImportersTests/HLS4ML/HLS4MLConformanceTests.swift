import Arith
import FoundationEssentials
import Importers
import QuantGraph
import TestSupport
import Testing

/// Graphs of the shared projects against what hls4ml itself says of each layer (case.json).
@Suite("hls4ml projects", .enabled(if: !HLSCase.all.isEmpty, "../shared is absent"))
struct HLS4MLConformanceTests {
  @Test("all shared cases are there")
  func count() {
    #expect(HLSCase.all.count >= 19)
  }

  @Test("layers, shapes and formats are hls4ml's own", arguments: HLSCase.all)
  func layers(shared: HLSCase) throws {
    let model = try importing(shared.project)
    let graph = model.graph
    for (name, layer) in shared.content.layers {
      let expected = try FixedPointFormat(name: layer.result)
      // Arrays are flat, so that hls4ml drops reshapes; a clone's results have the names of variables.
      if layer.class == "Reshape" { continue }
      if layer.class == "Clone" {
        let node = try #require(graph.nodes.first { $0.name == name })
        for output in node.outputs {
          #expect(graph[output].shape.extents == layer.shape)
          #expect(graph[output].encoding == .fixed(expected))
        }
        continue
      }
      let id = try #require(graph.tensor(named: name), "layer \(name)")
      let tensor = graph[id]
      #expect(tensor.shape.extents == layer.shape, "layer \(name)")
      #expect(tensor.encoding == .fixed(expected), "layer \(name)")
      if layer.class == "Input" {
        #expect(graph.inputs.contains(id))
        continue
      }
      let node = try #require(graph.nodes.first { $0.name == name })
      #expect(node.outputs == [id])
      #expect(node.origin?.hasPrefix("firmware/myproject.cpp:") == true)
      try check(node, against: layer, in: graph, reshapes: shared.content.layers)
    }
    #expect(graph.inputs.map { graph[$0].shape.extents } == shared.content.inputs)
    #expect(graph.outputs.map { graph[$0].shape.extents } == shared.content.outputs)
    #expect(model.info.ioType.rawValue == shared.content.io_type)
    #expect(model.info.backend == shared.content.backend)
    for name in shared.content.traced_layers {
      #expect(graph.tensor(named: name) != nil, "traced layer \(name)")
    }
  }

  @Test("the archive gives the graph of the project", arguments: HLSCase.all)
  func archive(shared: HLSCase) throws {
    guard let archive = shared.archive else { return }
    #expect(HLS4ML.isArchive(archive))
    let project = try importing(shared.project)
    let saved = try importing(archive)
    #expect(HLS4ML.difference(project.graph, saved.graph) == [])
    #expect(saved.info.form == .archive)
    #expect(saved.info.version == "1.3.0")
    #expect(saved.info.backend == project.info.backend)
    #expect(saved.info.part == project.info.part)
    #expect(saved.info.clockPeriod == project.info.clockPeriod)
    #expect(saved.info.ioType == project.info.ioType)
    #expect(saved.info.weightCount == project.info.weightCount)
  }

  @Test("all cases but one have an archive")
  func archives() {
    #expect(HLSCase.all.count { $0.archive != nil } >= 18)
  }

  private func check(
    _ node: Node, against layer: HLSCase.Description.Layer, in graph: Graph,
    reshapes: [String: HLSCase.Description.Layer]
  ) throws {
    var accumulation: Accumulation?
    switch node.operation {
    case .dense(let dense): accumulation = dense.accumulation
    case .convolution(let convolution): accumulation = convolution.accumulation
    case .pool(let pool):
      #expect(pool.accumulator == (try layer.accum_t.map { try FixedPointFormat(name: $0) }))
      return
    default:
      for (table, size) in [(layer.table_t, layer.table_size)] {
        guard case .activation(let activation) = node.operation, let table, let size else {
          continue
        }
        switch activation {
        case .elu(let lookup), .selu(let lookup), .sigmoid(let lookup), .tanh(let lookup),
          .softplus(let lookup), .softsign(let lookup):
          #expect(lookup.entry == (try FixedPointFormat(name: table)), "\(node.name)")
          #expect(lookup.size == size, "\(node.name)")
        default: break
        }
      }
      return
    }
    let found = try #require(accumulation, "\(node.name)")
    #expect(found.encoding == (try FixedPointFormat(name: layer.accum_t ?? "")), "\(node.name)")
    switch layer.strategy {
    case "resource": #expect(found.order == .reuse(factor: layer.reuse_factor ?? 0))
    default: #expect(found.order == .inputOrder)
    }
    for (index, type) in [(1, layer.weight_t), (2, layer.bias_t)] {
      let tensor = graph[node.inputs[index]]
      let format = try FixedPointFormat(name: type ?? "")
      switch tensor.encoding {
      case .fixed(let encoding): #expect(encoding == format, "\(node.name)")
      // case.json gives the exponent's type.
      case .powerOfTwo(let power): #expect(power.exponentBits == format.width, "\(node.name)")
      default: Issue.record("\(node.name): \(tensor.encoding)")
      }
    }
  }
}

/// The model at `path`; a failure of the import is printed with every problem.
func importing(_ path: String) throws -> HLS4MLModel {
  do throws(HLS4MLError) {
    return try HLS4ML.importModel(path)
  } catch {
    for diagnostic in error.diagnostics {
      Issue.record("\(diagnostic.location ?? ""): \(diagnostic.message)")
    }
    throw error
  }
}
