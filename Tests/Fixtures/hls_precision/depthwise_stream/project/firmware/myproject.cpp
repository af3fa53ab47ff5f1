#include <iostream>

#include "myproject.h"
#include "parameters.h"


void myproject(
    hls::stream<input_t> &inp,
    hls::stream<result_t> &layer9_out
) {

    // hls-fpga-machine-learning insert IO
    #pragma HLS INTERFACE axis port=inp,layer9_out 
    #pragma HLS DATAFLOW

    // hls-fpga-machine-learning insert load weights
#ifndef __SYNTHESIS__
    static bool loaded_weights = false;
    if (!loaded_weights) {
        nnet::load_weights_from_txt<dw_weight_t, 9>(w2, "w2.txt");
        nnet::load_weights_from_txt<dw_bias_t, 3>(b2, "b2.txt");
        nnet::load_weights_from_txt<pw_weight_t, 12>(w3, "w3.txt");
        nnet::load_weights_from_txt<pw_bias_t, 4>(b3, "b3.txt");
        nnet::load_weights_from_txt<pr_param_t, 32>(a4, "a4.txt");
        nnet::load_weights_from_txt<c2_weight_t, 24>(w6, "w6.txt");
        nnet::load_weights_from_txt<c2_bias_t, 3>(b6, "b6.txt");
        nnet::load_weights_from_txt<out_weight_t, 18>(w9, "w9.txt");
        nnet::load_weights_from_txt<out_bias_t, 2>(b9, "b9.txt");
        loaded_weights = true;    }
#endif
    // ****************************************
    // NETWORK INSTANTIATION
    // ****************************************

    // hls-fpga-machine-learning insert layers

    hls::stream<dw_result_t> layer2_out("layer2_out");
    #pragma HLS STREAM variable=layer2_out depth=8

    hls::stream<pw_result_t> layer3_out("layer3_out");
    #pragma HLS STREAM variable=layer3_out depth=8

    hls::stream<layer4_t> layer4_out("layer4_out");
    #pragma HLS STREAM variable=layer4_out depth=8

    hls::stream<layer5_t> layer5_out("layer5_out");
    #pragma HLS STREAM variable=layer5_out depth=4

    hls::stream<c2_result_t> layer6_out("layer6_out");
    #pragma HLS STREAM variable=layer6_out depth=3

    hls::stream<layer7_t> layer7_out("layer7_out");
    #pragma HLS STREAM variable=layer7_out depth=3

    auto& layer8_out = layer7_out;
    nnet::depthwise_conv_1d_cl<input_t, dw_result_t, config2>(inp, layer2_out, w2, b2); // dw

    nnet::pointwise_conv_1d_cl<dw_result_t, pw_result_t, config10>(layer2_out, layer3_out, w3, b3); // pw

    nnet::prelu<pw_result_t, pr_param_t, layer4_t, prelu_config4>(layer3_out, a4, layer4_out); // pr

    nnet::pooling1d_cl<layer4_t, layer5_t, config5>(layer4_out, layer5_out); // mp

    nnet::conv_1d_cl<layer5_t, c2_result_t, config6>(layer5_out, layer6_out, w6, b6); // c2

    nnet::leaky_relu<c2_result_t, lr_param_t, layer7_t, leakyrelu_config7>(layer6_out, 0.3, layer7_out); // lr

    nnet::dense<layer7_t, result_t, config9>(layer8_out, layer9_out, w9, b9); // out

}

