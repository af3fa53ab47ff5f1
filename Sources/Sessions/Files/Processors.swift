import Glibc

/// The machine's cores.
public enum Processors {
  /// Cores that are switched on, at least 1.
  public static var count: Int { max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))) }
}
