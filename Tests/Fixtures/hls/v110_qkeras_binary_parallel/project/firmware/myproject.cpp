#include <iostream>

#include "myproject.h"
#include "parameters.h"


void myproject(
    input_t input_1[N_INPUT_1_1],
    result_t layer6_out[N_LAYER_6]
) {

    // hls-fpga-machine-learning insert IO
    #pragma HLS ARRAY_RESHAPE variable=input_1 complete dim=0
    #pragma HLS ARRAY_PARTITION variable=layer6_out complete dim=0
    #pragma HLS INTERFACE ap_vld port=input_1,layer6_out 
    #pragma HLS PIPELINE

    // hls-fpga-machine-learning insert load weights
#ifndef __SYNTHESIS__
    static bool loaded_weights = false;
    if (!loaded_weights) {
        nnet::load_weights_from_txt<weight2_t, 30>(w2, "w2.txt");
        nnet::load_weights_from_txt<q1_bias_t, 5>(b2, "b2.txt");
        nnet::load_weights_from_txt<threshold8_t, 5>(t8, "t8.txt");
        nnet::load_weights_from_txt<weight6_t, 15>(w6, "w6.txt");
        nnet::load_weights_from_txt<q4_bias_t, 3>(b6, "b6.txt");
        loaded_weights = true;    }
#endif
    // ****************************************
    // NETWORK INSTANTIATION
    // ****************************************

    // hls-fpga-machine-learning insert layers

    q1_result_t layer2_out[N_LAYER_2];
    #pragma HLS ARRAY_PARTITION variable=layer2_out complete dim=0
    nnet::dense<input_t, q1_result_t, config2>(input_1, layer2_out, w2, b2); // q1
#ifndef __SYNTHESIS__
    nnet::save_layer_output<q1_result_t>(layer2_out, "q1", N_LAYER_2);
#endif

    layer8_t layer8_out[N_LAYER_2];
    #pragma HLS ARRAY_PARTITION variable=layer8_out complete dim=0
    nnet::normalize_binary_tanh<q1_result_t, config8>(layer2_out, layer8_out, t8); // bnbt_q2
#ifndef __SYNTHESIS__
    nnet::save_layer_output<layer8_t>(layer8_out, "bnbt_q2", N_LAYER_2);
#endif

    nnet::dense<layer8_t, result_t, config6>(layer8_out, layer6_out, w6, b6); // q4
#ifndef __SYNTHESIS__
    nnet::save_layer_output<result_t>(layer6_out, "q4", N_LAYER_6);
#endif

}

