package import QuantGraph

/// A command line that runs the tasks of a batch and ends when they have ended.
///
/// Words in braces are replaced: `{task}` by a script that takes a task's number as its argument, or
/// from the variable that Slurm or PBS sets in an array of jobs, `{last}` by the last number (the first
/// is 0), `{count}` by how many there are, `{folder}` by the folder of the batch. Other braces are the
/// command's own.
package struct ExecutorTemplate: Sendable, Hashable {
  package let text: String

  /// - Parameters:
  ///   - text: a command line for `/bin/sh`, or `slurm`.
  ///   - options: what `slurm` gives sbatch besides; nil for nothing.
  /// - Throws: a ``Failure`` for a template that leaves out what its tasks need.
  package init(_ text: String, options: String?) throws(Failure) {
    if text == "slurm" {
      self.text =
        "sbatch --wait --quiet --array=0-{last} --job-name=hwsim --output={folder}/%a.log "
        + (options.map { $0 + " " } ?? "") + "{task}"
      return
    }
    if options != nil {
      throw Failure(
        "usage.arguments", "--executor-options goes with --executor slurm",
        remedy: "write the options into the template.")
    }
    let missing = [
      text.contains("{task}") ? nil : "{task}",
      text.contains("{last}") || text.contains("{count}") ? nil : "{last}",
    ].compactMap { $0 }
    guard missing.isEmpty else {
      throw Failure(
        "search.executor", "the executor '\(text)' has no \(missing.joined(separator: " and no "))",
        at: "--executor",
        remedy: "write it as 'sbatch --wait --array=0-{last} {task}', "
          + "'parallel -q -j 8 {task} ::: $(seq 0 {last})', slurm or local.")
    }
    self.text = text
  }

  /// The command line of a batch.
  func command(folder: String, count: Int) -> String {
    let paths = TaskPaths(folder: folder)
    var result = text
    for (word, value) in [
      ("{task}", Self.quoted(paths.script)), ("{folder}", Self.quoted(folder)),
      ("{last}", "\(count - 1)"), ("{count}", "\(count)"),
    ] {
      result = result.split(separator: word, omittingEmptySubsequences: false)
        .joined(separator: value)
    }
    return result
  }

  /// What `{task}` runs.
  static func script(tool: String, folder: String) -> String {
    """
    #!/bin/sh
    # One task of a search: its number is the argument, or that of an array of jobs.
    exec \(quoted(tool)) search --task \(quoted(folder)) \
    --index "${1:-${SLURM_ARRAY_TASK_ID:-${PBS_ARRAY_INDEX:?no number of a task}}}"

    """
  }

  /// A word of a POSIX shell.
  static func quoted(_ text: String) -> String {
    let plain = text.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "/"), UInt8(ascii: "."),
        UInt8(ascii: "-"), UInt8(ascii: "_"):
        true
      default: false
      }
    }
    if plain, !text.isEmpty { return text }
    return "'"
      + text.split(separator: "'", omittingEmptySubsequences: false)
      .joined(separator: "'\\''") + "'"
  }
}
