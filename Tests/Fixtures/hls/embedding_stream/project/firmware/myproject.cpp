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
        nnet::load_weights_from_txt<emb_embeddings_t, 28>(e2, "e2.txt");
        nnet::load_weights_from_txt<c_weight_t, 24>(w3, "w3.txt");
        nnet::load_weights_from_txt<c_bias_t, 3>(b3, "b3.txt");
        nnet::load_weights_from_txt<d_weight_t, 36>(w5, "w5.txt");
        nnet::load_weights_from_txt<d_bias_t, 3>(b5, "b5.txt");
        loaded_weights = true;    }
#endif
    // ****************************************
    // NETWORK INSTANTIATION
    // ****************************************

    // hls-fpga-machine-learning insert layers

    hls::stream<emb_result_t> layer2_out("layer2_out");
    #pragma HLS STREAM variable=layer2_out depth=5

    hls::stream<c_result_t> layer3_out("layer3_out");
    #pragma HLS STREAM variable=layer3_out depth=4

    auto& layer4_out = layer3_out;
    nnet::embedding<input_t, emb_result_t, config2>(inp, layer2_out, e2); // emb
#ifndef __SYNTHESIS__
    nnet::save_layer_output<emb_result_t>(layer2_out, "emb", 5*4);
#endif

    nnet::conv_1d_cl<emb_result_t, c_result_t, config3>(layer2_out, layer3_out, w3, b3); // c
#ifndef __SYNTHESIS__
    nnet::save_layer_output<c_result_t>(layer3_out, "c", 4*3);
#endif

    nnet::dense<c_result_t, result_t, config5>(layer4_out, layer5_out, w5, b5); // d
#ifndef __SYNTHESIS__
    nnet::save_layer_output<result_t>(layer5_out, "d", 3);
#endif

}

