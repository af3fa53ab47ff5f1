#include <iostream>

#include "myproject.h"
#include "parameters.h"


void myproject(
    input_t inp[4*3*5],
    layer2_t layer2_out[4*3*5], layer3_t layer3_out[4*3*5]
) {

    // hls-fpga-machine-learning insert IO
    #pragma HLS ARRAY_RESHAPE variable=inp complete dim=0
    #pragma HLS ARRAY_PARTITION variable=layer2_out complete dim=0
    #pragma HLS ARRAY_PARTITION variable=layer3_out complete dim=0
    #pragma HLS INTERFACE ap_vld port=inp,layer2_out,layer3_out 
    #pragma HLS PIPELINE

    // hls-fpga-machine-learning insert load weights
#ifndef __SYNTHESIS__
    static bool loaded_weights = false;
    if (!loaded_weights) {
        loaded_weights = true;    }
#endif
    // ****************************************
    // NETWORK INSTANTIATION
    // ****************************************

    // hls-fpga-machine-learning insert layers

    nnet::softmax_multidim<input_t, layer2_t, softmax_config2>(inp, layer2_out); // s2
#ifndef __SYNTHESIS__
    nnet::save_layer_output<layer2_t>(layer2_out, "s2", 4*3*5);
#endif

    nnet::softmax_multidim<input_t, layer3_t, softmax_config3>(inp, layer3_out); // s1
#ifndef __SYNTHESIS__
    nnet::save_layer_output<layer3_t>(layer3_out, "s1", 4*3*5);
#endif

}

