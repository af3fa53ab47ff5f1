#include <iostream>

#include "myproject.h"
#include "parameters.h"


void myproject(
    inp_t inp[5*5*2],
    result_t layer7_out[4]
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
        loaded_weights = true;    }
#endif
    // ****************************************
    // NETWORK INSTANTIATION
    // ****************************************

    // hls-fpga-machine-learning insert layers

    q1_iq_t layer2_out[5*5*2];
    #pragma HLS ARRAY_PARTITION variable=layer2_out complete dim=0

    q1_t layer3_out[4*4*3];
    #pragma HLS ARRAY_PARTITION variable=layer3_out complete dim=0

    q1_relu_t layer4_out[4*4*3];
    #pragma HLS ARRAY_PARTITION variable=layer4_out complete dim=0

    auto& layer5_out = layer4_out;
    nnet::q1_iq<inp_t, q1_iq_t>(inp, layer2_out); // q1_iq
#ifndef __SYNTHESIS__
    nnet::save_layer_output<q1_iq_t>(layer2_out, "q1_iq", 5*5*2);
#endif

    nnet::conv2d_cl<config3, q1_iq_t, q1_t>(layer2_out, layer3_out); // q1
#ifndef __SYNTHESIS__
    nnet::save_layer_output<q1_t>(layer3_out, "q1", 4*4*3);
#endif

    nnet::relu<q1_t, q1_relu_t, relu_config4>(layer3_out, layer4_out); // q1_relu
#ifndef __SYNTHESIS__
    nnet::save_layer_output<q1_relu_t>(layer4_out, "q1_relu", 4*4*3);
#endif

    nnet::dense_da_7<q1_relu_t, result_t>(layer5_out, layer7_out); // q3
#ifndef __SYNTHESIS__
    nnet::save_layer_output<result_t>(layer7_out, "q3", 4);
#endif

}

