#include <iostream>

#include "myproject.h"
#include "parameters.h"


void myproject(
    input_t inp[7*3],
    result_t layer9_out[1]
) {

    // hls-fpga-machine-learning insert IO
    #pragma HLS ARRAY_RESHAPE variable=inp complete dim=0
    #pragma HLS ARRAY_PARTITION variable=layer9_out complete dim=0
    #pragma HLS INTERFACE ap_vld port=inp,layer9_out 
    #pragma HLS PIPELINE

    // hls-fpga-machine-learning insert load weights
#ifndef __SYNTHESIS__
    static bool loaded_weights = false;
    if (!loaded_weights) {
        nnet::load_weights_from_txt<u_0_weight_t, 90>(w7, "w7.txt");
        nnet::load_weights_from_txt<u_0_bias_t, 6>(b7, "b7.txt");
        nnet::load_weights_from_txt<v_weight_t, 90>(w8, "w8.txt");
        nnet::load_weights_from_txt<v_bias_t, 6>(b8, "b8.txt");
        loaded_weights = true;    }
#endif
    // ****************************************
    // NETWORK INSTANTIATION
    // ****************************************

    // hls-fpga-machine-learning insert layers

    layer2_t layer2_out[4*3];
    #pragma HLS ARRAY_PARTITION variable=layer2_out complete dim=0

    layer3_t layer3_out[4*3];
    #pragma HLS ARRAY_PARTITION variable=layer3_out complete dim=0

    cat_result_t layer4_out[8*3];
    #pragma HLS ARRAY_PARTITION variable=layer4_out complete dim=0

    layer5_t layer5_out[5*3];
    #pragma HLS ARRAY_PARTITION variable=layer5_out complete dim=0

    auto& layer6_out = layer5_out;
    u_0_result_t layer7_out[6];
    #pragma HLS ARRAY_PARTITION variable=layer7_out complete dim=0

    v_result_t layer8_out[6];
    #pragma HLS ARRAY_PARTITION variable=layer8_out complete dim=0

    nnet::pooling1d_cl<input_t, layer2_t, config2>(inp, layer2_out); // mp
#ifndef __SYNTHESIS__
    nnet::save_layer_output<layer2_t>(layer2_out, "mp", 4*3);
#endif

    nnet::pooling1d_cl<input_t, layer3_t, config3>(inp, layer3_out); // ap
#ifndef __SYNTHESIS__
    nnet::save_layer_output<layer3_t>(layer3_out, "ap", 4*3);
#endif

    nnet::concatenate2d<layer2_t, layer3_t, cat_result_t, config4>(layer2_out, layer3_out, layer4_out); // cat
#ifndef __SYNTHESIS__
    nnet::save_layer_output<cat_result_t>(layer4_out, "cat", 8*3);
#endif

    nnet::cropping1d_cl<cat_result_t, layer5_t, config5>(layer4_out, layer5_out); // crop
#ifndef __SYNTHESIS__
    nnet::save_layer_output<layer5_t>(layer5_out, "crop", 5*3);
#endif

    nnet::dense<layer5_t, u_0_result_t, config7>(layer6_out, layer7_out, w7, b7); // u_0
#ifndef __SYNTHESIS__
    nnet::save_layer_output<u_0_result_t>(layer7_out, "u_0", 6);
#endif

    nnet::dense<layer5_t, v_result_t, config8>(layer6_out, layer8_out, w8, b8); // v
#ifndef __SYNTHESIS__
    nnet::save_layer_output<v_result_t>(layer8_out, "v", 6);
#endif

    nnet::dot1d<u_0_result_t, v_result_t, result_t, config9>(layer7_out, layer8_out, layer9_out); // dot
#ifndef __SYNTHESIS__
    nnet::save_layer_output<result_t>(layer9_out, "dot", 1);
#endif

}

