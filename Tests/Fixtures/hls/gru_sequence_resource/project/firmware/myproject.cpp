#include <iostream>

#include "myproject.h"
#include "parameters.h"


void myproject(
    input_t inp[4*3],
    result_t layer4_out[2]
) {

    // hls-fpga-machine-learning insert IO
    #pragma HLS ARRAY_RESHAPE variable=inp complete dim=0
    #pragma HLS ARRAY_PARTITION variable=layer4_out complete dim=0
    #pragma HLS INTERFACE ap_vld port=inp,layer4_out 
    #pragma HLS DATAFLOW

    // hls-fpga-machine-learning insert load weights
#ifndef __SYNTHESIS__
    static bool loaded_weights = false;
    if (!loaded_weights) {
        nnet::load_weights_from_txt<rnn_weight_t, 36>(w2, "w2.txt");
        nnet::load_weights_from_txt<rnn_recurrent_weight_t, 48>(wr2, "wr2.txt");
        nnet::load_weights_from_txt<rnn_bias_t, 12>(b2, "b2.txt");
        nnet::load_weights_from_txt<rnn_recurrent_bias_t, 12>(br2, "br2.txt");
        nnet::load_weights_from_txt<d_weight_t, 32>(w4, "w4.txt");
        nnet::load_weights_from_txt<d_bias_t, 2>(b4, "b4.txt");
        loaded_weights = true;    }
#endif
    // ****************************************
    // NETWORK INSTANTIATION
    // ****************************************

    // hls-fpga-machine-learning insert layers

    layer2_t layer2_out[4*4];
    #pragma HLS ARRAY_PARTITION variable=layer2_out complete dim=0

    auto& layer3_out = layer2_out;
    nnet::gru_stack<input_t, layer2_t, config2>(inp, layer2_out, w2, wr2, b2, br2); // rnn
#ifndef __SYNTHESIS__
    nnet::save_layer_output<layer2_t>(layer2_out, "rnn", 4*4);
#endif

    nnet::dense<layer2_t, result_t, config4>(layer3_out, layer4_out, w4, b4); // d
#ifndef __SYNTHESIS__
    nnet::save_layer_output<result_t>(layer4_out, "d", 2);
#endif

}

