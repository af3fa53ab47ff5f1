#include <iostream>

#include "myproject.h"
#include "parameters.h"


void myproject(
    input_t inp[5*5*2],
    result_t layer6_out[3]
) {

    // hls-fpga-machine-learning insert IO
    #pragma HLS ARRAY_RESHAPE variable=inp complete dim=0
    #pragma HLS ARRAY_PARTITION variable=layer6_out complete dim=0
    #pragma HLS INTERFACE ap_vld port=inp,layer6_out 
    #pragma HLS DATAFLOW

    // hls-fpga-machine-learning insert load weights
#ifndef __SYNTHESIS__
    static bool loaded_weights = false;
    if (!loaded_weights) {
        nnet::load_weights_from_txt<c_weight_t, 54>(w2, "w2.txt");
        nnet::load_weights_from_txt<c_bias_t, 3>(b2, "b2.txt");
        nnet::load_weights_from_txt<pw_weight_t, 9>(w4, "w4.txt");
        nnet::load_weights_from_txt<pw_bias_t, 3>(b4, "b4.txt");
        nnet::load_weights_from_txt<d_weight_t, 9>(w6, "w6.txt");
        nnet::load_weights_from_txt<d_bias_t, 3>(b6, "b6.txt");
        loaded_weights = true;    }
#endif
    // ****************************************
    // NETWORK INSTANTIATION
    // ****************************************

    // hls-fpga-machine-learning insert layers

    layer2_t layer2_out[5*5*3];
    #pragma HLS ARRAY_PARTITION variable=layer2_out complete dim=0

    layer3_t layer3_out[5*5*3];
    #pragma HLS ARRAY_PARTITION variable=layer3_out complete dim=0

    layer4_t layer4_out[5*5*3];
    #pragma HLS ARRAY_PARTITION variable=layer4_out complete dim=0

    layer5_t layer5_out[3];
    #pragma HLS ARRAY_PARTITION variable=layer5_out complete dim=0

    nnet::conv_2d_cl<input_t, layer2_t, config2>(inp, layer2_out, w2, b2); // c
#ifndef __SYNTHESIS__
    nnet::save_layer_output<layer2_t>(layer2_out, "c", 5*5*3);
#endif

    nnet::relu6<layer2_t, layer3_t, relu6_config3>(layer2_out, layer3_out); // r
#ifndef __SYNTHESIS__
    nnet::save_layer_output<layer3_t>(layer3_out, "r", 5*5*3);
#endif

    nnet::pointwise_conv_2d_cl<layer3_t, layer4_t, config7>(layer3_out, layer4_out, w4, b4); // pw
#ifndef __SYNTHESIS__
    nnet::save_layer_output<layer4_t>(layer4_out, "pw", 5*5*3);
#endif

    nnet::global_pooling2d_cl<layer4_t, layer5_t, config5>(layer4_out, layer5_out); // g
#ifndef __SYNTHESIS__
    nnet::save_layer_output<layer5_t>(layer5_out, "g", 3);
#endif

    nnet::dense<layer5_t, result_t, config6>(layer5_out, layer6_out, w6, b6); // d
#ifndef __SYNTHESIS__
    nnet::save_layer_output<result_t>(layer6_out, "d", 3);
#endif

}

