#include <iostream>

#include "myproject.h"
#include "parameters.h"


void myproject(
    input_t inp[5*5*2],
    result_t layer5_out[3]
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
        nnet::load_weights_from_txt<pw_weight_t, 6>(w2, "w2.txt");
        nnet::load_weights_from_txt<pw_bias_t, 3>(b2, "b2.txt");
        nnet::load_weights_from_txt<dw_weight_t, 12>(w3, "w3.txt");
        nnet::load_weights_from_txt<dw_bias_t, 3>(b3, "b3.txt");
        nnet::load_weights_from_txt<d_weight_t, 9>(w5, "w5.txt");
        nnet::load_weights_from_txt<d_bias_t, 3>(b5, "b5.txt");
        loaded_weights = true;    }
#endif
    // ****************************************
    // NETWORK INSTANTIATION
    // ****************************************

    // hls-fpga-machine-learning insert layers

    pw_result_t layer2_out[5*5*3];
    #pragma HLS ARRAY_PARTITION variable=layer2_out complete dim=0

    layer3_t layer3_out[3*3*3];
    #pragma HLS ARRAY_PARTITION variable=layer3_out complete dim=0

    layer4_t layer4_out[3];
    #pragma HLS ARRAY_PARTITION variable=layer4_out complete dim=0

    nnet::pointwise_conv_2d_cl<input_t, pw_result_t, config6>(inp, layer2_out, w2, b2); // pw
#ifndef __SYNTHESIS__
    nnet::save_layer_output<pw_result_t>(layer2_out, "pw", 5*5*3);
#endif

    nnet::depthwise_conv_2d_cl<pw_result_t, layer3_t, config3>(layer2_out, layer3_out, w3, b3); // dw
#ifndef __SYNTHESIS__
    nnet::save_layer_output<layer3_t>(layer3_out, "dw", 3*3*3);
#endif

    nnet::global_pooling2d_cl<layer3_t, layer4_t, config4>(layer3_out, layer4_out); // g
#ifndef __SYNTHESIS__
    nnet::save_layer_output<layer4_t>(layer4_out, "g", 3);
#endif

    nnet::dense<layer4_t, result_t, config5>(layer4_out, layer5_out, w5, b5); // d
#ifndef __SYNTHESIS__
    nnet::save_layer_output<result_t>(layer5_out, "d", 3);
#endif

}

