#include <iostream>

#include "myproject.h"
#include "parameters.h"


void myproject(
    input_t inp[6*6*2],
    result_t layer10_out[3]
) {

    // hls-fpga-machine-learning insert IO
    #pragma HLS ARRAY_RESHAPE variable=inp complete dim=0
    #pragma HLS ARRAY_PARTITION variable=layer10_out complete dim=0
    #pragma HLS INTERFACE ap_vld port=inp,layer10_out 
    #pragma HLS DATAFLOW

    // hls-fpga-machine-learning insert load weights
#ifndef __SYNTHESIS__
    static bool loaded_weights = false;
    if (!loaded_weights) {
        nnet::load_weights_from_txt<c1_weight_t, 72>(w2, "w2.txt");
        nnet::load_weights_from_txt<c1_bias_t, 4>(b2, "b2.txt");
        nnet::load_weights_from_txt<c2_weight_t, 64>(w6, "w6.txt");
        nnet::load_weights_from_txt<c2_bias_t, 4>(b6, "b6.txt");
        nnet::load_weights_from_txt<out_weight_t, 48>(w9, "w9.txt");
        nnet::load_weights_from_txt<out_bias_t, 3>(b9, "b9.txt");
        loaded_weights = true;    }
#endif
    // ****************************************
    // NETWORK INSTANTIATION
    // ****************************************

    // hls-fpga-machine-learning insert layers

    c1_result_t layer2_out[6*6*4];
    #pragma HLS ARRAY_PARTITION variable=layer2_out complete dim=0

    layer4_t layer4_out[6*6*4];
    #pragma HLS ARRAY_PARTITION variable=layer4_out complete dim=0

    layer5_t layer5_out[3*3*4];
    #pragma HLS ARRAY_PARTITION variable=layer5_out complete dim=0

    c2_result_t layer6_out[2*2*4];
    #pragma HLS ARRAY_PARTITION variable=layer6_out complete dim=0

    layer7_t layer7_out[2*2*4];
    #pragma HLS ARRAY_PARTITION variable=layer7_out complete dim=0

    auto& layer8_out = layer7_out;
    out_result_t layer9_out[3];
    #pragma HLS ARRAY_PARTITION variable=layer9_out complete dim=0

    nnet::conv_2d_cl<input_t, c1_result_t, config2>(inp, layer2_out, w2, b2); // c1

    nnet::thresholded_relu<c1_result_t, r1_param_t, layer4_t, thresholdedrelu_config4>(layer2_out, 0.0, layer4_out); // r1

    nnet::pooling2d_cl<layer4_t, layer5_t, config5>(layer4_out, layer5_out); // mp

    nnet::conv_2d_cl<layer5_t, c2_result_t, config6>(layer5_out, layer6_out, w6, b6); // c2

    nnet::thresholded_relu<c2_result_t, r2_param_t, layer7_t, thresholdedrelu_config7>(layer6_out, 0.0, layer7_out); // r2

    nnet::dense<layer7_t, out_result_t, config9>(layer8_out, layer9_out, w9, b9); // out

    nnet::softmax<out_result_t, result_t, softmax_config10>(layer9_out, layer10_out); // sm

}

