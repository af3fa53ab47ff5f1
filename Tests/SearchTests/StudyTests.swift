import FoundationEssentials
import Search
import Synchronization
import TestSupport
import Testing

@Suite("Studies")
struct StudyTests {
  private let evaluator = SyntheticEvaluator(layers: 7)

  private func header(
    _ task: SearchTask, changing settings: [String: String] = [:]
  ) -> StudyHeader {
    StudyHeader(
      space: task.space, operators: task.space.layers.map { _ in "Dense" }, costs: task.costs,
      sensitivities: task.sensitivities,
      settings: ["seed": "0", "model": "abc", "shard": "1/1"].merging(settings) { $1 })
  }

  private func bytes(_ path: String) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: URL(filePath: path)))
  }

  @Test("a search that is stopped anywhere, its last line torn, ends in the same file")
  func resume() throws {
    let folder = try TemporaryFolder()
    let task = evaluator.task(try evaluator.space())
    func run(_ path: String, stopAfter: Int?) throws -> SearchOutcome {
      try task.run(
        evaluator: SyntheticEvaluator(layers: 7, stopAfter: stopAfter),
        screener: SyntheticEvaluator(layers: 7, samples: 100),
        study: Study(path: path, header: header(task)))
    }
    let whole = try run(folder.file("whole"), stopAfter: nil)
    let expected = try bytes(folder.file("whole"))
    #expect(whole.runs == 60)
    var random = SeededGenerator(seed: 5)
    for round in 0..<(sweep ? 12 : 3) {
      let path = folder.file("study\(round)")
      _ = try run(path, stopAfter: Int.random(in: 0...59, using: &random))
      let kept = try bytes(path)
      let header = (kept.firstIndex(of: 10) ?? 0) + 1
      let cut = Int.random(in: 0...min(60, kept.count - header), using: &random)
      try Data(kept.dropLast(cut)).write(to: URL(filePath: path))
      let again = try run(path, stopAfter: nil)
      #expect(try bytes(path) == expected)
      #expect(again.evaluations == whole.evaluations && again.frontier == whole.frontier)
      #expect(again.runs < 61)
    }
    // Nothing is left to run.
    #expect(try run(folder.file("whole"), stopAfter: nil).runs == 0)
  }

  @Test("what was run before the search is not run again, and stands where it would have stood")
  func prepared() throws {
    let folder = try TemporaryFolder()
    let task = evaluator.task(try evaluator.space())
    func run(_ name: String, _ evaluator: any Evaluator, until limit: Int = .max) throws -> [UInt8]
    {
      let asked = Mutex(0)
      let outcome = try task.run(
        evaluator: evaluator, screener: SyntheticEvaluator(layers: 7, samples: 100),
        study: Study(path: folder.file(name), header: header(task)),
        isCancelled: {
          asked.withLock {
            $0 += 1; return $0 > limit
          }
        })
      #expect(outcome.evaluations.count == 60 || outcome.wasStopped)
      return try bytes(folder.file(name))
    }
    let plain = SyntheticEvaluator(layers: 7)
    let whole = try run("whole", plain)
    let uniform = task.space.uniformChoices.map { task.space.formats(of: $0.choice) }
    func prepared(_ base: SyntheticEvaluator) throws -> PreparedEvaluator {
      var counts: [Int] = []
      let made = try PreparedEvaluator(base, running: uniform, threads: 1) { counts.append($0) }
      #expect(counts == Array(1...uniform.count))
      return made
    }
    let base = SyntheticEvaluator(layers: 7)
    #expect(try run("prepared", prepared(base)) == whole)
    #expect(base.runs.withLock(\.self) == 60 && plain.runs.withLock(\.self) == 60)
    // Stopped anywhere and begun again without them.
    for limit in [0, 3, 17, 40] {
      _ = try run("stopped\(limit)", prepared(SyntheticEvaluator(layers: 7)), until: limit)
      #expect(try run("stopped\(limit)", SyntheticEvaluator(layers: 7)) == whole)
    }
  }

  @Test("what was screened is kept, and not screened again")
  func screened() throws {
    let folder = try TemporaryFolder()
    let task = evaluator.task(try evaluator.space())
    let path = folder.file("study")
    func run(screenings: Int?) throws -> (outcome: SearchOutcome, screened: Int) {
      let screener = SyntheticEvaluator(layers: 7, samples: 100, stopAfter: screenings)
      let outcome = try task.run(
        evaluator: SyntheticEvaluator(layers: 7, stopAfter: screenings == nil ? nil : 0),
        screener: screener, study: Study(path: path, header: header(task)))
      return (outcome, screener.runs.withLock(\.self))
    }
    // Stopped while it screens, in the middle of a batch.
    #expect(try run(screenings: 47).screened >= 47)
    let (whole, rest) = try run(screenings: nil)
    #expect(whole.screeningRuns == 100 && rest == 53)
    let kept = try bytes(path)
    let (again, none) = try run(screenings: nil)
    #expect(none == 0 && again.runs == 0 && again.evaluations == whole.evaluations)
    #expect(try bytes(path) == kept)
    // The same file as without a stop.
    let other = folder.file("other")
    _ = try task.run(
      evaluator: evaluator, screener: SyntheticEvaluator(layers: 7, samples: 100),
      study: Study(path: other, header: header(task)))
    #expect(try bytes(other) == kept)
    // A line that was changed is named.
    let text = String(decoding: kept, as: UTF8.self)
    for (find, put) in [("\"loss\"", "\"los\""), ("\"screened\":[", "\"screened\":[9,")] {
      let line = try #require(text.split(separator: "\n").first { $0.contains("screened") })
      let changed = text.replacing(line, with: line.replacing(find, with: put))
      let damaged = try folder.write(Array(changed.utf8), to: "damaged")
      #expect(throws: StudyError.self) { try Study(path: damaged, header: header(task)) }
    }
  }

  @Test("costs and keys that were changed by hand are refused with their line")
  func edited() throws {
    let folder = try TemporaryFolder()
    let task = evaluator.task(try evaluator.space(), evaluations: 5)
    let path = folder.file("study")
    _ = try task.run(evaluator: evaluator, study: Study(path: path, header: header(task)))
    let lines = try bytes(path).split(separator: 10).map { String(decoding: $0, as: UTF8.self) }
    func study(_ change: (String) -> String) throws -> Study {
      var changed = lines
      changed[2] = change(lines[2])
      #expect(changed[2] != lines[2])
      try Data((changed.joined(separator: "\n") + "\n").utf8).write(to: URL(filePath: path))
      return try Study(path: path, header: header(task))
    }
    let cheap = try study {
      $0.replacing(/"costs":\[[^,\]]*/, with: "\"costs\":[1")
    }
    let error = #expect(throws: SearchError.self) {
      try task.run(evaluator: evaluator, study: cheap)
    }
    guard case .study(.damaged(_, let line, _))? = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(line == 3)
    #expect(throws: StudyError.self) {
      _ = try study { $0.replacing("\"loss\"", with: "\"los\"") }
    }
    #expect(throws: StudyError.self) {
      _ = try study { $0.replacing("{\"choice\"", with: "{\"a\":1,\"choice\"") }
    }
  }

  @Test("a file cut anywhere is read up to its last whole line, or refused as no study")
  func truncation() throws {
    let folder = try TemporaryFolder()
    let task = evaluator.task(try evaluator.space(), evaluations: 5)
    let path = folder.file("study")
    _ = try task.run(evaluator: evaluator, study: Study(path: path, header: header(task)))
    let all = try bytes(path)
    for length in all.indices {
      let cut = try folder.write(Array(all[..<length]), to: "cut")
      let lines = all[..<length].count { $0 == 10 }
      if lines == 0 {
        #expect(throws: StudyError.self) { try Study.read(cut) }
      } else {
        #expect(try Study.read(cut).evaluations.count == lines - 1)
      }
      if length % 37 == 0 {
        let study = try Study(path: cut, header: header(task))
        #expect(study.evaluations.count == max(0, lines - 1))
      }
    }
  }

  @Test("damaged lines are named, never believed")
  func damage() throws {
    let folder = try TemporaryFolder()
    let task = evaluator.task(try evaluator.space(), evaluations: 8)
    let path = folder.file("study")
    _ = try task.run(evaluator: evaluator, study: Study(path: path, header: header(task)))
    let all = try bytes(path)
    let original = try Study.read(path).evaluations
    var corruption = Corruption(seed: 11)
    for _ in 0..<Corruption.count {
      let damaged = try folder.write(corruption.mutate(all), to: "damaged")
      guard let found = try? Study.read(damaged) else { continue }
      #expect(found.evaluations.count <= original.count * 2)
    }
    var lines = String(decoding: all, as: UTF8.self).split(separator: "\n").map(String.init)
    lines[3] = #"{"choice":[9,0,0,0,0,0,0],"correct":1,"costs":[1,2],"loss":1,"samples":10}"#
    let bad = try folder.write(Array((lines.joined(separator: "\n") + "\n").utf8), to: "bad")
    #expect(
      throws: StudyError.damaged(
        path: bad, line: 4, reason: "this evaluation does not fit the study's layers and candidates"
      )
    ) { try Study.read(bad) }
  }

  @Test("another setting is refused by name")
  func changedSettings() throws {
    let folder = try TemporaryFolder()
    let task = evaluator.task(try evaluator.space(), evaluations: 5)
    let path = folder.file("study")
    _ = try Study(path: path, header: header(task))
    #expect(
      throws: StudyError.changed(path: path, differences: ["seed: 0 in the study, 1 now"])
    ) { try Study(path: path, header: header(task, changing: ["seed": "1"])) }
    let fixed = evaluator.task(try evaluator.space(fixed: [0: 3]))
    #expect(throws: StudyError.changed(path: path, differences: ["the fixed layers"])) {
      try Study(path: path, header: header(fixed))
    }
  }

  @Test("a study has one writer")
  func oneWriter() throws {
    let folder = try TemporaryFolder()
    let task = evaluator.task(try evaluator.space(), evaluations: 5)
    let study = try Study(path: folder.file("study"), header: header(task))
    #expect(throws: StudyError.inUse(path: folder.file("study"))) {
      try Study(path: folder.file("study"), header: header(task))
    }
    #expect(study.evaluations.isEmpty)
  }

  @Test("parts of a search are joined; contradictions and other searches are refused")
  func merging() throws {
    let folder = try TemporaryFolder()
    let space = try evaluator.space()
    var total = 0
    var paths: [String] = []
    for index in 1...2 {
      let task = evaluator.task(
        space, evaluations: 20, shard: SearchShard(index: index, count: 2))
      let path = folder.file("part\(index)")
      let outcome = try task.run(
        evaluator: evaluator,
        study: Study(path: path, header: header(task, changing: ["shard": "\(index)/2"])))
      total += outcome.evaluations.count
      paths.append(path)
    }
    #expect(try Study.merged(paths).evaluations.count == total)
    #expect(try Study.merged([paths[0], paths[0]]).evaluations.count == 20)
    let other = evaluator.task(space, evaluations: 3)
    let strange = folder.file("strange")
    _ = try Study(path: strange, header: header(other, changing: ["model": "xyz"]))
    #expect(throws: StudyError.self) { try Study.merged([paths[0], strange]) }
    let text = String(decoding: try bytes(paths[0]), as: UTF8.self)
    let lied = try folder.write(
      Array(text.replacing(#""samples":1000"#, with: #""samples":1001"#).utf8), to: "lied")
    #expect(throws: StudyError.self) { try Study.merged([paths[0], lied]) }
  }
}
