public import Documents

/// A word of the field or of this program, at length.
public struct Topic: Sendable {
  /// What is typed after `hwsim explain`.
  public let name: String
  /// In one line.
  public let title: String
  /// In lines of at most 100 characters.
  public let text: String

  init(_ name: String, _ title: String, _ text: String) {
    self.name = name
    self.title = title
    self.text = text
  }

  /// The topic of a word; nil where there is none.
  public static func named(_ name: String) -> Topic? { all.first { $0.name == name } }

  /// The entry of a document of `hwsim explain`; a word ends no command, so its exit code is null.
  public func json(withText: Bool) -> JSON {
    ManualEntry.json(name, title, exit: .null, text: withText ? text : nil)
  }

  /// Every topic, in the order of their names.
  public static let all: [Topic] = [
    Topic(
      "allocation", "which number format each layer takes",
      """
      An allocation gives layers formats for their weights, activations, sums and results, and choices
      of the hardware such as a reuse factor. hwsim search -o DIR writes one a point of the frontier;
      --allocation FILE applies it in run, check and estimate. Its layers may be named in full, in
      short, by number or by patterns ('conv*'). hwsim schema allocation has the layout.
      """),
    Topic(
      "arena", "the terms of SRAM in estimates of microcontrollers",
      """
      head        activations and scratch buffers where the runtime's planner puts them. For TensorFlow
                  Lite Micro the plan is computed by its own rules and is exact.
      persistent  what the interpreter keeps for each node and tensor, by the sizes of its structures.
      runtime     the program's own variables and stack: an estimate.
      liveness    the least that any plan needs: the largest sum of what is alive at one step.
      A model that does not fit often does with other bits, other layers or patches (--patch auto).
      """),
    Topic(
      "bits", "w4a8 and other short forms of formats",
      """
      w4a8 is 4 bits for weights and 8 for activations; w4g32a8 has a scale for every 32 weights, w4ua8
      filters of unequal widths, kv4 a cache of 4 bits. w8a8p16: sums of 16 bits. A slash names formats:
      e4m3/e5m2 are weights/activations. hwsim explain space.candidate has every form.
      """),
    Topic(
      "datapath", "the rules that a model is computed by",
      """
      hls-fixed         hls4ml projects: fixed point as the C simulation computes it.
      tflite-reference  LiteRT's reference kernels.       tflm  TensorFlow Lite Micro's.
      onnx-integer      QDQ networks in integers.         onnx-reference  node by node, in float32.
      qonnx             QONNX's executor.                 dyadic  multipliers m / 2^s.
      fake-quantized    float networks whose layers have formats.
      tensor-core       products as a GPU's tensor cores compute them (--target a100).
      hwsim formats --operators --datapath NAME lists what each computes.
      """),
    Topic(
      "frontier", "the points that no other point beats",
      """
      A point is on the frontier (Pareto frontier) where no other has a better quality at no more cost,
      in all objectives. Points whose difference in quality is below what the samples can tell apart are
      marked with ~. hwsim report DIR/search.json -o report.html draws it.
      """),
    Topic(
      "knee", "the point of a frontier after which gains get small",
      """
      The knee is the point farthest from the straight line between the frontier's two ends, quality and
      cost each scaled to 0 to 1. It is a place to begin, no proof of a best trade: a budget
      (--budget size=20KiB) says what you need.
      """),
    Topic(
      "liveness", "when a tensor takes memory",
      """
      A tensor is alive from the step that writes it to the last one that reads it. What is alive
      together has to fit; the step with the largest sum is the peak, and estimate names it. Views
      (reshape) share the memory of what they show.
      """),
    Topic(
      "loss", "what a search minimises without labels",
      """
      With labels the loss is the cross entropy of the classes. Without labels it is measured against the
      model as it is: by the Kullback-Leibler divergence of its outputs (kl), so 0 means the same
      distribution; a network of one output has the squared error. --objective accuracy needs labels.
      """),
    Topic(
      "patches", "running a network's first layers tile by tile",
      """
      The first layers take the most memory, since their images are large. Run tile by tile, only a tile
      of each image is alive; tiles overlap (the halo), and what overlaps is computed again. Codes are
      the same. estimate --patch auto finds the cheapest schedule that fits, --patch N --split-after B
      takes N x N tiles up to block B.
      """),
    Topic(
      "sensitivity", "how much the quality suffers where one layer gets fewer bits",
      """
      A search ranks candidates by a metric of single layers first (--sensitivity, default kl on the
      calibration samples) and then runs whole allocations: what it prints was run. hwsim search --help
      lists the metrics; a file of scores takes their place.
      """),
    Topic(
      "verdicts", "what check says, and its exit code",
      """
      BIT-EXACT          every value compared is equal; exit code 0.
      EXACT AS PRINTED   equal in every digit that the log has (six, of a C simulation); exit code 0.
      WITHIN             no further off than --tolerance, or than the order of float32 sums or the last
                         places of floats explain; the text says which; exit code 0.
      MISMATCH           exit code 1; the first layer that differs, the elements and, with --explain
                         full, causes that would give exactly the observed values.
      """),
  ]
}
