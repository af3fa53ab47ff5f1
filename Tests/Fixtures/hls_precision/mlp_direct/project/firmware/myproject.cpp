#include <iostream>

#include "myproject.h"
#include "parameters.h"


void myproject(
    input_t inp[6],
    result_t layer5_out[1]
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
        nnet::load_weights_from_txt<fc1_weight_t, 48>(w2, "w2.txt");
        nnet::load_weights_from_txt<fc1_bias_t, 8>(b2, "b2.txt");
        nnet::load_weights_from_txt<fc2_weight_t, 48>(w3, "w3.txt");
        nnet::load_weights_from_txt<fc2_bias_t, 6>(b3, "b3.txt");
        nnet::load_weights_from_txt<out_weight_t, 6>(w4, "w4.txt");
        nnet::load_weights_from_txt<out_bias_t, 1>(b4, "b4.txt");
        loaded_weights = true;    }
#endif
    // ****************************************
    // NETWORK INSTANTIATION
    // ****************************************

    // hls-fpga-machine-learning insert layers

    fc1_result_t layer2_out[8];
    #pragma HLS ARRAY_PARTITION variable=layer2_out complete dim=0

    fc2_result_t layer3_out[6];
    #pragma HLS ARRAY_PARTITION variable=layer3_out complete dim=0

    out_result_t layer4_out[1];
    #pragma HLS ARRAY_PARTITION variable=layer4_out complete dim=0

    nnet::dense<input_t, fc1_result_t, config2>(inp, layer2_out, w2, b2); // fc1

    nnet::dense<fc1_result_t, fc2_result_t, config3>(layer2_out, layer3_out, w3, b3); // fc2

    nnet::dense<fc2_result_t, out_result_t, config4>(layer3_out, layer4_out, w4, b4); // out

    nnet::sigmoid<out_result_t, result_t, sigmoid_config5>(layer4_out, layer5_out); // last

}

