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
        nnet::load_weights_from_txt<c_weight_t, 16>(w2, "w2.txt");
        nnet::load_weights_from_txt<c_bias_t, 2>(b2, "b2.txt");
        loaded_weights = true;    }
#endif
    // ****************************************
    // NETWORK INSTANTIATION
    // ****************************************

    // hls-fpga-machine-learning insert layers

    hls::stream<layer2_t> layer2_out("layer2_out");
    #pragma HLS STREAM variable=layer2_out depth=9

    hls::stream<layer3_t> layer3_out("layer3_out");
    #pragma HLS STREAM variable=layer3_out depth=9

    auto& layer4_out = layer3_out;
    nnet::conv_2d_cl<input_t, layer2_t, config2>(inp, layer2_out, w2, b2); // c
#ifndef __SYNTHESIS__
    nnet::save_layer_output<layer2_t>(layer2_out, "c", 3*3*2);
#endif

    nnet::relu<layer2_t, layer3_t, relu_config3>(layer2_out, layer3_out); // r
#ifndef __SYNTHESIS__
    nnet::save_layer_output<layer3_t>(layer3_out, "r", 3*3*2);
#endif

    nnet::dense<layer3_t, result_t, config5>(layer4_out, layer5_out); // d
#ifndef __SYNTHESIS__
    nnet::save_layer_output<result_t>(layer5_out, "d", 2);
#endif

}

