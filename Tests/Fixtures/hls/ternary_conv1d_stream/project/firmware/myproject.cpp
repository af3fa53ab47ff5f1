#include <iostream>

#include "myproject.h"
#include "parameters.h"


void myproject(
    hls::stream<input_t> &inp,
    hls::stream<result_t> &layer6_out
) {

    // hls-fpga-machine-learning insert IO
    #pragma HLS INTERFACE axis port=inp,layer6_out 
    #pragma HLS DATAFLOW

    // hls-fpga-machine-learning insert load weights
#ifndef __SYNTHESIS__
    static bool loaded_weights = false;
    if (!loaded_weights) {
        nnet::load_weights_from_txt<weight2_t, 24>(w2, "w2.txt");
        nnet::load_weights_from_txt<model_default_t, 4>(b2, "b2.txt");
        nnet::load_weights_from_txt<threshold_hi_8_t, 4>(th8, "th8.txt");
        nnet::load_weights_from_txt<threshold_lo_8_t, 4>(tl8, "tl8.txt");
        nnet::load_weights_from_txt<weight5_t, 36>(w5, "w5.txt");
        nnet::load_weights_from_txt<model_default_t, 3>(b5, "b5.txt");
        loaded_weights = true;    }
#endif
    // ****************************************
    // NETWORK INSTANTIATION
    // ****************************************

    // hls-fpga-machine-learning insert layers

    hls::stream<layer2_t> layer2_out("layer2_out");
    #pragma HLS STREAM variable=layer2_out depth=6

    hls::stream<layer8_t> layer8_out("layer8_out");
    #pragma HLS STREAM variable=layer8_out depth=6

    hls::stream<layer5_t> layer5_out("layer5_out");
    #pragma HLS STREAM variable=layer5_out depth=4

    nnet::conv_1d_cl<input_t, layer2_t, config2>(inp, layer2_out, w2, b2); // c0
#ifndef __SYNTHESIS__
    nnet::save_layer_output<layer2_t>(layer2_out, "c0", 6*4);
#endif

    nnet::normalize_ternary_tanh<layer2_t, config8>(layer2_out, layer8_out, th8, tl8); // bnbt_bn0
#ifndef __SYNTHESIS__
    nnet::save_layer_output<layer8_t>(layer8_out, "bnbt_bn0", 6*4);
#endif

    nnet::conv_1d_cl<layer8_t, layer5_t, config5>(layer8_out, layer5_out, w5, b5); // c1
#ifndef __SYNTHESIS__
    nnet::save_layer_output<layer5_t>(layer5_out, "c1", 4*3);
#endif

    nnet::binary_tanh<layer5_t, result_t, binary_tanh_config6>(layer5_out, layer6_out); // b1
#ifndef __SYNTHESIS__
    nnet::save_layer_output<result_t>(layer6_out, "b1", 4*3);
#endif

}

