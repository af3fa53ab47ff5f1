internal import CKernels

/// What becomes of memory that the process frees.
public enum FreedMemory {
  /// Keeps up to 64 MiB of it.
  ///
  /// Arrays of the same sizes come and go, and fresh pages cost more than what is written to them.
  /// Blocks of more than 32 MiB, the most that glibc allows, go back.
  public static func keep() { hwsim_keep_freed_memory(64 << 20, 32 << 20) }

  /// Gives back blocks of 128 KiB and more as soon as they are freed, and what is free at the end.
  ///
  /// Beside networks of many megabytes holes of such blocks take more memory than is in use.
  public static func giveBack() { hwsim_keep_freed_memory(128 << 10, 128 << 10) }
}
