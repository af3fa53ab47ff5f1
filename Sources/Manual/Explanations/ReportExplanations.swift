extension Explanation {
  /// Codes of commands that read results.
  static let results: [Explanation] = [
    Explanation(
      "report.suffix", "a file's name asks for a form that report does not write", status: .usage,
      """
      A page is .html, or .md with --markdown; a figure alone is .svg. Nothing else is written: print the
      page from a browser for a PDF.
      """),
    Explanation(
      "report.syntax", "a result file is no JSON document",
      """
      The file was cut off, is empty, or is something else. Results are read as strictly as they are
      written: one document, each key once, at most 128 levels. The place is file:line:column.
      """),
    Explanation(
      "report.not-a-result", "a JSON document that names no schema",
      """
      Every document that hwsim writes is an object whose key "schema" says what it is, such as
      "hwsim.search/1". Allocation files, target files and documents of other tools are no results.
      """),
    Explanation(
      "report.schema", "a document of a kind or version that cannot be shown",
      """
      report and compare read the results of search, estimate, check and run, of the schema number
      that this version writes. Keys are only added within a number, so results of older versions with
      the same number are read. An error document (hwsim.error/1) has no result.
      """),
    Explanation(
      "report.result", "a result that is not what its schema says",
      """
      A member is missing or is of another type; the message says what was expected and the place is
      the member's key path. hwsim schema NAME prints what a document of that name holds. Files changed
      by hand or by scripts are the usual cause.
      """),
    Explanation(
      "report.no-figure", "there is nothing to draw",
      """
      --plot writes one figure alone, and these results have none: a run without --stats, a check that
      compared nothing by layer. The page shows their tables.
      """),
    Explanation(
      "usage.unknown-figure", "no figure has this name", status: .usage,
      """
      hwsim report RESULT.json... --json lists the figures of these results by name; with several
      results most names begin with the result's number, such as 2-memory.
      """),
    Explanation(
      "compare.kinds", "two results that do not compare",
      """
      Both must come from one command, searches must have the same objectives in the same order.
      Different models, targets or arguments do compare: that is what the command is for; what differs
      is listed above the numbers.
      """),
  ]
}
