import FoundationEssentials

/// The files of a project: of a folder, or of the `.tar.gz` that hls4ml writes beside it
/// (`WriteTar`).
struct HLSFiles {
  private enum Place {
    case folder(String)
    /// With the path of the project in the archive, empty or with a slash at its end.
    case archive(TarArchive, prefix: String)
  }

  private let place: Place

  init(folder: String) { place = .folder(folder) }

  /// Nil if the archive holds no project: no `firmware/defines.h`, or several.
  init?(_ archive: TarArchive) {
    let header = "firmware/defines.h"
    let found = archive.names.filter { $0 == header || $0.hasSuffix("/" + header) }
    guard found.count == 1 else { return nil }
    place = .archive(archive, prefix: String(found[0].dropLast(header.count)))
  }

  /// The project at `path`, a folder or an archive; nil if there is none, or none that can be read.
  init?(at path: String) {
    if HLS4ML.isProject(path) {
      self.init(folder: path)
    } else {
      guard (try? HLS4MLArchive.isCandidate(path: path)) == true,
        let archive = try? TarArchive.read(path)
      else { return nil }
      self.init(archive)
    }
  }

  /// The bytes of the file `relative`, at most `limit`.
  func bytes(_ relative: String, limit: Int) throws(ImportError) -> [UInt8] {
    switch place {
    case .folder(let path): return try [UInt8](contentsOf: path + "/" + relative, limit: limit)
    case .archive(let archive, let prefix):
      guard let bytes = archive[prefix + relative] else {
        throw .unreadable(path: prefix + relative, reason: "it is not in the archive")
      }
      return bytes
    }
  }

  func exists(_ relative: String) -> Bool {
    switch place {
    case .folder(let path): FileManager.default.fileExists(atPath: path + "/" + relative)
    case .archive(let archive, let prefix): archive[prefix + relative] != nil
    }
  }

  /// Names in a folder of the project, sorted; empty if it cannot be listed.
  func names(in relative: String) -> [String] {
    switch place {
    case .folder(let path):
      let folder = relative.isEmpty ? path : path + "/" + relative
      return ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted()
    case .archive(let archive, let prefix):
      let folder = prefix + (relative.isEmpty ? "" : relative + "/")
      let names = archive.names.compactMap { name in
        name.hasPrefix(folder)
          ? name.dropFirst(folder.count).split(separator: "/").first.map(String.init) : nil
      }
      return Set(names).sorted()
    }
  }

  /// The first bytes of a file, `count` at most; nil if it cannot be read.
  func prefix(of relative: String, count: Int) -> [UInt8]? {
    switch place {
    case .folder(let path):
      guard let file = try? InputFile(path: path + "/" + relative) else { return nil }
      let stream = ByteStream(file)
      return try? stream.peek(count)
    case .archive(let archive, let prefix):
      return archive[prefix + relative].map { Array($0.prefix(count)) }
    }
  }
}
