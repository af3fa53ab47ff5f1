#include <iostream>

#include "myproject.h"
#include "parameters.h"

namespace mine {

void myproject(
    input_t inp[6],
    result_t layer4_out[3]
) {

    // hls-fpga-machine-learning insert IO
    #pragma HLS ARRAY_RESHAPE variable=inp complete dim=0
    #pragma HLS ARRAY_PARTITION variable=layer4_out complete dim=0
    #pragma HLS INTERFACE ap_vld port=inp,layer4_out 
    #pragma HLS PIPELINE

    // hls-fpga-machine-learning insert load weights

    // ****************************************
    // NETWORK INSTANTIATION
    // ****************************************

    // hls-fpga-machine-learning insert layers

    d0_result_t layer2_out[5];
    #pragma HLS ARRAY_PARTITION variable=layer2_out complete dim=0

    layer3_t layer3_out[5];
    #pragma HLS ARRAY_PARTITION variable=layer3_out complete dim=0

    nnet::dense<input_t, d0_result_t, config2>(inp, layer2_out, w2, b2); // d0
#ifndef __SYNTHESIS__
    nnet::save_layer_output<d0_result_t>(layer2_out, "d0", 5);
#endif

    nnet::elu<d0_result_t, e_param_t, layer3_t, elu_config3>(layer2_out, 1.0, layer3_out); // e
#ifndef __SYNTHESIS__
    nnet::save_layer_output<layer3_t>(layer3_out, "e", 5);
#endif

    nnet::dense<layer3_t, result_t, config4>(layer3_out, layer4_out, w4, b4); // d1
#ifndef __SYNTHESIS__
    nnet::save_layer_output<result_t>(layer4_out, "d1", 3);
#endif

}

}
