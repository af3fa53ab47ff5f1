import ArgumentParser
import Documents
import Importers

/// Options of transformers: sizes of a run, and what is counted.
struct TransformerArguments: ParsableArguments {
  @Option(help: .init("Transformers: sequences at once (default: 1).", valueName: "N"))
  var batch: Int?

  @Option(help: .init("Tokens of a prefill (default: the family's).", valueName: "N"))
  var sequence: Int?

  @Option(help: .init("Side of a diffusion model's latent image.", valueName: "N"))
  var latent: Int?

  @Option(help: .init("Tokens of a diffusion model's text.", valueName: "N"))
  var textTokens: Int?

  @Option(help: .init("Tokens of an image in a text.", valueName: "N"))
  var imageTokens: Int?

  @Option(help: .init("Frames of sound.", valueName: "N"))
  var frames: Int?

  @Option(help: .init("Tokens of the decoder's prefill.", valueName: "N"))
  var decoderSequence: Int?

  @Option(help: .init("Side of an image in pixels.", valueName: "N"))
  var image: Int?

  @Option(
    help: .init(
      "Pairs that attention is counted for: square (the whole matrix) or causal.",
      valueName: "PAIRS"), transform: { try TransformerArguments.choice($0) })
  var attention: TransformerRun.Attention?

  @Option(
    help: .init(
      "How a decode step meets latent caches: naive or absorbed.", valueName: "FORM"),
    transform: { try TransformerArguments.choice($0) })
  var mla: TransformerRun.LatentAttention?

  @Option(
    help: .init("Positions of a prefill with logits: all or last.", valueName: "POSITIONS"),
    transform: { try TransformerArguments.choice($0) })
  var logits: TransformerRun.Logits?

  @Option(
    help: .init(
      "Format of cached keys and values: bfloat16, float16, fp8, or kvN[,group=G][,key=channel]"
        + "[,outliers=F] for N bits (default: bfloat16).", valueName: "FORM"))
  var cache: String?

  var run: TransformerRun {
    let given = [
      "batch": batch, "sequence": sequence, "latent": latent, "text_tokens": textTokens,
      "image_tokens": imageTokens, "frames": frames, "decoder_sequence": decoderSequence,
      "image": image,
    ]
    return TransformerRun(
      sizes: given.compactMapValues { $0 }, attention: attention ?? .square,
      latentAttention: mla ?? .naive, logits: logits ?? .all)
  }

  private static func choice<Choice: RawRepresentable & CaseIterable>(
    _ text: String
  ) throws -> Choice where Choice.RawValue == String {
    guard let choice = Choice(rawValue: text) else {
      let known = Choice.allCases.map(\.rawValue).joined(separator: ", ")
      throw ValidationError("'\(text)' is none of \(known).")
    }
    return choice
  }

  /// Whether any of them was given.
  var isEmpty: Bool {
    run == TransformerRun() && attention == nil && mla == nil && logits == nil && cache == nil
  }

  /// The options as the envelope's `arguments` have them.
  var json: JSON {
    let run = run
    let sizes = TransformerRun.sizeNames.compactMap { name in
      run.sizes[name].map { JSON.Member(key: name, value: .integer($0)) }
    }
    return .object(
      sizes + [
        .init(key: "attention", value: .string(run.attention.rawValue)),
        .init(key: "mla", value: .string(run.latentAttention.rawValue)),
        .init(key: "logits", value: .string(run.logits.rawValue)),
        .init(key: "cache", value: .string(cache ?? "bfloat16")),
      ])
  }
}

/// Sizes of a transformer's cache, for commands that need no others.
struct TransformerRunOptions: ParsableArguments {
  @Option(help: .init("Transformers: sequences in the cache (default: 1).", valueName: "N"))
  var batch: Int?

  @Option(help: .init("Tokens of each in the cache.", valueName: "N"))
  var sequence: Int?

  var run: TransformerRun {
    TransformerRun(sizes: ["batch": batch, "sequence": sequence].compactMapValues { $0 })
  }
}
