extension Explanation {
  /// Codes of sensitivities and of the files that bring them.
  static let sensitivities: [Explanation] = [
    Explanation(
      "sensitivity.layers", "candidates do not fit the network's layers",
      """
      Sensitivities are measured for a list of candidates of each layer with constant weights, in the
      order in which layers run. The message has both numbers.
      """),
    Explanation(
      "sensitivity.format", "a layer's tensor cannot have a format",
      """
      Formats without scalar values (blocks, planes, vectors) have no rule here, and a format without
      negative numbers cannot hold weights or inputs that have both signs. Choose another format for
      this layer; `hwsim formats NAME` shows a format's range.
      """),
    Explanation(
      "sensitivity.labels", "a metric needs labels",
      """
      The increase of the loss is measured against labels. Without labels, the divergence of the
      scores (kl) ranks layers nearly as well: it needs the network's own output alone.
      """),
    Explanation(
      "sensitivity.metric", "a metric that this kind of model does not have",
      """
      Second derivatives, statistics of float inputs and masked estimates are defined for float
      networks. A quantized graph has what can be seen by running it with one layer changed: kl,
      logit-mse, loss, flips, mse; and what its weights say: weight-error, sqnr.
      """),
    Explanation(
      "sensitivity.traces", "a metric needs second derivatives from a file",
      """
      The metric hawq multiplies each layer's mean second derivative, computed elsewhere, with the
      squared weight error. The file is a JSON list in the order of the layers, or an object by layer
      name. The metric hessian estimates the same from forward runs.
      """),
    Explanation(
      "sensitivity.cancelled", "measuring sensitivities was cancelled",
      """
      The program was interrupted before every sample had been run. Nothing of a metric is kept until
      all of it is there; metrics that were finished before stay in the study's cache.
      """),
    Explanation(
      "traces.layout", "a file of second derivatives is not of a known form",
      """
      Expected is JSON: a list of numbers in the order of the layers, as HAWQ's published programs
      have them, or an object with a number for each layer's name.
      """),
    Explanation(
      "traces.layers", "second derivatives do not fit the layers",
      """
      There must be one number for each layer with constant weights, no more and no fewer. Names are
      those of `hwsim inspect`.
      """),
    Explanation(
      "traces.number", "a second derivative is not finite",
      """
      A layer whose trace is infinite or no number cannot be ranked against others. Compute it again
      on more samples, or give the layer a fixed format.
      """),
    Explanation(
      "scores.json", "a file of scores is not JSON of the expected form",
      """
      The message names the place; hwsim schema scores has the whole form. The least is
      {"schema": "hwsim.scores/1", "groups": [{"group": "conv1", "formats": ["int<4>", "int<8>"],
      "scores": [0.3, 0.01]}]}; layers, costs and more may be added. Keys that the form lacks are
      errors: a misspelt one would count as left out.
      """),
    Explanation(
      "scores.schema", "a file of scores has another schema",
      """
      The key schema says how the rest is read; this version reads hwsim.scores/1. A file that another
      program wrote has to be converted.
      """),
    Explanation(
      "scores.groups", "groups of a file of scores contradict each other",
      """
      Groups have different names, at least one layer each, and no layer in common: layers of one
      group move together, so a layer of two groups would join them.
      """),
    Explanation(
      "scores.count", "a list of scores or costs does not fit its formats",
      """
      Each list has one number for each of the group's formats, formats of a group differ, and all
      groups have the same costs.
      """),
    Explanation(
      "scores.number", "a cost of a file of scores is not finite",
      """
      A cost that is infinite or no number cannot be summed. Leave a format out that a device cannot
      run. Scores may be infinite or missing: they are named, and the format is not chosen.
      """),
    Explanation(
      "scores.not-finite", "scores that cannot be summed",
      """
      A warning. A score that is null, infinite or no number says nothing that could be added to
      others, so the format is not chosen for that group. Nothing is put in its place.
      """),
    Explanation(
      "scores.group-empty", "a group without any score that can be summed",
      """
      Every format of the group is missing or not finite, so there is nothing to choose.
      """),
    Explanation(
      "scores.cost", "a cost that a file of scores lacks",
      """
      Budgets and objectives name costs of the file, as its groups have them under costs.
      """),
    Explanation(
      "scores.layers", "a file of scores does not fit the layers of a search",
      """
      Every layer of the search needs a score, and every layer that the file names must be one of the
      search. Names are compared as they are. Groups of role kv are formats of stored keys and
      values, which a search of a network does not choose: solve such a file with --table.
      """),
    Explanation(
      "scores.candidates", "a file of scores does not fit the candidates of a search",
      """
      Every candidate of a layer needs one finite score. Labels are read as candidates: int4/uint8 is
      w4a8. Formats that the search does not have are left aside. Layers that the file scores
      together are tied in the search, so they need the same candidates; where the search ties
      layers that the file scores apart, their scores are added.
      """),
    Explanation(
      "scores.label", "a label that an allocation file cannot say",
      """
      An allocation file names formats as hwsim formats lists them, so a label has to be a candidate
      such as w4a8 or e4m3/int8. Other programs' labels, such as NVFP4_DEFAULT_CFG, can be solved,
      and written for a transformer with --write hf.
      """),
    Explanation(
      "deployment.format", "no algorithm of a checkpoint has a format",
      """
      hf_quant_config.json names algorithms: FP8, NVFP4, W4A16_AWQ, W4A8_AWQ, W8A8_SQ_PER_CHANNEL,
      W8A16 and others, under these names, those of Model Optimizer's configurations, or candidates
      of the same formats (e4m3, nvfp4, w8a8, w8). float or none leaves a layer as it is.
      """),
    Explanation(
      "deployment.kv", "keys and values with several formats",
      """
      kv_cache_quant_algo counts for the whole model, so groups of role kv must take one format: put
      all of them into one group of the file of scores.
      """),
    Explanation(
      "cache.damaged", "kept sensitivities that cannot be used",
      """
      A warning. A file in the folder of kept sensitivities was cut off or changed. Its values are
      measured anew, so the result is the same; the file is then replaced.
      """),
  ]
}
