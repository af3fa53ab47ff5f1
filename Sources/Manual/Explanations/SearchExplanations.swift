extension Explanation {
  /// Codes of allocation problems, search spaces, costs and studies.
  static let search: [Explanation] = allocations + spaces + studies + searches

  private static let allocations: [Explanation] = [
    Explanation(
      "allocation.table", "a problem table that cannot be read",
      """
      The file is not JSON, a key is missing, or a value has another type than the layout asks for; the
      key path says where. Layouts: a list of {id, layers: [{loss, costs}], ties, budgets}, the same
      with cost_names and objectives instead of budgets for frontiers, or one object with options_bits,
      layers, ties, loss, costs and problems as the published HAWQV3 programs have it.
      """),
    Explanation(
      "allocation.empty", "an allocation problem without layers, or a layer without options",
      """
      There is nothing to choose from: every problem needs a layer, and every layer an option with its
      loss and costs.
      """),
    Explanation(
      "allocation.cost-count", "more costs than are supported, or layers with different costs",
      """
      Every layer of a problem has the same costs, at most three. Costs without a budget that are no
      objective can be left out.
      """),
    Explanation(
      "allocation.option-count", "a cost has not one value an option",
      """
      The loss list of a layer says how many options it has; every cost of that layer needs as many
      values, in the same order.
      """),
    Explanation(
      "allocation.not-finite", "a loss or cost is NaN or infinite",
      """
      Sums with such numbers mean nothing, so the problem is refused instead of a number being changed
      in silence. An option that is not possible is left out of its layer; a measurement that failed is
      made again.
      """),
    Explanation(
      "allocation.too-large", "numbers too large to be summed",
      """
      The sum over layers of the largest magnitudes is beyond 1e300 and could overflow. A larger unit
      (kilobytes for bytes) makes the numbers smaller.
      """),
    Explanation(
      "allocation.budget-count", "budgets and costs do not go together",
      """
      A problem has one budget a cost, or none at all where a frontier is asked for. Methods that fill
      a budget need one.
      """),
    Explanation(
      "allocation.budget", "a budget that is no limit",
      """
      NaN and minus infinity cannot be met or missed. Infinity stands for a cost without a limit.
      """),
    Explanation(
      "allocation.tie", "a tie group that cannot hold",
      """
      Tied layers take the same option, so they need the same number of options, and every index of a
      group must be a layer of the problem, counted from 0.
      """),
    Explanation(
      "allocation.fixed", "a fixed option that cannot hold",
      """
      A fixed layer names an option that it does not have, a layer that does not exist, or two tied
      layers are fixed at different options.
      """),
    Explanation(
      "allocation.objectives", "objectives that the problem does not have",
      """
      A frontier is over one to four different quantities: the loss and costs of the table, each named
      once.
      """),
    Explanation(
      "allocation.setting", "a setting of a method is too small",
      """
      The message names the setting and the least value with which the method is defined.
      """),
    Explanation(
      "allocation.state-limit", "the exact method gave up",
      """
      The proof needs more partial allocations in memory than are kept. The message gives the best loss
      found and a proven lower bound where they exist. Fewer options, coarser costs or fewer objectives
      make a problem smaller.
      """),
    Explanation(
      "allocation.cancelled", "the exact method was stopped",
      """
      The time limit ended before the proof was complete. A longer --time-limit, or a smaller problem,
      lets it finish.
      """),
  ]

  private static let spaces: [Explanation] = [
    Explanation(
      "space.empty", "nothing whose formats could be chosen",
      """
      A search chooses the formats of layers with constant weights: convolutions, dense layers, matrix
      products. The model has none.
      """),
    Explanation(
      "space.name", "an unknown space", status: .usage,
      """
      w_only varies weights alone, with inputs of 8 bits; wa_same gives a layer's weights and input
      the same bits; wa_free chooses both apart. Anything else is the path of a space file.
      """),
    Explanation(
      "space.ties", "an unknown rule for tied layers", status: .usage,
      """
      Rules that find layers which take the same formats: shared-input (readers of one tensor),
      residual (readers of one residual stream), depthwise (a depthwise convolution and its
      neighbours), qkv, gate-up and experts (by names, as transformer runtimes fuse them), or none.
      """),
    Explanation(
      "space.candidate", "a text that names no candidate",
      """
      A candidate says the formats of a layer's weights and input:

        w4a8, w4                  integers of 4 and 8 bits; weights alone
        w4g32a8, w4g32            a half-precision scale for every 32 weights of a filter
        w4ua8, w4u                filters of 3, 4 and 5 bits, 4 in the mean (3 to 15)
        w8a8p16, w4g32a8p16       sums in two's complement of 16 bits that wraps
        mxfp4/mxfp8, int4/uint8   weights/input by formats; float leaves one as it is
        int8/uint8/int16          weights/input/sums
        w4g32/e4m3                groups or unequal filters with another input
        e4m3, nvfp4, float        one format for both, or none
        bitmod<4>/float           BitMoD's groups of weights, each with the list that fits best
        w8a8+bit-flip<3,32>       integer weights rewritten: 3 zero columns in groups of 32 (BitWave)
        model+rounded-average<2>  the model's own weights rewritten (BBS; zero-point-shift<2,32,6> too)

      hwsim formats lists the formats. Blocks (mx, nvfp4, bfp) run along the depth of a filter and along
      the channels of the input; they end with the filter or position.
      """),
    Explanation(
      "space.candidates", "a layer without candidates, or with one twice",
      """
      Every layer needs at least one candidate, and each only once. A fixed layer has exactly one.
      """),
    Explanation(
      "search.point", "a result has no such point",
      """
      Points have the ids of the search's table (A, B, ...); knee is the one that is marked >. The result
      is search.json in the folder that -o names, or in the current one.
      """),
    Explanation(
      "space.unmatched", "a name or pattern that matches no layer, or the beginning of several",
      """
      Layers are named in full, in short (as tables print them), by their number in hwsim inspect, by
      a beginning that no other has, or by a pattern: * stands for any text and ? for one character. A
      pattern without a match is most likely misspelt, so it is an error and not ignored.
      """),
    Explanation(
      "space.tie-split", "a pattern treats tied layers differently",
      """
      Tied layers take the same candidate, so a rule must give all of a group the same candidates or
      none. Cover the whole group with the pattern, or free layers with "untied" in the space file or
      --ties none.
      """),
    Explanation(
      "space.fixed", "a layer is fixed at a candidate that it lacks",
      """
      The message lists the candidates of the layer.
      """),
    Explanation(
      "space.file", "a space file that is not as its layout says",
      """
      One JSON object: {"schema": "hwsim.space/1", "candidates": ["w4a8", "w8a8"], "tie_rules":
      ["residual"], "ties": [["conv1", "conv3"]], "untied": ["fc*"], "rules": [{"layers": "fc*",
      "candidates": ["w8a8"]}, {"layers": "conv1", "fixed": "w8a8"}, {"layers": "head",
      "unchanged": true}]}. Only schema and candidates are needed; later rules win; unknown keys are
      errors.
      """),
    Explanation(
      "cost.table", "a cost table that is not as its layout says",
      """
      One JSON object: {"schema": "hwsim.cost-table/1", "name": "latency_seconds", "unit": "s", "base":
      0, "error_percent": 3.5, "layers": {"conv1": {"w4a8": 1.2e-3, "w8a8": 2e-3}}, "conversions":
      {"w4a8>w8a8": 1e-5}}. base counts once; conversions count between neighbouring layers.
      """),
    Explanation(
      "cost.missing", "a cost table lacks a layer or a candidate",
      """
      Every layer of the network needs a number for each of its candidates, fixed layers included.
      Nothing is guessed for what was not measured.
      """),
    Explanation(
      "cost.unsupported", "a target has no cost for an allocation",
      """
      The schedule of the target has no rule for one of the formats. Leave the candidate out, or
      choose another target or objective.
      """),
  ]

  private static let studies: [Explanation] = [
    Explanation(
      "study.unreadable", "a study cannot be read", status: .noInput,
      """
      The file is missing, not readable, or larger than 2 GiB.
      """),
    Explanation(
      "study.not-written", "a study cannot be written", status: .noOutput,
      """
      Every evaluation is appended and flushed to the disk before the next one counts. The disk is full
      or the folder is not writable. What was appended before is kept.
      """),
    Explanation(
      "study.in-use", "two processes and one study", status: .noOutput,
      """
      A study has one writer at a time. Independent machines take a --shard and a study each, and
      --merge joins them.
      """),
    Explanation(
      "study.damaged", "a line of a study is no evaluation",
      """
      The last line of a study may be cut off by a power cut or a kill and is then dropped. Any other
      line that does not fit was changed after it was written. Deleting it loses one evaluation, which
      is made again.
      """),
    Explanation(
      "study.changed", "a study was made under other settings",
      """
      A study goes on only with the model, data, space, method, objectives, sensitivity and seed that
      it was begun with: otherwise its scores would stand beside others that mean something else. The
      number of evaluations and budgets may change.
      """),
    Explanation(
      "study.contradiction", "two scores for one allocation",
      """
      Evaluations depend on nothing but model, data and allocation, so merged studies of one search
      agree wherever they overlap. These do not: a file was changed, or comes from another model.
      """),
  ]

  private static let searches: [Explanation] = [
    Explanation(
      "search.model", "a model that is not searched",
      """
      A search quantizes a float ONNX network, or gives the layers of a TFLite or hls4ml model other
      widths. ONNX models that are quantized already (QDQ, QOperator, QONNX) are run and checked, but
      not searched: give the float network that they were made from.

      For an hls4ml model each point of -o has, beside A.json, A.hls4ml.json: the Precision keys that
      make hls4ml write that point, {"LayerName": {"fc1": {"Precision": {"weight": "ap_fixed<4,1>"}}}}.
      In Python, on the configuration that the project was converted with:

          for layer, new in json.load(open("A.hls4ml.json"))["LayerName"].items():
              own = config["LayerName"].setdefault(layer, {}).setdefault("Precision", {})
              own.update(new["Precision"])

      Then convert and compile again. Types that stay `auto` are found by hls4ml, as the search did.
      """),
    Explanation(
      "search.network", "a part of the network is not evaluated in a search",
      """
      A float network is searched if it is a classifier in float32: convolutions, dense layers, pools,
      additions and their kin, ReLU-like functions, normalizations, with one input and one output. A
      quantized graph needs layers with constant weights, and one output. The message names the node.
      """),
    Explanation(
      "search.data", "samples or labels do not fit the model",
      """
      Arrays have the model's input shape with the samples on the first axis, finite numbers, and one
      integer label a sample that is the index of a class.
      """),
    Explanation(
      "search.calibration", "calibration on the samples that decide",
      """
      A warning. Without --calibration the ranges of activations and the sensitivities come from the
      samples of --inputs, so that the measured accuracy is a little too good.
      """),
    Explanation(
      "search.objective", "objectives that a search does not have", status: .usage,
      """
      --objective is a quality, then one to three costs. Qualities: accuracy, which needs labels; loss;
      a metric such as kl, whose sum over layers is minimised with proof; score, the sum of whatever
      --sensitivity says. Costs: weight_bits, bops, size, the name in a cost table, or with --target
      what the device has of latency, sram, flash and energy. For --table it is score,COST.
      """),
    Explanation(
      "search.budget", "a budget that is not understood", status: .usage,
      """
      --budget is COST=MAX: a number with a unit (20KiB, 5ms, 1.5M) or a share of the largest total
      (50%). It may be repeated.
      """),
    Explanation(
      "search.method", "an unknown method", status: .usage,
      """
      auto mixes exact allocation on predicted losses with measured ones, and is exact for tables;
      exact, greedy, bisect, zeroq, nsga2, autoquantize-gradient and autoquantize-threshold are the
      published methods. bisect and both of autoquantize fill a budget. AutoQuantize is published with
      scores from gradients and labels; here its programs take the scores that there are. Its
      threshold search may report a budget as unmet that can be met.
      """),
    Explanation(
      "search.qonnx", "a QONNX model that cannot be written",
      """
      A QONNX model holds the network with its constants in one file, and such files end at 2 GiB.
      --qonnx none leaves them out, --qonnx knee writes one point; allocation files hold the same
      choice in a few lines.
      """),
    Explanation(
      "search.shard", "a part of a search that cannot be", status: .usage,
      """
      --shard i/n is the i-th of n parts, counted from 1; n is at most 4096. Every allocation belongs
      to exactly one part.
      """),
    Explanation(
      "search.sensitivity", "a sensitivity that cannot be used",
      """
      The metric is unknown, needs what was not given (labels, second derivatives), or is not a finite
      number for a candidate. Such numbers are named, never clamped. Two metrics at once are
      --sensitivity kl --sensitivity-of 'fc*=sqnr'; a path is a file of scores.
      """),
    Explanation(
      "search.write", "an unknown product of a search", status: .usage,
      """
      --write lists what -o holds beside search.json: allocation, a file a point that --allocation
      takes; hf, the hf_quant_config.json of a transformer's checkpoint; compressed-tensors, the
      quantization_config of its config.json; or none.
      """),
    Explanation(
      "search.unsupported", "a format that cannot be evaluated",
      """
      Integers of 2 to 16 bits, fixed point, floating point, powers of two, lists of values and blocks
      are evaluated in float networks; vectors and sums of planes are not. Groups of weights, filters of
      unequal widths and accumulators are those of integers; an accumulator wraps, since sums that
      saturate depend on the order of their additions. Rewrites of weights (bit-flip, rounded-average,
      zero-point-shift) change signed integers of 2 to 16 bits around zero, and are refused where they
      would leave them.
      """),
    Explanation(
      "search.space", "layers of a transformer cannot be tied like that", status: .usage,
      """
      --ties names the rules by which projections that a serving system fuses share one format: q, k and
      v, gate and up. Tied layers need a format that every one of them has a score for; none leaves all
      layers free.
      """),
    Explanation(
      "search.executor", "an executor that cannot run tasks", status: .usage,
      """
      --executor is local, slurm, or a command of the shell that runs all tasks of a batch and ends after
      them. {task} stands for a script that takes a task's number, {last} for the last number: 'sbatch
      --wait --array=0-{last} {task}', 'parallel -q -j 8 {task} ::: $(seq 0 {last})'.
      """),
    Explanation(
      "search.executor-refused", "an executor ended before its tasks began",
      """
      The command of --executor ended with an error and no task had begun: the scheduler is not there,
      refuses its options, or the command is mistyped. Its last lines are in submit.log of the batch.
      What was measured before is kept: the same search goes on.
      """),
    Explanation(
      "search.task-lost", "tasks ended without a result",
      """
      A task of an executor began and gave no sign of life any more, or its command ended without it: a
      machine died, or the scheduler ended it (memory, time). It was given out again --retries times. What
      it had measured is kept: the same search goes on.
      """),
    Explanation(
      "search.task-mismatch", "a task's machine differs from the search's",
      """
      A task runs the same hwsim on the same files as its search: version and sum of the program, SHA-256
      of model and samples. Else two machines would give different results for one search.
      """),
    Explanation(
      "search.task", "a task that a batch does not have",
      """
      hwsim search --task FOLDER --index N does one part of another search; its executor says folder and
      number. Folders of batches are numbered in the folder of the study's tasks.
      """),
    Explanation(
      "deployment.reader", "the program that a checkpoint is for would not read it as it is meant",
      """
      vLLM and SGLang take some of Model Optimizer's algorithms only, SGLang one for all layers, and both
      compute query, key and value, and gate and up, as one layer, which has one algorithm. vLLM reads a
      layer of an algorithm that it does not know among others as not quantized. Tie such layers in the
      scores, take formats that the reader has, or write for another one.
      """),
    Explanation(
      "search.shard-missing", "a merge lacks parts of the search",
      """
      The studies that were merged are parts i of n of one search, and some parts are not among them. The
      answer is that of the parts given; their allocations may be dominated by those that are missing.
      """),
    Explanation(
      "search.time-limit", "a time limit ended the search",
      """
      A warning. The answer is the frontier of what was evaluated until then; how much that is depends
      on the machine. With a study the same command goes on.
      """),
  ]
}
