import FoundationEssentials
import HWModel
import TargetFiles
import TestSupport
import Testing

@Suite("Device descriptions")
struct TargetTests {
  private let library = TargetLibrary([
    .init(schema: MCUTarget.schema, files: TargetFiles.of(family: "mcu"))
  ])

  @Test("the folder and the list in the program are the same")
  func folder() throws {
    let files = try FileManager.default.contentsOfDirectory(
      atPath: SharedData.packageRoot + "/Targets/mcu")
    let ids = files.filter { $0.hasSuffix(".json") }.map { String($0.dropLast(5)) }.sorted()
    #expect(library.ids == ids)
    #expect(ids.count > 30)
  }

  @Test("every shipped description is valid and is called what its file is")
  func shipped() throws {
    for id in library.ids {
      let description = try #require(try library.description(named: id))
      #expect(description.id == id)
      #expect(id == id.lowercased())
      for (key, constant) in description.constants {
        #expect(!constant.source.isEmpty, "\(id): \(key)")
      }
    }
  }

  @Test("an alias means one target")
  func aliases() throws {
    var owner: [String: String] = [:]
    for description in try library.all() {
      for alias in description.aliases {
        #expect(owner[alias] == nil, "\(alias): \(description.id) and \(owner[alias] ?? "")")
        #expect(!library.ids.contains(alias))
        owner[alias] = description.id
        #expect(try library.description(named: alias)?.id == description.id)
      }
    }
    #expect(owner["stm32f746"] == "stm32f746g-disco+tflm+cmsis-nn")
  }

  @Test("what was measured on one stack is not inherited by another")
  func inheritance() throws {
    let base = try #require(try library.description(named: "nucleo-l4r5zi+tflm"))
    let other = try #require(try library.description(named: "nucleo-l4r5zi+tflm+cmsis-nn"))
    #expect(other.base == base.id)
    #expect(other.constants["sram_bytes"] == base.constants["sram_bytes"])
    #expect(other.constants["sram_bytes"]?.definedIn == base.id)
    #expect(base.number("latency_error_percent") != nil)
    #expect(other.number("latency_error_percent") == nil)
  }

  private func problems(_ text: String) -> [TargetProblem] {
    do throws(TargetProblems) {
      _ = try library.read(Array(text.utf8))
      return []
    } catch {
      return error.problems
    }
  }

  @Test("every problem is found at once, with key paths")
  func problems() {
    let found = problems(
      #"""
      {"schema": "hwsim.target/1", "id": "x", "family": "mcu", "name": "X",
       "base": "nucleo-l4r5zi+tflm",
       "clok_hz": {"value": 1, "source": "a"},
       "clock_hz": {"value": "fast", "source": "a"},
       "sram_bytes": {"value": -4, "source": "a"},
       "flash_bytes": {"value": 5, "source": " "},
       "simd": {"value": "neon", "source": "a"},
       "core": {"value": "M4", "sorce": "a"},
       "code_bytes": 7}
      """#)
    let paths = found.map { problem -> String in
      switch problem {
      case .unknownKey(let path, _, _), .wrongKind(let path, _, _), .outOfRange(let path, _, _),
        .emptySource(let path), .missingKey(let path, _):
        path
      default: "\(problem)"
      }
    }
    #expect(
      Set(paths) == [
        "clok_hz", "clock_hz.value", "sram_bytes.value", "flash_bytes.source", "simd.value",
        "core.sorce", "core.source", "code_bytes",
      ])
  }

  @Test("a description without a base states what every device has")
  func missing() {
    let found = problems(
      #"{"schema": "hwsim.target/1", "id": "x", "family": "mcu", "name": "X"}"#)
    let required = MCUTarget.schema.keys.filter(\.isRequired).map(\.name)
    #expect(found.count == required.count)
    #expect(
      problems(#"{"schema": "hwsim.target/2"}"#).contains(
        .schema(found: "hwsim.target/2", expected: "hwsim.target/1")))
    #expect(problems("{").count == 1)
    #expect(problems("[1]").count == 1)
  }

  @Test("a base must exist")
  func base() {
    let found = problems(
      #"{"schema": "hwsim.target/1", "id": "x", "family": "mcu", "name": "X", "base": "y"}"#)
    guard case .unknownBase("y", _) = found.first else {
      Issue.record("\(found)")
      return
    }
    #expect(found.count == 1)
  }

  @Test("a damaged description throws and does not trap")
  func damage() throws {
    let bytes = try #require(library.file(id: "nucleo-l4r5zi+tflm"))
    var corruption = Corruption(seed: 5)
    var refused = 0
    for _ in 0..<min(Corruption.count, 1000) {
      do throws(TargetProblems) {
        _ = try library.read(corruption.mutate(bytes))
      } catch {
        #expect(!error.problems.isEmpty)
        refused += 1
      }
    }
    #expect(refused > 100)
  }
}
