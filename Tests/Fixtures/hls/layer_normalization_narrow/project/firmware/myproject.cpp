#include <iostream>

#include "myproject.h"
#include "parameters.h"


void myproject(
    input_t inp[2*6],
    result_t layer2_out[2*6]
) {

    // hls-fpga-machine-learning insert IO
    #pragma HLS ARRAY_RESHAPE variable=inp complete dim=0
    #pragma HLS ARRAY_PARTITION variable=layer2_out complete dim=0
    #pragma HLS INTERFACE ap_vld port=inp,layer2_out 
    #pragma HLS PIPELINE

    // hls-fpga-machine-learning insert load weights
#ifndef __SYNTHESIS__
    static bool loaded_weights = false;
    if (!loaded_weights) {
        nnet::load_weights_from_txt<n_0_scale_t, 6>(s2, "s2.txt");
        nnet::load_weights_from_txt<n_0_bias_t, 6>(b2, "b2.txt");
        loaded_weights = true;    }
#endif
    // ****************************************
    // NETWORK INSTANTIATION
    // ****************************************

    // hls-fpga-machine-learning insert layers

    nnet::layernormalize<input_t, result_t, config2>(inp, layer2_out, s2, b2); // n_0
#ifndef __SYNTHESIS__
    nnet::save_layer_output<result_t>(layer2_out, "n_0", 2*6);
#endif

}

