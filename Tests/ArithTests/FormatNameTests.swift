import Arith
import Testing

@Suite("format names")
struct FormatNameTests {
  @Test("every example of the grammar is read, printed and read back")
  func examples() throws {
    for name in FormatFamily.all.flatMap(\.examples) {
      let encoding = try Encoding(name: name)
      let canonical = encoding.name
      #expect(try Encoding(name: canonical) == encoding, "\(name) -> \(canonical)")
      #expect(try Encoding(name: canonical).name == canonical, "\(name)")
    }
  }

  @Test(
    "names of one format have one canonical form",
    arguments: [
      ("fp16", "float16"), ("BF16", "bfloat16"), ("float<4,3,kind=fn>", "e4m3"),
      ("e4m3-fn", "e4m3"), ("e4m3_fnuz", "e4m3fnuz"), ("e3m2b3-finite", "e3m2"),
      ("e3m2b3-fn", "e3m2-fn"), ("e3m2b5-fn", "e3m2b5-fn"), ("e8m0", "e8m0"),
      ("float<3,2,bias=-3>", "float<3,2,bias=-3,kind=ieee>"), ("int8", "int<8>"),
      ("uint4", "uint<4>"), ("Q3.4", "fixed<8,4>"), ("Q15", "fixed<16,1>"),
      ("UQ4.4", "ufixed<8,4>"), ("ap_fixed<8,3,AP_RND,AP_SAT>", "ap_fixed<8,3,RND,SAT>"),
      ("ac_fixed<8,3,true,AC_RND_CONV,AC_SAT>", "fixed<8,3,RND_CONV,SAT>"),
      ("ac_int<5,false>", "uint<5>"), ("mxfp8", "mxfp8_e4m3"), ("mx<e2m1,32>", "mxfp4_e2m1"),
      ("bfp<32,8>", "mxint8"), ("bfp<16,8>", "bfp<16,8>"), ("bfp<16,4,5>", "bfp<16,4,5>"),
      ("bitmod<4,128>", "bitmod<4>"), ("adalog<4,1,2>", "logsqrt2<4>"),
      ("float<4,3,kind=p3109e>", "p3109_k8p4se"), ("p3109_k8p4ue", "p3109_k8p4ue"),
      ("float<4,4,kind=finite,signed=no,bias=7>", "ue4m4-finite"),
      ("float<3,2,kind=finite,subnormals=no>", "e3m2-finite-nosub"),
      ("dualbinary<128>", "planes<bits,2,128>"), ("nf4<64>", "nf4<64>"),
      ("scaled<e2m1,16,e4m3,rule=twoLevel>", "nvfp4"), (" int < 4 > ", "int<4>"),
    ])
  func canonical(given: String, wanted: String) throws {
    #expect(try Encoding(name: given).name == wanted)
  }

  @Test(
    "impossible and unknown names are refused with the grammar and a near name",
    arguments: [
      ("int<0>", "[ap_][u]int<N> or [u]intN"), ("int0", nil),
      ("fixed<0,0>", "[ap_][u]fixed<W,I[,Q[,O[,N]]]>"), ("fixed<8>", nil), ("fixed<8,3,RD>", nil),
      ("float<12,3>", nil), ("float<0,3>", nil), ("float<4,60>", nil),
      ("float<4,3,kind=best>", nil),
      ("float<4,3,bias=x>", nil), ("e12m3", nil), ("bfp<0,8>", nil), ("bfp<16,1>", nil),
      ("mx<e2m1,0>", nil), ("mx<mxfp4,16>", nil), ("codebook<>", nil), ("codebook<1,1>", nil),
      ("codebook<nan>", nil), ("e4m4fnx", nil), ("mxfp5", nil), ("nvfp5", nil), ("", nil),
      ("<", nil), (">", nil), ("int<", nil), ("int<4", nil), ("int<4>>", nil),
      ("fixed<99999999999999999999,1>", nil), ("Q300.1", nil), ("Q-1.3", nil),
      ("pyramid<1024,1024>", nil), ("log2<40>", nil), ("p3109_k99p4se", nil),
      ("affine<8,scale=0>", nil), ("affine<8,scale=inf>", nil), ("khot<8,3,0>", nil),
      ("group<uint<4>|int<4>,128,zero=yes>", nil), ("mx<mx<mx<mx<mx<e2m1,2>,2>,2>,2>,2>", nil),
    ] as [(String, String?)])
  func refused(name: String, grammar: String?) throws {
    let error = try #require(throws: FormatNameError.self) { _ = try Encoding(name: name) }
    #expect((try? Encoding(name: error.nearest)) != nil, "\(error.nearest)")
    if let grammar { #expect(error.grammar == grammar) }
  }

  @Test("the nearest name of a slip is the meant one")
  func nearest() {
    for (slip, meant) in [
      ("flaot16", "float16"), ("e4m3fnu", "e4m3fn"), ("mxfp4_e2m2", "mxfp4_e2m1"),
      ("nvpf4", "nvfp4"), ("int<0>", "int<2>"), ("uint<0>", "uint<1>"),
    ] {
      do {
        _ = try Encoding(name: slip)
        Issue.record("\(slip) was read")
      } catch {
        #expect(error.nearest == meant)
      }
    }
  }
}
