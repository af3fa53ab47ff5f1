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
template <typename inp_t, typename out_t>
void dense_da_2(inp_t model_inp[8], out_t model_out[2]) { // ap_fixed<8,4> -> ap_fixed<40,6>
    #pragma HLS INLINE

    ap_fixed<8,4> v0 = model_inp[0]; // 0.0
    ap_fixed<8,4> v1 = model_inp[1]; // 0.0
    ap_fixed<8,4> v2 = model_inp[2]; // 0.0
    ap_fixed<8,4> v3 = model_inp[3]; // 0.0
    ap_fixed<8,4> v4 = model_inp[4]; // 0.0
    ap_fixed<8,4> v5 = model_inp[5]; // 0.0
    ap_fixed<8,4> v6 = model_inp[6]; // 0.0
    ap_fixed<8,4> v7 = model_inp[7]; // 0.0
    ap_fixed<11,7> v8 = v2 - bit_shift<2>(v4); // 1.0
    ap_fixed<17,13> v9 = v7 + bit_shift<8>(v4); // 1.0
    ap_fixed<12,5> v10 = v1 + bit_shift<-3>(v7); // 1.0
    ap_fixed<16,5> v11 = v6 - bit_shift<-7>(v6); // 1.0
    ap_fixed<13,5> v12 = v0 + bit_shift<-4>(v5); // 1.0
    ap_fixed<14,5> v13 = v3 - bit_shift<-5>(v5); // 1.0
    ap_fixed<13,5> v14 = v4 - bit_shift<-4>(v4); // 1.0
    ap_fixed<12,8> v15 = v1 - bit_shift<3>(v7); // 1.0
    ap_fixed<17,13> v16 = v5 + bit_shift<8>(v6); // 1.0
    ap_fixed<30,5> v17 = v0 + bit_shift<-21>(v6); // 1.0
    ap_fixed<17,5> v18 = v0 - bit_shift<-8>(v2); // 1.0
    ap_fixed<11,7> v19 = v1 + bit_shift<2>(v2); // 1.0
    ap_fixed<11,7> v20 = v2 + bit_shift<2>(v1); // 1.0
    ap_fixed<22,5> v21 = v5 + bit_shift<-13>(v5); // 1.0
    ap_fixed<15,5> v22 = v3 + bit_shift<-6>(v3); // 1.0
    ap_fixed<27,23> v23 = v2 - bit_shift<18>(v7); // 1.0
    ap_fixed<10,5> v24 = v0 + bit_shift<-1>(v4); // 1.0
    ap_fixed<21,5> v25 = v3 + bit_shift<-12>(v7); // 1.0
    ap_fixed<28,24> v26 = v5 + bit_shift<19>(v3); // 1.0
    ap_fixed<12,8> v27 = v4 + bit_shift<3>(v2); // 1.0
    ap_fixed<26,22> v28 = v0 - bit_shift<15>(v8); // 2.0
    ap_fixed<25,21> v29 = v9 + bit_shift<16>(v10); // 2.0
    ap_fixed<17,6> v30 = v11 + bit_shift<1>(v12); // 2.0
    ap_fixed<17,5> v31 = v13 + bit_shift<-4>(v14); // 2.0
    ap_fixed<18,9> v32 = v13 - bit_shift<1>(v15); // 2.0
    ap_fixed<33,13> v33 = v16 + bit_shift<5>(v17); // 2.0
    ap_fixed<19,5> v34 = v13 - bit_shift<-10>(v15); // 2.0
    ap_fixed<21,5> v35 = v18 - bit_shift<-4>(v18); // 2.0
    ap_fixed<17,9> v36 = v3 - bit_shift<4>(v18); // 2.0
    ap_fixed<22,11> v37 = v11 + bit_shift<4>(v19); // 2.0
    ap_fixed<25,7> v38 = v20 + bit_shift<-1>(v21); // 2.0
    ap_fixed<11,6> v39 = v6 + bit_shift<-1>(v8); // 2.0
    ap_fixed<32,5> v40 = v22 + bit_shift<-23>(v23); // 2.0
    ap_fixed<15,5> v41 = v14 - bit_shift<-3>(v10); // 2.0
    ap_fixed<15,6> v42 = v13 - v14; // 2.0
    ap_fixed<25,20> v43 = v24 + bit_shift<15>(v18); // 2.0
    ap_fixed<19,8> v44 = v11 + bit_shift<3>(v10); // 2.0
    ap_fixed<24,13> v45 = v16 + bit_shift<5>(v25); // 2.0
    ap_fixed<13,5> v46 = v1 + bit_shift<-4>(v15); // 2.0
    ap_fixed<31,25> v47 = v26 + bit_shift<19>(v17); // 2.0
    ap_fixed<13,9> v48 = v27 + bit_shift<4>(v12); // 2.0
    ap_fixed<28,24> v49 = v28 + bit_shift<3>(v29); // 3.0
    ap_fixed<27,23> v50 = v28 + bit_shift<16>(v30); // 3.0
    ap_fixed<18,6> v51 = v31 + bit_shift<-3>(v32); // 3.0
    ap_fixed<20,6> v52 = v5 + v34; // 3.0
    ap_fixed<22,18> v53 = v0 + bit_shift<13>(v35); // 3.0
    ap_fixed<17,11> v54 = v1 + bit_shift<2>(v36); // 3.0
    ap_fixed<36,11> v55 = v37 - bit_shift<-16>(v32); // 3.0
    ap_fixed<25,7> v56 = v38 + bit_shift<-3>(v39); // 3.0
    ap_fixed<28,24> v57 = v28 + bit_shift<15>(v32); // 3.0
    ap_fixed<32,5> v58 = v40 + bit_shift<-5>(v41); // 3.0
    ap_fixed<16,6> v59 = v2 + bit_shift<-1>(v42); // 3.0
    ap_fixed<27,22> v60 = v43 + bit_shift<14>(v44); // 3.0
    ap_fixed<20,7> v61 = v39 + bit_shift<-2>(v44); // 3.0
    ap_fixed<25,5> v62 = v41 + bit_shift<-9>(v45); // 3.0
    ap_fixed<27,16> v63 = v46 - bit_shift<-7>(v23); // 3.0
    ap_fixed<32,26> v64 = v47 + bit_shift<17>(v36); // 3.0
    ap_fixed<30,9> v65 = v48 - bit_shift<-10>(v30); // 3.0
    ap_fixed<34,30> v66 = v49 + bit_shift<7>(v50); // 4.0
    ap_fixed<33,20> v67 = v51 - bit_shift<7>(v33); // 4.0
    ap_fixed<23,9> v68 = v52 + bit_shift<-9>(v53); // 4.0
    ap_fixed<17,12> v69 = v4 + bit_shift<1>(v54); // 4.0
    ap_fixed<38,11> v70 = v55 - bit_shift<-9>(v56); // 4.0
    ap_fixed<33,25> v71 = v57 + bit_shift<19>(v58); // 4.0
    ap_fixed<27,11> v72 = v59 + bit_shift<-11>(v60); // 4.0
    ap_fixed<30,7> v73 = v61 + bit_shift<-3>(v62); // 4.0
    ap_fixed<23,19> v74 = v53 + bit_shift<13>(v59); // 4.0
    ap_fixed<33,18> v75 = v63 + bit_shift<-9>(v64); // 4.0
    ap_fixed<34,28> v76 = v54 - bit_shift<23>(v46); // 4.0
    ap_fixed<31,7> v77 = v52 + bit_shift<-3>(v65); // 4.0
    ap_fixed<35,31> v78 = v66 + bit_shift<10>(v67); // 5.0
    ap_fixed<27,13> v79 = v68 + bit_shift<1>(v69); // 5.0
    ap_fixed<39,12> v80 = v70 - bit_shift<-14>(v71); // 5.0
    ap_fixed<27,20> v81 = v69 + bit_shift<9>(v72); // 5.0
    ap_fixed<33,24> v82 = v74 + bit_shift<6>(v75); // 5.0
    ap_fixed<36,30> v83 = v76 + bit_shift<22>(v77); // 5.0
    ap_fixed<39,19> v84 = v79 + bit_shift<7>(v80); // 6.0
    ap_fixed<33,26> v85 = v81 - bit_shift<19>(v73); // 6.0
    ap_fixed<36,27> v86 = v82 + bit_shift<-3>(v83); // 6.0
    ap_fixed<40,32> v87 = v78 + bit_shift<12>(v84); // 7.0
    ap_fixed<40,32> v88 = v87 + ap_ufixed<23,20>(799711.625); // 7.0
    ap_fixed<36,29> v89 = v85 + bit_shift<2>(v86); // 7.0
    ap_fixed<36,29> v90 = v89 - ap_ufixed<21,20>(735991.5); // 7.0

    model_out[0] = ap_fixed<40,6>(bit_shift<-26>(v88));
    model_out[1] = ap_fixed<36,6>(bit_shift<-23>(v90));
}
template<class data_T, typename CONFIG_T>
class fill_buffer_2 : public nnet::FillConv1DBuffer<data_T, CONFIG_T> {
    public:
    static void fill_buffer(
        data_T data[CONFIG_T::in_width * CONFIG_T::n_chan],
        data_T buffer[CONFIG_T::n_pixels][CONFIG_T::filt_width * CONFIG_T::n_chan],
        const unsigned partition
    ) {
        if (partition ==   0) {
            buffer[0][0] =          0; buffer[0][1] =          0; buffer[0][2] =    data[0]; buffer[0][3] =    data[1]; buffer[0][4] =    data[2]; buffer[0][5] =    data[3]; buffer[0][6] =    data[4]; buffer[0][7] =    data[5];

        }
        if (partition ==   1) {
            buffer[0][0] =    data[2]; buffer[0][1] =    data[3]; buffer[0][2] =    data[4]; buffer[0][3] =    data[5]; buffer[0][4] =    data[6]; buffer[0][5] =    data[7]; buffer[0][6] =    data[8]; buffer[0][7] =    data[9];

        }
        if (partition ==   2) {
            buffer[0][0] =    data[6]; buffer[0][1] =    data[7]; buffer[0][2] =    data[8]; buffer[0][3] =    data[9]; buffer[0][4] =   data[10]; buffer[0][5] =   data[11]; buffer[0][6] =   data[12]; buffer[0][7] =   data[13];

        }
        if (partition ==   3) {
            buffer[0][0] =   data[10]; buffer[0][1] =   data[11]; buffer[0][2] =   data[12]; buffer[0][3] =   data[13]; buffer[0][4] =          0; buffer[0][5] =          0; buffer[0][6] =          0; buffer[0][7] =          0;

        }
    }
};
template <typename inp_t, typename out_t>
void dense_da_5(inp_t model_inp[8], out_t model_out[2]) { // ap_fixed<8,4> -> ap_fixed<39,7>
    #pragma HLS INLINE

    ap_fixed<8,4> v0 = model_inp[0]; // 0.0
    ap_fixed<8,4> v1 = model_inp[1]; // 0.0
    ap_fixed<8,4> v2 = model_inp[2]; // 0.0
    ap_fixed<8,4> v3 = model_inp[3]; // 0.0
    ap_fixed<8,4> v4 = model_inp[4]; // 0.0
    ap_fixed<8,4> v5 = model_inp[5]; // 0.0
    ap_fixed<8,4> v6 = model_inp[6]; // 0.0
    ap_fixed<8,4> v7 = model_inp[7]; // 0.0
    ap_fixed<12,5> v8 = v3 + bit_shift<-3>(v5); // 1.0
    ap_fixed<11,5> v9 = v6 + bit_shift<-2>(v6); // 1.0
    ap_fixed<11,5> v10 = v3 + bit_shift<-2>(v5); // 1.0
    ap_fixed<22,5> v11 = v4 - bit_shift<-13>(v7); // 1.0
    ap_fixed<14,5> v12 = v3 - bit_shift<-5>(v7); // 1.0
    ap_fixed<19,5> v13 = v2 + bit_shift<-10>(v0); // 1.0
    ap_fixed<9,5> v14 = v5 + v2; // 1.0
    ap_fixed<21,5> v15 = v3 + bit_shift<-12>(v1); // 1.0
    ap_fixed<12,8> v16 = v0 - bit_shift<3>(v2); // 1.0
    ap_fixed<14,10> v17 = v1 + bit_shift<5>(v1); // 1.0
    ap_fixed<14,5> v18 = v0 + bit_shift<-5>(v4); // 1.0
    ap_fixed<14,10> v19 = v1 - bit_shift<5>(v2); // 1.0
    ap_fixed<12,8> v20 = v7 + bit_shift<3>(v1); // 1.0
    ap_fixed<14,10> v21 = v2 + bit_shift<5>(v6); // 1.0
    ap_fixed<11,7> v22 = v4 + bit_shift<2>(v5); // 1.0
    ap_fixed<10,6> v23 = v1 + bit_shift<1>(v6); // 1.0
    ap_fixed<19,15> v24 = v4 + bit_shift<10>(v6); // 1.0
    ap_fixed<11,5> v25 = v6 + bit_shift<-2>(v0); // 1.0
    ap_fixed<21,5> v26 = v7 - bit_shift<-12>(v3); // 1.0
    ap_fixed<11,5> v27 = v6 + bit_shift<-2>(v5); // 1.0
    ap_fixed<12,8> v28 = v7 - bit_shift<3>(v10); // 2.0
    ap_fixed<26,9> v29 = v11 + bit_shift<4>(v12); // 2.0
    ap_fixed<19,5> v30 = v13 + bit_shift<-1>(v12); // 2.0
    ap_fixed<18,14> v31 = v1 + bit_shift<9>(v9); // 2.0
    ap_fixed<23,6> v32 = v14 + bit_shift<-1>(v15); // 2.0
    ap_fixed<14,9> v33 = v16 + bit_shift<-1>(v17); // 2.0
    ap_fixed<15,5> v34 = v10 + bit_shift<-4>(v10); // 2.0
    ap_fixed<20,11> v35 = v18 - bit_shift<1>(v19); // 2.0
    ap_fixed<22,18> v36 = v20 + bit_shift<8>(v21); // 2.0
    ap_fixed<15,11> v37 = v2 + bit_shift<6>(v18); // 2.0
    ap_fixed<31,27> v38 = v19 + bit_shift<22>(v12); // 2.0
    ap_fixed<22,18> v39 = v19 + bit_shift<11>(v22); // 2.0
    ap_fixed<11,6> v40 = v7 - bit_shift<-1>(v23); // 2.0
    ap_fixed<19,7> v41 = v18 + bit_shift<-8>(v24); // 2.0
    ap_fixed<23,6> v42 = v11 + bit_shift<1>(v25); // 2.0
    ap_fixed<28,24> v43 = v16 - bit_shift<19>(v1); // 2.0
    ap_fixed<21,5> v44 = v26 - bit_shift<-10>(v23); // 2.0
    ap_fixed<14,10> v45 = v19 + bit_shift<2>(v27); // 2.0
    ap_fixed<15,5> v46 = v4 - bit_shift<-6>(v28); // 3.0
    ap_fixed<26,9> v47 = v29 + bit_shift<1>(v30); // 3.0
    ap_fixed<32,14> v48 = v31 + bit_shift<-1>(v32); // 3.0
    ap_fixed<16,8> v49 = v28 + bit_shift<-3>(v33); // 3.0
    ap_fixed<18,14> v50 = v5 + bit_shift<9>(v34); // 3.0
    ap_fixed<20,9> v51 = v0 + bit_shift<-2>(v35); // 3.0
    ap_fixed<31,18> v52 = v36 - bit_shift<-4>(v35); // 3.0
    ap_fixed<24,17> v53 = v8 - bit_shift<6>(v37); // 3.0
    ap_fixed<31,22> v54 = v4 + bit_shift<-5>(v38); // 3.0
    ap_fixed<26,22> v55 = v31 + bit_shift<4>(v39); // 3.0
    ap_fixed<19,12> v56 = v40 + bit_shift<5>(v41); // 3.0
    ap_fixed<31,27> v57 = v43 + bit_shift<22>(v44); // 3.0
    ap_fixed<18,11> v58 = v37 + bit_shift<-3>(v28); // 3.0
    ap_fixed<16,10> v59 = v45 + bit_shift<-1>(v40); // 3.0
    ap_fixed<15,8> v60 = v9 - bit_shift<3>(v46); // 4.0
    ap_fixed<37,9> v61 = v47 + bit_shift<-10>(v48); // 4.0
    ap_fixed<33,25> v62 = v49 + bit_shift<11>(v50); // 4.0
    ap_fixed<32,10> v63 = v51 + bit_shift<-9>(v52); // 4.0
    ap_fixed<24,13> v64 = v6 - bit_shift<-4>(v53); // 4.0
    ap_fixed<31,25> v65 = v0 - bit_shift<3>(v54); // 4.0
    ap_fixed<26,9> v66 = v46 + bit_shift<-13>(v55); // 4.0
    ap_fixed<34,27> v67 = v56 - bit_shift<21>(v42); // 4.0
    ap_fixed<31,27> v68 = v57 - bit_shift<8>(v58); // 4.0
    ap_fixed<26,22> v69 = v50 + bit_shift<13>(v51); // 4.0
    ap_fixed<23,5> v70 = v8 - bit_shift<-11>(v60); // 5.0
    ap_fixed<35,27> v71 = v62 + bit_shift<17>(v63); // 5.0
    ap_fixed<33,13> v72 = v64 + bit_shift<-9>(v64); // 5.0
    ap_fixed<31,25> v73 = v65 + bit_shift<13>(v66); // 5.0
    ap_fixed<35,28> v74 = v67 + bit_shift<1>(v68); // 5.0
    ap_fixed<33,29> v75 = v69 - bit_shift<19>(v59); // 5.0
    ap_fixed<37,15> v76 = v70 - bit_shift<6>(v61); // 6.0
    ap_fixed<35,27> v77 = v71 - bit_shift<12>(v72); // 6.0
    ap_fixed<36,26> v78 = v73 + bit_shift<-3>(v74); // 6.0
    ap_fixed<34,29> v79 = v75 - bit_shift<1>(v65); // 6.0
    ap_fixed<38,16> v80 = v76 + bit_shift<-12>(v77); // 7.0
    ap_fixed<34,29> v81 = v79 - bit_shift<18>(v70); // 7.0
    ap_fixed<36,26> v82 = v78 + bit_shift<-5>(v81); // 8.0
    ap_fixed<36,26> v83 = v82 + ap_ufixed<24,18>(208581.703125); // 8.0
    ap_fixed<39,16> v84 = v80 - bit_shift<-13>(v82); // 9.0
    ap_fixed<39,16> v85 = v84 + ap_ufixed<24,7>(99.33358001708984); // 9.0

    model_out[0] = ap_fixed<39,7>(bit_shift<-9>(v85));
    model_out[1] = ap_fixed<36,6>(bit_shift<-20>(v83));
}

} // namespace nnet

#endif
