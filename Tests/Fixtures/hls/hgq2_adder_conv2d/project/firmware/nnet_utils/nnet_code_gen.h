#ifndef NNET_INSTR_GEN_H_
#define NNET_INSTR_GEN_H_

#include "nnet_conv1d_latency.h"
#include "nnet_helpers.h"

#include "hls_stream.h"
#include "nnet_common.h"
#include "nnet_function_stubs.h"
#include "nnet_mult.h"

namespace nnet {

template <class data_T, class res_T, typename CONFIG_T> class PointwiseConv1D {
  public:
    static void pointwise_conv(data_T data[CONFIG_T::in_width * CONFIG_T::n_chan],
                               res_T res[CONFIG_T::out_width * CONFIG_T::n_filt],
                               typename CONFIG_T::weight_t weights[CONFIG_T::n_chan * CONFIG_T::n_filt],
                               typename CONFIG_T::bias_t biases[CONFIG_T::n_filt]) {
        // To be implemented in subclasses
    }
};

// hls4ml insert code

template<typename input_t, typename output_t>
void q1_iq(input_t *inp, output_t *out) {
    #pragma HLS INLINE

    out[0] = ap_fixed<9,3,AP_RND,AP_WRAP>(inp[0]);
    out[1] = ap_fixed<9,3,AP_RND,AP_WRAP>(inp[1]);
    out[2] = ap_fixed<9,3,AP_RND,AP_WRAP>(inp[2]);
    out[3] = ap_fixed<9,3,AP_RND,AP_WRAP>(inp[3]);
    out[4] = ap_fixed<9,3,AP_RND,AP_WRAP>(inp[4]);
    out[5] = ap_fixed<9,3,AP_RND,AP_WRAP>(inp[5]);
    out[6] = ap_fixed<9,3,AP_RND,AP_WRAP>(inp[6]);
    out[7] = ap_fixed<9,3,AP_RND,AP_WRAP>(inp[7]);
    out[8] = ap_fixed<9,3,AP_RND,AP_WRAP>(inp[8]);
    out[9] = ap_fixed<9,3,AP_RND,AP_WRAP>(inp[9]);
    out[10] = ap_fixed<9,3,AP_RND,AP_WRAP>(inp[10]);
    out[11] = ap_fixed<9,3,AP_RND,AP_WRAP>(inp[11]);
    out[12] = ap_fixed<9,3,AP_RND,AP_WRAP>(inp[12]);
    out[13] = ap_fixed<9,3,AP_RND,AP_WRAP>(inp[13]);
    out[14] = ap_fixed<9,3,AP_RND,AP_WRAP>(inp[14]);
    out[15] = ap_fixed<9,3,AP_RND,AP_WRAP>(inp[15]);
    out[16] = ap_fixed<9,3,AP_RND,AP_WRAP>(inp[16]);
    out[17] = ap_fixed<9,3,AP_RND,AP_WRAP>(inp[17]);
    out[18] = ap_fixed<9,3,AP_RND,AP_WRAP>(inp[18]);
    out[19] = ap_fixed<9,3,AP_RND,AP_WRAP>(inp[19]);
    out[20] = ap_fixed<10,4,AP_RND,AP_WRAP>(inp[20]);
    out[21] = ap_fixed<9,3,AP_RND,AP_WRAP>(inp[21]);
    out[22] = ap_fixed<9,3,AP_RND,AP_WRAP>(inp[22]);
    out[23] = ap_fixed<9,3,AP_RND,AP_WRAP>(inp[23]);
    out[24] = ap_fixed<9,3,AP_RND,AP_WRAP>(inp[24]);
    out[25] = ap_fixed<9,3,AP_RND,AP_WRAP>(inp[25]);
    out[26] = ap_fixed<9,3,AP_RND,AP_WRAP>(inp[26]);
    out[27] = ap_fixed<9,3,AP_RND,AP_WRAP>(inp[27]);
    out[28] = ap_fixed<9,3,AP_RND,AP_WRAP>(inp[28]);
    out[29] = ap_fixed<9,3,AP_RND,AP_WRAP>(inp[29]);
    out[30] = ap_fixed<9,3,AP_RND,AP_WRAP>(inp[30]);
    out[31] = ap_fixed<9,3,AP_RND,AP_WRAP>(inp[31]);
    out[32] = ap_fixed<9,3,AP_RND,AP_WRAP>(inp[32]);
    out[33] = ap_fixed<9,3,AP_RND,AP_WRAP>(inp[33]);
    out[34] = ap_fixed<9,3,AP_RND,AP_WRAP>(inp[34]);
    out[35] = ap_fixed<9,3,AP_RND,AP_WRAP>(inp[35]);
    out[36] = ap_fixed<9,3,AP_RND,AP_WRAP>(inp[36]);
    out[37] = ap_fixed<9,3,AP_RND,AP_WRAP>(inp[37]);
    out[38] = ap_fixed<9,3,AP_RND,AP_WRAP>(inp[38]);
    out[39] = ap_fixed<9,3,AP_RND,AP_WRAP>(inp[39]);
    out[40] = ap_fixed<9,3,AP_RND,AP_WRAP>(inp[40]);
    out[41] = ap_fixed<9,3,AP_RND,AP_WRAP>(inp[41]);
    out[42] = ap_fixed<9,3,AP_RND,AP_WRAP>(inp[42]);
    out[43] = ap_fixed<9,3,AP_RND,AP_WRAP>(inp[43]);
    out[44] = ap_fixed<9,3,AP_RND,AP_WRAP>(inp[44]);
    out[45] = ap_fixed<9,3,AP_RND,AP_WRAP>(inp[45]);
    out[46] = ap_fixed<9,3,AP_RND,AP_WRAP>(inp[46]);
    out[47] = ap_fixed<9,3,AP_RND,AP_WRAP>(inp[47]);
    out[48] = ap_fixed<9,3,AP_RND,AP_WRAP>(inp[48]);
    out[49] = ap_fixed<9,3,AP_RND,AP_WRAP>(inp[49]);
}
template <typename inp_t, typename out_t>
void dense_da_3(inp_t model_inp[8], out_t model_out[3]) { // ap_fixed<10,4> -> ap_fixed<17,5>
    #pragma HLS INLINE

    ap_fixed<10,4> v0 = model_inp[0]; // 0.0
    ap_fixed<9,3> v1 = model_inp[1]; // 0.0
    ap_fixed<9,3> v2 = model_inp[2]; // 0.0
    ap_fixed<9,3> v3 = model_inp[3]; // 0.0
    ap_fixed<10,4> v4 = model_inp[4]; // 0.0
    ap_fixed<9,3> v5 = model_inp[5]; // 0.0
    ap_fixed<9,3> v6 = model_inp[6]; // 0.0
    ap_fixed<9,3> v7 = model_inp[7]; // 0.0
    ap_fixed<11,5> v8 = v2 + v0; // 1.0
    ap_fixed<11,5> v9 = v1 + v4; // 1.0
    ap_fixed<13,5> v10 = v0 - bit_shift<-2>(v2); // 1.0
    ap_fixed<12,6> v11 = v7 + bit_shift<2>(v5); // 1.0
    ap_fixed<10,4> v12 = v3 - v6; // 1.0
    ap_fixed<12,5> v13 = v4 + bit_shift<-1>(v1); // 1.0
    ap_fixed<11,5> v14 = v7 + bit_shift<1>(v2); // 1.0
    ap_fixed<13,4> v15 = v6 - bit_shift<-3>(v1); // 1.0
    ap_fixed<11,5> v16 = v0 + bit_shift<1>(v3); // 1.0
    ap_fixed<11,5> v17 = v4 + v5; // 1.0
    ap_fixed<13,4> v18 = v2 - bit_shift<-3>(v7); // 1.0
    ap_fixed<10,4> v19 = v6 + v5; // 1.0
    ap_fixed<14,4> v20 = v1 + bit_shift<-4>(v0); // 1.0
    ap_fixed<15,9> v21 = v8 - bit_shift<5>(v7); // 2.0
    ap_fixed<14,6> v22 = v9 + v10; // 2.0
    ap_fixed<13,7> v23 = v11 + bit_shift<2>(v12); // 2.0
    ap_fixed<12,6> v24 = v12 + v9; // 2.0
    ap_fixed<12,6> v25 = v14 + v12; // 2.0
    ap_fixed<14,5> v26 = v15 + bit_shift<-1>(v16); // 2.0
    ap_fixed<14,5> v27 = v9 - bit_shift<-3>(v17); // 2.0
    ap_fixed<14,5> v28 = v18 + v19; // 2.0
    ap_fixed<12,6> v29 = v12 + bit_shift<1>(v17); // 2.0
    ap_fixed<15,5> v30 = v20 + v18; // 2.0
    ap_fixed<13,5> v31 = v10 + bit_shift<-1>(v12); // 2.0
    ap_fixed<17,11> v32 = v21 + bit_shift<5>(v22); // 3.0
    ap_fixed<14,8> v33 = v23 - bit_shift<2>(v13); // 3.0
    ap_fixed<14,8> v34 = v25 + bit_shift<3>(v26); // 3.0
    ap_fixed<16,7> v35 = v27 - bit_shift<1>(v28); // 3.0
    ap_fixed<17,7> v36 = v29 + v30; // 3.0
    ap_fixed<15,6> v37 = v31 + bit_shift<-3>(v29); // 3.0
    ap_fixed<15,8> v38 = v33 - bit_shift<-1>(v24); // 4.0
    ap_fixed<17,11> v39 = v34 + bit_shift<4>(v35); // 4.0
    ap_fixed<17,7> v40 = v36 + bit_shift<-1>(v37); // 4.0
    ap_fixed<17,11> v41 = v32 + bit_shift<1>(v38); // 5.0

    model_out[0] = ap_fixed<17,5>(bit_shift<-6>(v41));
    model_out[1] = ap_fixed<17,5>(bit_shift<-6>(v39));
    model_out[2] = ap_fixed<17,5>(-bit_shift<-2>(v40));
}
template<class data_T, typename CONFIG_T>
class fill_buffer_3 : public nnet::FillConv2DBuffer<data_T, CONFIG_T> {
    public:
    static void fill_buffer(
        data_T data[CONFIG_T::in_height * CONFIG_T::in_width * CONFIG_T::n_chan],
        data_T buffer[CONFIG_T::n_pixels][CONFIG_T::filt_height * CONFIG_T::filt_width * CONFIG_T::n_chan],
        const unsigned partition
    ) {
        if (partition ==   0) {
            buffer[0][0] =    data[0]; buffer[0][1] =    data[1]; buffer[0][2] =    data[2]; buffer[0][3] =    data[3]; buffer[0][4] =   data[10]; buffer[0][5] =   data[11]; buffer[0][6] =   data[12]; buffer[0][7] =   data[13];
            buffer[1][0] =    data[2]; buffer[1][1] =    data[3]; buffer[1][2] =    data[4]; buffer[1][3] =    data[5]; buffer[1][4] =   data[12]; buffer[1][5] =   data[13]; buffer[1][6] =   data[14]; buffer[1][7] =   data[15];
            buffer[2][0] =    data[4]; buffer[2][1] =    data[5]; buffer[2][2] =    data[6]; buffer[2][3] =    data[7]; buffer[2][4] =   data[14]; buffer[2][5] =   data[15]; buffer[2][6] =   data[16]; buffer[2][7] =   data[17];
            buffer[3][0] =    data[6]; buffer[3][1] =    data[7]; buffer[3][2] =    data[8]; buffer[3][3] =    data[9]; buffer[3][4] =   data[16]; buffer[3][5] =   data[17]; buffer[3][6] =   data[18]; buffer[3][7] =   data[19];
            buffer[4][0] =   data[10]; buffer[4][1] =   data[11]; buffer[4][2] =   data[12]; buffer[4][3] =   data[13]; buffer[4][4] =   data[20]; buffer[4][5] =   data[21]; buffer[4][6] =   data[22]; buffer[4][7] =   data[23];
            buffer[5][0] =   data[12]; buffer[5][1] =   data[13]; buffer[5][2] =   data[14]; buffer[5][3] =   data[15]; buffer[5][4] =   data[22]; buffer[5][5] =   data[23]; buffer[5][6] =   data[24]; buffer[5][7] =   data[25];
            buffer[6][0] =   data[14]; buffer[6][1] =   data[15]; buffer[6][2] =   data[16]; buffer[6][3] =   data[17]; buffer[6][4] =   data[24]; buffer[6][5] =   data[25]; buffer[6][6] =   data[26]; buffer[6][7] =   data[27];
            buffer[7][0] =   data[16]; buffer[7][1] =   data[17]; buffer[7][2] =   data[18]; buffer[7][3] =   data[19]; buffer[7][4] =   data[26]; buffer[7][5] =   data[27]; buffer[7][6] =   data[28]; buffer[7][7] =   data[29];
            buffer[8][0] =   data[20]; buffer[8][1] =   data[21]; buffer[8][2] =   data[22]; buffer[8][3] =   data[23]; buffer[8][4] =   data[30]; buffer[8][5] =   data[31]; buffer[8][6] =   data[32]; buffer[8][7] =   data[33];
            buffer[9][0] =   data[22]; buffer[9][1] =   data[23]; buffer[9][2] =   data[24]; buffer[9][3] =   data[25]; buffer[9][4] =   data[32]; buffer[9][5] =   data[33]; buffer[9][6] =   data[34]; buffer[9][7] =   data[35];
            buffer[10][0] =   data[24]; buffer[10][1] =   data[25]; buffer[10][2] =   data[26]; buffer[10][3] =   data[27]; buffer[10][4] =   data[34]; buffer[10][5] =   data[35]; buffer[10][6] =   data[36]; buffer[10][7] =   data[37];
            buffer[11][0] =   data[26]; buffer[11][1] =   data[27]; buffer[11][2] =   data[28]; buffer[11][3] =   data[29]; buffer[11][4] =   data[36]; buffer[11][5] =   data[37]; buffer[11][6] =   data[38]; buffer[11][7] =   data[39];
            buffer[12][0] =   data[30]; buffer[12][1] =   data[31]; buffer[12][2] =   data[32]; buffer[12][3] =   data[33]; buffer[12][4] =   data[40]; buffer[12][5] =   data[41]; buffer[12][6] =   data[42]; buffer[12][7] =   data[43];
            buffer[13][0] =   data[32]; buffer[13][1] =   data[33]; buffer[13][2] =   data[34]; buffer[13][3] =   data[35]; buffer[13][4] =   data[42]; buffer[13][5] =   data[43]; buffer[13][6] =   data[44]; buffer[13][7] =   data[45];
            buffer[14][0] =   data[34]; buffer[14][1] =   data[35]; buffer[14][2] =   data[36]; buffer[14][3] =   data[37]; buffer[14][4] =   data[44]; buffer[14][5] =   data[45]; buffer[14][6] =   data[46]; buffer[14][7] =   data[47];
            buffer[15][0] =   data[36]; buffer[15][1] =   data[37]; buffer[15][2] =   data[38]; buffer[15][3] =   data[39]; buffer[15][4] =   data[46]; buffer[15][5] =   data[47]; buffer[15][6] =   data[48]; buffer[15][7] =   data[49];

        }
    }
};
template <typename inp_t, typename out_t>
void dense_da_7(inp_t model_inp[48], out_t model_out[4]) { // ap_ufixed<8,2> -> ap_fixed<19,7>
    #pragma HLS INLINE
  ap_ufixed<8, 2, AP_RND, AP_WRAP> model_inp_q_0 = model_inp[0];
    ap_ufixed<8, 2, AP_RND, AP_WRAP> model_inp_q_1 = model_inp[1];
    ap_ufixed<8, 2, AP_RND, AP_WRAP> model_inp_q_2 = model_inp[2];
    ap_ufixed<8, 2, AP_RND, AP_WRAP> model_inp_q_3 = model_inp[3];
    ap_ufixed<8, 2, AP_RND, AP_WRAP> model_inp_q_4 = model_inp[4];
    ap_ufixed<8, 2, AP_RND, AP_WRAP> model_inp_q_5 = model_inp[5];
    ap_ufixed<7, 1, AP_RND, AP_WRAP> model_inp_q_6 = model_inp[6];
    ap_ufixed<8, 2, AP_RND, AP_WRAP> model_inp_q_7 = model_inp[7];
    ap_ufixed<8, 2, AP_RND, AP_WRAP> model_inp_q_8 = model_inp[8];
    ap_ufixed<7, 1, AP_RND, AP_WRAP> model_inp_q_9 = model_inp[9];
    ap_ufixed<8, 2, AP_RND, AP_WRAP> model_inp_q_10 = model_inp[10];
    ap_ufixed<8, 2, AP_RND, AP_WRAP> model_inp_q_11 = model_inp[11];
    ap_ufixed<8, 2, AP_RND, AP_WRAP> model_inp_q_12 = model_inp[12];
    ap_ufixed<7, 1, AP_RND, AP_WRAP> model_inp_q_13 = model_inp[13];
    ap_ufixed<8, 2, AP_RND, AP_WRAP> model_inp_q_14 = model_inp[14];
    ap_ufixed<8, 2, AP_RND, AP_WRAP> model_inp_q_15 = model_inp[15];
    ap_ufixed<8, 2, AP_RND, AP_WRAP> model_inp_q_16 = model_inp[16];
    ap_ufixed<8, 2, AP_RND, AP_WRAP> model_inp_q_17 = model_inp[17];
    ap_ufixed<8, 2, AP_RND, AP_WRAP> model_inp_q_18 = model_inp[18];
    ap_ufixed<8, 2, AP_RND, AP_WRAP> model_inp_q_19 = model_inp[19];
    ap_ufixed<8, 2, AP_RND, AP_WRAP> model_inp_q_20 = model_inp[20];
    ap_ufixed<8, 2, AP_RND, AP_WRAP> model_inp_q_21 = model_inp[21];
    ap_ufixed<8, 2, AP_RND, AP_WRAP> model_inp_q_22 = model_inp[22];
    ap_ufixed<8, 2, AP_RND, AP_WRAP> model_inp_q_23 = model_inp[23];
    ap_ufixed<8, 2, AP_RND, AP_WRAP> model_inp_q_24 = model_inp[24];
    ap_ufixed<8, 2, AP_RND, AP_WRAP> model_inp_q_25 = model_inp[25];
    ap_ufixed<7, 1, AP_RND, AP_WRAP> model_inp_q_26 = model_inp[26];
    ap_ufixed<8, 2, AP_RND, AP_WRAP> model_inp_q_27 = model_inp[27];
    ap_ufixed<8, 2, AP_RND, AP_WRAP> model_inp_q_28 = model_inp[28];
    ap_ufixed<8, 2, AP_RND, AP_WRAP> model_inp_q_29 = model_inp[29];
    ap_ufixed<8, 2, AP_RND, AP_WRAP> model_inp_q_30 = model_inp[30];
    ap_ufixed<8, 2, AP_RND, AP_WRAP> model_inp_q_31 = model_inp[31];
    ap_ufixed<8, 2, AP_RND, AP_WRAP> model_inp_q_32 = model_inp[32];
    ap_ufixed<8, 2, AP_RND, AP_WRAP> model_inp_q_33 = model_inp[33];
    ap_ufixed<7, 1, AP_RND, AP_WRAP> model_inp_q_34 = model_inp[34];
    ap_ufixed<8, 2, AP_RND, AP_WRAP> model_inp_q_35 = model_inp[35];
    ap_ufixed<7, 1, AP_RND, AP_WRAP> model_inp_q_36 = model_inp[36];
    ap_ufixed<7, 1, AP_RND, AP_WRAP> model_inp_q_37 = model_inp[37];
    ap_ufixed<8, 2, AP_RND, AP_WRAP> model_inp_q_38 = model_inp[38];
    ap_ufixed<8, 2, AP_RND, AP_WRAP> model_inp_q_39 = model_inp[39];
    ap_ufixed<8, 2, AP_RND, AP_WRAP> model_inp_q_40 = model_inp[40];
    ap_ufixed<8, 2, AP_RND, AP_WRAP> model_inp_q_41 = model_inp[41];
    ap_ufixed<8, 2, AP_RND, AP_WRAP> model_inp_q_42 = model_inp[42];
    ap_ufixed<8, 2, AP_RND, AP_WRAP> model_inp_q_43 = model_inp[43];
    ap_ufixed<8, 2, AP_RND, AP_WRAP> model_inp_q_44 = model_inp[44];
    ap_ufixed<8, 2, AP_RND, AP_WRAP> model_inp_q_45 = model_inp[45];
    ap_ufixed<8, 2, AP_RND, AP_WRAP> model_inp_q_46 = model_inp[46];
    ap_ufixed<8, 2, AP_RND, AP_WRAP> model_inp_q_47 = model_inp[47];

    ap_ufixed<8,2> v0 = model_inp_q_0; // 0.0
    ap_ufixed<8,2> v1 = model_inp_q_1; // 0.0
    ap_ufixed<8,2> v2 = model_inp_q_2; // 0.0
    ap_ufixed<8,2> v3 = model_inp_q_3; // 0.0
    ap_ufixed<8,2> v4 = model_inp_q_4; // 0.0
    ap_ufixed<8,2> v5 = model_inp_q_5; // 0.0
    ap_ufixed<7,1> v6 = model_inp_q_6; // 0.0
    ap_ufixed<8,2> v7 = model_inp_q_7; // 0.0
    ap_ufixed<8,2> v8 = model_inp_q_8; // 0.0
    ap_ufixed<7,1> v9 = model_inp_q_9; // 0.0
    ap_ufixed<8,2> v10 = model_inp_q_10; // 0.0
    ap_ufixed<8,2> v11 = model_inp_q_11; // 0.0
    ap_ufixed<8,2> v12 = model_inp_q_12; // 0.0
    ap_ufixed<7,1> v13 = model_inp_q_13; // 0.0
    ap_ufixed<8,2> v14 = model_inp_q_14; // 0.0
    ap_ufixed<8,2> v15 = model_inp_q_15; // 0.0
    ap_ufixed<8,2> v16 = model_inp_q_16; // 0.0
    ap_ufixed<8,2> v17 = model_inp_q_17; // 0.0
    ap_ufixed<8,2> v18 = model_inp_q_18; // 0.0
    ap_ufixed<8,2> v19 = model_inp_q_19; // 0.0
    ap_ufixed<8,2> v20 = model_inp_q_20; // 0.0
    ap_ufixed<8,2> v21 = model_inp_q_21; // 0.0
    ap_ufixed<8,2> v22 = model_inp_q_22; // 0.0
    ap_ufixed<8,2> v23 = model_inp_q_23; // 0.0
    ap_ufixed<8,2> v24 = model_inp_q_24; // 0.0
    ap_ufixed<8,2> v25 = model_inp_q_25; // 0.0
    ap_ufixed<7,1> v26 = model_inp_q_26; // 0.0
    ap_ufixed<8,2> v27 = model_inp_q_27; // 0.0
    ap_ufixed<8,2> v28 = model_inp_q_28; // 0.0
    ap_ufixed<8,2> v29 = model_inp_q_29; // 0.0
    ap_ufixed<8,2> v30 = model_inp_q_30; // 0.0
    ap_ufixed<8,2> v31 = model_inp_q_31; // 0.0
    ap_ufixed<8,2> v32 = model_inp_q_32; // 0.0
    ap_ufixed<8,2> v33 = model_inp_q_33; // 0.0
    ap_ufixed<7,1> v34 = model_inp_q_34; // 0.0
    ap_ufixed<8,2> v35 = model_inp_q_35; // 0.0
    ap_ufixed<7,1> v36 = model_inp_q_36; // 0.0
    ap_ufixed<7,1> v37 = model_inp_q_37; // 0.0
    ap_ufixed<8,2> v38 = model_inp_q_38; // 0.0
    ap_ufixed<8,2> v39 = model_inp_q_39; // 0.0
    ap_ufixed<8,2> v40 = model_inp_q_40; // 0.0
    ap_ufixed<8,2> v41 = model_inp_q_41; // 0.0
    ap_ufixed<8,2> v42 = model_inp_q_42; // 0.0
    ap_ufixed<8,2> v43 = model_inp_q_43; // 0.0
    ap_ufixed<8,2> v44 = model_inp_q_44; // 0.0
    ap_ufixed<8,2> v45 = model_inp_q_45; // 0.0
    ap_ufixed<8,2> v46 = model_inp_q_46; // 0.0
    ap_ufixed<8,2> v47 = model_inp_q_47; // 0.0
    ap_fixed<9,3> v48 = v10 - v16; // 1.0
    ap_ufixed<10,4> v49 = v1 + bit_shift<2>(v9); // 1.0
    ap_fixed<9,3> v50 = v15 - v40; // 1.0
    ap_ufixed<9,3> v51 = v42 + v43; // 1.0
    ap_fixed<9,3> v52 = v19 - v38; // 1.0
    ap_ufixed<9,3> v53 = v17 + v27; // 1.0
    ap_ufixed<9,3> v54 = v22 + v3; // 1.0
    ap_ufixed<11,3> v55 = v16 + bit_shift<-2>(v18); // 1.0
    ap_ufixed<10,3> v56 = v39 + bit_shift<-1>(v33); // 1.0
    ap_fixed<13,3> v57 = v11 - bit_shift<-4>(v21); // 1.0
    ap_ufixed<9,3> v58 = v6 + v11; // 1.0
    ap_ufixed<11,5> v59 = v31 + bit_shift<2>(v43); // 1.0
    ap_fixed<10,3> v60 = v18 - bit_shift<-1>(v22); // 1.0
    ap_fixed<9,3> v61 = v0 - v41; // 1.0
    ap_ufixed<9,3> v62 = v33 + v39; // 1.0
    ap_ufixed<9,3> v63 = v7 + v12; // 1.0
    ap_fixed<8,2> v64 = v26 - v37; // 1.0
    ap_ufixed<9,3> v65 = v9 + v47; // 1.0
    ap_ufixed<9,3> v66 = v20 + v44; // 1.0
    ap_ufixed<12,6> v67 = v27 + bit_shift<3>(v1); // 1.0
    ap_fixed<10,4> v68 = v4 - bit_shift<1>(v25); // 1.0
    ap_ufixed<10,3> v69 = v25 + bit_shift<-1>(v19); // 1.0
    ap_ufixed<8,2> v70 = v26 + v36; // 1.0
    ap_fixed<9,3> v71 = v28 - v32; // 1.0
    ap_ufixed<9,3> v72 = v14 + v23; // 1.0
    ap_fixed<9,3> v73 = v34 - v35; // 1.0
    ap_ufixed<8,2> v74 = v34 + v37; // 1.0
    ap_ufixed<9,3> v75 = v28 + v42; // 1.0
    ap_ufixed<9,3> v76 = v5 + v13; // 1.0
    ap_fixed<9,3> v77 = v18 - v30; // 1.0
    ap_fixed<9,3> v78 = v21 - v36; // 1.0
    ap_ufixed<9,3> v79 = v2 + v45; // 1.0
    ap_ufixed<9,2> v80 = v34 + bit_shift<-1>(v14); // 1.0
    ap_ufixed<9,2> v81 = v34 + bit_shift<-1>(v41); // 1.0
    ap_ufixed<9,3> v82 = v29 + v23; // 1.0
    ap_fixed<9,3> v83 = v3 - v44; // 1.0
    ap_ufixed<9,3> v84 = v27 + v12; // 1.0
    ap_ufixed<10,3> v85 = v7 + bit_shift<-1>(v4); // 1.0
    ap_ufixed<9,3> v86 = v36 + v24; // 1.0
    ap_fixed<9,3> v87 = v12 - v16; // 1.0
    ap_ufixed<10,4> v88 = v35 + bit_shift<1>(v47); // 1.0
    ap_ufixed<9,3> v89 = v1 + v20; // 1.0
    ap_ufixed<10,3> v90 = v25 + bit_shift<-1>(v31); // 1.0
    ap_fixed<12,2> v91 = v6 - bit_shift<-4>(v1); // 1.0
    ap_ufixed<9,3> v92 = v17 + v40; // 1.0
    ap_fixed<9,3> v93 = v22 - v30; // 1.0
    ap_ufixed<10,4> v94 = v38 + bit_shift<1>(v1); // 1.0
    ap_ufixed<9,3> v95 = v2 + bit_shift<1>(v26); // 1.0
    ap_ufixed<9,3> v96 = v47 + v28; // 1.0
    ap_ufixed<10,4> v97 = v46 + bit_shift<1>(v24); // 1.0
    ap_ufixed<9,3> v98 = v32 + v33; // 1.0
    ap_ufixed<9,3> v99 = v5 + bit_shift<1>(v13); // 1.0
    ap_ufixed<10,4> v100 = v26 + bit_shift<2>(v6); // 1.0
    ap_ufixed<10,2> v101 = v37 + bit_shift<-2>(v35); // 1.0
    ap_ufixed<11,3> v102 = v41 + bit_shift<-2>(v39); // 1.0
    ap_ufixed<9,3> v103 = v0 + v34; // 1.0
    ap_ufixed<9,3> v104 = v27 + v40; // 1.0
    ap_ufixed<10,4> v105 = v7 + bit_shift<1>(v24); // 1.0
    ap_ufixed<10,3> v106 = v4 + bit_shift<-1>(v39); // 1.0
    ap_fixed<11,4> v107 = v8 + bit_shift<-1>(v48); // 2.0
    ap_fixed<11,5> v108 = v50 + v51; // 2.0
    ap_fixed<11,5> v109 = v52 - v53; // 2.0
    ap_ufixed<13,4> v110 = v54 + bit_shift<-1>(v55); // 2.0
    ap_fixed<15,5> v111 = v56 + v57; // 2.0
    ap_ufixed<11,4> v112 = v58 + bit_shift<-1>(v59); // 2.0
    ap_fixed<12,4> v113 = v2 - bit_shift<-1>(v60); // 2.0
    ap_fixed<12,6> v114 = v29 + bit_shift<2>(v61); // 2.0
    ap_ufixed<13,7> v115 = v62 + bit_shift<3>(v63); // 2.0
    ap_fixed<10,4> v116 = v64 + v65; // 2.0
    ap_ufixed<13,5> v117 = v66 + bit_shift<-2>(v67); // 2.0
    ap_fixed<11,5> v118 = v6 + bit_shift<1>(v68); // 2.0
    ap_ufixed<11,3> v119 = v69 + bit_shift<-2>(v70); // 2.0
    ap_fixed<10,4> v120 = v24 + v71; // 2.0
    ap_fixed<11,5> v121 = v45 - bit_shift<1>(v72); // 2.0
    ap_fixed<10,4> v122 = v29 - v73; // 2.0
    ap_fixed<11,5> v123 = v66 + v68; // 2.0
    ap_ufixed<10,4> v124 = v74 + v75; // 2.0
    ap_fixed<12,4> v125 = v31 - bit_shift<-2>(v50); // 2.0
    ap_ufixed<10,4> v126 = v38 + v76; // 2.0
    ap_fixed<11,5> v127 = v76 - bit_shift<1>(v78); // 2.0
    ap_fixed<12,6> v128 = v62 - bit_shift<3>(v33); // 2.0
    ap_ufixed<11,5> v129 = v79 + bit_shift<2>(v80); // 2.0
    ap_ufixed<10,3> v130 = v81 + bit_shift<-1>(v82); // 2.0
    ap_fixed<10,4> v131 = v71 + v83; // 2.0
    ap_ufixed<12,4> v132 = v84 + bit_shift<-1>(v85); // 2.0
    ap_fixed<12,6> v133 = v3 - bit_shift<2>(v53); // 2.0
    ap_fixed<11,5> v134 = v86 + v87; // 2.0
    ap_fixed<13,6> v135 = v59 - bit_shift<-1>(v61); // 2.0
    ap_ufixed<11,4> v136 = v58 + bit_shift<-1>(v88); // 2.0
    ap_fixed<13,6> v137 = v90 + bit_shift<3>(v91); // 2.0
    ap_ufixed<10,4> v138 = v58 + v66; // 2.0
    ap_fixed<14,8> v139 = v93 - bit_shift<4>(v15); // 2.0
    ap_ufixed<12,6> v140 = v94 + bit_shift<2>(v62); // 2.0
    ap_fixed<11,5> v141 = v72 + v93; // 2.0
    ap_fixed<11,4> v142 = v48 + bit_shift<-1>(v95); // 2.0
    ap_fixed<11,4> v143 = v78 + bit_shift<-1>(v96); // 2.0
    ap_fixed<12,5> v144 = v51 + bit_shift<-1>(v48); // 2.0
    ap_fixed<11,5> v145 = v97 + v73; // 2.0
    ap_fixed<10,4> v146 = v32 - v63; // 2.0
    ap_fixed<12,6> v147 = v15 + bit_shift<2>(v52); // 2.0
    ap_ufixed<12,6> v148 = v98 + bit_shift<3>(v65); // 2.0
    ap_ufixed<11,4> v149 = v99 + bit_shift<-1>(v100); // 2.0
    ap_ufixed<11,2> v150 = v101 + bit_shift<-3>(v92); // 2.0
    ap_fixed<11,4> v151 = v83 + bit_shift<-1>(v89); // 2.0
    ap_ufixed<11,3> v152 = v102 + bit_shift<-2>(v99); // 2.0
    ap_fixed<11,5> v153 = v87 + v103; // 2.0
    ap_fixed<12,5> v154 = v83 + bit_shift<-1>(v49); // 2.0
    ap_fixed<16,5> v155 = v104 - bit_shift<-5>(v64); // 2.0
    ap_fixed<11,5> v156 = v77 + v105; // 2.0
    ap_fixed<15,5> v157 = v106 + v57; // 2.0
    ap_fixed<12,4> v158 = v30 + bit_shift<-1>(v107); // 3.0
    ap_fixed<11,5> v159 = v108 + v109; // 3.0
    ap_fixed<15,6> v160 = v110 + bit_shift<1>(v111); // 3.0
    ap_fixed<14,7> v161 = v112 + bit_shift<2>(v113); // 3.0
    ap_fixed<14,8> v162 = v114 + v115; // 3.0
    ap_fixed<15,6> v163 = v116 + bit_shift<-1>(v117); // 3.0
    ap_fixed<14,6> v164 = v118 + v119; // 3.0
    ap_fixed<13,7> v165 = v46 + bit_shift<2>(v120); // 3.0
    ap_fixed<13,5> v166 = v122 + bit_shift<-2>(v123); // 3.0
    ap_fixed<12,6> v167 = v124 + bit_shift<2>(v125); // 3.0
    ap_fixed<14,8> v168 = v126 - bit_shift<4>(v77); // 3.0
    ap_fixed<13,4> v169 = v19 - bit_shift<-3>(v127); // 3.0
    ap_fixed<12,5> v170 = v120 + bit_shift<-1>(v108); // 3.0
    ap_fixed<13,7> v171 = v128 + bit_shift<2>(v113); // 3.0
    ap_fixed<14,8> v172 = v129 + bit_shift<2>(v123); // 3.0
    ap_fixed<13,4> v173 = v125 - bit_shift<-3>(v116); // 3.0
    ap_ufixed<11,5> v174 = v46 + bit_shift<1>(v126); // 3.0
    ap_fixed<12,4> v175 = v45 - bit_shift<-2>(v109); // 3.0
    ap_fixed<12,5> v176 = v130 + v131; // 3.0
    ap_fixed<13,5> v177 = v132 + bit_shift<-2>(v122); // 3.0
    ap_fixed<13,7> v178 = v133 + bit_shift<2>(v134); // 3.0
    ap_fixed<15,8> v179 = v135 + bit_shift<2>(v136); // 3.0
    ap_fixed<13,4> v180 = v60 + bit_shift<-2>(v112); // 3.0
    ap_fixed<13,7> v181 = v133 + bit_shift<1>(v137); // 3.0
    ap_fixed<14,8> v182 = v138 - bit_shift<4>(v92); // 3.0
    ap_fixed<13,5> v183 = v131 + bit_shift<-1>(v107); // 3.0
    ap_fixed<15,9> v184 = v139 + bit_shift<2>(v114); // 3.0
    ap_ufixed<14,7> v185 = v140 + bit_shift<-1>(v115); // 3.0
    ap_fixed<13,6> v186 = v141 + v142; // 3.0
    ap_fixed<14,5> v187 = v143 + bit_shift<-2>(v144); // 3.0
    ap_fixed<12,6> v188 = v145 + v146; // 3.0
    ap_fixed<13,4> v189 = v14 + bit_shift<-3>(v147); // 3.0
    ap_ufixed<14,8> v190 = v148 + bit_shift<3>(v149); // 3.0
    ap_fixed<14,4> v191 = v150 + bit_shift<-3>(v151); // 3.0
    ap_fixed<13,5> v192 = v152 + bit_shift<-2>(v153); // 3.0
    ap_fixed<16,6> v193 = v154 + bit_shift<1>(v155); // 3.0
    ap_fixed<12,6> v194 = v118 + v121; // 3.0
    ap_fixed<14,8> v195 = v156 + bit_shift<3>(v146); // 3.0
    ap_fixed<12,4> v196 = v158 - bit_shift<-2>(v49); // 4.0
    ap_fixed<16,6> v197 = v159 + bit_shift<-1>(v160); // 4.0
    ap_fixed<15,8> v198 = v161 + bit_shift<-1>(v162); // 4.0
    ap_fixed<15,6> v199 = v163 - bit_shift<-1>(v164); // 4.0
    ap_fixed<13,7> v200 = v165 + bit_shift<1>(v121); // 4.0
    ap_fixed<13,7> v201 = v72 + bit_shift<2>(v166); // 4.0
    ap_fixed<14,8> v202 = v167 + v168; // 4.0
    ap_fixed<13,6> v203 = v19 - bit_shift<2>(v169); // 4.0
    ap_fixed<13,6> v204 = v170 + bit_shift<-1>(v171); // 4.0
    ap_fixed<15,9> v205 = v172 + bit_shift<4>(v173); // 4.0
    ap_fixed<12,6> v206 = v42 - v174; // 4.0
    ap_fixed<14,4> v207 = v10 - bit_shift<-2>(v175); // 4.0
    ap_fixed<16,6> v208 = v176 + bit_shift<-2>(v177); // 4.0
    ap_fixed<15,8> v209 = v178 + v179; // 4.0
    ap_fixed<15,5> v210 = v89 - bit_shift<-1>(v180); // 4.0
    ap_fixed<15,9> v211 = v181 + v182; // 4.0
    ap_fixed<15,9> v212 = v184 + bit_shift<1>(v185); // 4.0
    ap_fixed<16,6> v213 = v186 + bit_shift<-1>(v173); // 4.0
    ap_fixed<14,5> v214 = v187 + bit_shift<-3>(v188); // 4.0
    ap_fixed<13,6> v215 = v2 - bit_shift<2>(v189); // 4.0
    ap_fixed<17,11> v216 = v190 + bit_shift<2>(v162); // 4.0
    ap_fixed<15,4> v217 = v191 + bit_shift<-3>(v192); // 4.0
    ap_fixed<16,6> v218 = v193 - bit_shift<-4>(v194); // 4.0
    ap_fixed<16,10> v219 = v195 - bit_shift<5>(v157); // 4.0
    ap_fixed<14,6> v220 = v158 + bit_shift<-1>(v165); // 4.0
    ap_fixed<12,5> v221 = v7 - bit_shift<1>(v196); // 5.0
    ap_fixed<17,10> v222 = v198 + bit_shift<3>(v199); // 5.0
    ap_fixed<14,8> v223 = v200 + v201; // 5.0
    ap_fixed<16,10> v224 = v202 + bit_shift<2>(v200); // 5.0
    ap_fixed<13,5> v225 = v64 + bit_shift<-1>(v203); // 5.0
    ap_fixed<15,8> v226 = v204 + bit_shift<-1>(v205); // 5.0
    ap_fixed<12,5> v227 = v4 - bit_shift<-1>(v206); // 5.0
    ap_fixed<14,8> v228 = v8 - bit_shift<4>(v207); // 5.0
    ap_fixed<17,9> v229 = v209 - bit_shift<2>(v210); // 5.0
    ap_fixed<16,10> v230 = v211 - bit_shift<4>(v183); // 5.0
    ap_fixed<16,10> v231 = v212 + bit_shift<2>(v201); // 5.0
    ap_fixed<16,6> v232 = v213 + bit_shift<-1>(v214); // 5.0
    ap_fixed<16,9> v233 = v215 + bit_shift<2>(v215); // 5.0
    ap_fixed<17,11> v234 = v216 - bit_shift<5>(v217); // 5.0
    ap_fixed<17,7> v235 = v218 + bit_shift<1>(v210); // 5.0
    ap_fixed<17,11> v236 = v219 + bit_shift<4>(v220); // 5.0
    ap_fixed<17,10> v237 = v221 - bit_shift<3>(v197); // 6.0
    ap_fixed<16,10> v238 = v223 + v224; // 6.0
    ap_fixed<16,7> v239 = v225 + bit_shift<-2>(v226); // 6.0
    ap_fixed<16,10> v240 = v228 - bit_shift<4>(v208); // 6.0
    ap_fixed<17,9> v241 = v229 - bit_shift<1>(v221); // 6.0
    ap_fixed<17,11> v242 = v230 + v231; // 6.0
    ap_fixed<16,8> v243 = v225 + bit_shift<2>(v227); // 6.0
    ap_fixed<17,10> v244 = v233 + bit_shift<-1>(v234); // 6.0
    ap_fixed<17,11> v245 = v228 + v236; // 6.0
    ap_fixed<17,10> v246 = v222 + bit_shift<-1>(v238); // 7.0
    ap_fixed<16,7> v247 = v239 - bit_shift<1>(v227); // 7.0
    ap_fixed<17,11> v248 = v240 + bit_shift<2>(v241); // 7.0
    ap_fixed<17,9> v249 = v243 - bit_shift<2>(v232); // 7.0
    ap_fixed<18,8> v250 = v235 + bit_shift<-4>(v245); // 7.0
    ap_fixed<18,11> v251 = v237 + v246; // 8.0
    ap_fixed<18,9> v252 = v247 + bit_shift<-3>(v248); // 8.0
    ap_fixed<18,12> v253 = v242 + bit_shift<2>(v249); // 8.0
    ap_fixed<18,11> v254 = v244 + bit_shift<3>(v250); // 8.0
    ap_fixed<19,12> v255 = v254 - v251; // 9.0

    model_out[0] = ap_fixed<18,6>(bit_shift<-5>(v251));
    model_out[1] = ap_fixed<18,6>(bit_shift<-3>(v252));
    model_out[2] = ap_fixed<18,6>(bit_shift<-6>(v253));
    model_out[3] = ap_fixed<19,7>(bit_shift<-5>(v255));
}

} // namespace nnet

#endif
