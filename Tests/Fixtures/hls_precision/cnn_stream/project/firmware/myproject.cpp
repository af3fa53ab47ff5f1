#include <iostream>

#include "myproject.h"
#include "parameters.h"


void myproject(
    hls::stream<input_t> &inp,
    hls::stream<result_t> &layer12_out
) {

    // hls-fpga-machine-learning insert IO
    #pragma HLS INTERFACE axis port=inp,layer12_out 
    #pragma HLS DATAFLOW

    // hls-fpga-machine-learning insert load weights
#ifndef __SYNTHESIS__
    static bool loaded_weights = false;
    if (!loaded_weights) {
        nnet::load_weights_from_txt<c1_weight_t, 72>(w2, "w2.txt");
        nnet::load_weights_from_txt<c1_bias_t, 4>(b2, "b2.txt");
        nnet::load_weights_from_txt<c2_weight_t, 144>(w4, "w4.txt");
        nnet::load_weights_from_txt<c2_bias_t, 4>(b4, "b4.txt");
        nnet::load_weights_from_txt<c3_weight_t, 16>(w6, "w6.txt");
        nnet::load_weights_from_txt<c3_bias_t, 4>(b6, "b6.txt");
        nnet::load_weights_from_txt<c4_weight_t, 48>(w9, "w9.txt");
        nnet::load_weights_from_txt<c4_bias_t, 3>(b9, "b9.txt");
        nnet::load_weights_from_txt<out_weight_t, 9>(w12, "w12.txt");
        nnet::load_weights_from_txt<out_bias_t, 3>(b12, "b12.txt");
        loaded_weights = true;    }
#endif
    // ****************************************
    // NETWORK INSTANTIATION
    // ****************************************

    // hls-fpga-machine-learning insert layers

    hls::stream<layer14_t> layer14_out("layer14_out");
    #pragma HLS STREAM variable=layer14_out depth=64

    hls::stream<c1_result_t> layer2_out("layer2_out");
    #pragma HLS STREAM variable=layer2_out depth=36

    hls::stream<layer3_t> layer3_out("layer3_out");
    #pragma HLS STREAM variable=layer3_out depth=36

    hls::stream<layer3_t> layer13_cpy1("layer13_cpy1");
    #pragma HLS STREAM variable=layer13_cpy1 depth=36

    hls::stream<layer3_t> layer13_cpy2("layer13_cpy2");
    #pragma HLS STREAM variable=layer13_cpy2 depth=36

    hls::stream<layer15_t> layer15_out("layer15_out");
    #pragma HLS STREAM variable=layer15_out depth=64

    hls::stream<c2_result_t> layer4_out("layer4_out");
    #pragma HLS STREAM variable=layer4_out depth=36

    hls::stream<layer5_t> layer5_out("layer5_out");
    #pragma HLS STREAM variable=layer5_out depth=36

    hls::stream<c3_result_t> layer6_out("layer6_out");
    #pragma HLS STREAM variable=layer6_out depth=36

    hls::stream<add_result_t> layer7_out("layer7_out");
    #pragma HLS STREAM variable=layer7_out depth=36

    hls::stream<layer8_t> layer8_out("layer8_out");
    #pragma HLS STREAM variable=layer8_out depth=9

    hls::stream<c4_result_t> layer9_out("layer9_out");
    #pragma HLS STREAM variable=layer9_out depth=4

    hls::stream<layer10_t> layer10_out("layer10_out");
    #pragma HLS STREAM variable=layer10_out depth=4

    hls::stream<layer11_t> layer11_out("layer11_out");
    #pragma HLS STREAM variable=layer11_out depth=1

    nnet::zeropad2d_cl<input_t, layer14_t, config14>(inp, layer14_out); // zp2d_c1

    nnet::conv_2d_cl<layer14_t, c1_result_t, config2>(layer14_out, layer2_out, w2, b2); // c1

    nnet::thresholded_relu<c1_result_t, r1_param_t, layer3_t, thresholdedrelu_config3>(layer2_out, 0.0, layer3_out); // r1

    nnet::clone_stream<layer3_t, layer3_t, 144>(layer3_out, layer13_cpy1, layer13_cpy2); // clone_r1

    nnet::zeropad2d_cl<layer3_t, layer15_t, config15>(layer13_cpy1, layer15_out); // zp2d_c2

    nnet::conv_2d_cl<layer15_t, c2_result_t, config4>(layer15_out, layer4_out, w4, b4); // c2

    nnet::thresholded_relu<c2_result_t, r2_param_t, layer5_t, thresholdedrelu_config5>(layer4_out, 0.0, layer5_out); // r2

    nnet::pointwise_conv_2d_cl<layer3_t, c3_result_t, config16>(layer13_cpy2, layer6_out, w6, b6); // c3

    nnet::add<layer5_t, c3_result_t, add_result_t, config7>(layer5_out, layer6_out, layer7_out); // add

    nnet::pooling2d_cl<add_result_t, layer8_t, config8>(layer7_out, layer8_out); // ap

    nnet::conv_2d_cl<layer8_t, c4_result_t, config9>(layer8_out, layer9_out, w9, b9); // c4

    nnet::thresholded_relu<c4_result_t, r3_param_t, layer10_t, thresholdedrelu_config10>(layer9_out, 0.0, layer10_out); // r3

    nnet::global_pooling2d_cl<layer10_t, layer11_t, config11>(layer10_out, layer11_out); // gap

    nnet::dense<layer11_t, result_t, config12>(layer11_out, layer12_out, w12, b12); // out

}

