#include <iostream>

#include "myproject.h"
#include "parameters.h"


void myproject(
    input_t inp[3*4],
    result_t layer4_out[2]
) {

    // hls-fpga-machine-learning insert IO
    #pragma HLS ARRAY_RESHAPE variable=inp complete dim=0
    #pragma HLS ARRAY_PARTITION variable=layer4_out complete dim=0
    #pragma HLS INTERFACE ap_vld port=inp,layer4_out 
    #pragma HLS PIPELINE

    // hls-fpga-machine-learning insert load weights
#ifndef __SYNTHESIS__
    static bool loaded_weights = false;
    if (!loaded_weights) {
        nnet::load_weights_from_txt<n_0_scale_t, 4>(s2, "s2.txt");
        nnet::load_weights_from_txt<n_0_bias_t, 4>(b2, "b2.txt");
        nnet::load_weights_from_txt<d_weight_t, 24>(w4, "w4.txt");
        nnet::load_weights_from_txt<d_bias_t, 2>(b4, "b4.txt");
        loaded_weights = true;    }
#endif
    // ****************************************
    // NETWORK INSTANTIATION
    // ****************************************

    // hls-fpga-machine-learning insert layers

    n_0_result_t layer2_out[3*4];
    #pragma HLS ARRAY_PARTITION variable=layer2_out complete dim=0

    auto& layer3_out = layer2_out;
    nnet::layernormalize<input_t, n_0_result_t, config2>(inp, layer2_out, s2, b2); // n_0
#ifndef __SYNTHESIS__
    nnet::save_layer_output<n_0_result_t>(layer2_out, "n_0", 3*4);
#endif

    nnet::dense<n_0_result_t, result_t, config4>(layer3_out, layer4_out, w4, b4); // d
#ifndef __SYNTHESIS__
    nnet::save_layer_output<result_t>(layer4_out, "d", 2);
#endif

}

