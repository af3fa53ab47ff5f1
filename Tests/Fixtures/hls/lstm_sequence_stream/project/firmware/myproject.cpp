#include <iostream>

#include "myproject.h"
#include "parameters.h"


void myproject(
    hls::stream<input_t> &inp,
    hls::stream<result_t> &layer4_out
) {

    // hls-fpga-machine-learning insert IO
    #pragma HLS INTERFACE axis port=inp,layer4_out 
    #pragma HLS DATAFLOW

    // hls-fpga-machine-learning insert load weights
#ifndef __SYNTHESIS__
    static bool loaded_weights = false;
    if (!loaded_weights) {
        nnet::load_weights_from_txt<rnn_weight_t, 48>(w2, "w2.txt");
        nnet::load_weights_from_txt<rnn_recurrent_weight_t, 64>(wr2, "wr2.txt");
        nnet::load_weights_from_txt<rnn_bias_t, 16>(b2, "b2.txt");
        nnet::load_weights_from_txt<rnn_recurrent_bias_t, 16>(br2, "br2.txt");
        nnet::load_weights_from_txt<d_weight_t, 48>(w4, "w4.txt");
        nnet::load_weights_from_txt<d_bias_t, 3>(b4, "b4.txt");
        loaded_weights = true;    }
#endif
    // ****************************************
    // NETWORK INSTANTIATION
    // ****************************************

    // hls-fpga-machine-learning insert layers

    hls::stream<layer2_t> layer2_out("layer2_out");
    #pragma HLS STREAM variable=layer2_out depth=4

    auto& layer3_out = layer2_out;
    nnet::lstm_stack<input_t, layer2_t, config2>(inp, layer2_out, w2, wr2, b2, br2); // rnn
#ifndef __SYNTHESIS__
    nnet::save_layer_output<layer2_t>(layer2_out, "rnn", 4*4);
#endif

    nnet::dense<layer2_t, result_t, config4>(layer3_out, layer4_out, w4, b4); // d
#ifndef __SYNTHESIS__
    nnet::save_layer_output<result_t>(layer4_out, "d", 3);
#endif

}

