package import Documents
import FoundationEssentials
import HWModel
package import Importers
package import QuantGraph
package import Schedules

/// Estimates of a transformer that is known by its configuration alone: a row for each target, widths,
/// size and phase.
package struct TransformerSchedules {
  /// One pass on one target.
  package struct Row {
    package let target: String
    package let bits: String?
    package let sizes: [String: Int]
    package let phase: String
    package let schedule: Schedule
  }

  package let path: String
  package let configuration: TransformerConfiguration
  package private(set) var rows: [Row] = []

  /// - Returns: nil if the path is no configuration of a transformer, by content.
  /// - Throws: a ``Failure`` if it is one that cannot be used.
  package init?(path: String) throws(Failure) {
    var isFolder = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else { return nil }
    let file = isFolder ? path + "/config.json" : path
    guard FileManager.default.fileExists(atPath: file) else { return nil }
    let prefix = try InputRecord.prefix(of: file, count: 64)
    guard prefix.first(where: { ![0x20, 0x0A, 0x0D, 0x09].contains($0) }) == UInt8(ascii: "{")
    else {
      return nil
    }
    self.path = file
    let bytes = try TargetChoice.contents(file)
    do throws(TransformerError) {
      configuration = try TransformerConfiguration(parsing: bytes)
    } catch {
      guard isFolder, case .noFamily = error else { throw Failure(error.diagnostic) }
      return nil
    }
  }

  /// Adds the rows of one target.
  ///
  /// - Throws: a ``Failure`` for devices that do not run transformers, sizes and widths that cannot be.
  package mutating func add(
    _ choice: TargetChoice, options: DeviceOptions, widths: [BitsOption], sizes: [[String: Int]]
  ) throws(Failure) {
    let id = choice.description.id
    guard let device = try choice.device(options) as? any SchedulesTransformers else {
      throw Failure(
        "estimate.unsupported-op", "'\(id)' has no rule for a transformer without a graph",
        at: path, remedy: "take a target of family bitserial: hwsim targets lists them.")
    }
    for sizes in sizes {
      let shapes: TransformerShapes
      do throws(TransformerError) {
        shapes = try configuration.shapes(TransformerRun(sizes: sizes))
      } catch {
        throw Failure(error.diagnostic)
      }
      let choices = widths.isEmpty ? [nil] : widths.map(Optional.some)
      for option in choices {
        let bits = TransformerBits(weights: option?.weights, activations: option?.activations)
        for phase in shapes.workload.phases {
          do throws(DeviceProblems) {
            rows.append(
              Row(
                target: id, bits: option?.text, sizes: sizes, phase: phase.name,
                schedule: try device.schedule(
                  phase, of: shapes.workload, bits: bits, byProduct: [:])))
          } catch {
            throw Failure(error, file: path)
          }
        }
      }
    }
  }

  private static let keys = ["cycles", "latency_seconds", "energy_joules", "dram_bytes"]

  package var table: Table {
    var table = Table([
      .text("target", isFlexible: true), .text("bits"), .text("phase"), .number("cycles"),
      .number("time"), .number("energy"), .number("DRAM"), .text("bound"),
    ])
    for row in rows {
      let cost = row.schedule.cost
      func cell(_ key: String) -> Table.Cell {
        guard let total = cost[key] else { return Table.Cell("-", plain: "") }
        return Table.Cell(
          Amounts.text(total.value, unit: total.quantity.unit), plain: "\(total.value)")
      }
      var cells: [Table.Cell] = [
        Table.Cell(row.target), Table.Cell(row.bits ?? "target's"), Table.Cell(row.phase),
      ]
      for key in Self.keys { cells.append(cell(key)) }
      cells.append(Table.Cell(row.bound))
      table.append(cells)
    }
    return table
  }

  package var json: JSON { ["rows": .array(rows.map(json))] }

  private func json(_ row: Row) -> JSON {
    var members: [JSON.Member] = []
    func add(_ key: String, _ value: JSON) { members.append(JSON.Member(key: key, value: value)) }
    add("target", .string(row.target))
    add("bits", .optional(row.bits))
    for name in row.sizes.keys.sorted() { add(name, .optional(row.sizes[name])) }
    add("phase", .string(row.phase))
    for key in Self.keys {
      let total = row.schedule.cost[key]
      add(key, total.map { JSON.number($0.value) } ?? .null)
    }
    add("bound", .string(row.bound))
    add("layers", .array(row.schedule.steps.map(Self.layer)))
    return .object(members)
  }

  private static func layer(_ step: Schedule.Step) -> JSON {
    var members: [JSON.Member] = [
      .init(key: "name", value: .string(step.name)), .init(key: "bound", value: .string(step.path)),
    ]
    for (quantity, term) in step.terms.sorted(by: { $0.key.key < $1.key.key }) {
      members.append(.init(key: quantity.key, value: .number(term.value)))
    }
    return .object(members)
  }
}

extension TransformerSchedules.Row {
  /// Whether computing or DRAM takes most of the cycles.
  package var bound: String {
    var cycles: [String: Double] = [:]
    for step in schedule.steps { cycles[step.path, default: 0] += step.terms[.cycles]?.value ?? 0 }
    return (cycles["dram"] ?? 0) > (cycles["compute"] ?? 0) ? "dram" : "compute"
  }
}
