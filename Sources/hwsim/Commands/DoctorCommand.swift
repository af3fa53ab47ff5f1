import ArgumentParser
import Arith
import Documents
import HWModel
import Manual
import QuantGraph
import Schedules
import Sessions

/// `hwsim doctor`: what this program is and runs on, for a report of a mismatch.
struct DoctorCommand: ReportingCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor",
    abstract: "Says what this program runs on: kernels, threads, cache, devices, settings.",
    usage: "hwsim doctor [options]",
    discussion: """
      A report of a mismatch is complete with this, the command and its files. Exit code 1: something
      is wrong, and the line says what.

      EXAMPLES:
        hwsim doctor
        hwsim doctor --json-file doctor.json
      """)

  @OptionGroup(title: "Output") var outputOptions: OutputOptions
  @OptionGroup(visibility: .hidden) var watching: ProgressOptions
  @OptionGroup(title: "Output") var table: WholeTableOptions

  var asksCSV: Bool { table.csv }

  private struct Line {
    let name: String
    let value: String
    /// What is wrong; nil for nothing.
    var problem: String?
  }

  func report(_ session: Session) throws(Failure) -> Report {
    let lines = [
      Line(name: "version", value: ResultVersion.tool), kernels,
      Line(name: "threads", value: "\(Processors.count)"), cache, targets, settings,
      Line(name: "columns", value: "\(StandardStream.output.width)"),
    ]
    var rows = Table([.text("what"), .text("value", isFlexible: true), .text("problem")])
    for line in lines {
      rows.append([.init(line.name), .init(line.value), .init(line.problem ?? "")])
    }
    let isGood = lines.allSatisfy { $0.problem == nil }
    return Report(
      schema: "doctor", arguments: [:],
      result: [
        "healthy": .bool(isGood),
        "facts": .array(
          lines.map {
            [
              "name": .string($0.name), "value": .string($0.value),
              "problem": .optional($0.problem),
            ]
          }),
      ], status: isGood ? .yes : .no, table: rows
    ) { style in
      lines.map { line in
        let name = line.name + String(repeating: " ", count: max(10 - line.name.count, 1))
        return name + line.value + (line.problem.map { "   \(style.bad($0))" } ?? "") + "\n"
      }.joined()
    }
  }

  private var kernels: Line {
    let wanted = environment("HWSIM_KERNEL")
    let path = KernelPath.current.rawValue
    let isKnown = wanted.map { KernelPath(rawValue: $0) != nil } ?? true
    return Line(
      name: "kernels", value: path + (wanted == nil ? "" : " (HWSIM_KERNEL)"),
      problem: isKnown
        ? nil
        : "HWSIM_KERNEL=\(wanted ?? "") is none of "
          + KernelPath.allCases.map(\.rawValue).joined(separator: ", "))
  }

  private var cache: Line {
    guard let folder = SensitivityCacheFolder(nil, isOff: false) else {
      return Line(name: "cache", value: "none: HOME is not set")
    }
    return Line(name: "cache", value: folder.path)
  }

  private var targets: Line {
    do throws(Failure) {
      let count = try TargetsAnswer(DeviceFamilies.current).json["targets"]?.elements?.count ?? 0
      return Line(name: "devices", value: Quantity.count(count))
    } catch {
      return Line(
        name: "devices", value: "unreadable", problem: error.problems.first?.message ?? "")
    }
  }

  private var settings: Line {
    do throws(Failure) {
      guard Configuration.hasFiles(explicit: nil) else {
        return Line(name: "settings", value: "no hwsim.json here")
      }
      let loaded = try Configuration.load(explicit: nil)
      return Line(name: "settings", value: loaded.files.joined(separator: ", "))
    } catch {
      return Line(
        name: "settings", value: "hwsim.json", problem: error.problems.first?.message ?? "")
    }
  }
}
