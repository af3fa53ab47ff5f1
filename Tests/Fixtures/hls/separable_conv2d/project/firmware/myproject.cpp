#include <iostream>

#include "myproject.h"
#include "parameters.h"


void myproject(
    input_t inp[5*5*2],
    result_t layer4_out[3*3*3]
) {

    // hls-fpga-machine-learning insert IO
    #pragma HLS ARRAY_RESHAPE variable=inp complete dim=0
    #pragma HLS ARRAY_PARTITION variable=layer4_out complete dim=0
    #pragma HLS INTERFACE ap_vld port=inp,layer4_out 
    #pragma HLS DATAFLOW

    // hls-fpga-machine-learning insert load weights
#ifndef __SYNTHESIS__
    static bool loaded_weights = false;
    if (!loaded_weights) {
        nnet::load_weights_from_txt<model_default_t, 18>(w3, "w3.txt");
        nnet::load_weights_from_txt<bias3_t, 2>(b3, "b3.txt");
        nnet::load_weights_from_txt<model_default_t, 6>(w4, "w4.txt");
        nnet::load_weights_from_txt<model_default_t, 3>(b4, "b4.txt");
        loaded_weights = true;    }
#endif
    // ****************************************
    // NETWORK INSTANTIATION
    // ****************************************

    // hls-fpga-machine-learning insert layers

    layer3_t layer3_out[3*3*2];
    #pragma HLS ARRAY_PARTITION variable=layer3_out complete dim=0

    nnet::depthwise_conv_2d_cl<input_t, layer3_t, config3>(inp, layer3_out, w3, b3); // s_depthwise
#ifndef __SYNTHESIS__
    nnet::save_layer_output<layer3_t>(layer3_out, "s_depthwise", 3*3*2);
#endif

    nnet::pointwise_conv_2d_cl<layer3_t, result_t, config5>(layer3_out, layer4_out, w4, b4); // s_pointwise
#ifndef __SYNTHESIS__
    nnet::save_layer_output<result_t>(layer4_out, "s_pointwise", 3*3*3);
#endif

}

