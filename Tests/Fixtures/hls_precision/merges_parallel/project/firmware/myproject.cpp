#include <iostream>

#include "myproject.h"
#include "parameters.h"


void myproject(
    input_t inp[8],
    result_t layer15_out[3]
) {

    // hls-fpga-machine-learning insert IO
    #pragma HLS ARRAY_RESHAPE variable=inp complete dim=0
    #pragma HLS ARRAY_PARTITION variable=layer15_out complete dim=0
    #pragma HLS INTERFACE ap_vld port=inp,layer15_out 
    #pragma HLS PIPELINE

    // hls-fpga-machine-learning insert load weights
#ifndef __SYNTHESIS__
    static bool loaded_weights = false;
    if (!loaded_weights) {
        nnet::load_weights_from_txt<a_weight_t, 48>(w2, "w2.txt");
        nnet::load_weights_from_txt<a_bias_t, 6>(b2, "b2.txt");
        nnet::load_weights_from_txt<b_weight_t, 48>(w3, "w3.txt");
        nnet::load_weights_from_txt<b_bias_t, 6>(b3, "b3.txt");
        nnet::load_weights_from_txt<h_weight_t, 60>(w13, "w13.txt");
        nnet::load_weights_from_txt<h_bias_t, 5>(b13, "b13.txt");
        nnet::load_weights_from_txt<out_weight_t, 15>(w15, "w15.txt");
        nnet::load_weights_from_txt<out_bias_t, 3>(b15, "b15.txt");
        loaded_weights = true;    }
#endif
    // ****************************************
    // NETWORK INSTANTIATION
    // ****************************************

    // hls-fpga-machine-learning insert layers

    a_result_t layer2_out[6];
    #pragma HLS ARRAY_PARTITION variable=layer2_out complete dim=0

    b_result_t layer3_out[6];
    #pragma HLS ARRAY_PARTITION variable=layer3_out complete dim=0

    layer4_t layer4_out[6];
    #pragma HLS ARRAY_PARTITION variable=layer4_out complete dim=0

    layer5_t layer5_out[6];
    #pragma HLS ARRAY_PARTITION variable=layer5_out complete dim=0

    add_result_t layer6_out[6];
    #pragma HLS ARRAY_PARTITION variable=layer6_out complete dim=0

    mul_result_t layer7_out[6];
    #pragma HLS ARRAY_PARTITION variable=layer7_out complete dim=0

    sub_result_t layer8_out[6];
    #pragma HLS ARRAY_PARTITION variable=layer8_out complete dim=0

    mx_result_t layer9_out[6];
    #pragma HLS ARRAY_PARTITION variable=layer9_out complete dim=0

    mn_result_t layer10_out[6];
    #pragma HLS ARRAY_PARTITION variable=layer10_out complete dim=0

    av_result_t layer11_out[6];
    #pragma HLS ARRAY_PARTITION variable=layer11_out complete dim=0

    cat_result_t layer12_out[12];
    #pragma HLS ARRAY_PARTITION variable=layer12_out complete dim=0

    h_result_t layer13_out[5];
    #pragma HLS ARRAY_PARTITION variable=layer13_out complete dim=0

    layer14_t layer14_out[5];
    #pragma HLS ARRAY_PARTITION variable=layer14_out complete dim=0

    nnet::dense<input_t, a_result_t, config2>(inp, layer2_out, w2, b2); // a

    nnet::dense<input_t, b_result_t, config3>(inp, layer3_out, w3, b3); // b

    nnet::thresholded_relu<a_result_t, ra_param_t, layer4_t, thresholdedrelu_config4>(layer2_out, 0.0, layer4_out); // ra

    nnet::tanh<b_result_t, layer5_t, tanh_config5>(layer3_out, layer5_out); // tb

    nnet::add<layer4_t, layer5_t, add_result_t, config6>(layer4_out, layer5_out, layer6_out); // add

    nnet::multiply<layer4_t, layer5_t, mul_result_t, config7>(layer4_out, layer5_out, layer7_out); // mul

    nnet::subtract<add_result_t, mul_result_t, sub_result_t, config8>(layer6_out, layer7_out, layer8_out); // sub

    nnet::maximum<layer4_t, sub_result_t, mx_result_t, config9>(layer4_out, layer8_out, layer9_out); // mx

    nnet::minimum<layer5_t, sub_result_t, mn_result_t, config10>(layer5_out, layer8_out, layer10_out); // mn

    nnet::average<mx_result_t, mn_result_t, av_result_t, config11>(layer9_out, layer10_out, layer11_out); // av

    nnet::concatenate1d<av_result_t, layer4_t, cat_result_t, config12>(layer11_out, layer4_out, layer12_out); // cat

    nnet::dense<cat_result_t, h_result_t, config13>(layer12_out, layer13_out, w13, b13); // h

    nnet::thresholded_relu<h_result_t, rh_param_t, layer14_t, thresholdedrelu_config14>(layer13_out, 0.0, layer14_out); // rh

    nnet::dense<layer14_t, result_t, config15>(layer14_out, layer15_out, w15, b15); // out

}

