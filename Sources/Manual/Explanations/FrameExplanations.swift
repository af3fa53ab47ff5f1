extension Explanation {
  /// Codes of the command line itself.
  static let frame: [Explanation] = [
    Explanation(
      "usage.arguments", "the command line is wrong", status: .usage,
      """
      An option is unknown or lacks its value, a value is out of range, a needed argument is missing,
      or two options exclude each other. Nothing was read or written.
      Options follow the command: hwsim check MODEL --json. A word that begins with a dash and is no
      option can be given after --.
      """),
    Explanation(
      "usage.unknown-command", "no command has this name", status: .usage,
      """
      The first word after hwsim is the command. hwsim --help lists all commands, hwsim COMMAND --help
      the options of one.
      """),
    Explanation(
      "usage.unknown-code", "no error or warning has this code", status: .usage,
      """
      hwsim explain takes the code that stands in brackets: for error[graph.cycle] it is graph.cycle.
      Without a code it lists all of them.
      """),
    Explanation(
      "usage.unknown-schema", "no document has this name", status: .usage,
      """
      Each command's JSON document has a schema of the command's name; hwsim schema lists them. The
      name stands in the document: "schema": "hwsim.explain/1" is printed by hwsim schema explain.
      """),
    Explanation(
      "config.syntax", "a configuration file is no JSON object",
      """
      hwsim.json in the current folder and the file of --config hold one JSON object whose keys are
      flags without dashes: {"seed": 7, "quiet": true}. JSON has no comments and no comma after the
      last member, and a key may occur once. The place is file:line:column.
      """),
    Explanation(
      "config.unknown-key", "a configuration file sets an option that does not exist",
      """
      Keys are the flags' long names without dashes ("json-file", not "json_file"). A key that no
      command has is an error, so that a typing mistake does not silently become a default. A key of
      another command is allowed and does nothing here. hwsim config lists every key.
      """),
    Explanation(
      "config.value", "a configuration file gives an option a value it does not take",
      """
      A flag takes true or false, an option a string or a number, a repeatable option also an array of
      them. The value is then read exactly as if it stood on the command line. hwsim config shows what
      each file sets; flags on the command line override it.
      """),
    Explanation(
      "file.unreadable", "an input is missing or cannot be read", status: .noInput,
      """
      The system's own words follow the path. Paths are relative to the current folder; - is standard
      input, which can be read once. Patterns such as *.npy are the shell's.
      """),
    Explanation(
      "file.not-written", "an output cannot be written", status: .noOutput,
      """
      The folder does not exist, permission is missing, or the disk is full. Files are first written
      beside their destination under a temporary name and take its place when complete: an earlier
      result is still there as it was. The same code stands for standard output.
      """),
    Explanation(
      "internal.crash", "a bug in hwsim", status: .bug,
      """
      hwsim checks its own assumptions and stops rather than print a wrong number. No input, however
      damaged, should lead here: please report it with the whole command line, what was printed, and
      the input files or their SHA-256 sums (sha256sum FILE...).
      """),
    Explanation(
      "internal.catalogue", "a bug in hwsim: its own list of options is unreadable", status: .bug,
      """
      Configuration files are checked against the parser's description of all options, and that could
      not be read. Please report it with the version (hwsim --version) and the command line. Without a
      hwsim.json and without --config the commands work.
      """),
  ]
}
