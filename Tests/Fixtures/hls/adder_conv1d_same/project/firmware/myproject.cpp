#include <iostream>

#include "myproject.h"
#include "parameters.h"


void myproject(
    input_t inp[7*2],
    result_t layer5_out[2]
) {

    // hls-fpga-machine-learning insert IO
    #pragma HLS ARRAY_RESHAPE variable=inp complete dim=0
    #pragma HLS ARRAY_PARTITION variable=layer5_out complete dim=0
    #pragma HLS INTERFACE ap_vld port=inp,layer5_out 
    #pragma HLS DATAFLOW

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

    layer2_t layer2_out[4*2];
    #pragma HLS ARRAY_PARTITION variable=layer2_out complete dim=0

    layer3_t layer3_out[4*2];
    #pragma HLS ARRAY_PARTITION variable=layer3_out complete dim=0

    auto& layer4_out = layer3_out;
    nnet::conv1d_cl<config2, input_t, layer2_t>(inp, layer2_out); // c
#ifndef __SYNTHESIS__
    nnet::save_layer_output<layer2_t>(layer2_out, "c", 4*2);
#endif

    nnet::tanh<layer2_t, layer3_t, tanh_config3>(layer2_out, layer3_out); // r
#ifndef __SYNTHESIS__
    nnet::save_layer_output<layer3_t>(layer3_out, "r", 4*2);
#endif

    nnet::dense_da_5<layer3_t, result_t>(layer4_out, layer5_out); // d
#ifndef __SYNTHESIS__
    nnet::save_layer_output<result_t>(layer5_out, "d", 2);
#endif

}

