import Importers
import TestSupport

/// A one-layer project whose files a test writes and edits.
struct TinyProject {
  var files: [String: String] = [
    "firmware/defines.h": """
    #ifndef DEFINES_H_
    #define DEFINES_H_
    #include "ap_fixed.h"
    // hls-fpga-machine-learning insert layer-precision
    typedef ap_fixed<16,6> input_t;
    typedef ap_fixed<10,4,AP_RND,AP_SAT,0> accum_t;
    typedef ap_fixed<6,2,AP_RND_CONV,AP_SAT_SYM> weight_t;
    typedef ap_ufixed<5,-1> bias_t;
    typedef ap_fixed<8,4> result_t;
    #endif
    """,
    "firmware/parameters.h": """
    #include "defines.h"
    // fc
    struct config2 : nnet::dense_config {
        static const unsigned n_in = 3;
        static const unsigned n_out = 2;
        static const unsigned io_type = nnet::io_parallel;
        static const unsigned strategy = nnet::latency;
        static const unsigned reuse_factor = 1;
        static const unsigned n_zeros = 0;
        static const unsigned multiplier_limit = DIV_ROUNDUP(n_in * n_out, reuse_factor) - n_zeros / reuse_factor;
        typedef accum_t accum_t;
        typedef bias_t bias_t;
        typedef weight_t weight_t;
        template<class data_T, class res_T, class CONFIG_T>
        using kernel = nnet::DenseLatency<data_T, res_T, CONFIG_T>;
        template<class x_T, class y_T>
        using product = nnet::product::mult<x_T, y_T>;
    };
    """,
    "firmware/tiny.cpp": """
    #include "tiny.h"
    void tiny(
        input_t x[3],
        result_t layer2_out[2]
    ) {
        #pragma HLS PIPELINE
    #ifndef __SYNTHESIS__
        static bool loaded_weights = false;
        if (!loaded_weights) {
            nnet::load_weights_from_txt<weight_t, 6>(w2, "w2.txt");
            nnet::load_weights_from_txt<bias_t, 2>(b2, "b2.txt");
            loaded_weights = true;    }
    #endif
        nnet::dense<input_t, result_t, config2>(x, layer2_out, w2, b2); // fc
    }
    """,
    "firmware/weights/w2.txt": "0.5, -0.0625, 1.9375, -2, 0.03125, 7.5",
    "firmware/weights/b2.txt": "0.125, 0.0078125",
    "hls4ml_config.yml": "Backend: Vitis\nClockPeriod: 5\nProjectName: tiny\n",
  ]

  /// Replaces `text` in `file`.
  mutating func edit(_ file: String, _ text: String, _ replacement: String) {
    guard let content = files[file], let range = content.firstRange(of: text) else { return }
    files[file] = content.replacingCharacters(range, with: replacement)
  }

  /// Writes the files to `folder` and returns its path.
  func write(to folder: TemporaryFolder) throws -> String {
    try HLSFolder(files: files.mapValues { Array($0.utf8) }).write(to: folder.path)
    return folder.path
  }

  /// The model, or the error, of the project.
  func result() throws -> Result<HLS4MLModel, HLS4MLError> {
    let folder = try TemporaryFolder()
    let path = try write(to: folder)
    do throws(HLS4MLError) {
      return .success(try HLS4ML.importModel(path))
    } catch {
      return .failure(error)
    }
  }

  /// The reasons for which the project is refused; empty if it is not.
  func reasons() throws -> [HLS4MLProblem.Reason] {
    switch try result() {
    case .success: []
    case .failure(let error): error.problems.map(\.reason)
    }
  }
}

extension String {
  func replacingCharacters(_ range: Range<Index>, with text: String) -> String {
    String(self[..<range.lowerBound]) + text + String(self[range.upperBound...])
  }
}
