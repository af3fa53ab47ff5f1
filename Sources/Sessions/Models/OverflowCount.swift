package import Arith
package import HWModel
package import QuantGraph

/// Overflows and roundings of every layer over some of the samples of a check.
package struct OverflowCount {
  package struct Entry {
    package let node: String
    /// `accumulator` or `result`.
    package let object: String
    /// Result values affected.
    package let values: Int
    /// Bits that the largest value needed; nil where that is not counted.
    package let bitsNeeded: Int?
    /// Bits that the type has.
    package let bits: Int
  }

  package let entries: [Entry]
  /// Samples looked at; 0 if the inputs cannot be read twice, or the rules have no events.
  package let samples: Int

  /// Nothing counted.
  package static let none = OverflowCount()

  private init() { (entries, samples) = ([], 0) }

  /// Products that counting may cost where all is well, about 30 ms, and where it is not, half a
  /// second.
  private static let workLimit = (match: 250_000, mismatch: 4_000_000)

  /// Counts over the first samples, as many as cost little.
  ///
  /// - Throws: a ``Failure`` if the inputs cannot be read again.
  package init(_ data: CheckData, plan: Plan, check: Check, result: CheckResult) throws(Failure) {
    guard data.canReopen, result.samples > 0, let rules = plan.rules as? any CountsEvents else {
      (entries, samples) = ([], 0)
      return
    }
    let counter: any EventCounting
    do throws(DatapathError) {
      counter = try rules.eventCounter(plan)
    } catch {
      throw Failure("datapath.unsupported", "the graph cannot be counted: \(error)")
    }
    let limit = result.verdict == .mismatch ? Self.workLimit.mismatch : Self.workLimit.match
    let wanted = max(1, min(result.samples, limit / max(counter.workPerSample, 1), 512))
    var values: [TensorValues] = []
    var count = wanted
    for (id, source) in try data.inputs.open(data.model) {
      do throws(Diagnostic) {
        let block = try source.next(wanted)
        count = min(count, block.count / max(data.model.graph[id].shape.count, 1))
        values.append(block)
      } catch {
        throw Failure(error)
      }
    }
    let events: [NodeEvents]
    do throws(InputError) {
      events = try counter.count(values, samples: count, wrapsCodes: check.wrapsCodes)
    } catch {
      throw Failure(Diagnostic(error))
    }
    samples = count
    entries = zip(plan.graph.nodes, events).flatMap { Self.entries(of: $0, $1, in: plan.graph) }
  }

  private static func entries(
    of node: Node, _ events: NodeEvents, in graph: Graph
  ) -> [Entry] {
    var list: [Entry] = []
    if events.overflowedAccumulations > 0, let accumulator = node.operation.accumulator {
      list.append(
        Entry(
          node: node.name, object: "accumulator", values: events.overflowedAccumulations,
          bitsNeeded: events.accumulatorBitsNeeded > 0 ? events.accumulatorBitsNeeded : nil,
          bits: accumulator.width))
    }
    if events.overflowedResults > 0, let id = node.outputs.first,
      case .fixed(let format) = graph[id].encoding
    {
      list.append(
        Entry(
          node: node.name, object: "result", values: events.overflowedResults,
          bitsNeeded: events.resultBitsNeeded, bits: format.width))
    }
    return list
  }
}

extension QuantGraph.Operator {
  /// The type that sums are kept in; nil for operators without sums, or where the datapath decides.
  package var accumulator: FixedPointFormat? {
    switch self {
    case .dense(let dense): dense.accumulation?.encoding
    case .convolution(let convolution), .transposedConvolution(let convolution):
      convolution.accumulation?.encoding
    case .pool(let pool): pool.accumulator
    case .softmax(let softmax): softmax.accumulator
    case .dot(let accumulation): accumulation?.encoding
    default: nil
    }
  }
}
