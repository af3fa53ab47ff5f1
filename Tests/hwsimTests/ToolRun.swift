import Glibc
import TestSupport
import Testing

/// One finished run of the built tool: what it printed and its exit code.
struct ToolRun {
  let output: String
  let error: String
  /// The exit code; 128 and the number of the signal that ended it otherwise.
  let code: Int32

  /// What a run is given besides its arguments.
  struct Setting {
    var folder: String = SharedData.packageRoot
    var input: String = ""
    /// Variables set over an environment without `NO_COLOR` and without a folder of kept
    /// sensitivities; nil values are removed.
    var environment: [String: String?] = [:]
    /// Whether standard output is a pipe whose reader is gone.
    var hasClosedOutput = false
    /// A file that takes standard output, such as `/dev/full`.
    var outputPath: String?
    /// Most address space, in KiB.
    var memoryKiB: Int?
    /// Most time; the tool is killed after it and the exit code is 124 or 137.
    var seconds: Int?
    /// A signal by name that is sent after that time instead; the exit code is the tool's.
    var timerSignal: String?
    /// A signal sent as soon as the tool waits for more input.
    var interrupt: Int32?
  }

  /// The tool beside the test bundle, built by the same command.
  static let tool: String = {
    var buffer = [CChar](repeating: 0, count: 4096)
    let count = readlink("/proc/self/exe", &buffer, buffer.count - 1)
    let path = buffer.prefix(max(count, 0)).map { UInt8(bitPattern: $0) }
    let own = String(decoding: path, as: UTF8.self)
    // swift test runs the bundle itself or, on some versions, a helper that is told the bundle.
    for place in [own] + CommandLine.arguments where place.contains("/") {
      let folder = place.split(separator: "/", omittingEmptySubsequences: false).dropLast()
      let candidate = folder.joined(separator: "/") + "/hwsim"
      if access(candidate, X_OK) == 0 { return candidate }
    }
    return ""
  }()

  init(_ arguments: String..., setting: Setting = Setting()) throws {
    try self.init(arguments: arguments, setting: setting)
  }

  init(arguments: [String], setting: Setting = Setting()) throws {
    try #require(!Self.tool.isEmpty, "the hwsim executable stands beside the test bundle")
    let scratch = try TemporaryFolder()
    let inputPath = try scratch.write(Array(setting.input.utf8), to: "input")
    let outputPath = setting.outputPath ?? scratch.file("output")
    let errorPath = scratch.file("error")
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    var inputPipe: [Int32] = [-1, -1]
    var outputPipe: [Int32] = [-1, -1]
    if setting.interrupt != nil {
      try #require(pipe(&inputPipe) == 0)
      for end in inputPipe { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
      posix_spawn_file_actions_adddup2(&actions, inputPipe[0], 0)
    } else {
      posix_spawn_file_actions_addopen(&actions, 0, inputPath, O_RDONLY, 0)
    }
    if setting.hasClosedOutput {
      try #require(pipe(&outputPipe) == 0)
      for end in outputPipe { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
      posix_spawn_file_actions_adddup2(&actions, outputPipe[1], 1)
      close(outputPipe[0])
    } else {
      posix_spawn_file_actions_addopen(&actions, 1, outputPath, O_WRONLY | O_CREAT, 0o600)
    }
    posix_spawn_file_actions_addopen(&actions, 2, errorPath, O_WRONLY | O_CREAT, 0o600)
    // The shell changes the folder and becomes the tool.
    let limit = setting.memoryKiB.map { "ulimit -v \($0) && " } ?? ""
    // In the foreground the tool gets the signal once.
    let signal = setting.timerSignal.map { ["--foreground", "--preserve-status", "-s", $0] } ?? []
    let timer =
      setting.seconds.map { ["timeout", "-k", signal.isEmpty ? "2" : "10"] + signal + ["\($0)"] }
      ?? []
    let start =
      ["/bin/sh", "-c", limit + #"cd "$0" && exec "$@""#, setting.folder] + timer + [Self.tool]
    var words: [UnsafeMutablePointer<CChar>?] = (start + arguments).map { strdup($0) } + [nil]
    var variables = Self.environment(changed: setting.environment).map { strdup($0) } + [nil]
    defer { for word in words + variables { free(word) } }
    // A test thread may block or ignore signals; a shell's child does not.
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var signals = sigset_t()
    sigemptyset(&signals)
    posix_spawnattr_setsigmask(&attributes, &signals)
    sigfillset(&signals)
    posix_spawnattr_setsigdefault(&attributes, &signals)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
    var process = pid_t()
    let spawned = posix_spawn(&process, start[0], &actions, &attributes, &words, &variables)
    try #require(spawned == 0, "posix_spawn: \(spawned)")
    if setting.hasClosedOutput { close(outputPipe[1]) }
    if let signal = setting.interrupt {
      try Self.waitUntilReading(process)
      kill(process, signal)
    }
    var status: Int32 = 0
    while waitpid(process, &status, 0) < 0, errno == EINTR {}
    if setting.interrupt != nil { for end in inputPipe { close(end) } }
    code = status & 0x7F == 0 ? (status >> 8) & 0xFF : 128 + status & 0x7F
    output =
      setting.hasClosedOutput || setting.outputPath != nil ? "" : try Self.contents(outputPath)
    error = try Self.contents(errorPath)
  }

  /// Waits until the process blocks in the system call `read` on its standard input.
  private static func waitUntilReading(_ process: pid_t) throws {
    for _ in 0..<2000 {
      // "0 0x0 ..." in the file: call number 0 (read on x86-64; 63 on AArch64), descriptor 0.
      let call = (try? contents("/proc/\(process)/syscall")) ?? ""
      if call.hasPrefix("0 0x0 ") || call.hasPrefix("63 0x0 ") { return }
      usleep(5000)
    }
    kill(process, SIGKILL)
    Issue.record("the tool never read its standard input")
  }

  private static func environment(changed: [String: String?]) -> [String] {
    var result: [String] = []
    var pointer = environ
    while let entry = pointer.pointee {
      let text = String(cString: entry)
      let name = String(text.prefix { $0 != "=" })
      let isOurs = name == "NO_COLOR" || name == "HWSIM_CACHE"
      // Thousands of runs would leave a profile of megabytes each: they share a few (LLVM's %Nm).
      let entry = name == "LLVM_PROFILE_FILE" ? text.replacing("%m.%p", with: "-tool%4m") : text
      if !isOurs, changed[name] == nil { result.append(entry) }
      pointer += 1
    }
    // Runs keep nothing for each other, and nothing in the home of whoever tests.
    if changed["HWSIM_CACHE"] == nil { result.append("HWSIM_CACHE=/dev/null") }
    for (name, value) in changed { if let value { result.append("\(name)=\(value)") } }
    return result
  }

  /// The text of a file.
  static func contents(_ path: String) throws -> String {
    let descriptor = open(path, O_RDONLY)
    try #require(descriptor >= 0, "cannot open \(path)")
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = read(descriptor, &buffer, buffer.count)
      guard count > 0 else { break }
      bytes.append(contentsOf: buffer[..<count])
    }
    return try #require(String(validating: bytes, as: UTF8.self), "\(path) is UTF-8")
  }
}
