internal import CKernels
#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// Which implementation the hot kernels use.
///
/// The environment variable `HWSIM_KERNEL` forces one, so that tests can run them all; a path that
/// the processor lacks falls back to the best one it has.
public enum KernelPath: String, CaseIterable, Sendable {
  /// The definitions in Swift.
  case plain
  /// Portable C.
  case portable
  case avx2
  /// AVX-512 with VNNI where a kernel has a use for it.
  case vnni
  /// AVX-512 with vector population count where a kernel has a use for it.
  case vpopcnt

  /// The path in force, read once.
  public static let current: KernelPath = {
    guard let text = getenv("HWSIM_KERNEL") else { return best }
    let name = String(cString: text)
    return KernelPath(rawValue: name) ?? best
  }()

  /// The fastest path of this processor.
  private static let best: KernelPath =
    switch hwsim_lanes_best_path() {
    case 2: .vnni
    case 1: .avx2
    default: .portable
    }

  /// Whether the environment names a path.
  static let isForced = getenv("HWSIM_KERNEL") != nil

  /// The byte products' number for this path, never above what the processor has.
  var products: Int32 {
    switch self {
    case .plain, .portable: return 0
    case .avx2:
      return KernelPath.isForced || self != .current
        ? min(1, KernelPath.bestProducts) : KernelPath.bestProducts
    case .vnni, .vpopcnt: return KernelPath.bestProducts
    }
  }

  private static let bestProducts = hwsim_gemm_best_path()

  /// The row kernels' number for this path, never above what the processor has.
  var lanes: Int32 {
    let wanted: Int32 =
      switch self {
      case .plain, .portable: 0
      case .avx2: 1
      case .vnni, .vpopcnt: 2
      }
    return min(wanted, hwsim_lanes_best_path())
  }

  /// The bit-plane kernels' number for this path, never above what the processor has.
  var bits: Int32 {
    let best = hwsim_bits_best_path()
    guard KernelPath.isForced || self != .current else { return best }
    let wanted: Int32 =
      switch self {
      case .plain, .portable: 0
      case .avx2: 1
      case .vnni, .vpopcnt: 2
      }
    return min(wanted, best)
  }
}
