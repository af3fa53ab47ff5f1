#include <iostream>

#include "myproject.h"
#include "parameters.h"


void myproject(
    input_t inp[12],
    result_t layer4_out[4]
) {

    // hls-fpga-machine-learning insert IO
    #pragma HLS ARRAY_RESHAPE variable=inp complete dim=0
    #pragma HLS ARRAY_PARTITION variable=layer4_out complete dim=0
    #pragma HLS INTERFACE ap_vld port=inp,layer4_out 
    #pragma HLS PIPELINE II=4

    // hls-fpga-machine-learning insert load weights
#ifndef __SYNTHESIS__
    static bool loaded_weights = false;
    if (!loaded_weights) {
        nnet::load_weights_from_txt<d0_weight_t, 96>(w2, "w2.txt");
        nnet::load_weights_from_txt<d0_bias_t, 8>(b2, "b2.txt");
        nnet::load_weights_from_txt<d1_weight_t, 32>(w4, "w4.txt");
        nnet::load_weights_from_txt<d1_bias_t, 4>(b4, "b4.txt");
        loaded_weights = true;    }
#endif
    // ****************************************
    // NETWORK INSTANTIATION
    // ****************************************

    // hls-fpga-machine-learning insert layers

    layer2_t layer2_out[8];
    #pragma HLS ARRAY_PARTITION variable=layer2_out complete dim=0

    layer3_t layer3_out[8];
    #pragma HLS ARRAY_PARTITION variable=layer3_out complete dim=0

    nnet::dense<input_t, layer2_t, config2>(inp, layer2_out, w2, b2); // d0
#ifndef __SYNTHESIS__
    nnet::save_layer_output<layer2_t>(layer2_out, "d0", 8);
#endif

    nnet::relu<layer2_t, layer3_t, relu_config3>(layer2_out, layer3_out); // r
#ifndef __SYNTHESIS__
    nnet::save_layer_output<layer3_t>(layer3_out, "r", 8);
#endif

    nnet::dense<layer3_t, result_t, config4>(layer3_out, layer4_out, w4, b4); // d1
#ifndef __SYNTHESIS__
    nnet::save_layer_output<result_t>(layer4_out, "d1", 4);
#endif

}

