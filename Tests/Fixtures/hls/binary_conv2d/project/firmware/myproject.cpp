#include <iostream>

#include "myproject.h"
#include "parameters.h"


void myproject(
    input_t inp[6*6*2],
    result_t layer5_out[2*2*3]
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
        nnet::load_weights_from_txt<weight2_t, 54>(w2, "w2.txt");
        nnet::load_weights_from_txt<model_default_t, 3>(b2, "b2.txt");
        nnet::load_weights_from_txt<threshold7_t, 3>(t7, "t7.txt");
        nnet::load_weights_from_txt<weight5_t, 81>(w5, "w5.txt");
        nnet::load_weights_from_txt<model_default_t, 3>(b5, "b5.txt");
        loaded_weights = true;    }
#endif
    // ****************************************
    // NETWORK INSTANTIATION
    // ****************************************

    // hls-fpga-machine-learning insert layers

    layer2_t layer2_out[4*4*3];
    #pragma HLS ARRAY_PARTITION variable=layer2_out complete dim=0

    layer7_t layer7_out[4*4*3];
    #pragma HLS ARRAY_PARTITION variable=layer7_out complete dim=0

    nnet::conv_2d_cl<input_t, layer2_t, config2>(inp, layer2_out, w2, b2); // c0
#ifndef __SYNTHESIS__
    nnet::save_layer_output<layer2_t>(layer2_out, "c0", 4*4*3);
#endif

    nnet::normalize_binary_tanh<layer2_t, config7>(layer2_out, layer7_out, t7); // bnbt_bn0
#ifndef __SYNTHESIS__
    nnet::save_layer_output<layer7_t>(layer7_out, "bnbt_bn0", 4*4*3);
#endif

    nnet::conv_2d_cl<layer7_t, result_t, config5>(layer7_out, layer5_out, w5, b5); // c1
#ifndef __SYNTHESIS__
    nnet::save_layer_output<result_t>(layer5_out, "c1", 2*2*3);
#endif

}

