import Documents
import Testing

@Suite("SHA-256")
struct SHA256Tests {
  // FIPS 180-4 examples (csrc.nist.gov, "SHA256.pdf" and "SHA2_Additional.pdf").
  @Test(
    "published digests",
    arguments: [
      ("", 1, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
      ("abc", 1, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
      (
        "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 1,
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
      ),
      ("a", 1_000_000, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"),
    ])
  func published(text: String, count: Int, digest: String) {
    let message = [UInt8](String(repeating: text, count: count).utf8)
    #expect(SHA256.hexadecimal(of: message) == digest)
  }

  @Test("pieces of any length give the digest of the whole")
  func pieces() {
    let message = (0..<300).map { UInt8(truncatingIfNeeded: $0 * 7) }
    for length in 1...130 {
      var hash = SHA256()
      for start in stride(from: 0, to: message.count, by: length) {
        hash.update(Array(message[start..<min(start + length, message.count)]))
      }
      #expect(hash.finalized() == SHA256.hash(message), "pieces of \(length)")
    }
  }

  @Test("every length of the last block")
  func padding() {
    // Digests of 'a' repeated, at the places where padding takes another block (Python hashlib).
    let expected = [
      55: "9f4390f8d30c2dd92ec9f095b65e2b9ae9b0a925a5258e241c9f1e910f734318",
      56: "b35439a4ac6f0948b6d6f9e3c6af0f5f590ce20f1bde7090ef7970686ec6738a",
      64: "ffe054fe7ae0cb6dc65c3af9b61d5209f439851db43d0ba5997337df154668eb",
    ]
    for (count, digest) in expected {
      #expect(SHA256.hexadecimal(of: [UInt8](repeating: 0x61, count: count)) == digest)
    }
  }
}
