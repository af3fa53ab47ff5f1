import Documents
import HWModel

/// Cases of BitMoD's simulator.
struct TermCases {
  private let models: [String: LanguageModelShape]

  init(_ root: CaseValue) throws(CaseProblem) {
    var models: [String: LanguageModelShape] = [:]
    for (name, value) in try root.member("models").members() {
      func extent(_ key: String) throws(CaseProblem) -> Int { try value.member(key).integer() }
      let hidden = try extent("h")
      let layers = try extent("L")
      let intermediate = try extent("f")
      let heads = try extent("heads")
      let cached = try extent("kv")
      let vocabulary = try extent("vocab")
      let isGated = try value.member("gated").flag()
      do throws(BitSerialError) {
        models[name] = try LanguageModelShape(
          hidden: hidden, layers: layers, intermediate: intermediate, heads: heads,
          keyValueHeads: cached, vocabulary: vocabulary, isGated: isGated)
      } catch {
        throw CaseProblem(error, at: value.path)
      }
    }
    self.models = models
  }

  func answer(_ item: CaseValue) throws(CaseProblem) -> JSON {
    let name = try item.member("model").text()
    guard let model = models[name] else {
      throw CaseProblem(item.path, "there is no model '\(name)'")
    }
    let variantValue = try item.member("variant")
    guard let attention = LanguageModelShape.Attention(rawValue: try variantValue.text()) else {
      throw CaseProblem(variantValue.path, "the variants are A and B")
    }
    let taskValue = try item.member("task")
    let phase: LanguageModelShape.Phase
    switch try taskValue.text() {
    case "prefill": phase = .prefill
    case "generative_step": phase = .decode
    default: throw CaseProblem(taskValue.path, "the tasks are prefill and generative_step")
    }
    func size(_ key: String) throws(CaseProblem) -> Int {
      try item.member(key).integer(1...1 << 20)
    }
    let array = TermArray(
      rows: try size("rows"), columns: try size("cols"), lanes: try size("lanes"),
      isBitSerial: try item.member("bit_serial").flag(),
      elementPJ: try item.member("pe_energy_pJ").number(0...1e12), routingFactor: 1.5,
      weightBufferBytes: 512 << 10, inputBufferBytes: 512 << 10, bufferBanks: 8, busBits: 128,
      dramPJPerBit: 18.75)
    let weightBits = try item.member("weight_bits").number(1...64)
    let cacheBits = try item.member("kv_bits").number(1...64)
    let inputBits = try item.member("act_bits").integer(1...64)
    let context = try size("context")
    let batch = try size("batch")
    do throws(BitSerialError) {
      let schedule = try TermSchedule(
        model.work(phase, attention: attention, context: context, batch: batch), on: array,
        weightBits: weightBits, cacheBits: cacheBits, inputBits: inputBits, attention: attention)
      return item.json.setting(
        "expect", (item.json["expect"] ?? .null).ordering(schedule.answer))
    } catch {
      throw CaseProblem(error, at: item.path)
    }
  }
}

extension TermSchedule {
  fileprivate var answer: JSON {
    [
      "compute_cycles": .integer(computeCycles),
      "total_cycles": .integer(totalCycles),
      "array_energy_uJ": .number(arrayPJ / 1e6),
      "dram_energy_uJ": .number(dramPJ / 1e6),
      "tiles": .integer(tiles),
      "dram_bytes": .integer(dramBytes),
      "layers": .object(
        layers.map { layer in
          .init(
            key: layer.work.name,
            value: [
              "count": .integer(layer.work.count), "tiles": .integer(layer.tiles),
              "compute": .integer(layer.computeCycles), "dram": .integer(layer.dramCycles),
              "bytes_w": .integer(layer.weightBytes), "bytes_i": .integer(layer.inputBytes),
              "bytes_o": .integer(layer.outputBytes),
              "fetch_w": .integer(layer.weightFetches),
              "fetch_i": .integer(layer.inputFetches),
            ])
        }),
    ]
  }
}
