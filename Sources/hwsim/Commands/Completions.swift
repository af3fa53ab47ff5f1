import Arith
import ArgumentParser
import HWModel
import QuantGraph
import Schedules
import Search
import Sessions

/// Values that shells complete; looked up only when one asks.
extension CompletionKind {
  private static func words(_ list: @Sendable @escaping () -> [String]) -> CompletionKind {
    .custom { _, _, _ in list() }
  }

  /// Devices by id and alias.
  static var targets: CompletionKind { words { DeviceFamilies.current.library.names } }

  /// Number formats, an example of each family.
  static var formats: CompletionKind { words { FormatFamily.all.flatMap(\.examples) } }

  static var roundings: CompletionKind { words { CastModes.roundingNames } }

  static var overflows: CompletionKind {
    words { ["sat", "nosat"] + Overflow.allCases.map(\.rawValue) }
  }

  static var methods: CompletionKind { words { SearchMethod.allCases.map(\.rawValue) } }

  /// Metrics of single layers.
  static var metrics: CompletionKind { words { SensitivityMetric.allCases.map(\.rawValue) } }

  static var ties: CompletionKind { words { LayerTie.allCases.map(\.rawValue) + ["none"] } }
}
