#include <iostream>

#include "myproject.h"
#include "parameters.h"


void myproject(
    input_t inp[3*4],
    result_t layer5_out[2]
) {

    // hls-fpga-machine-learning insert IO
    #pragma HLS ARRAY_RESHAPE variable=inp complete dim=0
    #pragma HLS ARRAY_PARTITION variable=layer5_out complete dim=0
    #pragma HLS INTERFACE ap_vld port=inp,layer5_out 
    #pragma HLS PIPELINE

    // hls-fpga-machine-learning insert load weights
#ifndef __SYNTHESIS__
    static bool loaded_weights = false;
    if (!loaded_weights) {
        nnet::load_weights_from_txt<e_weight_t, 8>(w2, "w2.txt");
        nnet::load_weights_from_txt<e_bias_t, 6>(b2, "b2.txt");
        nnet::load_weights_from_txt<d_weight_t, 12>(w5, "w5.txt");
        nnet::load_weights_from_txt<d_bias_t, 2>(b5, "b5.txt");
        loaded_weights = true;    }
#endif
    // ****************************************
    // NETWORK INSTANTIATION
    // ****************************************

    // hls-fpga-machine-learning insert layers

    layer2_t layer2_out[3*2];
    #pragma HLS ARRAY_PARTITION variable=layer2_out complete dim=0

    layer3_t layer3_out[3*2];
    #pragma HLS ARRAY_PARTITION variable=layer3_out complete dim=0

    auto& layer4_out = layer3_out;
    nnet::einsum_dense<input_t, layer2_t, config2>(inp, layer2_out, w2, b2); // e
#ifndef __SYNTHESIS__
    nnet::save_layer_output<layer2_t>(layer2_out, "e", 3*2);
#endif

    nnet::relu<layer2_t, layer3_t, relu_config3>(layer2_out, layer3_out); // r
#ifndef __SYNTHESIS__
    nnet::save_layer_output<layer3_t>(layer3_out, "r", 3*2);
#endif

    nnet::dense<layer3_t, result_t, config5>(layer4_out, layer5_out, w5, b5); // d
#ifndef __SYNTHESIS__
    nnet::save_layer_output<result_t>(layer5_out, "d", 2);
#endif

}

