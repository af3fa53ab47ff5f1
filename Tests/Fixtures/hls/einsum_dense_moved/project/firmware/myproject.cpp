#include <iostream>

#include "myproject.h"
#include "parameters.h"


void myproject(
    input_t inp[4*3],
    result_t layer2_out[5*3]
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
        nnet::load_weights_from_txt<e_weight_t, 20>(w2, "w2.txt");
        nnet::load_weights_from_txt<e_bias_t, 15>(b2, "b2.txt");
        loaded_weights = true;    }
#endif
    // ****************************************
    // NETWORK INSTANTIATION
    // ****************************************

    // hls-fpga-machine-learning insert layers

    nnet::einsum_dense<input_t, result_t, config2>(inp, layer2_out, w2, b2); // e
#ifndef __SYNTHESIS__
    nnet::save_layer_output<result_t>(layer2_out, "e", 5*3);
#endif

}

