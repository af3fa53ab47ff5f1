#if DEBUG
  import FoundationEssentials
  @testable import HWModel
  import Importers
  import QuantGraph
  import TestSupport
  import Testing

  /// Networks with float sums before quantizers: Tests/Fixtures/onnx_order, written by `make.py` there.
  @Suite("What the order of float sums can do")
  struct OrderBoundTests {
    static let folder = SharedData.packageRoot + "/Tests/Fixtures/onnx_order"

    static let names: [String] = {
      let files = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
      return files.filter { $0.hasSuffix(".onnx") }.map { String($0.dropLast(5)) }.sorted()
    }()

    /// Operators that make a bound or carry one to their results, each in one of the networks.
    static let carriers: Set<String> = [
      "MatMul", "Conv2D", "QuantizeLinear", "DequantizeLinear", "DynamicQuantizeLinear",
      "MatMulInteger", "Cast", "Multiply", "Add", "ReLU", "Softmax", "Resize", "Greater",
      "Select",
    ]

    private func numbers(_ array: NDArray) -> [Double] {
      switch array.storage {
      case .float32(let values): values.map(Double.init)
      default: (array.integers() ?? []).map(Double.init)
      }
    }

    @Test("the networks are there, and every operator that carries a bound is in one")
    func carriers() throws {
      #expect(Self.names.count == 8)
      var found: Set<String> = []
      for name in Self.names {
        let run = try ArrayCase(Self.folder + "/" + name).run(on: ONNXReferenceDatapath())
        found.formUnion(run.plan.graph.nodes.map(\.operation.name))
      }
      #expect(Self.carriers.subtracting(found).isEmpty, "\(Self.carriers.subtracting(found))")
    }

    @Test(
      "other orders of sums are within bounds that tell something, a changed weight is not",
      arguments: names)
    func bothDirections(name: String) throws {
      let recorded = try ArrayCase(Self.folder + "/" + name)
      let datapath = ONNXReferenceDatapath()
      let run = try recorded.run(on: datapath, trace: true)
      let id = run.read.graph.outputs[0]
      let own = try #require(run.codes(id)).stored(run.plan.graph[id])
      let span = max((own.max() ?? 0) - (own.min() ?? 0), own.map(abs).max() ?? 0)
      var bounds: [[Double]] = []
      for growth in [OrderBound.Growth.worst, .likely] {
        let order = OrderBound(run.plan.graph, on: datapath, growth: growth, observed: [:]) {
          run.codes($0)
        }
        let bound = try #require(order.bound(of: id))
        #expect(bound.allSatisfy { $0 <= span * RoundingReport.tellingBound }, "\(name)")
        #expect(order.tips.allSatisfy { $0.codes.isFinite })
        bounds.append(bound)
        let right = (0..<6).compactMap { recorded.array("right\($0)") }
        #expect(!right.isEmpty)
        for expected in right {
          let other = numbers(expected)
          try #require(other.count == own.count)
          for index in own.indices {
            #expect(abs(own[index] - other[index]) <= bound[index], "\(name) [\(index)]")
          }
        }
        let wrong = numbers(try #require(recorded.array("wrong0")))
        let beyond = own.indices.count { abs(own[$0] - wrong[$0]) > bound[$0] }
        #expect(beyond > 0, "\(name)")
      }
      #expect(zip(bounds[0], bounds[1]).allSatisfy { $0 >= $1 }, "independent errors reach farther")
    }
  }
#endif
