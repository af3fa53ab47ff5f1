import FoundationEssentials

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// A file that keeps every evaluation of a search, so that none is made twice.
///
/// JSON lines: a header, then one evaluation or one screening a line, in the order they were made. A
/// line is appended with one write; that of an evaluation is flushed to the disk before the next
/// counts, so an interrupt, a kill or a power cut loses at most what was in flight and screenings. A
/// last line that was cut off is dropped when the study is opened again. One process at a time may
/// write it.
public final class Study {
  public let path: String
  public let header: StudyHeader
  /// Every evaluation, in the order of the file.
  public private(set) var evaluations: [Evaluation]
  /// Every screening, in the order of the file.
  private(set) var screenings: [Screening]
  /// Losses by choice.
  private(set) var screened: [[Int]: Double]
  /// Whether a screening stands behind an evaluation.
  private var isMixed = false
  private let descriptor: Int32

  /// Opens a study, or begins one if there is no file or an empty one.
  ///
  /// - Throws: ``StudyError``; `changed` names every setting that differs, `damaged` the first line that
  ///   is not as it was written.
  public init(path: String, header: StudyHeader) throws(StudyError) {
    let descriptor = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else { throw .notWritten(path: path, reason: StudyFiles.reason()) }
    do throws(StudyError) {
      // A file system without locks is no reason not to write there.
      if flock(descriptor, LOCK_EX | LOCK_NB) != 0, ![ENOLCK, EOPNOTSUPP, ENOSYS].contains(errno) {
        throw errno == EWOULDBLOCK
          ? .inUse(path: path) : .notWritten(path: path, reason: StudyFiles.reason())
      }
      let bytes = try Self.contents(of: descriptor, path: path)
      let whole = bytes.lastIndex(of: Self.newline).map { $0 + 1 } ?? 0
      if whole < bytes.count, ftruncate(descriptor, off_t(whole)) != 0 {
        throw .notWritten(path: path, reason: StudyFiles.reason())
      }
      if whole == 0 {
        try StudyFiles.append(try StudyFiles.encode(header, path: path), to: descriptor, path: path)
        (evaluations, screenings) = ([], [])
      } else {
        let found = try Self.parse(bytes[..<whole], path: path)
        let differences = found.header.differences(from: header)
        guard differences.isEmpty else { throw .changed(path: path, differences: differences) }
        (evaluations, screenings) = (found.evaluations, found.screenings)
        isMixed = found.isMixed
      }
    } catch {
      close(descriptor)
      throw error
    }
    screened = Dictionary(screenings.map { ($0.screened, $0.loss) }) { first, _ in first }
    self.path = path
    self.header = header
    self.descriptor = descriptor
  }

  /// The header of the study at a path; nil where none was begun, or its first line is no header.
  public static func header(at path: String) throws(StudyError) -> StudyHeader? {
    guard let bytes = try StudyFiles.contents(path, limit: sizeLimit),
      let end = bytes.firstIndex(of: newline)
    else { return nil }
    return StudyFiles.decode(StudyHeader.self, from: bytes[..<end])
  }

  deinit { close(descriptor) }

  /// Appends an evaluation and returns once the disk has it.
  public func append(_ evaluation: Evaluation) throws(StudyError) {
    try StudyFiles.append(try StudyFiles.encode(evaluation, path: path), to: descriptor, path: path)
    evaluations.append(evaluation)
  }

  /// Appends a screening; the disk has it once it has a later evaluation.
  func append(_ screening: Screening) throws(StudyError) {
    try StudyFiles.append(
      try StudyFiles.encode(screening, path: path), to: descriptor, path: path, flushes: false)
    screenings.append(screening)
    screened[screening.screened] = screening.loss
    isMixed = isMixed || !evaluations.isEmpty
  }

  /// Replaces the file by one with the same screenings and evaluations in the order of the choices that
  /// were asked for, then the others.
  ///
  /// A study that was interrupted, or made by several threads, is then the same
  /// file as one that was not.
  public func reorder(_ choices: [[Int]], screened: [[Int]] = []) throws(StudyError) {
    let order = Self.order(evaluations.map(\.choice), by: choices)
    let screeningOrder = Self.order(screenings.map(\.screened), by: screened)
    guard
      isMixed || order != Array(evaluations.indices)
        || screeningOrder != Array(screenings.indices)
    else { return }
    let sorted = order.map { evaluations[$0] }
    let sortedScreenings = screeningOrder.map { screenings[$0] }
    var bytes = try StudyFiles.encode(header, path: path)
    for screening in sortedScreenings { bytes += try StudyFiles.encode(screening, path: path) }
    for evaluation in sorted { bytes += try StudyFiles.encode(evaluation, path: path) }
    let temporary = path + ".tmp"
    let file = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
    guard file >= 0 else { throw .notWritten(path: path, reason: StudyFiles.reason()) }
    do throws(StudyError) {
      try StudyFiles.append(bytes, to: file, path: path)
    } catch {
      close(file)
      unlink(temporary)
      throw error
    }
    close(file)
    guard rename(temporary, path) == 0 else {
      let text = StudyFiles.reason()
      unlink(temporary)
      throw .notWritten(path: path, reason: text)
    }
    (evaluations, screenings, isMixed) = (sorted, sortedScreenings, false)
  }

  /// Positions of `choices`, those that were asked for first, in that order.
  private static func order(_ choices: [[Int]], by asked: [[Int]]) -> [Int] {
    var position: [[Int]: Int] = [:]
    for (index, choice) in asked.enumerated() { position[choice] = position[choice] ?? index }
    return choices.indices.sorted { a, b in
      let (p, q) = (position[choices[a]] ?? Int.max, position[choices[b]] ?? Int.max)
      return p != q ? p < q : a < b
    }
  }

  /// Refuses costs that do not follow from the choices.
  ///
  /// - Parameter totals: the costs of a choice, in the study's order.
  /// - Throws: ``StudyError/damaged(path:line:reason:)`` for the first of them, and what `totals` throws.
  func check(
    _ totals: ([Int]) throws(SearchError) -> [Double]
  ) throws(SearchError) {
    for (index, evaluation) in evaluations.enumerated() {
      let found = try totals(evaluation.choice)
      guard found == evaluation.costs else {
        throw .study(
          .damaged(
            path: path, line: index + 2,
            reason: "costs \(evaluation.costs) do not fit the choice, which has \(found)"))
      }
    }
  }

  /// Reads a study without writing to it; a last line that was cut off is ignored.
  public static func read(
    _ path: String
  ) throws(StudyError) -> (header: StudyHeader, evaluations: [Evaluation]) {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw .unreadable(path: path, reason: StudyFiles.reason()) }
    defer { close(descriptor) }
    let bytes = try contents(of: descriptor, path: path)
    let whole = bytes.lastIndex(of: newline).map { $0 + 1 } ?? 0
    guard whole > 0 else { throw .damaged(path: path, line: 1, reason: "there is no header") }
    let found = try parse(bytes[..<whole], path: path)
    return (found.header, found.evaluations)
  }

  /// The evaluations of several studies of one search, without repetitions.
  ///
  /// - Returns: the first header, the evaluations, and which parts of the search no study is of, as
  ///   `i/n`; none where one study is of the whole.
  /// - Throws: ``StudyError/changed(path:differences:)`` for a study of another search; shards of
  ///   one search differ in their shard alone.
  public static func merged(
    _ paths: [String]
  ) throws(StudyError) -> (
    header: StudyHeader, evaluations: [Evaluation], missing: [String]
  ) {
    var header: StudyHeader?
    var shards: Set<String> = []
    var evaluations: [Evaluation] = []
    var known: [[Int]: Evaluation] = [:]
    for path in paths {
      let study = try read(path)
      shards.insert(study.header.settings["shard"] ?? "1/1")
      if let header {
        let differences = study.header.differences(from: header, ignoring: ["shard"])
        guard differences.isEmpty else { throw .changed(path: path, differences: differences) }
      } else {
        header = study.header
      }
      for evaluation in study.evaluations {
        if let earlier = known[evaluation.choice] {
          guard earlier == evaluation else {
            throw .contradiction(path: path, choice: evaluation.choice)
          }
          continue
        }
        known[evaluation.choice] = evaluation
        evaluations.append(evaluation)
      }
    }
    guard let header else { throw .unreadable(path: "", reason: "no study is given") }
    return (header, evaluations, missing(from: shards))
  }

  /// The parts that `shards` lack of the finest division that one of them names.
  private static func missing(from shards: Set<String>) -> [String] {
    let counts = shards.compactMap { $0.split(separator: "/").last.flatMap { Int($0) } }
    guard !counts.contains(1), let count = counts.max(), (2...4096).contains(count) else {
      return []
    }
    return (1...count).map { "\($0)/\(count)" }.filter { !shards.contains($0) }
  }
}

extension Study {
  /// What a file holds.
  private struct Contents {
    let header: StudyHeader
    let evaluations: [Evaluation]
    let screenings: [Screening]
    /// Whether a screening stands behind an evaluation.
    let isMixed: Bool
  }

  private static let newline = UInt8(ascii: "\n")
  private static let sizeLimit = 1 << 31

  private static func contents(of descriptor: Int32, path: String) throws(StudyError) -> [UInt8] {
    guard
      let bytes = try StudyFiles.contents(of: descriptor, path: path, limit: sizeLimit)
    else { throw .unreadable(path: path, reason: "it was replaced meanwhile") }
    return bytes
  }

  private static func parse(
    _ bytes: ArraySlice<UInt8>, path: String
  ) throws(StudyError) -> Contents {
    var header: StudyHeader?
    var evaluations: [Evaluation] = []
    var screenings: [Screening] = []
    var isMixed = false
    var seen: Set<[Int]> = []
    for (index, line) in bytes.dropLast().split(
      separator: newline, omittingEmptySubsequences: false
    ).enumerated() {
      func damaged(_ reason: String) -> StudyError {
        .damaged(path: path, line: index + 1, reason: reason)
      }
      guard let header else {
        guard let found = StudyFiles.decode(StudyHeader.self, from: line),
          found.schema == StudyHeader.schemaName
        else { throw damaged("this is no header of a study (\(StudyHeader.schemaName))") }
        header = found
        continue
      }
      // A key that is not known, or is left out, would pass as another evaluation.
      func check(_ value: some Encodable, of choice: [Int]) throws(StudyError) {
        guard try StudyFiles.encode(value, path: path).dropLast() == line else {
          throw damaged("this evaluation is not as it was written: keys or numbers were changed")
        }
        guard choice.count == header.layers.count,
          zip(choice, header.candidates).allSatisfy({ $1.indices.contains($0) })
        else { throw damaged("this evaluation does not fit the study's layers and candidates") }
      }
      if let screening = StudyFiles.decode(Screening.self, from: line) {
        try check(screening, of: screening.screened)
        screenings.append(screening)
        isMixed = isMixed || !evaluations.isEmpty
        continue
      }
      guard let evaluation = StudyFiles.decode(Evaluation.self, from: line) else {
        throw damaged("this is no evaluation")
      }
      try check(evaluation, of: evaluation.choice)
      guard evaluation.costs.count == header.costs.count, evaluation.samples > 0,
        (0...evaluation.samples).contains(evaluation.correct ?? 0)
      else { throw damaged("this evaluation does not fit the study's layers and candidates") }
      if seen.insert(evaluation.choice).inserted { evaluations.append(evaluation) }
    }
    guard let header else { throw .damaged(path: path, line: 1, reason: "there is no header") }
    return Contents(
      header: header, evaluations: evaluations, screenings: screenings, isMixed: isMixed)
  }
}
