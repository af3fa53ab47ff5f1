#include <iostream>

#include "myproject.h"
#include "parameters.h"


void myproject(
    input_t inp[8],
    result_t layer7_out[5]
) {

    // hls-fpga-machine-learning insert IO
    #pragma HLS ARRAY_RESHAPE variable=inp complete dim=0
    #pragma HLS ARRAY_PARTITION variable=layer7_out complete dim=0
    #pragma HLS INTERFACE ap_vld port=inp,layer7_out 
    #pragma HLS PIPELINE

    // hls-fpga-machine-learning insert load weights
#ifndef __SYNTHESIS__
    static bool loaded_weights = false;
    if (!loaded_weights) {
        nnet::load_weights_from_txt<fc1_weight_t, 96>(w2, "w2.txt");
        nnet::load_weights_from_txt<fc1_bias_t, 12>(b2, "b2.txt");
        nnet::load_weights_from_txt<fc2_weight_t, 96>(w4, "w4.txt");
        nnet::load_weights_from_txt<fc2_bias_t, 8>(b4, "b4.txt");
        nnet::load_weights_from_txt<out_weight_t, 40>(w6, "w6.txt");
        nnet::load_weights_from_txt<out_bias_t, 5>(b6, "b6.txt");
        loaded_weights = true;    }
#endif
    // ****************************************
    // NETWORK INSTANTIATION
    // ****************************************

    // hls-fpga-machine-learning insert layers

    fc1_result_t layer2_out[12];
    #pragma HLS ARRAY_PARTITION variable=layer2_out complete dim=0

    layer3_t layer3_out[12];
    #pragma HLS ARRAY_PARTITION variable=layer3_out complete dim=0

    fc2_result_t layer4_out[8];
    #pragma HLS ARRAY_PARTITION variable=layer4_out complete dim=0

    layer5_t layer5_out[8];
    #pragma HLS ARRAY_PARTITION variable=layer5_out complete dim=0

    out_result_t layer6_out[5];
    #pragma HLS ARRAY_PARTITION variable=layer6_out complete dim=0

    nnet::dense<input_t, fc1_result_t, config2>(inp, layer2_out, w2, b2); // fc1

    nnet::thresholded_relu<fc1_result_t, act1_param_t, layer3_t, thresholdedrelu_config3>(layer2_out, 0.0, layer3_out); // act1

    nnet::dense<layer3_t, fc2_result_t, config4>(layer3_out, layer4_out, w4, b4); // fc2

    nnet::tanh<fc2_result_t, layer5_t, tanh_config5>(layer4_out, layer5_out); // act2

    nnet::dense<layer5_t, out_result_t, config6>(layer5_out, layer6_out, w6, b6); // out

    nnet::softmax<out_result_t, result_t, softmax_config7>(layer6_out, layer7_out); // last

}

