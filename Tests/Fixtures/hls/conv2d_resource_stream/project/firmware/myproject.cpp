#include <iostream>

#include "myproject.h"
#include "parameters.h"


void myproject(
    hls::stream<input_t> &inp,
    hls::stream<result_t> &layer8_out
) {

    // hls-fpga-machine-learning insert IO
    #pragma HLS INTERFACE axis port=inp,layer8_out 
    #pragma HLS DATAFLOW

    // hls-fpga-machine-learning insert load weights
#ifndef __SYNTHESIS__
    static bool loaded_weights = false;
    if (!loaded_weights) {
        nnet::load_weights_from_txt<c_weight_t, 72>(w2, "w2.txt");
        nnet::load_weights_from_txt<c_bias_t, 4>(b2, "b2.txt");
        nnet::load_weights_from_txt<dw_weight_t, 16>(w3, "w3.txt");
        nnet::load_weights_from_txt<dw_bias_t, 4>(b3, "b3.txt");
        nnet::load_weights_from_txt<pw_weight_t, 12>(w4, "w4.txt");
        nnet::load_weights_from_txt<pw_bias_t, 3>(b4, "b4.txt");
        nnet::load_weights_from_txt<c1_weight_t, 36>(w6, "w6.txt");
        nnet::load_weights_from_txt<c1_bias_t, 2>(b6, "b6.txt");
        nnet::load_weights_from_txt<d_weight_t, 12>(w8, "w8.txt");
        nnet::load_weights_from_txt<d_bias_t, 3>(b8, "b8.txt");
        loaded_weights = true;    }
#endif
    // ****************************************
    // NETWORK INSTANTIATION
    // ****************************************

    // hls-fpga-machine-learning insert layers

    hls::stream<layer2_t> layer2_out("layer2_out");
    #pragma HLS STREAM variable=layer2_out depth=16

    hls::stream<layer3_t> layer3_out("layer3_out");
    #pragma HLS STREAM variable=layer3_out depth=9

    hls::stream<layer4_t> layer4_out("layer4_out");
    #pragma HLS STREAM variable=layer4_out depth=9

    hls::stream<layer5_t> layer9_out("layer9_out");
    #pragma HLS STREAM variable=layer9_out depth=3

    hls::stream<c1_result_t> layer6_out("layer6_out");
    #pragma HLS STREAM variable=layer6_out depth=2

    auto& layer7_out = layer6_out;
    nnet::conv_2d_cl<input_t, layer2_t, config2>(inp, layer2_out, w2, b2); // c
#ifndef __SYNTHESIS__
    nnet::save_layer_output<layer2_t>(layer2_out, "c", 4*4*4);
#endif

    nnet::depthwise_conv_2d_cl<layer2_t, layer3_t, config3>(layer2_out, layer3_out, w3, b3); // dw
#ifndef __SYNTHESIS__
    nnet::save_layer_output<layer3_t>(layer3_out, "dw", 3*3*4);
#endif

    nnet::pointwise_conv_2d_cl<layer3_t, layer4_t, config10>(layer3_out, layer4_out, w4, b4); // pw
#ifndef __SYNTHESIS__
    nnet::save_layer_output<layer4_t>(layer4_out, "pw", 3*3*3);
#endif

    nnet::repack_stream<layer4_t, layer5_t, 27>(layer4_out, layer9_out); // repack_rs

    nnet::conv_1d_cl<layer5_t, c1_result_t, config6>(layer9_out, layer6_out, w6, b6); // c1
#ifndef __SYNTHESIS__
    nnet::save_layer_output<c1_result_t>(layer6_out, "c1", 2*2);
#endif

    nnet::dense<c1_result_t, result_t, config8>(layer7_out, layer8_out, w8, b8); // d
#ifndef __SYNTHESIS__
    nnet::save_layer_output<result_t>(layer8_out, "d", 3);
#endif

}

