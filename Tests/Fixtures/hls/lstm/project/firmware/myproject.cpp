#include <iostream>

#include "myproject.h"
#include "parameters.h"


void myproject(
    input_t inp[4*3],
    result_t layer3_out[3]
) {

    // hls-fpga-machine-learning insert IO
    #pragma HLS ARRAY_RESHAPE variable=inp complete dim=0
    #pragma HLS ARRAY_PARTITION variable=layer3_out complete dim=0
    #pragma HLS INTERFACE ap_vld port=inp,layer3_out 
    #pragma HLS PIPELINE

    // hls-fpga-machine-learning insert load weights
#ifndef __SYNTHESIS__
    static bool loaded_weights = false;
    if (!loaded_weights) {
        nnet::load_weights_from_txt<rnn_weight_t, 60>(w2, "w2.txt");
        nnet::load_weights_from_txt<rnn_recurrent_weight_t, 100>(wr2, "wr2.txt");
        nnet::load_weights_from_txt<rnn_bias_t, 20>(b2, "b2.txt");
        nnet::load_weights_from_txt<rnn_recurrent_bias_t, 20>(br2, "br2.txt");
        nnet::load_weights_from_txt<d_weight_t, 15>(w3, "w3.txt");
        nnet::load_weights_from_txt<d_bias_t, 3>(b3, "b3.txt");
        loaded_weights = true;    }
#endif
    // ****************************************
    // NETWORK INSTANTIATION
    // ****************************************

    // hls-fpga-machine-learning insert layers

    layer2_t layer2_out[5];
    #pragma HLS ARRAY_PARTITION variable=layer2_out complete dim=0

    nnet::lstm_stack<input_t, layer2_t, config2>(inp, layer2_out, w2, wr2, b2, br2); // rnn
#ifndef __SYNTHESIS__
    nnet::save_layer_output<layer2_t>(layer2_out, "rnn", 5);
#endif

    nnet::dense<layer2_t, result_t, config3>(layer2_out, layer3_out, w3, b3); // d
#ifndef __SYNTHESIS__
    nnet::save_layer_output<result_t>(layer3_out, "d", 3);
#endif

}

