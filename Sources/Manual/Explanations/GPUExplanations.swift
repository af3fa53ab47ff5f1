extension Explanation {
  static let gpus: [Explanation] = [
    Explanation(
      "gpu.format", "no configuration of formats has this name",
      """
      w4a16, w8a8, w4a8 and so on say bits of weights and activations; fp8, fp8-block and nvfp4 are
      floating point; kv8 or kv4 behind one is the cache. Tables of matrix products name them W4A16,
      FP8, FP8B, NVFP4.
      """),
    Explanation(
      "gpu.no-path", "the GPU has no kernel path for this format",
      """
      A path is native (the tensor cores take the operands as they are), converted (weights are turned
      into a wider format inside the kernel) or emulated (single-bit products of planes). INT4 is
      refused on Hopper and Blackwell, whose instructions have none, FP8 before Ada, and INT8 where
      the peak is a fraction of the others'. hwsim targets ID lists the paths.
      """),
    Explanation(
      "gpu.missing-fact", "the description of the GPU lacks a number that the estimate needs",
      """
      Facts that no source establishes are left out of shipped descriptions instead of being guessed.
      Write a file with "base": "ID" and the number with its source, and name it with --target.
      """),
    Explanation(
      "gpu.extent", "an extent of a matrix product is impossible",
      """
      Rows of --gemms have m, n and k of D[m,n] = A[m,k] * W[n,k]^T, whole numbers from 1 to 2^31.
      """),
    Explanation(
      "gpu.size", "sizes of the model and the batch are beyond what can be counted",
      """
      The cache has batch * sequence * layers numbers and more; ask for fewer sequences or tokens.
      """),
  ]
}
