import Importers

extension Explanation {
  /// Codes that every kind of container has: `npy.truncated`, `zip.limit`, ...
  static let containers: [Explanation] = ImportError.Container.allCases.flatMap { container in
    let (name, noun) = (container.rawValue, words(for: container))
    return [
      Explanation(
        "\(name).truncated", "\(noun) ends too early",
        """
        A header, a table or a count promises more bytes than the content has. The message names
        the part, the bytes it needs and those that are left; the place is the byte offset. Usually a
        transfer or a disk ended before the file did: get it again, and compare sizes.
        """),
      Explanation(
        "\(name).limit", "\(noun) is larger than hwsim reads",
        """
        Content that is read as a whole has a limit, so that a wrong file name or a hostile archive
        does not fill the memory. The limit is in the message. If the content is what it should be,
        split it, or give arrays as .npy files, which are read in blocks.
        """),
      Explanation(
        "\(name).trailing", "\(noun) goes on where it should end",
        """
        Bytes follow the end that the content itself declares. Two files were joined, or an old,
        longer file was overwritten in place. hwsim does not guess which part was meant.
        """),
      Explanation(
        "\(name).damaged", "compressed data in \(noun) cannot be decompressed",
        """
        The deflate stream breaks its own rules or its checksum does not agree. The bytes were changed
        after they were compressed, for example by a transfer in text mode. Get the file again.
        """),
    ]
  }

  private static func words(for container: ImportError.Container) -> String {
    switch container {
    case .file: "a file"
    case .npy: "an NPY array"
    case .zip: "a ZIP or NPZ archive"
    case .gzip: "a gzip file"
    case .tar: "a tar archive"
    case .text: "a text log"
    }
  }

  /// Codes of array files and archives.
  static let arrays: [Explanation] = [
    Explanation(
      "array.empty", "an array file holds no values",
      """
      The file has no bytes, or only white space. An HLS test bench that ended before its first sample
      leaves such a log. Check the run that should have written it.
      """),
    Explanation(
      "array.shape", "an array has not the shape of the tensor it is for",
      """
      Arrays have one row a sample: the tensor's shape with the number of samples in front. The
      message has both shapes, N for any number. Reshape the array; where a model has several inputs
      or outputs, say which one a file is for: --inputs NAME=FILE.
      """),
    Explanation(
      "array.unrecognized", "a file is no array of a known kind",
      """
      Kinds are recognised by content, whatever the file is called: NPY, NPZ (stored or deflated) and
      text logs, each also compressed with gzip. The message shows the first bytes.
      """),
    Explanation(
      "npy.version", "an NPY file has an unknown version",
      """
      Versions 1.0, 2.0 and 3.0 are read. Another number means a damaged file or a newer format; write
      the array again with numpy.save.
      """),
    Explanation(
      "npy.header", "the header of an NPY file cannot be read",
      """
      The header is a Python dictionary with 'descr', 'fortran_order' and 'shape'. The message says
      what is wrong with it. Write the array again with numpy.save.
      """),
    Explanation(
      "npy.type", "an array has a data type that hwsim does not read",
      """
      Booleans, integers of 8 to 64 bits and floats of 16, 32 and 64 bits are read, in either byte
      order. Complex numbers, strings, structures and Python objects are not (objects would run code).
      Convert the array with .astype first.
      """),
    Explanation(
      "npy.shape-overflow", "an array's shape is beyond what can be addressed",
      """
      The product of the extents, or the size in bytes, overflows 64 bits, or there are too many axes.
      No array has such a shape; the header is damaged.
      """),
    Explanation(
      "npy.bool", "a boolean array has a byte that is neither 0 nor 1",
      """
      numpy stores False and True as 0 and 1. Another byte means damaged data, or that integers were
      declared as booleans.
      """),
    Explanation(
      "npy.value", "a value cannot be held exactly by the type it is needed in",
      """
      A fraction where an integer code is needed, or an integer beyond the type. hwsim does not round
      silently: cast the array to the type that is meant.
      """),
    Explanation(
      "npz.member", "an archive has no array of the wanted name",
      """
      Arrays of an .npz file are found by the name of the tensor or layer; / and | are the same in
      names, and #3 means the tensor with index 3. The arrays of the file are listed. Rename the array,
      or give it as its own file: NAME=FILE.npy.
      """),
    Explanation(
      "npz.duplicate", "two arrays of an archive have one name",
      """
      / and | are the same in names, and so are a name with and without .npy. Which of the two arrays
      was meant cannot be told; write the archive again.
      """),
    Explanation(
      "zip.header", "the structure of a ZIP or NPZ archive is broken",
      """
      The central directory, a member's header or their offsets contradict each other. The archive was
      damaged or edited; write it again.
      """),
    Explanation(
      "zip.unsupported", "a ZIP or NPZ archive uses a feature that hwsim does not read",
      """
      Members may be stored or deflated. Encryption, other compression methods and archives in several
      volumes are not read. numpy.savez and numpy.savez_compressed write what is read.
      """),
    Explanation(
      "zip.crc", "a member of an archive does not have the checksum that the archive declares",
      """
      Its bytes were changed after they were stored. hwsim reports no result from such data.
      """),
    Explanation(
      "zip.ratio", "a member declares more bytes than its compressed data can hold",
      """
      Deflate makes at most 1,032 bytes of one. The archive is damaged, or made to fill the memory of
      whoever opens it.
      """),
    Explanation(
      "zip.overlap", "two members of an archive share bytes",
      """
      No tool writes such archives, except those that are made to expand without end.
      """),
    Explanation(
      "tar.header", "a header in a tar archive is broken",
      """
      A size, a checksum or a name cannot be read. The archive was damaged; save the model again.
      """),
    Explanation(
      "tar.unsupported", "a tar archive has an entry that is no plain file or folder",
      """
      Links and devices have no place in a model. Archives are read in memory and never unpacked.
      """),
    Explanation(
      "tar.duplicate", "two entries of a tar archive have one name",
      """
      Which of the two files was meant cannot be told. Save the model again.
      """),
    Explanation(
      "text.number", "a word of a text log is no number",
      """
      Logs hold decimal numbers separated by white space, one sample a line (an HLS test bench with
      several outputs prints each on a line of its own). The place is line and column. Remove messages
      that the simulator printed into the log.
      """),
    Explanation(
      "text.byte", "a byte of a text log belongs to no text",
      """
      A control character or a byte outside ASCII. The file is no log, or is damaged.
      """),
    Explanation(
      "text.ragged", "lines of a text log differ in their number of values",
      """
      Every sample has the same number of values. A line is incomplete, or the log of another model
      was appended.
      """),
    Explanation(
      "text.incomplete-sample", "a text log ends within a sample",
      """
      With several outputs each sample takes several lines, and the last one lacks some. The simulation
      was ended while it wrote.
      """),
    Explanation(
      "text.too-long", "a line or word of a text log is longer than any number",
      """
      The file is no log of numbers.
      """),
  ]
}
