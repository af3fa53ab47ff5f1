#include <iostream>

#include "myproject.h"
#include "parameters.h"


void myproject(
    hls::stream<input_t> &inp,
    hls::stream<result_t> &layer5_out
) {

    // hls-fpga-machine-learning insert IO
    #pragma HLS INTERFACE axis port=inp,layer5_out 
    #pragma HLS DATAFLOW

    // hls-fpga-machine-learning insert load weights
#ifndef __SYNTHESIS__
    static bool loaded_weights = false;
    if (!loaded_weights) {
        nnet::load_weights_from_txt<a_weight_t, 6>(w2, "w2.txt");
        nnet::load_weights_from_txt<a_bias_t, 2>(b2, "b2.txt");
        nnet::load_weights_from_txt<b_weight_t, 4>(w3, "w3.txt");
        nnet::load_weights_from_txt<b_bias_t, 2>(b3, "b3.txt");
        nnet::load_weights_from_txt<d_weight_t, 12>(w5, "w5.txt");
        nnet::load_weights_from_txt<d_bias_t, 2>(b5, "b5.txt");
        loaded_weights = true;    }
#endif
    // ****************************************
    // NETWORK INSTANTIATION
    // ****************************************

    // hls-fpga-machine-learning insert layers

    hls::stream<layer2_t> layer2_out("layer2_out");
    #pragma HLS STREAM variable=layer2_out depth=4

    hls::stream<layer3_t> layer3_out("layer3_out");
    #pragma HLS STREAM variable=layer3_out depth=3

    auto& layer4_out = layer3_out;
    nnet::depthwise_conv_1d_cl<input_t, layer2_t, config2>(inp, layer2_out, w2, b2); // a
#ifndef __SYNTHESIS__
    nnet::save_layer_output<layer2_t>(layer2_out, "a", 4*2);
#endif

    nnet::depthwise_conv_1d_cl<layer2_t, layer3_t, config3>(layer2_out, layer3_out, w3, b3); // b
#ifndef __SYNTHESIS__
    nnet::save_layer_output<layer3_t>(layer3_out, "b", 3*2);
#endif

    nnet::dense<layer3_t, result_t, config5>(layer4_out, layer5_out, w5, b5); // d
#ifndef __SYNTHESIS__
    nnet::save_layer_output<result_t>(layer5_out, "d", 2);
#endif

}

