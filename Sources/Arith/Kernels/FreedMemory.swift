internal import CKernels

/// What becomes of memory that the process frees.
public enum FreedMemory {
  /// Keeps up to 64 MiB of it.
  ///
  /// Arrays of the same sizes come and go, and fresh pages cost more than what is written to them.
  /// Blocks of more than 32 MiB, the most that glibc allows, go back.
  public static func keep() { hwsim_keep_freed_memory(64 << 20, 32 << 20) }
}
